"""A camera whose stream is opened for those who watch, and anew for whoever comes after them; never for a question about it."""

from typing import Any, override

from homeassistant.components.camera import Camera
from homeassistant.core import callback


class StreamOnDemand(Camera):
    """What cameras have in common whose streams cost something: calls of a cloud, a place at the camera, its battery."""

    _asks_providers = False
    """Whether an address is only asked for to find out who could play it."""

    @override
    async def _async_get_supported_webrtc_provider[T](self, fn: Any) -> T | None:
        """Find out who could play it, without opening a stream for the question."""
        self._asks_providers = True
        try:
            found: T | None = await super()._async_get_supported_webrtc_provider(fn)
        finally:
            self._asks_providers = False
        return found

    @override
    async def async_create_stream(self) -> Any:
        """Return the stream; one that nobody watches any more has an address that may be nobody's by now."""
        if self.stream is not None and not self.stream.outputs():
            await self._end_stream()
        known = self.stream
        stream = await super().async_create_stream()
        if stream is not None and stream is not known:
            self._stream_opened(stream)
            stream.set_update_callback(self._stream_changed)
        return stream

    @callback
    def _stream_opened(self, stream: Any) -> None:
        """Take in that there is a new stream."""

    @callback
    def _stream_changed(self) -> None:
        """The stream works, or does not any more."""

    async def _end_stream(self) -> None:
        """End the stream, if there is one."""
        stream, self.stream = self.stream, None
        if stream is not None:
            stream.set_update_callback(lambda: None)
            await stream.stop()
