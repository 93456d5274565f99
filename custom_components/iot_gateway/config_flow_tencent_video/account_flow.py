"""The steps of the config flow: adding an account, reauthentication and reconfiguration."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_REGION
from homeassistant.core import HomeAssistant

from ..clients.tencent_video import AgentError, Product, TencentError
from ..connections.tencent_video_errors import error_key
from ..connections.tencent_video_probe import async_agent_health, async_probe, product_choices
from ..connections.tencent_video_troubles import CONSOLE_URL
from ..const import (
    CONF_AGENT_URL,
    CONF_CONNECTION,
    CONF_ENDPOINT,
    CONF_PRODUCT_IDS,
    CONF_SECRET_ID,
    CONF_SECRET_KEY,
    CONNECTION_TENCENT_VIDEO,
    TENCENT_REGIONS,
)
from .account_forms import (
    ACCOUNT,
    KEY,
    PRODUCTS,
    RECONFIGURE,
    SERVER,
    account_errors,
    agent_url,
    cleaned_account,
    unfolded,
)
from .product_choice import with_products

_TITLE: Final = "Tencent IoT Video"


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
            data = cleaned_account(user_input)
            errors = account_errors(data)
            if not errors:
                await self.async_set_unique_id(data[CONF_SECRET_ID], raise_on_progress=False)
                self._abort_if_unique_id_configured()
                products, errors, error = await _try(self.hass, data)
            if not errors:
                return await self._async_found_products(data, products)
        suggested = user_input or {CONF_REGION: TENCENT_REGIONS[0]}
        return self.async_show_form(
            step_id="tencent_video",
            data_schema=self.add_suggested_values_to_schema(unfolded(ACCOUNT, errors), suggested),
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
                data[CONF_AGENT_URL] = agent_url(typed)
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
            data_schema=self.add_suggested_values_to_schema(with_products(PRODUCTS, self._tencent_products), suggested),
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
            data = {**entry.data, **cleaned_account(user_input)}
            if _is_anothers(self.hass, entry, data[CONF_SECRET_ID]):
                return self.async_abort(reason="already_configured")
            errors = account_errors(data)
            if not errors:
                products, errors, error = await _try(self.hass, data)
            if not errors and not {product.id for product in products}.intersection(entry.data[CONF_PRODUCT_IDS]):
                errors["base"] = "tencent_other_account"
            if not errors:
                return self.async_update_reload_and_abort(entry, unique_id=data[CONF_SECRET_ID], data=data)
        suggested = user_input or {CONF_SECRET_ID: entry.data[CONF_SECRET_ID]}
        return self.async_show_form(
            step_id="tencent_video_reauth",
            data_schema=self.add_suggested_values_to_schema(KEY, suggested),
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
            data = cleaned_account(user_input)
            if _is_anothers(self.hass, entry, data[CONF_SECRET_ID]):
                return self.async_abort(reason="already_configured")
            if not data.get(CONF_SECRET_KEY):
                data[CONF_SECRET_KEY] = entry.data[CONF_SECRET_KEY]
                if data[CONF_SECRET_ID] != entry.data[CONF_SECRET_ID]:
                    errors[CONF_SECRET_KEY] = "new_secret_key_needed"
            errors |= account_errors(data)
            if not errors:
                products, errors, error = await _try(self.hass, data)
            if not errors:
                return await self._async_found_products(data, products)
        suggested = user_input or {
            CONF_REGION: entry.data[CONF_REGION],
            CONF_SECRET_ID: entry.data[CONF_SECRET_ID],
            SERVER: {CONF_ENDPOINT: entry.data[CONF_ENDPOINT]},
        }
        return self.async_show_form(
            step_id="tencent_video_reconfigure",
            data_schema=self.add_suggested_values_to_schema(unfolded(RECONFIGURE, errors), suggested),
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
