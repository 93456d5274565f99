"""The products of an account (action DescribeProducts)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .api import TencentApi
from .loose import as_integer, as_text, entries
from .paging import pages_by_offset

CAMERA_CATEGORY: Final = 113


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """A product; texts are empty and numbers None where the cloud tells nothing. `category_id` 113 are cameras."""

    id: str
    name: str = ""
    device_type: int | None = None
    net_type: int | None = None
    category_id: int | None = None
    features: tuple[str, ...] = ()
    description: str = ""


async def list_products(api: TencentApi) -> list[Product]:
    """Return all products of the account; raises TencentError."""
    found: dict[str, Product] = {}
    async for page in pages_by_offset(api, "DescribeProducts", {}, "Data"):
        for entry in entries(page):
            if product_id := as_text(entry.get("ProductId")):
                found[product_id] = _product(product_id, entry)
    return list(found.values())


def _product(product_id: str, entry: Mapping[str, Any]) -> Product:
    features = entry.get("Features")
    return Product(
        id=product_id,
        name=as_text(entry.get("ProductName")),
        device_type=as_integer(entry.get("DeviceType")),
        net_type=as_integer(entry.get("NetType")),
        category_id=as_integer(entry.get("CategoryId")),
        features=tuple(text for item in features if (text := as_text(item))) if isinstance(features, list) else (),
        description=as_text(entry.get("ProductDescription")),
    )
