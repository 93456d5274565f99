"""A real mosquitto as a simulator's broker: on loopback, with a password file and an ACL, for tests and the demo.

What is Tuya's is only who may do what (tuya_ipc_webrtc.md, sections 3, 7 and 15.2), in `cloud_user` and `camera_user`; the rest
is mosquitto. Measured with mosquitto 2.0.11: a reload (SIGHUP) drops every connection whose user is gone or has another
password, and no other; a second connection with a client id ends the first ("already connected, closing old connection");
what the ACL denies is acknowledged to MQTT 3.1.1 clients all the same (v5: reason 135), and a subscription is never refused,
it just brings nothing.
"""

import asyncio
from base64 import b64encode
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable
import contextlib
from dataclasses import dataclass, field
import hashlib
import os
from pathlib import Path
import re
import secrets
import shutil
import signal
import socket
import ssl
import struct
import tempfile
from typing import Self

from .own_ca import OwnCertificate, make_certificate

# Debian installs it where an ordinary user's PATH doesn't lead.
_MORE_PATHS = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 20.0
_ANSWER_TIMEOUT = 20.0
_PORT_ATTEMPTS = 20
_LOG_LINES = 5000
_LONGEST_LOG_LINE = 1 << 20
_ITERATIONS = 101  # what mosquitto_passwd takes; it is a test's password

_RUNNING = re.compile(r"mosquitto version \S+ running$")
_CONNECTED = re.compile(r"New client connected from \S+ as (?P<client>.+) \(p\d, c\d, k\d+(?:, u'(?P<user>.*)')?\)\.$")
_GONE = re.compile(
    r"(?:Client (?P<client>.+?)(?: \[[^]]*\])? (?:disconnected|closed its connection|has exceeded timeout|sent|been disconnected)"
    r"|(?:Socket error on|Bad socket read/write on|Protocol error from) client (?P<failed>[^,:]+)[,:])"
)
_TAKEN_OVER = re.compile(r"Client (?P<client>.+?)(?: \[[^]]*\])? already connected, closing old connection\.$")
_REFUSED = re.compile(r"Sending CONNACK to .* \((?:\d+), (?:4|5|134|135)\)$")
_PUBLISH = re.compile(r"(?P<what>Received|Denied) PUBLISH from (?P<client>.+) \(d\d, q\d, r\d, m\d+, '(?P<topic>.*)', ")


class MosquittoMissing(RuntimeError):
    """There is no mosquitto on this machine."""


class BrokerFailed(RuntimeError):
    """Mosquitto didn't start, or ended by itself; the text is what it said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerUser:
    """Somebody who may log in, and the topic filters that they may read and write."""

    username: str
    password: str = field(repr=False)
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()


def cloud_user(username: str, password: str) -> BrokerUser:
    """Return a user of the cloud, `cloud_<x>`: reads /av/u/<x>, writes to every camera and wakes every device."""
    return BrokerUser(
        username=username,
        password=password,
        read=(f"/av/u/{username.removeprefix('cloud_')}",),
        write=("/av/moto/+/u/#", "m/w/#"),
    )


def camera_user(device_id: str, password: str) -> BrokerUser:
    """Return a camera: reads what is sent to its id by whatever moto, and what wakes it; writes to every cloud user."""
    return BrokerUser(
        username=device_id,
        password=password,
        read=(f"/av/moto/+/u/{device_id}", f"m/w/{device_id}"),
        write=("/av/u/#",),
    )


def find_mosquitto() -> str:
    """Return the path of mosquitto; raises MosquittoMissing."""
    if found := shutil.which("mosquitto") or shutil.which("mosquitto", path=_MORE_PATHS):
        return found
    message = f"there is no mosquitto, neither on the PATH nor in {_MORE_PATHS}; on Debian: apt-get install mosquitto"
    raise MosquittoMissing(message)


class MosquittoBroker:
    """A mosquitto process; `async with` starts and ends it.

    `port` 0 picks a free one, which then stays over stop and start; so do the users. `tls` gives it a certificate of an
    authority of its own, see `certificate`. With `rtt`, clients reach it over a link of that round trip time (seconds, see
    SlowLink); the broker's own answers take no time otherwise. Sessions and retained messages don't outlive a stop.
    """

    def __init__(
        self,
        *,
        tls: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        users: Iterable[BrokerUser] = (),
        rtt: float | None = None,
    ) -> None:
        """Prepare; nothing runs yet."""
        self.host = host
        self.port = port
        self.certificate: OwnCertificate | None = make_certificate(host, "localhost") if tls else None
        self.users = {user.username: user for user in users}
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        """What mosquitto said, the newest last; no passwords in it."""
        self.clients: dict[str, str] = {}
        """User name by client id, of everyone who is connected now."""
        self.connections = 0
        """How many clients have ever logged in."""
        self.takeovers: Counter[str] = Counter()
        """How often a connection ended because another came with its client id."""
        self.refused = 0
        """How many logins were refused."""
        self.received: Counter[str] = Counter()
        """How many messages were taken, by topic."""
        self.denied: list[tuple[str, str]] = []
        """The messages that the ACL has kept out: client id and topic."""

        self._own = BrokerUser(username="simulator", password=secrets.token_hex(16), read=("#",), write=("#",))
        self._link = None if rtt is None else SlowLink(rtt)
        self._inner_port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._ready = False
        self._reloads = 0
        self._kicking: set[str] = set()
        self._reloading = asyncio.Lock()
        self._changed = asyncio.Event()

    # Where it is

    @property
    def url(self) -> str:
        """Return the address as the cloud writes it: ssl://host:port, or tcp://host:port without TLS."""
        return f"{'tcp' if self.certificate is None else 'ssl'}://{self.host}:{self.port}"

    @property
    def tls(self) -> bool:
        """Tell whether it speaks TLS."""
        return self.certificate is not None

    @property
    def rtt(self) -> float | None:
        """Return the round trip time to it in seconds; None: there is no slow link before it."""
        return None if self._link is None else self._link.rtt

    @rtt.setter
    def rtt(self, seconds: float) -> None:
        if self._link is None:
            message = "a broker without rtt has no slow link before it"
            raise ValueError(message)
        self._link.rtt = seconds

    def client_context(self) -> ssl.SSLContext | None:
        """Return what a client needs for TLS; None without TLS."""
        return None if self.certificate is None else self.certificate.client_context()

    # Start and stop

    @property
    def running(self) -> bool:
        """Tell whether it runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Run it and return when it listens; raises MosquittoMissing and BrokerFailed. Does nothing if it runs."""
        if self.running:
            return
        await self.stop()  # what is left of one that has ended by itself
        program = find_mosquitto()
        attempts = 1 if self.port else _PORT_ATTEMPTS
        while True:
            attempts -= 1
            outer = self.port
            inner = self._inner_port or (outer if outer and self._link is None else _free_port(self.host))
            try:
                await self._run(program, inner)
            except BrokerFailed:
                # Somebody else was quicker to take the port that was free a moment ago.
                if not attempts or not any("Address already in use" in line for line in self.log):
                    raise
                self._inner_port = 0
                continue
            break
        self._inner_port = inner
        if self._link is None:
            self.port = inner
        else:
            try:
                self.port = await self._link.start(self.host, outer, (self.host, inner))
            except OSError:
                await self.stop()
                raise

    async def stop(self) -> None:
        """End it; all clients lose their connection. Does nothing if it doesn't run."""
        if self._link is not None:
            await self._link.stop()
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
            try:
                async with asyncio.timeout(_STOP_TIMEOUT):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._reader is not None:
            await self._reader
            self._reader = None
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    async def restart(self) -> None:
        """Stop and start it on the same port."""
        await self.stop()
        await self.start()

    def freeze(self) -> None:
        """Let it hang: connections stay, nothing is answered, until `thaw`."""
        self._live().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._live().send_signal(signal.SIGCONT)

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    # Who may come

    async def add_user(self, user: BrokerUser) -> None:
        """Let somebody log in from now on; with another password than before, their connections end."""
        if self.users.get(user.username) != user:
            self.users[user.username] = user
            await self._reload()

    async def remove_user(self, username: str) -> None:
        """Let a user log in no more and end their connections; an unknown one is fine."""
        if self.users.pop(username, None) is not None:
            await self._reload()
            await self.wait_for(lambda: username not in self.clients.values())

    async def kick(self, username: str) -> None:
        """End all connections of a user, who may come back at once."""
        user = self.users[username]
        await self.remove_user(username)
        await self.add_user(user)

    async def kick_client(self, client_id: str) -> None:
        """End the connection of one client id, by taking its id over for a moment."""
        if client_id not in self.clients:
            return
        self._kicking.add(client_id)
        try:
            async with self._session(client_id):
                pass
        finally:
            self._kicking.discard(client_id)

    # What goes over it

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish a message with QoS 1, as nobody's user; OSError, EOFError or TimeoutError if it doesn't answer."""
        async with self._session(f"simulator-{secrets.token_hex(4)}") as (reader, writer):
            body = _text(topic) + struct.pack(">H", 1) + payload
            writer.write(b"\x32" + _length(len(body)) + body)
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                await reader.readexactly(4)

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait until a condition over this broker holds; raises TimeoutError, and BrokerFailed if it ends by itself.

        It is looked at again with every line that mosquitto says.
        """
        async with asyncio.timeout(timeout):
            while not condition():
                if self._reader is not None and self._reader.done():
                    raise BrokerFailed(self._last_words())
                await self._changed.wait()

    async def wait_for_client(self, username: str, timeout: float = 20.0) -> None:
        """Wait until a user is connected; raises TimeoutError."""
        await self.wait_for(lambda: username in self.clients.values(), timeout)

    # The process

    async def _run(self, program: str, port: int) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="mosquitto-")
        directory = Path(self._directory.name)
        self._write_users(directory)
        (directory / "mosquitto.conf").write_text("\n".join(self._configuration(directory, port)), encoding="utf-8")
        self._ready = False
        self.log.clear()
        self._process = await asyncio.create_subprocess_exec(
            *_tied_to_us(),
            program,
            "-c",
            str(directory / "mosquitto.conf"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LOG_LINE,
        )
        self._reader = asyncio.create_task(self._read_log(self._process))
        try:
            await self.wait_for(lambda: self._ready, _START_TIMEOUT)
        except BaseException:
            await self.stop()
            raise

    def _configuration(self, directory: Path, port: int) -> list[str]:
        lines = [
            f"listener {port} {self.host}",
            "persistence false",
            "allow_anonymous false",
            f"password_file {directory / 'passwords'}",
            f"acl_file {directory / 'acl'}",
            "log_dest stderr",
            "log_type all",
            "log_timestamp false",
            "set_tcp_nodelay true",
        ]
        if os.geteuid() == 0:
            # It would become somebody who can't read these files otherwise.
            lines.append("user root")
        if self.certificate is not None:
            (directory / "cert.pem").write_text(self.certificate.certificate, encoding="utf-8")
            (directory / "key.pem").write_text(self.certificate.key, encoding="utf-8")
            lines += [f"certfile {directory / 'cert.pem'}", f"keyfile {directory / 'key.pem'}"]
        return [*lines, ""]

    def _write_users(self, directory: Path) -> None:
        users = [self._own, *self.users.values()]
        passwords = "".join(f"{user.username}:{_hashed(user.password)}\n" for user in users)
        (directory / "passwords").write_text(passwords, encoding="utf-8")
        (directory / "acl").write_text("\n".join(map(_rules, users)), encoding="utf-8")

    async def _reload(self) -> None:
        async with self._reloading:
            if self._process is None or self._directory is None:
                return
            self._write_users(Path(self._directory.name))
            before = self._reloads
            self._live().send_signal(signal.SIGHUP)
            # It looks at signals after it has waited for its sockets, a tenth of a second if nothing comes.
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(self.host, self._inner_port)
                writer.close()
                await writer.wait_closed()
            await self.wait_for(lambda: self._reloads > before)
            # Said before it reads the files; but it does both in one go, so that who is answered now finds it done. Until then
            # the files have to stay as they are, and another signal would be lost.
            async with self._session(f"simulator-{secrets.token_hex(4)}"):
                pass

    def _live(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            message = "mosquitto doesn't run"
            raise BrokerFailed(message)
        return self._process

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self._note(line.decode(errors="replace").rstrip("\n"))
        await process.wait()
        self.clients.clear()
        self._notify()

    def _note(self, line: str) -> None:
        self.log.append(line)
        if match := _PUBLISH.match(line):
            if match["what"] == "Denied":
                self.denied.append((match["client"], match["topic"]))
            else:
                self.received[match["topic"]] += 1
        elif match := _CONNECTED.match(line):
            if match["user"] != self._own.username:
                self.clients[match["client"]] = match["user"] or ""
                self.connections += 1
        elif match := _TAKEN_OVER.match(line):
            self.clients.pop(match["client"], None)
            if match["client"] not in self._kicking:
                self.takeovers[match["client"]] += 1
        elif _REFUSED.match(line):
            self.refused += 1
        elif match := _GONE.match(line):
            self.clients.pop(match["client"] or match["failed"], None)
        elif line == "Reloading config.":
            self._reloads += 1
        elif _RUNNING.match(line):
            self._ready = True
        self._notify()

    def _notify(self) -> None:
        """Wake everything that waits, once: the next one to wait does so on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _last_words(self) -> str:
        said = [line for line in self.log if line.startswith(("Error", "Unable"))] or list(self.log)
        return f"mosquitto ended: {'; '.join(said[-3:]) or 'it said nothing'}"

    # MQTT 3.1.1, the little of it that this needs

    @contextlib.asynccontextmanager
    async def _session(self, client_id: str) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Be connected under a client id."""
        reader, writer = await asyncio.open_connection(self.host, self._inner_port, ssl=self.client_context())
        try:
            body = b"".join(
                (
                    _text("MQTT"),
                    bytes((4, 0b1100_0010)),  # 3.1.1; user name, password, clean session
                    struct.pack(">H", 60),
                    _text(client_id),
                    _text(self._own.username),
                    _text(self._own.password),
                )
            )
            writer.write(b"\x10" + _length(len(body)) + body)
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                answer = await reader.readexactly(4)
            if answer[3]:
                message = f"mosquitto refused its own simulator: {answer[3]}"
                raise BrokerFailed(message)
            yield reader, writer
            writer.write(b"\xe0\x00")
            await writer.drain()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class SlowLink:
    """A TCP port before another one, with a round trip time: what goes through is late by half of it each way.

    A new connection's first bytes wait for one round trip more, which is what TCP's own handshake takes (loopback needs none);
    TLS's goes through and takes what it takes. Nothing is lost or reordered, and there is no limit of bandwidth.
    """

    def __init__(self, rtt: float) -> None:
        """Prepare; `rtt` in seconds may be changed at any time, for what comes after that."""
        self.rtt = rtt
        self._target = ("", 0)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int, target: tuple[str, int]) -> int:
        """Listen and return the port; OSError if it is taken."""
        self._target = target
        self._server = await asyncio.start_server(self._accept, host, port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening and cut all connections; does nothing if it doesn't listen."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if server is not None:
            await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connect(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_writer = None
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer, self.rtt))
                group.create_task(self._pump(far_reader, writer, 0.0))
        except* OSError:
            pass
        finally:
            for one in (writer, far_writer):
                if one is not None:
                    one.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, extra: float) -> None:
        """Pass bytes on, each chunk when it is due; ends, by ConnectionError, for both ways when one way ends."""
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, chunk = await chunks.get()
                await asyncio.sleep(due - loop.time())
                if not chunk:
                    raise ConnectionResetError
                writer.write(chunk)
                await writer.drain()

        async with asyncio.TaskGroup() as group:
            group.create_task(deliver())
            while True:
                chunk = await reader.read(1 << 16)
                chunks.put_nowait((loop.time() + self.rtt / 2 + extra, chunk))
                extra = 0.0
                if not chunk:
                    break


def _tied_to_us() -> list[str]:
    """Return what makes a program end when this process is killed, where there is something that does (Linux)."""
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig", "TERM"]


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _hashed(password: str) -> str:
    """Return a password as mosquitto's password file has it."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def _rules(user: BrokerUser) -> str:
    lines = [f"user {user.username}"]
    lines += [f"topic read {topic}" for topic in user.read]
    lines += [f"topic write {topic}" for topic in user.write]
    return "\n".join([*lines, ""])


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


def _length(value: int) -> bytes:
    """Return MQTT's variable byte integer."""
    encoded = bytearray()
    while True:
        value, digit = divmod(value, 128)
        encoded.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(encoded)
