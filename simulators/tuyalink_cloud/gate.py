"""The door of the simulated cloud: a TCP port that checks who connects and lets them through to a broker.

Mosquitto's passwords don't change with the time, so the gate reads the CONNECT, checks client id, user name, password and time
(tuya_message_queue_and_tuyalink.md, B1), and passes it on with the broker's own credentials of that device. Two of its checks are
the broker's in the real cloud: QoS 2 isn't supported, and messages have a limit. The return codes are our choice where the pages
have none: 1 for another version than MQTT 3.1.1, 2 for a client id that isn't the device's, 5 for a device that there isn't or a
time that is out of the window, `refusal` for a wrong secret.
"""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass, field
import logging
import ssl

from simulators.mqtt_broker import BrokerUser

from . import mqtt_packets as mqtt
from .authentication import CLIENT_ID_PREFIX, parse_user_name, password_is_good
from .devices import LinkDevice
from .faults import Faults

LOGGER = logging.getLogger(__name__)

LEAST_KEEPALIVE, MOST_KEEPALIVE = 30, 1200
_CONNECT_TIMEOUT = 10.0
_MOST_CONNECT = 8 << 10
_MOST_ATTEMPTS = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A CONNECT, and what came of it."""

    code: int
    """The return code of its CONNACK."""
    why: str
    """Why it was refused; "" if it wasn't."""
    device_id: str = ""
    client_id: str = ""
    timestamp: str = ""
    keepalive: int = 0
    clean_session: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """A device's connection."""

    device_id: str
    writer: asyncio.StreamWriter = field(repr=False)
    published: int = 0
    """How many messages came over it."""

    def cut(self) -> None:
        """End it without a word."""
        self.writer.transport.abort()


class Gate:
    """Lets devices through to a broker on loopback; `port` 0 picks one, which stays over stop and start.

    `user_of`: the broker's credentials of a device. `on_change`: called with a device id whenever its connection comes or goes.
    `on_violation`: called with what a device does against the pages. `timestamp_tolerance`: by how many seconds a user name's time
    may be off; None: any, as the pages name no window.
    """

    def __init__(
        self,
        devices: Mapping[str, LinkDevice],
        faults: Faults,
        *,
        user_of: Callable[[str], BrokerUser],
        on_change: Callable[[str], None],
        on_violation: Callable[[str], None],
        now: Callable[[], float],
        most_payload: int,
        host: str = "127.0.0.1",
        port: int = 0,
        context: ssl.SSLContext | None = None,
        timestamp_tolerance: float | None = None,
    ) -> None:
        """Prepare; nothing listens yet."""
        self.host = host
        self.port = port
        self.timestamp_tolerance = timestamp_tolerance
        self.most_payload = most_payload
        self.attempts: list[Attempt] = []
        """Every CONNECT; the first 100 000 of them."""
        self.connections: dict[str, Connection] = {}
        """Who is connected now, by device id."""
        self._devices = devices
        self._faults = faults
        self._user_of = user_of
        self._on_change = on_change
        self._on_violation = on_violation
        self._now = now
        self._context = context
        self._broker = ("", 0)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> bool:
        """Tell whether it listens."""
        return self._server is not None

    async def start(self, broker_host: str, broker_port: int) -> None:
        """Listen and lead to a broker; OSError if the port is taken."""
        self._broker = (broker_host, broker_port)
        self._server = await asyncio.start_server(self._accept, self.host, self.port, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut all connections."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()

    def cut(self, device_id: str) -> bool:
        """End a device's connection; tell whether there was one."""
        connection = self.connections.get(device_id)
        if connection is not None:
            connection.cut()
        return connection is not None

    # One connection

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                packet = await mqtt.read_packet(reader, _MOST_CONNECT)
            if packet.kind != mqtt.CONNECT:
                self._on_violation("the first packet is no CONNECT")
                return
            await self._connect(mqtt.Connect.parse(packet.body), reader, writer)
        except mqtt.Malformed as err:
            self._on_violation(str(err))
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as err:
            LOGGER.debug("A connection ends: %s", type(err).__name__)
        finally:
            writer.transport.abort()
            # With TLS, an aborted transport still has to be waited for.
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _connect(self, connect: mqtt.Connect, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._faults.silent:
            await reader.read()
            return
        if self._faults.connect_delay:
            await asyncio.sleep(self._faults.connect_delay)
        attempt = self._judge(connect)
        if len(self.attempts) < _MOST_ATTEMPTS:
            self.attempts.append(attempt)
        if attempt.code != mqtt.ACCEPTED:
            LOGGER.debug("CONNACK %d for %s: %s", attempt.code, attempt.device_id or "somebody", attempt.why)
            writer.write(mqtt.connack(attempt.code))
            await writer.drain()
            return
        if not LEAST_KEEPALIVE <= connect.keepalive <= MOST_KEEPALIVE:
            self._on_violation(f"{attempt.device_id} has a keepalive of {connect.keepalive} s")
        if not connect.clean_session:
            self._on_violation(f"{attempt.device_id} wants a session that stays")
        user = self._user_of(attempt.device_id)
        inner_reader, inner_writer = await asyncio.open_connection(*self._broker)
        try:
            inner_writer.write(
                mqtt.Connect(
                    level=connect.level,
                    client_id=connect.client_id,
                    user_name=user.username,
                    password=user.password,
                    clean_session=connect.clean_session,
                    keepalive=connect.keepalive,
                    will=connect.will,
                    will_bits=connect.will_bits,
                ).encode()
            )
            answer = await mqtt.read_packet(inner_reader)
            if answer.body[1:] != bytes((mqtt.ACCEPTED,)):
                self._on_violation(f"the broker refuses {attempt.device_id}")
                writer.write(answer.encode())
                await writer.drain()
                return
            connection = Connection(device_id=attempt.device_id, writer=writer)
            self.connections[attempt.device_id] = connection
            self._on_change(attempt.device_id)
            try:
                # Who reads this CONNACK finds the device online.
                writer.write(answer.encode())
                await self._pass_on(connection, reader, inner_reader, inner_writer)
            finally:
                if self.connections.get(attempt.device_id) is connection:
                    del self.connections[attempt.device_id]
                    self._on_change(attempt.device_id)
        finally:
            inner_writer.transport.abort()

    def _judge(self, connect: mqtt.Connect) -> Attempt:
        """Decide about a CONNECT."""
        name = parse_user_name(connect.user_name or "")
        device_id = "" if name is None else name.device_id
        code, why = mqtt.ACCEPTED, ""
        device = self._devices.get(device_id)
        if (forced := self._faults.take_connack()) is not None:
            code, why = forced, "a fault"
        elif not connect.is_3_1_1:
            code, why = mqtt.BAD_PROTOCOL_VERSION, f"protocol level {connect.level}"
        elif name is None:
            code, why = self._faults.refusal, "a user name of another form"
        elif connect.client_id != CLIENT_ID_PREFIX + device_id:
            code, why = mqtt.BAD_CLIENT_ID, "the client id isn't that of the device"
        elif device is None or not device.secret:
            code, why = mqtt.NOT_AUTHORIZED, "no such device"
        elif self._faults.refuse_secret or not password_is_good(name, device.secret, connect.password or ""):
            code, why = self._faults.refusal, "another password"
        elif self.timestamp_tolerance is not None and abs(self._now() - name.seconds) > self.timestamp_tolerance:
            code, why = mqtt.NOT_AUTHORIZED, "a time that is out of the window"
        return Attempt(
            code=code,
            why=why,
            device_id=device_id,
            client_id=connect.client_id,
            timestamp="" if name is None else name.timestamp,
            keepalive=connect.keepalive,
            clean_session=connect.clean_session,
        )

    async def _pass_on(
        self,
        connection: Connection,
        reader: asyncio.StreamReader,
        inner_reader: asyncio.StreamReader,
        inner_writer: asyncio.StreamWriter,
    ) -> None:
        try:
            async with asyncio.timeout(self._faults.kick_after), asyncio.TaskGroup() as group:
                group.create_task(self._upwards(connection, reader, inner_writer))
                group.create_task(self._downwards(inner_reader, connection.writer))
        except* OSError, asyncio.IncompleteReadError:
            pass
        except* mqtt.Malformed as err:
            self._on_violation(f"{connection.device_id} sends {err.exceptions[0]}")

    async def _upwards(
        self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            packet = await mqtt.read_packet(reader)
            if packet.kind == mqtt.PUBLISH:
                connection.published += 1
                if packet.qos > 1:
                    message = "a message with QoS 2"
                    raise mqtt.Malformed(message)
                if (size := packet.payload_size()) > self.most_payload:
                    message = f"a message of {size} bytes"
                    raise mqtt.Malformed(message)
            if not self._faults.frozen:
                writer.write(packet.encode())
                await writer.drain()

    async def _downwards(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1 << 16):
            if not self._faults.frozen:
                writer.write(chunk)
                await writer.drain()
        raise ConnectionResetError
