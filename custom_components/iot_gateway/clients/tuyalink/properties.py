"""The properties of a device: reported one device or many at a time, as history, and as the cloud wishes them to be.

Protocols page B3. The name of the sub-devices' array, missing there, is `subDevices` in "Properties, Actions, and Events", with
the limits that hold for it: 20 sub-devices in a message, and less than 500 entries of history.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from . import topics
from .errors import MessageInvalid, MessageTooLarge
from .messages import encode
from .packing import ROOM, pack
from .records import EventRecord, PropertyRecord, Record

if TYPE_CHECKING:
    from .link import TuyaLink
    from .topics import Topic

MOST_SUB_DEVICES: Final = 20
"""Sub-devices in one batch or history report."""
MOST_HISTORY: Final = 499
"""Entries in one history report."""

_DEVICE_FRAME: Final = len('{"deviceId":"","properties":{},"events":{}},')
_ENTRY_FRAME: Final = len('{"":},')


@dataclass(frozen=True, slots=True, kw_only=True)
class SubDeviceData:
    """What a gateway reports of one of its sub-devices: values and events by code, each with its time in milliseconds."""

    properties: Mapping[str, tuple[Any, int]] = field(default_factory=dict)
    events: Mapping[str, tuple[Mapping[str, Any], int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredProperty:
    """What the cloud wishes a property to be; `version` names the wish, for `delete_desired`."""

    code: str
    value: Any = field(repr=False)
    version: str


def record_size(record: Record) -> int:
    """Return how many bytes a record takes in a report, the frame of its device aside; raises MessageInvalid."""
    return len(encode(record.code)) + len(encode(record.body)) + _ENTRY_FRAME


def device_size(device_id: str) -> int:
    """Return how many bytes the frame of a device takes in a batch or history report."""
    return len(encode(device_id)) + _DEVICE_FRAME


async def report(
    link: TuyaLink,
    device_id: str,
    values: Mapping[str, tuple[Any, int]],
    *,
    ack: bool = False,
    timeout: float = 10.0,
) -> None:
    """Report values of one device, in as many messages as they need.

    Args:
        link: that carries them.
        device_id: of the device, ours or a sub-device's.
        values: value and time of its change (milliseconds since the epoch) by code.
        ack: wait for the cloud's answer; without, for the broker's confirmation only.
        timeout: seconds that each answer may take.

    Raises:
        MessageTooLarge: some values, `codes`, are too large for any message; the others were reported.
        LinkLost, MessageInvalid; with `ack` also CloudRefused and AnswerTimeout.
    """
    records = [
        PropertyRecord(device_id=device_id, code=code, value=value, time=time) for code, (value, time) in values.items()
    ]
    sizes, too_large = _sized(records)
    for chunk in pack(sizes, room=ROOM, most=len(records)):
        await _tell(
            link, topics.PROPERTY_REPORT, {record.code: record.body for record in chunk}, device_id, ack, timeout
        )
    _complain(too_large)


async def get_desired(
    link: TuyaLink, device_id: str, codes: Iterable[str], *, timeout: float = 10.0
) -> dict[str, DesiredProperty]:
    """Ask what the cloud wishes properties to be, by code; those without a wish are missing. Raises LinkError."""
    data = await link.request(topics.DESIRED_GET, {"properties": list(codes)}, device_id=device_id, timeout=timeout)
    properties = data.get("properties") if isinstance(data, dict) else None
    return {
        code: DesiredProperty(code=code, value=entry["value"], version=str(entry.get("version", "")))
        for code, entry in (properties if isinstance(properties, dict) else {}).items()
        if isinstance(entry, dict) and "value" in entry
    }


async def delete_desired(link: TuyaLink, device_id: str, versions: Mapping[str, str], *, timeout: float = 10.0) -> None:
    """Clear wishes that were fulfilled or cannot be, named by code and version; raises LinkError.

    A wish that was changed meanwhile has another version, and stays.
    """
    data = {"properties": {code: {"version": version} for code, version in versions.items()}}
    await link.request(topics.DESIRED_DELETE, data, device_id=device_id, timeout=timeout)


async def report_batch(
    link: TuyaLink,
    device_id: str,
    properties: Mapping[str, tuple[Any, int]] | None = None,
    events: Mapping[str, tuple[Mapping[str, Any], int]] | None = None,
    sub_devices: Mapping[str, SubDeviceData] | None = None,
    *,
    ack: bool = False,
    timeout: float = 10.0,
) -> None:
    """Report values and events of a device and, of a gateway, of its sub-devices, in as many messages as they need.

    Args:
        link: that carries them.
        device_id: of the device or the gateway.
        properties: its values by code, each with its time in milliseconds.
        events: the output parameters of its events by code, each with its time in milliseconds.
        sub_devices: the same by the sub-devices' ids.
        ack: wait for the cloud's answer; without, for the broker's confirmation only.
        timeout: seconds that each answer may take.

    Raises:
        MessageTooLarge: some entries, `codes`, are too large for any message; the others were reported.
        LinkLost, MessageInvalid; with `ack` also CloudRefused (2121: some entries, 2122: all) and AnswerTimeout.
    """
    own = SubDeviceData(properties=properties or {}, events=events or {})
    records: list[Record] = []
    for owner, entries in {device_id: own, **(sub_devices or {})}.items():
        records += [
            PropertyRecord(device_id=owner, code=code, value=value, time=time)
            for code, (value, time) in entries.properties.items()
        ]
        records += [
            EventRecord(device_id=owner, code=code, outputs=outputs, time=time)
            for code, (outputs, time) in entries.events.items()
        ]
    await report_records(link, device_id, records, ack=ack, timeout=timeout)


async def report_records(
    link: TuyaLink, device_id: str, records: Sequence[Record], *, ack: bool = False, timeout: float = 10.0
) -> None:
    """Report records as `report_batch` does, of which at most one may share device, kind and code with another."""
    sizes, too_large = _sized(records)
    for chunk in _pack_devices(device_id, sizes, most=len(records)):
        data: dict[str, Any] = {}
        for owner, own in _by_device(chunk).items():
            part = _grouped(own, lambda of_kind: {record.code: record.body for record in of_kind})
            _place(data, device_id, owner, part)
        await _tell(link, topics.BATCH_REPORT, data, device_id, ack, timeout)
    _complain(too_large)


async def report_history(
    link: TuyaLink, device_id: str, records: Sequence[Record], *, ack: bool = True, timeout: float = 10.0
) -> None:
    """Report what happened in the past, in as many messages as it needs.

    The cloud takes what comes last in a message for the newest state, so the records of each property have to ascend in time.

    Args:
        link: that carries them.
        device_id: of the device or the gateway.
        records: of it and of its sub-devices.
        ack: wait for the cloud's answer; without, for the broker's confirmation only.
        timeout: seconds that each answer may take.

    Raises:
        MessageTooLarge: some records, `codes`, are too large for any message; the others were reported.
        LinkLost, MessageInvalid; with `ack` also CloudRefused (2121: some entries, 2122: all) and AnswerTimeout.
    """
    sizes, too_large = _sized(records)
    for chunk in _pack_devices(device_id, sizes, most=MOST_HISTORY):
        data: dict[str, Any] = {}
        for owner, own in _by_device(chunk).items():
            part = _grouped(own, lambda of_kind: [{record.code: record.body} for record in of_kind])
            _place(data, device_id, owner, part)
        await _tell(link, topics.HISTORY_REPORT, data, device_id, ack, timeout)
    _complain(too_large)


async def _tell(link: TuyaLink, topic: Topic, data: Any, device_id: str, ack: bool, timeout: float) -> None:
    if ack:
        await link.request(topic, data, device_id=device_id, timeout=timeout)
    else:
        await link.publish(topic, data, device_id=device_id)


def _sized[T: Record](records: Iterable[T]) -> tuple[list[tuple[T, int]], list[T]]:
    """Return the records that fit into a message, with their sizes, and those that don't."""
    sizes, too_large = [], []
    for record in records:
        size = record_size(record)
        if size + device_size(record.device_id) > ROOM:
            too_large.append(record)
        else:
            sizes.append((record, size))
    return sizes, too_large


def _complain(too_large: Sequence[Record]) -> None:
    if too_large:
        codes = tuple(dict.fromkeys(record.code for record in too_large))
        raise MessageTooLarge(f"Too large for a message: {', '.join(codes)}", codes)


def _pack_devices(device_id: str, sizes: Sequence[tuple[Record, int]], *, most: int) -> Iterable[list[Record]]:
    """Yield the records for one message after the other, in their order."""
    packed: list[Record] = []
    owners: set[str] = set()
    used = 0
    for record, size in sizes:
        owner = record.device_id
        frame = 0 if owner in owners else device_size(owner)
        others = len(owners | {owner}) - (device_id in owners or owner == device_id)
        if packed and (used + size + frame > ROOM or len(packed) >= most or others > MOST_SUB_DEVICES):
            yield packed
            packed, owners, used = [], set(), 0
            frame = device_size(owner)
        packed.append(record)
        owners.add(owner)
        used += size + frame
    if packed:
        yield packed


def _by_device(records: Iterable[Record]) -> dict[str, list[Record]]:
    devices: dict[str, list[Record]] = {}
    for record in records:
        devices.setdefault(record.device_id, []).append(record)
    return devices


def _grouped(records: Sequence[Record], form: Any) -> dict[str, Any]:
    """Return the properties and the events among records, each in their form, without what is empty."""
    properties = [record for record in records if isinstance(record, PropertyRecord)]
    events = [record for record in records if isinstance(record, EventRecord)]
    return {name: form(of_kind) for name, of_kind in (("properties", properties), ("events", events)) if of_kind}


def _place(data: dict[str, Any], device_id: str, owner: str, part: Mapping[str, Any]) -> None:
    """Put the part of a device where it belongs: our own at the top, a sub-device's into their array."""
    if owner == device_id:
        data.update(part)
        return
    if not topics.is_device_id(owner):
        raise MessageInvalid("The id of a sub-device is none")
    data.setdefault("subDevices", []).append({"deviceId": owner, **part})
