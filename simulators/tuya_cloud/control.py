"""The simulator's remote control: HTTP with JSON, on loopback, for the demo and for tests in another process.

GET /state, /commands, /requests; POST /report {devid, values}, /online {devid, online}, /add (a device's dump), /remove {devid},
/rename {devid, name}, /faults {name: value, ...}, /stop, /start, /tokens {state}, /access {link_id}, /moto {devid, moto_id}, /picture {devid, code,
version, cmd}, /camera {devid}, /broker {do}, /kick {username or client_id}, /rtt {seconds}, /life {running, rate}, /step {seconds},
/secret {access_secret}. What is wrong with a request is told as {"error": text}: 400 for bad input, 404 for an unknown device or path, 409 for what can't be done now. It's no part of any API.
"""

from typing import Any, ClassVar

from aiohttp import web

from simulators.mqtt_broker import BrokerFailed, MosquittoBroker, MosquittoMissing
from simulators.remote_control import (
    BadRequest,
    Body,
    Errors,
    RemoteControl,
    common_actions,
    flag,
    number,
    one_of,
    raw_values,
    text,
)
from simulators.tuya_gateway.device import BadDescription
from simulators.tuya_gateway.life import Life
from simulators.tuya_gateway.life_control import life_actions

from .devices import CloudDevice, camera_auth
from .gate import TokenState
from .life import CloudLife
from .pictures import PICTURE_VERSIONS
from .server import TuyaCloudSimulator, UnknownDevice

_TOKEN_STATES: tuple[TokenState, ...] = ("expired", "invalid", "bad_status")
_MOST_RTT = 60.0


class ControlServer(RemoteControl):
    """Serves the remote control of one simulator and its broker, also while they are stopped."""

    ERRORS: ClassVar[Errors] = {
        UnknownDevice: (404, "there is no such device"),
        BadDescription: 400,
        BrokerFailed: 409,
        MosquittoMissing: 409,
    }

    def __init__(self, simulator: TuyaCloudSimulator, *, life: Life | None = None, port: int = 0) -> None:
        """Control a simulator and the life of its devices; `port` 0 lets the system pick one."""
        self._simulator = simulator
        self._life = life or CloudLife(simulator)
        super().__init__(
            looks={"/state": self._state, "/commands": self._commands, "/requests": self._requests},
            actions={
                **common_actions(simulator),
                **life_actions(self._life),
                "/report": self._report,
                "/online": self._online,
                "/add": self._add,
                "/remove": self._remove,
                "/rename": self._rename,
                "/tokens": self._tokens,
                "/access": self._access,
                "/moto": self._moto,
                "/picture": self._picture,
                "/camera": self._camera,
                "/broker": self._broker,
                "/kick": self._kick,
                "/rtt": self._rtt,
                "/secret": self._secret,
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
                "business_calls": simulator.business_calls,
                "errors": [
                    {"endpoint": endpoint, "code": code, "count": count}
                    for (endpoint, code), count in simulator.errors.items()
                ],
                "tokens": simulator.gate.issued,
                "replays": simulator.gate.replays,
                "access": {"granted": simulator.access.granted, "valid": simulator.access.valid},
                "commands": len(simulator.commands),
                "ptz_moves": [{"devid": devid, "direction": direction} for devid, direction in simulator.ptz_moves],
                "life": {"running": self._life.running, "rate": self._life.rate},
                "faults": simulator.faults.as_json(),
                "broker": None if simulator.broker is None else _broker_state(simulator.broker),
                "devices": [_device_state(device) for device in simulator.devices.values()],
            }
        )

    async def _commands(self, _: web.Request) -> web.Response:
        commands = [{"devid": devid, "values": values} for devid, values in self._simulator.commands]
        return web.json_response({"commands": commands})

    async def _requests(self, _: web.Request) -> web.Response:
        requests = [
            {
                "endpoint": request.endpoint,
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "body": request.body,
                "code": request.code,
            }
            for request in self._simulator.requests
        ]
        return web.json_response({"requests": requests})

    # Doing

    async def _report(self, body: Body) -> Body:
        values = raw_values(body)
        self._simulator.report(text(body, "devid"), values)
        return {}

    async def _online(self, body: Body) -> Body:
        self._simulator.set_online(text(body, "devid"), flag(body, "online"))
        return {}

    async def _add(self, body: Body) -> Body:
        device = CloudDevice.from_dump(body)
        self._simulator.add_device(device)
        return {"devid": device.id}

    async def _remove(self, body: Body) -> Body:
        self._simulator.remove_device(text(body, "devid"))
        return {}

    async def _rename(self, body: Body) -> Body:
        self._simulator.rename(text(body, "devid"), text(body, "name"))
        return {}

    async def _tokens(self, body: Body) -> Body:
        self._simulator.expire_tokens(one_of(body, "state", _TOKEN_STATES, "expired"))
        return {}

    async def _access(self, body: Body) -> Body:
        link_id = text(body, "link_id") if "link_id" in body else None
        return {"ended": await self._simulator.expire_access(link_id)}

    async def _moto(self, body: Body) -> Body:
        moto_id = None if body.get("moto_id") is None else text(body, "moto_id")
        self._simulator.move_moto(text(body, "devid"), moto_id)
        return {}

    async def _picture(self, body: Body) -> Body:
        version = one_of(body, "version", PICTURE_VERSIONS, "3.0")
        code, cmd = text(body, "code", default="movement_detect_pic"), text(body, "cmd", default="ipc_motion")
        picture = self._simulator.picture_event(text(body, "devid"), code, version=version, cmd=cmd)
        return {"size": len(picture)}

    async def _camera(self, body: Body) -> Body:
        """Return what a camera itself knows: for whoever simulates it in another process."""
        device = self._simulator.device(text(body, "devid"))
        if device.camera is None:
            raise UnknownDevice(device.id)
        user = await self._simulator.camera_user(device.id)
        broker = self._simulator.broker
        return {
            "devid": device.id,
            "node_id": device.node_id,
            "local_key": device.local_key,
            "auth": camera_auth(device),
            "moto_id": device.camera.moto_id,
            "skill": device.camera.skill_text(),
            "low_power": device.camera.low_power,
            "url": None if broker is None else broker.url,
            "username": user.username,
            "password": user.password,
        }

    async def _broker(self, body: Body) -> Body:
        broker = self._the_broker()
        match body.get("do"):
            case "stop":
                await broker.stop()
            case "start":
                await broker.start()
            case "restart":
                await broker.restart()
            case "freeze":
                broker.freeze()
            case "thaw":
                broker.thaw()
            case _:
                message = "do is one of stop, start, restart, freeze, thaw"
                raise BadRequest(message)
        return _broker_state(broker)

    async def _kick(self, body: Body) -> Body:
        broker = self._the_broker()
        if "username" in body:
            username = text(body, "username")
            if username not in broker.users:
                message = "there is no such user"
                raise BadRequest(message)
            await broker.kick(username)
        else:
            await broker.kick_client(text(body, "client_id"))
        return {}

    async def _rtt(self, body: Body) -> Body:
        seconds = number(body, "seconds", _MOST_RTT)
        try:
            self._the_broker().rtt = seconds
        except ValueError as err:
            raise BadRequest(str(err)) from err
        return {}

    async def _secret(self, body: Body) -> Body:
        """Have the project use another Access Secret from now on, as a reset in the console does."""
        self._simulator.access_secret = text(body, "access_secret")
        self._simulator.expire_tokens("invalid")
        return {}

    def _the_broker(self) -> MosquittoBroker:
        if self._simulator.broker is None:
            message = "there is no broker"
            raise BadRequest(message)
        return self._simulator.broker


def _broker_state(broker: MosquittoBroker) -> dict[str, Any]:
    return {
        "url": broker.url,
        "running": broker.running,
        "rtt": broker.rtt,
        "users": list(broker.users),
        "clients": broker.clients,
        "connections": broker.connections,
        "takeovers": sum(broker.takeovers.values()),
        "refused": broker.refused,
        "received": dict(broker.received),
        "denied": [{"client_id": client_id, "topic": topic} for client_id, topic in broker.denied],
    }


def _device_state(device: CloudDevice) -> dict[str, Any]:
    camera = device.camera
    return {
        "devid": device.id,
        "name": device.name,
        "category": device.category,
        "online": device.online,
        "uid": device.uid,
        "node_id": device.node_id,
        "values": device.value,
        "camera": None if camera is None else {"moto_id": camera.moto_id, "low_power": camera.low_power},
    }
