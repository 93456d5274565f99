"""The simulator's remote control: HTTP with JSON, on loopback, for the demo and for tests in another process.

GET /state, /requests, /pushes; POST /report {device, values}, /online {device, online}, /event {device, event, params},
/record {device, event, channel, seconds}, /custom {device, payload, topic}, /restart {device}, /remove {device},
/plan {device, channel, expires_in}, /channel {product, type, address, token} (a push channel that somebody else has set), /faults {name: value, ...}, /policy
(as of access management), /secret {secret_key}, /stop, /start, /life {running, rate}, /step {seconds}. A device is "product/name".
What is wrong with a request is told as {"error": text}: 400 for bad input, 404 for an unknown device or path, 409 for what
can't be done now. It's no part of any API.
"""

from typing import Any, ClassVar

from aiohttp import web

from simulators.remote_control import (
    BadRequest,
    Body,
    Errors,
    RemoteControl,
    common_actions,
    flag,
    json_object,
    number,
    set_life,
    text,
)

from .account import BadReport, UnknownDevice
from .devices import Device
from .life import CloudLife
from .push import Channel
from .server import TencentCloudSimulator

_MOST_SECONDS = 86_400.0
_MOST_RATE = 1000.0
_YEARS = 10 * 365 * 86_400.0


class ControlServer(RemoteControl):
    """Serves the remote control of one simulator, also while it is stopped."""

    ERRORS: ClassVar[Errors] = {UnknownDevice: (404, "there is no such device"), BadReport: 400}

    def __init__(self, simulator: TencentCloudSimulator, *, life: CloudLife | None = None, port: int = 0) -> None:
        """Control a simulator and the life of its devices; `port` 0 lets the system pick one."""
        self._simulator = simulator
        self._account = simulator.account
        self._life = life or CloudLife(simulator.account)
        super().__init__(
            looks={"/state": self._state, "/requests": self._requests, "/pushes": self._pushes},
            actions={
                **common_actions(simulator),
                "/report": self._report,
                "/online": self._online,
                "/event": self._event,
                "/record": self._record,
                "/custom": self._custom,
                "/restart": self._restart,
                "/remove": self._remove,
                "/plan": self._plan,
                "/channel": self._channel,
                "/policy": self._policy,
                "/secret": self._secret,
                "/life": self._set_life,
                "/step": self._step,
            },
            port=port,
        )

    # Looking

    async def _state(self, _: web.Request) -> web.Response:
        simulator = self._simulator
        return web.json_response(
            {
                "endpoint": simulator.endpoint,
                "running": simulator.running,
                "calls": dict(simulator.calls),
                "errors": [
                    {"action": action, "code": code, "count": count}
                    for (action, code), count in simulator.errors.items()
                ],
                "channels": {
                    product: {"type": channel.type, "address": channel.address, "enabled": channel.enabled}
                    for product, channel in simulator.pusher.channels.items()
                },
                "checks": simulator.pusher.checks,
                "pushes": len(simulator.pusher.pushes),
                "life": {"running": self._life.running, "rate": self._life.rate},
                "faults": simulator.faults.as_json(),
                "devices": [_device_state(device) for device in self._account.devices.values()],
            }
        )

    async def _requests(self, _: web.Request) -> web.Response:
        requests = [
            {"action": request.action, "params": request.params, "code": request.code}
            for request in self._simulator.requests
        ]
        return web.json_response({"requests": requests})

    async def _pushes(self, _: web.Request) -> web.Response:
        pushes = [
            {"topic": push.topic, "status": push.status, "body": push.body} for push in self._simulator.pusher.pushes
        ]
        return web.json_response({"pushes": pushes})

    # Doing

    async def _report(self, body: Body) -> Body:
        self._account.report(text(body, "device"), json_object(body, "values"))
        return {}

    async def _online(self, body: Body) -> Body:
        self._account.set_online(text(body, "device"), flag(body, "online"))
        return {}

    async def _event(self, body: Body) -> Body:
        params = json_object(body, "params", {})
        entry = self._account.event(text(body, "device"), text(body, "event"), params)
        return {"time": entry.time}

    async def _record(self, body: Body) -> Body:
        seconds = int(number(body, "seconds", 3600, default=12))
        event = text(body, "event", default="motion")
        stored = self._account.record(text(body, "device"), event, channel=_channel(body), seconds=seconds)
        return {"start": stored.start, "end": stored.end, "thumbnail": stored.thumbnail}

    async def _custom(self, body: Body) -> Body:
        payload = body.get("payload")
        if not isinstance(payload, (dict, str)):
            message = "payload is an object or text"
            raise BadRequest(message)
        topic = text(body, "topic", default="data")
        self._account.custom(text(body, "device"), payload, topic)
        return {}

    async def _restart(self, body: Body) -> Body:
        self._account.restart(text(body, "device"))
        return {}

    async def _remove(self, body: Body) -> Body:
        self._account.remove(text(body, "device"))
        return {}

    async def _plan(self, body: Body) -> Body:
        """Let a plan for cloud storage end in some seconds; 0: now."""
        storage = self._account.device(text(body, "device")).storage.get(_channel(body))
        if storage is None:
            message = "the device has no such storage"
            raise BadRequest(message)
        storage.expires = int(self._simulator.now() + number(body, "expires_in", _YEARS))
        return {"expires": storage.expires}

    async def _channel(self, body: Body) -> Body:
        """Have a push channel that somebody else has set, without a check of its address; type "" removes it."""
        product, kind = text(body, "product"), body.get("type")
        if product not in self._account.products:
            message = "there is no such product"
            raise BadRequest(message)
        if kind == "":
            self._simulator.pusher.channels.pop(product, None)
        elif kind in ("ckafka", "forward"):
            address = text(body, "address") if kind == "forward" else ""
            token = text(body, "token", default="")
            self._simulator.pusher.channels[product] = Channel(type=kind, address=address, token=token)
        else:
            message = "type is ckafka, forward or empty"
            raise BadRequest(message)
        return {}

    async def _policy(self, body: Body) -> Body:
        self._simulator.faults.update({"policy": dict(body) or None})
        return self._simulator.faults.policy.as_json()

    async def _secret(self, body: Body) -> Body:
        """Have the account use another key from now on."""
        self._simulator.secret_key = text(body, "secret_key")
        return {}

    async def _set_life(self, body: Body) -> Body:
        return await set_life(self._life, body, _MOST_RATE)

    async def _step(self, body: Body) -> Body:
        return {"reports": self._life.step(number(body, "seconds", _MOST_SECONDS))}


def _device_state(device: Device) -> dict[str, Any]:
    return {
        "device": device.key,
        "online": device.online,
        "low_power": device.low_power,
        "values": {name: value for name, (value, _) in device.data.items() if not name.startswith("_sys_xp2p")},
        "messages": [
            {"topic": message.topic, "payload": message.payload.hex(), "qos": message.qos}
            for message in device.messages
        ],
        "actions": [
            {"action": action.id, "inputs": dict(action.inputs), "status": action.status} for action in device.actions
        ],
        "storage": {
            "" if channel is None else str(channel): storage.as_json() for channel, storage in device.storage.items()
        },
    }


def _channel(body: Body) -> int | None:
    value = body.get("channel")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        message = "channel is an integer"
        raise BadRequest(message)
    return value
