"""The flow steps of a Tuya cloud project: adding, reauthentication, reconfiguration and options."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult, OptionsFlowWithReload
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
    TextSelectorConfig,
)
import voluptuous as vol

from .clients.tuya_cloud.errors import CloudError
from .connections.tuya_cloud_api import async_probe
from .connections.tuya_cloud_queue import check_queue
from .connections.tuya_cloud_troubles import CONSOLE_URL
from .const import (
    CONF_ACCESS_ID,
    CONF_ACCESS_SECRET,
    CONF_CALL_BUDGET,
    CONF_CONNECTION,
    CONF_ENDPOINT,
    CONF_INVERTED_COVERS,
    CONF_MESSAGE_QUEUE,
    CONF_POLL_INTERVAL,
    CONF_QUEUE_ENVIRONMENT,
    CONF_QUEUE_SUBSCRIPTIONS,
    CONF_QUEUE_URL,
    CONF_SHOW_ALL,
    CONF_STREAM_QUALITY,
    CONNECTION_TUYA_CLOUD,
    DEFAULT_CALL_BUDGET,
    DEFAULT_POLL_INTERVAL,
    LEAST_CALL_BUDGET,
    QUEUE_PRODUCTION,
    QUEUE_TEST,
    STREAM_HD,
    STREAM_SD,
    TUYA_REGIONS,
)
from .data_centers import SELECTOR, async_data_center_choice, usual_data_center
from .flow_fields import (
    INVERTED_COVERS,
    SECRET,
    chosen_covers,
    cover_names,
    shown_covers,
    url_origin,
    with_covers,
    with_selectors,
)
from .tuya_cloud_errors import error_key

# What forms show in its place, `_with_data_centers` says.
_ENDPOINT = SelectSelector(
    SelectSelectorConfig(
        options=list(TUYA_REGIONS),
        custom_value=True,
        mode=SelectSelectorMode.DROPDOWN,
        translation_key=SELECTOR,
    )
)
_PROJECT = vol.Schema(
    {
        vol.Required(CONF_ENDPOINT): _ENDPOINT,
        vol.Required(CONF_ACCESS_ID): TextSelector(),
        vol.Required(CONF_ACCESS_SECRET): SECRET,
    }
)
_ACCESS_SECRET = vol.Schema({vol.Required(CONF_ACCESS_SECRET): SECRET})
_RECONFIGURE = vol.Schema(
    {
        vol.Required(CONF_ENDPOINT): _ENDPOINT,
        vol.Required(CONF_ACCESS_ID): TextSelector(),
        vol.Optional(CONF_ACCESS_SECRET): SECRET,
    }
)
_QUEUE_SECTION = "queue"
_OPTIONS = vol.Schema(
    {
        vol.Required(CONF_SHOW_ALL, default=False): BooleanSelector(),
        **INVERTED_COVERS,
        vol.Required(CONF_STREAM_QUALITY, default=STREAM_HD): SelectSelector(
            SelectSelectorConfig(
                options=[STREAM_HD, STREAM_SD],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key="stream_quality",
            )
        ),
        vol.Required(CONF_POLL_INTERVAL): vol.All(
            NumberSelector(
                NumberSelectorConfig(min=1, max=1440, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement="min")
            ),
            vol.Coerce(int),
        ),
        vol.Required(CONF_CALL_BUDGET, default=DEFAULT_CALL_BUDGET): vol.All(
            NumberSelector(
                NumberSelectorConfig(min=LEAST_CALL_BUDGET, max=1_000_000, step=1, mode=NumberSelectorMode.BOX)
            ),
            vol.Coerce(int),
        ),
        vol.Required(_QUEUE_SECTION): section(
            vol.Schema(
                {
                    vol.Required(CONF_MESSAGE_QUEUE, default=False): BooleanSelector(),
                    vol.Required(CONF_QUEUE_ENVIRONMENT, default=QUEUE_PRODUCTION): SelectSelector(
                        SelectSelectorConfig(
                            options=[QUEUE_PRODUCTION, QUEUE_TEST],
                            mode=SelectSelectorMode.DROPDOWN,
                            translation_key="queue_environment",
                        )
                    ),
                    vol.Optional(CONF_QUEUE_SUBSCRIPTIONS): TextSelector(TextSelectorConfig(multiple=True)),
                    vol.Optional(CONF_QUEUE_URL): TextSelector(),
                }
            ),
            {"collapsed": True},
        ),
    }
)

_TITLE = "Tuya cloud"


class TuyaCloudFlow(ConfigFlow):
    """The steps that the integration's config flow has for a Tuya cloud project."""

    async def async_step_tuya_cloud(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the project's data center and keys, and try them."""
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = _cleaned(user_input)
            await self.async_set_unique_id(data[CONF_ACCESS_ID], raise_on_progress=False)
            self._abort_if_unique_id_configured()
            errors, error = await _try(self.hass, data)
            if not errors:
                return self.async_create_entry(
                    title=self._title(data[CONF_ACCESS_ID]), data={CONF_CONNECTION: CONNECTION_TUYA_CLOUD, **data}
                )
        suggested = user_input or {CONF_ENDPOINT: usual_data_center(self.hass.config.country)}
        return self.async_show_form(
            step_id="tuya_cloud",
            data_schema=self.add_suggested_values_to_schema(await _with_data_centers(self.hass, _PROJECT), suggested),
            errors=errors,
            description_placeholders={"error": error, "console": CONSOLE_URL},
        )

    def _title(self, access_id: str) -> str:
        """Return what a project's entry is called: with the end of its access ID where another one is called so already."""
        taken = any(entry.title == _TITLE for entry in self._async_current_entries(include_ignore=False))
        return f"{_TITLE} ({access_id[-4:]})" if taken else _TITLE

    async def async_step_tuya_cloud_reauth(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the secret that the cloud accepts now, and try it."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            data = {**entry.data, **_cleaned(user_input)}
            errors, error = await _try(self.hass, data)
            if not errors:
                return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="tuya_cloud_reauth",
            data_schema=_ACCESS_SECRET,
            errors=errors,
            description_placeholders={"error": error, "name": entry.title},
        )

    async def async_step_tuya_cloud_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another data center, secret or project, and try it.

        A project is a way to the devices and not where they are: with another one they stay what they were.
        """
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        error = ""
        if user_input is not None:
            given = _cleaned(user_input)
            access_id = given[CONF_ACCESS_ID]
            known = self.hass.config_entries.async_entry_for_domain_unique_id(self.handler, access_id)
            if known is not None and known.entry_id != entry.entry_id:
                return self.async_abort(reason="already_configured")
            if not given.get(CONF_ACCESS_SECRET):
                given[CONF_ACCESS_SECRET] = entry.data[CONF_ACCESS_SECRET]
                if access_id != entry.data[CONF_ACCESS_ID]:
                    errors[CONF_ACCESS_SECRET] = "new_secret_needed"
            data = {**entry.data, **given}
            if not errors:
                errors, error = await _try(self.hass, data)
            if not errors:
                return self.async_update_reload_and_abort(entry, unique_id=access_id, data=data)
        suggested = user_input or {key: entry.data[key] for key in (CONF_ENDPOINT, CONF_ACCESS_ID)}
        return self.async_show_form(
            step_id="tuya_cloud_reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                await _with_data_centers(self.hass, _RECONFIGURE), suggested
            ),
            errors=errors,
            description_placeholders={"error": error, "name": entry.title},
        )


class TuyaCloudOptionsFlow(OptionsFlowWithReload):
    """What a user may tune of a cloud project's connection."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Begin."""
        return await self.async_step_tuya_cloud()

    async def async_step_tuya_cloud(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to show, which covers are the wrong way round, how fine pictures are, how often to look, and for the queue."""
        errors: dict[str, str] = {}
        options = self.config_entry.options
        covers = cover_names(self.hass, self.config_entry)
        if user_input is not None:
            given = {**user_input, **chosen_covers(options, user_input, covers), **_queue_options(user_input)}
            del given[_QUEUE_SECTION]
            wrong = check_queue(self.config_entry.data, given) if given[CONF_MESSAGE_QUEUE] else None
            if wrong is None:
                return self.async_create_entry(data=given)
            errors["base"] = wrong
        suggested = user_input or {
            CONF_SHOW_ALL: options.get(CONF_SHOW_ALL, False),
            CONF_INVERTED_COVERS: shown_covers(options, covers),
            CONF_STREAM_QUALITY: options.get(CONF_STREAM_QUALITY, STREAM_HD),
            CONF_POLL_INTERVAL: options.get(CONF_POLL_INTERVAL, DEFAULT_POLL_INTERVAL),
            CONF_CALL_BUDGET: options.get(CONF_CALL_BUDGET, DEFAULT_CALL_BUDGET),
            _QUEUE_SECTION: {
                CONF_MESSAGE_QUEUE: options.get(CONF_MESSAGE_QUEUE, False),
                CONF_QUEUE_ENVIRONMENT: options.get(CONF_QUEUE_ENVIRONMENT, QUEUE_PRODUCTION),
                CONF_QUEUE_SUBSCRIPTIONS: options.get(CONF_QUEUE_SUBSCRIPTIONS, []),
                CONF_QUEUE_URL: options.get(CONF_QUEUE_URL, ""),
            },
        }
        return self.async_show_form(
            step_id="tuya_cloud",
            data_schema=self.add_suggested_values_to_schema(
                with_covers(_unfolded(_OPTIONS) if errors else _OPTIONS, covers), suggested
            ),
            errors=errors,
        )


def _unfolded(schema: vol.Schema) -> vol.Schema:
    """Return a form's schema with its sections open: what is wrong has to be seen."""
    return vol.Schema(
        {
            field: section(selector.schema, {"collapsed": False}) if isinstance(selector, section) else selector
            for field, selector in schema.schema.items()
        }
    )


def _queue_options(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was chosen of the queue, beside the other options, without blanks and without what says nothing."""
    given = user_input[_QUEUE_SECTION]
    names = [name.strip() for name in given.get(CONF_QUEUE_SUBSCRIPTIONS, ())]
    return {
        CONF_MESSAGE_QUEUE: given[CONF_MESSAGE_QUEUE],
        CONF_QUEUE_ENVIRONMENT: given[CONF_QUEUE_ENVIRONMENT],
        CONF_QUEUE_SUBSCRIPTIONS: list(dict.fromkeys(name for name in names if name)),
        CONF_QUEUE_URL: given.get(CONF_QUEUE_URL, "").strip(),
    }


async def _with_data_centers(hass: HomeAssistant, schema: vol.Schema) -> vol.Schema:
    """Return a form's schema with the names of the data centers to choose from."""
    return with_selectors(schema, {CONF_ENDPOINT: await async_data_center_choice(hass)})


async def _try(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Make the calls that show whether an entry's data are right; return a form's errors, and the cause in the cloud's words."""
    if not data[CONF_ENDPOINT]:
        return {CONF_ENDPOINT: "invalid_endpoint"}, ""
    try:
        await async_probe(hass, data)
    except CloudError as err:
        return {"base": error_key(err)}, err.told
    return {}, ""


def _cleaned(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the user typed without stray blanks, the endpoint as the URL of an API, empty where it is none."""
    cleaned = {key: value.strip() for key, value in user_input.items()}
    if CONF_ENDPOINT in cleaned:
        cleaned[CONF_ENDPOINT] = _endpoint(cleaned[CONF_ENDPOINT])
    return cleaned


def _endpoint(typed: str) -> str:
    """Return the URL of a region's API or of a typed one, without what stands behind its host and port; empty if it is none."""
    return TUYA_REGIONS[typed] if typed in TUYA_REGIONS else url_origin(typed)
