"""The simulator's remote control: HTTP with JSON, on loopback, for the demo and for tests in another process.

GET /state, /commands, /requests; POST /report {devid, values}, /online {devid, online}, /add (a device in the gateway's own
form), /remove {devid}, /faults {name: value, ...}, /drop, /stop, /start, /garbage {count, kind}, /flood {count, seconds},
/raw {text}, /life {running, rate}, /step {seconds}. What is wrong with a request is told as {"error": text}: 400 for bad input,
404 for an unknown device or path, 409 for a port that is taken. This is no part of any protocol.
"""

from typing import ClassVar

from aiohttp import web

from simulators.remote_control import (
    Body,
    Errors,
    RemoteControl,
    common_actions,
    flag,
    integer,
    number,
    one_of,
    raw_values,
    text,
)

from .announce import Announcer
from .device import BadDescription, SimulatedDevice
from .life import Life
from .life_control import life_actions
from .link import GARBAGE_KINDS
from .server import TuyaGatewaySimulator, UnknownDevice

MOST_GARBAGE = 10_000
MOST_FLOOD = 1_000_000
LONGEST_FLOOD = 3600.0


class ControlServer(RemoteControl):
    """Serves the remote control of one simulator, also while the simulator itself is stopped."""

    ERRORS: ClassVar[Errors] = {UnknownDevice: (404, "there is no such device"), BadDescription: 400}

    def __init__(
        self,
        simulator: TuyaGatewaySimulator,
        *,
        life: Life | None = None,
        announcer: Announcer | None = None,
        port: int = 0,
    ) -> None:
        """Control a simulator and its life; `port` 0 lets the system pick one."""
        self._simulator = simulator
        self._life = life or Life(simulator)
        self._announcer = announcer
        super().__init__(
            looks={"/state": self._state, "/commands": self._commands, "/requests": self._requests},
            actions={
                **common_actions(simulator),
                **life_actions(self._life),
                "/report": self._report,
                "/online": self._online,
                "/add": self._add,
                "/remove": self._remove,
                "/drop": self._drop,
                "/start": self._start,
                "/garbage": self._garbage,
                "/flood": self._flood,
                "/raw": self._raw,
            },
            port=port,
        )

    # Looking

    async def _state(self, _: web.Request) -> web.Response:
        simulator = self._simulator
        return web.json_response(
            {
                "uuid": simulator.uuid,
                "host": simulator.host,
                "port": simulator.port,
                "path": simulator.path,
                "running": simulator.running,
                "connections": simulator.connections,
                "opened": simulator.opened,
                "requests": len(simulator.requests),
                "commands": len(simulator.commands),
                "malformed_frames": simulator.malformed_frames,
                "refusals": simulator.refusals,
                "announcements": self._announcer.sent if self._announcer else 0,
                "life": {"running": self._life.running, "rate": self._life.rate},
                "faults": simulator.faults.as_json(),
                "devices": [
                    {
                        "devid": device.id,
                        "name": device.name,
                        "category": device.category,
                        "online": device.online,
                        "values": device.value,
                    }
                    for device in simulator.devices.values()
                ],
            }
        )

    async def _commands(self, _: web.Request) -> web.Response:
        return web.json_response({"commands": self._simulator.commands})

    async def _requests(self, _: web.Request) -> web.Response:
        return web.json_response({"requests": self._simulator.requests})

    # Doing

    async def _report(self, body: Body) -> Body:
        values = raw_values(body)
        await self._simulator.report(_devid(body), values)
        return {}

    async def _online(self, body: Body) -> Body:
        await self._simulator.set_online(_devid(body), flag(body, "online"))
        return {}

    async def _add(self, body: Body) -> Body:
        device = SimulatedDevice.from_dump(body)
        await self._simulator.add_device(device)
        return {"devid": device.id}

    async def _remove(self, body: Body) -> Body:
        await self._simulator.remove_device(_devid(body))
        return {}

    async def _drop(self, _: Body) -> Body:
        await self._simulator.drop()
        return {}

    async def _start(self, _: Body) -> Body:
        await self._simulator.start()
        if self._announcer is not None:
            self._announcer.announce()
        return {"port": self._simulator.port}

    async def _garbage(self, body: Body) -> Body:
        kind = one_of(body, "kind", GARBAGE_KINDS, "malformed")
        await self._simulator.send_garbage(integer(body, "count", MOST_GARBAGE, least=1, default=1), kind)
        return {}

    async def _flood(self, body: Body) -> Body:
        count = integer(body, "count", MOST_FLOOD, least=1)
        return {"sent": await self._simulator.flood(count, number(body, "seconds", LONGEST_FLOOD, default=0.0))}

    async def _raw(self, body: Body) -> Body:
        await self._simulator.send_raw(text(body, "text", empty=True))
        return {}


def _devid(body: Body) -> str:
    return text(body, "devid", empty=True)
