"""The simulated camera's parts, each by itself: pictures and sound, motors, events, sleep, knobs."""

import asyncio
import base64
from collections.abc import Callable
from fractions import Fraction
import io
import json
from typing import Any

import av
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
import pytest

from simulators import pace
from simulators.ipc_camera import (
    BadFault,
    EventKind,
    Faults,
    IpcCameraSimulator,
    PictureForm,
    SleepTimes,
    Statistics,
    media,
    ptz,
    read_counter,
    sleep,
    slots,
    wake_packet,
)
from simulators.ipc_camera.datachannel import hevc_payloads, rtp_packet
from simulators.ipc_camera.events import make_event, seal_picture
from simulators.picture import DAY, Canvas, Scene
from simulators.places import Block, draw_place


class Clock:
    """A time that passes only when it's told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


# Pictures and sound


@pytest.mark.parametrize("form", [media.HD, media.SD, media.HEVC])
def test_each_picture_of_a_clip_stands_alone(form: media.StreamFormat) -> None:
    """A viewer can begin anywhere, and what it sees first has its number in it."""
    clip = media.make_clip(form, "GARDEN", 0.6)
    assert len(clip.pictures) == 8
    for number in (5, 0, 7):
        decoder = av.CodecContext.create({"h264": "h264", "h265": "hevc"}[form.codec], "r")
        assert isinstance(decoder, av.VideoCodecContext)
        frames = decoder.decode(av.Packet(clip.pictures[number])) + decoder.decode(None)
        assert [read_counter(frame) for frame in frames] == [number]
        assert (frames[0].width, frames[0].height) == (form.width, form.height)


def test_clips_are_made_once() -> None:
    assert media.make_clip(media.SD, "GARDEN", 0.6) is media.make_clip(media.SD, "GARDEN", 0.6)
    assert media.make_clip(media.SD, "GATE", 0.6).pictures != media.make_clip(media.SD, "GARDEN", 0.6).pictures


def test_something_moves() -> None:
    scene = Scene(640, 360, DAY, "GARDEN")
    one, other = scene.draw(5, 1.0, 0.2), scene.draw(5, 1.0, 0.6)
    assert one.planes[0] != other.planes[0]
    # Nothing but the walker does.
    rows = [bytes(plane[: 640 * 200]) for plane in (one.planes[0], other.planes[0])]
    assert rows[0] == rows[1]


def test_titles_tell_where_a_camera_hangs() -> None:
    """Each place has a picture of its own, whatever else is in the title, and another title has the usual one."""
    places = ("Attic", "Front door", "Driveway", "Bird feeder", "Garden", "Living room", "Somewhere")
    blocks: dict[str, list[Block]] = {place: [] for place in places}
    for place in places:
        draw_place(f"{place} camera", blocks[place].append)
        assert all(0 <= block.left < block.right <= 1 and 0 <= block.top < block.bottom <= 1 for block in blocks[place])
    assert len({tuple(drawn) for drawn in blocks.values()}) == len(places)
    usual: list[Block] = []
    draw_place("CAMERA", usual.append)
    assert usual == blocks["Somewhere"]


@pytest.mark.parametrize("number", [0, 1, 2048, 4095, 4096 + 7])
def test_counter(number: int) -> None:
    for width, height in ((640, 360), (1280, 720), (322, 182)):
        frame = Scene(width, height, DAY, "X").draw(number, 0.0, 0.5).frame()
        assert read_counter(frame) == number % 4096


def test_letters_stay_inside_the_picture() -> None:
    canvas = Canvas(64, 32)
    canvas.text(4, 4, 2, "MUCH TOO LONG ~")
    assert [len(plane) for plane in canvas.planes] == [64 * 32, 32 * 16, 32 * 16]


@pytest.mark.parametrize(("law", "decoder"), [("PCMU", "pcm_mulaw"), ("PCMA", "pcm_alaw")])
def test_tone(law: media.AudioCodec, decoder: str) -> None:
    packets = media.make_tone(law)
    assert [len(packet) for packet in packets] == [320] * 25
    context = av.CodecContext.create(decoder, "r")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout = 8000, "mono"
    samples = [
        int(value)
        for packet in packets
        for frame in context.decode(av.Packet(packet))
        for value in frame.to_ndarray()[0]
    ]
    assert len(samples) == 8000
    # 440 times a second it goes up through the middle, also where the second begins again.
    ups = sum(before < 0 <= after for before, after in zip(samples, samples[1:] + samples[:1], strict=True))
    assert ups == 440


async def test_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first tick is at once, the next when it's due; what was missed is left out."""
    clock = Clock()
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(round(seconds, 3))
        clock.now += seconds

    monkeypatch.setattr(pace, "time", clock)
    monkeypatch.setattr(asyncio, "sleep", wait)
    tenths = pace.Pace(10)
    assert await tenths.tick() == 10000
    assert waits == []
    assert await tenths.tick() == 10001
    assert waits == [0.1]
    clock.now += 0.55
    assert await tenths.tick() == 10006
    assert waits == [0.1]
    assert await tenths.tick() == 10007
    assert waits == [0.1, 0.05]


async def test_tracks_count_time_by_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stamps follow the pictures, also over those that were left out; without a clip nothing comes."""
    clock = Clock()

    async def wait(seconds: float) -> None:
        clock.now += seconds

    monkeypatch.setattr(pace, "time", clock)
    monkeypatch.setattr(asyncio, "sleep", wait)
    clip = media.Clip(codec="h264", width=2, height=2, pictures=(b"a", b"b"))
    clips: list[media.Clip | None] = [clip, clip, None, None, clip]
    sent: list[float] = []
    track = media.ClipTrack(lambda: clips.pop(0), lambda: sent.append(clock.now))
    packets = [await track.recv() for _ in range(3)]
    assert [packet.pts for packet in packets] == [0, 6000, 24000]
    assert [bytes(packet) for packet in packets] == [b"a", b"b", b"a"]
    assert Fraction(packets[0].time_base.numerator, packets[0].time_base.denominator) == Fraction(1, 90000)
    assert len(sent) == 3
    tone = media.ToneTrack((b"x", b"y"))
    assert [(await tone.recv()).pts for _ in range(3)] == [0, 320, 640]


def test_rtp() -> None:
    """Long units are cut, short ones are not, and the last packet says so."""
    short, long = b"\x02\x01" + b"s" * 10, b"\x26\x01" + bytes(range(256)) * 9
    payloads = list(hevc_payloads(b"\0\0\0\1" + short + b"\0\0\1" + long))
    assert payloads[0] == short
    fragments = payloads[1:]
    assert [len(one) for one in fragments] == [1103, 1103, 107]
    assert [one[2] for one in fragments] == [0x80 | 19, 19, 0x40 | 19]
    assert all(one[:2] == b"\x62\x01" for one in fragments)
    assert b"".join(one[3:] for one in fragments) == long[2:]
    packet = rtp_packet(96, 65537, 1 << 32 | 5, 0xAABBCCDD, b"data", marker=True)
    assert packet == bytes.fromhex("80e0000100000005aabbccdd") + b"data"


# Motors


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ptz, "time", clock)
    return clock


def test_moving_until_it_is_stopped(clock: Clock) -> None:
    motors = ptz.Ptz()
    assert motors.command("ptz_control", "2")
    clock.now += 1
    assert (motors.moving, motors.zooming) == ("right", None)
    assert motors.position == {"pan": 30.0, "tilt": 0.0, "zoom": 1.0}
    assert motors.command("ptz_stop", True)
    clock.now += 5
    assert motors.moving is None
    assert motors.position["pan"] == 30.0
    assert motors.moves == [ptz.Move(direction="right", seconds=1.0)]


def test_a_move_that_nobody_stops(clock: Clock) -> None:
    motors = ptz.Ptz()
    motors.command("ptz_control", "7")
    clock.now += 3600
    assert motors.moving == "up_left"
    assert motors.position == {"pan": -170.0, "tilt": 90.0, "zoom": 1.0}


def test_another_direction_ends_the_first(clock: Clock) -> None:
    motors = ptz.Ptz()
    motors.command("ptz_control", "0")
    clock.now += 1
    motors.command("ptz_control", "4")
    clock.now += 2
    motors.command("ptz_stop", True)
    assert [(move.direction, move.seconds) for move in motors.moves] == [("up", 1.0), ("down", 2.0)]
    assert motors.position["tilt"] == -30.0
    assert motors.command("ptz_calibration", True)
    assert motors.position["tilt"] == 0.0


def test_zoom_beside_a_move(clock: Clock) -> None:
    motors = ptz.Ptz()
    motors.command("ptz_control", "6")
    clock.now += 1
    motors.command("zoom_control", "1")
    clock.now += 2
    assert motors.zooming == "zoom_in"
    motors.command("zoom_stop", True)
    clock.now += 1
    motors.command("zoom_control", "0")
    clock.now += 1
    motors.command("ptz_stop", True)
    motors.command("zoom_stop", True)
    assert motors.moves == [
        ptz.Move(direction="zoom_in", seconds=2.0),
        ptz.Move(direction="left", seconds=5.0),
        ptz.Move(direction="zoom_out", seconds=1.0),
    ]
    assert motors.position == {"pan": -150.0, "tilt": 0.0, "zoom": 2.0}
    assert motors.zooming is None


@pytest.mark.parametrize(
    ("code", "value"), [("ptz_control", "8"), ("ptz_control", 2), ("ptz_stop", False), ("zoom_control", "")]
)
def test_values_that_motors_do_not_have(code: str, value: Any) -> None:
    motors = ptz.Ptz()
    assert motors.command(code, value)
    assert (motors.moving, motors.zooming, motors.moves) == (None, None, [])


def test_other_data_points_are_not_the_motors() -> None:
    assert not ptz.Ptz().command("basic_flip", True)


# Events


def decrypt(blob: bytes, key: bytes, iv: bytes) -> bytes:
    context = Cipher(algorithms.AES128(key), modes.CBC(iv)).decryptor()
    plain = context.update(blob) + context.finalize()
    return plain[: -plain[-1]]


@pytest.mark.parametrize(
    ("kind", "code", "command"),
    [
        ("motion", "movement_detect_pic", "ipc_motion"),
        ("doorbell", "doorbell_pic", "ipc_doorbell"),
        ("alarm", "initiative_message", "ipc_bang"),
    ],
)
def test_event(kind: EventKind, code: str, command: str) -> None:
    """It's reported as base64 of JSON, and the picture lies under its path, encrypted with its key."""
    camera = IpcCameraSimulator("mqtt://127.0.0.1", title="GATE")
    event = camera.trigger(kind)
    assert camera.reports[-1]["values"] == {code: event.value}
    assert camera.values[code] == event.value
    message = json.loads(base64.b64decode(event.value))
    assert (message["v"], message["cmd"], message["bucket"]) == ("3.0", command, event.bucket)
    ((path, key),) = message["files"]
    blob = camera.picture(path)
    assert blob is not None
    assert (blob[:4], blob[20:64]) == (b"\1\0\0\0", bytes(44))
    jpeg = decrypt(blob[64:], key.encode(), blob[4:20])
    with av.open(io.BytesIO(jpeg), "r") as container:
        (frame,) = container.decode(video=0)
    assert (frame.width, frame.height) == (640, 360)
    assert camera.picture("/nowhere") is None


def test_event_with_a_plain_picture() -> None:
    event = make_event("motion", b"\xff\xd8...", device_id="d", local_key="k" * 16, form="plain")
    assert json.loads(base64.b64decode(event.value))["files"] == [[event.path, ""]]
    assert event.blob == b"\xff\xd8..."


def test_event_of_version_4() -> None:
    event = make_event("motion", b"\xff\xd8...", device_id="d", local_key="0123456789abcdef", form="v4")
    message = json.loads(base64.b64decode(event.value))
    assert message["v"] == "4.0"
    (file,) = message["files"]
    plain = decrypt(bytes.fromhex(file["data"]), b"0123456789abcdef", bytes.fromhex(file["iv"]))
    assert plain == b"\xff\xd8..."


@pytest.mark.parametrize("header", [60, 64, 68, 72])
def test_lengths_of_the_header(header: int) -> None:
    blob = seal_picture(b"\xff\xd8 picture", "0123456789abcdef", header=header)
    assert decrypt(blob[header:], b"0123456789abcdef", blob[4:20]) == b"\xff\xd8 picture"


@pytest.mark.parametrize("form", ["encrypted", "plain", "v4"])
def test_events_keep_their_keys_to_themselves(form: PictureForm) -> None:
    event = make_event("motion", b"\xff\xd8...", device_id="d", local_key="k" * 16, form=form)
    assert event.value not in repr(event)
    assert not event.key or event.key not in repr(event)


# Sleep


class Timers:
    """A loop that calls later only when it's told to."""

    def __init__(self) -> None:
        self.set: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timers.Handle:
        self.set.append((delay, callback))
        return Timers.Handle(self, self.set[-1])

    def fire(self) -> float:
        """Call the only one there is; return what it waited for."""
        ((delay, callback),) = self.set
        self.set.clear()
        callback()
        return delay

    class Handle:
        def __init__(self, timers: Timers, entry: tuple[float, Callable[[], None]]) -> None:
            self.timers = timers
            self.entry = entry

        def cancel(self) -> None:
            if self.entry in self.timers.set:
                self.timers.set.remove(self.entry)


def test_sleeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """It boots once however often it's woken, stays awake with viewers, and sleeps when it has been idle."""
    timers, states = Timers(), list[str]()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: timers)
    sleeper = sleep.Sleeper("key", SleepTimes(boot=3, idle=180), lambda: states.append(sleeper.state))
    assert not sleeper.receive(b"wrong")
    assert sleeper.receive(wake_packet("key"))
    assert sleeper.receive(wake_packet("key"))
    assert timers.fire() == 3
    assert states == ["booting", "awake"]
    sleeper.set_busy(True)
    assert timers.set == []
    sleeper.wake()
    assert timers.set == []
    sleeper.set_busy(False)
    sleeper.wake()
    assert timers.fire() == 180
    assert states == ["booting", "awake", "asleep"]
    sleeper.set_busy(True)
    sleeper.wake()
    sleeper.stop()
    assert timers.set == []


def test_wake_packet() -> None:
    # CRC32 of "123456789" is the checksum's own check value.
    assert wake_packet("123456789") == bytes.fromhex("cbf43926")


# Slots


def test_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(slots, "time", clock)
    one = slots.Slots(1, jam_after=3, jam_seconds=60)
    assert one.take("a")
    assert one.take("a")
    assert not one.take("b")
    assert one.in_use == 1
    one.free("nobody")
    one.free("a")
    clock.now += 61
    assert one.take("b")
    one.free("b")
    for _ in range(3):
        one.take("c")
    assert one.jammed
    one.free("c")
    clock.now += 3600
    assert not one.take("d")
    one.reset()
    assert one.take("d")


# Knobs and counts


def test_faults_from_json() -> None:
    faults = Faults()
    faults.update({"quirks": ["no_mid"], "answer_delay": 1, "refuse": 4, "candidate_form": "cr", "ignore_offers": 2})
    assert faults.quirks == {"no_mid"}
    assert faults.as_json()["quirks"] == ["no_mid"]
    assert (faults.answer_delay, faults.refuse, faults.candidate_form, faults.ignore_offers) == (1.0, 4, "cr", 2)
    faults.update(Faults().as_json())
    assert faults == Faults()
    faults.silent = True
    faults.reset()
    assert faults == Faults()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gravity", 1),
        ("quirks", ["nice"]),
        ("quirks", "no_mid"),
        ("candidate_form", "xml"),
        ("answer_delay", -1),
        ("answer_delay", True),
        ("ignore_offers", 1.5),
        ("silent", 1),
        ("refuse", "no"),
    ],
)
def test_faults_that_there_are_not(name: str, value: Any) -> None:
    faults = Faults()
    with pytest.raises(BadFault, match=name):
        faults.update({"answer_twice": True, name: value})
    assert faults == Faults()


def test_statistics_as_json() -> None:
    statistics = Statistics()
    statistics.talk_sizes[240] += 2
    statistics.rejected["bad_auth"] += 1
    statistics.offers = 3
    values = json.loads(json.dumps(statistics.as_json()))
    assert (values["talk_sizes"], values["rejected"], values["offers"]) == ({"240": 2}, {"bad_auth": 1}, 3)
    statistics.reset()
    assert statistics == Statistics()
