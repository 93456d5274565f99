"""The simulated TuyaLink cloud's remote control: HTTP with JSON, on loopback, for the demo and for tests in another process.

GET /state, /received?after=N (what came after the N-th message). POST /set {devid, values, ack, timeout}, /action {devid, code,
inputs, timeout}, /desire {devid, values}, /firmware {devid, channel, version}, /bind {devid, gateway}, /unbind {devid}, /topology
{gateway, added, deleted}, /raw {devid, data}, /publish {devid, function, body}, /malformed {devid, kind, function}, /kick {devid},
/secret {devid, secret}, /rival {devid, present, persistent, delay}, /faults {name: value, ...}, /stop, /start. Without devid (or
gateway) it is the first device that connects by itself. /set and /action answer with what the device does: {"code", "data",
"seconds"}; `checked` false sends what the model or the device's absence would forbid. What is wrong with a request is told as
{"error": text}: 400 for bad input, 404 for what there isn't, 409 for what can't be done now, 504 for a device that doesn't answer.
It's no part of any protocol.
"""

import base64
from typing import Any, ClassVar

from aiohttp import web

from simulators.mqtt_broker import BrokerFailed
from simulators.remote_control import (
    BadRequest,
    Body,
    Errors,
    RemoteControl,
    after,
    common_actions,
    flag,
    json_object,
    number,
    one_of,
    text,
)

from .codes import Refused
from .devices import LinkDevice
from .server import ANSWER_TIMEOUT, MALFORMED, Answer, DeviceOffline, NoAnswer, TuyaLinkCloudSimulator, UnknownDevice
from .topics import DOWNLINKS

_MOST_SECONDS = 3600.0


class ControlServer(RemoteControl):
    """Serves the remote control of one cloud, also while that is stopped."""

    ERRORS: ClassVar[Errors] = {
        UnknownDevice: (404, "there is no such device: {0}"),
        Refused: 400,
        DeviceOffline: 409,
        BrokerFailed: 409,
        NoAnswer: 504,
    }

    def __init__(self, simulator: TuyaLinkCloudSimulator, *, port: int = 0) -> None:
        """Control a simulator; `port` 0 lets the system pick one."""
        self._simulator = simulator
        super().__init__(
            looks={"/state": self._state, "/received": self._received},
            actions={
                **common_actions(simulator),
                "/set": self._set,
                "/action": self._action,
                "/desire": self._desire,
                "/firmware": self._firmware,
                "/bind": self._bind,
                "/unbind": self._unbind,
                "/topology": self._topology,
                "/raw": self._raw,
                "/publish": self._publish,
                "/malformed": self._malformed,
                "/kick": self._kick,
                "/secret": self._secret,
                "/rival": self._rival,
            },
            port=port,
        )

    # Looking

    async def _state(self, _: web.Request) -> web.Response:
        simulator = self._simulator
        return web.json_response(
            {
                "host": simulator.host,
                "port": simulator.port,
                "running": simulator.running,
                "calls": dict(simulator.calls),
                "answers": [
                    {"function": function, "code": code, "count": count}
                    for (function, code), count in simulator.answers.items()
                ],
                "connects": len(simulator.gate.attempts),
                "refused": [
                    {"code": one.code, "why": one.why, "devid": one.device_id}
                    for one in simulator.gate.attempts
                    if one.code
                ],
                "violations": simulator.violations,
                "devices": [_device_state(one) for one in simulator.devices.values()],
                "products": [
                    {"id": one.id, "name": one.name, "gateway": one.gateway, "sub_device": one.sub_device}
                    for one in simulator.products.values()
                ],
                "faults": simulator.faults.as_json(),
            }
        )

    async def _received(self, request: web.Request) -> web.Response:
        received = self._simulator.received
        return web.json_response(
            {
                "count": len(received),
                "messages": [
                    {
                        "devid": one.device_id,
                        "function": one.function,
                        "data": None if one.message is None else one.message.data,
                        "code": None if one.message is None else one.message.code,
                    }
                    for one in received[after(request) :]
                ],
            }
        )

    # Commands

    async def _set(self, body: Body) -> Body:
        answer = await self._simulator.set_property(
            self._devid(body),
            _values(body),
            ack=flag(body, "ack", default=True),
            checked=flag(body, "checked", default=True),
            timeout=_timeout(body),
        )
        return _answer(answer)

    async def _action(self, body: Body) -> Body:
        answer = await self._simulator.execute_action(
            self._devid(body),
            text(body, "code"),
            json_object(body, "inputs", {}),
            checked=flag(body, "checked", default=True),
            timeout=_timeout(body),
        )
        return _answer(answer)

    async def _desire(self, body: Body) -> Body:
        device_id = self._devid(body)
        await self._simulator.desire(device_id, _values(body))
        return {"desired": _device_state(self._simulator.device(device_id))["desired"]}

    async def _firmware(self, body: Body) -> Body:
        version = text(body, "version", default="9.9.9")
        channel = int(number(body, "channel", 100, default=0))
        return await self._simulator.issue_firmware(self._devid(body), channel=channel, version=version)

    async def _bind(self, body: Body) -> Body:
        await self._simulator.bind(self._devid(body), self._devid(body, "gateway"))
        return {}

    async def _unbind(self, body: Body) -> Body:
        await self._simulator.unbind(self._devid(body))
        return {}

    async def _topology(self, body: Body) -> Body:
        await self._simulator.topology_change(
            self._devid(body, "gateway"), added=_texts(body, "added"), deleted=_texts(body, "deleted")
        )
        return {}

    async def _raw(self, body: Body) -> Body:
        try:
            data = base64.b64decode(text(body, "data"), validate=True)
        except ValueError as err:
            message = "data is Base64"
            raise BadRequest(message) from err
        await self._simulator.send_raw(self._devid(body), data)
        return {}

    async def _publish(self, body: Body) -> Body:
        function = text(body, "function")
        if function not in DOWNLINKS:
            message = f"function is one of {', '.join(sorted(DOWNLINKS))}"
            raise BadRequest(message)
        return {"msgId": await self._simulator.publish(self._devid(body), function, json_object(body, "body"))}

    async def _malformed(self, body: Body) -> Body:
        function = text(body, "function", default="thing/property/set")
        await self._simulator.send_malformed(self._devid(body), one_of(body, "kind", MALFORMED, "no_json"), function)
        return {}

    # What happens to connections

    async def _kick(self, body: Body) -> Body:
        return {"kicked": self._simulator.kick(self._devid(body))}

    async def _secret(self, body: Body) -> Body:
        await self._simulator.reset_secret(self._devid(body), text(body, "secret"))
        return {}

    async def _rival(self, body: Body) -> Body:
        device_id = self._devid(body)
        if not flag(body, "present"):
            await self._simulator.release(device_id)
            return {"connections": 0}
        rival = await self._simulator.take_over(
            device_id,
            persistent=flag(body, "persistent", default=False),
            delay=number(body, "delay", _MOST_SECONDS, default=0.0),
        )
        return {"connections": rival.connections}

    def _devid(self, body: Body, key: str = "devid") -> str:
        device_id = text(body, key) if key in body else self._simulator.gateway.id
        return self._simulator.device(device_id).id


def _device_state(device: LinkDevice) -> dict[str, Any]:
    return {
        "devid": device.id,
        "product_id": device.product.id,
        "client_id": device.client_id,
        "gateway": device.gateway_id,
        "sub_device": device.sub_device,
        "online": device.online,
        "values": {code: one.value for code, one in device.values.items()},
        "reports": device.reports,
        "history": len(device.history),
        "events": [{"code": one.code, "outputs": one.outputs, "time": one.time} for one in device.events],
        "desired": {code: {"value": one.value, "version": one.version} for code, one in device.desired.items()},
        "versions": {str(channel): version for channel, version in device.versions.items()},
        "progress": device.progress,
    }


def _answer(answer: Answer) -> Body:
    return {"code": answer.code, "data": answer.data, "seconds": answer.seconds}


# What is asked for, checked


def _texts(body: Body, key: str) -> list[str]:
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        message = f"{key} is a list of texts"
        raise BadRequest(message)
    return value


def _values(body: Body) -> dict[str, Any]:
    values = json_object(body, "values")
    if not values:
        message = "values is an object with values by code, and not empty"
        raise BadRequest(message)
    return values


def _timeout(body: Body) -> float:
    return number(body, "timeout", _MOST_SECONDS, default=ANSWER_TIMEOUT)
