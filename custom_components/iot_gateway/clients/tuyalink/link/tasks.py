"""Ending tasks."""

import asyncio
import logging

_LOGGER = logging.getLogger(__name__)


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    _ = await asyncio.wait((task,))
    if not task.cancelled() and (err := task.exception()) is not None:
        _LOGGER.debug("A connection to TuyaLink ended with %s", type(err).__name__)
