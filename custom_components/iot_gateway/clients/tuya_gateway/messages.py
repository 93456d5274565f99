"""Messages: what a gateway's JSON says, with the specification's own slips tolerated (protocols page, 4).

Tolerated: `devid` or `device`, `function` or `functions`, missing `value` and `values`, ids that are numbers, keys
that nobody knows, booleans as 0 and 1. An entry that makes no sense is skipped, the rest is kept; each parser appends
to `problems` what it skipped, in words without content. Values (`v`) are passed on as they are, an object or a JSON
text: the model, which knows the data point's type, decodes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .errors import CommandRejected, UnexpectedAnswer

_ERROR_TEXT_LIMIT = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceDescription:
    """A device's schema. Entries are the raw {"code", "type", "values"} objects; code is a non-empty str in each.

    `function` can be written, `status` is reported.
    """

    id: str
    category: str
    function: tuple[Mapping[str, Any], ...]
    status: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceStatus:
    """A device's state: `values` are raw, by code."""

    id: str
    online: bool
    values: dict[str, Any]


@dataclass(slots=True)
class StateChanged:
    """A device reports values, raw and by code.

    `number` is the id that the gateway gave the event, None where it gave none: the same event told twice has the same.
    """

    id: str
    values: dict[str, Any]
    number: int | None = field(default=None, compare=False)


class OnlineUpdated(NamedTuple):
    """A device went online or offline; it may report values with that."""

    id: str
    online: bool
    values: dict[str, Any]


class RegistryUpdated(NamedTuple):
    """The list of devices changed. What `state` says is not documented: ask for the list again and compare."""

    id: str | None
    state: int | None


type GatewayEvent = StateChanged | OnlineUpdated | RegistryUpdated


def parse_event(message: Mapping[str, Any], problems: list[str]) -> GatewayEvent | None:
    """Return the event in an event message, None where it is of an unknown type or makes no sense.

    `problems` is added to in the second case only.
    """
    data = message.get("data")
    if not isinstance(data, dict):
        data = {}
    device_id = _device_id(data)
    match message.get("event_type"):
        case "state_changed":
            if device_id is None:
                problems.append("state_changed without a device")
                return None
            number = message.get("id")
            return StateChanged(
                device_id, _values(data.get("value"), problems), number if type(number) is int else result_id(message)
            )
        case "online_updated":
            online = _boolean(data.get("state"))
            if device_id is None or online is None:
                problems.append("online_updated without a device or without a state")
                return None
            return OnlineUpdated(id=device_id, online=online, values=_values(data.get("value"), problems))
        case "registry_updated":
            state = data.get("state")
            return RegistryUpdated(id=device_id, state=int(state) if isinstance(state, (bool, int)) else None)
    return None


def parse_device_ids(result: Any, problems: list[str]) -> list[str]:
    """Return the ids of a get_devices result, each once, in its order.

    Raises:
        UnexpectedAnswer: it is no list, or none of its entries is an id. An empty list would mean that all devices
            left, so nothing else is taken for one.
    """
    ids: dict[str, None] = {}
    entries = _array(result, "get_devices")
    for entry in entries:
        device_id = _device_id(entry) if isinstance(entry, dict) else _identifier(entry)
        if device_id is None:
            problems.append("an entry of get_devices that is no id")
        else:
            ids[device_id] = None
    if entries and not ids:
        raise UnexpectedAnswer("the gateway's list of devices holds no ids")
    return list(ids)


def parse_descriptions(result: Any, problems: list[str]) -> Iterator[DeviceDescription]:
    """Yield the devices of a get_schema result.

    Raises:
        UnexpectedAnswer: it is no list.
    """
    for device_id, entry in _devices(result, "get_schema", problems):
        category = entry.get("category")
        yield DeviceDescription(
            id=device_id,
            category=category if isinstance(category, str) else "",
            function=_schema_entries(entry.get("function", entry.get("functions")), problems),
            status=_schema_entries(entry.get("status"), problems),
        )


def parse_statuses(result: Any, problems: list[str]) -> Iterator[DeviceStatus]:
    """Yield the devices of a get_status result; one that does not say whether it is online is taken to be.

    Raises:
        UnexpectedAnswer: it is no list.
    """
    for device_id, entry in _devices(result, "get_status", problems):
        online = _boolean(entry.get("online", True))
        if online is None:
            problems.append("an online that is no boolean")
        yield DeviceStatus(id=device_id, online=online is not False, values=_values(entry.get("value"), problems))


def command_data(values: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the data of a set_value request for {device: {code: raw}}.

    The specification's table says `device`, its example `devid`; the example's is sent.
    """
    return [
        {"devid": device_id, "value": [{"k": code, "v": raw} for code, raw in codes.items()]}
        for device_id, codes in values.items()
    ]


def take_result(message: Mapping[str, Any], request_type: str) -> Any:
    """Return the result of a result message, None where it has none.

    Raises:
        CommandRejected: success is false.
        UnexpectedAnswer: it does not say whether it succeeded.
    """
    success = _boolean(message.get("success"))
    if success is None and "error" not in message and "result" in message:
        success = True
    if success:
        return message.get("result")
    if success is None and "error" not in message:
        raise UnexpectedAnswer(f"the gateway's answer to {request_type} does not say whether it succeeded")
    error = message.get("error")
    fields = error if isinstance(error, dict) else {"message": error}
    code = next((fields[name] for name in ("code", "error_code") if isinstance(fields.get(name), (int, str))), None)
    text = next((text for name in ("message", "msg") if isinstance(text := fields.get(name), str)), "")
    said = " ".join(text.split())[:_ERROR_TEXT_LIMIT] or f"the gateway rejected {request_type}"
    raise CommandRejected(said if code is None else f"{said} (code {str(code)[:_ERROR_TEXT_LIMIT]})", code, error)


def result_id(message: Mapping[str, Any]) -> int | None:
    """Return the id of a message, of a result the request's that it answers; an id may come as 3, 3.0 or "3"."""
    match message.get("id"):
        case bool():
            return None
        case int() as number:
            return number
        case float() as number if number.is_integer():
            return int(number)
        case str() as text if text.isascii() and text.isdigit() and len(text) < 20:
            return int(text)
    return None


def _identifier(value: Any) -> str | None:
    """Return an id as text, None where it is none."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def _device_id(entry: Mapping[str, Any]) -> str | None:
    """Return the device that an object is about: `devid` in the examples, `device` once in a table."""
    return _identifier(entry.get("devid")) or _identifier(entry.get("device"))


def _boolean(value: Any) -> bool | None:
    """Return a boolean that may have come as 0, 1 or text, None where it is none."""
    match value:
        case bool():
            return value
        case 0 | 1:
            return bool(value)
        case str():
            return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return None


def _values(entries: Any, problems: list[str]) -> dict[str, Any]:
    """Return a list of {"k", "v"} as {k: v}."""
    values: dict[str, Any] = {}
    if type(entries) is not list:
        if entries is not None:
            problems.append("a list of values that is none")
        return values
    for entry in entries:
        if type(entry) is dict and "v" in entry and (code := _identifier(entry.get("k"))) is not None:
            values[code] = entry["v"]
        else:
            problems.append("a value without its k or v")
    return values


def _schema_entries(entries: Any, problems: list[str]) -> tuple[Mapping[str, Any], ...]:
    """Return the usable entries of a function or status set."""
    if not isinstance(entries, list):
        if entries is not None:
            problems.append("a function or status set that is no list")
        return ()
    return tuple(_with_code(entries, problems))


def _with_code(entries: Iterable[Any], problems: list[str]) -> Iterator[Mapping[str, Any]]:
    for entry in entries:
        code = _identifier(entry.get("code")) if isinstance(entry, dict) else None
        if code is None:
            problems.append("a schema entry without a code")
        else:
            yield entry if entry["code"] is code else {**entry, "code": code}


def _devices(result: Any, request_type: str, problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the entries of a result that are about a device, with its id."""
    for entry in _array(result, request_type):
        if isinstance(entry, dict) and (device_id := _device_id(entry)) is not None:
            yield device_id, entry
        else:
            problems.append(f"an entry of {request_type} without a device")


def _array(result: Any, request_type: str) -> list[Any]:
    if not isinstance(result, list):
        raise UnexpectedAnswer(f"the gateway's answer to {request_type} holds no list")
    return result
