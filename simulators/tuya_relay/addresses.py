"""The addresses that a relay has given out (tuya_ipc_webrtc.md, section 8)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import secrets
import time
from urllib.parse import quote, urlsplit

from simulators.ipc_camera.media import Clip

TRACK = "/video"
"""The end of the path of the one stream that each address has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is behind an address."""

    title: str
    clip: Callable[[], Awaitable[Clip]]
    """Asked for when somebody watches, and not before."""
    alive: Callable[[], bool]
    """Says whether the camera still sends."""


@dataclass(frozen=True, slots=True)
class Place:
    """A URL's path and query."""

    path: str
    query: str

    @classmethod
    def of(cls, url: str) -> Place:
        """Return what a URL names; raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme.lower() != "rtsp":
            raise ValueError(url)
        return cls(parts.path, parts.query)

    @property
    def track(self) -> Place:
        """The place of its stream."""
        return Place(self.path + TRACK, self.query)

    @property
    def whole(self) -> Place:
        """The place that this is the stream of, or itself."""
        return Place(self.path.removesuffix(TRACK), self.query)

    def at(self, host: str, port: int) -> str:
        """Return the URL."""
        return f"rtsp://{host}:{port}{self.path}?{self.query}"


class Addresses:
    """Those that may still be opened."""

    def __init__(self, open_within: float) -> None:
        """Have none yet; `open_within` in seconds."""
        self._open_within = open_within
        self._waiting: dict[Place, tuple[float, Source]] = {}

    def add(self, name: str, source: Source) -> Place:
        """Return a new one for a source."""
        now = time.monotonic()
        self._waiting = {place: entry for place, entry in self._waiting.items() if entry[0] > now}
        place = Place(f"/{quote(name)}", f"signInfo={secrets.token_hex(16)}")
        self._waiting[place] = (now + self._open_within, source)
        return place

    def open(self, place: Place) -> Source | None:
        """Return what is behind one; None: it never was one, is opened already, or it is too late."""
        until, source = self._waiting.pop(place, (0.0, None))
        return source if until > time.monotonic() else None
