"""Products and devices of the simulated cloud, and what it knows of each device."""

from dataclasses import dataclass, field
import hashlib
import time
from typing import Any

from .thing_model import ThingModel

type Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Product:
    """A product of the developer platform."""

    id: str
    name: str
    model: ThingModel | None
    """None: nobody has defined one (2002)."""
    gateway: bool = False
    sub_device: bool = False
    licences: int | None = None
    """How many more devices may be registered; None: any number. Without one, binding leaves a sub-device out."""
    config: bytes | None = None
    """The remote configuration, a file of JSON; None: there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """A value that a device has reported."""

    value: Any
    time: int
    """When it changed, in ms, as the device says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """A value or an event of the past, by a history report."""

    code: str
    value: Any
    """A property's value, or the output parameters of an event."""
    time: int | None
    """In ms."""
    event: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event that a device has triggered."""

    code: str
    outputs: Json
    time: int
    """In ms."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Desired:
    """What a property should be."""

    value: Any
    version: int


@dataclass(slots=True, kw_only=True)
class LinkDevice:
    """A device of the cloud: one with a secret connects by itself, one without is a sub-device."""

    id: str
    product: Product
    secret: str = field(default="", repr=False)
    client_id: str = ""
    """Of a sub-device: the name that its gateway has given it, unique in its product."""
    gateway_id: str | None = None
    """Of a sub-device: where it is bound; None: nowhere."""
    index_id: int = 0
    """Of a sub-device: its place in its gateway's topology."""
    online: bool = False
    values: dict[str, Reported] = field(default_factory=dict)
    """What it has reported last, by code."""
    history: list[HistoryEntry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    desired: dict[str, Desired] = field(default_factory=dict)
    reports: int = 0
    """How many values it has reported, history included; Tuya counts them per day."""
    versions: dict[int, str] = field(default_factory=dict)
    """Its firmware versions by channel."""
    issued: Json | None = None
    """The firmware that it was told to install last."""
    progress: list[Json] = field(default_factory=list)
    """What it has said to that."""
    raw: list[bytes] = field(default_factory=list)
    """What it has sent over the channel for raw data."""

    @property
    def sub_device(self) -> bool:
        """Tell whether it is a sub-device."""
        return self.product.sub_device

    def value(self, code: str) -> Any:
        """Return the value that it has reported last; None if there is none."""
        reported = self.values.get(code)
        return None if reported is None else reported.value

    def take(self, code: str, value: Any, when: int) -> None:
        """Note a value, unless a newer one is known."""
        self.reports += 1
        known = self.values.get(code)
        if known is None or known.time <= when:
            self.values[code] = Reported(value=value, time=when)


def sub_device_id(product_id: str, client_id: str) -> str:
    """Return the id of a sub-device, always the same for what is the same device."""
    return "6c" + hashlib.sha256(f"{product_id}:{client_id}".encode()).hexdigest()[:20]


def milliseconds(when: int) -> int:
    """Return a time of 10 or 13 digits in ms."""
    return when * 1000 if len(str(when)) <= 10 else when


def now_ms() -> int:
    """Return this machine's time in ms."""
    return time.time_ns() // 1_000_000
