"""What an account has of the products that the user chose: the products, their thing models, and their devices."""

from collections.abc import Iterable
from dataclasses import dataclass
import logging
import time
from typing import Any, Final

from ..clients.tencent_video import (
    CAMERA_CATEGORY,
    Device,
    NotFound,
    Online,
    Product,
    TencentApi,
    ThingModel,
    get_model,
    list_devices,
    list_products,
    parse_thing_model,
)
from ..clients.tencent_video.p2p import XP2P_PROPERTY
from ..model import DeviceSchema, parse_tencent_schema
from ..model.tencent_schema import CAMERA_SCHEMA, OTHER_SCHEMA, STORAGE_PLAN
from ..sharing import Description
from .call_budget import DAY

_LOGGER = logging.getLogger(__name__)

_STORAGE_PROPERTY: Final = "_sys_cs_status"
"""What devices have that can store in the cloud, beside cameras."""


_AGAIN: Final = 3600.0
"""Seconds until products that are missing are looked for again."""


def device_key(product_id: str, device_name: str) -> str:
    """Return the id of a device among all."""
    return f"{product_id}/{device_name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownProduct:
    """A product and what its devices have, in the client's model and in the project's own."""

    product: Product
    model: ThingModel
    schema: DeviceSchema

    @property
    def has_storage(self) -> bool:
        """Whether its devices may have a plan of cloud storage."""
        return STORAGE_PLAN in self.schema.points

    @property
    def has_p2p(self) -> bool:
        """Whether its devices tell how they are reached by X-P2P."""
        return XP2P_PROPERTY in self.schema.points


def known_product(product: Product, model: ThingModel) -> KnownProduct:
    """Return what is known of a product with such a model."""
    camera = product.category_id == CAMERA_CATEGORY
    storage = camera or any(property_.id == _STORAGE_PROPERTY for property_ in model.properties)
    schema = parse_tencent_schema(CAMERA_SCHEMA if camera else OTHER_SCHEMA, model, storage=storage)
    return KnownProduct(product=product, model=model, schema=schema)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedDevice:
    """A device as the cloud lists it, with its product."""

    known: KnownProduct
    device: Device

    @property
    def id(self) -> str:
        """What it is known by."""
        return device_key(self.device.product_id, self.device.name)

    @property
    def online(self) -> bool:
        """Whether it can be asked for something; where the cloud does not know, that will show."""
        return self.device.enabled and self.device.online in (Online.ONLINE, Online.UNKNOWN)

    @property
    def activated(self) -> bool:
        """Whether it was ever connected, so that there may be something to read."""
        return self.device.online is not Online.NEVER_ACTIVATED

    @property
    def description(self) -> Description:
        """What it is called: its name among those of its product, which alone would tell nobody what it is."""
        product = self.known.product
        return Description(
            name=" ".join(filter(None, (product.name, self.device.name))),
            model=product.name,
            product_id=product.id,
        )


class Catalogue:
    """The products and devices of an account; `missing` are chosen products that it does not have."""

    def __init__(self, api: TencentApi, product_ids: Iterable[str]) -> None:
        """Know nothing yet."""
        self._api = api
        self._wanted = tuple(dict.fromkeys(product_ids))
        self._read_at = 0.0
        self.products: dict[str, KnownProduct] = {}
        self.missing: frozenset[str] = frozenset()

    @property
    def calls(self) -> int:
        """How many calls a list of the devices takes, at least."""
        return max(1, len(self.products))

    async def read(self) -> dict[str, ListedDevice]:
        """Return the devices of all products by id; raises TencentError. Products and models are read anew once a day."""
        now = time.time()
        if not self.products or now - self._read_at >= (_AGAIN if self.missing else DAY):
            await self._read_products()
            self._read_at = now
        found = {}
        for product_id, known in self.products.items():
            try:
                devices = await list_devices(self._api, product_id)
            except NotFound:
                _LOGGER.debug("The product %s is gone", product_id)
                self.missing |= {product_id}
                continue
            for device in devices:
                listed = ListedDevice(known=known, device=device)
                found[listed.id] = listed
        return found

    def diagnostics(self) -> dict[str, Any]:
        """Return what is known of each product, without its model."""
        return {
            product_id: {
                "name": known.product.name,
                "category": known.product.category_id,
                "features": list(known.product.features),
                "unreadable_entries": known.model.unreadable,
            }
            for product_id, known in self.products.items()
        }

    async def _read_products(self) -> None:
        """Read what products there are, and the models of those that were chosen."""
        listed = {product.id: product for product in await list_products(self._api)}
        products = {}
        for product_id in self._wanted:
            if product_id not in listed:
                if product_id in self.products:
                    # One answer without it is not enough: whether it is gone, the list of its devices says
                    products[product_id] = self.products[product_id]
                continue
            try:
                model = parse_thing_model((await get_model(self._api, product_id)).merged)
            except NotFound:
                model = ThingModel()
            if model.unreadable:
                _LOGGER.warning("The model of product %s has %s entries without an id", product_id, model.unreadable)
            products[product_id] = known_product(listed[product_id], model)
        self.missing = frozenset(self._wanted) - listed.keys()
        self.products = products
