"""The simulated camera in trouble and at rest: slots, vanished viewers, sudden death, sleep, H265, a broker that goes."""

import asyncio
import json
import struct
from typing import Any
import zlib

import av
import pytest

from simulators.ipc_camera import (
    HD_STREAM,
    SD_STREAM,
    IpcCameraSimulator,
    SleepTimes,
    camera as camera_module,
    read_counter,
)
from simulators.ipc_camera.link import BadBroker
from tests.loop_time import leap

from .broker_fixture import Broker
from .ipc_viewer import TIMEOUT, Stage, Viewer, account, stage, viewing
from .test_ipc_camera_live import BROWSER_OFFER

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def call(on: Stage, session_id: str, **changes: Any) -> None:
    """Send an offer that nobody stands behind."""
    await on.application.send(session_id, "offer", **{"sdp": BROWSER_OFFER, "auth": on.camera.auth, **changes})


async def packets_received(viewer: Viewer, kind: str) -> int:
    """Count the RTP packets that a viewer got."""
    (receiver,) = (one.receiver for one in viewer.connection.getTransceivers() if one.kind == kind)
    report = await receiver.getStats()
    return sum(one.packetsReceived for one in report.values() if one.type == "inbound-rtp")


# Slots


async def test_busy() -> None:
    """A viewer too many is told so with close_reason 12, and comes in when another has gone."""
    async with stage(slots=2) as on:
        for session_id in ("a", "b"):
            await call(on, session_id)
            await on.application.expect(session_id, "answer")
        await call(on, "c")
        assert (await on.application.expect("c", "disconnect"))["close_reason"] == 12
        assert on.application.of("c", "answer") == []
        assert on.camera.statistics.busy == 1
        await on.application.send("a", "disconnect")
        await call(on, "d")
        await on.application.expect("d", "answer")
        assert sorted(on.camera.sessions) == ["b", "d"]


async def test_vanished_viewer_keeps_its_slot_until_it_leaks() -> None:
    """Closing the connection isn't enough: without a disconnect the slot stays taken for a while."""
    async with stage(slots=1, leak_seconds=60) as on:
        async with on.viewing() as viewer:
            await viewer.connect()
            await on.camera.wait_for(lambda: on.camera.statistics.connected == 1)
        session = on.camera.sessions[viewer.session_id]
        await on.camera.wait_for(lambda: session.state == "vanished")
        assert on.camera.slots.in_use == 1
        await call(on, "next")
        await on.application.expect("next", "disconnect")
        leap(60)
        await on.camera.wait_for(lambda: on.camera.slots.in_use == 0)
        assert on.camera.statistics.slots_leaked == 1
        assert (await on.application.expect(viewer.session_id, "disconnect"))["close_reason"] == 6
        await call(on, "last")
        await on.application.expect("last", "answer")


async def test_viewer_that_never_connects() -> None:
    async with stage(slots=1, leak_seconds=0.1) as on:
        await call(on, "s")
        await on.camera.wait_for(lambda: on.camera.statistics.slots_leaked == 1)
        assert on.camera.sessions == {}
        assert on.camera.slots.in_use == 0


async def test_viewers_who_say_goodbye_leak_nothing() -> None:
    """Twenty that come and go at once, some before their answer."""
    async with stage(slots=3, leak_seconds=60) as on:
        for number in range(20):
            await call(on, f"s{number}")
            if number % 2:
                await on.application.expect(f"s{number}", "answer")
            await on.application.send(f"s{number}", "disconnect")
        await on.application.settle()
        statistics = on.camera.statistics
        assert on.camera.slots.in_use == 0
        assert (statistics.sessions, statistics.disconnects_received) == (20, 20)
        assert (statistics.busy, statistics.slots_leaked) == (0, 0)


async def test_too_many_attempts() -> None:
    """Some cameras then refuse everybody until they are restarted."""
    async with stage(slots=2, jam_after=3) as on:
        for number in range(3):
            await call(on, f"s{number}")
            await on.application.expect(f"s{number}", "answer")
            await on.application.send(f"s{number}", "disconnect")
        for session_id in ("x", "y"):
            await call(on, session_id)
            assert (await on.application.expect(session_id, "disconnect"))["close_reason"] == 12
        assert on.camera.slots.jammed
        await on.camera.power_off()
        await on.camera.power_on()
        await call(on, "z")
        await on.application.expect("z", "answer")


# The end of a view


async def test_camera_ends_a_view() -> None:
    async with stage() as on, on.viewing() as one, on.viewing() as other:
        await one.connect()
        await other.connect()
        on.camera.disconnect(one.session_id, 4)
        assert (await on.application.expect(one.session_id, "disconnect"))["close_reason"] == 4
        await one.lost()
        await other.picture()
        on.camera.disconnect()
        assert (await on.application.expect(other.session_id, "disconnect"))["close_reason"] == 6
        await other.lost()
        assert on.camera.statistics.disconnects_sent == {4: 1, 6: 1}
        assert on.camera.slots.in_use == 0
        with pytest.raises(KeyError):
            on.camera.disconnect("nobody")


async def test_silent_death_of_a_view() -> None:
    """No packet and no word any more; the slot is taken until the viewer says goodbye."""
    async with stage() as on, on.viewing() as one, on.viewing() as other:
        await one.connect()
        await other.connect()
        await one.picture()
        on.camera.silence(one.session_id)
        # What was already on its way may come for a while: one viewer's packets wait for nobody else's.
        before = -1, -1
        while before != (before := (await packets_received(one, "video"), await packets_received(one, "audio"))):
            for _ in range(5):
                await other.picture()
        for _ in range(5):
            await other.picture()
        assert (await packets_received(one, "video"), await packets_received(one, "audio")) == before
        assert one.connection.connectionState == "connected"
        assert on.application.of(one.session_id, "disconnect") == []
        assert on.camera.slots.in_use == 2
        await one.say_goodbye()
        await on.camera.wait_for(lambda: on.camera.slots.in_use == 1)
        # Not even closing says anything.
        await on.application.settle()
        await other.picture()
        assert one.connection.connectionState == "connected"


async def test_power_cut() -> None:
    """All at once: no media, no answer, no word; and afterwards a camera with free slots."""
    async with stage(slots=1) as on, on.viewing() as viewer:
        await viewer.connect()
        await viewer.picture()
        await on.camera.power_off()
        online = [on.camera.online]
        assert viewer.connection.connectionState == "connected"
        await call(on, "s")
        await on.camera.power_on()
        assert [*online, on.camera.online] == [False, True]
        await call(on, "t")
        await on.application.expect("t", "answer")
        assert on.application.of("s") == []
        assert on.application.of(viewer.session_id, "disconnect") == []
        await on.application.send(viewer.session_id, "disconnect")
        await on.application.settle()
        assert on.camera.statistics.slots_leaked == 0


async def test_camera_that_moves_to_another_server() -> None:
    async with stage() as on:
        old = on.camera.moto_id
        await on.camera.move_to("signaling14901")
        header = {"from": "x", "to": on.camera.device_id, "type": "offer", "sessionid": "s", "moto_id": old}
        message = {"protocol": 302, "data": {"header": header, "msg": {}}}
        await on.application.publish(f"/av/moto/{old}/u/{on.camera.device_id}", json.dumps(message))
        await call(on, "t")
        await on.application.expect("t", "answer")
        assert on.application.heard[0]["data"]["header"]["moto_id"] == "signaling14901"
        assert on.camera.webrtc_config()["moto_id"] == "signaling14901"
        assert on.camera.statistics.offers == 1
        assert not on.camera.statistics.rejected


# The broker


async def test_broker_restarts_during_a_view() -> None:
    """The picture goes on, and so does the signalling, afterwards."""
    async with stage() as on, on.viewing() as viewer:
        await viewer.connect()
        await on.broker.stop()
        await on.camera.wait_for(lambda: not on.camera.online)
        for _ in range(3):
            await viewer.picture()
        await on.broker.start()
        await on.camera.wait_for(lambda: on.camera.online)
        async with account(on.camera, on.broker.port) as again:
            await again.send(viewer.session_id, "disconnect")
            await viewer.lost()
        assert on.camera.statistics.broker_connections == 2


async def test_messages_without_a_broker_are_lost() -> None:
    async with stage() as on, on.viewing() as viewer:
        await viewer.connect()
        await on.broker.stop()
        await on.camera.wait_for(lambda: not on.camera.online)
        on.camera.disconnect()
        await viewer.lost()
        assert on.camera.statistics.unsent == 1


async def test_no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_module, "_START_TIMEOUT", 0.2)
    async with Broker() as broker:
        url = broker.url
    with pytest.raises(ConnectionError, match="no connection to the broker: .*refused"):
        async with IpcCameraSimulator(url, clip_seconds=0.2):
            pass


@pytest.mark.parametrize(
    "url", ["127.0.0.1", "http://127.0.0.1", "mqtt://", "mqtt://127.0.0.1:99999", "mqtt://u:geheim@:1883"]
)
def test_urls_that_are_no_brokers(url: str) -> None:
    with pytest.raises(BadBroker) as raised:
        IpcCameraSimulator(url)
    assert "geheim" not in str(raised.value)


# Sleep


async def test_sleep_and_wake() -> None:
    """Asleep it hears nothing; the CRC32 of its local key wakes it; without viewers it sleeps again."""
    async with stage(local_key="0123456789abcdef", sleep=SleepTimes(boot=60, idle=180)) as on:
        camera, statistics = on.camera, on.camera.statistics
        assert camera.sleep_state == "asleep"
        assert json.loads(camera.webrtc_config()["skill"])["lowPower"] == 1
        await call(on, "lost")
        await camera.wait_for(lambda: statistics.offers_while_asleep == 1)

        topic = f"m/w/{camera.device_id}"
        packet = struct.pack(">I", zlib.crc32(b"0123456789abcdef"))
        for wrong in (b"", packet[::-1], packet.hex().encode(), struct.pack(">I", zlib.crc32(b""))):
            await on.application.publish(topic, wrong)
        await camera.wait_for(lambda: statistics.bad_wakes == 4)
        assert camera.sleep_state == "asleep"

        await on.application.publish(topic, packet)
        await camera.wait_for(lambda: camera.sleep_state == "booting")
        await call(on, "early")
        await camera.wait_for(lambda: statistics.offers_while_asleep == 2)
        leap(60)
        await camera.wait_for(lambda: camera.sleep_state == "awake")
        assert camera.reports[-1]["values"] == {"wireless_awake": True}
        await on.application.publish(topic, packet)
        await call(on, "s")
        await on.application.expect("s", "answer")
        assert (statistics.wakes, statistics.offers_while_asleep, statistics.offers) == (2, 2, 3)
        assert on.application.of("lost") == on.application.of("early") == []

        await on.application.send("s", "disconnect")
        await camera.wait_for(lambda: not camera.sessions)
        leap(180)
        await camera.wait_for(lambda: camera.sleep_state == "asleep")
        assert camera.values["wireless_awake"] is False


async def test_falling_asleep_ends_views() -> None:
    async with stage(sleep=SleepTimes(boot=0.01)) as on, on.viewing() as viewer:
        on.camera.wake()
        await on.camera.wait_for(lambda: on.camera.sleep_state == "awake")
        await viewer.connect()
        await viewer.picture()
        on.camera.fall_asleep()
        assert on.camera.sleep_state == "asleep"
        await viewer.lost()
        assert on.camera.slots.in_use == 0


async def test_offer_that_waited_for_the_camera() -> None:
    """A camera whose messages the broker keeps answers the last of them when it's awake."""
    async with stage(sleep=SleepTimes(boot=0.05), queue_offers=True) as on:
        await call(on, "first")
        await call(on, "second")
        await on.camera.wait_for(lambda: on.camera.statistics.offers_while_asleep == 2)
        on.camera.command({"basic_flip": True})
        await on.application.expect("second", "answer")
        assert on.application.of("first") == []


async def test_mains_cameras_need_no_wake() -> None:
    async with stage() as on:
        on.camera.wake()
        on.camera.fall_asleep()
        assert on.camera.sleep_state == "awake"
        await on.application.publish(f"m/w/{on.camera.device_id}", b"1234")
        await on.camera.wait_for(lambda: on.camera.statistics.bad_wakes == 1)


# H265


class Assembler:
    """Puts RTP packets with H265 together again (RFC 7798)."""

    def __init__(self) -> None:
        self.units: list[bytes] = []
        self.pictures: list[bytes] = []
        self._fragments = b""

    def add(self, payload: bytes, *, last: bool) -> None:
        if payload[0] >> 1 & 0x3F != 49:
            self.units.append(payload)
        else:
            if payload[2] & 0x80:
                self._fragments = bytes([payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]])
            self._fragments += payload[3:]
            if payload[2] & 0x40:
                self.units.append(self._fragments)
        if last:
            self.pictures.append(b"".join(b"\0\0\0\1" + unit for unit in self.units))
            self.units = []


async def next_message(messages: asyncio.Queue[str | bytes]) -> str | bytes:
    async with asyncio.timeout(TIMEOUT):
        return await messages.get()


async def test_h265_comes_over_the_data_channel() -> None:
    """The answer says H264 and no such packet ever comes; after four steps the channel has RTP with H265, and sound."""
    async with stage(hevc={HD_STREAM}) as on, on.viewing(channel=True) as viewer:
        assert viewer.channel is not None
        messages: asyncio.Queue[str | bytes] = asyncio.Queue()
        opened = asyncio.Event()
        viewer.channel.on("message", messages.put_nowait)
        viewer.channel.on("open", opened.set)
        answer = await viewer.connect(stream=HD_STREAM, datachannel_enable=True)
        assert "H264/90000" in answer
        assert "H265" not in answer
        assert "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" in answer
        async with asyncio.timeout(TIMEOUT):
            await opened.wait()
        for nonsense in ("hello", b"\0", "[]", '{"type": "complete"}'):
            viewer.channel.send(nonsense)
        viewer.channel.send('{"type":"codec","msg":""}')
        reply = json.loads(await next_message(messages))
        assert reply["type"] == "codec"
        viewer.channel.send('{"type":"start","msg":"frame"}')
        reply = json.loads(await next_message(messages))
        assert reply["type"] == "recv"
        numbers = json.loads(reply["msg"])
        viewer.channel.send('{"type":"complete","msg":""}')
        sounds, assembler = list[bytes](), Assembler()
        while len(assembler.pictures) < 3 or not sounds:
            packet = await next_message(messages)
            assert isinstance(packet, bytes)
            first, second, _, _, ssrc = struct.unpack_from(">BBHII", packet)
            assert first == 0x80
            if ssrc == numbers["video"]["ssrc"]:
                assembler.add(packet[12:], last=bool(second & 0x80))
            else:
                assert ssrc == numbers["audio"]["ssrc"]
                assert second == 0
                sounds.append(packet[12:])
        decoder = av.CodecContext.create("hevc", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        frames = [frame for picture in assembler.pictures for frame in decoder.decode(av.Packet(picture))]
        frames += decoder.decode(None)
        shown = [read_counter(frame) for frame in frames]
        assert len(set(shown)) == 3
        assert {len(sound) for sound in sounds} == {320}
        assert await packets_received(viewer, "video") == 0


async def test_h265_without_the_channel_is_black() -> None:
    """An offer that doesn't ask for the channel gets sound and nothing else, until it takes the other stream."""
    async with stage(hevc={HD_STREAM}) as on, on.viewing() as viewer:
        await viewer.connect(stream=HD_STREAM)
        for _ in range(5):
            await viewer.sound()
        assert await packets_received(viewer, "video") == 0
        assert on.camera.statistics.pictures_sent == 0
        await on.application.send(viewer.session_id, "resolution", protocol=312, cmdValue=SD_STREAM)
        assert (await viewer.picture()).width == 640


async def test_channel_that_was_not_asked_for() -> None:
    """A data channel is of no use if the offer's message doesn't enable it, nor is one with another name."""
    async with stage(hevc={HD_STREAM, SD_STREAM}) as on, on.viewing(channel=True) as viewer:
        other = viewer.connection.createDataChannel("chat")
        assert viewer.channel is not None
        opened = asyncio.Semaphore(0)
        viewer.channel.on("open", opened.release)
        other.on("open", opened.release)
        await viewer.connect(stream=HD_STREAM)
        async with asyncio.timeout(TIMEOUT):
            await opened.acquire()
            await opened.acquire()
        for kind in ("codec", "start", "complete"):
            viewer.channel.send(json.dumps({"type": kind, "msg": ""}))
            other.send(json.dumps({"type": kind, "msg": ""}))
        for _ in range(5):
            await viewer.sound()
        assert on.camera.statistics.pictures_sent == 0
        session = on.camera.sessions[viewer.session_id].as_json()
        assert session["data_channels"] == 1


# Commands and reports


async def test_commands_move_it_and_are_reported() -> None:
    camera = IpcCameraSimulator("mqtt://127.0.0.1")
    told: list[dict[str, Any]] = []
    camera.report_listeners.append(lambda _, values: told.append(dict(values)))
    camera.command({"ptz_control": "2"})
    moving = [camera.ptz.moving]
    camera.command({"ptz_stop": True})
    assert [*moving, camera.ptz.moving] == ["right", None]
    assert [move.direction for move in camera.ptz.moves] == ["right"]
    camera.command({"basic_nightvision": "2"})
    assert camera.values["basic_nightvision"] == "2"
    assert told == [{"ptz_control": "2"}, {"ptz_stop": True}, {"basic_nightvision": "2"}]
    assert [one["values"] for one in camera.reports] == told
    codes = {entry["code"] for entry in camera.functions}
    assert {"ptz_control", "ptz_stop", "zoom_control", "basic_private"} <= codes
    assert {"movement_detect_pic", "doorbell_pic"} <= {entry["code"] for entry in camera.status}
    assert "wireless_awake" not in camera.values
    battery = IpcCameraSimulator("mqtt://127.0.0.1", sleep=SleepTimes())
    assert battery.values["wireless_awake"] is False
    assert battery.battery


async def test_two_cameras_at_one_broker() -> None:
    """Each listens to its own topic."""
    async with (
        stage(device_id="one") as on,
        IpcCameraSimulator(on.broker.url, device_id="two", clip_seconds=1.0) as two,
        account(two, on.broker.port) as of_two,
        viewing(of_two) as viewer,
    ):
        # Both applications are the same account and hear both cameras.
        on.application.camera = two
        await viewer.connect()
        assert (on.camera.statistics.offers, two.statistics.offers) == (0, 1)
