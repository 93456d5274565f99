"""The flow steps of a TuyaLink device: adding, reauthentication, reconfiguration and options."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_DEVICE_ID, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .clients.tuyalink import LinkError
from .connections.tuya_cloud_troubles import CONSOLE_URL
from .connections.tuyalink_errors import error_key
from .connections.tuyalink_probe import async_probe
from .const import (
    CONF_CONNECTION,
    CONF_DEVICE_SECRET,
    CONF_HISTORY_LIMIT,
    CONF_PRODUCT_ID,
    CONF_REPORTS_PER_MINUTE,
    CONF_TLS,
    CONNECTION_TUYALINK,
    DEFAULT_HISTORY_LIMIT,
    DEFAULT_REPORTS_PER_MINUTE,
    TUYALINK_PORT,
    TUYALINK_REGIONS,
)
from .data_centers import SELECTOR, async_data_center_choice, usual_data_center
from .flow_fields import PORT, SECRET, with_selectors

_SERVER: Final = "server"
"""The section of a form for those who don't connect to Tuya's own data centers."""

# What forms show in its place, `_with_data_centers` says.
_HOST = SelectSelector(
    SelectSelectorConfig(
        options=list(TUYALINK_REGIONS), custom_value=True, mode=SelectSelectorMode.DROPDOWN, translation_key=SELECTOR
    )
)
_SERVER_SECTION = section(
    vol.Schema(
        {
            vol.Required(CONF_PORT, default=TUYALINK_PORT): PORT,
            vol.Required(CONF_TLS, default=True): BooleanSelector(),
        }
    ),
    {"collapsed": True},
)
_DEVICE = vol.Schema(
    {
        vol.Required(CONF_HOST): _HOST,
        vol.Required(CONF_PRODUCT_ID): TextSelector(),
        vol.Required(CONF_DEVICE_ID): TextSelector(),
        vol.Required(CONF_DEVICE_SECRET): SECRET,
        vol.Required(_SERVER): _SERVER_SECTION,
    }
)
_DEVICE_SECRET = vol.Schema({vol.Required(CONF_DEVICE_SECRET): SECRET})
_RECONFIGURE = vol.Schema(
    {
        vol.Required(CONF_HOST): _HOST,
        vol.Optional(CONF_DEVICE_SECRET): SECRET,
        vol.Required(_SERVER): _SERVER_SECTION,
    }
)
_OPTIONS = vol.Schema(
    {
        vol.Required(CONF_REPORTS_PER_MINUTE): vol.All(
            NumberSelector(NumberSelectorConfig(min=1, max=600, step=1, mode=NumberSelectorMode.BOX)), vol.Coerce(int)
        ),
        vol.Required(CONF_HISTORY_LIMIT): vol.All(
            NumberSelector(NumberSelectorConfig(min=0, max=50_000, step=1, mode=NumberSelectorMode.BOX)),
            vol.Coerce(int),
        ),
    }
)
_TYPED_HOST = re.compile(
    r"(?:mqtts?://|ssl://)?(?P<host>\[[\da-fA-F:.]+\]|[\w.-]+|[\da-fA-F]*:[\da-fA-F:.]+)(?::(?P<port>\d{1,5}))?/?"
)
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


class TuyaLinkFlow(ConfigFlow):
    """The steps that the integration's config flow has for a TuyaLink device."""

    async def async_step_tuyalink(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the data center and the device's certificate, and connect with it."""
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = _cleaned(user_input)
            errors = _wrong(data)
            if not errors:
                await self.async_set_unique_id(data[CONF_DEVICE_ID], raise_on_progress=False)
                self._abort_if_unique_id_configured()
                errors, error = await _try(self.hass, data)
            if not errors:
                return self.async_create_entry(
                    title=f"TuyaLink {data[CONF_DEVICE_ID][-4:]}",
                    data={CONF_CONNECTION: CONNECTION_TUYALINK, **data},
                )
        suggested = user_input or {CONF_HOST: usual_data_center(self.hass.config.country, TUYALINK_REGIONS)}
        return self.async_show_form(
            step_id="tuyalink",
            data_schema=self.add_suggested_values_to_schema(await _with_data_centers(self.hass, _DEVICE), suggested),
            errors=errors,
            description_placeholders={"error": error, "console": CONSOLE_URL},
        )

    async def async_step_tuyalink_reauth(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the secret that the cloud accepts now, and connect with it."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = {**entry.data, CONF_DEVICE_SECRET: user_input[CONF_DEVICE_SECRET].strip()}
            errors, error = await _try(self.hass, data)
            if not errors:
                return self._async_changed(entry, data)
        return self.async_show_form(
            step_id="tuyalink_reauth",
            data_schema=_DEVICE_SECRET,
            errors=errors,
            description_placeholders={
                "error": error,
                "name": entry.title,
                "device_id": entry.data[CONF_DEVICE_ID],
            },
        )

    async def async_step_tuyalink_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the cloud is now, and connect; the device is the same, and the secret stays unless a new one is given."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            given = _cleaned(user_input)
            given[CONF_DEVICE_SECRET] = given.get(CONF_DEVICE_SECRET) or entry.data[CONF_DEVICE_SECRET]
            data = {**entry.data, **given}
            errors = _wrong(data)
            if not errors:
                errors, error = await _try(self.hass, data)
            if not errors:
                return self._async_changed(entry, data)
        suggested = user_input or {
            CONF_HOST: entry.data[CONF_HOST],
            _SERVER: {key: entry.data[key] for key in (CONF_PORT, CONF_TLS)},
        }
        return self.async_show_form(
            step_id="tuyalink_reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                await _with_data_centers(self.hass, _RECONFIGURE), suggested
            ),
            errors=errors,
            description_placeholders={
                "error": error,
                "name": entry.title,
                "device_id": entry.data[CONF_DEVICE_ID],
            },
        )

    def _async_changed(self, entry: ConfigEntry, data: Mapping[str, Any]) -> ConfigFlowResult:
        """End the flow with an entry that connects with new data.

        A connection that runs watches its entry and loads it anew when the data change; there is nobody to do so while it is
        not set up, or where what was wrong was the cloud and the data are what they were.
        """
        if entry.update_listeners and data != entry.data:
            return self.async_update_and_abort(entry, data=data)
        if data != entry.data:
            self.hass.config_entries.async_update_entry(entry, data=data)
        self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_update_and_abort(entry)


class TuyaLinkOptionsFlow(OptionsFlow):
    """What a user may tune of a TuyaLink device.

    Not a flow that loads the entry anew: the connection watches its entry, for what is exposed changes while it runs.
    """

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Begin."""
        return await self.async_step_tuyalink()

    async def async_step_tuyalink(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how often to report, and how much to keep while there is no connection."""
        if user_input is not None:
            return self.async_create_entry(data={**self.config_entry.options, **user_input})
        options = self.config_entry.options
        return self.async_show_form(
            step_id="tuyalink",
            data_schema=self.add_suggested_values_to_schema(
                _OPTIONS,
                {
                    CONF_REPORTS_PER_MINUTE: options.get(CONF_REPORTS_PER_MINUTE, DEFAULT_REPORTS_PER_MINUTE),
                    CONF_HISTORY_LIMIT: options.get(CONF_HISTORY_LIMIT, DEFAULT_HISTORY_LIMIT),
                },
            ),
        )


async def _with_data_centers(hass: HomeAssistant, schema: vol.Schema) -> vol.Schema:
    """Return a form's schema with the names of the data centers to choose from."""
    return with_selectors(schema, {CONF_HOST: await async_data_center_choice(hass, TUYALINK_REGIONS)})


async def _try(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Connect with an entry's data; return a form's errors, and the cause in the client's words."""
    try:
        await async_probe(hass, data)
    except LinkError as err:
        return {"base": error_key(err)}, str(err)
    return {}, ""


def _cleaned(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the user typed as an entry has it: without blanks, a port behind the host where it belongs, no sections.

    The host is empty where the text is none.
    """
    cleaned: dict[str, Any] = {key: value.strip() for key, value in user_input.items() if key != _SERVER}
    cleaned.update(user_input[_SERVER])
    typed = TUYALINK_REGIONS.get(cleaned[CONF_HOST], cleaned[CONF_HOST])
    found = _TYPED_HOST.fullmatch(typed)
    cleaned[CONF_HOST] = found["host"].strip("[]") if found else ""
    if found and found["port"]:
        cleaned[CONF_PORT] = int(found["port"])
    return cleaned


def _wrong(data: Mapping[str, Any]) -> dict[str, str]:
    """Return a form's errors for what cannot be right, before anybody is asked."""
    errors: dict[str, str] = {}
    if not data[CONF_HOST] or not 1 <= data[CONF_PORT] <= 65535:
        errors[CONF_HOST] = "invalid_host"
    if _ID.fullmatch(data[CONF_PRODUCT_ID]) is None:
        errors[CONF_PRODUCT_ID] = "invalid_id"
    if _ID.fullmatch(data[CONF_DEVICE_ID]) is None:
        errors[CONF_DEVICE_ID] = "invalid_id"
    if not data[CONF_DEVICE_SECRET]:
        errors[CONF_DEVICE_SECRET] = "secret_needed"
    return errors
