"""The simulated gateway: a WebSocket server with sub-devices.

A model of the documented protocol, not of a real gateway.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count as counter
from typing import Any, Self

from aiohttp import web

from simulators.listening import listen

from .codec import Codec, dump_json
from .commands import UNKNOWN_TYPE, Refused, check_id, parse_command, parse_ids
from .crypto import KeyForm, parse_device_key
from .device import SimulatedDevice
from .faults import Faults
from .flood import Report, changing_reports
from .link import Garbage, Link
from .messages import Wording

DEFAULT_UUID = "5a1d3c0de7f04b2a9e61"
# Made up. Each is what the app's panel might show.
DEFAULT_DEVICE_KEYS: dict[KeyForm, str] = {
    "ascii": "7Kq2v9RwLz0dXb4T",
    "hex": "8f3a61d2c47be905a1f60c38d97e245b",
    "base64": "jzph0sR76QWh9gw42X4kWw==",
}

JOINED = 1
LEFT = 0
_FIRST_EVENT_ID = 100
_FLOOD_SLICE = 64
_FLOOD_TICK = 0.005

type CommandListener = Callable[[SimulatedDevice, Mapping[str, Any]], None]


class UnknownDevice(KeyError):
    """There is no device of that id."""


class TuyaGatewaySimulator:
    """A gateway on a port of its own; `async with` starts and stops it.

    `port` 0 lets the system pick one, which then stays over stop and start. `device_key` is the text that a person would
    type in, in the codec's `key_form`; a key of the wrong form raises ValueError. `devices` are taken as they are, not
    copied, so that a test can look at them.
    """

    def __init__(
        self,
        devices: Iterable[SimulatedDevice] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        path: str = "/",
        uuid: str = DEFAULT_UUID,
        device_key: str | None = None,
        codec: Codec | None = None,
        faults: Faults | None = None,
    ) -> None:
        """Prepare; nothing listens yet."""
        self.host = host
        self.port = port
        self.path = path
        self.uuid = uuid
        self.codec = codec or Codec()
        self.device_key = DEFAULT_DEVICE_KEYS[self.codec.key_form] if device_key is None else device_key
        self.faults = faults or Faults()
        self.devices = {device.id: device for device in devices}

        self.requests: list[dict[str, Any]] = []
        """Every request that could be decoded, also refused ones: {"type", "id", "data"}."""
        self.commands: list[list[dict[str, Any]]] = []
        """The data of every set_value, also of refused ones."""
        self.refusals: list[str] = []
        """Why the gateway ended links, in words; one for each that it ended."""
        self.opened = 0
        """How many WebSockets were ever opened, also unauthenticated ones."""
        self.command_listeners: list[CommandListener] = []
        """Called with the device and its new values after each command that was done."""

        self._key = parse_device_key(self.device_key, self.codec.key_form)
        self._links: set[Link] = set()
        self._malformed_frames = 0
        self._runner: web.AppRunner | None = None
        self._event_ids = counter(_FIRST_EVENT_ID)
        self._changed = asyncio.Event()
        self._seen: defaultdict[str, int] = defaultdict(int)
        self._tasks: set[asyncio.Task[None]] = set()

    # Start and stop

    @property
    def running(self) -> bool:
        """Tell whether it listens."""
        return self._runner is not None

    async def start(self) -> None:
        """Listen; OSError if the port is taken. Does nothing if it listens already."""
        if self._runner is not None:
            return
        app = web.Application()
        app.router.add_get(self.path, self._open)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self.port = await listen(runner, self.host, self.port, reuse_address=True)
        self._runner = runner

    async def stop(self) -> None:
        """Close all links and stop listening; devices, counters and faults stay. Does nothing if it is stopped."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(link.close() for link in self._links))
        await runner.cleanup()
        self._notify()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    # What there is to see

    @property
    def connections(self) -> int:
        """Count the authenticated links."""
        return len(self._live())

    @property
    def malformed_frames(self) -> int:
        """Count the frames of authenticated applications that could not be read."""
        return self._malformed_frames + sum(link.malformed_frames for link in self._links)

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait until a condition over this simulator holds; raises TimeoutError.

        It is looked at again whenever a link opens or ends and a request comes in.
        """
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    async def wait_for_connection(self, timeout: float = 20.0, *, count: int = 1) -> None:
        """Wait until at least `count` links are authenticated; raises TimeoutError."""
        await self.wait_for(lambda: self.connections >= count, timeout)

    async def wait_for_disconnection(self, timeout: float = 20.0) -> None:
        """Wait until no link is authenticated; raises TimeoutError."""
        await self.wait_for(lambda: not self.connections, timeout)

    async def wait_for_request(self, type_: str, timeout: float = 20.0) -> dict[str, Any]:
        """Return the next request of a type, which may be there already; raises TimeoutError.

        "Next" is the first that no earlier call of this method has returned: each request is returned once.
        """
        await self.wait_for(lambda: self._next_request(type_) is not None, timeout)
        index = self._next_request(type_)
        if index is None:  # cannot be: requests only grow
            raise TimeoutError
        self._seen[type_] = index + 1
        return self.requests[index]

    # What the sub-devices do

    def device(self, devid: str) -> SimulatedDevice:
        """Return a device; raises UnknownDevice."""
        try:
            return self.devices[devid]
        except KeyError:
            raise UnknownDevice(devid) from None

    async def report(self, devid: str, values: Mapping[str, Any]) -> None:
        """Change a device's state and push state_changed, also for values that are the same; raises UnknownDevice."""
        device = self.device(devid)
        device.value.update(values)
        await self._push("state_changed", self._wording().state_changed(device, values))

    async def set_online(self, devid: str, online: bool) -> None:
        """Let a device be reachable or not and push online_updated, also without a change; raises UnknownDevice."""
        device = self.device(devid)
        device.online = online
        await self._push("online_updated", self._wording().online_updated(device))

    async def add_device(self, device: SimulatedDevice) -> None:
        """Let a device join (or take the place of that with its id) and push registry_updated."""
        self.devices[device.id] = device
        await self._push("registry_updated", self._wording().registry_updated(device.id, JOINED))

    async def remove_device(self, devid: str) -> None:
        """Let a device leave and push registry_updated; raises UnknownDevice."""
        self.device(devid)
        del self.devices[devid]
        await self._push("registry_updated", self._wording().registry_updated(devid, LEFT))

    async def push_event(self, event_type: str, data: object) -> None:
        """Push any event to all links."""
        await self._push(event_type, data)

    # Mischief

    async def drop(self) -> None:
        """Cut all links, without a farewell; it goes on listening."""
        links, self._links = self._links, set()
        for link in links:
            self._malformed_frames += link.malformed_frames
            link.abort()
        self._notify()

    async def send_raw(self, text: str) -> None:
        """Send any text to all links, encrypted as it should be."""
        for link in self._live():
            await link.send(text)

    async def send_garbage(self, count: int = 1, kind: Garbage = "malformed") -> None:
        """Send frames that nobody can use to all links.

        `kind`: malformed (no ciphertext in the codec's encoding), undecryptable (another key), no_json, no_object.
        """
        for link in self._live():
            for _ in range(count):
                await link.send_garbage(kind)

    async def flood(self, count: int, seconds: float = 0.0, *, reports: Sequence[Report] | None = None) -> int:
        """Push `count` state_changed events, evenly over `seconds` (0: as fast as they are read); return how many.

        They go in turn over everything that the devices report, each with a new value, or are the given `reports`, repeated
        as needed. The devices' state follows. 0 is returned if there is nothing to report.
        """
        if reports is None:
            reports = changing_reports(self.devices.values(), count)
        elif reports:
            reports = [reports[index % len(reports)] for index in range(count)]
        wording = self._wording()
        texts = [
            self._event_text("state_changed", wording.state_changed(self.device(devid), values))
            for devid, values in reports
        ]
        payloads = {link: [link.seal(text) for text in texts] for link in self._live()}

        loop = asyncio.get_running_loop()
        started = loop.time()
        sent = 0
        while sent < len(texts):
            due = sent + _FLOOD_SLICE
            if seconds > 0:
                due = int(len(texts) * min(1.0, (loop.time() - started + _FLOOD_TICK) / seconds))
            for devid, values in reports[sent:due]:
                if (device := self.devices.get(devid)) is not None:
                    device.value.update(values)
            if due > sent:
                for link, sealed in payloads.items():
                    await link.send_payloads(sealed[sent:due])
                sent = due
            await asyncio.sleep(_FLOOD_TICK if seconds > 0 else 0)
        return len(texts)

    # Links

    async def _open(self, request: web.Request) -> web.StreamResponse:
        if self.faults.http_status is not None:
            return web.Response(status=self.faults.http_status)
        # timeout: how long a close waits for the other side's, which a faulty client may never send.
        websocket = web.WebSocketResponse(compress=False, autoping=False, timeout=1.0)
        await websocket.prepare(request)
        link = Link(request, websocket, self.codec, self._key, self.faults)
        self._links.add(link)
        self.opened += 1
        self._notify()
        try:
            await link.run(self._notify, self._receive, self._note_refusal)
        finally:
            if link in self._links:
                self._links.discard(link)
                self._malformed_frames += link.malformed_frames
            self._notify()
        return websocket

    def _note_refusal(self, reason: str) -> None:
        self.refusals.append(reason)
        self._notify()

    def _live(self) -> list[Link]:
        return [link for link in self._links if link.authenticated]

    def _notify(self) -> None:
        """Wake everything that waits, once: the next one to wait does so on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _next_request(self, type_: str) -> int | None:
        start = self._seen[type_]
        return next((i for i in range(start, len(self.requests)) if self.requests[i]["type"] == type_), None)

    # Events

    def _wording(self) -> Wording:
        return Wording(self.faults.slips)

    def _event_text(self, event_type: str, data: object) -> str:
        return dump_json({"id": next(self._event_ids), "type": "event", "event_type": event_type, "data": data})

    async def _push(self, event_type: str, data: object) -> None:
        text = self._event_text(event_type, data)
        for link in self._live():
            await link.send(text)

    # Requests

    async def _receive(self, link: Link, message: dict[str, Any]) -> None:
        request = {"type": message.get("type"), "id": message.get("id"), "data": message.get("data")}
        self.requests.append(request)
        if request["type"] == "set_value" and isinstance(request["data"], list):
            self.commands.append(request["data"])
        self._notify()
        type_ = str(request["type"])
        if type_ in self.faults.no_answer:
            return
        if delay := self.faults.delay_of(type_):
            link.spawn(self._serve_later(link, request, delay))
        else:
            await self._serve(link, request)

    async def _serve_later(self, link: Link, request: dict[str, Any], delay: float) -> None:
        await asyncio.sleep(delay)
        await self._serve(link, request)

    async def _serve(self, link: Link, request: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"id": request["id"], "type": "result"}
        try:
            check_id(request["id"])
            if request["type"] in self.faults.reject:
                error = self.faults.error
                await link.send(dump_json({**answer, "success": False, **({} if error is None else {"error": error})}))
                return
            if request["type"] == "set_value":
                await self._command(link, answer, request["data"])
                return
            result = self._read(request["type"], request["data"])
        except Refused as refused:
            await link.send(dump_json({**answer, "success": False, "error": refused.error}))
        else:
            await link.send(dump_json({**answer, "success": True, "result": result}))

    def _read(self, type_: object, data: object) -> list[Any]:
        """Return the result of a request that only reads; ids that are unknown have no element in it."""
        match type_:
            case "get_devices":
                return list(self.devices)
            case "get_schema":
                word = self._wording().schema
            case "get_status":
                word = self._wording().status
            case _:
                raise Refused(UNKNOWN_TYPE, "there is no such type of request")
        return [word(self.devices[devid]) for devid in parse_ids(data) if devid in self.devices]

    async def _command(self, link: Link, answer: dict[str, Any], data: object) -> None:
        changes = parse_command(self.devices, data)
        success = dump_json({**answer, "success": True})
        if not self.faults.event_before_result:
            await link.send(success)
        if self.faults.stale_report:
            for device, values in changes:
                old = {code: device.value[code] for code in values if code in device.value}
                if old:
                    await self.report(device.id, old)
        if self.faults.report_delay:
            # The device does it, whatever becomes of the link that asked for it.
            task = asyncio.create_task(self._apply_later(changes, self.faults.report_delay))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            await self._apply(changes)
        if self.faults.event_before_result:
            await link.send(success)

    async def _apply_later(self, changes: list[tuple[SimulatedDevice, dict[str, Any]]], delay: float) -> None:
        await asyncio.sleep(delay)
        await self._apply(changes)

    async def _apply(self, changes: list[tuple[SimulatedDevice, dict[str, Any]]]) -> None:
        for device, values in changes:
            # A code that is only ever written (an order, not a state) is not reported back.
            reported = {code: value for code, value in values.items() if device.reports(code)}
            device.value.update(reported)
            if reported and device.id in self.devices and not self.faults.no_report:
                await self._push("state_changed", self._wording().state_changed(device, reported))
            for listener in self.command_listeners:
                listener(device, values)
