"""Commands: gathered over one turn of the event loop, sent as one message, each told its own outcome."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import CommandFailed, CommandRefused, CommandsFailed
from .model import Raw

type Values = Mapping[str, Mapping[str, Raw]]
"""Raw values to set, by device id and code."""


@dataclass(slots=True)
class _Batch:
    """What goes out together, and who waits for it."""

    values: dict[str, dict[str, Raw]] = field(default_factory=dict)
    waiting: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict)


class CommandBatcher:
    """Sends what one turn of the event loop asks for as one message.

    A scene of 50 lamps is one message. When a message for several devices is refused, each device is tried on its
    own, so that one lamp that is away does not keep the others dark.
    """

    def __init__(
        self,
        send: Callable[[Values], Awaitable[None]],
        create_task: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """Send with `send`, in tasks that `create_task` makes."""
        self._send = send
        self._create_task = create_task
        self._batch: _Batch | None = None

    async def send(self, device_id: str, values: Mapping[str, Raw]) -> None:
        """Send values to a device; return once they are confirmed, raise what `send` raises."""
        loop = asyncio.get_running_loop()
        if (batch := self._batch) is not None:
            pending = batch.values.get(device_id, {})
            if any(code in pending and pending[code] != raw for code, raw in values.items()):
                # On and off within one turn are two commands, not one
                self._flush(batch)
                batch = None
        if batch is None:
            batch = self._batch = _Batch()
            loop.call_soon(self._flush, batch)
        batch.values.setdefault(device_id, {}).update(values)
        future: asyncio.Future[None] = loop.create_future()
        batch.waiting.setdefault(device_id, []).append(future)
        await future

    def _flush(self, batch: _Batch) -> None:
        if self._batch is batch:
            self._batch = None
            self._create_task(self._send_batch(batch))

    async def _send_batch(self, batch: _Batch) -> None:
        try:
            await self._send(batch.values)
        except CommandRefused as err:
            if len(batch.values) == 1:
                self._resolve(batch, batch.values, err)
                return
            await asyncio.gather(*(self._send_alone(batch, device_id) for device_id in batch.values))
        except CommandsFailed as err:
            for device_id in batch.values:
                self._resolve(batch, (device_id,), err.by_device.get(device_id))
        except Exception as err:  # noqa: BLE001 - whatever went wrong belongs to those who wait
            self._resolve(batch, batch.values, err)
        else:
            self._resolve(batch, batch.values, None)
        finally:
            # Left over only where this task is cancelled: the connection is being unloaded
            self._resolve(batch, batch.values, CommandFailed("command_interrupted"))

    async def _send_alone(self, batch: _Batch, device_id: str) -> None:
        try:
            await self._send({device_id: batch.values[device_id]})
        except Exception as err:  # noqa: BLE001 - as above
            self._resolve(batch, (device_id,), err)
        else:
            self._resolve(batch, (device_id,), None)

    @staticmethod
    def _resolve(batch: _Batch, device_ids: Mapping[str, Any] | tuple[str, ...], err: Exception | None) -> None:
        for device_id in device_ids:
            for future in batch.waiting[device_id]:
                if future.done():
                    continue
                if err is None:
                    future.set_result(None)
                else:
                    future.set_exception(err)
