"""Connections that the simulated queue refuses, cuts, freezes and closes, and what becomes of them."""

import asyncio
import logging
import ssl
from typing import Any

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    KeyRefused,
    QueueBusy,
    QueueError,
    QueueRequestInvalid,
    QueueUnavailable,
    WrongEnvironment,
)
from simulators.tuya_queue import TuyaQueueSimulator
from tests.loop_time import leap

from .conftest import Life
from .owner import Owner
from .peer import until
from .simulated import all_acked, consuming, owner_of, reported, simulated_queue

QUICK = {"refused_first": 0.01, "refused_most": 0.02}


async def takes_reports(queue: TuyaQueueSimulator, owner: Owner) -> None:
    """See that a report arrives, once; none was lost before."""
    before = len(owner.messages)
    queue.report("lamp", {"counter": before})
    await until(lambda: reported(owner) == {"lamp": list(range(before + 1))})
    await all_acked(queue)


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (400, QueueRequestInvalid, "the request invalid"),
        (401, KeyRefused, "refuses the access ID or its secret"),
        (403, QueueRequestInvalid, "may not read"),
        (404, WrongEnvironment, "no message queue in this environment"),
        (409, QueueBusy, "another consumer"),
        (429, QueueBusy, "too often"),
        (500, WrongEnvironment, "no message queue in this environment"),
        (502, QueueUnavailable, "out of order"),
        (503, QueueUnavailable, "out of order"),
        (504, QueueUnavailable, "out of order"),
        (418, QueueUnavailable, "no message queue"),
    ],
)
async def test_a_refused_handshake(
    session: aiohttp.ClientSession, status: int, error: type[QueueError], said: str
) -> None:
    async with simulated_queue() as queue:
        queue.faults.update({"handshake_status": status, "handshake_count": 3})
        async with consuming(session, queue, **QUICK) as owner:
            assert queue.handshakes == {status: 3, 101: 1}
            assert [type(told) for told in owner.lost] == [error] * 3
            assert all(said in str(told) and str(status) in str(told) for told in owner.lost)
            assert owner.told[-1] == "connected"
            await takes_reports(queue, owner)


@pytest.mark.parametrize("status", [401, 500, 404])
async def test_no_storm_where_only_the_user_can_help(session: aiohttp.ClientSession, status: int) -> None:
    """With the waits as they are, one attempt and then minutes of silence; the other refusals are tried again sooner."""
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return 3600.0

    async with simulated_queue() as queue:
        queue.faults.handshake_status = status
        owner = owner_of(session, queue, uniform=uniform)
        async with owner.running():
            await until(lambda: bool(drawn))
        assert drawn == [(300.0, 600.0)]
        assert queue.handshakes == {status: 1}


@pytest.mark.parametrize(
    ("ours", "error"),
    [
        ({"access_secret": "fedcba9876543210fedcba9876543210"}, KeyRefused),
        ({"access_id": "another0project0000"}, KeyRefused),
        ({"environment": "event-test"}, WrongEnvironment),
    ],
    ids=str,
)
async def test_what_is_really_wrong(
    session: aiohttp.ClientSession, ours: dict[str, str], error: type[QueueError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with simulated_queue() as queue:
        owner = owner_of(session, queue, **ours)
        async with owner.running():
            await until(lambda: bool(owner.lost))
        assert type(owner.lost[0]) is error
        assert queue.connections == 0
    secret = ours.get("access_secret", queue.access_secret)
    assert secret not in caplog.text
    assert secret[8:24] not in caplog.text


async def test_the_test_environment(session: aiohttp.ClientSession) -> None:
    """Its topic has no partitions, and production is not there."""
    async with simulated_queue(environment="event-test") as queue:
        owner = owner_of(session, queue)
        async with owner.running():
            await until(lambda: bool(owner.lost))
        assert isinstance(owner.lost[0], WrongEnvironment)
        async with consuming(session, queue, environment="event-test") as other:
            await takes_reports(queue, other)
            assert queue.handshakes == {500: 1, 101: 1}


async def test_a_secret_that_is_renewed_in_the_console(session: aiohttp.ClientSession) -> None:
    """Messages of the new one cannot be read, and after the next connection that is refused there are none."""
    async with simulated_queue() as queue, consuming(session, queue, **QUICK) as owner:
        await takes_reports(queue, owner)
        old, queue.access_secret = queue.access_secret, "fedcba9876543210fedcba9876543210"
        queue.report("lamp", {"counter": -1})
        await all_acked(queue)
        assert owner.statistics["undecodable"] == 1
        queue.drop()
        await until(lambda: isinstance(owner.lost[-1], KeyRefused) if owner.lost else False)
        queue.access_secret = old
        await queue.wait_for_connections()
        await takes_reports(queue, owner)


async def test_an_environment_that_is_gone_for_a_while(session: aiohttp.ClientSession) -> None:
    """500 where it had worked before: a few attempts at the usual pace, then slowly; and all of the backlog at the end."""
    async with simulated_queue() as queue, consuming(session, queue, **QUICK) as owner:
        await takes_reports(queue, owner)
        queue.environment = "event-test"
        queue.drop()
        await queue.wait_for(lambda: queue.handshakes[500] >= 7)
        assert {type(error) for error in owner.lost[1:]} == {WrongEnvironment}
        queue.environment = "event"
        await queue.wait_for_connections()
        await takes_reports(queue, owner)


async def test_a_handshake_that_takes_long(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue:
        queue.faults.handshake_delay = 0.05
        async with consuming(session, queue, connect_timeout=5) as owner:
            assert owner.told == ["connected"]
            await takes_reports(queue, owner)


async def test_a_handshake_without_an_answer(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue:
        queue.faults.handshake_silent = True
        owner = owner_of(session, queue, connect_timeout=0.05)
        async with owner.running():
            await until(lambda: len(owner.lost) >= 2)
            assert "does not answer within 0.05 s" in str(owner.lost[0])
            queue.faults.handshake_silent = False
            await queue.wait_for_connections()
            await takes_reports(queue, owner)


@pytest.mark.parametrize("fault", ["no_pong", "frozen"])
async def test_a_dead_socket(session: aiohttp.ClientSession, life: Life, fault: str) -> None:
    """Nobody said so: the heartbeat finds it out. What a frozen queue sent meanwhile comes again."""
    async with simulated_queue() as queue, consuming(session, queue) as owner:
        await takes_reports(queue, owner)
        queue.faults.update({fault: True})
        if fault == "frozen":
            queue.report("lamp", {"counter": 1})
        await life.wait_in_vain(owner)
        assert "no sign of life" in str(owner.lost[0])
        queue.faults.reset()
        if fault == "frozen":
            await until(lambda: reported(owner) == {"lamp": [0, 1]})
            await all_acked(queue)
        await until(lambda: owner.consumer.connected)
        await takes_reports(queue, owner)
        assert owner.statistics["messages"] == len(owner.messages)


async def test_a_closing_that_nobody_answers(session: aiohttp.ClientSession) -> None:
    """Ours may end with a peer that is dead."""
    async with simulated_queue() as queue:
        owner = owner_of(session, queue)
        task = asyncio.create_task(owner.consumer.run())
        await queue.wait_for_connections()
        await until(lambda: owner.consumer.connected)
        queue.faults.frozen = True
        task.cancel()
        async with asyncio.timeout(30):
            with pytest.raises(asyncio.CancelledError):
                await task
        queue.faults.frozen = False


async def test_pings_of_the_queue_are_answered(session: aiohttp.ClientSession) -> None:
    """Else its patience with a silent socket would end."""
    async with (
        simulated_queue(ping_interval=100, idle_timeout=300) as queue,
        consuming(session, queue, heartbeat=3600) as owner,
    ):
        # Three times as long as the patience
        for _ in range(9):
            heard = queue.sessions[0]._last
            leap(100)
            await until(lambda heard=heard: queue.sessions[0]._last > heard)  # type: ignore[misc]
        assert owner.told == ["connected"]
        await takes_reports(queue, owner)


async def test_ours_keep_an_idle_socket_open(session: aiohttp.ClientSession, life: Life) -> None:
    async with simulated_queue(idle_timeout=300) as queue, consuming(session, queue, heartbeat=100) as owner:
        for _ in range(9):
            await life.ask(lambda: queue.sessions[0].pings)
        assert owner.told == ["connected"]
        await takes_reports(queue, owner)


async def test_an_idle_socket_that_the_queue_closes(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue, consuming(session, queue, heartbeat=3600) as owner:
        leap(300)
        await until(lambda: owner.statistics["connects"] >= 2)
        assert str(owner.lost[0]) == "the message queue closed the connection (close code 1001: Idle Timeout)"


async def test_cut_and_closed(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue, consuming(session, queue) as owner:
        await takes_reports(queue, owner)
        queue.drop()
        await until(lambda: owner.told[2:] == ["connected"])
        assert isinstance(owner.lost[0], QueueUnavailable)
        await takes_reports(queue, owner)
        await queue.close(1001, "Shutdown")
        await until(lambda: owner.told[4:] == ["connected"])
        assert str(owner.lost[1]) == "the message queue closed the connection (close code 1001: Shutdown)"
        await takes_reports(queue, owner)
        assert owner.statistics["duplicates"] == 0


@pytest.mark.parametrize("bare", [False, True])
async def test_a_close_with_a_code_of_its_own(session: aiohttp.ClientSession, bare: bool) -> None:
    """Pulsar closes with 1 to 8, which are no codes of WebSocket: Jetty leaves them out, and others may not."""
    async with simulated_queue() as queue:
        queue.faults.bare_close = bare
        async with consuming(session, queue) as owner:
            await takes_reports(queue, owner)
            # An id that we echo and that the queue cannot read
            queue.sessions[0]._send_text('{"messageId":"CAA=","payload":"e30="}')
            await until(lambda: owner.told[2:] == ["connected"])
            # It is noted when the old connection has ended, which may be after the new one has begun
            await queue.wait_for(lambda: queue.closures == [(3, "Failed to de-serialize from JSON")])
            (lost,) = owner.lost
            assert isinstance(lost, QueueUnavailable)
            assert str(lost) == (
                "the message queue closed the connection (without a code)"
                if bare
                else "the message queue broke the WebSocket protocol, or closed with a code of its own"
            )
            await takes_reports(queue, owner)


async def test_tls(session: aiohttp.ClientSession) -> None:
    async with simulated_queue(tls=True) as queue:
        assert queue.url.startswith("wss://")
        certificate = queue.certificate
        assert certificate is not None
        async with consuming(session, queue, ssl=certificate.client_context()) as owner:
            await takes_reports(queue, owner)


@pytest.mark.parametrize("context", [None, ssl.create_default_context()], ids=["none", "default"])
async def test_a_certificate_that_nobody_vouches_for(session: aiohttp.ClientSession, context: Any) -> None:
    async with simulated_queue(tls=True) as queue:
        owner = owner_of(session, queue, ssl=context)
        async with owner.running():
            await until(lambda: bool(owner.lost))
        assert str(owner.lost[0]) == "the certificate of 127.0.0.1 is not trusted"
        assert not queue.handshakes
