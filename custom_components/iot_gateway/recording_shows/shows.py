"""All recordings that are being watched, for as long as somebody does."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
import secrets
import tempfile
import time
from typing import Final

import aiohttp
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.setup import async_setup_component
from homeassistant.util.hass_dict import HassKey

from ..agent_view import AgentCamera, AgentView, AgentViewError, StoredRecording
from ..agent_view.picture_film import FilmUnreadable, make_film
from ..const import DOMAIN
from .card_show import PLAYLIST, CardShow, CardUnreadable
from .cloud_show import MOST_REDIRECTS, TIMEOUT, CloudShow, RecordingGone, limited
from .film_show import FILM, FilmShow
from .view import MP4, URL, RecordingView, Show

HLS: Final = "application/x-mpegURL"
"""What Home Assistant's frontend calls it."""

_MOST_SHOWS: Final = 32
_MOST_ON_DISK: Final = 4
"""Recordings on cards; each takes up to a quarter of an hour of video on the disk."""
_MOST_FILMS: Final = 8
"""Recordings that were made films."""
_IDLE: Final = 6 * 3600.0
_IDLE_ON_DISK: Final = 1800.0
"""Seconds after which a recording that nobody looks at is given up; one that takes disk sooner."""
_SWEEP: Final = 60.0
_MOST_PICTURES: Final = 64 * 1024 * 1024

_SHOWS: HassKey[RecordingShows] = HassKey(f"{DOMAIN}_recordings")


class RecordingShows:
    """All that is being watched; there is one of it, see `of`."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Have nothing to show."""
        self._hass = hass
        self._shows: dict[str, tuple[AgentView, Show]] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._making = asyncio.Lock()
        self._preparing = asyncio.Lock()
        hass.http.register_view(RecordingView(self.find))
        _ = hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stops)

    @classmethod
    def of(cls, hass: HomeAssistant) -> RecordingShows:
        """Return the only one."""
        if (shows := hass.data.get(_SHOWS)) is None:
            shows = hass.data[_SHOWS] = cls(hass)
        return shows

    async def play_card(self, camera: AgentCamera, recording: StoredRecording) -> tuple[str, str]:
        """Return the path and the type of what plays a recording on a camera's card; raises AgentViewError."""
        source = await camera.card_url(recording.start, recording.end)
        show: CardShow | None = None
        try:
            if not await async_setup_component(self._hass, "stream", {}):
                # It brings PyAV
                raise AgentViewError("stream_missing", device=camera.name)
            show = CardShow(self._hass, source, await self._new_folder())
            await show.start()
            path, show = await self._take(camera, show, PLAYLIST), None
        except (CardUnreadable, OSError) as err:
            raise AgentViewError("recording_unreadable", device=camera.name, error=str(err)) from err
        else:
            return path, HLS
        finally:
            if show is not None:
                # Also where whoever wanted it has left meanwhile: it takes one of the camera's places
                await asyncio.shield(show.close())

    async def play(self, camera: AgentCamera, recording: StoredRecording) -> tuple[str, str]:
        """Return the path and the type of what plays a recording of the cloud; raises AgentViewError."""
        name = camera.name
        try:
            show = CloudShow(self._hass, camera, recording)
            if await show.load():
                return await self._take(camera, show, PLAYLIST), HLS
            async with camera.words():
                pictures = await camera.cloud.pictures(recording.start)
            if pictures is None:
                raise AgentViewError("recording_gone", device=name)
            if not await async_setup_component(self._hass, "stream", {}):
                raise AgentViewError("stream_missing", device=name)
            path = await self._film(pictures.video_url, pictures.audio_url, recording.end - recording.start)
            return await self._take(camera, FilmShow(path), FILM), MP4
        except (RecordingGone, FilmUnreadable, OSError) as err:
            raise AgentViewError("recording_unreadable", device=name, error=str(err) or type(err).__name__) from err

    @callback
    def find(self, token: str) -> Show | None:
        """Return what is watched by a token."""
        if (found := self._shows.pop(token, None)) is None:
            return None
        # The one that was looked at last goes last
        self._shows[token] = found
        found[1].seen = time.monotonic()
        return found[1]

    async def end_of(self, view: AgentView) -> None:
        """End what is played of a view's cameras: its entry is unloaded."""
        await self._end([token for token, (one, _) in self._shows.items() if one is view])

    async def _take(self, camera: AgentCamera, show: Show, name: str) -> str:
        over = self._idle()
        left = [token for token in self._shows if token not in over]
        over += left[: max(0, len(left) - _MOST_SHOWS + 1)]
        for kind, most in ((CardShow, _MOST_ON_DISK), (FilmShow, _MOST_FILMS)):
            if isinstance(show, kind):
                alike = [token for token in left if isinstance(self._shows[token][1], kind)]
                over += alike[: max(0, len(alike) - most + 1)]
        await self._end(over)
        token = secrets.token_urlsafe(32)
        self._shows[token] = (camera.view, show)
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = self._hass.async_create_background_task(self._sweep(), f"{DOMAIN} recordings")
        return URL.format(token=token, name=name)

    def _idle(self) -> list[str]:
        """Return the tokens of what nobody looks at any more."""
        now = time.monotonic()
        return [
            token
            for token, (_, show) in self._shows.items()
            if now - show.seen > (_IDLE if isinstance(show, CloudShow) else _IDLE_ON_DISK)
        ]

    async def _sweep(self) -> None:
        """End what nobody looks at any more, as long as there is something."""
        while self._shows:
            await asyncio.sleep(_SWEEP)
            await self._end(self._idle())

    async def _end(self, tokens: Iterable[str]) -> None:
        for token in dict.fromkeys(tokens):
            if (old := self._shows.pop(token, None)) is not None:
                await old[1].close()

    async def _film(self, pictures_url: str, sound_url: str, seconds: float) -> Path:
        """Fetch pictures and sound and make a film of them, one after the other: it takes disk and processor."""
        async with self._making:
            base = await self._new_folder()
            pictures, sound, film = (base.with_suffix(suffix) for suffix in (".mjpg", ".aac", ".mp4"))
            done = False
            try:
                await self._download(pictures_url, pictures)
                if sound_url:
                    await self._download(sound_url, sound)
                await self._hass.async_add_executor_job(
                    make_film, pictures, sound if sound_url else None, film, seconds
                )
                done = True
                return film
            finally:
                rest = (pictures, sound) if done else (pictures, sound, film)
                await self._hass.async_add_executor_job(_remove, rest)

    async def _new_folder(self) -> Path:
        """Return where there is nothing yet, in a folder that goes when Home Assistant stops."""
        async with self._preparing:
            if self._folder is None:
                self._folder = await self._hass.async_add_executor_job(
                    lambda: tempfile.TemporaryDirectory(prefix=f"{DOMAIN}_")
                )
        return Path(self._folder.name) / secrets.token_hex(8)

    async def _download(self, url: str, target: Path) -> None:
        try:
            async with async_get_clientsession(self._hass).get(
                url, timeout=TIMEOUT, max_redirects=MOST_REDIRECTS
            ) as response:
                if response.status != 200:
                    raise RecordingGone(f"HTTP status {response.status}")
                content = await limited(response, _MOST_PICTURES)
        except (aiohttp.ClientError, TimeoutError, ValueError) as err:
            raise RecordingGone(type(err).__name__) from None
        await self._hass.async_add_executor_job(target.write_bytes, content)

    async def _stops(self, _event: Event) -> None:
        shows = tuple(self._shows.values())
        self._shows.clear()
        _ = await asyncio.gather(*(show.close() for _, show in shows), return_exceptions=True)
        if self._folder is not None:
            await self._hass.async_add_executor_job(self._folder.cleanup)
            self._folder = None


async def async_end_recordings(hass: HomeAssistant, view: AgentView) -> None:
    """End what is played of a view's cameras, if anything is."""
    if (shows := hass.data.get(_SHOWS)) is not None:
        await shows.end_of(view)


def _remove(paths: tuple[Path, ...]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
