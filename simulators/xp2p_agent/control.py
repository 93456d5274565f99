"""The simulator's remote control: HTTP with JSON, on loopback, for the demo and for tests in another process.

GET /state, /requests, /deliveries (what was posted to the webhook); POST /webhook {url}, /feedback {device, message},
/call {device, does: ring, hang_up, cancel}, /online {device, online}, /wake {device}, /sleep {device}, /restart {device},
/camera {device, channel, online}, /viewers {device, others}, /reply {device, text, reply}, /record {device, channel, seconds,
motion}, /format {device}, /drop {device, abort} (without a device, all streams), /faults {name: value, ...}, /stop, /start. A
device is "product/name". What is wrong with a request is told as {"error": text}: 400 for bad input, 404 for an unknown device
or path, 409 for what can't be done now. It's no part of the agent's interface.
"""

import time
from typing import Any, ClassVar

from aiohttp import web

from simulators.remote_control import (
    BadRequest,
    Body,
    Errors,
    RemoteControl,
    common_actions,
    flag,
    integer,
    json_object,
    one_of,
    text,
)

from .card import CONTINUOUS, MOTION, Record
from .devices import AgentDevice
from .feedback import PRIVATE
from .server import UnknownDevice, Xp2pAgentSimulator


class ControlServer(RemoteControl):
    """Serves the remote control of one simulator, also while it is stopped."""

    ERRORS: ClassVar[Errors] = {UnknownDevice: (404, "there is no such device")}

    def __init__(self, agent: Xp2pAgentSimulator, *, port: int = 0) -> None:
        """Control an agent and its devices; `port` 0 lets the system pick one."""
        self._agent = agent
        super().__init__(
            looks={"/state": self._state, "/requests": self._requests, "/deliveries": self._deliveries},
            actions={
                **common_actions(agent),
                "/webhook": self._webhook,
                "/feedback": self._feedback,
                "/call": self._call,
                "/online": self._online,
                "/wake": self._wake,
                "/sleep": self._sleep,
                "/restart": self._restart,
                "/camera": self._camera,
                "/viewers": self._viewers,
                "/reply": self._reply,
                "/record": self._record,
                "/format": self._format,
                "/drop": self._drop,
            },
            port=port,
        )

    # Looking

    async def _state(self, _: web.Request) -> web.Response:
        agent = self._agent
        return web.json_response(
            {
                "base_url": agent.base_url,
                "running": agent.running,
                "webhook": agent.feedback.url,
                "calls": dict(agent.calls),
                # The information itself is a secret.
                "sessions": {
                    device.key: agent.sessions.get(device.key) == device.p2p_info
                    for device in agent.devices.all()
                    if device.key in agent.sessions
                },
                "faults": agent.faults.as_json(),
                "devices": [device.as_json() for device in agent.devices.all()],
            }
        )

    async def _requests(self, _: web.Request) -> web.Response:
        requests = [
            {"endpoint": one.endpoint, "device": one.device, "query": one.query, "status": one.status}
            for one in self._agent.requests
        ]
        return web.json_response({"requests": requests})

    async def _deliveries(self, _: web.Request) -> web.Response:
        return web.json_response({"deliveries": [one.as_json() for one in self._agent.feedback.deliveries]})

    # Doing

    async def _webhook(self, body: Body) -> Body:
        self._agent.feedback.url = text(body, "url", empty=True)
        return {}

    async def _feedback(self, body: Body) -> Body:
        return await self._tell(self._device(body), json_object(body, "message"))

    async def _call(self, body: Body) -> Body:
        device, does = self._device(body), one_of(body, "does", ("ring", "hang_up", "cancel"))
        if does != "ring":
            return await self._tell(device, {PRIVATE: f"call_{does}"})
        self._agent.devices.set_call(device, "ringing")
        return {}

    async def _online(self, body: Body) -> Body:
        self._agent.devices.set_online(self._device(body), flag(body, "online"))
        return {}

    async def _wake(self, body: Body) -> Body:
        self._agent.devices.set_online(self._device(body), True)
        return {}

    async def _sleep(self, body: Body) -> Body:
        device = self._device(body)
        if not device.low_power:
            message = "the device doesn't sleep"
            raise BadRequest(message)
        self._agent.devices.set_online(device, False)
        return {}

    async def _restart(self, body: Body) -> Body:
        device = self._device(body)
        self._agent.devices.set_online(device, False)
        self._agent.devices.set_online(device, True)
        return {}

    async def _camera(self, body: Body) -> Body:
        device = self._device(body)
        device.cameras[_channel(device, body)].online = flag(body, "online")
        return {}

    async def _viewers(self, body: Body) -> Body:
        device = self._device(body)
        device.slots.others = integer(body, "others", 100)
        return {"in_use": device.slots.in_use, "total": device.slots.total}

    async def _reply(self, body: Body) -> Body:
        self._device(body).replies[text(body, "text")] = text(body, "reply", empty=True)
        return {}

    async def _record(self, body: Body) -> Body:
        """Have a record of the last seconds on the card."""
        device = self._device(body)
        if device.card is None:
            message = "the device has no card"
            raise BadRequest(message)
        now = int(time.time())
        kind = MOTION if flag(body, "motion", default=True) else CONTINUOUS
        seconds = integer(body, "seconds", 86_400, least=1, default=12)
        device.card.add(_channel(device, body), record := Record(start=now - seconds, end=now, type=kind))
        return {"start": record.start, "end": record.end}

    async def _format(self, body: Body) -> Body:
        if (card := self._device(body).card) is not None:
            card.clear()
        return {}

    async def _drop(self, body: Body) -> Body:
        abort = flag(body, "abort", default=False)
        if "device" not in body:
            return {"streams": self._agent.drop(abort=abort)}
        device = self._device(body)
        count = len(device.streams)
        device.cut(abort=abort)
        return {"streams": count}

    def _device(self, body: Body) -> AgentDevice:
        return self._agent.devices.get(text(body, "device"))

    async def _tell(self, device: AgentDevice, message: dict[str, Any]) -> Body:
        """Send a message, and tell what became of it."""
        try:
            delivery = self._agent.tell(device, message)
        except ValueError as err:
            raise BadRequest(str(err)) from err
        await self._agent.feedback.delivered()
        return {"status": delivery.status, "reply": delivery.reply}


def _channel(device: AgentDevice, body: Body) -> int:
    channel = integer(body, "channel", 1000, default=next(iter(device.cameras)))
    if channel not in device.cameras:
        message = "the device has no such channel"
        raise BadRequest(message)
    return channel
