"""What the cloud pushes over HTTP: whether it is the cloud that pushes, and what it says (protocol page 3).

Only token, time and nonce are signed, never the body. So a push is a hint of what a device's state is; whoever wants to be sure
reads it again.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import hashlib
import hmac
import time
from typing import Any, Final

from .loose import as_integer, as_mapping, as_text, entries, from_json

MAX_BODY: Final = 256 * 1024
"""Bytes; the platform's messages have 16 KiB at most."""
_MILLISECONDS_FROM: Final = 100_000_000_000


class RefusalReason(StrEnum):
    """Why a push is not believed."""

    HEADERS = "headers"
    """A header is missing or has no form."""
    SIGNATURE = "signature"
    """Signed with another token, or not as we know it."""
    STALE = "stale"
    """Older, or further in the future, than the window."""
    REPLAYED = "replayed"
    """Seen before."""


class ForwardRefused(Exception):
    """A push whose sender is not shown to be the cloud."""

    def __init__(self, reason: RefusalReason) -> None:
        """Say the reason, and nothing of what came."""
        super().__init__(f"The push is refused: {reason}")
        self.reason = reason


class PushInvalid(Exception):
    """A body that no push has."""


def forward_signature(token: str, timestamp: str, nonce: str) -> str:
    """Return the header `Signature` of a push, 40 hex digits; token, `Timestamp` and `Nonce` are sorted by their bytes."""
    parts = sorted(_as_sent(part) for part in (token, timestamp, nonce))
    # Tencent's choice; it signs nothing but a time and a nonce
    return hashlib.sha1(b"".join(parts)).hexdigest()


def _as_sent(text: str) -> bytes:
    """Return the bytes of a header: aiohttp keeps as surrogates what is not UTF-8."""
    return text.encode(errors="surrogateescape")


class ForwardGuard:
    """Checks that a request comes from one who knows the token, now and for the first time."""

    def __init__(
        self, token: str, window: float = 300, now: Callable[[], float] = time.time, *, since: float = 0.0
    ) -> None:
        """Believe requests whose time is within `window` seconds of ours, and not before `since`.

        `now` gives seconds since the epoch. `since` is for who does not know what was seen before.
        """
        if not token:
            # The cloud then does not sign at all, and anybody could
            raise ValueError("A forward without a token cannot be checked")
        self._token = token
        self._window = window
        self._now = now
        self._since = since
        self._seen: dict[str, float] = {}

    def check(self, headers: Mapping[str, str]) -> None:
        """Raise ForwardRefused unless the headers `Signature`, `Timestamp` and `Nonce` are right, fresh and new."""
        found = {name.lower(): value for name, value in headers.items()}
        signature, timestamp, nonce = (found.get(name, "") for name in ("signature", "timestamp", "nonce"))
        if not (signature and nonce and timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
            raise ForwardRefused(RefusalReason.HEADERS)
        expected = forward_signature(self._token, timestamp, nonce)
        if not hmac.compare_digest(_as_sent(signature.lower()), expected.encode()):
            raise ForwardRefused(RefusalReason.SIGNATURE)
        now = self._now()
        if abs(now - int(timestamp)) > self._window or int(timestamp) < self._since:
            raise ForwardRefused(RefusalReason.STALE)
        self._seen = {key: until for key, until in self._seen.items() if until >= now}
        # By the signature: what is signed has no borders, so that digits may be moved between nonce and time
        if expected in self._seen:
            raise ForwardRefused(RefusalReason.REPLAYED)
        self._seen[expected] = int(timestamp) + self._window

    def echo(self, headers: Mapping[str, str]) -> str:
        """Return what answers the GET by which the cloud checks an address: the header `Echostr`; raises ForwardRefused."""
        self.check(headers)
        if echo := next((value for name, value in headers.items() if name.lower() == "echostr"), ""):
            return echo
        raise ForwardRefused(RefusalReason.HEADERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """What all pushes tell; texts are empty where one does not. `time_ms` is in milliseconds since the epoch."""

    product_id: str
    device_name: str
    topic: str = ""
    time_ms: int | None = None
    sequence: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusPush(Push):
    """A device came or went; `online` is None where the event is neither. `event` and `reason` are the cloud's words."""

    online: bool | None
    event: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PropertyPush(Push):
    """A device reported properties, by their ids."""

    values: Mapping[str, Any]
    client_token: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ThingEvent:
    """An event of the thing model; `type` is info, alert or fault."""

    event_id: str
    type: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    time_ms: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPush(Push):
    """Events happened: one, or several that a device sent together."""

    events: tuple[ThingEvent, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionPush(Push):
    """A device answered an action; `code` is 0 where it went well, None where it does not tell."""

    client_token: str
    code: int | None = None
    status: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomPush(Push):
    """A message in the maker's own form; a binary one comes as base64 text."""

    payload: Any

    @property
    def data(self) -> bytes | None:
        """The bytes that a base64 payload stands for, None where it is none."""
        if not isinstance(self.payload, str):
            return None
        try:
            return b64decode(self.payload, validate=True)
        except Base64Error, ValueError:
            return None


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherPush(Push):
    """A push of the platform's that is none of the above; `payload` as it came."""

    payload: Any


type AnyPush = StatusPush | PropertyPush | EventPush | ActionPush | CustomPush | OtherPush


def parse_push(body: bytes | str | Mapping[str, Any]) -> AnyPush:
    """Return what a push says, by the beginning of its topic; raises PushInvalid.

    Names are read in any case, and members of the envelope also where they stand in the payload: the documentation shows both.
    """
    if isinstance(body, bytes | str) and len(body) > MAX_BODY:
        raise PushInvalid("The push is too long")
    whole = from_json(body)
    envelope = _lowered(whole)
    if not envelope:
        raise PushInvalid("The push is not a JSON object")
    # Where all members stand in one object, the payload is among them
    payload = envelope.get("payload", whole)
    unwrapped = from_json(payload) if isinstance(payload, str) else payload
    inner = _lowered(unwrapped)

    def told(name: str) -> Any:
        return envelope[name] if envelope.get(name) not in (None, "") else inner.get(name)

    topic = as_text(told("topic"))
    kind, product_id, device_name = _read_topic(topic)
    common: dict[str, Any] = {
        "product_id": as_text(told("productid")) or product_id,
        "device_name": as_text(told("devicename")) or device_name,
        "topic": topic,
        "time_ms": _milliseconds(told("timemillis")) or _milliseconds(told("timestamp")),
        "sequence": as_integer(told("seq")),
    }
    if not common["device_name"]:
        raise PushInvalid("The push names no device")

    method = as_text(told("method")).lower()
    kind = kind or _guess(told, method)
    if kind == "state" and (event := as_text(told("event"))):
        return StatusPush(**common, online=_online(event), event=event, reason=as_text(told("reason")))
    if kind == "property" and method in {"report", ""} and isinstance(params := told("params"), dict):
        return PropertyPush(**common, values=params, client_token=as_text(told("clienttoken")))
    if kind == "event" and (events := tuple(_events(told))):
        return EventPush(**common, events=events)
    if kind == "action" and (client_token := as_text(told("clienttoken"))):
        outputs = told("response") or told("outputparams") or told("params")
        return ActionPush(
            **common,
            client_token=client_token,
            code=as_integer(told("code")),
            status=as_text(told("status")),
            outputs=as_mapping(from_json(outputs)),
        )
    return (CustomPush if kind == "custom" else OtherPush)(**common, payload=payload)


def _read_topic(topic: str) -> tuple[str, str, str]:
    """Return what a topic is of, empty where there is none, and its product and device."""
    first, *rest = topic.split("/")
    match [first.lower(), *rest]:
        case ["$state" | "state", "report", *names]:
            return "state", *_names(names)
        case ["$thing" | "thing", "up", kind, *names]:
            return kind if kind in {"property", "event", "action"} else "other", *_names(names)
        case [_, device_name, _, *_] if not first.startswith("$"):
            return "custom", first, device_name
        case [""]:
            return "", "", ""
        case _:
            return "other", "", ""


def _names(names: list[str]) -> tuple[str, str]:
    return (names[0], names[1]) if len(names) >= 2 else ("", "")


def _guess(told: Callable[[str], Any], method: str) -> str:
    """Return what a push without a topic is of, by what it has."""
    if as_text(told("event")).upper().startswith("EV_"):
        return "state"
    if method == "report":
        return "property"
    if method in {"event_post", "events_post"}:
        return "event"
    return "action" if method == "action_reply" else "other"


def _online(event: str) -> bool | None:
    """Return what the event of a status says; only EV_ONLINE is documented."""
    word = event.upper().rpartition("_")[2]
    return {"ONLINE": True, "CONNECT": True, "OFFLINE": False, "DISCONNECT": False}.get(word)


def _events(told: Callable[[str], Any]) -> Iterator[ThingEvent]:
    """Yield the events of a push: `events` of `events_post`, or the only one."""
    several = told("events")
    for entry in entries(several) if isinstance(several, list) else [None]:
        lowered = {} if entry is None else _lowered(entry)
        get = told if entry is None else lowered.get
        if event_id := as_text(get("eventid")):
            yield ThingEvent(
                event_id=event_id,
                type=as_text(get("type")),
                params=as_mapping(from_json(get("params"))),
                time_ms=_milliseconds(get("timestamp")),
            )


def _lowered(value: Any) -> dict[str, Any]:
    """Return an object with its own names in lower case; those of the objects in it are left."""
    return {str(name).lower(): entry for name, entry in as_mapping(value).items()}


def _milliseconds(value: Any) -> int | None:
    """Return a time in milliseconds, also one that is in seconds."""
    number = as_integer(value)
    if number is None or number <= 0:
        return None
    return number * 1000 if number < _MILLISECONDS_FROM else number
