"""The simulated camera's remote control: HTTP with JSON, on loopback, for the demo and for tests in another process.

GET /state, /reports?after=N (those with a higher number), /picture?path=… (what Tuya's storage would have);
POST /faults {name: value, ...}, /slots {total}, /disconnect {session, close_reason}, /silence {session}, /power {on},
/moto {moto_id}, /wake, /sleep, /command {values}, /report {values}, /event {kind, form}, /reset. Without `session` it's all of
them. What is wrong with a request is told as {"error": text}: 400 for bad input, 404 for what there isn't, 409 for what
can't be done now. This is no part of any protocol.
"""

from typing import ClassVar

from aiohttp import web

from simulators.remote_control import (
    BadRequest,
    Body,
    Errors,
    RemoteControl,
    after,
    error,
    flag,
    integer,
    one_of,
    raw_values,
    text,
)

from .camera import TORN_DOWN, IpcCameraSimulator
from .events import EVENT_KINDS, PICTURE_FORMS

MOST_SLOTS = 100


class ControlServer(RemoteControl):
    """Serves the remote control of one camera, also while the camera itself is off."""

    ERRORS: ClassVar[Errors] = {ConnectionError: 409}

    def __init__(self, camera: IpcCameraSimulator, *, port: int = 0) -> None:
        """Control a camera; `port` 0 lets the system pick one."""
        self._camera = camera
        super().__init__(
            looks={"/state": self._state, "/reports": self._reports, "/picture": self._picture},
            actions={
                "/faults": self._faults,
                "/slots": self._slots,
                "/disconnect": self._disconnect,
                "/silence": self._silence,
                "/power": self._power,
                "/moto": self._moto,
                "/wake": self._wake,
                "/sleep": self._sleep,
                "/command": self._command,
                "/report": self._report,
                "/event": self._event,
                "/reset": self._reset,
            },
            port=port,
        )

    # Looking

    async def _state(self, _: web.Request) -> web.Response:
        camera = self._camera
        return web.json_response(
            {
                "device_id": camera.device_id,
                "moto_id": camera.moto_id,
                "online": camera.online,
                "sleep": camera.sleep_state,
                "slots": {
                    "total": camera.slots.total,
                    "in_use": camera.slots.in_use,
                    "jammed": camera.slots.jammed,
                },
                "sessions": [session.as_json() for session in camera.sessions.values()],
                "ptz": {
                    "moving": camera.ptz.moving,
                    "zooming": camera.ptz.zooming,
                    "position": camera.ptz.position,
                    "moves": [{"direction": move.direction, "seconds": move.seconds} for move in camera.ptz.moves],
                },
                "values": camera.values,
                "reports": len(camera.reports),
                "faults": camera.faults.as_json(),
                "statistics": camera.statistics.as_json(),
            }
        )

    async def _reports(self, request: web.Request) -> web.Response:
        reports = [{"number": count, **one} for count, one in enumerate(self._camera.reports, 1)]
        return web.json_response({"reports": reports[after(request) :]})

    async def _picture(self, request: web.Request) -> web.Response:
        blob = self._camera.picture(request.query.get("path", ""))
        if blob is None:
            return error(404, "there is no such picture")
        return web.Response(body=blob, content_type="application/octet-stream")

    # Doing

    async def _faults(self, body: Body) -> Body:
        self._camera.faults.update(body)
        return self._camera.faults.as_json()

    async def _slots(self, body: Body) -> Body:
        self._camera.slots.total = integer(body, "total", MOST_SLOTS)
        return {"total": self._camera.slots.total}

    async def _disconnect(self, body: Body) -> Body:
        self._camera.disconnect(self._session(body), integer(body, "close_reason", 1000, default=TORN_DOWN))
        return {}

    async def _silence(self, body: Body) -> Body:
        self._camera.silence(self._session(body))
        return {}

    async def _power(self, body: Body) -> Body:
        if flag(body, "on"):
            await self._camera.power_on()
        else:
            await self._camera.power_off()
        return {}

    async def _moto(self, body: Body) -> Body:
        moto_id = text(body, "moto_id", empty=True)
        if not moto_id or set(moto_id) & set("/+#"):
            message = "moto_id is a level of a topic"
            raise BadRequest(message)
        await self._camera.move_to(moto_id)
        return {}

    async def _wake(self, _: Body) -> Body:
        self._camera.wake()
        return {"sleep": self._camera.sleep_state}

    async def _sleep(self, _: Body) -> Body:
        self._camera.fall_asleep()
        return {"sleep": self._camera.sleep_state}

    async def _command(self, body: Body) -> Body:
        self._camera.command(raw_values(body))
        return {}

    async def _report(self, body: Body) -> Body:
        self._camera.report(raw_values(body))
        return {}

    async def _event(self, body: Body) -> Body:
        kind = one_of(body, "kind", EVENT_KINDS)
        form = one_of(body, "form", PICTURE_FORMS, "encrypted")
        event = self._camera.trigger(kind, form)
        return {"code": event.code, "value": event.value, "bucket": event.bucket, "path": event.path}

    async def _reset(self, _: Body) -> Body:
        self._camera.statistics.reset()
        return {}

    def _session(self, body: Body) -> str | None:
        if "session" not in body:
            return None
        session_id = body["session"]
        if not isinstance(session_id, str) or session_id not in self._camera.sessions:
            raise web.HTTPNotFound(reason="there is no such session")
        return session_id
