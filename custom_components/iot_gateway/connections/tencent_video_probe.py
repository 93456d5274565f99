"""What the flow asks before there is an entry: whether the access works, which products there are, whether the agent is there."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..clients.tencent_video import Product, Xp2pAgent, list_products
from .tencent_video_api import make_api


async def async_probe(hass: HomeAssistant, data: Mapping[str, Any]) -> list[Product]:
    """Return the products that an entry's data lead to; raises TencentError."""
    return await list_products(make_api(hass, data))


def product_choices(products: Iterable[Product]) -> dict[str, str]:
    """Return what a form calls each product, by its id: those with the same name have the id beside it."""
    listed = list(products)
    names = [product.name for product in listed]
    return {
        product.id: product.id
        if not product.name
        else product.name
        if names.count(product.name) == 1
        else f"{product.name} ({product.id})"
        for product in listed
    }


async def async_agent_health(hass: HomeAssistant, url: str) -> str:
    """Return the version of the agent at an address, empty where it tells none; raises AgentError."""
    return await Xp2pAgent(async_get_clientsession(hass), url).health()
