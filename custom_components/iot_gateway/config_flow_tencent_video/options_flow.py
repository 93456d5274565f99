"""The options of an account, and the form of what to do so that the cloud pushes."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from ..clients.tencent_video import DIALECTS, Quality
from ..connections.tencent_video_api import kept_api
from ..connections.tencent_video_feedback import async_feedback_url
from ..connections.tencent_video_troubles import CONSOLE_URL
from ..const import (
    CONF_AGENT_URL,
    CONF_CALL_BUDGET,
    CONF_ENABLED,
    CONF_INVERTED_COVERS,
    CONF_POLL_INTERVAL,
    CONF_PRODUCT_IDS,
    CONF_PTZ_DIALECT,
    CONF_PUSH,
    CONF_SHOW_ALL,
    CONF_STREAM_QUALITY,
    DEFAULT_POLL_INTERVAL,
    DEFAULT_TENCENT_CALL_BUDGET,
    LEAST_CALL_BUDGET,
)
from ..flow_fields import INVERTED_COVERS, chosen_covers, cover_names, shown_covers, with_covers
from .product_choice import PRODUCT_CHOICE, with_products
from .push_setup import new_webhook, push_states, set_up_push, webhook_address

_SET_UP: Final = "set_up"
"""The field for the products whose push Home Assistant shall set up itself."""
_OPTIONS = vol.Schema(
    {
        vol.Required(CONF_SHOW_ALL, default=False): BooleanSelector(),
        **INVERTED_COVERS,
        vol.Required(CONF_STREAM_QUALITY, default=Quality.HIGH.value): SelectSelector(
            SelectSelectorConfig(
                options=[quality.value for quality in reversed(Quality)],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key="tencent_quality",
            )
        ),
        vol.Required(CONF_PTZ_DIALECT, default="panel"): SelectSelector(
            SelectSelectorConfig(
                options=list(reversed(DIALECTS)), mode=SelectSelectorMode.DROPDOWN, translation_key="ptz_dialect"
            )
        ),
        vol.Required(CONF_POLL_INTERVAL): vol.All(
            NumberSelector(
                NumberSelectorConfig(min=1, max=1440, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement="min")
            ),
            vol.Coerce(int),
        ),
        vol.Required(CONF_CALL_BUDGET, default=DEFAULT_TENCENT_CALL_BUDGET): vol.All(
            NumberSelector(
                NumberSelectorConfig(min=LEAST_CALL_BUDGET, max=10_000_000, step=1, mode=NumberSelectorMode.BOX)
            ),
            vol.Coerce(int),
        ),
        vol.Required(CONF_PUSH): section(
            vol.Schema({vol.Required(CONF_ENABLED, default=False): BooleanSelector()}), {"collapsed": False}
        ),
    }
)
_PUSH = vol.Schema({vol.Optional(_SET_UP): PRODUCT_CHOICE})


class TencentVideoOptionsFlow(OptionsFlowWithReload):
    """What a user may tune of an account's connection, and what to do so that the cloud pushes."""

    _options: dict[str, Any]

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Begin."""
        return await self.async_step_tencent_video()

    async def async_step_tencent_video(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to show, how fine pictures are, how cameras are turned, how often to look, and whether the cloud pushes."""
        errors: dict[str, str] = {}
        options = self.config_entry.options
        covers = cover_names(self.hass, self.config_entry)
        pushed = options.get(CONF_PUSH, {})
        if user_input is not None:
            enabled = user_input[CONF_PUSH][CONF_ENABLED]
            # Both stay when it is switched off: what stands in the console is right again when it is switched on
            push = {
                **({} if pushed or not enabled else new_webhook()),
                **pushed,
                CONF_ENABLED: enabled,
            }
            self._options = {**user_input, **chosen_covers(options, user_input, covers), CONF_PUSH: push}
            if not enabled:
                return self.async_create_entry(data=self._options)
            if webhook_address(self.hass, push):
                return await self._async_listen()
            errors["base"] = "no_external_url"
        suggested = user_input or {
            CONF_SHOW_ALL: options.get(CONF_SHOW_ALL, False),
            CONF_INVERTED_COVERS: shown_covers(options, covers),
            CONF_STREAM_QUALITY: options.get(CONF_STREAM_QUALITY, Quality.HIGH.value),
            CONF_PTZ_DIALECT: options.get(CONF_PTZ_DIALECT, "panel"),
            CONF_POLL_INTERVAL: options.get(CONF_POLL_INTERVAL, DEFAULT_POLL_INTERVAL),
            CONF_CALL_BUDGET: options.get(CONF_CALL_BUDGET, DEFAULT_TENCENT_CALL_BUDGET),
            CONF_PUSH: {CONF_ENABLED: pushed.get(CONF_ENABLED, False)},
        }
        return self.async_show_form(
            step_id="tencent_video",
            data_schema=self.add_suggested_values_to_schema(with_covers(_OPTIONS, covers), suggested),
            errors=errors,
            description_placeholders={"feedback": _feedback(self.hass, self.config_entry)},
        )

    async def _async_listen(self) -> ConfigFlowResult:
        """Have the connection listen now: the cloud checks an address when it is told, which the user does next."""
        if self.hass.config_entries.async_update_entry(self.config_entry, options=self._options):
            await self.hass.config_entries.async_reload(self.config_entry.entry_id)
        return await self.async_step_tencent_push()

    async def async_step_tencent_push(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what to paste into the console, and offer to set up what pushes nowhere yet."""
        errors: dict[str, str] = {}
        error = ""
        push = self._options[CONF_PUSH]
        address = webhook_address(self.hass, push)
        api = kept_api(self.hass, self.config_entry).api
        if user_input is not None:
            errors, error = await set_up_push(api, user_input.get(_SET_UP, []), address, push[CONF_TOKEN])
            if not errors:
                return self.async_create_entry(data=self._options)
        elif self.config_entry.state is not ConfigEntryState.LOADED:
            # The cloud's check of the address would fail
            errors["base"] = "not_listening"
        states = await push_states(api, self.config_entry.data[CONF_PRODUCT_IDS], address, push[CONF_TOKEN])
        return self.async_show_form(
            step_id="tencent_push",
            data_schema=with_products(_PUSH, states["free"]),
            errors=errors,
            description_placeholders={
                "address": address,
                "token": push[CONF_TOKEN],
                "console": CONSOLE_URL,
                "error": error,
                "here": _listed(states["here"]),
                "free": _listed(states["free"]),
                "elsewhere": _listed(states["elsewhere"]),
                "unknown": _listed(states["unknown"]),
            },
            last_step=True,
        )


def _feedback(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return the address that the user gives to the agent, so that it passes on what devices say; a dash where there is none."""
    with suppress(NoURLAvailableError):
        if entry.data.get(CONF_AGENT_URL):
            return f"`{async_feedback_url(hass, entry)}`"
    return "–"


def _listed(names: Mapping[str, str]) -> str:
    """Return names as a text of a form."""
    return ", ".join(names.values()) or "–"
