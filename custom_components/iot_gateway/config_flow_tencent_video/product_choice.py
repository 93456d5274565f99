"""The field in which products are chosen."""

from collections.abc import Mapping

from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode
import voluptuous as vol

PRODUCT_CHOICE = SelectSelector(SelectSelectorConfig(options=[], multiple=True, mode=SelectSelectorMode.LIST))
"""The field; `with_products` puts in which there are."""


def with_products(schema: vol.Schema, products: Mapping[str, str]) -> vol.Schema:
    """Return a form's schema with the products to choose from, labels by id; without the field where there are none."""
    choice = SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=value, label=label) for value, label in products.items()],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )
    return vol.Schema(
        {
            field: choice if selector is PRODUCT_CHOICE else selector
            for field, selector in schema.schema.items()
            if products or selector is not PRODUCT_CHOICE
        }
    )
