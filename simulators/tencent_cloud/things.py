"""Calls about products and devices: lists, models, values, controls, actions, messages, X-P2P, waking up (section 1.4)."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
import json
import secrets
from typing import Any, Literal

from .account import Account
from .devices import OFFLINE, ONLINE, ActionEntry, Device, Message, Product
from .errors import FAILED, INVALID_VALUE, NOT_FOUND, UNSUPPORTED, CloudError
from .pages import by_offset
from .thing_model import complaint, initial, inputs_complaint

type Params = Mapping[str, Any]
type Answer = dict[str, Any]

_MOST_PAYLOAD = 16 * 1024
"""Of PublishMessage; our choice."""


class Things:
    """Answers those calls for an account."""

    def __init__(self, account: Account) -> None:
        """Answer for it."""
        self._account = account

    async def products(self, params: Params) -> Answer:
        """DescribeProducts."""
        products = list(self._account.products.values())
        page = by_offset(products, params["Offset"], params["Limit"], self._account.faults.page_size)
        return {"TotalCount": len(products), "Data": [_product(product) for product in page]}

    async def devices(self, params: Params) -> Answer:
        """DescribeDevices; it gives the devices' keys (DevicePsk) as the real one does."""
        self._account.product(params["ProductId"])
        wanted = params.get("DeviceName") or ""
        devices = [
            device
            for device in self._account.devices.values()
            if device.product_id == params["ProductId"] and wanted in device.name
        ]
        page = by_offset(devices, params["Offset"], params["Limit"], self._account.faults.page_size)
        return {"TotalCount": len(devices), "Devices": [_device(device) for device in page]}

    async def device(self, params: Params) -> Answer:
        """DescribeDevice."""
        return _device(self._account.called(params))

    async def model(self, params: Params) -> Answer:
        """DescribeModelDefinition: all definitions are JSON in texts."""
        product = self._account.product(params["ProductId"])
        empty = self._account.faults.empty_models
        return {
            "Model": {
                "ProductId": product.id,
                "ModelDefine": _text(product.model),
                "CategoryModel": "{}" if empty else _text(product.category_model),
                "NetTypeModel": "{}" if empty else _text(product.net_type_model),
                "CreateTime": product.created,
                "UpdateTime": product.created,
            }
        }

    async def data(self, params: Params) -> Answer:
        """DescribeDeviceData: JSON in a text."""
        device = self._account.called(params)
        return {"Data": _text({name: {"Value": value, "LastUpdate": at} for name, (value, at) in device.data.items()})}

    async def control(self, params: Params) -> Answer:
        """ControlDeviceData: a device that gets it does and reports it; Sent says whether it got it."""
        account = self._account
        device = account.called(params)
        values = _object(params["Data"], "Data")
        method = params.get("Method") or "desired"
        if method not in ("desired", "reported"):
            raise CloudError(INVALID_VALUE, "Method is desired or reported.")
        product = account.product(device.product_id)
        for name, value in values.items():
            definition = product.defined("properties", name)
            if definition is None:
                raise CloudError(INVALID_VALUE, f"The model has no property {name}.")
            if method == "desired" and definition["mode"] != "rw":
                raise CloudError(INVALID_VALUE, f"The property {name} is read-only.")
            if text := complaint(definition["define"], value):
                raise CloudError(INVALID_VALUE, f"{name}: {text}.")
        if method == "reported":
            account.report(device.key, values, at=params.get("DataTimestamp"))
            return {"Data": "", "Result": _text({"Sent": 0, "pushResult": 0})}
        sent = device.online == ONLINE and device.subscribed
        if sent:
            for listener in account.controlled:
                listener(device, values)
            account.report(device.key, values)
        return {"Data": "", "Result": _text({"Sent": int(sent), "pushResult": 0})}

    async def call_sync(self, params: Params) -> Answer:
        """CallDeviceActionSync: a device that is offline is told of in Status."""
        entry = self._call(params, "sync")
        return {"ClientToken": entry.token, "OutputParams": _text(entry.outputs), "Status": entry.status}

    async def call_async(self, params: Params) -> Answer:
        """CallDeviceActionAsync: what comes out is pushed."""
        entry = self._call(params, "async")
        return {"ClientToken": entry.token, "Status": "Sent" if entry.status == "success" else entry.status}

    async def publish(self, params: Params) -> Answer:
        """PublishMessage: to a topic of the device itself, "product/name/..."."""
        device = self._account.called(params)
        topic, payload = params["Topic"], params["Payload"]
        if not topic.startswith(f"{device.key}/") or len(topic) == len(device.key) + 1:
            raise CloudError(INVALID_VALUE, "The Topic isn't one of the device.")
        if params.get("Qos") not in (None, 0, 1):
            raise CloudError(INVALID_VALUE, "Qos is 0 or 1.")
        match params.get("PayloadEncoding") or "":
            case "":
                content = payload.encode()
            case "base64":
                try:
                    content = base64.b64decode(payload, validate=True)
                except binascii.Error as err:
                    raise CloudError(INVALID_VALUE, "The Payload is no Base64.") from err
            case _:
                raise CloudError(INVALID_VALUE, "PayloadEncoding is base64 or empty.")
        if len(content) > _MOST_PAYLOAD:
            raise CloudError(INVALID_VALUE, "The Payload is too long.")
        if device.online != ONLINE:
            raise CloudError(FAILED, "The device is offline.")
        message = Message(topic=topic, payload=content, qos=params.get("Qos") or 0)
        device.messages.append(message)
        for listener in self._account.messages:
            listener(device, message)
        return {}

    async def p2p(self, params: Params) -> Answer:
        """DescribeP2PInfo: what the device has told last, also while it is offline."""
        device = self._account.called(params)
        if not device.p2p_info:
            raise CloudError(NOT_FOUND, "The device has told no X-P2P information.")
        return {"P2PInfo": device.p2p_info, "ReportTime": device.p2p_reported}

    async def wake(self, params: Params) -> Answer:
        """WakeUpDevice: a low-power device connects; it needn't be asleep."""
        device = self._account.called(params)
        if not device.low_power:
            raise CloudError(UNSUPPORTED, "The device can't be woken up.")
        for listener in self._account.woken:
            listener(device)
        if device.online == OFFLINE:
            if delay := self._account.faults.wake_delay:
                asyncio.get_running_loop().call_later(delay, self._woken, device)
            else:
                self._woken(device)
        return {}

    def _woken(self, device: Device) -> None:
        # It may have left meanwhile.
        if device.key in self._account.devices:
            self._account.set_online(device.key, online=True)

    def _call(self, params: Params, calling: Literal["sync", "async"]) -> ActionEntry:
        account = self._account
        device = account.called(params)
        definition = account.product(device.product_id).defined("actions", params["ActionId"])
        if definition is None:
            raise CloudError(INVALID_VALUE, "The model has no such action.")
        inputs = _object(params.get("InputParams") or "{}", "InputParams")
        if text := inputs_complaint(definition["input"], inputs):
            raise CloudError(INVALID_VALUE, f"{params['ActionId']}: {text}.")
        asked = account.milliseconds()
        done = device.online == ONLINE
        outputs: Mapping[str, Any] = {}
        if done:
            for listener in account.actions:
                listener(device, params["ActionId"], inputs)
            default = {one["id"]: initial(one["define"]) for one in definition["output"]}
            outputs = default | dict(device.answers.get(params["ActionId"], {}))
        entry = ActionEntry(
            id=params["ActionId"],
            name=definition["name"],
            asked=asked,
            answered=account.milliseconds() if done else 0,
            inputs=inputs,
            outputs=outputs,
            calling=calling,
            token=f"{device.product_id}::{secrets.token_hex(16)}",
            status="success" if done else account.faults.offline_status,
        )
        if done:
            account.tell_action(device, entry)
        else:
            device.actions.append(entry)
        return entry


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _object(text: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as err:
        raise CloudError(INVALID_VALUE, f"{name} is no JSON.") from err
    if not isinstance(value, dict):
        raise CloudError(INVALID_VALUE, f"{name} is no JSON object.")
    return value


def _product(product: Product) -> Answer:
    return {
        "ProductId": product.id,
        "ProductName": product.name,
        "DeviceType": 1,
        "EncryptionType": 2,
        "Features": list(product.features),
        "ChipOs": "Linux",
        "ChipManufactureId": "",
        "ChipId": "",
        "ProductDescription": product.description,
        "CreateTime": product.created,
        "UpdateTime": product.created,
        "NetType": product.net_type,
        "CategoryId": product.category_id,
        "ProductVaildYears": 0,
    }


def _device(device: Device) -> Answer:
    return {
        "DeviceName": device.name,
        "Online": device.online,
        "LoginTime": device.login_time,
        "DevicePsk": device.psk,
        "EnableState": int(device.enabled),
        "ExpireTime": device.expire_time,
        "LogLevel": 0,
    }
