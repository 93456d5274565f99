"""What is known of how to view each camera, so that a view needs no call of the cloud (protocols page, section 14).

What an offer takes, `auth` and `moto_id`, lasts for months; the credentials of TURN servers end within hours. So a
configuration is served for as long as there is no other, without what has ended in it. One that a viewer used lately is
renewed in the background when a fifth of its time is left, and one that nobody uses a few times a day: a viewer who comes
once a week must not be the one without TURN. Where that could not be done, the next viewer's coming has it done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
import logging
import time
from typing import Any, Final

from .errors import CloudError
from .loose import as_number
from .webrtc_config import SD, IceServer, StreamInfo, WebRtcConfig

_LOGGER = logging.getLogger(__name__)

_MOST_AGE: Final = 6 * 3600.0
_TURN_MARGIN: Final = 600.0
_LEAST_AGE: Final = 60.0
"""However soon credentials end: a clock that is wrong must not make us ask all the time."""
_FRESH_PART: Final = 0.2
"""Of the time of a configuration: it is renewed when so much is left."""
_VIEWER_PART: Final = 0.1
"""The same when a viewer comes, whose view should cost no call: the attempts before have failed by then."""
_SPACING: Final = 1.0
_REFRESH_SPACING: Final = 60.0
_RETRY_FIRST: Final = 30.0
_RETRY_MOST: Final = 3600.0
_RECENT: Final = 3 * 3600.0
_IDLE_AGE: Final = 4.5 * 3600.0
"""How old a configuration is at least when it is renewed that nobody has used lately; that is five calls a day and camera."""
_UNSUPPORTED_AGE: Final = 86400.0
_VERSION: Final = 1


@dataclass(slots=True)
class _Entry:
    """A camera's configuration; times in seconds since the epoch."""

    config: WebRtcConfig | None = None
    fetched_at: float = 0.0
    good_until: float = 0.0
    viewed_at: float = 0.0
    restored: bool = False
    wait: float = _RETRY_FIRST
    not_before: float = 0.0
    task: asyncio.Task[WebRtcConfig] | None = field(default=None, repr=False)
    asking: bool = False
    """The task has made its call, and doesn't wait for its turn any more."""


class WebRtcConfigCache:
    """The configurations of all cameras of an entry.

    Args:
        fetch: asks the cloud for a camera's configuration, by its device id; raises CloudError.
        now: seconds since the epoch.
        sleep: waits; for tests.
        spawn: begins a background task; the running loop does, unless the caller has a better way.
        on_changed: called when what `snapshot` returns has changed.
    """

    def __init__(
        self,
        fetch: Callable[[str], Awaitable[WebRtcConfig]],
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        spawn: Callable[[Coroutine[Any, Any, WebRtcConfig]], asyncio.Task[WebRtcConfig]] | None = None,
        on_changed: Callable[[], None] | None = None,
    ) -> None:
        """Begin empty."""
        self._fetch = fetch
        self._now = now
        self._sleep = sleep
        self._spawn = spawn
        self._on_changed = on_changed
        self._entries: dict[str, _Entry] = {}
        self._background = asyncio.Lock()
        self._last_background = -_SPACING
        self.fetches = 0
        self.failures = 0

    def get(self, device_id: str) -> WebRtcConfig | None:
        """Return what is known, at once: for a viewer, whose coming also has it renewed in the background if it is old.

        Its `usable_ice_servers` are those whose credentials still hold.
        """
        entry = self._entries.setdefault(device_id, _Entry())
        now = self._now()
        entry.viewed_at = now
        if self._is_due(entry, now, _VIEWER_PART):
            _ = self._begin(device_id, entry, at_once=False)
        return entry.config

    def ice_servers(self, device_id: str) -> tuple[IceServer, ...]:
        """Return the ICE servers of a camera that a browser can use now, as `get` does."""
        config = self.get(device_id)
        return () if config is None else config.usable_ice_servers(self._now())

    async def fetch(self, device_id: str) -> WebRtcConfig:
        """Return what is known, or ask the cloud; of many who ask at once one does.

        Raises:
            CloudError: nothing is known, and the cloud doesn't tell.
        """
        entry = self._entries.setdefault(device_id, _Entry())
        if entry.config is None:
            entry.viewed_at = self._now()
            return await self._wait_for(device_id)
        return self.get(device_id) or entry.config

    async def refresh(self, device_id: str) -> WebRtcConfig:
        """Ask the cloud, or return what it said within the last minute; raises CloudError."""
        entry = self._entries.setdefault(device_id, _Entry())
        if entry.config is not None and not entry.restored and self._now() - entry.fetched_at < _REFRESH_SPACING:
            return entry.config
        return await self._wait_for(device_id)

    async def prepare(self, device_ids: Iterable[str]) -> None:
        """Ask for the cameras of which nothing is known, one a second: for the time after a start."""
        for device_id in device_ids:
            entry = self._entries.setdefault(device_id, _Entry())
            if entry.config is None and self._now() >= entry.not_before:
                task = self._begin(device_id, entry, at_once=False)
                _ = await asyncio.wait((task,))

    async def run(self) -> None:
        """Renew in time what viewers use, or may want to use, until cancelled."""
        while True:
            await self._sleep(_LEAST_AGE)
            for device_id, entry in list(self._entries.items()):
                now = self._now()
                if self._is_wanted(entry, now) and self._is_due(entry, now, _FRESH_PART):
                    _ = await asyncio.wait((self._begin(device_id, entry, at_once=False),))

    def forget(self, device_id: str) -> None:
        """Forget a camera that is gone."""
        entry = self._entries.pop(device_id, None)
        if entry is not None:
            if entry.task is not None:
                entry.task.cancel()
            self._changed()

    def close(self) -> None:
        """End what goes on in the background."""
        for entry in self._entries.values():
            if entry.task is not None:
                entry.task.cancel()

    def peek(self, device_id: str) -> WebRtcConfig | None:
        """Return what is known, for somebody who does not want to view."""
        entry = self._entries.get(device_id)
        return None if entry is None else entry.config

    def snapshot(self) -> dict[str, Any]:
        """Return what is to be kept on disk for the next start, fit for JSON.

        It holds secrets: what lasts for months, and credentials of TURN servers with their end.
        """
        return {
            "version": _VERSION,
            "cameras": {
                device_id: {
                    **{key: value for key, value in asdict(entry.config).items() if key not in _KEPT_OTHERWISE},
                    "stun": [server.urls for server in entry.config.ice_servers if server.credential is None],
                    "turn": [asdict(server) for server in entry.config.ice_servers if server.credential is not None],
                    "fetched_at": entry.fetched_at,
                    "good_until": entry.good_until,
                }
                for device_id, entry in self._entries.items()
                if entry.config is not None
            },
        }

    def restore(self, snapshot: Any) -> None:
        """Take what `snapshot` returned before the start; what is no longer understood is left out."""
        cameras = snapshot.get("cameras") if isinstance(snapshot, dict) else None
        if not isinstance(cameras, dict) or snapshot.get("version") != _VERSION:
            return
        for device_id, data in cameras.items():
            entry = self._entries.setdefault(device_id, _Entry())
            if entry.config is None and (config := _restored(data)) is not None:
                entry.config = config
                fetched_at, good_until = as_number(data.get("fetched_at")), as_number(data.get("good_until"))
                if fetched_at is not None and good_until is not None and fetched_at <= self._now() < good_until:
                    entry.fetched_at, entry.good_until = fetched_at, good_until
                else:
                    entry.restored = True

    def as_dict(self) -> dict[str, Any]:
        """Return the state of it all, fit for JSON, without secrets."""
        now = self._now()
        return {
            "fetches": self.fetches,
            "failures": self.failures,
            "cameras": {
                device_id: {
                    "known": entry.config is not None,
                    "restored": entry.restored,
                    "age": None if entry.restored or entry.config is None else round(now - entry.fetched_at),
                    "good_for": None if entry.restored or entry.config is None else round(entry.good_until - now),
                    "ice_servers": 0 if entry.config is None else len(entry.config.usable_ice_servers(now)),
                    "streams": [] if entry.config is None else [asdict(stream) for stream in entry.config.streams],
                }
                for device_id, entry in self._entries.items()
            },
        }

    def _is_wanted(self, entry: _Entry, now: float) -> bool:
        """Tell whether somebody may want to use it as it is."""
        if entry.config is None:
            return False
        if not entry.config.supports_webrtc:
            # With another firmware, or another day of the cloud, it may
            return now - entry.fetched_at >= _UNSUPPORTED_AGE
        return entry.restored or now - entry.viewed_at < _RECENT or now - entry.fetched_at >= _IDLE_AGE

    def _is_due(self, entry: _Entry, now: float, part: float) -> bool:
        """Tell whether it is time to ask again, as no more than this part of its time is left."""
        if now < entry.not_before:
            return False
        if entry.config is None or entry.restored:
            return True
        return entry.good_until - now < part * (entry.good_until - entry.fetched_at)

    async def _wait_for(self, device_id: str) -> WebRtcConfig:
        entry = self._entries.setdefault(device_id, _Entry())
        task = self._begin(device_id, entry, at_once=True)
        # The viewer may leave; the others, and the next one, want it all the same
        return await asyncio.shield(task)

    def _begin(self, device_id: str, entry: _Entry, *, at_once: bool) -> asyncio.Task[WebRtcConfig]:
        """Ask the cloud, unless that goes on already."""
        if at_once and entry.task is not None and not entry.asking:
            # It waits for its turn in the background, which nobody waits for
            entry.task.cancel()
            entry.task = None
        if entry.task is None or entry.task.done():
            entry.asking = at_once
            work = self._ask(device_id, entry, at_once=at_once)
            entry.task = (
                self._spawn(work)
                if self._spawn is not None
                else asyncio.get_running_loop().create_task(work, name="tuya_cloud camera's configuration")
            )
            entry.task.add_done_callback(_noted)
        return entry.task

    async def _ask(self, device_id: str, entry: _Entry, *, at_once: bool) -> WebRtcConfig:
        if not at_once:
            async with self._background:
                wait = self._last_background + _SPACING - self._now()
                if 0.0 < wait <= _SPACING:
                    await self._sleep(wait)
                self._last_background = self._now()
        entry.asking = True
        self.fetches += 1
        try:
            config = await self._fetch(device_id)
        except Exception as err:
            self.failures += 1
            entry.not_before = self._now() + entry.wait
            entry.wait = min(2 * entry.wait, _RETRY_MOST)
            if isinstance(err, CloudError):
                _LOGGER.debug("A camera's configuration could not be fetched: %s", err)
            else:
                # A defect of ours, which must not cost a call a minute either
                _LOGGER.exception("Unexpected error while fetching a camera's configuration")
            raise
        now = self._now()
        entry.config, entry.restored = config, False
        entry.fetched_at = now
        ends = now + _MOST_AGE if config.expires_at is None else config.expires_at - _TURN_MARGIN
        entry.good_until = max(min(ends, now + _MOST_AGE), now + _LEAST_AGE)
        entry.wait, entry.not_before = _RETRY_FIRST, now + _LEAST_AGE
        self._changed()
        return config

    def _changed(self) -> None:
        if self._on_changed is not None:
            self._on_changed()


_KEPT_OTHERWISE: Final = ("ice_servers", "expires_at")


def _noted(task: asyncio.Task[WebRtcConfig]) -> None:
    """Take note of a failure that nobody waited for; it was logged where it happened."""
    if not task.cancelled():
        _ = task.exception()


def _restored(data: Any) -> WebRtcConfig | None:
    """Return the configuration that a snapshot holds, None where it holds none that can be used."""
    match data:
        case {"auth": str(auth), "moto_id": str(moto_id), "supports_webrtc": bool(supports)}:
            pass
        case _:
            return None
    flags: Mapping[str, bool] = {
        name: data.get(name) is True
        for name in ("two_way", "can_switch_clarity", "low_power", "has_speaker_control", "can_record")
    }
    streams = tuple(
        StreamInfo(stream_type=stream_type, width=width, height=height, codec=codec)
        for stream in _list(data.get("streams"))
        if isinstance(stream, dict)
        and isinstance(stream_type := stream.get("stream_type"), int)
        and isinstance(width := stream.get("width"), int)
        and isinstance(height := stream.get("height"), int)
        and isinstance(codec := stream.get("codec"), str)
    )
    servers = (
        *(IceServer(urls=url) for url in _list(data.get("stun")) if isinstance(url, str)),
        *(_turn_servers(data.get("turn"))),
    )
    default = data.get("default_stream")
    node = data.get("sub_dev_id")
    return WebRtcConfig(
        auth=auth,
        moto_id=moto_id,
        supports_webrtc=supports,
        ice_servers=servers,
        streams=streams,
        default_stream=default if isinstance(default, int) else SD,
        sub_dev_id=node if isinstance(node, str) else "",
        expires_at=min((server.expires_at for server in servers if server.expires_at is not None), default=None),
        **flags,
    )


def _turn_servers(value: Any) -> Iterator[IceServer]:
    """Yield the TURN servers of a snapshot that have all that they need."""
    for server in _list(value):
        match server:
            case {"urls": str(urls), "username": str(username), "credential": str(credential), **more}:
                yield IceServer(
                    urls=urls, username=username, credential=credential, expires_at=as_number(more.get("expires_at"))
                )


def _list(value: Any) -> list[Any] | tuple[Any, ...]:
    return value if isinstance(value, (list, tuple)) else []
