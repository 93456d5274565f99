"""The forms of the config flow: their fields, and what becomes of what the user types."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.const import CONF_REGION
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode, TextSelector
import voluptuous as vol
from yarl import URL

from ..const import (
    CONF_AGENT_URL,
    CONF_ENDPOINT,
    CONF_PRODUCT_IDS,
    CONF_SECRET_ID,
    CONF_SECRET_KEY,
    TENCENT_ENDPOINT,
    TENCENT_REGIONS,
)
from ..flow_fields import SECRET, url_origin
from .product_choice import PRODUCT_CHOICE

SERVER: Final = "server"
"""The section of a form for those whose API is somewhere else than Tencent's."""
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
ACCOUNT = vol.Schema(
    {
        vol.Required(CONF_REGION): _REGION,
        vol.Required(CONF_SECRET_ID): TextSelector(),
        vol.Required(CONF_SECRET_KEY): SECRET,
        vol.Required(SERVER): _SERVER_SECTION,
    }
)
PRODUCTS = vol.Schema({vol.Required(CONF_PRODUCT_IDS): PRODUCT_CHOICE, vol.Optional(CONF_AGENT_URL): TextSelector()})
KEY = vol.Schema({vol.Required(CONF_SECRET_ID): TextSelector(), vol.Required(CONF_SECRET_KEY): SECRET})
RECONFIGURE = vol.Schema(
    {
        vol.Required(CONF_REGION): _REGION,
        vol.Required(CONF_SECRET_ID): TextSelector(),
        vol.Optional(CONF_SECRET_KEY): SECRET,
        vol.Required(SERVER): _SERVER_SECTION,
    }
)
_REGION_NAME = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")


def unfolded(schema: vol.Schema, errors: Mapping[str, str]) -> vol.Schema:
    """Return a form's schema with the section open whose field is wrong: an error on it would not be seen."""
    if errors.get("base") != "invalid_tencent_endpoint":
        return schema
    return vol.Schema(
        {
            field: section(selector.schema, {"collapsed": False}) if isinstance(selector, section) else selector
            for field, selector in schema.schema.items()
        }
    )


def cleaned_account(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the user typed as an entry has it: no blanks, no section, the endpoint as a URL, empty where it is none."""
    cleaned = {key: value.strip() for key, value in user_input.items() if key != SERVER}
    if CONF_REGION in cleaned:
        cleaned[CONF_REGION] = cleaned[CONF_REGION].lower()
        cleaned[CONF_ENDPOINT] = url_origin(user_input[SERVER][CONF_ENDPOINT].strip())
    return cleaned


def account_errors(data: Mapping[str, Any]) -> dict[str, str]:
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


def agent_url(typed: str) -> str:
    """Return the address of an agent without what stands behind its path, empty where it is none."""
    try:
        url = URL(typed if "://" in typed else f"http://{typed}")
    except ValueError:
        return ""
    if url.scheme not in {"http", "https"} or not url_origin(typed if "://" in typed else f"http://{typed}"):
        return ""
    return str(url.with_query(None).with_fragment(None)).rstrip("/")
