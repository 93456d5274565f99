"""The simulated cloud: its API over HTTP, with products and devices behind it.

A model of the documented API (tencent_iot_video.md, sections 1, 3 and 4), not of the real cloud. What the page leaves open is
said to be our choice where it is made.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
import json
import time
from typing import Any, Self
import uuid

from aiohttp import web

from simulators.failing_calls import misbehave, page_of
from simulators.listening import listen
from simulators.own_ca import OwnCertificate, make_certificate

from . import recordings
from .account import Account
from .devices import Device, Product
from .errors import INVALID_PARAMETER, UNSUPPORTED_PROTOCOL, CloudError
from .faults import Failure, Faults
from .gate import Gate
from .histories import Histories
from .parameters import PARAMETERS, check_parameters
from .push import Pusher
from .recordings import Recordings
from .things import Things

# Made up.
DEFAULT_SECRET_ID = "AKIDsimulated0000000000000000000001"  # noqa: S105
DEFAULT_SECRET_KEY = "simulated0secret0key000000000001"  # noqa: S105

_HTTP_KINDS = ("http", "drop", "silent", "garbage")
_MOST_REQUESTS = 100_000

type Handler = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call that came in."""

    action: str
    """What it says that it is; empty: nothing."""
    params: Mapping[str, Any] = field(repr=False)
    code: str | None
    """Of the error that was the answer; None: it was done; "": an HTTP error, or no answer."""


class TencentCloudSimulator:
    """An account on a port of its own; `async with` starts and stops it.

    `port` 0 lets the system pick one, which then stays over stop and start. What its products and devices do is done by
    `account`: report, event, custom, record, set_online, restart, add, remove; what is pushed is `pusher`'s. `tls` makes the endpoint
    https, see `certificate`.
    """

    def __init__(
        self,
        products: Iterable[Product] = (),
        devices: Iterable[Device] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        secret_id: str = DEFAULT_SECRET_ID,
        secret_key: str = DEFAULT_SECRET_KEY,
        faults: Faults | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing listens yet."""
        self.host = host
        self.port = port
        self.certificate: OwnCertificate | None = make_certificate(host, "localhost") if tls else None
        self._faults = faults or Faults()
        self._now = now
        self.account = Account(products, devices, self._faults, now=self.now)
        self.gate = Gate(secret_id, secret_key, self._faults, now=self.now)
        self.pusher = Pusher(self.account)
        self.recordings = Recordings(self.account, lambda: self.endpoint)

        self.calls: Counter[str] = Counter()
        """How many calls came in, by action; files by their kind, see faults.FILES."""
        self.errors: Counter[tuple[str, str]] = Counter()
        """How many calls failed, by action and code; code "": an HTTP error or no answer."""
        self.requests: list[Request] = []
        """Every call of the API; the first 100 000 of them."""

        self._handlers = _handlers(Things(self.account), Histories(self.account), self.recordings, self.pusher)
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Event()
        self._open: set[asyncio.Task[Any]] = set()

    @property
    def endpoint(self) -> str:
        """Return the base URL of API and files."""
        return f"{'http' if self.certificate is None else 'https'}://{self.host}:{self.port}"

    @property
    def faults(self) -> Faults:
        """Return what goes wrong; change it, it can't be replaced."""
        return self._faults

    @property
    def secret_id(self) -> str:
        """Return the account's SecretId."""
        return self.gate.secret_id

    @property
    def secret_key(self) -> str:
        """Return the account's SecretKey."""
        return self.gate.secret_key

    @secret_key.setter
    def secret_key(self, key: str) -> None:
        self.gate.secret_key = key

    def now(self) -> float:
        """Return the cloud's time: this machine's, and what faults put it off by."""
        return self._now() + self._faults.clock_offset

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
        context = None if self.certificate is None else self.certificate.server_context()
        self.port = await listen(runner, self.host, self.port, reuse_address=True, context=context)
        self._runner = runner
        await self.pusher.start()

    async def stop(self) -> None:
        """Stop listening and cut all connections; everything else stays. Does nothing if it is stopped."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        await self.pusher.stop()
        for task in self._open:
            task.cancel()
        await runner.cleanup()
        self._notify()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait until a condition over this simulator holds, looked at with every call; raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    # HTTP

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=10 << 20)
        app.router.add_route("*", "/", self._tracked(self._serve))
        for path, kind in (
            (recordings.PLAYLIST, "playlist"),
            (recordings.INIT, "segment"),
            (recordings.SEGMENT, "segment"),
            (recordings.THUMBNAIL, "thumbnail"),
            (recordings.PICTURE_STREAM, "picture_stream"),
        ):
            app.router.add_get(path, self._tracked(self._serving_file(kind)))
        return app

    def _tracked(
        self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Remember who is being served, so that `stop` needn't wait."""

        async def handle(request: web.Request) -> web.StreamResponse:
            task = asyncio.current_task()
            assert task is not None
            self._open.add(task)
            try:
                response = await handler(request)
            finally:
                self._open.discard(task)
            # The client learns the cloud's time from it.
            date = "unknown" if self._faults.no_date else formatdate(self.now(), usegmt=True)
            response.headers["Date"] = date
            return response

        return handle

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        action = request.headers.get("X-TC-Action", "")
        self.calls[action] += 1
        self._notify()
        raw = await request.read()
        params: dict[str, Any] = {}
        code: str | None = ""
        try:
            params = _json(raw)
            device = f"{params.get('ProductId')}/{params.get('DeviceName')}"
            known = action if action in PARAMETERS else ""
            if seconds := self._faults.latency_of(known):
                await asyncio.sleep(seconds)
            failure = self._faults.take(known, device) if known else None
            if failure is not None and failure.kind in _HTTP_KINDS:
                return await misbehave(request, failure.kind, failure.status)
            content = await self._result(request, raw, params, failure)
            code = None
            if failure is not None and failure.kind == "no_object":
                return web.json_response([])
            return _envelope(content)
        except CloudError as err:
            code = err.code
            return _envelope({"Error": {"Code": err.code, "Message": err.message}})
        finally:
            self._note(Request(action=action, params=params, code=code))

    async def _result(
        self, request: web.Request, raw: bytes, params: dict[str, Any], failure: Failure | None
    ) -> dict[str, Any]:
        # The official SDK sends what is small enough by GET only if it is told to; here, there is POST only.
        if request.method != "POST" or request.content_type != "application/json":
            raise CloudError(UNSUPPORTED_PROTOCOL)
        action = self.gate.check(request.method, request.path, request.query_string, request.headers, raw)
        if failure is not None and failure.kind == "error":
            raise failure.error()
        check_parameters(action, params)
        if failure is not None:
            return {}
        return await self._handlers[action](params)

    def _serving_file(self, kind: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            self.calls[kind] += 1
            self._notify()
            if seconds := self._faults.latency_of(kind):
                await asyncio.sleep(seconds)
            failure = self._faults.take(kind)
            if failure is None:
                response = self.recordings.serve(kind, request)
            elif failure.kind in _HTTP_KINDS:
                response = await misbehave(request, failure.kind, failure.status)
            else:
                response = web.Response(status=failure.status, text=page_of(failure.status), content_type="text/html")
            if response.status >= 400:
                self.errors[kind, str(response.status)] += 1
            return response

        return serve

    def _note(self, request: Request) -> None:
        if len(self.requests) < _MOST_REQUESTS:
            self.requests.append(request)
        if request.code is not None:
            self.errors[request.action, request.code] += 1
        self._notify()

    def _notify(self) -> None:
        """Wake everything that waits, once: the next one to wait does so on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()


def _handlers(things: Things, histories: Histories, stored: Recordings, pusher: Pusher) -> dict[str, Handler]:
    return {
        "DescribeProducts": things.products,
        "DescribeDevices": things.devices,
        "DescribeDevice": things.device,
        "DescribeDeviceData": things.data,
        "DescribeDeviceDataHistory": histories.data,
        "ControlDeviceData": things.control,
        "CallDeviceActionSync": things.call_sync,
        "CallDeviceActionAsync": things.call_async,
        "PublishMessage": things.publish,
        "DescribeModelDefinition": things.model,
        "DescribeP2PInfo": things.p2p,
        "WakeUpDevice": things.wake,
        "DescribeCloudStorage": stored.plan,
        "DescribeCloudStorageDate": stored.dates,
        "DescribeCloudStorageTime": stored.timeline,
        "DescribeCloudStorageEvents": stored.events,
        "DescribeCloudStorageThumbnail": stored.thumbnail,
        "DescribeCloudStorageThumbnailList": stored.thumbnails,
        "DescribeCloudStorageMultiThumbnail": stored.thumbnails,
        "GenerateSignedVideoURL": stored.sign,
        "DescribeCloudStorageStreamData": stored.streams,
        "DescribeDeviceEventHistory": histories.events,
        "DescribeDeviceActionHistory": histories.actions,
        "DescribeDeviceStatusLog": histories.statuses,
        "DescribePushChannel": pusher.describe,
        "ModifyPushChannel": pusher.modify,
        "CreateDataForward": pusher.create,
        "DescribeDataForwardList": pusher.list,
        "ModifyDataForward": pusher.change,
        "ModifyDataForwardStatus": pusher.switch,
    }


def _envelope(content: dict[str, Any]) -> web.Response:
    body = json.dumps({"Response": content | {"RequestId": str(uuid.uuid4())}}).encode()
    # Without a charset: the official SDK looks for errors only in this very type.
    return web.Response(body=body, content_type="application/json")


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as err:
        raise CloudError(INVALID_PARAMETER, "The body is no JSON.") from err
    if not isinstance(body, dict):
        raise CloudError(INVALID_PARAMETER, "The body is no JSON object.")
    return body
