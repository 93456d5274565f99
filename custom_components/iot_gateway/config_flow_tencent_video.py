"""The flow steps of a Tencent IoT Video account: adding, reauthentication, reconfiguration and options."""

from collections.abc import Mapping
from contextlib import suppress
import re
import secrets
from typing import Any, Final

from homeassistant.components import webhook
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_REGION, CONF_TOKEN, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol
from yarl import URL

from .clients.tencent_video import (
    DIALECTS,
    AgentError,
    ChannelTaken,
    Product,
    Quality,
    TencentApi,
    TencentError,
    UnknownTencentError,
    get_push_channel,
    list_products,
    set_forward,
)
from .connections.tencent_video_api import kept_api
from .connections.tencent_video_errors import error_key
from .connections.tencent_video_feedback import async_feedback_url
from .connections.tencent_video_probe import async_agent_health, async_probe, product_choices
from .connections.tencent_video_troubles import CONSOLE_URL
from .const import (
    CONF_AGENT_URL,
    CONF_CALL_BUDGET,
    CONF_CONNECTION,
    CONF_ENABLED,
    CONF_ENDPOINT,
    CONF_INVERTED_COVERS,
    CONF_POLL_INTERVAL,
    CONF_PRODUCT_IDS,
    CONF_PTZ_DIALECT,
    CONF_PUSH,
    CONF_SECRET_ID,
    CONF_SECRET_KEY,
    CONF_SHOW_ALL,
    CONF_STREAM_QUALITY,
    CONNECTION_TENCENT_VIDEO,
    DEFAULT_POLL_INTERVAL,
    DEFAULT_TENCENT_CALL_BUDGET,
    LEAST_CALL_BUDGET,
    TENCENT_ENDPOINT,
    TENCENT_REGIONS,
)
from .flow_fields import INVERTED_COVERS, SECRET, chosen_covers, cover_names, shown_covers, url_origin, with_covers

_SERVER: Final = "server"
"""The section of a form for those whose API is somewhere else than Tencent's."""
_SET_UP: Final = "set_up"
"""The field for the products whose push Home Assistant shall set up itself."""

_REGION = SelectSelector(
    SelectSelectorConfig(
        options=list(TENCENT_REGIONS),
        custom_value=True,
        mode=SelectSelectorMode.DROPDOWN,
        translation_key="tencent_region",
    )
)
_SERVER_SECTION = section(
    vol.Schema({vol.Required(CONF_ENDPOINT, default=TENCENT_ENDPOINT): TextSelector()}), {"collapsed": True}
)
_ACCOUNT = vol.Schema(
    {
        vol.Required(CONF_REGION): _REGION,
        vol.Required(CONF_SECRET_ID): TextSelector(),
        vol.Required(CONF_SECRET_KEY): SECRET,
        vol.Required(_SERVER): _SERVER_SECTION,
    }
)
# Which there are to choose from, `_with_choices` puts in.
_CHOICE = SelectSelector(SelectSelectorConfig(options=[], multiple=True, mode=SelectSelectorMode.LIST))
_PRODUCTS = vol.Schema({vol.Required(CONF_PRODUCT_IDS): _CHOICE, vol.Optional(CONF_AGENT_URL): TextSelector()})
_PUSH = vol.Schema({vol.Optional(_SET_UP): _CHOICE})
_KEY = vol.Schema({vol.Required(CONF_SECRET_ID): TextSelector(), vol.Required(CONF_SECRET_KEY): SECRET})
_RECONFIGURE = vol.Schema(
    {
        vol.Required(CONF_REGION): _REGION,
        vol.Required(CONF_SECRET_ID): TextSelector(),
        vol.Optional(CONF_SECRET_KEY): SECRET,
        vol.Required(_SERVER): _SERVER_SECTION,
    }
)
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

_TITLE: Final = "Tencent IoT Video"
_REGION_NAME = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")


class TencentVideoFlow(ConfigFlow):
    """The steps that the integration's config flow has for a Tencent IoT Video account."""

    _tencent_data: dict[str, Any]
    """What the entry will hold, but for products and agent."""
    _tencent_products: dict[str, str]
    """The labels of the products that the key sees, by their ids."""

    async def async_step_tencent_video(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the region and the key, and read with it which products there are."""
        errors: dict[str, str] = {}
        error = ""
        products: list[Product] = []
        if user_input is not None:
            data = _cleaned(user_input)
            errors = _wrong(data)
            if not errors:
                await self.async_set_unique_id(data[CONF_SECRET_ID], raise_on_progress=False)
                self._abort_if_unique_id_configured()
                products, errors, error = await _try(self.hass, data)
            if not errors:
                return await self._async_found_products(data, products)
        suggested = user_input or {CONF_REGION: TENCENT_REGIONS[0]}
        return self.async_show_form(
            step_id="tencent_video",
            data_schema=self.add_suggested_values_to_schema(_unfolded(_ACCOUNT, errors), suggested),
            errors=errors,
            description_placeholders={"error": error, "console": CONSOLE_URL},
        )

    async def async_step_tencent_products(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which of the products to bring in, and where the agent for cameras is, and look whether it is there."""
        errors: dict[str, str] = {}
        error = ""
        entry = self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None
        if user_input is not None:
            chosen = [product_id for product_id in self._tencent_products if product_id in user_input[CONF_PRODUCT_IDS]]
            if not chosen:
                errors[CONF_PRODUCT_IDS] = "products_needed"
            # What a connection keeps in its entry stays
            kept = {key: value for key, value in entry.data.items() if key != CONF_AGENT_URL} if entry else {}
            data = {
                **kept,
                CONF_CONNECTION: CONNECTION_TENCENT_VIDEO,
                **self._tencent_data,
                CONF_PRODUCT_IDS: chosen,
            }
            if typed := user_input.get(CONF_AGENT_URL, "").strip():
                data[CONF_AGENT_URL] = _agent_url(typed)
                wrong, error = await _try_agent(self.hass, data[CONF_AGENT_URL])
                errors |= wrong
            if not errors and entry is None:
                return self.async_create_entry(title=_TITLE, data=data)
            if not errors and entry is not None:
                return self.async_update_reload_and_abort(entry, unique_id=data[CONF_SECRET_ID], data=data)
        known = entry.data if entry else {}
        suggested = user_input or {
            CONF_PRODUCT_IDS: [
                product_id
                for product_id in self._tencent_products
                if product_id in known.get(CONF_PRODUCT_IDS, self._tencent_products)
            ],
            CONF_AGENT_URL: known.get(CONF_AGENT_URL, ""),
        }
        return self.async_show_form(
            step_id="tencent_products",
            data_schema=self.add_suggested_values_to_schema(
                _with_choices(_PRODUCTS, self._tencent_products), suggested
            ),
            errors=errors,
            description_placeholders={"error": error, "example": "http://192.168.1.5:8090"},
            last_step=True,
        )

    async def async_step_tencent_video_reauth(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the key that the cloud accepts now; it has to see what the entry brings in."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        error = ""
        products: list[Product] = []
        if user_input is not None:
            data = {**entry.data, **_cleaned(user_input)}
            if _is_anothers(self.hass, entry, data[CONF_SECRET_ID]):
                return self.async_abort(reason="already_configured")
            errors = _wrong(data)
            if not errors:
                products, errors, error = await _try(self.hass, data)
            if not errors and not {product.id for product in products}.intersection(entry.data[CONF_PRODUCT_IDS]):
                errors["base"] = "tencent_other_account"
            if not errors:
                return self.async_update_reload_and_abort(entry, unique_id=data[CONF_SECRET_ID], data=data)
        suggested = user_input or {CONF_SECRET_ID: entry.data[CONF_SECRET_ID]}
        return self.async_show_form(
            step_id="tencent_video_reauth",
            data_schema=self.add_suggested_values_to_schema(_KEY, suggested),
            errors=errors,
            description_placeholders={"error": error, "name": entry.title, "console": CONSOLE_URL},
        )

    async def async_step_tencent_video_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another region or key, and read with it which products there are; the key stays unless one is given."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        error = ""
        products: list[Product] = []
        if user_input is not None:
            data = _cleaned(user_input)
            if _is_anothers(self.hass, entry, data[CONF_SECRET_ID]):
                return self.async_abort(reason="already_configured")
            if not data.get(CONF_SECRET_KEY):
                data[CONF_SECRET_KEY] = entry.data[CONF_SECRET_KEY]
                if data[CONF_SECRET_ID] != entry.data[CONF_SECRET_ID]:
                    errors[CONF_SECRET_KEY] = "new_secret_key_needed"
            errors |= _wrong(data)
            if not errors:
                products, errors, error = await _try(self.hass, data)
            if not errors:
                return await self._async_found_products(data, products)
        suggested = user_input or {
            CONF_REGION: entry.data[CONF_REGION],
            CONF_SECRET_ID: entry.data[CONF_SECRET_ID],
            _SERVER: {CONF_ENDPOINT: entry.data[CONF_ENDPOINT]},
        }
        return self.async_show_form(
            step_id="tencent_video_reconfigure",
            data_schema=self.add_suggested_values_to_schema(_unfolded(_RECONFIGURE, errors), suggested),
            errors=errors,
            description_placeholders={"error": error, "name": entry.title, "console": CONSOLE_URL},
        )

    async def _async_found_products(self, data: dict[str, Any], products: list[Product]) -> ConfigFlowResult:
        """Go on with the products that no other entry brings in, by whatever key."""
        this = self._get_reconfigure_entry().entry_id if self.source == SOURCE_RECONFIGURE else None
        elsewhere = {
            product_id
            for entry in self._async_current_entries(include_ignore=False)
            if entry.entry_id != this and entry.data.get(CONF_ENDPOINT) == data[CONF_ENDPOINT]
            for product_id in entry.data.get(CONF_PRODUCT_IDS, ())
        }
        self._tencent_data = data
        self._tencent_products = product_choices(product for product in products if product.id not in elsewhere)
        if not self._tencent_products:
            return self.async_abort(reason="already_configured")
        return await self.async_step_tencent_products()


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
                **({} if pushed or not enabled else _new_webhook()),
                **pushed,
                CONF_ENABLED: enabled,
            }
            self._options = {**user_input, **chosen_covers(options, user_input, covers), CONF_PUSH: push}
            if not enabled:
                return self.async_create_entry(data=self._options)
            if _address(self.hass, push):
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
        address = _address(self.hass, push)
        api = kept_api(self.hass, self.config_entry).api
        if user_input is not None:
            errors, error = await _set_up(api, user_input.get(_SET_UP, []), address, push[CONF_TOKEN])
            if not errors:
                return self.async_create_entry(data=self._options)
        elif self.config_entry.state is not ConfigEntryState.LOADED:
            # The cloud's check of the address would fail
            errors["base"] = "not_listening"
        states = await self._async_push_states(api, address, push[CONF_TOKEN])
        return self.async_show_form(
            step_id="tencent_push",
            data_schema=_with_choices(_PUSH, states["free"]),
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

    async def _async_push_states(self, api: TencentApi, address: str, token: str) -> dict[str, dict[str, str]]:
        """Return the names of the products, by their ids, that push here, nowhere yet, elsewhere, and one does not know."""
        names = {product_id: product_id for product_id in self.config_entry.data[CONF_PRODUCT_IDS]}
        states: dict[str, dict[str, str]] = {"here": {}, "free": {}, "elsewhere": {}, "unknown": {}}
        # Without the names the ids do
        with suppress(TencentError):
            names |= product_choices(product for product in await list_products(api) if product.id in names)
        for product_id, name in names.items():
            try:
                channel = await get_push_channel(api, product_id)
            except TencentError:
                state = "unknown"
            else:
                ours = channel is not None and channel.type == "forward" and channel.address == address
                here = ours and channel is not None and secrets.compare_digest(channel.token, token)
                state = "here" if here else "free" if channel is None or ours else "elsewhere"
            states[state][product_id] = name
        return states


async def _set_up(api: TencentApi, product_ids: list[str], address: str, token: str) -> tuple[dict[str, str], str]:
    """Have products push here; return a form's errors, and the cause in the cloud's words."""
    for product_id in product_ids:
        try:
            await set_forward(api, product_id, address, token)
        except ChannelTaken as err:
            return {"base": "tencent_channel_taken"}, str(err)
        except UnknownTencentError as err:
            return {"base": "tencent_address_refused"}, str(err)
        except TencentError as err:
            return {"base": error_key(err)}, str(err)
    return {}, ""


def _with_choices(schema: vol.Schema, choices: Mapping[str, str]) -> vol.Schema:
    """Return a form's schema with what there is to choose from, labels by value; without the choice where there is nothing."""
    choice = SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=value, label=label) for value, label in choices.items()],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )
    return vol.Schema(
        {
            field: choice if selector is _CHOICE else selector
            for field, selector in schema.schema.items()
            if choices or selector is not _CHOICE
        }
    )


def _new_webhook() -> dict[str, str]:
    """Return where the cloud shall push to, which nobody can guess, and what it signs with."""
    return {CONF_WEBHOOK_ID: webhook.async_generate_id(), CONF_TOKEN: secrets.token_hex(16)}


def _address(hass: HomeAssistant, push: Mapping[str, Any]) -> str:
    """Return the address at which the cloud reaches the webhook, empty where Home Assistant knows none of its own."""
    try:
        base = get_url(hass, allow_internal=False, prefer_external=True)
    except NoURLAvailableError:
        return ""
    return f"{base}{webhook.async_generate_path(push[CONF_WEBHOOK_ID])}"


def _feedback(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return the address that the user gives to the agent, so that it passes on what devices say; a dash where there is none."""
    with suppress(NoURLAvailableError):
        if entry.data.get(CONF_AGENT_URL):
            return f"`{async_feedback_url(hass, entry)}`"
    return "–"


async def _try(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[list[Product], dict[str, str], str]:
    """Read the products with an entry's data; return them, a form's errors, and the cause in the cloud's words."""
    try:
        products = await async_probe(hass, data)
    except TencentError as err:
        return [], {"base": error_key(err)}, str(err)
    return products, {} if products else {"base": "tencent_no_products"}, ""


async def _try_agent(hass: HomeAssistant, url: str) -> tuple[dict[str, str], str]:
    """Ask the agent at an address whether it is one; return a form's errors, and the cause in the client's words."""
    if not url:
        return {CONF_AGENT_URL: "invalid_agent_url"}, ""
    try:
        await async_agent_health(hass, url)
    except AgentError as err:
        return {CONF_AGENT_URL: "agent_unreachable"}, str(err)
    return {}, ""


def _is_anothers(hass: HomeAssistant, entry: ConfigEntry, secret_id: str) -> bool:
    """Tell whether another entry has the key already."""
    known = hass.config_entries.async_entry_for_domain_unique_id(entry.domain, secret_id)
    return known is not None and known.entry_id != entry.entry_id


def _unfolded(schema: vol.Schema, errors: Mapping[str, str]) -> vol.Schema:
    """Return a form's schema with the section open whose field is wrong: an error on it would not be seen."""
    if errors.get("base") != "invalid_tencent_endpoint":
        return schema
    return vol.Schema(
        {
            field: section(selector.schema, {"collapsed": False}) if isinstance(selector, section) else selector
            for field, selector in schema.schema.items()
        }
    )


def _listed(names: Mapping[str, str]) -> str:
    """Return names as a text of a form."""
    return ", ".join(names.values()) or "–"


def _cleaned(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the user typed as an entry has it: no blanks, no section, the endpoint as a URL, empty where it is none."""
    cleaned = {key: value.strip() for key, value in user_input.items() if key != _SERVER}
    if CONF_REGION in cleaned:
        cleaned[CONF_REGION] = cleaned[CONF_REGION].lower()
        cleaned[CONF_ENDPOINT] = url_origin(user_input[_SERVER][CONF_ENDPOINT].strip())
    return cleaned


def _wrong(data: Mapping[str, Any]) -> dict[str, str]:
    """Return a form's errors for what cannot be right, before anybody is asked."""
    errors: dict[str, str] = {}
    if not data[CONF_ENDPOINT]:
        errors["base"] = "invalid_tencent_endpoint"
    if _REGION_NAME.fullmatch(data[CONF_REGION]) is None:
        errors[CONF_REGION] = "invalid_region"
    for field in (CONF_SECRET_ID, CONF_SECRET_KEY):
        if not data[field]:
            errors[field] = "value_needed"
    return errors


def _agent_url(typed: str) -> str:
    """Return the address of an agent without what stands behind its path, empty where it is none."""
    try:
        url = URL(typed if "://" in typed else f"http://{typed}")
    except ValueError:
        return ""
    if url.scheme not in {"http", "https"} or not url_origin(typed if "://" in typed else f"http://{typed}"):
        return ""
    return str(url.with_query(None).with_fragment(None)).rstrip("/")
