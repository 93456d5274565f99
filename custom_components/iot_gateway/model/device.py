"""A device: what it is, what it last said, and whether it is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import logging
import time

from .data_point import InvalidValue, Raw, Value
from .device_action import DeviceAction
from .schema import DeviceSchema

_LOGGER = logging.getLogger(__name__)

_NOTHING = object()


@dataclass(eq=False, kw_only=True, slots=True)
class Device:
    """One device with its state: raw values by code, and when each was last reported (seconds since the epoch).

    `name`, `model` and `product_id` are what the connection knows, empty where it knows none. `parent` is the id of
    the device that brings it, where there is one. `invalid` counts, by code, the reports that the schema does not allow.
    `model_id` is what the maker calls the model, where that is not the category.
    """

    id: str
    schema: DeviceSchema
    name: str = ""
    model: str = ""
    product_id: str = ""
    manufacturer: str = "Tuya"
    model_id: str = ""
    parent: str | None = None
    online: bool = False
    state: dict[str, Raw] = field(default_factory=dict)
    reported_at: dict[str, float] = field(default_factory=dict)
    invalid: dict[str, int] = field(default_factory=dict)
    _values: dict[str, Value | None] = field(default_factory=dict, repr=False)

    @property
    def category(self) -> str:
        """Tuya's category code, or what stands for it."""
        return self.schema.category

    @property
    def actions(self) -> Mapping[str, DeviceAction]:
        """What it can be asked to do, by id."""
        return self.schema.actions

    def value(self, code: str) -> Value | None:
        """Return the value of a data point; None where it has none, or one that its schema does not allow."""
        return self._values.get(code)

    def decoded(self, code: str, raw: Raw) -> Value | None:
        """Return what a raw value of a data point means, None where there is no such data point or its schema does not allow it."""
        return self._decode(code, raw) if code in self.schema.points else None

    def sent(self, values: Mapping[str, Raw]) -> Mapping[str, Raw]:
        """Return what it is told to have these values, under its own codes; Structs as a whole."""
        return self.schema.sent(values, self.state)

    def apply(self, values: Mapping[str, Raw], when: float | None = None) -> frozenset[str]:
        """Take reported values over; return the codes whose raw value is another than before.

        Codes that the schema lacks are added to it, see `DeviceSchema.with_inferred`. A value that the schema does
        not allow is kept as raw and has no value; the first of each code is logged, all are counted.
        """
        for code in values:
            if code not in self.schema.points:
                self.schema = self.schema.with_inferred(values)
        when = time.time() if when is None else when
        changed = []
        for code, raw in values.items():
            self.reported_at[code] = when
            known = self.state.get(code, _NOTHING)
            if known == raw and type(known) is type(raw):
                # True and 1 are equal, and yet not the same report
                continue
            self.state[code] = raw
            self._values[code] = self._decode(code, raw)
            changed.append(code)
        return frozenset(changed)

    def _decode(self, code: str, raw: Raw) -> Value | None:
        """Return the value of a raw, None where there is none."""
        if raw is None:
            return None
        try:
            return self.schema.points[code].decode(raw)
        except InvalidValue as err:
            if code not in self.invalid:
                _LOGGER.warning("Device %s reports a value that its own schema does not allow: %s", self.id, err)
            self.invalid[code] = self.invalid.get(code, 0) + 1
            return None
