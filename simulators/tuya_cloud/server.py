"""The simulated cloud: its OpenAPI over HTTP, with devices and cameras behind it.

A model of the documented API (tuya_ipc_webrtc.md, sections 1, 2, 3, 8, 9 and 15.1), not of the real cloud. What the page leaves
open is said to be our choice where it is made.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
import contextlib
from itertools import count as counter
import json
import secrets
import ssl
import time
from typing import Any, Self
import zlib

from aiohttp import web

from simulators.failing_calls import misbehave
from simulators.listening import listen
from simulators.mqtt_broker import BrokerFailed, BrokerUser, MosquittoBroker
from simulators.own_ca import OwnCertificate, make_certificate

from .access import ACCESS_TTL, MqttAccess, UsernamePer
from .calls import Call, Endpoint, Request
from .device_api import DeviceApi
from .devices import CloudDevice
from .errors import CONTENT_TYPE, GRANT_TYPE_INVALID, PARAM_ILLEGAL, PATH_INVALID, QUOTA, ApiError
from .faults import Failure, Faults
from .gate import TOKEN_TTL, Gate, TokenState
from .ipc import Files, IpcApi
from .pictures import (
    LocalKeyForm,
    PictureVersion,
    encrypt_blob,
    event_picture,
    message_with_file,
    message_with_picture,
    message_with_url,
)
from .signing import canonical_url

# Made up.
DEFAULT_ACCESS_ID = "s1mul4t3dpr0j3ct0001"
DEFAULT_ACCESS_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105
PROJECT_UID = "bay1700000000000proj"
BUCKET = "ty-eu-storage30-pic"

_HTTP_KINDS = ("http", "drop", "silent", "garbage")
_MOST_REQUESTS = 100_000

type CommandListener = Callable[[CloudDevice, Mapping[str, Any]], None]
type DeviceListener = Callable[[CloudDevice], None]
type LifeListener = Callable[[float], int]
"""Takes seconds, returns how many reports they made."""


class UnknownDevice(KeyError):
    """There is no device of that id."""


class TuyaCloudSimulator:
    """A cloud project on a port of its own; `async with` starts and stops it.

    `port` 0 lets the system pick one, which then stays over stop and start. `devices` are taken as they are, not copied, so that
    a test can look at them and change them. `broker`: where the MQTT credentials of cameras lead; whoever made it starts and
    stops it. `on_command` is called with the device and its new values after each command that was done. `tls` makes the endpoint
    https, with the broker's certificate if it has one and an own one otherwise, see `certificate`. `token_ttl` and `access_ttl` in seconds.
    """

    def __init__(
        self,
        devices: Iterable[CloudDevice] = (),
        *,
        broker: MosquittoBroker | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        access_id: str = DEFAULT_ACCESS_ID,
        access_secret: str = DEFAULT_ACCESS_SECRET,
        token_ttl: float = TOKEN_TTL,
        access_ttl: float = ACCESS_TTL,
        username_per: UsernamePer = "user",
        faults: Faults | None = None,
        on_command: CommandListener | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing listens yet."""
        self.host = host
        self.port = port
        self.certificate: OwnCertificate | None = None
        if tls:
            # One authority for both, so that a client has one to trust.
            self.certificate = (broker and broker.certificate) or make_certificate(host, "localhost")
        self.devices = {device.id: device for device in devices}
        self.broker = broker
        self._faults = faults or Faults()

        self.calls: Counter[str] = Counter()
        """How many calls came in, answered or not, by endpoint (see faults.ENDPOINTS); "" counts unknown paths."""
        self.errors: Counter[tuple[str, int]] = Counter()
        """How many calls failed, by endpoint and code; code 0: an HTTP error or no answer."""
        self.requests: list[Request] = []
        """Every call; the first 100 000 of them."""
        self.commands: list[tuple[str, dict[str, Any]]] = []
        """Every command that was done: device id, values by code."""
        self.ptz_moves: list[tuple[str, str]] = []
        """Every PTZ call that was done: device id, direction."""
        self.command_listeners: list[CommandListener] = [on_command] if on_command else []
        """Called with the device and its new values after each command that was done."""
        self.report_listeners: list[CommandListener] = []
        """Called with the device and its new values whenever its state changes, by a command or by itself."""
        self.online_listeners: list[DeviceListener] = []
        """Called with a device that is reachable from now on, or no more."""
        self.add_listeners: list[DeviceListener] = []
        """Called with a device that has joined, or has taken the place of that with its id."""
        self.remove_listeners: list[DeviceListener] = []
        """Called with a device that has left."""
        self.rename_listeners: list[DeviceListener] = []
        """Called with a device that has another name."""
        self.wake_listeners: list[DeviceListener] = []
        """Called with a camera that sleeps when the cloud wakes it."""
        self.moto_listeners: list[DeviceListener] = []
        """Called with a camera that has moved to another moto."""
        self.life_listeners: list[LifeListener] = []
        """Called with the seconds that went by for a `CloudLife`: whoever lives beside the cloud, such as its cameras."""

        self._now = now
        self.gate = Gate(access_id, access_secret, now=self.now, token_ttl=token_ttl)
        self.access = MqttAccess(broker, salt=access_id, ttl=access_ttl, username_per=username_per)
        self.files = Files(self.now)
        self.ipc = IpcApi(
            self.devices,
            self.faults,
            self.access,
            self.files,
            now=self.now,
            link_of=lambda token: f"{self.endpoint}/files/{token}",
            woken=self._wake,
            ptz_moved=self._ptz_moved,
        )
        self._device_api = DeviceApi(self.devices, self.faults, self._commanded)
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Event()
        self._open: set[asyncio.Task[Any]] = set()
        self._greeted: set[asyncio.BaseTransport] = set()
        self._seen: defaultdict[str, int] = defaultdict(int)
        self._events = counter(1)

    # What a client has to know

    @property
    def endpoint(self) -> str:
        """Return the base URL of the API."""
        return f"{'http' if self.certificate is None else 'https'}://{self.host}:{self.port}"

    @property
    def faults(self) -> Faults:
        """Return what goes wrong; change it, it can't be replaced."""
        return self._faults

    @property
    def access_id(self) -> str:
        """Return the project's Access ID (client_id)."""
        return self.gate.access_id

    @property
    def access_secret(self) -> str:
        """Return the project's Access Secret."""
        return self.gate.access_secret

    @access_secret.setter
    def access_secret(self, secret: str) -> None:
        self.gate.access_secret = secret

    def now(self) -> float:
        """Return the cloud's time: this machine's, and what faults put it off by."""
        return self._now() + self.faults.clock_offset

    # Start and stop

    @property
    def running(self) -> bool:
        """Tell whether it listens."""
        return self._runner is not None

    async def start(self) -> None:
        """Listen; OSError if the port is taken. Does nothing if it listens already."""
        if self._runner is not None:
            return
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        self.port = await listen(runner, self.host, self.port, reuse_address=True, context=self._server_context())
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening and cut all connections; devices, counters, tokens and faults stay. Does nothing if it is stopped."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        for task in self._open:
            task.cancel()
        await runner.cleanup()
        self._greeted.clear()
        self._notify()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and forget the credentials of cameras' users."""
        await self.stop()
        await self.access.close()

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=1 << 20)
        endpoints = [
            Endpoint("token", "GET", ("/v1.0/token",), self._token, business=False),
            Endpoint("token_refresh", "GET", ("/v1.0/token/{refresh_token}",), self._refresh, business=False),
            *self._device_api.endpoints(),
            *self.ipc.endpoints(),
        ]
        for endpoint in endpoints:
            for path in endpoint.paths:
                app.router.add_route(endpoint.method, path, self._serving(endpoint, path))
        app.router.add_get("/files/{token}", self._serve_file)
        app.router.add_route("*", "/{path:.*}", self._serving(None, ""))
        return app

    def _server_context(self) -> ssl.SSLContext | None:
        return None if self.certificate is None else self.certificate.server_context()

    # What there is to see

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait until a condition over this simulator holds; raises TimeoutError.

        It is looked at again whenever a call comes in or is answered.
        """
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    async def wait_for_call(self, endpoint: str, timeout: float = 20.0) -> None:
        """Wait until an endpoint is called once more than when this was last waited for; raises TimeoutError."""
        self._seen[endpoint] += 1
        await self.wait_for(lambda: self.calls[endpoint] >= self._seen[endpoint], timeout)

    @property
    def business_calls(self) -> int:
        """Count the calls that a quota counts: all but those for tokens and files."""
        return sum(count for name, count in self.calls.items() if name not in ("token", "token_refresh", "file", ""))

    # What the devices do

    def device(self, device_id: str) -> CloudDevice:
        """Return a device; raises UnknownDevice."""
        try:
            return self.devices[device_id]
        except KeyError:
            raise UnknownDevice(device_id) from None

    def report(self, device_id: str, values: Mapping[str, Any]) -> None:
        """Let a device report values, raw by code; raises UnknownDevice."""
        device = self.device(device_id)
        device.value.update(values)
        for listener in self.report_listeners:
            listener(device, values)

    def set_online(self, device_id: str, online: bool) -> None:
        """Let a device be reachable or not; raises UnknownDevice."""
        device = self.device(device_id)
        if device.online is online:
            return
        device.online = online
        for listener in self.online_listeners:
            listener(device)

    def add_device(self, device: CloudDevice) -> None:
        """Let a device join, or take the place of that with its id."""
        self.devices[device.id] = device
        for listener in self.add_listeners:
            listener(device)

    def remove_device(self, device_id: str) -> None:
        """Let a device leave; raises UnknownDevice."""
        device = self.device(device_id)
        del self.devices[device_id]
        for listener in self.remove_listeners:
            listener(device)

    def rename(self, device_id: str, name: str) -> None:
        """Give a device another name, as a user does in the app; raises UnknownDevice."""
        device = self.device(device_id)
        device.name = name
        for listener in self.rename_listeners:
            listener(device)

    def move_moto(self, device_id: str, moto_id: str | None) -> None:
        """Let a camera be reached by another moto from now on, or by none; raises UnknownDevice, also for what is no camera."""
        device = self.device(device_id)
        if device.camera is None:
            raise UnknownDevice(device_id)
        device.camera.moto_id = moto_id
        for listener in self.moto_listeners:
            listener(device)

    def picture_event(
        self,
        device_id: str,
        code: str = "movement_detect_pic",
        *,
        version: PictureVersion = "3.0",
        cmd: str = "ipc_motion",
        picture: bytes | None = None,
        encrypted: bool = True,
        offset: int = 64,
        local_key_form: LocalKeyForm = "raw",
    ) -> bytes:
        """Let a camera report an event with a picture in a data point; return the picture, a JPEG (a new one if none is given).

        `version`: see the module `pictures`. `encrypted` and `offset` are for 3.0. Raises UnknownDevice.
        """
        device = self.device(device_id)
        number = next(self._events)
        picture = event_picture(number) if picture is None else picture
        seconds = int(self.now())
        if version == "url":
            value = message_with_url(f"{self.endpoint}/files/{self.files.link(picture)}")
        elif version == "4.0":
            value = message_with_picture(cmd, seconds, picture, device.local_key, local_key_form)
        else:
            key = secrets.token_hex(8) if encrypted and version == "3.0" else ""
            # A "+" and a space in it: the path is signed as it is, and sent URL-encoded.
            path = f"/{device.uuid}/detect/{seconds}+{number} a.jpeg"
            self.files.stored[device.id, BUCKET, path] = encrypt_blob(picture, key, offset=offset)
            value = message_with_file(version, cmd, seconds, BUCKET, path, key)
        self.report(device_id, {code: value})
        return picture

    async def camera_user(self, device_id: str) -> BrokerUser:
        """Return the MQTT credentials of a camera, always the same, and let it in; raises UnknownDevice."""
        return await self.access.camera(self.device(device_id).id)

    # Mischief

    def expire_tokens(self, state: TokenState = "expired") -> None:
        """Let all tokens be no good from now on: 1010, for "invalid" 1011, for "bad_status" 1012."""
        self.gate.spoil(state)

    async def expire_access(self, link_id: str | None = None) -> int:
        """End the MQTT credentials of one link id or all, with their connections; return how many those were."""
        return await self.access.revoke(link_id)

    # Calls

    async def _token(self, call: Call) -> dict[str, Any]:
        # 2 is the authorization-code mode, for which there is no code here.
        if call.query.get("grant_type") != "1":
            raise ApiError(GRANT_TYPE_INVALID)
        return self.gate.issue(alone=self.faults.one_token) | {"uid": PROJECT_UID}

    async def _refresh(self, call: Call) -> dict[str, Any]:
        return self.gate.refresh(call.path["refresh_token"]) | {"uid": PROJECT_UID}

    async def _commanded(self, device: CloudDevice, values: Mapping[str, Any]) -> None:
        self.commands.append((device.id, dict(values)))
        await self._wake(device)
        reported = {code: value for code, value in values.items() if device.reports(code)}
        if reported and device.id in self.devices:
            self.report(device.id, reported)
        for listener in self.command_listeners:
            listener(device, values)

    def _ptz_moved(self, device: CloudDevice, direction: str) -> None:
        self.ptz_moves.append((device.id, direction))

    async def _wake(self, device: CloudDevice) -> None:
        """Wake a camera that sleeps, by the same packet as the app (section 7): the CRC32 of its local key."""
        if device.camera is None or not device.camera.low_power:
            return
        for listener in self.wake_listeners:
            listener(device)
        if self.broker is not None and self.broker.running:
            # A broker that is on its way out is no reason to fail the call.
            with contextlib.suppress(OSError, EOFError, TimeoutError, BrokerFailed):
                await self.broker.publish(f"m/w/{device.id}", zlib.crc32(device.local_key.encode()).to_bytes(4))

    # HTTP

    def _serving(
        self, endpoint: Endpoint | None, template: str
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            task = asyncio.current_task()
            assert task is not None
            self._open.add(task)
            try:
                return await self._serve(endpoint, template, request)
            finally:
                self._open.discard(task)

        return handle

    async def _serve(self, endpoint: Endpoint | None, template: str, request: web.Request) -> web.StreamResponse:
        name = "" if endpoint is None else endpoint.name
        self.calls[name] += 1
        self._notify()
        raw = await request.read()
        await self._take_time(name, request)
        failure = self.faults.take(name, request.match_info.get("device_id", "")) if name else None
        code: int | None = 0
        body: object = {}
        try:
            if failure is not None and failure.kind in _HTTP_KINDS:
                return await misbehave(request, failure.kind, failure.status)
            try:
                body = _json(request, raw)
                result = await self._result(endpoint, template, failure, request, raw, body)
            except ApiError as err:
                code = err.code
                return self._envelope({"success": False, "code": err.code, "msg": err.msg})
            code = None
            if failure is not None and failure.kind == "no_object":
                return web.json_response([])
            return self._envelope({"success": True} if failure is not None else {"success": True, "result": result})
        finally:
            self._note(
                Request(
                    endpoint=name,
                    method=request.method,
                    path=request.path,
                    query=dict(request.query),
                    body=body,
                    code=code,
                )
            )

    async def _result(
        self,
        endpoint: Endpoint | None,
        template: str,
        failure: Failure | None,
        request: web.Request,
        raw: bytes,
        body: object,
    ) -> Any:
        """Return what a call results in, None for one that fails otherwise than by an error; raises ApiError."""
        url = canonical_url(request.path, request.query.items())
        business = endpoint is None or endpoint.business
        self.gate.check(request.method, url, raw, request.headers, business=business)
        if endpoint is None or template in self.faults.missing_paths:
            raise ApiError(PATH_INVALID)
        if failure is not None:
            if failure.kind == "error":
                raise failure.error()
            return None
        if business and self.faults.quota is not None:
            if not self.faults.quota:
                raise ApiError(QUOTA)
            self.faults.quota -= 1
        if not isinstance(body, dict):
            raise ApiError(PARAM_ILLEGAL)
        return await endpoint.handler(Call(request.match_info, request.query, body))

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        self.calls["file"] += 1
        self._notify()
        await self._take_time("file", request)
        content = self.files.fetch(request.match_info["token"])
        failure = self.faults.take("file")
        if failure is not None and failure.kind in _HTTP_KINDS:
            return await misbehave(request, failure.kind, failure.status)
        if failure is not None:
            return web.Response(status=failure.status, text="<Error/>", content_type="application/xml")
        if content is None:
            return web.Response(
                status=403, text="<Error><Code>AccessDenied</Code></Error>", content_type="application/xml"
            )
        return web.Response(body=content, content_type="application/octet-stream")

    async def _take_time(self, name: str, request: web.Request) -> None:
        seconds = self.faults.latency_of(name)
        if request.transport is not None and request.transport not in self._greeted:
            # Those that have gone needn't be known any more.
            self._greeted = {one for one in self._greeted if not one.is_closing()} | {request.transport}
            seconds += self.faults.connect_latency
        if seconds:
            await asyncio.sleep(seconds)

    def _envelope(self, content: dict[str, Any]) -> web.Response:
        if not self.faults.no_t:
            content["t"] = int(self.now() * 1000)
        return web.json_response(content | {"tid": secrets.token_hex(16)})

    def _note(self, request: Request) -> None:
        if len(self.requests) < _MOST_REQUESTS:
            self.requests.append(request)
        if request.code is not None:
            self.errors[request.endpoint, request.code] += 1
        self._notify()

    def _notify(self) -> None:
        """Wake everything that waits, once: the next one to wait does so on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()


def _json(request: web.Request, raw: bytes) -> object:
    if not raw:
        return {}
    if request.content_type != "application/json":
        raise ApiError(CONTENT_TYPE)
    try:
        body: object = json.loads(raw)
    except ValueError as err:
        raise ApiError(PARAM_ILLEGAL) from err
    return body
