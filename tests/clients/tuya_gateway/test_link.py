"""A link that lasts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
import itertools
import logging
from typing import Any

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_gateway import (
    AuthenticationRefused,
    CannotConnect,
    ConnectionLost,
    GatewayClient,
    GatewayError,
    GatewayEvent,
    GatewayLink,
    RegistryUpdated,
    RequestTimeout,
    StateChanged,
    WrongDeviceKey,
)
from tests.loop_time import leap

from .fake_gateway import KEY_TEXT, FakeGateway, Peer, auth_required

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Owner:
    """Whoever keeps a link: notes what it is told, and waits for it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        gateway: FakeGateway,
        *,
        on_event: Callable[[GatewayEvent], None] | None = None,
        **arguments: Any,
    ) -> None:
        self.told: list[Any] = []
        self.clients: list[GatewayClient] = []
        self.waits: list[tuple[float, float]] = []
        self.read: Callable[[GatewayClient], Awaitable[object]] | None = None
        self._changed = asyncio.Event()
        options: dict[str, Any] = {
            "backoff_first": 0.001,
            "uniform": self._uniform,
            "connect_timeout": 20,
            "request_timeout": 20,
        }
        options |= arguments
        self.link = GatewayLink(
            session,
            gateway.address,
            KEY_TEXT,
            on_connected=self._connected,
            on_lost=lambda reason: self._tell(("lost", type(reason), str(reason))),
            on_failed=lambda err, attempts: self._tell(("failed", type(err), attempts)),
            on_event=on_event or self._tell,
            **options,
        )

    def _uniform(self, low: float, high: float) -> float:
        self.waits.append((low, high))
        return low

    async def _connected(self, client: GatewayClient) -> None:
        self.clients.append(client)
        if self.read is not None:
            await self.read(client)
        self._tell("connected")

    def _tell(self, what: Any) -> None:
        self.told.append(what)
        self._changed.set()

    async def wait(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def wait_told(self, number: int) -> None:
        await self.wait(lambda: len(self.told) >= number)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the link meanwhile."""
        task = asyncio.create_task(self.link.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self.link.close()
            assert self.link.client is None


async def serve(peer: Peer) -> None:
    """Answer get_devices for as long as the client stays."""
    await peer.authenticate()
    await answer_requests(peer)


async def answer_requests(peer: Peer) -> None:
    with contextlib.suppress(AssertionError):  # the client closes
        while True:
            await peer.answer(await peer.receive(), ["a"])


async def refuse(peer: Peer) -> None:
    await peer.challenge()


async def challenge_only(peer: Peer) -> None:
    await peer.send(auth_required(peer.nonce_s))
    await peer.until_closed()


async def read_devices(client: GatewayClient) -> None:
    await client.get_devices()


async def test_open_and_close(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(serve) as gateway:
        owner = Owner(session, gateway)
        owner.read = read_devices
        await owner.link.open()
        assert owner.clients == [owner.link.client]
        assert owner.link.address == gateway.address
        assert owner.link.statistics.connections == 1
        assert owner.link.statistics.reconnects == 0
        assert [client.closed for client in owner.clients] == [False]
        await owner.link.close()
        await owner.link.close()
        assert owner.clients[0].closed
        assert owner.link.client is None
        assert owner.told == ["connected"]


async def test_open_fails(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(refuse) as gateway:
        owner = Owner(session, gateway)
        with pytest.raises(AuthenticationRefused):
            await owner.link.open()
        assert owner.link.client is None
        assert owner.told == []
        gateway.script = serve
        await owner.link.open()
        assert owner.told == ["connected"]
        assert owner.link.statistics.failed_attempts == 1
        await owner.link.close()


async def test_open_fails_while_the_state_is_read(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(serve) as gateway:
        owner = Owner(session, gateway, setup_timeout=0.05)
        for error in (ConnectionLost("x"), KeyError("bug"), asyncio.CancelledError()):

            async def fail(client: GatewayClient, error: BaseException = error) -> None:
                raise error

            owner.read = fail
            with pytest.raises(type(error)):
                await owner.link.open()
            assert owner.link.client is None
            assert owner.clients[-1].closed

        async def never(client: GatewayClient) -> None:
            await asyncio.Event().wait()

        owner.read = never
        with pytest.raises(RequestTimeout, match="could not be read in time"):
            await owner.link.open()
        assert owner.clients[-1].closed


async def test_rejoins(session: aiohttp.ClientSession) -> None:
    async def once(peer: Peer) -> None:
        await peer.authenticate()
        await peer.receive()

    async with FakeGateway(once) as gateway:
        owner = Owner(session, gateway)
        await owner.link.open()
        async with owner.running():
            client = owner.link.client
            assert client is not None
            gateway.script = serve
            with pytest.raises(ConnectionLost):
                await client.get_devices()
            await owner.wait_told(3)
            assert owner.told == [
                "connected",
                ("lost", ConnectionLost, "the gateway closed the connection (close code 1000)"),
                "connected",
            ]
            assert owner.link.client is owner.clients[1]
            assert await owner.clients[1].get_devices() == ["a"]
            assert owner.link.statistics.reconnects == 1
            assert owner.link.statistics.connections == 2
        assert owner.clients[1].closed


async def test_attempts_are_counted_and_spaced(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(serve) as gateway:
        owner = Owner(session, gateway, backoff_most=0.004)
        await owner.link.open()
        async with owner.running():
            await gateway.stop()
            await owner.wait(lambda: ("failed", CannotConnect, 4) in owner.told)
            await gateway.start()
            await owner.wait(lambda: owner.told[-1] == "connected")
            await owner.wait(lambda: owner.link.statistics.reconnects == 1)
            assert owner.told[1][:2] == ("lost", ConnectionLost)
            assert [told[2] for told in owner.told[2:6]] == [1, 2, 3, 4]
            # The link had lived for a moment only or for a while, as fast as this machine is; then they double
            assert owner.waits[0] in [(0.0005, 0.001), (0, 0.001)]
            highs = [high for _, high in owner.waits[1:5]]
            assert highs in ([0.002, 0.004, 0.004, 0.004], [0.001, 0.002, 0.004, 0.004])
            # The next loss counts from 1 again
            del owner.told[:]
            await gateway.stop()
            await owner.wait(lambda: ("failed", CannotConnect, 1) in owner.told)
            assert [told[0] for told in owner.told[:2]] == ["lost", "failed"]


async def test_a_failure_while_the_state_is_read_is_an_attempt(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeGateway(serve) as gateway:
        owner = Owner(session, gateway, setup_timeout=0.05)
        errors: list[BaseException | None] = [ConnectionLost("x"), KeyError("bug"), TimeoutError(), None]

        async def read(client: GatewayClient) -> None:
            if (error := errors.pop(0)) is not None:
                raise error

        owner.read = read
        async with owner.running():
            await owner.wait(lambda: "connected" in owner.told)
            assert owner.told == [
                ("failed", ConnectionLost, 1),
                ("failed", GatewayError, 2),
                ("failed", RequestTimeout, 3),
                "connected",
            ]
            assert [client.closed for client in owner.clients] == [True, True, True, False]
        assert caplog.text.count("Reading the state of the gateway failed") == 1


async def test_errors_of_the_owner_end_no_link(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async def once(peer: Peer) -> None:
        await peer.authenticate()
        await peer.event("registry_updated")
        await peer.socket.close()
        gateway.script = serve

    def fail(event: GatewayEvent) -> None:
        raise KeyError("bug")

    async with FakeGateway(once) as gateway:
        owner = Owner(session, gateway, on_event=fail)
        owner.link._on_lost = fail  # type: ignore[assignment]
        async with owner.running():
            await owner.wait_told(2)
            assert owner.told == ["connected", "connected"]
    assert "KeyError" in caplog.text


async def test_cancelling_and_closing(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(serve) as gateway:
        owner = Owner(session, gateway)
        await owner.link.open()
        async with owner.running() as task:
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            assert owner.clients[0].closed
        assert owner.told == ["connected"]

        owner = Owner(session, gateway)
        await owner.link.open()
        task = asyncio.create_task(owner.link.run())
        await asyncio.sleep(0)
        await owner.link.close()
        async with asyncio.timeout(20):
            await task
        assert owner.told == ["connected"]
        # Closed for good
        async with asyncio.timeout(20):
            await owner.link.run()
        with pytest.raises(ConnectionLost, match="closed by us"):
            await owner.link.open()
        assert owner.link.client is None


@pytest.mark.parametrize("stage", ["waiting", "connecting", "reading"])
async def test_closing_while_it_tries(session: aiohttp.ClientSession, stage: str) -> None:
    reached = asyncio.Event()
    held = asyncio.Event()

    async def script(peer: Peer) -> None:
        if stage == "connecting":
            reached.set()
            await held.wait()
        if stage == "waiting":
            return
        with contextlib.suppress(AssertionError):
            await serve(peer)

    async def read(client: GatewayClient) -> None:
        reached.set()
        await client.wait_closed()
        await client.get_devices()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway, uniform=lambda low, high: 1000.0 if stage == "waiting" else 0.0)
        owner.read = read
        task = asyncio.create_task(owner.link.run())
        if stage == "waiting":
            await owner.wait_told(1)
        else:
            async with asyncio.timeout(20):
                await reached.wait()
        closing = asyncio.create_task(owner.link.close())
        await asyncio.sleep(0)
        held.set()
        async with asyncio.timeout(20):
            await task
            await closing
        assert owner.link.client is None
        assert len(owner.told) == (1 if stage == "waiting" else 0)
        assert all(client.closed for client in owner.clients)


async def test_move_to_while_waiting(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(refuse) as old, FakeGateway(serve) as new:
        owner = Owner(session, old, uniform=lambda low, high: 1000.0)
        async with owner.running():
            await owner.wait_told(1)
            owner.link.move_to(new.address)
            assert owner.link.address == new.address
            await owner.wait_told(2)
            assert owner.told == [("failed", AuthenticationRefused, 1), "connected"]
            assert owner.link.address == new.address
            assert new.connections == 1


async def test_move_to_while_connected_waits_for_the_loss(session: aiohttp.ClientSession) -> None:
    leave = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.authenticate()
        await leave.wait()

    async with FakeGateway(script) as old, FakeGateway(serve) as new:
        owner = Owner(session, old, uniform=lambda low, high: 1000.0)
        await owner.link.open()
        async with owner.running():
            owner.link.move_to(new.address)
            await owner.clients[0].ping()
            assert (new.connections, owner.clients[0].closed) == (0, False)
            leave.set()
            await owner.wait_told(3)
            assert [owner.told[0], owner.told[1][0], owner.told[2]] == ["connected", "lost", "connected"]
            assert new.connections == 1
            assert owner.link.address == new.address


async def test_where_the_gateway_does_not_authenticate_it_is_not(session: aiohttp.ClientSession) -> None:
    """Anybody can announce anything; the address that worked is tried again after one that did not."""

    async with FakeGateway(refuse) as true, FakeGateway(challenge_only, key=b"another 16 bytes") as false:
        owner = Owner(session, true)
        async with owner.running():
            await owner.wait_told(1)
            owner.link.move_to(false.address)
            await owner.wait(lambda: any(told[1] is WrongDeviceKey for told in owner.told))
            assert owner.link.address == true.address
            true.script = serve
            await owner.wait(lambda: owner.told[-1] == "connected")
            assert owner.link.address == true.address
            assert false.connections == 1


async def test_being_called_often_does_not_make_it_try_often(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(refuse) as gateway:
        owner = Owner(session, gateway, backoff_first=0.05, uniform=lambda low, high: 1000.0)
        loop = asyncio.get_running_loop()
        async with owner.running():
            await owner.wait_told(1)
            begun = loop.time()
            async with asyncio.timeout(20):
                while len(owner.told) < 4:
                    owner.link.move_to(gateway.address)
                    await asyncio.sleep(0.001)
            assert loop.time() - begun >= 3 * 0.05


# Events while the state is read


async def test_events_wait_for_the_state(session: aiohttp.ClientSession) -> None:
    async def script(peer: Peer) -> None:
        await peer.authenticate()
        request = await peer.receive()
        for number in range(3):
            await peer.event("state_changed", devid="a", value=[{"k": "n", "v": number}])
        await peer.answer(request, ["a"])
        await peer.event("state_changed", devid="a", value=[{"k": "n", "v": 3}])
        await peer.answer(await peer.receive(), ["a"])
        await peer.event("state_changed", devid="a", value=[{"k": "n", "v": 4}])
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway)

        async def read(client: GatewayClient) -> None:
            await client.get_devices()
            # Its answer comes after the fourth event on the wire
            await client.get_devices()
            assert client.statistics.events >= 4
            assert owner.told == []

        owner.read = read
        await owner.link.open()
        await owner.wait_told(6)
        assert owner.told == ["connected", *(StateChanged(id="a", values={"n": number}) for number in range(5))]
        await owner.link.close()


async def test_many_events_that_waited_are_delivered_fairly_and_in_order(session: aiohttp.ClientSession) -> None:
    number = 400
    delivered: list[str | None] = []

    def slow(event: GatewayEvent) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while loop.time() - begun < 0.0002:
            pass
        delivered.append(event.id)

    async def script(peer: Peer) -> None:
        await peer.authenticate()
        request = await peer.receive()
        for index in range(number):
            await peer.event("registry_updated", devid=str(index))
        await peer.answer(request, [])
        # These come while the first are delivered, or after that
        for index in range(number, 2 * number):
            await peer.event("registry_updated", devid=str(index))
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway, on_event=slow)
        owner.read = read_devices
        opening = asyncio.create_task(owner.link.open())
        counted = []
        async with asyncio.timeout(20):
            while len(delivered) < 2 * number:
                counted.append(len(delivered))
                await asyncio.sleep(0)
        await opening
        assert delivered == [str(index) for index in range(2 * number)]
        # 10 ms are 50 events, from the queue and from the reader each
        assert max(after - before for before, after in itertools.pairwise(counted)) <= 120
        await owner.link.close()


async def test_events_of_an_attempt_that_failed_are_gone(session: aiohttp.ClientSession) -> None:
    async def script(peer: Peer) -> None:
        await peer.authenticate()
        request = await peer.receive()
        await peer.event("registry_updated", devid=str(peer.gateway.connections))
        await peer.answer(request, ["a"])
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway)

        async def read(client: GatewayClient) -> None:
            await client.get_devices()
            if gateway.connections == 1:
                raise ConnectionLost("x")

        owner.read = read
        async with owner.running():
            await owner.wait_told(3)
            assert owner.told == [("failed", ConnectionLost, 1), "connected", RegistryUpdated(id="2", state=None)]


# Liveness


async def test_an_idle_gateway_is_asked_for_a_sign_of_life(session: aiohttp.ClientSession) -> None:
    asked = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.authenticate()
        # Neither reads pings nor answers them while it waits here
        for _ in range(3):
            await peer.answer(await peer.receive(), ["a"])
        request = await peer.receive()
        await peer.send({"id": request["id"], "type": "result", "success": False})
        await peer.receive()
        asked.set()
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway, idle_interval=0.02)
        await owner.link.open()
        async with owner.running(), asyncio.timeout(20):
            await asked.wait()
            assert owner.told == ["connected"]
            assert owner.link.statistics.pings_sent >= 5


async def test_a_missing_pong_alone_ends_nothing(session: aiohttp.ClientSession) -> None:
    async def script(peer: Peer) -> None:
        peer.socket._autoping = False
        await peer.authenticate()
        frames = 0
        while frames < 10:
            frames += (await peer.socket.receive(20)).type is aiohttp.WSMsgType.PING
            await peer.event("registry_updated")
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway, idle_interval=0.02, request_timeout=1.0)
        await owner.link.open()
        async with owner.running():
            await owner.wait_told(11)
            assert {str(told) for told in owner.told[1:]} == {str(RegistryUpdated(id=None, state=None))}
            assert owner.clients[0] is owner.link.client


async def test_a_gateway_that_reports_is_not_asked(session: aiohttp.ClientSession) -> None:
    """A report comes with every ping, so twice in the time after which it would be asked."""

    async def script(peer: Peer) -> None:
        peer.socket._autoping = False
        await peer.authenticate()
        # Without limits, of which a leap of the clock would be the end
        for _ in range(5):
            assert (await peer.socket.receive()).type is aiohttp.WSMsgType.PING
            await peer.event("registry_updated")
        await peer.socket.receive()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway, idle_interval=600)
        await owner.link.open()
        async with owner.running():
            for told in range(2, 7):
                # Until it waits
                for _ in range(10):
                    await asyncio.sleep(0)
                leap(300)
                await owner.wait_told(told)
            assert owner.link.statistics.requests == 0


async def test_no_answer_at_all_is_a_loss(session: aiohttp.ClientSession) -> None:
    async def script(peer: Peer) -> None:
        await peer.authenticate()
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway, idle_interval=0.02, request_timeout=0.05)
        await owner.link.open()
        async with owner.running():
            gateway.script = serve
            await owner.wait_told(3)
            assert owner.told[1] == ("lost", ConnectionLost, "no sign of life from the gateway")
            assert owner.told[2] == "connected"


async def test_a_gateway_that_reports_but_does_not_answer_is_alive(session: aiohttp.ClientSession) -> None:
    asked = 0

    async def script(peer: Peer) -> None:
        nonlocal asked
        await peer.authenticate()
        while asked < 3:
            await peer.receive()
            asked += 1
            await peer.event("registry_updated", devid=str(asked))
        await peer.until_closed()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway, idle_interval=0.02, request_timeout=1.0)
        await owner.link.open()
        async with owner.running():
            await owner.wait_told(4)
            assert owner.told == ["connected", *(RegistryUpdated(id=str(n), state=None) for n in (1, 2, 3))]


async def test_a_loss_while_asking_is_a_loss(session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def script(peer: Peer) -> None:
        await peer.authenticate()
        await peer.receive()
        gateway.script = serve
        peer.abort()

    async with FakeGateway(script) as gateway:
        owner = Owner(session, gateway, idle_interval=0.02)
        await owner.link.open()
        async with owner.running():
            await owner.wait_told(3)
            assert owner.told[1] == ("lost", ConnectionLost, "the connection broke")


async def test_secrets_are_nowhere(session: aiohttp.ClientSession) -> None:
    async with FakeGateway(serve) as gateway:
        owner = Owner(session, gateway)
        await owner.link.open()
        assert KEY_TEXT not in f"{owner.link!r} {owner.link.statistics!r} {owner.link.client!r}"
        await owner.link.close()
