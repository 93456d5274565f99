"""The calls about devices: lists, details, specifications, states and commands (tuya_ipc_webrtc.md, section 1.4)."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
import json
from typing import Any

from simulators.tuya_gateway.schema import OutOfRange, WrongType, check_value

from .calls import Call, Endpoint, permitted
from .devices import CloudDevice
from .errors import DEVICE_OFFLINE, NOT_SUPPORTED, PARAM_EMPTY, PARAM_ILLEGAL, PERMISSION_DENY, ApiError
from .faults import Faults

_PAGE = 20
_LONGEST_PAGE = 100

type Commanded = Callable[[CloudDevice, Mapping[str, Any]], Awaitable[None]]


class DeviceApi:
    """Answers for a mapping of devices, which may change at any time; `commanded` does what a command says."""

    def __init__(self, devices: Mapping[str, CloudDevice], faults: Faults, commanded: Commanded) -> None:
        """Answer for devices."""
        self._devices = devices
        self._faults = faults
        self._commanded = commanded

    def endpoints(self) -> Sequence[Endpoint]:
        """Return what this answers."""
        return (
            Endpoint("devices", "GET", ("/v1.0/iot-01/associated-users/devices",), self._associated),
            Endpoint("user_devices", "GET", ("/v1.0/users/{uid}/devices",), self._of_user),
            Endpoint("device", "GET", ("/v1.0/devices/{device_id}",), self._details),
            Endpoint(
                "device", "GET", ("/v1.0/iot-03/devices/{device_id}", "/v1.1/iot-03/devices/{device_id}"), self._thing
            ),
            Endpoint("device_batch", "GET", ("/v1.0/devices",), self._batch),
            Endpoint("device_batch", "GET", ("/v1.0/iot-03/devices",), self._batch_of_things),
            Endpoint(
                "device_batch", "GET", ("/v1.2/iot-03/devices", "/v1.3/iot-03/devices"), self._page_of_things
            ),
            Endpoint(
                "specification",
                "GET",
                (
                    "/v1.0/devices/{device_id}/specifications",
                    "/v1.0/iot-03/devices/{device_id}/specification",
                    "/v1.1/devices/{device_id}/specifications",
                    "/v1.2/iot-03/devices/{device_id}/specification",
                ),
                self._specification,
            ),
            Endpoint(
                "status_batch", "GET", ("/v1.0/devices/status", "/v1.0/iot-03/devices/status"), self._status_of_many
            ),
            Endpoint(
                "status",
                "GET",
                ("/v1.0/devices/{device_id}/status", "/v1.0/iot-03/devices/{device_id}/status"),
                self._status,
            ),
            Endpoint(
                "commands",
                "POST",
                ("/v1.0/devices/{device_id}/commands", "/v1.0/iot-03/devices/{device_id}/commands"),
                self._commands,
            ),
        )  # fmt: skip

    # Lists

    async def _associated(self, call: Call) -> dict[str, Any]:
        size = call.count("size", _PAGE, _LONGEST_PAGE)
        page, more, key = self._page(list(self._devices.values()), call, size)
        return {
            "devices": [device.listed() for device in page],
            "has_more": more,
            "last_row_key": key,
            "total": len(self._devices),
        }

    async def _page_of_things(self, call: Call) -> dict[str, Any]:
        devices = list(self._devices.values())
        if "device_ids" in call.query:
            devices = [self._device(one) for one in call.ids()]
        elif call.query.get("source_type") == "tuyaUser":
            devices = [device for device in devices if device.uid == call.text("source_id")]
        page, more, key = self._page(devices, call, call.count("page_size", _PAGE, 200))
        return {
            "list": [device.as_thing() for device in page],
            "has_more": more,
            "last_row_key": key,
            "total": len(devices),
        }

    async def _of_user(self, call: Call) -> list[dict[str, Any]]:
        mine = [device.detailed() for device in self._devices.values() if device.uid == call.path["uid"]]
        if not mine:
            raise ApiError(PERMISSION_DENY)
        return mine

    async def _batch(self, call: Call) -> dict[str, Any]:
        found = [self._device(one).detailed() for one in call.ids()]
        return {"devices": found, "total": len(found), "page_no": 1, "page_size": len(found), "has_more": False}

    async def _batch_of_things(self, call: Call) -> dict[str, Any]:
        found = [self._device(one).as_thing() for one in call.ids()]
        return {"list": found, "total": len(found)}

    def _page(
        self, devices: list[CloudDevice], call: Call, size: int
    ) -> tuple[list[CloudDevice], bool, str]:  # fmt: skip
        """Return what is on a page, whether there is more, and the key of its last row, which nobody but us can read."""
        start = _row(call.query.get("last_row_key", ""))
        end = start + min(size, self._faults.page_size)
        page = devices[start:end]
        return page, end < len(devices), _row_key(start + len(page))

    # One device

    async def _details(self, call: Call) -> dict[str, Any]:
        return permitted(self._devices, call).detailed()

    async def _thing(self, call: Call) -> dict[str, Any]:
        return permitted(self._devices, call).as_thing()

    async def _specification(self, call: Call) -> dict[str, Any]:
        device = permitted(self._devices, call)
        return {"category": device.category, "functions": device.function, "status": device.status}

    async def _status(self, call: Call) -> list[dict[str, Any]]:
        return permitted(self._devices, call).status_list()

    async def _status_of_many(self, call: Call) -> list[dict[str, Any]]:
        return [{"id": one, "status": self._device(one).status_list()} for one in call.ids()]

    async def _commands(self, call: Call) -> bool:
        device = permitted(self._devices, call)
        commands = call.body.get("commands")
        if not isinstance(commands, list) or not commands:
            raise ApiError(PARAM_EMPTY)
        if not device.online:
            raise ApiError(DEVICE_OFFLINE)
        # All or nothing: the page doesn't say what becomes of the good ones among bad ones.
        values = dict(_command(device, one) for one in commands)
        # The cloud is faster than the device: its answer doesn't wait for the report, but the report mustn't get lost with it.
        await asyncio.shield(self._commanded(device, values))
        return True

    def _device(self, device_id: str) -> CloudDevice:
        if (device := self._devices.get(device_id)) is None:
            raise ApiError(PERMISSION_DENY)
        return device


def _command(device: CloudDevice, command: object) -> tuple[str, Any]:
    if not isinstance(command, dict) or not isinstance(code := command.get("code"), str) or "value" not in command:
        raise ApiError(PARAM_ILLEGAL)
    schema_entry = device.writable(code)
    if schema_entry is None:
        raise ApiError(NOT_SUPPORTED)
    value = command["value"]
    try:
        check_value(schema_entry, value)
    except (WrongType, OutOfRange) as err:
        raise ApiError(NOT_SUPPORTED) from err
    # It takes JSON as an object too, and tells it as text.
    return code, json.dumps(value, separators=(",", ":")) if isinstance(value, (dict, list)) else value


def _row_key(row: int) -> str:
    return urlsafe_b64encode(f"row:{row}".encode()).decode()


def _row(key: str) -> int:
    if not key:
        return 0
    try:
        word, _, number = urlsafe_b64decode(key).decode().partition(":")
    except (binascii.Error, ValueError) as err:
        raise ApiError(PARAM_ILLEGAL) from err
    if word != "row" or not number.isdecimal():
        raise ApiError(PARAM_ILLEGAL)
    return int(number)
