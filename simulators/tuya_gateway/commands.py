"""Whether a set_value can be done.

A model of the documented protocol, not of a real gateway: the page leaves open what an error object holds ("code" and "msg"
with these numbers are ours) and whether one bad value spoils the whole request (here it does: nothing of it is done).
"""

from collections.abc import Mapping
from typing import Any

from .device import SimulatedDevice
from .schema import OutOfRange, WrongType, check_value

BAD_REQUEST = 1000
UNKNOWN_TYPE = 1001
UNKNOWN_DEVICE = 1002
DEVICE_OFFLINE = 1003
UNKNOWN_CODE = 1004
NOT_WRITABLE = 1005
WRONG_TYPE = 1006
OUT_OF_RANGE = 1007


class Refused(Exception):
    """A request that isn't done; `error` is the result's error object."""

    def __init__(self, code: int, msg: str) -> None:
        """Keep what to answer."""
        super().__init__(msg)
        self.error = {"code": code, "msg": msg}


def check_id(message_id: object) -> None:
    """Raise Refused if a request's id is no integer."""
    if isinstance(message_id, bool) or not isinstance(message_id, int):
        raise Refused(BAD_REQUEST, "id is an integer")


def parse_ids(data: object) -> list[str]:
    """Return the device ids that get_schema or get_status asks for; raises Refused."""
    if not isinstance(data, list) or not all(isinstance(one, str) for one in data):
        raise Refused(BAD_REQUEST, "data is a list of device ids")
    return data


def parse_command(devices: Mapping[str, SimulatedDevice], data: object) -> list[tuple[SimulatedDevice, dict[str, Any]]]:
    """Return what a set_value's data would change; raises Refused for the first thing that can't be.

    `data` is [{"devid", "value": [{"k", "v"}]}]; "device" for "devid" is taken too, as the page names both.
    """
    if not isinstance(data, list) or not data:
        raise Refused(BAD_REQUEST, "data is a list of devices")
    return [_parse_element(devices, element) for element in data]


def _parse_element(devices: Mapping[str, SimulatedDevice], element: object) -> tuple[SimulatedDevice, dict[str, Any]]:
    if not isinstance(element, dict) or not isinstance(pairs := element.get("value"), list) or not pairs:
        raise Refused(BAD_REQUEST, "each device has a devid and a list of values")
    devid = element.get("devid", element.get("device"))
    if not isinstance(devid, str) or (device := devices.get(devid)) is None:
        raise Refused(UNKNOWN_DEVICE, "there is no such device")
    if not device.online:
        raise Refused(DEVICE_OFFLINE, "the device is offline")
    values: dict[str, Any] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or not isinstance(code := pair.get("k"), str) or "v" not in pair:
            raise Refused(BAD_REQUEST, "each value has a k and a v")
        _check(device, code, pair["v"])
        values[code] = pair["v"]
    return device, values


def _check(device: SimulatedDevice, code: str, value: object) -> None:
    schema_entry = device.writable(code)
    if schema_entry is None:
        if device.entry(code) is None:
            raise Refused(UNKNOWN_CODE, f"the device has no {code}")
        raise Refused(NOT_WRITABLE, f"{code} can't be written")
    try:
        check_value(schema_entry, value)
    except WrongType as err:
        raise Refused(WRONG_TYPE, str(err)) from err
    except OutOfRange as err:
        raise Refused(OUT_OF_RANGE, str(err)) from err
