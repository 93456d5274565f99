"""Repairs that a user can do right where they are told of the problem."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_DEVICE_ID
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .clients.tuyalink import LinkError
from .config_flow import DEVICE_KEY_SCHEMA, async_try
from .connections.tuyalink_errors import error_key
from .connections.tuyalink_flows import async_bind
from .connections.tuyalink_troubles import UNBOUND
from .const import CONF_CLIENT_ID, CONF_DEVICE_KEY, CONF_PRODUCT_ID


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that mends an issue."""
    assert data is not None
    entry = hass.config_entries.async_get_known_entry(str(data["entry_id"]))
    if issue_id.startswith(UNBOUND):
        return SubDeviceRepair(entry, str(data["subentry_id"]))
    return DeviceKeyRepair(entry)


class DeviceKeyRepair(RepairsFlow):
    """Asks for the new device key, tries it and loads the entry with it."""

    def __init__(self, entry: ConfigEntry) -> None:
        """Repair this entry."""
        self._entry = entry

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_device_key()

    async def async_step_device_key(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask for the key, and connect with it."""
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = {**self._entry.data, CONF_DEVICE_KEY: user_input[CONF_DEVICE_KEY].strip()}
            errors, error = await async_try(self.hass, data)
            if not errors:
                self.hass.config_entries.async_update_entry(self._entry, data=data)
                self.hass.config_entries.async_schedule_reload(self._entry.entry_id)
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="device_key",
            data_schema=DEVICE_KEY_SCHEMA,
            errors=errors,
            description_placeholders={"name": self._entry.title, "error": error},
        )


class SubDeviceRepair(RepairsFlow):
    """Binds a sub-device again that the cloud does not have any more, or removes it here as well: the user knows which."""

    def __init__(self, entry: ConfigEntry, subentry_id: str) -> None:
        """Repair this sub-device of an entry."""
        self._entry = entry
        self._subentry_id = subentry_id

    @property
    def _subentry(self) -> ConfigSubentry | None:
        return self._entry.subentries.get(self._subentry_id)

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask which."""
        if (subentry := self._subentry) is None:
            return self.async_create_entry(data={})
        return self.async_show_menu(
            step_id="init", menu_options=["bind", "remove"], description_placeholders={"name": subentry.title}
        )

    async def async_step_bind(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Bind it again."""
        if (subentry := self._subentry) is None:
            return self.async_create_entry(data={})
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = subentry.data
            try:
                device_id = await async_bind(
                    self.hass, self._entry, data[CONF_PRODUCT_ID], data[CONF_CLIENT_ID], subentry.title
                )
            except LinkError as err:
                errors, error = {"base": error_key(err)}, str(err)
            else:
                self.hass.config_entries.async_update_subentry(
                    self._entry, subentry, data={**data, CONF_DEVICE_ID: device_id}
                )
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="bind",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders={"name": subentry.title, "error": error},
        )

    async def async_step_remove(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Remove it here, too."""
        if (subentry := self._subentry) is None:
            return self.async_create_entry(data={})
        if user_input is not None:
            self.hass.config_entries.async_remove_subentry(self._entry, self._subentry_id)
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="remove", data_schema=vol.Schema({}), description_placeholders={"name": subentry.title}
        )
