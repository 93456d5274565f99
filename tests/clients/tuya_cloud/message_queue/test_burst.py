"""A backlog of 5,000 messages: none lost, none twice, the loop never held, memory bounded."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
import gc
import hashlib
import time
import tracemalloc
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
import orjson
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    EnvelopeOpener,
    Message,
    SeenMessages,
    parse_message,
)

from . import samples
from .owner import Owner
from .peer import Connection, Peer, deliver, frame_of, message_id, report, until
from .samples import ACCESS_SECRET, make_envelope, payload_of

COUNT = 5000
HELD = 0.05


@pytest.fixture(autouse=True)
def without_collections() -> Generator[None]:
    """The collector has all of pytest's and Home Assistant's objects to go through; that is not ours to measure."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class LoopWatch:
    """Notes the longest time for which nobody else had a turn, in seconds of this thread's own processor time.

    What other processes of a busy machine take does not count; whatever runs in this loop does, the peer too.
    """

    def __init__(self) -> None:
        self.longest = 0.0

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None]:
        async def watch() -> None:
            last = time.thread_time()
            while True:
                await asyncio.sleep(0)
                now = time.thread_time()
                self.longest = max(self.longest, now - last)
                last = now

        task = asyncio.create_task(watch())
        try:
            yield
        finally:
            task.cancel()


def reports(count: int, devices: int = 50) -> list[dict[str, Any]]:
    """Return frames of all forms and both families in turn."""
    frames = []
    for number in range(count):
        body: dict[str, Any] = report(number, device=f"dev{number % devices}")
        form: samples.Form = "gcm" if number % 3 == 0 else "common"
        protocol = 4
        if number % 2:
            item = body["status"][0]
            body = {
                "bizCode": "devicePropertyMessage",
                "bizData": {
                    "devId": body["devId"],
                    "dataId": body["dataId"],
                    "productId": "pk",
                    "properties": [{"code": item["code"], "dpId": 101, "value": item["value"], "time": item["t"]}],
                },
                "ts": item["t"],
            }
            protocol = 1000
        frames.append(frame_of(number, body, form=form, protocol=protocol))
    return frames


async def test_a_burst(session: aiohttp.ClientSession) -> None:
    watch = LoopWatch()
    async with Peer() as peer:
        peer.publish(*reports(COUNT))
        owner = Owner(session, peer)
        async with watch.watching(), owner.running():
            await until(lambda: len(peer.acknowledged) >= COUNT, 30)
            assert owner.numbers == list(range(COUNT))
            assert peer.acknowledged == [message_id(number) for number in range(COUNT)]
            assert not any(owner.redelivered)
            assert not peer.unacknowledged
            statistics = owner.statistics
    assert statistics["messages"] == statistics["acknowledged"] == COUNT
    assert statistics["duplicates"] == statistics["repeats"] == statistics["redeliveries"] == 0
    assert statistics["undecodable"] == statistics["malformed_frames"] == statistics["wrong_signatures"] == 0
    assert statistics["connects"] == 1
    assert watch.longest < HELD


async def test_others_have_their_turn_with_a_taker_that_is_slow(session: aiohttp.ClientSession) -> None:
    """Everything waits in the buffers already, and each message costs a millisecond."""
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def slow(message: Message, redelivered: bool) -> None:
        until_then = time.thread_time() + 0.001
        while time.thread_time() < until_then:
            pass

    watch = LoopWatch()
    async with Peer() as peer:
        peer.publish(*reports(500))
        owner = Owner(session, peer, on_message=slow)
        async with watch.watching(), owner.running():
            other = asyncio.create_task(take_turns())
            await until(lambda: len(peer.acknowledged) == 500, 30)
            other.cancel()
    # 10 messages a slice at most, and what the peer does in the same loop beside them
    assert turns >= 50
    assert watch.longest < HELD


async def test_a_burst_that_breaks_in_the_middle_comes_again_and_is_taken_once(session: aiohttp.ClientSession) -> None:
    """Everything was handed over, nothing acknowledged: as much as the queue holds back comes again."""

    async def deaf(connection: Connection) -> None:
        for number in range(1000):
            frame = peer.backlog.popleft()
            peer.unacknowledged[frame["messageId"]] = frame
            await connection.send(frame)
            if number % 50 == 0:
                await asyncio.sleep(0)
        await until(lambda: len(owner.messages) == 1000)
        connection.abort()

    watch = LoopWatch()
    async with Peer(deaf, deliver) as peer:
        peer.publish(*reports(COUNT))
        owner = Owner(session, peer)
        async with watch.watching(), owner.running():
            await until(lambda: not peer.backlog and not peer.unacknowledged, 30)
            assert owner.numbers == list(range(COUNT))
            assert owner.statistics["duplicates"] == owner.statistics["redeliveries"] == 1000
    assert watch.longest < HELD


async def test_order_per_device(session: aiohttp.ClientSession) -> None:
    async with Peer() as peer:
        peer.publish(*reports(700, devices=7))
        owner = Owner(session, peer)
        async with owner.running():
            await until(lambda: len(peer.acknowledged) == 700)
            for device in range(7):
                numbers = [
                    number
                    for message, number in zip(owner.messages, owner.numbers, strict=True)
                    if message.device_id == f"dev{device}"
                ]
                assert numbers == list(range(device, 700, 7))


async def test_memory_does_not_grow_with_the_backlog(session: aiohttp.ClientSession) -> None:
    """Of a peer that sends without end, which ours takes more slowly, little is held here.

    Measured is what is allocated while 20 megabytes pass through, the peer's buffers among it.
    """
    filler = "x" * 4000
    body = report(0)
    body["status"][0]["value"] = filler
    payload = payload_of(make_envelope(body))
    count = 3000

    async def flood(connection: Connection) -> None:
        for number in range(count):
            await connection.put(f'{{"messageId":"{message_id(number)}","payload":"{payload}"}}')
        await connection.until_closed()

    taken = 0

    def take(message: Message, redelivered: bool) -> None:
        nonlocal taken
        taken += 1

    async with Peer(flood) as peer:
        owner = Owner(session, peer, on_message=take, seen=SeenMessages(limit=100))
        owner.consumer.seen.only_new = lambda message: message  # type: ignore[method-assign]
        tracemalloc.start()
        try:
            async with owner.running():
                await until(lambda: len(peer.acknowledged) == count, 60)
                peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert taken == count
    assert len(payload) * count > 20_000_000
    assert peak < 5_000_000


def test_the_processor_time_of_a_message() -> None:
    """Opening, parsing and comparing, in ratio to decoding the same payload with what it is made of at the least.

    The least is base64, AES and JSON, twice for the two layers; ours adds the signature, the parser, and the memory.
    """
    payloads = [payload_of(make_envelope(report(number))) for number in range(2000)]
    opener = EnvelopeOpener(ACCESS_SECRET)
    decrypt = Cipher(algorithms.AES(samples.KEY), modes.ECB()).decryptor().update

    def least() -> float:
        begun = time.thread_time()
        for payload in payloads:
            envelope = orjson.loads(base64.b64decode(payload))
            plain = decrypt(base64.b64decode(envelope["data"]))
            hashlib.md5(payload.encode()).hexdigest()
            orjson.loads(plain[: -plain[-1]])
        return time.thread_time() - begun

    def ours() -> float:
        seen = SeenMessages()
        begun = time.thread_time()
        for number, payload in enumerate(payloads):
            assert seen.note_message(str(number))
            assert seen.only_new(parse_message(opener.open(payload, {})))
        return time.thread_time() - begun

    rounds = [(least(), ours()) for _ in range(5)]
    ratio = min(one[1] for one in rounds) / min(one[0] for one in rounds)
    assert ratio < 8
