"""Service actions."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_device_and_config_entry, async_register_platform_entity_service
import voluptuous as vol

from .agent_services import async_setup_agent_services
from .agent_view import QUALITIES
from .const import DOMAIN, STREAM_HD, STREAM_SD
from .errors import unknown_data_point
from .hub import Hub, HubConfigEntry, device_id_of
from .model import Device
from .ptz import DIRECTIONS, LONGEST, STEP

SERVICE_CALL_ACTION = "call_action"
SERVICE_PTZ = "ptz"
SERVICE_SET_DATA_POINT = "set_data_point"
SERVICE_SET_STREAM_QUALITY = "set_stream_quality"

ATTR_ACTION = "action"
ATTR_DEVICE = "device"
ATTR_INPUTS = "inputs"
ATTR_CODE = "code"
ATTR_VALUE = "value"
ATTR_DIRECTION = "direction"
ATTR_DURATION = "duration"
ATTR_QUALITY = "quality"

_CALL_ACTION = vol.Schema(
    {
        vol.Required(ATTR_DEVICE): cv.string,
        vol.Required(ATTR_ACTION): cv.string,
        vol.Optional(ATTR_INPUTS, default=dict): {cv.string: object},
    }
)
_SET_DATA_POINT = vol.Schema(
    {
        vol.Required(ATTR_DEVICE): cv.string,
        vol.Required(ATTR_CODE): cv.string,
        vol.Required(ATTR_VALUE): object,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the service actions; they are there also while no entry is."""
    hass.services.async_register(DOMAIN, SERVICE_SET_DATA_POINT, _async_set_data_point, schema=_SET_DATA_POINT)
    hass.services.async_register(
        DOMAIN,
        SERVICE_CALL_ACTION,
        _async_call_action,
        schema=_CALL_ACTION,
        supports_response=SupportsResponse.OPTIONAL,
    )
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_PTZ,
        entity_domain=Platform.CAMERA,
        schema={
            vol.Required(ATTR_DIRECTION): vol.In(DIRECTIONS),
            vol.Optional(ATTR_DURATION, default=STEP): vol.All(vol.Coerce(float), vol.Range(min=0.1, max=LONGEST)),
        },
        func="async_ptz",
    )
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_SET_STREAM_QUALITY,
        entity_domain=Platform.CAMERA,
        schema={vol.Required(ATTR_QUALITY): vol.In((STREAM_HD, STREAM_SD, *QUALITIES))},
        func="async_set_stream_quality",
    )
    async_setup_agent_services(hass)


def _find_device(call: ServiceCall) -> tuple[Hub, Device, str]:
    """Return the device that a call names, its hub, and what the user calls it; raises ServiceValidationError."""
    entry: HubConfigEntry
    device, entry = async_get_device_and_config_entry(call.hass, DOMAIN, call.data[ATTR_DEVICE])
    hub: Hub = entry.runtime_data
    known = next(
        (
            hub.devices[device_id]
            for domain, identifier in device.identifiers
            if domain == DOMAIN and (device_id := device_id_of(identifier)) in hub.devices
        ),
        None,
    )
    name = device.name_by_user or device.name or ""
    if known is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_data_points", translation_placeholders={"device": name}
        )
    return hub, known, name


async def _async_call_action(call: ServiceCall) -> ServiceResponse:
    """Have a device do an action of its model; return what it answers, by the ids of the action's outputs."""
    hub, known, _ = _find_device(call)
    outputs = await hub.call_action(known.id, call.data[ATTR_ACTION], call.data[ATTR_INPUTS])
    return {"outputs": dict(outputs)} if call.return_response else None


async def _async_set_data_point(call: ServiceCall) -> None:
    """Set a data point of a device, one without an entity too."""
    hub, known, name = _find_device(call)
    code = call.data[ATTR_CODE]
    if code not in known.schema.points:
        # The device's own code of a data point that a quirk renamed will do too
        code = known.schema.renamed.get(code, code)
    if code not in known.schema.points:
        raise unknown_data_point(name, code, known.schema)
    await hub.send(known.id, {code: call.data[ATTR_VALUE]})
