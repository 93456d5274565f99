"""What an entity is like, from its state and from the registry: a state that is unavailable has next to no attributes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_SUPPORTED_FEATURES,
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

NOT_GIVEN = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})


@dataclass(frozen=True, slots=True)
class Traits:
    """What facets are made from. `attributes` are the state's, or what the registry knows of them."""

    hass: HomeAssistant
    entity_id: str
    attributes: Mapping[str, Any]
    features: int
    device_class: str | None
    unit: str | None
    available: bool
    """Whether its state has all the attributes that it has."""

    @property
    def temperature_unit(self) -> str:
        """The unit in which thermostats give their temperatures."""
        return self.hass.config.units.temperature_unit

    def has(self, name: str) -> bool:
        """Whether an attribute is given, or may be when the entity is available again: the registry does not keep them all."""
        return name in self.attributes or not self.available

    def number(self, name: str) -> float | None:
        """Return an attribute that is a number."""
        return as_number(self.attributes.get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an attribute that is a list of texts; other items of it are left out."""
        return texts(self.attributes.get(name))


def traits_of(hass: HomeAssistant, entity_id: str) -> Traits | None:
    """Return what an entity is like, None where there is no such entity."""
    state = hass.states.get(entity_id)
    entry = er.async_get(hass).async_get(entity_id)
    if state is None and entry is None:
        return None
    given = state.attributes if state is not None else {}
    attributes = {**(entry.capabilities or {} if entry is not None else {}), **given}
    return Traits(
        hass=hass,
        entity_id=entity_id,
        attributes=attributes,
        features=given.get(ATTR_SUPPORTED_FEATURES, entry.supported_features if entry is not None else 0) or 0,
        device_class=given.get(
            ATTR_DEVICE_CLASS, (entry.device_class or entry.original_device_class) if entry else None
        ),
        unit=given.get(ATTR_UNIT_OF_MEASUREMENT, entry.unit_of_measurement if entry is not None else None),
        available=state is not None and state.state != STATE_UNAVAILABLE,
    )


def as_number(value: Any) -> float | None:
    """Return a finite number that is one or spells one, None for anything else; an int where it is whole and was one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124
        return None
    return value


def as_text(value: Any) -> str | None:
    """Return a text that is not empty, None for anything else."""
    return value if isinstance(value, str) and value else None


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple, set)) else ()
