"""The flows: adding a connection, discovery, reauthentication, reconfiguration and options."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_HOST, CONF_PATH, CONF_PORT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.typing import DiscoveryInfoType
import voluptuous as vol

from .clients.tuya_gateway import GatewayError
from .config_flow_exposures import SUBENTRY_FLOWS
from .config_flow_tencent_video import TencentVideoFlow, TencentVideoOptionsFlow
from .config_flow_tuya_cloud import TuyaCloudFlow, TuyaCloudOptionsFlow
from .config_flow_tuyalink import TuyaLinkFlow, TuyaLinkOptionsFlow
from .connections.tuya_gateway import async_probe, error_key
from .const import (
    CONF_CONNECTION,
    CONF_DEVICE_KEY,
    CONF_DISCOVERY_PORTS,
    CONF_IDLE_INTERVAL,
    CONF_INVERTED_COVERS,
    CONF_SHOW_ALL,
    CONF_UUID,
    CONNECTION_TENCENT_VIDEO,
    CONNECTION_TUYA_CLOUD,
    CONNECTION_TUYA_GATEWAY,
    CONNECTION_TUYALINK,
    DEFAULT_DISCOVERY_PORTS,
    DEFAULT_IDLE_INTERVAL,
    DEFAULT_PATH,
    DOMAIN,
)
from .discovery import async_heard, async_listen
from .flow_fields import INVERTED_COVERS, PORT, SECRET, chosen_covers, cover_names, shown_covers, with_covers

_ADDRESS = {
    vol.Required(CONF_HOST): TextSelector(),
    vol.Required(CONF_PORT): PORT,
    vol.Required(CONF_PATH, default=DEFAULT_PATH): TextSelector(),
}
_GATEWAY = vol.Schema({**_ADDRESS, vol.Optional(CONF_UUID): TextSelector(), vol.Required(CONF_DEVICE_KEY): SECRET})
DEVICE_KEY_SCHEMA = vol.Schema({vol.Required(CONF_DEVICE_KEY): SECRET})
_RECONFIGURE = vol.Schema({**_ADDRESS, vol.Optional(CONF_DEVICE_KEY): SECRET})
_OPTIONS = vol.Schema(
    {
        vol.Required(CONF_SHOW_ALL, default=False): BooleanSelector(),
        **INVERTED_COVERS,
        vol.Required(CONF_DISCOVERY_PORTS): TextSelector(TextSelectorConfig(multiple=True)),
        vol.Required(CONF_IDLE_INTERVAL): vol.All(
            NumberSelector(
                NumberSelectorConfig(min=5, max=600, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement="s")
            ),
            vol.Coerce(int),
        ),
    }
)


class IotGatewayConfigFlow(TencentVideoFlow, TuyaCloudFlow, TuyaLinkFlow, domain=DOMAIN):
    """Adds and mends connections."""

    VERSION = 1
    MINOR_VERSION = 1

    _discovered: Mapping[str, Any]

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the options flow of an entry."""
        if config_entry.data[CONF_CONNECTION] == CONNECTION_TUYA_CLOUD:
            return TuyaCloudOptionsFlow()
        if config_entry.data[CONF_CONNECTION] == CONNECTION_TUYALINK:
            return TuyaLinkOptionsFlow()
        if config_entry.data[CONF_CONNECTION] == CONNECTION_TENCENT_VIDEO:
            return TencentVideoOptionsFlow()
        return TuyaGatewayOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what a user may add to an entry: a TuyaLink device exposes what they choose."""
        return SUBENTRY_FLOWS if config_entry.data[CONF_CONNECTION] == CONNECTION_TUYALINK else {}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let the user choose a connection; listen meanwhile for gateways to suggest."""
        await async_listen(self.hass)
        return self.async_show_menu(
            step_id="user",
            menu_options=[
                CONNECTION_TUYA_GATEWAY,
                CONNECTION_TUYA_CLOUD,
                CONNECTION_TENCENT_VIDEO,
                CONNECTION_TUYALINK,
            ],
        )

    async def async_step_tuya_gateway(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the gateway is and for its key, and connect."""
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = _cleaned(user_input)
            # Also without one: an attempt before this may have had one
            await self.async_set_unique_id(data.get(CONF_UUID), raise_on_progress=False)
            self._abort_if_unique_id_configured()
            self._async_abort_entries_match({CONF_HOST: data[CONF_HOST], CONF_PORT: data[CONF_PORT]})
            errors, error = await async_try(self.hass, data)
            if not errors:
                return self._create(data)
        return self.async_show_form(
            step_id=CONNECTION_TUYA_GATEWAY,
            data_schema=self.add_suggested_values_to_schema(_GATEWAY, user_input or self._suggestion()),
            errors=errors,
            description_placeholders={"error": error},
        )

    @override
    async def async_step_dhcp(self, discovery_info: DhcpServiceInfo) -> ConfigFlowResult:
        """A Tuya device is on the network, which may be a gateway: listen whether one announces itself."""
        await async_listen(self.hass)
        return self.async_abort(reason="listening")

    @override
    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Take in a gateway that announces itself; of a known one the connection takes care."""
        await self.async_set_unique_id(discovery_info[CONF_UUID])
        self._abort_if_unique_id_configured()
        self._discovered = {**discovery_info, CONF_PATH: DEFAULT_PATH}
        self.context["title_placeholders"] = {"name": _title(discovery_info)}
        return await self.async_step_discovery_confirm()

    async def async_step_discovery_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the key of a discovered gateway, and connect."""
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = _cleaned({**self._discovered, **user_input})
            self._async_abort_entries_match({CONF_HOST: data[CONF_HOST], CONF_PORT: data[CONF_PORT]})
            errors, error = await async_try(self.hass, data)
            if not errors:
                return self._create(data)
        return self.async_show_form(
            step_id="discovery_confirm",
            data_schema=DEVICE_KEY_SCHEMA,
            errors=errors,
            description_placeholders={
                "error": error,
                "host": self._discovered[CONF_HOST],
                "port": str(self._discovered[CONF_PORT]),
                "uuid": self._discovered[CONF_UUID],
            },
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to ask for a new key."""
        if entry_data[CONF_CONNECTION] == CONNECTION_TUYA_CLOUD:
            return await self.async_step_tuya_cloud_reauth()
        if entry_data[CONF_CONNECTION] == CONNECTION_TUYALINK:
            return await self.async_step_tuyalink_reauth()
        if entry_data[CONF_CONNECTION] == CONNECTION_TENCENT_VIDEO:
            return await self.async_step_tencent_video_reauth()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the key that the gateway accepts now, and connect with it."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = _cleaned({**entry.data, **user_input})
            errors, error = await async_try(self.hass, data)
            if not errors:
                return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=DEVICE_KEY_SCHEMA,
            errors=errors,
            description_placeholders={"error": error, "name": entry.title},
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the gateway is now, and connect; the key stays unless a new one is given."""
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_CONNECTION] == CONNECTION_TUYA_CLOUD:
            return await self.async_step_tuya_cloud_reconfigure()
        if entry.data[CONF_CONNECTION] == CONNECTION_TUYALINK:
            return await self.async_step_tuyalink_reconfigure()
        if entry.data[CONF_CONNECTION] == CONNECTION_TENCENT_VIDEO:
            return await self.async_step_tencent_video_reconfigure()
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = _cleaned({**entry.data, **user_input})
            data[CONF_DEVICE_KEY] = data[CONF_DEVICE_KEY] or entry.data[CONF_DEVICE_KEY]
            place = (data[CONF_HOST], data[CONF_PORT])
            if any(
                (other.data.get(CONF_HOST), other.data.get(CONF_PORT)) == place
                for other in self._async_current_entries()
                if other.entry_id != entry.entry_id
            ):
                return self.async_abort(reason="already_configured")
            errors, error = await async_try(self.hass, data)
            if not errors:
                return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                _RECONFIGURE,
                user_input or {key: entry.data[key] for key in (CONF_HOST, CONF_PORT, CONF_PATH) if key in entry.data},
            ),
            errors=errors,
            description_placeholders={"error": error, "name": entry.title},
        )

    def _create(self, data: dict[str, Any]) -> ConfigFlowResult:
        return self.async_create_entry(
            title=_title(data),
            data={CONF_CONNECTION: CONNECTION_TUYA_GATEWAY, **data},
        )

    def _suggestion(self) -> dict[str, Any]:
        """Return the address of a gateway that was heard, where there is exactly one to suggest."""
        heard = async_heard(self.hass)
        if len(heard) != 1:
            return {}
        return {CONF_HOST: heard[0].host, CONF_PORT: heard[0].port, CONF_UUID: heard[0].uuid}


class TuyaGatewayOptionsFlow(OptionsFlowWithReload):
    """What a user may tune of a gateway's connection."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to show, which covers are the wrong way round, where to listen, and how patient to be."""
        errors: dict[str, str] = {}
        options = self.config_entry.options
        covers = cover_names(self.hass, self.config_entry)
        if user_input is not None:
            ports = _ports(user_input[CONF_DISCOVERY_PORTS])
            if ports is not None:
                data = {**user_input, CONF_DISCOVERY_PORTS: ports, **chosen_covers(options, user_input, covers)}
                return self.async_create_entry(data=data)
            errors[CONF_DISCOVERY_PORTS] = "invalid_port"
        suggested = user_input or {
            CONF_SHOW_ALL: options.get(CONF_SHOW_ALL, False),
            CONF_INVERTED_COVERS: shown_covers(options, covers),
            CONF_DISCOVERY_PORTS: [str(port) for port in options.get(CONF_DISCOVERY_PORTS, DEFAULT_DISCOVERY_PORTS)],
            CONF_IDLE_INTERVAL: options.get(CONF_IDLE_INTERVAL, DEFAULT_IDLE_INTERVAL),
        }
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(with_covers(_OPTIONS, covers), suggested),
            errors=errors,
        )


async def async_try(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Connect with an entry's data; return a form's errors, and the cause in the client's words."""
    try:
        await async_probe(hass, data)
    except GatewayError as err:
        return {"base": error_key(err)}, str(err)
    return {}, ""


def _title(data: Mapping[str, Any]) -> str:
    """Return what a gateway is called until the user calls it something else."""
    return f"Tuya gateway {data[CONF_HOST]}"


def _cleaned(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the user typed without stray blanks, without a uuid that was left empty, and with a path that is one."""
    cleaned = {key: value.strip() if isinstance(value, str) else value for key, value in data.items()}
    cleaned[CONF_PATH] = "/" + cleaned.get(CONF_PATH, DEFAULT_PATH).lstrip("/")
    if not cleaned.get(CONF_UUID):
        cleaned.pop(CONF_UUID, None)
    return cleaned


def _ports(texts: list[str]) -> list[int] | None:
    """Return port numbers, None where a text is none."""
    try:
        ports = sorted({int(text) for text in texts})
    except ValueError:
        return None
    return ports if all(1 <= port <= 65535 for port in ports) else None
