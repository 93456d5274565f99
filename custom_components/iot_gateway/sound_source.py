"""The sound of a media source, of an address or of a file, as what a camera's loudspeaker takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.setup import async_setup_component

from .agent_view import AgentViewError
from .agent_view.sound import SoundUnreadable, sound_tags

if TYPE_CHECKING:
    from .clients.tencent_video import TimedTag

_MOST: Final = 20 * 1024 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60, connect=10)


async def async_sound_of(hass: HomeAssistant, content_id: str, entity_id: str) -> list[TimedTag]:
    """Return the sound; raises AgentViewError, whose text says why there is none. `entity_id` is who plays it."""
    try:
        content = await _content(hass, content_id, entity_id)
        # It brings PyAV
        if not await async_setup_component(hass, "stream", {}):
            raise AgentViewError("stream_missing")
        return await hass.async_add_executor_job(sound_tags, content)
    except (SoundUnreadable, OSError, ValueError) as err:
        raise AgentViewError("sound_unreadable", error=str(err)) from err
    except TimeoutError as err:
        raise AgentViewError("sound_unreadable", error="timeout") from err
    except aiohttp.ClientError as err:
        raise AgentViewError("sound_unreadable", error=type(err).__name__) from err


async def _content(hass: HomeAssistant, content_id: str, entity_id: str) -> bytes:
    from homeassistant.components import media_source
    from homeassistant.components.media_player.browse_media import async_process_play_media_url

    url, path = content_id, None
    if media_source.is_media_source_id(content_id):
        try:
            media = await media_source.async_resolve_media(hass, content_id, entity_id)
        except HomeAssistantError as err:
            raise AgentViewError("sound_unreadable", error=str(err)) from err
        url, path = media.url, media.path
    if path is not None:
        return await hass.async_add_executor_job(_read, path)
    try:
        # Home Assistant's own, such as speech, gets its host and a signature
        url = async_process_play_media_url(hass, url)
    except HomeAssistantError as err:
        raise AgentViewError("sound_unreadable", error=str(err)) from err
    if not url.startswith(("http://", "https://")):
        raise SoundUnreadable("It is neither a media source nor an address")
    async with async_get_clientsession(hass).get(url, timeout=_TIMEOUT) as response:
        if response.status != 200:
            raise SoundUnreadable(f"HTTP status {response.status}")
        content = bytearray()
        async for chunk in response.content.iter_chunked(64 * 1024):
            content += chunk
            if len(content) > _MOST:
                raise SoundUnreadable("The file is too large")
    return bytes(content)


def _read(path: Path) -> bytes:
    if path.stat().st_size > _MOST:
        raise SoundUnreadable("The file is too large")
    return path.read_bytes()
