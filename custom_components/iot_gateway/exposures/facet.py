"""A facet: one thing that an entity offers, as TuyaLink's properties are one thing each."""

from dataclasses import dataclass
from enum import StrEnum

type Value = bool | float | str
"""What a facet holds, by its kind: bool, a number in the facet's unit (whole ones are ints), or a text."""

COLOR = "color"
"""The key of a light's colour, whose value is the text of `light.spell_color`."""

TIMESTAMP = "timestamp"
"""The device class of a number that is a moment: seconds since 1970."""

ON, OFF = "on", "off"
"""What the two values of a boolean facet are called where they are tied to a property's choices."""

PRESSED = "press"
"""What pressing is called there."""


class FacetKind(StrEnum):
    """What kind of thing a facet is."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    ENUM = "enum"
    TEXT = "text"
    PRESS = "press"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One thing that an entity offers.

    `key` is unique within the entity, and the key of its name's translation. `minimum`, `maximum` and `step` are in `unit`, for texts
    the first two count characters. `options` are those of an enum, or the types of an event. `sensitive` says that setting it
    may let somebody in or switch an alarm off: it is set from outside only after the user has confirmed that.
    """

    key: str
    kind: FacetKind
    unit: str | None = None
    device_class: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    options: tuple[str, ...] = ()
    readable: bool = True
    settable: bool = False
    sensitive: bool = False

    @property
    def choosable(self) -> tuple[str, ...]:
        """The values that can be tied to choices, to be asked for one by one: empty where there are none."""
        match self.kind:
            case FacetKind.BOOLEAN:
                return (ON, OFF)
            case FacetKind.PRESS:
                return (PRESSED,)
            case _:
                return self.options
