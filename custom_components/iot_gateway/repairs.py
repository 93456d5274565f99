"""Repairs that a user can do right where they are told of the problem."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .config_flow import DEVICE_KEY_SCHEMA, async_try
from .const import CONF_DEVICE_KEY


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that asks for the device key which the gateway accepts now."""
    assert data is not None
    entry = hass.config_entries.async_get_known_entry(str(data["entry_id"]))
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
