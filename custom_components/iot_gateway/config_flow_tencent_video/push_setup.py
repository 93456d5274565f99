"""What is set up so that the cloud pushes: a webhook here, and for each product the address of it in the cloud."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
import secrets
from typing import Any

from homeassistant.components import webhook
from homeassistant.const import CONF_TOKEN, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import NoURLAvailableError, get_url

from ..clients.tencent_video import (
    ChannelTaken,
    TencentApi,
    TencentError,
    UnknownTencentError,
    get_push_channel,
    list_products,
    set_forward,
)
from ..connections.tencent_video_errors import error_key
from ..connections.tencent_video_probe import product_choices


def new_webhook() -> dict[str, str]:
    """Return where the cloud shall push to, which nobody can guess, and what it signs with."""
    return {CONF_WEBHOOK_ID: webhook.async_generate_id(), CONF_TOKEN: secrets.token_hex(16)}


def webhook_address(hass: HomeAssistant, push: Mapping[str, Any]) -> str:
    """Return the address at which the cloud reaches the webhook, empty where Home Assistant knows none of its own."""
    try:
        base = get_url(hass, allow_internal=False, prefer_external=True)
    except NoURLAvailableError:
        return ""
    return f"{base}{webhook.async_generate_path(push[CONF_WEBHOOK_ID])}"


async def push_states(
    api: TencentApi, product_ids: Iterable[str], address: str, token: str
) -> dict[str, dict[str, str]]:
    """Return the names of the products, by their ids, that push here, nowhere yet, elsewhere, and one does not know."""
    names = {product_id: product_id for product_id in product_ids}
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
            here = ours and channel is not None and channel.token == token
            state = "here" if here else "free" if channel is None or ours else "elsewhere"
        states[state][product_id] = name
    return states


async def set_up_push(api: TencentApi, product_ids: list[str], address: str, token: str) -> tuple[dict[str, str], str]:
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
