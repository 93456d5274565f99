"""The bodies of results and events, with the slips that are asked for.

A model of the documented protocol, not of a real gateway: shapes as in the samples of the protocol's page ("Protocol
Details").
"""

from collections.abc import Mapping
import json
from typing import Any

from .codec import dump_json
from .device import SimulatedDevice
from .faults import Slip
from .schema import Entry, limits


class Wording:
    """Words messages, making the slips in a set that may change meanwhile."""

    def __init__(self, slips: set[Slip]) -> None:
        """Word with these slips."""
        self._slips = slips

    def schema(self, device: SimulatedDevice) -> dict[str, Any]:
        """Return a device's element of get_schema's result."""
        function = "functions" if "functions" in self._slips else "function"
        return self._extra(
            {
                self._id_key: device.id,
                "category": device.category,
                function: [self._entry(one) for one in device.function],
                "status": [self._entry(one) for one in device.status],
            }
        )

    def status(self, device: SimulatedDevice) -> dict[str, Any]:
        """Return a device's element of get_status's result."""
        element: dict[str, Any] = {self._id_key: device.id, "online": device.online}
        if "value_missing" not in self._slips:
            element["value"] = self.pairs(device, device.value)
        return self._extra(element)

    def state_changed(self, device: SimulatedDevice, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of the event."""
        return self._extra({self._id_key: device.id, "value": self.pairs(device, values)})

    def online_updated(self, device: SimulatedDevice) -> dict[str, Any]:
        """Return the data of the event."""
        data: dict[str, Any] = {self._id_key: device.id, "state": device.online}
        if "online_value" in self._slips:
            data["value"] = self.pairs(device, device.value)
        return self._extra(data)

    def registry_updated(self, devid: str, state: int) -> dict[str, Any]:
        """Return the data of the event; what `state` means is open, here 1 is joined and 0 is left."""
        return self._extra({self._id_key: devid, "state": state})

    def pairs(self, device: SimulatedDevice, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return values as [{"k", "v"}]."""
        if not self._slips:
            return [{"k": code, "v": value} for code, value in values.items()]
        return [self._extra({"k": code, "v": self._value(device, code, value)}) for code, value in values.items()]

    @property
    def _id_key(self) -> str:
        return "device" if "device" in self._slips else "devid"

    def _entry(self, schema_entry: Entry) -> Entry:
        if not self._slips:
            return schema_entry
        changed = dict(schema_entry)
        if "values_missing" in self._slips:
            changed.pop("values", None)
        elif "values_as_object" in self._slips:
            changed["values"] = limits(schema_entry)
        return self._extra(changed)

    def _value(self, device: SimulatedDevice, code: str, value: object) -> object:
        schema_entry = device.entry(code)
        if schema_entry is None or str(schema_entry.get("type")).lower() != "json":
            return value
        if "v_as_text" in self._slips and not isinstance(value, str):
            return dump_json(value)
        if "v_as_object" in self._slips and isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                return value
        return value

    def _extra(self, body: dict[str, Any]) -> dict[str, Any]:
        if "extra_keys" in self._slips:
            return {**body, "t": 1700000000000, "x_vendor": {"note": ["unknown", None]}}
        return body
