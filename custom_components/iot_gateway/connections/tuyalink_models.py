"""The thing models of the products that we are: read from the cloud, kept for when it is away."""

import logging
from typing import Any

from ..clients.tuyalink import (
    AnswerTimeout,
    CloudRefused,
    MessageInvalid,
    ThingModel,
    TuyaLink,
    get_model_document,
    parse_thing_model,
)
from .tuyalink_errors import NO_MODEL
from .tuyalink_store import LinkStore

_LOGGER = logging.getLogger(__name__)


class Models:
    """The models by product id, in memory parsed and in the store as they came."""

    def __init__(self, store: LinkStore, link: TuyaLink) -> None:
        """Have what the loaded store has."""
        self._store = store
        self._link = link
        self._parsed: dict[str, ThingModel] = {}
        for product_id, document in list(store.models.items()):
            try:
                self._parsed[product_id] = parse_thing_model(document)
            except MessageInvalid as err:
                _LOGGER.warning("The kept thing model of product %s cannot be read: %s", product_id, err)
                del store.models[product_id]

    def get(self, product_id: str) -> ThingModel | None:
        """Return the model of a product, None where none is known."""
        return self._parsed.get(product_id)

    async def read(self, product_id: str | None, device_id: str) -> ThingModel:
        """Ask the cloud for the model of a device; it is kept where the product is known. Raises LinkError."""
        if device_id != self._link.device_id:
            # Where the answer comes
            await self._link.add_sub_devices([device_id])
        document = await get_model_document(self._link, device_id)
        model = parse_thing_model(document)
        if product_id is not None and self._store.models.get(product_id) != document:
            self._store.models[product_id] = document
            self._parsed[product_id] = model
            self._store.save_soon()
        return model

    async def refresh(self, devices: dict[str, str]) -> bool:
        """Read the models of products anew, each by one of its devices; return whether all could be.

        What cannot be read now stays as it was. Raises LinkLost.

        Args:
            devices: id of a device by its product's.
        """
        complete = True
        for product_id, device_id in devices.items():
            try:
                _ = await self.read(product_id, device_id)
            except AnswerTimeout as err:
                complete = False
                _LOGGER.debug("No thing model of product %s: %s", product_id, err)
            except CloudRefused as err:
                complete = complete and err.code == NO_MODEL
                if err.code == NO_MODEL:
                    _LOGGER.warning("Product %s has no thing model in Tuya's console", product_id)
            except MessageInvalid as err:
                _LOGGER.warning("The thing model of product %s cannot be read: %s", product_id, err)
        return complete

    def keep_only(self, product_ids: set[str]) -> None:
        """Forget the models of products that nothing is of any more."""
        for product_id in self._store.models.keys() - product_ids:
            del self._store.models[product_id]
            _ = self._parsed.pop(product_id, None)

    def diagnostics(self) -> dict[str, Any]:
        """Return what is known of each product, without its model."""
        return {
            product_id: {
                "properties": len(model.properties),
                "events": len(model.events),
                "actions": len(model.actions),
                "unreadable": model.unreadable,
            }
            for product_id, model in self._parsed.items()
        }
