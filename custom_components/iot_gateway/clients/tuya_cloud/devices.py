"""Devices of the app accounts that are linked to a project: which there are, what they can, their states, commands.

Sources: tuya_ipc_webrtc.md 1.4, and the pages "Get Device List v2" (997abb41b9?id=Ka7kk116tsy0c, whose entries those of the
linked accounts equal), "Get Device List" of iot-03 (0f866b1299?id=Kb3d6972ym5np) and "Get Status of Devices" below
https://developer.tuya.com/en/docs/cloud/.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import Any, Final

from .api import TuyaCloudApi
from .errors import (
    NO_SUCH_PATH,
    CloudError,
    NotSubscribed,
    NotSupported,
    PermissionDenied,
    RequestInvalid,
    UnknownCloudError,
)

_LIST_PATH: Final = "/v1.0/iot-01/associated-users/devices"
_PAGE_SIZE: Final = 100
_MOST_PAGES: Final = 50
"""A list that has no end is none."""
_BATCH: Final = 20
"""So many devices a call may name."""

_NOT_HERE: Final = (RequestInvalid, PermissionDenied, NotSubscribed, NotSupported, UnknownCloudError)
"""Refusals that another path, or doing without, may help against; the others would meet every call."""

_NO_DEVICES: Final[Mapping[str, CloudDevice]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudDevice:
    """A device as the cloud lists it; texts are empty where it tells nothing.

    `uid` is the app account, whose calls cameras need. `node_id` and `gateway_id` are those of a sub-device (`sub`).
    `status` has raw values by code, as they were last reported.
    """

    id: str
    uid: str = ""
    category: str = ""
    name: str = ""
    product_id: str = ""
    product_name: str = ""
    model: str = ""
    node_id: str = ""
    gateway_id: str = ""
    online: bool = False
    sub: bool = False
    local_key: str = field(default="", repr=False)
    ip: str = field(default="", repr=False)
    status: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Specification:
    """What a device can: entries `{"code", "type", "values"}` of what may be set and of what is reported."""

    category: str = ""
    functions: tuple[Mapping[str, Any], ...] = ()
    status: tuple[Mapping[str, Any], ...] = ()


async def list_devices(api: TuyaCloudApi, *, known: Mapping[str, CloudDevice] = _NO_DEVICES) -> list[CloudDevice]:
    """Return all devices of all linked accounts, with their states; raises CloudError.

    One call for a hundred devices. The list does not say which gateway a sub-device is behind; that costs a further call
    for twenty of them, unless `known` has it from an earlier list. A device that two accounts have (one shares it with
    the other) is that one's which `known` says, else the first one's: a camera's views end when its account changes.
    """
    entries: dict[str, Mapping[str, Any]] = {}
    row_key = ""
    for _ in range(_MOST_PAGES):
        result = await api.call(
            "GET",
            _LIST_PATH,
            query={"size": str(_PAGE_SIZE), **({"last_row_key": row_key} if row_key else {})},
            name="devices",
        )
        page = result if isinstance(result, Mapping) else {}
        for entry in _entries(page.get("devices")):
            device_id = _text(entry.get("id"))
            before = known.get(device_id)
            if device_id and (device_id not in entries or (before and before.uid == _text(entry.get("uid")))):
                entries[device_id] = entry
        previous, row_key = row_key, _text(page.get("last_row_key"))
        if not page.get("has_more") or not row_key or row_key == previous:
            break
    devices = {device_id: _device(entry) for device_id, entry in entries.items()}
    await _add_gateways(api, devices, known)
    if without_status := [device_id for device_id, entry in entries.items() if "status" not in entry]:
        for device_id, status in (await get_status(api, without_status)).items():
            if device_id in devices:
                devices[device_id] = replace(devices[device_id], status=status)
    return list(devices.values())


async def has_devices(api: TuyaCloudApi) -> bool:
    """Return whether any device is in a linked account, which takes one call; raises CloudError."""
    result = await api.call("GET", _LIST_PATH, query={"size": "1"}, name="devices")
    return any(_entries(result.get("devices") if isinstance(result, Mapping) else None))


async def get_specification(api: TuyaCloudApi, device_id: str) -> Specification:
    """Return what a device can, an empty one where the cloud has none for it; raises CloudError."""
    name = "specification"
    try:
        result = await api.call("GET", f"/v1.0/devices/{device_id}/specifications", name=name)
    except _NOT_HERE:
        try:
            result = await api.call("GET", f"/v1.2/iot-03/devices/{device_id}/specification", name=name)
        except _NOT_HERE:
            return Specification()
    found = result if isinstance(result, Mapping) else {}
    return Specification(
        category=_text(found.get("category")),
        functions=tuple(_entries(found.get("functions"))),
        status=tuple(_entries(found.get("status"))),
    )


async def get_status(api: TuyaCloudApi, device_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return raw values by code of devices, by id; what the cloud does not tell of is left out. Raises CloudError."""
    found: dict[str, dict[str, Any]] = {}
    for some in batched(device_ids, _BATCH, strict=False):
        try:
            result = await api.call(
                "GET", "/v1.0/iot-03/devices/status", query={"device_ids": ",".join(some)}, name="status"
            )
        except _NOT_HERE:
            # One that the project may not see spoils it for all
            for device_id in some:
                try:
                    values = await api.call("GET", f"/v1.0/devices/{device_id}/status", name="status of one")
                except _NOT_HERE:
                    continue
                found[device_id] = _values(values)
        else:
            for entry in _entries(result):
                found[_text(entry.get("id"))] = _values(entry.get("status"))
    return found


async def send_commands(api: TuyaCloudApi, device_id: str, values: Mapping[str, Any]) -> None:
    """Set raw values of a device, by code; returns once the cloud has taken them, raises CloudError."""
    body = {"commands": [{"code": code, "value": raw} for code, raw in values.items()]}
    try:
        result = await api.call("POST", f"/v1.0/devices/{device_id}/commands", body=body, name="commands")
    except CloudError as err:
        if err.code != NO_SUCH_PATH:
            raise
        result = await api.call("POST", f"/v1.0/iot-03/devices/{device_id}/commands", body=body, name="commands")
    if result is False:
        raise UnknownCloudError("the cloud did not pass the command on")


async def _add_gateways(api: TuyaCloudApi, devices: dict[str, CloudDevice], known: Mapping[str, CloudDevice]) -> None:
    """Put the gateways of sub-devices in, where the list lacks them."""
    asked = []
    for device_id, device in devices.items():
        if not device.sub or device.gateway_id:
            continue
        if (before := known.get(device_id)) is not None:
            devices[device_id] = replace(device, gateway_id=before.gateway_id, node_id=device.node_id or before.node_id)
        else:
            asked.append(device_id)
    for some in batched(asked, _BATCH, strict=False):
        try:
            result = await api.call(
                "GET", "/v1.0/iot-03/devices", query={"device_ids": ",".join(some)}, name="device details"
            )
        except _NOT_HERE:
            return
        for entry in _entries(result.get("list") if isinstance(result, Mapping) else result):
            if (device_id := _text(entry.get("id"))) in devices:
                device = devices[device_id]
                devices[device_id] = replace(
                    device,
                    gateway_id=_text(entry.get("gateway_id")),
                    node_id=device.node_id or _text(entry.get("node_id")),
                )


def _device(entry: Mapping[str, Any]) -> CloudDevice:
    """Return the device that an entry of the list describes."""
    texts = ("id", "uid", "category", "product_id", "model", "node_id", "gateway_id", "local_key", "ip")
    return CloudDevice(
        **{name: _text(entry.get(name)) for name in texts},
        name=_text(entry.get("name")).strip(),
        product_name=_text(entry.get("product_name")).strip(),
        online=entry.get("online") is True,
        sub=entry.get("sub") is True,
        status=_values(entry.get("status")),
    )


def _entries(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; anything else is none."""
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, Mapping))


def _values(value: object) -> dict[str, Any]:
    """Return raw values by code of a list of `{"code", "value"}`."""
    return {code: entry.get("value") for entry in _entries(value) if (code := _text(entry.get("code")))}


def _text(value: object) -> str:
    """Return a text, empty where it is none."""
    return value if isinstance(value, str) else ""
