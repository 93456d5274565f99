"""Service actions of cameras behind an X-P2P agent: talk, call, send_signal, playback, list_files, download_recording."""

from collections.abc import Mapping
from datetime import datetime
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.service import async_register_platform_entity_service
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
import voluptuous as vol

from .agent_view import CALL_SIGNALS, PLAYBACK_COMMANDS, AgentViewError
from .const import DOMAIN
from .sound_source import async_sound_of

if TYPE_CHECKING:
    from .agent_view import AgentCamera

SERVICE_TALK: Final = "talk"
SERVICE_CALL: Final = "call"
SERVICE_SEND_SIGNAL: Final = "send_signal"
SERVICE_PLAYBACK: Final = "playback"
SERVICE_LIST_FILES: Final = "list_files"
SERVICE_DOWNLOAD: Final = "download_recording"

ATTR_MEDIA: Final = "media"
ATTR_SIGNAL: Final = "signal"
ATTR_COMMAND: Final = "command"
ATTR_POSITION: Final = "position"
ATTR_SPEED: Final = "speed"
ATTR_EVERY: Final = "every"
ATTR_START: Final = "start"
ATTR_END: Final = "end"
ATTR_FILE_NAME: Final = "file_name"
ATTR_PATH: Final = "path"

_MEDIA_CONTENT_ID: Final = "media_content_id"
_VALUES: Final = {"seek": ATTR_POSITION, "speed": ATTR_SPEED, "fast_forward": ATTR_EVERY}
"""What a command of the playback needs."""
_PART: Final = ".part"
_WRITING: HassKey[set[Path]] = HassKey(f"{DOMAIN}_downloads")
"""The files that are being written."""


@callback
def async_setup_agent_services(hass: HomeAssistant) -> None:
    """Register the service actions; they are there also while no camera is."""

    @callback
    def register(name: str, schema: dict[Any, Any], func: Any, response: SupportsResponse) -> None:
        async_register_platform_entity_service(
            hass,
            DOMAIN,
            name,
            entity_domain=Platform.CAMERA,
            schema=schema,
            func=func,
            supports_response=response,
        )

    register(
        SERVICE_TALK,
        {vol.Required(ATTR_MEDIA): vol.Any(cv.string, {vol.Required(_MEDIA_CONTENT_ID): cv.string, vol.Extra: object})},
        _async_talk,
        SupportsResponse.NONE,
    )
    register(SERVICE_CALL, {vol.Required(ATTR_SIGNAL): vol.In(CALL_SIGNALS)}, _async_call, SupportsResponse.NONE)
    register(
        SERVICE_SEND_SIGNAL,
        {vol.Required(ATTR_SIGNAL): vol.Any(cv.string, dict, list)},
        _async_send_signal,
        SupportsResponse.OPTIONAL,
    )
    register(
        SERVICE_PLAYBACK,
        {
            vol.Required(ATTR_COMMAND): vol.In(PLAYBACK_COMMANDS),
            vol.Optional(ATTR_POSITION): vol.All(vol.Coerce(float), vol.Range(min=0)),
            vol.Optional(ATTR_SPEED): vol.All(vol.Coerce(float), vol.Range(min=0.1, max=16)),
            vol.Optional(ATTR_EVERY): vol.All(vol.Coerce(int), vol.Range(min=0, max=100)),
        },
        _async_playback,
        SupportsResponse.NONE,
    )
    times = {vol.Optional(ATTR_START): cv.datetime, vol.Optional(ATTR_END): cv.datetime}
    register(SERVICE_LIST_FILES, times, _async_list_files, SupportsResponse.ONLY)
    register(
        SERVICE_DOWNLOAD,
        {vol.Required(ATTR_FILE_NAME): cv.string, vol.Required(ATTR_PATH): cv.string},
        _async_download,
        SupportsResponse.OPTIONAL,
    )


async def _async_talk(entity: Entity, call: ServiceCall) -> None:
    camera = _camera_of(entity)
    media = call.data[ATTR_MEDIA]
    content_id = media if isinstance(media, str) else media[_MEDIA_CONTENT_ID]
    await camera.talk(await async_sound_of(call.hass, content_id, entity.entity_id))


async def _async_call(entity: Entity, call: ServiceCall) -> None:
    await _camera_of(entity).call(call.data[ATTR_SIGNAL])


async def _async_send_signal(entity: Entity, call: ServiceCall) -> dict[str, Any]:
    signal = call.data[ATTR_SIGNAL]
    text = signal if isinstance(signal, str) else json.dumps(signal, ensure_ascii=False, separators=(",", ":"))
    reply = await _camera_of(entity).send_signal(text)
    try:
        return {"reply": json.loads(reply)}
    except ValueError:
        return {"reply": reply}


async def _async_playback(entity: Entity, call: ServiceCall) -> None:
    command = call.data[ATTR_COMMAND]
    needed = _VALUES.get(command)
    if needed is not None and needed not in call.data:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="playback_needs",
            translation_placeholders={"command": command, "field": needed},
        )
    await _camera_of(entity).playback(command, call.data[needed] if needed else 0)


async def _async_list_files(entity: Entity, call: ServiceCall) -> dict[str, Any]:
    zone = dt_util.get_default_time_zone()
    files = await _camera_of(entity).files(_seconds(call.data, ATTR_START), _seconds(call.data, ATTR_END), zone)
    return {
        "files": [
            {
                "file_name": file.name,
                "type": file.kind.value,
                "size": file.size,
                "start": _as_text(file.start),
                "end": _as_text(file.end),
            }
            for file in files
        ]
    }


async def _async_download(entity: Entity, call: ServiceCall) -> dict[str, Any]:
    """Download a file of a card. What broke off is gone on with, from where it is, by the next call for the same path."""
    hass = call.hass
    camera = _camera_of(entity)
    target = Path(call.data[ATTR_PATH])
    if not target.is_absolute() or not await hass.async_add_executor_job(hass.config.is_allowed_path, str(target)):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="path_not_allowed",
            translation_placeholders={"path": str(target)},
        )
    name = call.data[ATTR_FILE_NAME]
    zone = dt_util.get_default_time_zone()
    size = next((file.size for file in await camera.files(None, None, zone) if file.name == name), None)
    # Of another camera or file nothing is gone on with
    about = hashlib.sha256(f"{camera.key}\n{name}".encode()).hexdigest()[:8]
    part = target.with_name(f"{target.name}.{about}{_PART}")
    if target in (writing := hass.data.setdefault(_WRITING, set())):
        raise AgentViewError("download_not_written", path=str(target), error="busy")
    writing.add(target)
    try:
        offset = await hass.async_add_executor_job(_begin, part, size)
        output = await hass.async_add_executor_job(part.open, "ab")
        try:
            async for piece in camera.download(name, offset=offset, size=size):
                await hass.async_add_executor_job(output.write, piece)
        finally:
            await hass.async_add_executor_job(output.close)
        await hass.async_add_executor_job(part.replace, target)
    except OSError as err:
        raise AgentViewError(
            "download_not_written", path=str(target), error=err.strerror or type(err).__name__
        ) from err
    finally:
        writing.discard(target)
    return {"path": str(target), "size": await hass.async_add_executor_job(lambda: target.stat().st_size)}


def _begin(part: Path, size: int | None) -> int:
    """Return how much of a file is there already; what is more than the file has is another file's and goes."""
    part.parent.mkdir(parents=True, exist_ok=True)
    there = part.stat().st_size if part.exists() else 0
    if size is None or there > size:
        part.unlink(missing_ok=True)
        return 0
    return there


def _camera_of(entity: Entity) -> AgentCamera:
    """Return the camera of an entity; raises ServiceValidationError for one that is behind no agent."""
    camera: AgentCamera | None = getattr(entity, "agent_camera", None)
    if camera is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_behind_agent",
            translation_placeholders={"entity": entity.entity_id},
        )
    return camera


def _seconds(data: Mapping[str, Any], key: str) -> int | None:
    when: datetime | None = data.get(key)
    if when is None:
        return None
    return int((when if when.tzinfo is not None else when.replace(tzinfo=dt_util.get_default_time_zone())).timestamp())


def _as_text(seconds: int | None) -> str | None:
    return None if seconds is None else dt_util.as_local(dt_util.utc_from_timestamp(seconds)).isoformat()
