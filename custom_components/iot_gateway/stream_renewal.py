"""Streams by way of the cloud that last: their addresses are good for minutes only.

An address has to be opened within about half a minute and ends after eight to ten (tuya_ipc_webrtc.md, section 8). Home
Assistant tries it again and again then, which is of no use. Here each attempt that failed has another address opened, which
the next one takes; an address that never worked is followed by one of the other kind, since some cameras have only one
that does.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
import logging
from typing import Any, Final, Protocol

from homeassistant.core import callback

from .live_view import STREAM_KINDS, LiveCamera, LiveViewError

_LOGGER = logging.getLogger(__name__)

_WORKED: Final = 60.0
"""Seconds after which an address that fails is taken to have worked until then."""
_PAUSE_FIRST: Final = 30.0
_PAUSE_MOST: Final = 600.0
"""Seconds between two addresses where the first did not work: each is a call of the cloud, and wakes the camera."""


class Stream(Protocol):
    """What is needed of Home Assistant's stream, an integration that nobody has to have."""

    source: str

    @property
    def available(self) -> bool:
        """False while its worker waits to try the address again."""

    def outputs(self) -> Mapping[str, object]:
        """Return what somebody watches or records."""


class StreamRenewal:
    """What keeps one stream of a camera alive; `check` is to be called whenever the stream's availability changes."""

    def __init__(
        self, stream: Stream, camera: LiveCamera, spawn: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        """Keep `stream` alive, which has an address that was opened just now; `spawn` begins a background task."""
        self._stream = stream
        self._camera = camera
        self._spawn = spawn
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._loop.time()
        self._not_before = 0.0
        self._pause = _PAUSE_FIRST
        self._kinds = STREAM_KINDS
        self._renewing = False

    @callback
    def check(self) -> None:
        """Have another address opened where there is need, and somebody who watches."""
        now = self._loop.time()
        if self._stream.available or not self._stream.outputs() or self._renewing or now < self._not_before:
            return
        if now - self._opened_at >= _WORKED:
            self._pause = _PAUSE_FIRST
            self._not_before = 0.0
        else:
            self._kinds = self._kinds[::-1]
            self._not_before = now + self._pause
            self._pause = min(2 * self._pause, _PAUSE_MOST)
        self._renewing = True
        self._spawn(self._renew())

    async def _renew(self) -> None:
        try:
            self._stream.source = await self._camera.allocate_stream(self._kinds)
        except LiveViewError as err:
            _LOGGER.debug("No other address for a stream: %s", err)
        else:
            self._opened_at = self._loop.time()
        finally:
            self._renewing = False
