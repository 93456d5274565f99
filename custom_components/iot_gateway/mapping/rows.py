"""The rows that the tables are made of: Home Assistant's own entity descriptions, and which data point they stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.event import EventEntityDescription
from homeassistant.components.number import NumberEntityDescription
from homeassistant.components.select import SelectEntityDescription
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.components.text import TextEntityDescription
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.typing import StateType

from ..model import DataType, Value


@dataclass(frozen=True, kw_only=True)
class Row(EntityDescription):
    """What one entity is.

    `key` ends the entity's unique id. `code` is the data point that it stands for, where that is not the key.
    `gang` is the number of the gang (of a wall switch, a power strip) that it belongs to. `main` marks the entity
    that is the device itself and so takes the device's name.
    """

    code: str | None = None
    gang: int | None = None
    main: bool = False

    @property
    def data_point(self) -> str:
        """The code of the data point that the entity stands for."""
        return self.code or self.key


@dataclass(frozen=True, kw_only=True)
class SensorRow(Row, SensorEntityDescription):
    """A sensor. `part` makes of the data point's value what the sensor shows, where that is not just the value.

    `types` are the types that the data point may have, where the other fields do not say enough; `reported_only` says that
    one that can be set is something else: a set power is not a measured one. `sums` says that the reports are increments, of
    which the sensor shows the sum; `until` that they are the time left, of which it shows the end.
    """

    part: Callable[[Value], StateType] | None = None
    types: frozenset[DataType] = frozenset()
    reported_only: bool = False
    sums: bool = False
    until: bool = False


@dataclass(frozen=True, kw_only=True)
class BinarySensorRow(Row, BinarySensorEntityDescription):
    """A binary sensor: on while the value is among `on`, or, of a Bitmap, while the bit named `label` is set.

    A Bitmap without `label` is on while any bit is set; the names of the set bits are an attribute.
    """

    on: frozenset[bool | int | float | str] = frozenset({True})
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class SwitchRow(Row, SwitchEntityDescription):
    """A switch of a writable Boolean."""


@dataclass(frozen=True, kw_only=True)
class NumberRow(Row, NumberEntityDescription):
    """A number of a writable Integer or Float; limits and step come from the device."""


@dataclass(frozen=True, kw_only=True)
class SelectRow(Row, SelectEntityDescription):
    """A select of a writable Enum; options come from the device."""


@dataclass(frozen=True, kw_only=True)
class TextRow(Row, TextEntityDescription):
    """A text of a writable String, Json or Raw (Raw in base64)."""


@dataclass(frozen=True, kw_only=True)
class ButtonRow(Row, ButtonEntityDescription):
    """A button that writes `press` to a writable Boolean or Enum.

    One with `moves` has a camera's head move into that direction for a moment instead, where the Enum has one of `options`.
    """

    press: bool | str = True
    moves: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActionRow(Row, ButtonEntityDescription):
    """A button that has the device do an action of its model, by the action's id."""

    action: str


@dataclass(frozen=True, kw_only=True)
class EventRow(Row, EventEntityDescription):
    """An event of each report of a data point.

    `events` gives Home Assistant's event type by what is reported; what it lacks fires under its own name. `counts`
    adds the number of presses where a report stands for several. `about` takes from a message what `events` is asked
    for. An empty `events` makes one event type of any report: the first of `event_types`.
    """

    events: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    about: Callable[[Value], str | None] | None = None

    @property
    def subtype(self) -> str:
        """What tells this event from others of the same device, in its device triggers."""
        name = str(self.translation_key or self.device_class or self.key)
        number = (self.translation_placeholders or {}).get("number") or self.gang
        return name if number is None else f"{name}_{number}"


type Table[R: Row] = Mapping[str, tuple[R, ...]]
"""Rows by Tuya category code."""
