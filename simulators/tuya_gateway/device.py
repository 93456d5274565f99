"""A simulated sub-device: its schema and its state, in the shapes that the gateway sends.

A model of the documented protocol, not of a real gateway.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from .schema import Entry


class BadDescription(ValueError):
    """Something that should describe a device doesn't; the text says what is wrong."""


@dataclass
class SimulatedDevice:
    """A sub-device.

    `function` holds what can be written, `status` what is reported, both as [{"code", "type", "values"}] with values as
    JSON text; `value` is the state, raw values by code. `name` is for people: the protocol doesn't carry it.
    """

    id: str
    category: str
    function: list[Entry] = field(default_factory=list)
    status: list[Entry] = field(default_factory=list)
    value: dict[str, Any] = field(default_factory=dict)
    online: bool = True
    name: str = ""

    def writable(self, code: str) -> Entry | None:
        """Return the entry of a code that can be written."""
        return _find(self.function, code)

    def entry(self, code: str) -> Entry | None:
        """Return the entry of a code, wherever it is."""
        return _find(self.status, code) or _find(self.function, code)

    def reports(self, code: str) -> bool:
        """Tell whether the device ever reports a code: it's among `status`, or the state has it already."""
        return code in self.value or _find(self.status, code) is not None

    def as_dump(self) -> dict[str, Any]:
        """Return the device as one JSON object, in the form that `from_dump` reads."""
        return {
            "devid": self.id,
            "category": self.category,
            "online": self.online,
            "name": self.name,
            "function": self.function,
            "status": self.status,
            "value": [{"k": code, "v": value} for code, value in self.value.items()],
        }

    @classmethod
    def from_dump(cls, dump: object) -> Self:
        """Return the device that an object of the gateway's own form describes.

        {"devid", "category", "function", "status", "online", "value": [{"k", "v"}] or {code: value}, "name"}; all but
        `devid` may be missing, further keys are left alone. Raises BadDescription.
        """
        if not isinstance(dump, Mapping):
            message = "a device is a JSON object"
            raise BadDescription(message)
        online = dump.get("online", True)
        if not isinstance(online, bool):
            message = "online is true or false"
            raise BadDescription(message)
        devid = _text(dump, "devid", required=True)
        return cls(
            id=devid,
            category=_text(dump, "category"),
            function=_entries(dump, "function"),
            status=_entries(dump, "status"),
            value=_state(dump.get("value", [])),
            online=online,
            name=_text(dump, "name") or devid,
        )


def _find(entries: Iterable[Entry], code: str) -> Entry | None:
    return next((one for one in entries if one["code"] == code), None)


def _text(dump: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    value = dump.get(key, "")
    if not isinstance(value, str) or (required and not value):
        message = f"{key} is text" + (" and not empty" if required else "")
        raise BadDescription(message)
    return value


def _entries(dump: Mapping[str, Any], key: str) -> list[Entry]:
    entries = dump.get(key, [])
    if not isinstance(entries, list):
        message = f"{key} is a list"
        raise BadDescription(message)
    for one in entries:
        if not isinstance(one, dict) or not isinstance(one.get("code"), str):
            message = f"{key} holds objects with a code"
            raise BadDescription(message)
    return [dict(one) for one in entries]


def _state(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {str(code): raw for code, raw in value.items()}
    if not isinstance(value, list):
        message = "value is a list of {k, v} or an object"
        raise BadDescription(message)
    for one in value:
        if not isinstance(one, dict) or not isinstance(one.get("k"), str) or "v" not in one:
            message = "value holds objects with k and v"
            raise BadDescription(message)
    return {one["k"]: one["v"] for one in value}
