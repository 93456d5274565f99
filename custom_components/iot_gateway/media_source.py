"""Recordings in the media browser: by camera, by where they are (card or cloud), month, day and time.

An identifier is a kind and what it is about, with `|` between: `camera|entry|key`, `months|entry|key|place`,
`days|entry|key|place|2026-11`, `day|entry|key|place|2026-11-21`, `recording|entry|key|place|start|end`.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
import json
import time
from typing import Final, override

from aiohttp import web
from homeassistant.components.media_player.const import MediaClass, MediaType
from homeassistant.components.media_player.errors import BrowseError
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .agent_view import AgentCamera, AgentViewError, PictureUnavailable, StoredRecording, fetch_picture
from .const import DOMAIN
from .recording_shows import RecordingShows

CARD: Final = "card"
CLOUD: Final = "cloud"
_PLACES: Final = (CARD, CLOUD)
_SEPARATOR: Final = "|"
_THUMBNAIL_URL: Final = f"/api/{DOMAIN}/thumbnail/{{entry_id}}/{{picture}}"

_MONTHS: Final = 12
"""So many months back a card is asked for recordings."""
_EMPTY_MONTHS: Final = 2
"""After so many months without one, older ones are not asked for: cards overwrite the oldest."""
_LATEST: Final = 32_503_680_000
"""Seconds since the epoch, the year 3000: an identifier with a later time is not one of ours."""
_THIS_MONTH_AGE: Final = 30.0
_MONTH_AGE: Final = 600.0
"""Seconds for which the days of a month are taken to be what they were."""


async def async_get_media_source(hass: HomeAssistant) -> RecordingsMediaSource:
    """Set up the recordings."""
    hass.http.register_view(ThumbnailView())
    _ = RecordingShows.of(hass)
    return RecordingsMediaSource(hass)


@dataclass(frozen=True, kw_only=True, slots=True)
class _About:
    """What an identifier is about."""

    kind: str
    camera: AgentCamera
    entry_id: str
    place: str = ""
    rest: tuple[str, ...] = ()

    def child(self, kind: str, *rest: object, place: str | None = None) -> str:
        """Return the identifier of something below."""
        parts = [kind, self.entry_id, self.camera.key]
        if place or self.place:
            parts.append(place or self.place)
        return _SEPARATOR.join([*parts, *map(str, rest)])


class RecordingsMediaSource(MediaSource):
    """The recordings of all cameras behind agents, and of those that have some in the cloud."""

    name = "IoT Gateway"

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet."""
        super().__init__(DOMAIN)
        self.hass = hass
        self._days: dict[tuple[str, str, int, int], tuple[float, list[date]]] = {}

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return what plays a recording."""
        about = self._about(item.identifier)
        if about is None or about.kind != "recording":
            raise Unresolvable(translation_domain=DOMAIN, translation_key="recording_gone")
        try:
            start, end = _times(about.rest)
            shows = RecordingShows.of(self.hass)
            play = shows.play_card if about.place == CARD else shows.play
            url, mime_type = await play(about.camera, StoredRecording(start=start, end=end))
        except ValueError as err:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="recording_gone") from err
        except AgentViewError as err:
            raise Unresolvable(await self._in_words(err)) from err
        return PlayMedia(url, mime_type)

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return what is below an identifier."""
        if not item.identifier:
            return self._folder(None, self.name, self._cameras())
        about = self._about(item.identifier)
        if about is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="recording_gone")
        try:
            children = await self._children(about)
        except (ValueError, OverflowError) as err:
            raise BrowseError(translation_domain=DOMAIN, translation_key="recording_gone") from err
        except AgentViewError as err:
            raise BrowseError(await self._in_words(err)) from err
        title = " ".join([about.camera.name, *about.rest])
        return self._folder(item.identifier, title, children)

    # Browsing

    async def _children(self, about: _About) -> list[BrowseMediaSource]:
        match about.kind:
            case "camera":
                return await self._places(about)
            case "months":
                days = await self._all_days(about)
                months = sorted({f"{day:%Y-%m}" for day in days}, reverse=True)
                return [self._folder(about.child("days", month), month) for month in months]
            case "days":
                month = date.fromisoformat(f"{about.rest[0]}-01")
                days = await self._days_of(about, month.year, month.month)
                return [self._folder(about.child("day", day), day.isoformat()) for day in sorted(days, reverse=True)]
            case "day":
                return await self._recordings(about, date.fromisoformat(about.rest[0]))
        raise ValueError(about.kind)

    def _cameras(self) -> list[BrowseMediaSource]:
        found = []
        for entry in self.hass.config_entries.async_loaded_entries(DOMAIN):
            hub = entry.runtime_data
            if (view := hub.connection.agent_view) is None:
                continue
            for device_id in hub.devices:
                for camera in view.cameras(device_id):
                    if camera.live or camera.stored:
                        about = _About(kind="camera", camera=camera, entry_id=entry.entry_id)
                        found.append(self._folder(about.child("camera"), camera.name))
        return sorted(found, key=lambda folder: folder.title)

    async def _places(self, about: _About) -> list[BrowseMediaSource]:
        texts = await async_get_translations(self.hass, self.hass.config.language, "selector", [DOMAIN])
        has = {CARD: about.camera.live, CLOUD: about.camera.stored}
        return [
            self._folder(
                about.child("months", place=place),
                texts.get(f"component.{DOMAIN}.selector.recording_place.options.{place}", place),
            )
            for place in _PLACES
            if has[place]
        ]

    async def _all_days(self, about: _About) -> list[date]:
        camera = about.camera
        if about.place == CLOUD:
            async with camera.words():
                return _begun(await camera.cloud.days(dt_util.get_default_time_zone()))
        today = dt_util.now().date()
        days: list[date] = []
        empty = 0
        for back in range(_MONTHS):
            year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
            found = await self._days_of(about, year, month + 1)
            empty = 0 if found else empty + 1
            days += found
            if days and empty >= _EMPTY_MONTHS:
                break
        return days

    async def _days_of(self, about: _About, year: int, month: int) -> list[date]:
        if about.place == CLOUD:
            return [day for day in await self._all_days(about) if (day.year, day.month) == (year, month)]
        key = (about.entry_id, about.camera.key, year, month)
        today = dt_util.now().date()
        age = _THIS_MONTH_AGE if (today.year, today.month) == (year, month) else _MONTH_AGE
        known = self._days.get(key)
        now = time.monotonic()
        if known is None or now - known[0] > age:
            days = await about.camera.card_days(year, month)
            self._days = {other: kept for other, kept in self._days.items() if now - kept[0] <= _MONTH_AGE}
            known = self._days[key] = (now, days)
        return _begun(known[1])

    async def _recordings(self, about: _About, day: date) -> list[BrowseMediaSource]:
        zone = dt_util.get_default_time_zone()
        camera = about.camera
        if about.place == CARD:
            recordings = await camera.card_recordings(day, zone)
        else:
            async with camera.words():
                recordings = await camera.cloud.recordings(day, zone)
                await camera.cloud.prepare_thumbnails(one.thumbnail for one in recordings)
        return [self._recording(about, one) for one in reversed(recordings)]

    def _recording(self, about: _About, one: StoredRecording) -> BrowseMediaSource:
        start, end = (dt_util.as_local(dt_util.utc_from_timestamp(at)) for at in (one.start, one.end))
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=about.child("recording", one.start, one.end),
            media_class=MediaClass.VIDEO,
            media_content_type=MediaType.VIDEO,
            title=f"{start:%H:%M:%S} – {end:%H:%M:%S} {one.event.replace('_', ' ')}".strip(),
            can_play=True,
            can_expand=False,
            thumbnail=_thumbnail_path(about, one.thumbnail) if one.thumbnail else None,
        )

    def _folder(
        self, identifier: str | None, title: str, children: Iterable[BrowseMediaSource] | None = None
    ) -> BrowseMediaSource:
        folder = BrowseMediaSource(
            domain=DOMAIN,
            identifier=identifier,
            media_class=MediaClass.APP if identifier is None else MediaClass.DIRECTORY,
            media_content_type="" if identifier is None else MediaType.PLAYLIST,
            title=title,
            can_play=False,
            can_expand=True,
        )
        if children is not None:
            folder.children = list(children)
            if any(child.can_play for child in folder.children):
                folder.children_media_class = MediaClass.VIDEO
        return folder

    # Within

    def _about(self, identifier: str | None) -> _About | None:
        """Return what an identifier is about, None where there is nothing such any more."""
        kind, *parts = (identifier or "").split(_SEPARATOR)
        if len(parts) < 2:
            return None
        entry_id, key, *rest = parts
        camera = find_camera(self.hass, entry_id, key)
        lengths = {"camera": 0, "months": 1, "days": 2, "day": 2, "recording": 3}
        if camera is None or len(rest) != lengths.get(kind) or (rest and rest[0] not in _PLACES):
            return None
        return _About(kind=kind, camera=camera, entry_id=entry_id, place=rest[0] if rest else "", rest=tuple(rest[1:]))

    async def _in_words(self, err: HomeAssistantError) -> str:
        """Return an error in the language of this Home Assistant: the media browser shows it as it is."""
        texts = await async_get_translations(self.hass, self.hass.config.language, "exceptions", [DOMAIN])
        text = texts.get(f"component.{DOMAIN}.exceptions.{err.translation_key}.message")
        return str(err) if text is None else text.format(**(err.translation_placeholders or {}))


class ThumbnailView(HomeAssistantView):
    """The pictures of events in the cloud, for who is logged in."""

    url = _THUMBNAIL_URL
    name = f"api:{DOMAIN}:thumbnail"

    async def get(self, request: web.Request, entry_id: str, picture: str) -> web.Response:
        """Return a picture."""
        hass = request.app[KEY_HASS]
        try:
            key, name = json.loads(base64.urlsafe_b64decode(picture))
        except ValueError as err:
            raise web.HTTPNotFound from err
        if not isinstance(name, str) or (camera := find_camera(hass, entry_id, str(key))) is None:
            raise web.HTTPNotFound
        try:
            async with camera.words():
                url = await camera.cloud.thumbnail(name)
            content = await fetch_picture(async_get_clientsession(hass), url.url)
        except (AgentViewError, PictureUnavailable) as err:
            raise web.HTTPNotFound from err
        return web.Response(
            body=content, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"}
        )


def find_camera(hass: HomeAssistant, entry_id: str, key: str) -> AgentCamera | None:
    """Return a camera by its key, None where there is none such or its entry is not loaded."""
    entry = next((one for one in hass.config_entries.async_loaded_entries(DOMAIN) if one.entry_id == entry_id), None)
    view = None if entry is None else entry.runtime_data.connection.agent_view
    return None if view is None else view.camera(key)


def _thumbnail_path(about: _About, name: str) -> str:
    picture = base64.urlsafe_b64encode(json.dumps([about.camera.key, name]).encode()).decode()
    return _THUMBNAIL_URL.format(entry_id=about.entry_id, picture=picture)


def _times(rest: tuple[str, ...]) -> tuple[int, int]:
    """Return the begin and the end of a recording; raises ValueError for times that none has."""
    start, end = map(int, rest)
    if not 0 <= start < end <= _LATEST:
        raise ValueError(rest)
    return start, end


def _begun(days: Iterable[date]) -> list[date]:
    """Return the days that have begun here: that of a camera or of a cloud further east may be tomorrow's already."""
    today = dt_util.now().date()
    return [day for day in days if day <= today]
