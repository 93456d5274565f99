"""The simulated TuyaLink cloud: a broker with a gate before it, and a program that answers devices and commands them.

A model of the documented protocol (tuya_message_queue_and_tuyalink.md, part B, and the seed's page), not of the real cloud. What the
pages leave open is said to be our choice where it is made.
"""

import asyncio
import base64
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
import contextlib
from dataclasses import dataclass
import logging
import secrets
import socket
import ssl
import time
from typing import Any, Literal, Self, get_args

import aiomqtt

from simulators.mqtt_broker import BrokerUser, MosquittoBroker
from simulators.own_ca import OwnCertificate, make_certificate

from . import messages
from .codes import BAD_FORMAT, NO_DEVICE, Refused
from .demo import demo_devices, demo_products
from .devices import Desired, LinkDevice, Product
from .faults import Faults
from .gate import Gate
from .messages import Message, NoMessage
from .reports import Handler, Reports, model_of
from .rival import Rival
from .services import Services
from .topics import GATEWAY_UPLINKS, ON_REQUEST, PREFIX, RESPONSES, UPLINKS, parse_topic, readable, topic, writable
from .topology import Topology, change

LOGGER = logging.getLogger(__name__)

type Json = dict[str, Any]
type Malformed = Literal[
    "no_json", "no_object", "not_utf8", "no_msg_id", "msg_id_number", "no_data", "data_array", "huge"
]
MALFORMED: tuple[Malformed, ...] = get_args(Malformed.__value__)
"""Kinds of what no device can understand, see `send_malformed`."""

MOST_PAYLOAD = 10 << 10
ANSWER_TIMEOUT = 5.0
_START_TIMEOUT = 60.0
_COME_BACK = 0.05
_CLOUD = "cloud"
_MOST_RECEIVED = 100_000
_MOST_VIOLATIONS = 1000
_ANSWERS = frozenset({"thing/property/set_response", "thing/action/execute_response"})


class UnknownDevice(KeyError):
    """There is no device of that id."""


class DeviceOffline(RuntimeError):
    """A device isn't connected, or isn't logged in by its gateway."""


class NoAnswer(RuntimeError):
    """A device has said nothing to a command in time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Uplink:
    """A message that came from a device."""

    device_id: str
    function: str
    payload: bytes
    message: Message | None
    """None: nobody could answer that."""
    time: float
    """The loop's, in seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a device has answered to a command."""

    code: int
    data: Any
    seconds: float
    """From the command's being sent on."""

    @property
    def outputs(self) -> Json:
        """Return the output parameters of an action."""
        outputs = self.data.get("outputParams") if isinstance(self.data, dict) else None
        return outputs if isinstance(outputs, dict) else {}


class TuyaLinkCloudSimulator:
    """A TuyaLink cloud on a port of its own; `async with` starts and stops it.

    `port` 0 lets the system pick one, which then stays over stop and start. `devices` (the demo's gateway if None) are taken as they
    are, not copied, so that a test can look at them and change them; `products` are those that sub-devices may be bound of (the
    demo's if None), those of the devices among them or not. `tls` makes the port speak TLS 1.2 at most, with a certificate of an own
    authority, see `certificate`. `timestamp_tolerance`: see `Gate`. `most_payload`: bytes of a message; with more the connection
    ends. The page has 10 KB from a copy of Tuya's limits, Tuya's page about batches 64 KB.
    """

    def __init__(
        self,
        devices: Iterable[LinkDevice] | None = None,
        *,
        products: Iterable[Product] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        faults: Faults | None = None,
        timestamp_tolerance: float | None = None,
        most_payload: int = MOST_PAYLOAD,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing listens yet."""
        known = list(demo_products() if products is None else products)
        self.devices: dict[str, LinkDevice] = {
            device.id: device for device in (demo_devices(known) if devices is None else devices)
        }
        self.products: dict[str, Product] = {
            product.id: product for product in (*known, *(device.product for device in self.devices.values()))
        }
        self.certificate: OwnCertificate | None = make_certificate(host, "localhost") if tls else None
        self._faults = faults or Faults()
        self.now = now
        """The cloud's clock, in seconds."""

        self.received: list[Uplink] = []
        """Every message that came; the first 100 000 of them."""
        self.calls: Counter[str] = Counter()
        """How many messages came, by function."""
        self.answers: Counter[tuple[str, int]] = Counter()
        """How many answers went out, by function of what was asked and code."""
        self.violations: list[str] = []
        """What devices did against the pages, in words; the first 1000."""

        self.topology = Topology(
            self.devices, self.products, self._faults, changed=self._topology_changed, note=self._violation
        )
        self._handlers: dict[str, Handler] = {
            **Reports(self.devices, self._violation).handlers(),
            **self.topology.handlers(),
            **Services(now).handlers(),
        }
        self._passwords: dict[str, str] = {}
        self._granted: dict[str, dict[str, None]] = {}
        self._regrants: set[str] = set()
        self._cloud_user = BrokerUser(
            username=_CLOUD, password=secrets.token_hex(16), read=(f"{PREFIX}/#",), write=(f"{PREFIX}/#",)
        )
        self.broker = MosquittoBroker()
        """The mosquitto behind the gate."""
        self.gate = Gate(
            self.devices,
            self._faults,
            user_of=lambda device_id: self._user(self.devices[device_id]),
            on_change=self._connection_changed,
            on_violation=self._violation,
            now=now,
            most_payload=most_payload,
            host=host,
            port=port,
            context=self._server_context(),
            timestamp_tolerance=timestamp_tolerance,
        )
        self._client: aiomqtt.Client | None = None
        self._stack: contextlib.AsyncExitStack | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: dict[tuple[str, str, str], asyncio.Future[Message]] = {}
        self._rivals: dict[str, Rival] = {}
        self._changed = asyncio.Event()
        self._regranting = asyncio.Lock()

        for sub in self.devices.values():
            if sub.gateway_id is not None and not sub.index_id:
                gateway_id, sub.gateway_id = sub.gateway_id, None
                self.topology.link(sub, gateway_id)

    # What a device has to know

    @property
    def host(self) -> str:
        """Return where it listens."""
        return self.gate.host

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return self.gate.port

    @property
    def faults(self) -> Faults:
        """Return what goes wrong; change it, it can't be replaced."""
        return self._faults

    @property
    def gateway(self) -> LinkDevice:
        """Return the first device that connects by itself."""
        return next(device for device in self.devices.values() if device.secret)

    def client_context(self) -> ssl.SSLContext | None:
        """Return what a client needs for TLS; None without TLS."""
        if self.certificate is None:
            return None
        context = self.certificate.client_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    # Start and stop

    @property
    def running(self) -> bool:
        """Tell whether it listens."""
        return self.gate.running

    @property
    def ready(self) -> bool:
        """Tell whether the program behind the gate is at its broker; not for a moment after that was restarted."""
        return self._client is not None

    async def start(self) -> None:
        """Listen; OSError if the port is taken, MosquittoMissing, BrokerFailed. Does nothing if it listens already."""
        if self._stack is not None:
            return
        async with contextlib.AsyncExitStack() as stack:
            self.broker.users = {_CLOUD: self._cloud_user}
            for device in self.devices.values():
                if device.secret:
                    self.broker.users[device.id] = self._user(device)
            await stack.enter_async_context(self.broker)
            await self._start_cloud(stack)
            stack.push_async_callback(self.gate.stop)
            await self.gate.start(self.broker.host, self.broker.port)
            self._stack = stack.pop_all()

    async def stop(self) -> None:
        """Stop listening and cut all connections; devices, counters and faults stay. Does nothing if it is stopped."""
        for device_id in list(self._rivals):
            await self.release(device_id)
        stack, self._stack = self._stack, None
        if stack is not None:
            await stack.aclose()
        self._notify()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def _start_cloud(self, stack: contextlib.AsyncExitStack) -> None:
        connected = asyncio.Event()
        stack.push_async_callback(self._stop_cloud, asyncio.create_task(self._run_cloud(connected)))
        async with asyncio.timeout(_START_TIMEOUT):
            await connected.wait()

    async def _stop_cloud(self, running: asyncio.Task[None]) -> None:
        tasks = [running, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run_cloud(self, connected: asyncio.Event) -> None:
        """Be the cloud at the broker; come back if that is restarted."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with self._cloud_client() as client:
                    # Not everything: what the cloud sends itself would come back.
                    await client.subscribe([(topic("+", function), 1) for function in sorted(UPLINKS)])
                    self._client = client
                    connected.set()
                    self._notify()
                    try:
                        async for one in client.messages:
                            self._receive(str(one.topic), one.payload)
                    finally:
                        self._client = None
            await asyncio.sleep(_COME_BACK)

    def _cloud_client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self.broker.host,
            self.broker.port,
            identifier=_CLOUD,
            username=self._cloud_user.username,
            password=self._cloud_user.password,
            protocol=aiomqtt.ProtocolVersion.V311,
            # Otherwise a command waits 40 ms for the acknowledgement of what was sent before it.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def _server_context(self) -> ssl.SSLContext | None:
        if self.certificate is None:
            return None
        context = self.certificate.server_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    # What there is to see

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait until a condition over this simulator holds; raises TimeoutError.

        It is looked at again whenever a message comes in or is answered, and a connection comes or goes.
        """
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    async def wait_for_device(self, device_id: str, *, online: bool = True, timeout: float = 20.0) -> None:
        """Wait until a device is online, or offline; raises TimeoutError."""
        await self.wait_for(lambda: self.device(device_id).online is online, timeout)

    def device(self, device_id: str) -> LinkDevice:
        """Return a device; raises UnknownDevice."""
        try:
            return self.devices[device_id]
        except KeyError:
            raise UnknownDevice(device_id) from None

    async def add_device(self, device: LinkDevice) -> None:
        """Register a device, in the place of that with its id; it may connect from now on if it has a secret."""
        self.devices[device.id] = device
        self.products[device.product.id] = device.product
        if device.gateway_id is not None and not device.index_id:
            gateway_id, device.gateway_id = device.gateway_id, None
            self.topology.link(device, gateway_id)
        if device.secret:
            self._regrants.add(device.id)
        await self._regrant()

    def messages_of(self, function: str, device_id: str | None = None) -> list[Message]:
        """Return what came of a function, of all devices or one."""
        return [
            one.message
            for one in self.received
            if one.function == function and one.message is not None and device_id in (None, one.device_id)
        ]

    # Commands

    async def set_property(
        self,
        device_id: str,
        values: Mapping[str, Any],
        *,
        ack: bool = True,
        checked: bool = True,
        timeout: float = ANSWER_TIMEOUT,
    ) -> Answer:
        """Set properties; return what the device answers.

        `ack`: ask for an answer by sys.ack, without which Tuya's page lets a device say nothing. `checked`: only what the model
        allows, to a device that is online; raises Refused and DeviceOffline. Raises NoAnswer, too.
        """
        device = self.device(device_id)
        if checked:
            model = model_of(device)
            for code, value in values.items():
                model.check_sent(code, value)
            self._check_online(device)
        body: Json = {**({"sys": {"ack": 1}} if ack else {}), "data": dict(values)}
        return await self._command(device_id, "thing/property/set", "thing/property/set_response", body, timeout)

    async def execute_action(
        self,
        device_id: str,
        code: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        checked: bool = True,
        timeout: float = ANSWER_TIMEOUT,
    ) -> Answer:
        """Execute an action; return what the device answers. `checked` and what is raised: as of `set_property`."""
        device = self.device(device_id)
        if checked:
            model_of(device).check_inputs(code, inputs or {})
            self._check_online(device)
        body = {"data": {"actionCode": code, "inputParams": dict(inputs or {})}}
        answer = await self._command(device_id, "thing/action/execute", "thing/action/execute_response", body, timeout)
        if answer.code == 0:
            try:
                if isinstance(answer.data, dict) and answer.data.get("actionCode", code) != code:
                    self._violation(f"{device_id} answers another action than {code}")
                model_of(device).check_outputs(code, answer.outputs)
            except Refused as err:
                self._violation(f"{device_id} execute_response: {err}")
        return answer

    async def desire(self, device_id: str, values: Mapping[str, Any]) -> None:
        """Say what properties should be; a device that is offline asks for it when it comes back. Raises Refused."""
        device = self.device(device_id)
        for code, value in values.items():
            model_of(device).check_sent(code, value)
        for code, value in values.items():
            before = device.desired.get(code)
            device.desired[code] = Desired(value=value, version=1 if before is None else before.version + 1)

    async def issue_firmware(self, device_id: str, *, channel: int = 0, version: str = "9.9.9") -> Json:
        """Tell a device to install a firmware that there isn't; return what it was told."""
        device = self.device(device_id)
        device.issued = {
            "ctId": secrets.token_hex(8),
            "channel": channel,
            "version": version,
            "url": "http://files.invalid/firmware.bin",
            "cdnUrl": "http://cdn.invalid/firmware.bin",
            "httpsUrl": "https://files.invalid/firmware.bin",
            "size": "1048576",
            "md5": secrets.token_hex(16),
            "hmac": secrets.token_hex(32).upper(),
            "upgradeType": 0,
            "execTime": 600,
        }
        await self.publish(device_id, self._faults.firmware_topic, {"data": device.issued})
        return device.issued

    async def bind(self, device_id: str, gateway_id: str) -> None:
        """Link a sub-device to a gateway, as in the console, and tell the gateway."""
        self.topology.link(self.device(device_id), gateway_id)
        await self._regrant()
        await self.topology_change(gateway_id, added=[device_id])

    async def unbind(self, device_id: str) -> None:
        """Take a sub-device from its gateway, as in the app, and tell the gateway."""
        sub = self.device(device_id)
        gateway_id = sub.gateway_id
        if gateway_id is None:
            raise Refused(NO_DEVICE, f"{device_id} isn't bound")
        self.topology.unlink(sub)
        await self.topology_change(gateway_id, deleted=[device_id])

    async def topology_change(self, gateway_id: str, *, added: Iterable[str] = (), deleted: Iterable[str] = ()) -> None:
        """Tell a gateway about changes, whether they are so or not. delDevIds is known, addDevIds is our choice."""
        data = change("addDevIds", added, self._faults) | change("delDevIds", deleted, self._faults)
        await self.publish(gateway_id, "device/topo/change", {"data": data})

    async def send_raw(self, device_id: str, data: bytes) -> None:
        """Send over the channel for raw data; Base64 in `data` is our choice."""
        await self.publish(device_id, "channel/raw/down", {"data": base64.b64encode(data).decode()})

    async def send_malformed(
        self, device_id: str, kind: Malformed = "no_json", function: str = "thing/property/set"
    ) -> None:
        """Send what no device can understand."""
        body: Json = {"msgId": messages.new_id(), "time": self._time(), "data": {}}
        payloads = {
            "no_json": b'{"msgId":',
            "no_object": b"[1, 2]",
            "not_utf8": b'{"msgId": "\xff\xfe"}',
            "no_msg_id": messages.encode({key: value for key, value in body.items() if key != "msgId"}),
            "msg_id_number": messages.encode({**body, "msgId": 5}),
            "no_data": messages.encode({key: value for key, value in body.items() if key != "data"}),
            "data_array": messages.encode({**body, "data": [1, "two"]}),
            "huge": messages.encode({**body, "data": {"x": "y" * 4 * self.gate.most_payload}}),
        }
        await self._send(topic(device_id, function), payloads[kind])

    async def publish(self, device_id: str, function: str, body: Mapping[str, Any]) -> str:
        """Send a message with a msgId and a time, if it has none, and return its msgId."""
        whole = {"msgId": messages.new_id(), "time": self._time(), **body}
        await self._send(topic(device_id, function), messages.encode(whole))
        return str(whole["msgId"])

    # What happens to connections

    def kick(self, device_id: str) -> bool:
        """Cut a device's connection; tell whether there was one."""
        return self.gate.cut(device_id)

    async def reset_secret(self, device_id: str, secret: str) -> None:
        """Give a device another secret, as the console does, and cut its connection."""
        self.device(device_id).secret = secret
        self.kick(device_id)

    async def take_over(self, device_id: str, *, persistent: bool = False, delay: float = 0.0) -> Rival:
        """Connect with a device's certificate, which ends its connection; `persistent`: again, `delay` s after losing its own."""
        await self.release(device_id)
        rival = self._rivals[device_id] = Rival(
            self.device(device_id),
            host=self.host,
            port=self.port,
            context=self.client_context(),
            persistent=persistent,
            delay=delay,
        )
        await rival.start()
        return rival

    async def release(self, device_id: str) -> None:
        """Let the other client of `take_over` leave."""
        if (rival := self._rivals.pop(device_id, None)) is not None:
            await rival.stop()

    # What devices send

    def _receive(self, name: str, payload: bytes) -> None:
        parsed = parse_topic(name)
        if parsed is None:
            return
        device_id, function = parsed
        message = None
        try:
            message = messages.parse(payload)
        except NoMessage as err:
            self._violation(f"{device_id} {function}: {err}")
        self.calls[function] += 1
        if len(self.received) < _MOST_RECEIVED:
            self.received.append(
                Uplink(
                    device_id=device_id,
                    function=function,
                    payload=payload,
                    message=message,
                    time=asyncio.get_running_loop().time(),
                )
            )
        if message is not None:
            if function in _ANSWERS:
                self._answered(device_id, function, message)
            else:
                # At once: the faults that count are those that there are when it comes.
                task = asyncio.create_task(self._handle(device_id, function, message), eager_start=True)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        self._notify()

    async def _handle(self, device_id: str, function: str, message: Message) -> None:
        faults = self._faults
        if faults.latency:
            await asyncio.sleep(faults.latency)
        if faults.hits(faults.deaf, function):
            return
        if (failure := faults.take_failure(function, device_id)) is not None:
            result: Json = {"code": failure.code}
        else:
            try:
                result = self._do(device_id, function, message)
            except Refused as err:
                result = {"code": err.code}
                self._violation(f"{device_id} {function}: {err}")
            # Whoever is told that a sub-device is bound may use its topics already.
            await self._regrant()
        response = RESPONSES.get(function)
        wanted = function not in ON_REQUEST or message.wants_answer or faults.always_answer
        if response is not None and wanted and not faults.hits(faults.no_answer, function):
            self.answers[function, result.get("code", 0)] += 1
            msg_id = messages.new_id() if faults.wrong_msg_id else message.msg_id
            for _ in range(2 if faults.answer_twice else 1):
                await self.publish(device_id, response, {"msgId": msg_id, **result})
        self._notify()

    def _do(self, device_id: str, function: str, message: Message) -> Json:
        message.check()
        device = self.devices.get(device_id)
        if device is None or (device.sub_device and device.gateway_id is None):
            raise Refused(NO_DEVICE, f"{device_id} isn't bound")
        if function in GATEWAY_UPLINKS and not device.product.gateway:
            raise Refused(NO_DEVICE, f"{device_id} is no gateway")
        return self._handlers[function](device, message)

    def _answered(self, device_id: str, function: str, message: Message) -> None:
        try:
            message.check()
            if isinstance(message.code, bool) or not isinstance(message.code, int | None):
                raise Refused(BAD_FORMAT, "code is no integer")  # noqa: TRY301
        except Refused as err:
            self._violation(f"{device_id} {function}: {err}")
        waiting = self._waiting.get((device_id, function, message.msg_id))
        if waiting is None or waiting.done():
            self._violation(f"{device_id} {function}: nobody waits for that msgId")
        else:
            waiting.set_result(message)

    # Sending

    async def _command(self, device_id: str, function: str, response: str, body: Json, timeout: float) -> Answer:
        msg_id = messages.new_id()
        key = (device_id, response, msg_id)
        loop = asyncio.get_running_loop()
        waiting = self._waiting[key] = loop.create_future()
        started = loop.time()
        try:
            await self.publish(device_id, function, {"msgId": msg_id, **body})
            async with asyncio.timeout(timeout):
                message = await waiting
        except TimeoutError as err:
            text = f"{device_id} hasn't answered in {timeout:g} s"
            raise NoAnswer(text) from err
        finally:
            del self._waiting[key]
        # Left out it is 0, says Tuya's page.
        return Answer(
            code=0 if message.code is None else message.code, data=message.data, seconds=loop.time() - started
        )

    async def _send(self, name: str, payload: bytes) -> None:
        if self._client is None:
            message = "the cloud is stopped"
            raise DeviceOffline(message)
        await self._client.publish(name, payload, qos=1)

    def _check_online(self, device: LinkDevice) -> None:
        if not device.online:
            message = f"{device.id} is offline"
            raise DeviceOffline(message)

    def _time(self) -> int:
        return int(self.now() * 1000)

    # Who is there, and may do what

    def _connection_changed(self, device_id: str) -> None:
        device = self.devices.get(device_id)
        if device is not None:
            device.online = device_id in self.gate.connections
            # A new connection has to log them in as one after a break.
            self.topology.all_offline(device_id)
        self._notify()

    def _topology_changed(self, gateway_id: str) -> None:
        granted = self._granted.setdefault(gateway_id, {})
        self._regrants.add(gateway_id)
        for sub in self.topology.sub_devices(gateway_id):
            granted[sub.id] = None
            for other_id, others in self._granted.items():
                if other_id != gateway_id and sub.id in others:
                    del others[sub.id]
                    self._regrants.add(other_id)

    def _user(self, device: LinkDevice) -> BrokerUser:
        """Return a device's credentials at the broker. What was unbound stays readable, so that 1004 can be said of it."""
        password = self._passwords.setdefault(device.id, secrets.token_hex(16))
        read = list(readable(device.id, gateway=device.product.gateway))
        write = list(writable(device.id, gateway=device.product.gateway))
        for sub_id in self._granted.get(device.id, ()):
            read += readable(sub_id, gateway=False)
            write += writable(sub_id, gateway=False)
        return BrokerUser(username=device.id, password=password, read=tuple(read), write=tuple(write))

    async def _regrant(self) -> None:
        """Tell the broker who may use what, if that has changed."""
        async with self._regranting:
            while self._regrants:
                device = self.devices.get(self._regrants.pop())
                if device is not None and device.secret and self.broker.running:
                    await self.broker.add_user(self._user(device))

    def _violation(self, text: str) -> None:
        LOGGER.debug("Violation: %s", text)
        if len(self.violations) < _MOST_VIOLATIONS:
            self.violations.append(text)
        self._notify()

    def _notify(self) -> None:
        """Wake everything that waits, once: the next one to wait does so on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()
