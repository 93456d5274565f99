"""The head of a camera behind an agent: one movement at a time, and each of them ends.

The client's `Ptz` tells the camera to stop after each movement, also where it is broken off; here movements are broken off: by
the next one, and by the end of the entry.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from ..clients.tencent_video import (
    DIALECTS,
    PANEL,
    AgentError,
    CameraChannel,
    Ptz,
    PtzDialect,
    PtzDirection,
    PtzPosition,
)

DIRECTIONS: Final = tuple(str(direction) for direction in PtzDirection)
"""Where cameras behind an agent can be told to look."""
DEFAULT_DIALECT: Final = next(name for name, dialect in DIALECTS.items() if dialect is PANEL)


def dialect_of(name: str | None) -> PtzDialect:
    """Return the dialect of an option's value."""
    return DIALECTS.get(name or DEFAULT_DIALECT, PANEL)


class AgentMovement:
    """Moves one camera."""

    def __init__(
        self,
        channel: CameraChannel,
        dialect: PtzDialect,
        spawn: Callable[[Coroutine[Any, Any, PtzPosition | None]], asyncio.Task[PtzPosition | None]],
    ) -> None:
        """Be still; `spawn` begins a task that ends with the entry at the latest."""
        self._ptz = Ptz(channel, dialect)
        self._spawn = spawn
        self._task: asyncio.Task[PtzPosition | None] | None = None

    @property
    def moving(self) -> bool:
        """Whether a movement is under way."""
        return self._task is not None and not self._task.done()

    async def move(self, direction: str, duration: float) -> PtzPosition | None:
        """Move for so many seconds, and return where the camera looks then, None where it does not tell.

        Another movement that is under way ends before. Raises AgentError, and ValueError for an unknown direction.
        """
        to = PtzDirection(direction)
        await self.finish()
        task = self._task = self._spawn(self._ptz.move(to, duration=duration))
        try:
            # Who asked for it may leave; the movement has its end all the same
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and not _is_cancelled():
                # Given way to the next one
                return None
            raise
        finally:
            if task.done() and not task.cancelled():
                # Looked at, also where nobody waits any more
                _ = task.exception()

    async def finish(self) -> None:
        """Break off what is under way, and return once the camera was told to stop."""
        task = self._task
        if task is not None and not task.done():
            task.cancel()
            _ = await asyncio.wait((task,))
        await self._ptz.aclose()


def _is_cancelled() -> bool:
    """Whether the running task itself was told to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


__all__ = ["DEFAULT_DIALECT", "DIRECTIONS", "AgentError", "AgentMovement", "dialect_of"]
