"""Messages: what the body of an envelope says (protocols page, A5).

Three families tell the same things with other words: the Smart Business Platform's (the seed: `bizCode`, `eventType`,
`data`), the IoT platform's older one (protocols 4, 20 and others: `bizCode`, `bizData`, the device beside them) and IoT
Core's (1000, 1001, 1002: `bizCode`, `bizData` with the device in it). The documentation says that keys may be added at any
time and real projects differ from it, so ids, names and times are taken from wherever they stand. What is not understood
becomes an `OtherMessage`, never an error. Values are passed on as they are: the model, which knows the data point's type,
decodes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..lenient_json import loads
from .envelope import Envelope
from .times import milliseconds


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportedValue:
    """A value of a data point. At least one of `code` and `dp_id` is there; `time` is when it was, None if not told."""

    code: str | None
    dp_id: str | None
    value: Any
    time: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StateReported:
    """A device reports values; `time` is the latest of theirs. `data_id` is the same where the same report comes twice."""

    device_id: str
    time: int | None
    kind: str
    product_id: str | None
    data_id: str | None
    values: tuple[ReportedValue, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceOnline:
    """A device can be reached."""

    device_id: str
    time: int | None
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceOffline:
    """A device can no longer be reached."""

    device_id: str
    time: int | None
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceBound:
    """A device was added to a user, or to a space; `parent_id` is its gateway. What is not told is None."""

    device_id: str
    time: int | None
    kind: str
    name: str | None
    uid: str | None
    product_id: str | None
    parent_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceUnbound:
    """A device was removed, or (`reset`) reset at the device itself."""

    device_id: str
    time: int | None
    kind: str
    reset: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceRenamed:
    """A device has another name."""

    device_id: str
    time: int | None
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DataPointRenamed:
    """A data point has another name."""

    device_id: str
    time: int | None
    kind: str
    dp_id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceUnderstood:
    """A speaker understood a sentence. `text`, `intent` and `domain` are those of the first interpretation in `nlu`.

    What people say at home is for no log.
    """

    device_id: str
    time: int | None
    kind: str
    nlu: tuple[Mapping[str, Any], ...] = field(repr=False)
    uid: str | None
    text: str | None = field(repr=False)
    intent: str | None
    domain: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceRoomBound:
    """A speaker was put into a room; what `data` says of it is not documented."""

    device_id: str
    time: int | None
    kind: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceEventFired:
    """An event of the device's model happened; `params` by code."""

    device_id: str
    time: int | None
    kind: str
    event_code: str
    params: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionAnswered:
    """A device answered an action of its model; `params` by code."""

    device_id: str
    time: int | None
    kind: str
    action_code: str
    params: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeProgress:
    """The firmware of a device is being replaced; `data` is what the cloud says of it."""

    device_id: str
    time: int | None
    kind: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherMessage:
    """A message of a kind that is not known here, or of one that is but lacks what makes it so."""

    device_id: str | None
    time: int | None
    kind: str
    data: Mapping[str, Any] = field(repr=False)


type Message = (
    StateReported
    | DeviceOnline
    | DeviceOffline
    | DeviceBound
    | DeviceUnbound
    | DeviceRenamed
    | DataPointRenamed
    | VoiceUnderstood
    | VoiceRoomBound
    | DeviceEventFired
    | ActionAnswered
    | UpgradeProgress
    | OtherMessage
)

STATUS_REPORT: Final = "statusReport"
"""What the documentation calls protocol 4, whose messages name no kind."""

_NO_KIND: Final = "unnamed"
_SMART_BUSINESS: Final = frozenset(("device", "voice", "construction"))
"""The `bizCode`s of the seed, whose `eventType` is the kind."""
_NO_CODES: Final = frozenset(("code", "value", "t", "time", "dpId"))


@dataclass(kw_only=True, slots=True)
class _Parts:
    """A body, taken apart. `data` is its bizData or data, or the body itself where it has neither."""

    body: Mapping[str, Any]
    data: Mapping[str, Any]
    device_id: str
    time: int | None
    kind: str

    def text(self, *names: str) -> str | None:
        """Return the first of these fields that is a text or a number."""
        for part in (self.data, self.body):
            for name in names:
                if (text := _identifier(part.get(name))) is not None:
                    return text
        return None


def parse_message(envelope: Envelope) -> Message:
    """Return what an envelope's body says."""
    body = envelope.body
    data = _object(body.get("bizData")) or _object(body.get("data")) or body
    kind = _kind_of(body, data, envelope)
    time = _time_of(body, data, envelope)
    # A speaker's message names it by an id of its own
    device_id = _first_identifier((data, body), ("devId", "deviceId", "voiceId"))
    if device_id is not None and (parse := _PARSERS.get(kind)) is not None:
        parsed = parse(_Parts(body=body, data=data, device_id=device_id, time=time, kind=kind))
        if parsed is not None:
            return parsed
    return OtherMessage(device_id=device_id, time=time, kind=kind, data=data)


def _kind_of(body: Mapping[str, Any], data: Mapping[str, Any], envelope: Envelope) -> str:
    biz_code = _identifier(body.get("bizCode"))
    event_type = _identifier(body.get("eventType"))
    if biz_code is None or (biz_code in _SMART_BUSINESS and event_type is not None):
        biz_code = event_type
    if biz_code is not None:
        return biz_code
    if "status" in data or envelope.protocol == 4:
        return STATUS_REPORT
    return _NO_KIND if envelope.protocol is None else f"protocol {envelope.protocol}"


def _time_of(body: Mapping[str, Any], data: Mapping[str, Any], envelope: Envelope) -> int | None:
    """Return when something happened, as near to the device as it is told."""
    for part, names in ((data, ("eventTime", "time", "t", "ts")), (body, ("ts", "t", "time"))):
        for name in names:
            if name in part and (time := milliseconds(part[name])) is not None:
                return time
    return envelope.time


def _state_reported(parts: _Parts) -> Message | None:
    # The page names all three of them for items; they never stand side by side
    items = next(
        (items for name in ("properties", "status") if (items := _array(parts.data.get(name))) is not None), None
    )
    if items is None:
        return None
    values = tuple(value for item in items if (value := _reported_value(item)) is not None)
    if items and not values:
        return None
    times = [value.time for value in values if value.time is not None]
    return StateReported(
        device_id=parts.device_id,
        time=max(times) if times else parts.time,
        kind=parts.kind,
        product_id=parts.text("productId", "productKey"),
        data_id=parts.text("dataId"),
        values=values,
    )


def _reported_value(item: Any) -> ReportedValue | None:
    """Return a value of a report, None where it is none.

    In protocol 4 the data point's id is a key of its own, and its value there a text: `{"code", "value", "t", "1": "true"}`.
    The oldest form has nothing but such keys, ids or codes: `{"switch_1": true, "t": …}`.
    """
    if type(item) is not dict:
        return None
    code = _identifier(item.get("code"))
    dp_id = _identifier(item.get("dpId"))
    value = item.get("value")
    has_value = "value" in item
    if dp_id is None or not has_value:
        for key in item:
            if key in _NO_CODES:
                continue
            if key.isascii() and key.isdigit():
                dp_id = dp_id or key
            elif code is None and dp_id is None and not has_value:
                code = key
            else:
                # A key that was added since
                continue
            if not has_value:
                value, has_value = item[key], True
    if not has_value or (code is None and dp_id is None):
        return None
    time = milliseconds(item.get("t"))
    return ReportedValue(
        code=code, dp_id=dp_id, value=value, time=milliseconds(item.get("time")) if time is None else time
    )


def _online(parts: _Parts) -> Message:
    return DeviceOnline(device_id=parts.device_id, time=parts.time, kind=parts.kind)


def _offline(parts: _Parts) -> Message:
    return DeviceOffline(device_id=parts.device_id, time=parts.time, kind=parts.kind)


def _bound(parts: _Parts) -> Message:
    return DeviceBound(
        device_id=parts.device_id,
        time=parts.time,
        kind=parts.kind,
        name=parts.text("deviceName", "name"),
        uid=parts.text("uid"),
        product_id=parts.text("productId", "productKey"),
        parent_id=parts.text("gwId"),
    )


def _unbound(parts: _Parts) -> Message:
    return DeviceUnbound(device_id=parts.device_id, time=parts.time, kind=parts.kind, reset=parts.kind == "reset")


def _renamed(parts: _Parts) -> Message | None:
    if (name := parts.text("deviceName", "name")) is None:
        return None
    return DeviceRenamed(device_id=parts.device_id, time=parts.time, kind=parts.kind, name=name)


def _data_point_renamed(parts: _Parts) -> Message | None:
    dp_id = parts.text("dpId")
    name = parts.text("name")
    if dp_id is None or name is None:
        return None
    return DataPointRenamed(device_id=parts.device_id, time=parts.time, kind=parts.kind, dp_id=dp_id, name=name)


def _voice_understood(parts: _Parts) -> Message | None:
    entries = _array(parts.data.get("nlu"))
    if entries is None:
        return None
    nlu = tuple(entry for entry in entries if type(entry) is dict)
    first: Mapping[str, Any] = nlu[0] if nlu else {}
    return VoiceUnderstood(
        device_id=parts.device_id,
        time=parts.time,
        kind=parts.kind,
        nlu=nlu,
        uid=parts.text("uid"),
        text=_identifier(first.get("text")),
        intent=_identifier(first.get("intent")),
        domain=_identifier(first.get("domain")),
    )


def _voice_room_bound(parts: _Parts) -> Message:
    return VoiceRoomBound(device_id=parts.device_id, time=parts.time, kind=parts.kind, data=parts.data)


def _event_fired(parts: _Parts) -> Message | None:
    if (event_code := parts.text("eventCode")) is None:
        return None
    return DeviceEventFired(
        device_id=parts.device_id, time=parts.time, kind=parts.kind, event_code=event_code, params=_params(parts)
    )


def _action_answered(parts: _Parts) -> Message | None:
    if (action_code := parts.text("actionCode")) is None:
        return None
    return ActionAnswered(
        device_id=parts.device_id, time=parts.time, kind=parts.kind, action_code=action_code, params=_params(parts)
    )


def _upgrade_progress(parts: _Parts) -> Message:
    return UpgradeProgress(device_id=parts.device_id, time=parts.time, kind=parts.kind, data=parts.data)


_PARSERS: Final[dict[str, Callable[[_Parts], Message | None]]] = {
    STATUS_REPORT: _state_reported,
    "dp_report": _state_reported,
    "devicePropertyMessage": _state_reported,
    "deviceQueryPropertyMessage": _state_reported,
    "online": _online,
    "deviceOnline": _online,
    "offline": _offline,
    "deviceOffline": _offline,
    "bind": _bound,
    "bindUser": _bound,
    "deviceBindSpace": _bound,
    "unbind": _unbound,
    "reset": _unbound,
    "delete": _unbound,
    "deviceUnbindSpace": _unbound,
    "name_update": _renamed,
    "nameUpdate": _renamed,
    "deviceNameUpdate": _renamed,
    "dpNameUpdate": _data_point_renamed,
    "voice_nlu": _voice_understood,
    "voice_room_bind": _voice_room_bound,
    "deviceEventMessage": _event_fired,
    "deviceActionResponseMessage": _action_answered,
    "upgradeStatus": _upgrade_progress,
    "deviceOtaProgress": _upgrade_progress,
}


def _params(parts: _Parts) -> Mapping[str, Any]:
    """Return the parameters of an event or an action by code: they come as an object or as a list of code and value."""
    given = parts.data.get("outputParams")
    if (params := _object(given)) is not None:
        return params
    return {
        value.code: value.value
        for item in _array(given) or ()
        if (value := _reported_value(item)) is not None and value.code is not None
    }


def _identifier(value: Any) -> str | None:
    """Return an id or a name as text, None where it is none: an empty one is how the cloud says that there is none."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def _first_identifier(parts: tuple[Mapping[str, Any], ...], names: tuple[str, ...]) -> str | None:
    for name in names:
        for part in parts:
            if (identifier := _identifier(part.get(name))) is not None:
                return identifier
    return None


def _object(value: Any) -> Mapping[str, Any] | None:
    """Return an object that may have come as the text of its JSON, None where it is none."""
    parsed = _parsed(value)
    return parsed if type(parsed) is dict else None


def _array(value: Any) -> list[Any] | None:
    """Return a list that may have come as the text of its JSON, as `nlu` does, None where it is none."""
    parsed = _parsed(value)
    return parsed if type(parsed) is list else None


def _parsed(value: Any) -> Any:
    if type(value) is not str:
        return value
    try:
        return loads(value)
    except ValueError:
        return None
