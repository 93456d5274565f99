"""Products and devices of a simulated account."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
import secrets
from typing import Any, Literal

from .storage import CloudStorage

OFFLINE = 0
ONLINE = 1
UNKNOWN = 2
NEVER_ACTIVATED = 3

CAMERA = 113
WATCH = 567
DOOR_LOCK = 595

P2P_PROPERTY = "_sys_xp2p_info"

type Data = tuple[Any, int]
"""A value, and when it came, in milliseconds since 1970."""
type EventType = Literal["info", "alert", "fault"]


@dataclass(slots=True, kw_only=True)
class Product:
    """A product with its thing model, which is the union of three definitions (section 4)."""

    id: str
    name: str
    model: dict[str, Any]
    category_model: dict[str, Any] = field(default_factory=dict)
    net_type_model: dict[str, Any] = field(default_factory=dict)
    category_id: int = CAMERA
    net_type: str = "wifi"
    features: tuple[str, ...] = ()
    description: str = ""
    created: int = 1_700_000_000

    def defined(self, kind: Literal["properties", "events", "actions"], identifier: str) -> Mapping[str, Any] | None:
        """Return a definition of the effective model; None if there is none."""
        for model in (self.model, self.category_model, self.net_type_model):
            for one in model.get(kind, ()):
                if one["id"] == identifier:
                    found: Mapping[str, Any] = one
                    return found
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """An event that a device has reported; `time` in milliseconds."""

    time: int
    id: str
    type: EventType
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEntry:
    """An action that was called; times in milliseconds."""

    id: str
    name: str
    asked: int
    answered: int
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    calling: Literal["sync", "async"]
    token: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What PublishMessage has sent to a device."""

    topic: str
    payload: bytes
    qos: int


@dataclass(slots=True, kw_only=True)
class Device:
    """A device and all that the cloud knows of it."""

    product_id: str
    name: str
    online: int = ONLINE
    enabled: bool = True
    subscribed: bool = True
    """It listens for controls; one that doesn't gets none while it is online (Sent 0)."""
    low_power: bool = False
    """It sleeps when it is offline, and can be woken up."""
    login_time: int = 1_700_000_000
    expire_time: int = 0
    psk: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(16)).decode(), repr=False)
    data: dict[str, Data] = field(default_factory=dict, repr=False)
    history: list[tuple[str, int, Any]] = field(default_factory=list, repr=False)
    """Property, milliseconds, value; oldest first, as the following ones are."""
    events: list[EventEntry] = field(default_factory=list, repr=False)
    actions: list[ActionEntry] = field(default_factory=list, repr=False)
    statuses: list[tuple[int, bool]] = field(default_factory=list, repr=False)
    messages: list[Message] = field(default_factory=list, repr=False)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What its actions put out, by id; otherwise it is the first value that the model allows."""
    p2p: bool = False
    """It can be reached by X-P2P."""
    p2p_info: str = field(default="", repr=False)
    p2p_reported: int = 0
    watched: bool = False
    """Somebody watches it by X-P2P: it doesn't fall asleep."""
    storage: dict[int | None, CloudStorage] = field(default_factory=dict, repr=False)
    """Cloud storage by channel; None is that of a device without channels."""

    @property
    def key(self) -> str:
        """Return what tells it from all others: product and name with a slash."""
        return f"{self.product_id}/{self.name}"

    @property
    def channels(self) -> tuple[int, ...]:
        """Return the channels that an NVR records."""
        return tuple(channel for channel in self.storage if channel is not None)

    def renew_p2p(self, now: float) -> None:
        """Give it other X-P2P information, as every start of it does (section 2.4)."""
        self.p2p_info = f"XP2P{base64.b64encode(secrets.token_bytes(33)).decode()}==%2.4.19"
        self.p2p_reported = int(now)
