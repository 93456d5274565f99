"""The simulator's remote control: HTTP with JSON, on loopback, for the demo and for tests in another process.

GET /state, /commands, /requests; POST /report {devid, values}, /online {devid, online}, /add (a device in the gateway's own
form), /remove {devid}, /faults {name: value, ...}, /drop, /stop, /start, /garbage {count, kind}, /flood {count, seconds},
/raw {text}, /life {running, rate}, /step {seconds}. What is wrong with a request is told as {"error": text}: 400 for bad input,
404 for an unknown device or path, 409 for a port that is taken. This is no part of any protocol.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from simulators.remote_control import BadRequest, Body, error, flag, number, with_body
from simulators.settable_faults import BadFault

from .announce import Announcer
from .device import BadDescription, SimulatedDevice
from .life import Life
from .life_control import set_life, step_life
from .link import GARBAGE_KINDS
from .server import TuyaGatewaySimulator, UnknownDevice

MOST_GARBAGE = 10_000
MOST_FLOOD = 1_000_000
LONGEST_FLOOD = 3600.0


class ControlServer:
    """Serves the remote control of one simulator, also while the simulator itself is stopped."""

    def __init__(
        self,
        simulator: TuyaGatewaySimulator,
        *,
        life: Life | None = None,
        announcer: Announcer | None = None,
        port: int = 0,
    ) -> None:
        """Control a simulator and its life; `port` 0 lets the system pick one."""
        self.host = "127.0.0.1"
        self.port = port
        self._simulator = simulator
        self._life = life or Life(simulator)
        self._announcer = announcer
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return where it is."""
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen; OSError if the port is taken."""
        app = web.Application(middlewares=[_errors_as_json])
        app.router.add_get("/state", self._state)
        app.router.add_get("/commands", self._commands)
        app.router.add_get("/requests", self._requests)
        for path, action in {
            "/report": self._report,
            "/online": self._online,
            "/add": self._add,
            "/remove": self._remove,
            "/faults": self._faults,
            "/drop": self._drop,
            "/stop": self._stop,
            "/start": self._start,
            "/garbage": self._garbage,
            "/flood": self._flood,
            "/raw": self._raw,
            "/life": self._set_life,
            "/step": self._step,
        }.items():
            app.router.add_post(path, with_body(action))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port).start()
        except OSError:
            await runner.cleanup()
            raise
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

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
        values = body.get("values")
        if not isinstance(values, dict) or not values:
            message = "values is an object with raw values by code, and not empty"
            raise BadRequest(message)
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

    async def _faults(self, body: Body) -> Body:
        self._simulator.faults.update(body)
        return self._simulator.faults.as_json()

    async def _drop(self, _: Body) -> Body:
        await self._simulator.drop()
        return {}

    async def _stop(self, _: Body) -> Body:
        await self._simulator.stop()
        return {}

    async def _start(self, _: Body) -> Body:
        await self._simulator.start()
        if self._announcer is not None:
            self._announcer.announce()
        return {"port": self._simulator.port}

    async def _garbage(self, body: Body) -> Body:
        kind = body.get("kind", "malformed")
        if kind not in GARBAGE_KINDS:
            message = f"kind is one of {', '.join(GARBAGE_KINDS)}"
            raise BadRequest(message)
        await self._simulator.send_garbage(_count(body, MOST_GARBAGE, default=1), kind)
        return {}

    async def _flood(self, body: Body) -> Body:
        count = _count(body, MOST_FLOOD)
        return {"sent": await self._simulator.flood(count, number(body, "seconds", LONGEST_FLOOD, default=0.0))}

    async def _raw(self, body: Body) -> Body:
        if not isinstance(text := body.get("text"), str):
            message = "text is text"
            raise BadRequest(message)
        await self._simulator.send_raw(text)
        return {}

    async def _set_life(self, body: Body) -> Body:
        return await set_life(self._life, body)

    async def _step(self, body: Body) -> Body:
        return await step_life(self._life, body)


# What is asked for, checked


def _devid(body: Body) -> str:
    if not isinstance(devid := body.get("devid"), str):
        message = "devid is text"
        raise BadRequest(message)
    return devid


def _count(body: Body, most: int, *, default: int | None = None) -> int:
    value = body.get("count", default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        message = f"count is an integer from 1 to {most}"
        raise BadRequest(message)
    return value


# HTTP


@web.middleware
async def _errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except UnknownDevice:
        return error(404, "there is no such device")
    except (BadRequest, BadDescription, BadFault) as err:
        return error(400, str(err))
    except OSError as err:
        return error(409, err.strerror or str(err))
    except web.HTTPException as err:
        return error(err.status, err.reason)
