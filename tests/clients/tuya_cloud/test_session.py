"""Sessions of viewers, by a clock and a signalling of the test's own: nothing here waits."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
import heapq
import itertools
import re
from typing import Any, Final

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.attempt_budget import AttemptBudget
from custom_components.iot_gateway.clients.tuya_cloud.camera_sessions import CameraSessions
from custom_components.iot_gateway.clients.tuya_cloud.errors import (
    CannotReachCloud,
    CloudError,
    DeviceOffline,
    PermissionDenied,
    error_of,
)
from custom_components.iot_gateway.clients.tuya_cloud.sdp import SdpError, prepare_offer
from custom_components.iot_gateway.clients.tuya_cloud.session import CameraSession, SessionState, ViewedCamera
from custom_components.iot_gateway.clients.tuya_cloud.session_error import SessionError, SessionReason
from custom_components.iot_gateway.clients.tuya_cloud.session_ports import ConfigSource, Signalling
from custom_components.iot_gateway.clients.tuya_cloud.signalling import IpcSignalling
from custom_components.iot_gateway.clients.tuya_cloud.signals import Signal, SignallingDown, SignalTarget
from custom_components.iot_gateway.clients.tuya_cloud.webrtc_config import HD, SD, StreamInfo, WebRtcConfig

from .chromium import check_strictly
from .sdp_samples import ANSWER, CHROMIUM_OFFER, CHROMIUM_TALK_OFFER, FRONTEND_TAIL, TALK_ANSWER

DEVICE: Final = "6c9a943f2ea6929675ymcq"
LOCAL_KEY: Final = "0123456789abcdef"
CONFIG: Final = WebRtcConfig(auth="3iHAObTiJ+P1o=", moto_id="moto_1", supports_webrtc=True)

HOST: Final = "candidate:1 1 udp 2122260223 192.168.0.227 50828 typ host generation 0 ufrag Q93I network-id 1"
RELAY: Final = "candidate:2 1 udp 41885439 203.0.113.7 60102 typ relay raddr 0.0.0.0 rport 0 generation 0 ufrag Q93I"
MDNS: Final = "candidate:3 1 udp 2113937151 2cf0b2c0-0842.local 33192 typ host generation 0 ufrag Q93I"
CAMERA_HOST: Final = "candidate:4 1 udp 2130706431 10.0.0.7 41234 typ host"
CAMERA_RELAY: Final = "candidate:5 1 udp 16777215 203.0.113.9 50000 typ relay raddr 10.0.0.7 rport 41234"

# The offer with which the same peer connection restarts ICE
RESTART_OFFER: Final = CHROMIUM_OFFER.replace("8363188 2 IN", "8363188 3 IN").replace("Q93I", "kX8u")
OTHER_OFFER: Final = CHROMIUM_OFFER.replace("4529163812828363188", "1111111111111111111").replace("Q93I", "zzzz")


@dataclass(order=True)
class FakeTimer:
    at: float
    number: int
    callback: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._timers: list[FakeTimer] = []
        self._numbers = itertools.count()

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None], /) -> FakeTimer:
        timer = FakeTimer(self.now + delay, next(self._numbers), callback)
        heapq.heappush(self._timers, timer)
        return timer

    @property
    def waiting(self) -> int:
        return sum(not timer.cancelled for timer in self._timers)

    async def advance(self, seconds: float) -> None:
        """Let so many seconds pass, and what is due then happen in its order."""
        end = self.now + seconds
        await settle()
        while self._timers and self._timers[0].at <= end:
            timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                self.now = timer.at
                timer.callback()
                await settle()
        self.now = end


async def settle() -> None:
    """Let tasks run that wait for nothing."""
    for _ in range(10):
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Published:
    """What went out."""

    at: float
    target: SignalTarget
    session_id: str
    kind: str
    msg: dict[str, Any]
    protocol: int
    keep: bool


class FakeSignalling:
    """Notes what is sent, and delivers what the test has the camera say."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.is_connected = True
        self.breaks = False
        self.published: list[Published] = []
        self.handlers: dict[str, Callable[[Signal], None]] = {}
        self.listeners: list[Callable[[bool], None]] = []
        self.wakes: list[tuple[float, str, str]] = []
        self.can_wake = True
        self.hurries = 0

    @property
    def connected(self) -> bool:
        return self.is_connected

    def connect(self, up: bool = True) -> None:
        self.is_connected = up
        for listener in tuple(self.listeners):
            listener(up)

    def add_listener(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def register(self, session_id: str, handler: Callable[[Signal], None]) -> Callable[[], None]:
        assert session_id not in self.handlers
        self.handlers[session_id] = handler
        return lambda: self.handlers.pop(session_id, None) and None

    def publish(
        self,
        target: SignalTarget,
        session_id: str,
        kind: str,
        msg: Mapping[str, Any],
        *,
        protocol: int = 302,
        keep: bool = False,
    ) -> None:
        if self.breaks or (not self.is_connected and not keep):
            raise SignallingDown("down")
        self.published.append(Published(self._clock.now, target, session_id, kind, dict(msg), protocol, keep))

    def wake(self, device_id: str, local_key: str) -> bool:
        if not self.can_wake or not local_key:
            return False
        self.wakes.append((self._clock.now, device_id, local_key))
        return True

    def retry_soon(self) -> None:
        self.hurries += 1

    # What a test asks

    @property
    def kinds(self) -> list[str]:
        return [message.kind for message in self.published]

    def of(self, kind: str) -> list[Published]:
        return [message for message in self.published if message.kind == kind]

    def say(self, kind: str, session_id: str | None = None, /, **msg: Any) -> None:
        """Deliver a message of the camera, of the last offer's session unless said otherwise."""
        session_id = session_id or self.of("offer")[-1].session_id
        if (handler := self.handlers.get(session_id)) is not None:
            handler(
                Signal(protocol=302, kind=kind, session_id=session_id, sender=DEVICE, msg={"mode": "webrtc", **msg})
            )

    def check_places(self) -> None:
        """Every session that was offered to the camera was disconnected, after everything else of it."""
        for session_id in {message.session_id for message in self.published}:
            mine = [message.kind for message in self.published if message.session_id == session_id]
            assert mine.count("disconnect") == 1
            assert mine[-1] == "disconnect"
        assert self.handlers == {}
        assert self.listeners == []


class FakeConfigs:
    """A source of configurations whose answers the test gives."""

    def __init__(self) -> None:
        self.known: WebRtcConfig | None = CONFIG
        self.answer: WebRtcConfig | CloudError = CONFIG
        self.gate: asyncio.Event | None = None
        self.fetches = 0
        self.refreshes = 0

    def get(self, device_id: str) -> WebRtcConfig | None:
        assert device_id == DEVICE
        return self.known

    async def fetch(self, device_id: str) -> WebRtcConfig:
        self.fetches += 1
        return await self._ask()

    async def refresh(self, device_id: str) -> WebRtcConfig:
        self.refreshes += 1
        return await self._ask()

    async def _ask(self) -> WebRtcConfig:
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.answer, CloudError):
            raise self.answer
        self.known = self.answer
        return self.answer


class Bench:
    """A camera's sessions, and what their viewers are told."""

    def __init__(self, **camera: Any) -> None:
        self.clock = FakeClock()
        self.signalling = FakeSignalling(self.clock)
        self.configs = FakeConfigs()
        self.cloud_wakes: list[float] = []
        self.cloud_wake_error: CloudError | None = None
        self.told: list[tuple[str, str, Any]] = []
        self.sessions = CameraSessions(
            ViewedCamera(device_id=DEVICE, local_key=LOCAL_KEY, **camera),
            self.signalling,
            self.configs,
            clock=self.clock,
            wake_by_cloud=self._wake_by_cloud,
        )

    async def _wake_by_cloud(self) -> None:
        self.cloud_wakes.append(self.clock.now)
        if self.cloud_wake_error is not None:
            raise self.cloud_wake_error

    def open(self, offer: str = CHROMIUM_OFFER, name: str = "viewer", *, stream: int | None = None) -> CameraSession:
        return self.sessions.open(
            name,
            offer,
            stream=stream,
            on_answer=lambda sdp: self.told.append((name, "answer", sdp)),
            on_candidate=lambda candidate: self.told.append((name, "candidate", candidate)),
            on_error=lambda error: self.told.append((name, "error", error)),
        )

    def play(self, offer: str = CHROMIUM_OFFER, name: str = "viewer", **how: Any) -> CameraSession:
        """Open a session and have the camera answer it."""
        session = self.open(offer, name, **how)
        self.signalling.say("answer", sdp=ANSWER)
        assert state_of(session) is SessionState.ANSWERED
        return session

    @property
    def errors(self) -> list[SessionError]:
        return [what for _, kind, what in self.told if kind == "error"]

    def reason(self) -> SessionReason:
        """Return the only error's reason; it is the last thing that was told."""
        assert [kind for _, kind, _ in self.told].count("error") == 1
        assert self.told[-1][1] == "error"
        error = self.errors[0]
        assert isinstance(error, SessionError)
        return error.reason

    def check_over(self) -> None:
        """Nothing is left of any session."""
        assert len(self.sessions) == 0
        assert self.clock.waiting == 0
        self.signalling.check_places()


def state_of(session: CameraSession) -> SessionState:
    """Return a session's state anew: it moves while we look."""
    return session.state


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def battery() -> Bench:
    return Bench(low_power=True)


# A view


async def test_view(bench: Bench) -> None:
    """Offer, answer, candidates in both directions, and the end; none of it takes any time of ours."""
    session = bench.open(CHROMIUM_OFFER + FRONTEND_TAIL)
    assert state_of(session) is SessionState.OFFERED
    [offer] = bench.signalling.published
    assert offer.target == SignalTarget(device_id=DEVICE, moto_id="moto_1")
    assert offer.msg == {"sdp": prepare_offer(CHROMIUM_OFFER).sdp, "stream_type": SD, "auth": CONFIG.auth}
    assert (offer.kind, offer.protocol) == ("offer", 302)
    assert len(offer.session_id) == 32

    bench.sessions.add_candidate("viewer", HOST)
    bench.signalling.say("answer", sdp=ANSWER)
    bench.signalling.say("candidate", candidate=f"a={CAMERA_HOST}\r\n")
    bench.sessions.add_candidate("viewer", "")
    assert state_of(session) is SessionState.ANSWERED
    assert [message.msg for message in bench.signalling.of("candidate")] == [
        {"candidate": f"a={HOST}"},
        {"candidate": ""},
    ]
    [(_, _, answer), candidate] = bench.told
    _ = check_strictly(CHROMIUM_OFFER, answer)
    assert candidate == ("viewer", "candidate", CAMERA_HOST)
    assert (session.candidate_mid, session.candidate_index) == ("0", 0)

    # No time limit holds once it plays
    await bench.clock.advance(100_000)
    assert bench.configs.fetches == bench.configs.refreshes == 0
    assert bench.signalling.kinds == ["offer", "candidate", "candidate"]
    bench.sessions.close("viewer")
    assert state_of(session) is SessionState.CLOSED
    assert len({message.session_id for message in bench.signalling.published}) == 1
    assert bench.errors == []
    bench.check_over()
    assert not bench.signalling.wakes


async def test_order_of_candidates(bench: Bench) -> None:
    """The camera's candidates wait for its answer, in their order and each once; its end of candidates ends with us."""
    bench.open()
    for candidate in (f"a={CAMERA_RELAY}\r\n", f"a={CAMERA_HOST}\r", f"a={CAMERA_RELAY}", "a=candidate:broken", ""):
        bench.signalling.say("candidate", candidate=candidate)
    assert bench.told == []
    bench.signalling.say("answer", sdp=ANSWER)
    bench.signalling.say("candidate", candidate=CAMERA_HOST)
    bench.signalling.say("candidate", candidate="")
    assert [kind for _, kind, _ in bench.told] == ["answer", "candidate", "candidate"]
    assert [what for _, _, what in bench.told[1:]] == [CAMERA_RELAY, CAMERA_HOST]


async def test_candidates_of_the_browser(bench: Bench) -> None:
    """Those of the offer go first, each goes once, and what no camera resolves does not go at all."""
    bench.open(f"{CHROMIUM_OFFER}a={HOST}\r\na={MDNS}\r\n")
    for candidate in (MDNS, HOST, RELAY, f"a={RELAY}\r\n", "null", ""):
        bench.sessions.add_candidate("viewer", candidate)
    assert bench.signalling.kinds == ["offer", "candidate", "candidate", "candidate"]
    assert [message.msg["candidate"] for message in bench.signalling.of("candidate")] == [f"a={HOST}", f"a={RELAY}", ""]


async def test_end_of_candidates(bench: Bench) -> None:
    """Home Assistant's player never says it: it is said two seconds after the answer and the last candidate, once."""
    bench.open()
    bench.sessions.add_candidate("viewer", HOST)
    await bench.clock.advance(3)
    bench.signalling.say("answer", sdp=ANSWER)
    await bench.clock.advance(1.5)
    bench.sessions.add_candidate("viewer", CAMERA_HOST)
    await bench.clock.advance(1.9)
    assert [message.msg["candidate"] for message in bench.signalling.of("candidate")] == [
        f"a={HOST}",
        f"a={CAMERA_HOST}",
    ]
    await bench.clock.advance(0.2)
    assert bench.signalling.published[-1].msg == {"candidate": ""}
    # A relay that took its time is told all the same
    bench.sessions.add_candidate("viewer", RELAY)
    await bench.clock.advance(100)
    assert [message.msg["candidate"] for message in bench.signalling.of("candidate")][2:] == ["", f"a={RELAY}"]
    bench.sessions.close("viewer")
    bench.check_over()


async def test_end_of_candidates_of_the_browser(bench: Bench) -> None:
    """Said by the browser it goes out at once; a second offer gets it after all candidates."""
    bench.open()
    for candidate in (HOST, "", RELAY):
        bench.sessions.add_candidate("viewer", candidate)
    assert [message.msg["candidate"] for message in bench.signalling.of("candidate")] == [f"a={HOST}", "", f"a={RELAY}"]
    await bench.clock.advance(5.1)
    second = bench.signalling.of("offer")[1].session_id
    again = [message.msg["candidate"] for message in bench.signalling.of("candidate") if message.session_id == second]
    assert again == [f"a={HOST}", f"a={RELAY}", ""]


async def test_candidates_without_end(bench: Bench) -> None:
    """A viewer, or a camera, that never stops telling candidates fills no memory."""
    bench.open()
    for number in range(1000):
        bench.sessions.add_candidate("viewer", HOST.replace("50828", str(1000 + number)))
        bench.signalling.say("candidate", candidate=CAMERA_HOST.replace("41234", str(1000 + number)))
    bench.signalling.say("answer", sdp=ANSWER)
    assert len(bench.signalling.of("candidate")) == 128
    assert len(bench.told) == 1 + 128


async def test_second_answer(bench: Bench) -> None:
    """A camera that answers twice is heard once."""
    bench.play()
    bench.signalling.say("answer", sdp=ANSWER)
    assert len(bench.told) == 1


@pytest.mark.parametrize(
    ("kind", "msg"),
    [
        ("answer", {}),
        ("answer", {"sdp": 1}),
        ("candidate", {}),
        ("candidate", {"candidate": None}),
        ("speaker", {}),
        ("", {}),
    ],
)
async def test_odd_messages(bench: Bench, kind: str, msg: dict[str, Any]) -> None:
    """A message that says nothing changes nothing."""
    bench.open()
    bench.signalling.say(kind, **msg)
    assert bench.told == []
    bench.signalling.say("answer", sdp=ANSWER)
    assert [kind for _, kind, _ in bench.told] == ["answer"]


async def test_after_the_end(bench: Bench) -> None:
    """Nothing is told and nothing is sent any more."""
    bench.play()
    [handler] = bench.signalling.handlers.values()
    bench.sessions.close("viewer")
    sent = len(bench.signalling.published)
    handler(Signal(protocol=302, kind="candidate", session_id="x", sender=DEVICE, msg={"candidate": CAMERA_HOST}))
    bench.sessions.add_candidate("viewer", HOST)
    bench.sessions.close("viewer")
    assert len(bench.told) == 1
    assert len(bench.signalling.published) == sent
    bench.check_over()


async def test_failing_viewer(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A viewer whose callbacks fail ends nothing."""

    def fail(_: Any) -> None:
        raise RuntimeError("viewer")

    session = bench.sessions.open("viewer", CHROMIUM_OFFER, on_answer=fail, on_candidate=fail, on_error=fail)
    bench.signalling.say("answer", sdp=ANSWER)
    bench.signalling.say("candidate", candidate=CAMERA_HOST)
    assert state_of(session) is SessionState.ANSWERED
    bench.signalling.say("disconnect")
    assert caplog.text.count("A callback of a camera's session failed") == 3
    bench.check_over()


async def test_viewer_that_closes_in_its_callback(bench: Bench) -> None:
    """After the end that an answer's receiver makes, no candidate is told."""
    told: list[str] = []
    bench.sessions.open(
        "viewer",
        CHROMIUM_OFFER,
        on_answer=lambda _: bench.sessions.close("viewer"),
        on_candidate=told.append,
        on_error=lambda error: told.append(str(error)),
    )
    bench.signalling.say("candidate", candidate=CAMERA_HOST)
    bench.signalling.say("answer", sdp=ANSWER)
    assert told == []
    bench.check_over()


async def test_viewer_that_leaves_at_the_answer(bench: Bench) -> None:
    """The camera hears nothing after its disconnect: a stream that is switched, or a speaker, might keep its place."""
    bench.configs.known = replace(CONFIG, can_switch_clarity=True, has_speaker_control=True)
    bench.sessions.open(
        "viewer",
        CHROMIUM_TALK_OFFER,
        stream=HD,
        on_answer=lambda _: bench.sessions.close("viewer"),
        on_candidate=lambda _: None,
        on_error=lambda _: None,
    )
    bench.signalling.say("answer", sdp=TALK_ANSWER)
    assert bench.signalling.kinds == ["offer", "disconnect"]
    bench.check_over()


async def test_no_offer(bench: Bench) -> None:
    with pytest.raises(SdpError):
        bench.open("nonsense")
    bench.check_over()


async def test_metrics(bench: Bench) -> None:
    """What took how long, without anything secret."""
    bench.configs.known = None
    bench.configs.gate = asyncio.Event()
    bench.open()
    await bench.clock.advance(0.3)
    bench.configs.gate.set()
    await bench.clock.advance(0.4)
    bench.sessions.add_candidate("viewer", HOST)
    bench.signalling.say("answer", sdp=ANSWER)
    await bench.clock.advance(0.1)
    bench.signalling.say("candidate", candidate=CAMERA_HOST)
    [now] = bench.sessions.as_dict()["open"]
    assert now == {
        "state": "answered",
        "published_ms": 300.0,
        "answer_received_ms": 700.0,
        "answer_sent_ms": 700.0,
        "first_candidate_ms": 800.0,
        "closed_ms": None,
        "attempts": 1,
        "retries": 0,
        "wakes": 0,
        "candidates_sent": 1,
        "candidates_received": 1,
        "close_reason": "",
    }
    bench.sessions.close("viewer")
    report = bench.sessions.as_dict()
    assert (report["opened"], report["open"]) == (1, [])
    assert (report["ended"][0]["closed_ms"], report["ended"][0]["close_reason"]) == (800.0, "viewer")


def test_types() -> None:
    """What the integration passes is what sessions expect."""
    from custom_components.iot_gateway.clients.tuya_cloud.config_cache import WebRtcConfigCache

    signalling: type[Signalling] = IpcSignalling
    configs: type[ConfigSource] = WebRtcConfigCache
    assert signalling
    assert configs


# Streams, talk


@pytest.mark.parametrize(
    ("streams", "wanted", "default", "asked", "resolutions"),
    [
        ("", HD, SD, HD, [{"cmdValue": HD}]),
        ("", SD, SD, SD, []),
        ("", None, SD, SD, []),
        ("", None, HD, HD, []),
        ("", SD, HD, SD, [{"cmdValue": SD}]),
        # The main stream is H.265: the other, whatever is wanted
        ("h265 h264", HD, SD, SD, []),
        ("h264 h265", SD, SD, HD, [{"cmdValue": HD}]),
    ],
)
async def test_stream(
    bench: Bench, streams: str, wanted: int | None, default: int, asked: int, resolutions: list[dict[str, int]]
) -> None:
    """The offer says which stream; cameras that take `resolution` are told again where they would start with another."""
    infos = tuple(StreamInfo(stream_type=n, codec=codec) for n, codec in enumerate(streams.split()))
    bench.configs.known = replace(CONFIG, can_switch_clarity=True, default_stream=default, streams=infos)
    session = bench.play(stream=wanted)
    assert bench.signalling.of("offer")[0].msg["stream_type"] == asked == session.stream
    assert [message.msg for message in bench.signalling.of("resolution")] == resolutions
    assert all(message.protocol == 312 for message in bench.signalling.of("resolution"))


async def test_no_clarity_switch(bench: Bench) -> None:
    session = bench.play(stream=HD)
    assert bench.signalling.kinds == ["offer"]
    assert not session.set_stream(SD)
    assert bench.signalling.kinds == ["offer"]


async def test_switching(bench: Bench) -> None:
    """HD and SD while it plays; what is not yet playing starts as wanted."""
    bench.configs.known = replace(CONFIG, can_switch_clarity=True)
    bench.play(name="first")
    waiting = bench.open(OTHER_OFFER, "second")
    assert bench.sessions.set_stream(HD) == 1
    assert [message.msg["cmdValue"] for message in bench.signalling.of("resolution")] == [HD]
    assert state_of(waiting) is SessionState.OFFERED


async def test_switched_before_the_answer(bench: Bench) -> None:
    """What is wanted by the time of the answer counts."""
    bench.configs.known = replace(CONFIG, can_switch_clarity=True, default_stream=HD)
    session = bench.open(stream=SD)
    assert not session.set_stream(HD)
    bench.signalling.say("answer", sdp=ANSWER)
    assert bench.signalling.of("offer")[0].msg["stream_type"] == SD
    assert [message.msg["cmdValue"] for message in bench.signalling.of("resolution")] == [HD]
    assert session.stream == HD


async def test_only_h265(bench: Bench) -> None:
    """No browser plays that; the camera is not even asked."""
    bench.configs.known = replace(CONFIG, streams=(StreamInfo(stream_type=HD, codec="h265"),))
    bench.open()
    assert bench.reason() is SessionReason.UNPLAYABLE
    assert "H.264" in str(bench.errors[0])
    assert bench.signalling.published == []
    bench.check_over()


async def test_answer_without_video(bench: Bench) -> None:
    """Where the camera doesn't say what its streams are, the other one is tried before the viewer hears of it."""
    bench.open(stream=HD)
    bench.signalling.say("answer", sdp=ANSWER.replace("H264", "H265"))
    assert [offer.msg["stream_type"] for offer in bench.signalling.of("offer")] == [HD, SD]
    assert bench.signalling.kinds == ["offer", "disconnect", "offer"]
    bench.signalling.say("answer", sdp=ANSWER.replace("H264", "H265"))
    assert bench.reason() is SessionReason.UNPLAYABLE
    assert "no video" in str(bench.errors[0])
    bench.check_over()


async def test_answer_without_video_of_the_main_stream(bench: Bench) -> None:
    session = bench.open(stream=HD)
    bench.signalling.say("answer", sdp=ANSWER.replace("H264", "H265"))
    bench.signalling.say("answer", sdp=ANSWER)
    await bench.clock.advance(100)
    assert [kind for _, kind, _ in bench.told] == ["answer"]
    assert session.stream == SD


async def test_answer_without_video_of_the_only_stream(bench: Bench) -> None:
    """A stream of which the camera says that no browser plays it is not tried."""
    bench.configs.known = replace(
        CONFIG, streams=(StreamInfo(stream_type=HD, codec="h265"), StreamInfo(stream_type=SD, codec="h264"))
    )
    bench.open()
    bench.signalling.say("answer", sdp=ANSWER.replace("H264", "H265"))
    assert bench.reason() is SessionReason.UNPLAYABLE
    assert len(bench.signalling.of("offer")) == 1
    bench.check_over()


async def test_talk(bench: Bench) -> None:
    """With the microphone on the speaker is switched on, and the browser asked for packets that cameras play soon."""
    bench.configs.known = replace(CONFIG, has_speaker_control=True)
    bench.open(CHROMIUM_TALK_OFFER)
    bench.signalling.say("answer", sdp=TALK_ANSWER)
    assert "a=ptime:30\r\n" in bench.told[0][2]
    [speaker] = bench.signalling.of("speaker")
    assert (speaker.msg, speaker.protocol) == ({"cmdValue": 1}, 312)


async def test_no_talk(bench: Bench) -> None:
    bench.configs.known = replace(CONFIG, has_speaker_control=True)
    bench.play()
    assert bench.signalling.kinds == ["offer"]
    assert "ptime" not in bench.told[0][2]


async def test_rejected_audio(bench: Bench) -> None:
    """The camera's candidates belong to the video then."""
    session = bench.open()
    bench.signalling.say("answer", sdp=ANSWER.replace("m=audio 9", "m=audio 0"))
    assert (session.candidate_mid, session.candidate_index) == ("1", 1)


async def test_node_behind_a_recorder() -> None:
    bench = Bench(sub_dev_id="0102")
    bench.open()
    assert bench.signalling.published[0].target.sub_dev_id == "0102"
    bench = Bench()
    bench.configs.known = replace(CONFIG, sub_dev_id="0304")
    bench.open()
    assert bench.signalling.published[0].target.sub_dev_id == "0304"


# What is not there yet


async def test_cold_configuration(bench: Bench) -> None:
    """Candidates wait for the offer, and the offer for the configuration."""
    bench.configs.known = None
    bench.configs.gate = asyncio.Event()
    session = bench.open()
    bench.sessions.add_candidate("viewer", HOST)
    await settle()
    assert state_of(session) is SessionState.INIT
    assert bench.signalling.published == []
    bench.configs.gate.set()
    await settle()
    assert bench.signalling.kinds == ["offer", "candidate"]
    assert bench.configs.fetches == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CannotReachCloud("no way"), SessionReason.NOT_CONNECTED),
        (error_of(1110, "busy"), SessionReason.NOT_CONNECTED),
        (error_of(28841004, "quota"), SessionReason.NOT_CONNECTED),
        (PermissionDenied("denied", 1106), SessionReason.REFUSED),
        (error_of(28841002, "over"), SessionReason.REFUSED),
        (DeviceOffline("offline", 2001), SessionReason.NO_ANSWER),
    ],
)
async def test_no_configuration(bench: Bench, error: CloudError, reason: SessionReason) -> None:
    bench.configs.known = None
    bench.configs.answer = error
    bench.open()
    await settle()
    assert bench.reason() is reason
    assert bench.errors[0].__cause__ is error
    bench.check_over()


async def test_slow_configuration(bench: Bench) -> None:
    bench.configs.known = None
    bench.configs.gate = asyncio.Event()
    bench.open()
    await bench.clock.advance(9.9)
    assert bench.told == []
    await bench.clock.advance(0.2)
    assert bench.reason() is SessionReason.NOT_CONNECTED
    bench.configs.gate.set()
    await settle()
    bench.check_over()
    assert bench.signalling.published == []


async def test_closed_before_the_offer(bench: Bench) -> None:
    """Who leaves while the configuration is asked for leaves nothing behind."""
    bench.configs.known = None
    bench.configs.gate = asyncio.Event()
    bench.open()
    await settle()
    bench.sessions.close("viewer")
    bench.configs.gate.set()
    await settle()
    assert bench.signalling.published == []
    assert bench.told == []
    bench.check_over()


@pytest.mark.parametrize("config", [replace(CONFIG, supports_webrtc=False), WebRtcConfig()])
async def test_no_webrtc(bench: Bench, config: WebRtcConfig) -> None:
    bench.configs.known = config
    bench.open()
    assert bench.reason() is SessionReason.UNPLAYABLE
    bench.check_over()


async def test_no_connection(bench: Bench) -> None:
    """The connection is asked to hurry; when it is there the offer goes, when it does not come the viewer is told."""
    bench.signalling.is_connected = False
    bench.open()
    bench.open(OTHER_OFFER, "other")
    bench.sessions.add_candidate("viewer", HOST)
    assert bench.signalling.hurries == 2
    await bench.clock.advance(5)
    bench.sessions.close("other")
    bench.signalling.connect()
    assert bench.signalling.kinds == ["offer", "candidate"]
    bench.sessions.close("viewer")
    bench.check_over()

    bench.signalling.is_connected = False
    bench.open()
    await bench.clock.advance(11)
    assert bench.reason() is SessionReason.NOT_CONNECTED
    bench.check_over()


async def test_connection_lost_this_moment(bench: Bench) -> None:
    """A connection that is gone before anybody knew is as good as none."""
    bench.signalling.breaks = True
    session = bench.open()
    assert state_of(session) is SessionState.INIT
    assert bench.signalling.handlers == {}
    bench.signalling.breaks = False
    bench.signalling.connect(False)
    bench.signalling.connect(True)
    assert state_of(session) is SessionState.OFFERED
    assert bench.signalling.kinds == ["offer"]


async def test_connection_lost_while_waiting(bench: Bench) -> None:
    """The answer may have come while nobody listened: the old place is freed, and the offer made again."""
    bench.open()
    bench.sessions.add_candidate("viewer", HOST)
    bench.signalling.connect(False)
    bench.signalling.connect(True)
    assert bench.signalling.kinds == ["offer", "candidate", "disconnect", "offer", "candidate"]
    first, second = bench.signalling.of("offer")
    assert first.session_id != second.session_id
    assert bench.signalling.of("disconnect")[0].session_id == first.session_id
    bench.signalling.say("answer", first.session_id, sdp=ANSWER)
    assert bench.told == []
    bench.signalling.say("answer", sdp=ANSWER)
    assert [kind for _, kind, _ in bench.told] == ["answer"]


async def test_connection_lost_while_a_sleeping_camera_is_asked(battery: Bench) -> None:
    """The place that its first offer may have taken is freed by the next connection."""
    battery.open()
    await battery.clock.advance(1)
    battery.signalling.connect(False)
    await battery.clock.advance(7)
    assert battery.signalling.kinds == ["offer"]
    battery.signalling.connect(True)
    assert battery.signalling.kinds == ["offer", "disconnect", "offer"]
    first, second = battery.signalling.of("offer")
    assert battery.signalling.of("disconnect")[0].session_id == first.session_id != second.session_id
    battery.sessions.close("viewer")
    battery.check_over()


async def test_connection_lost_while_playing(bench: Bench) -> None:
    """The picture goes from the camera to the browser; candidates and the disconnect go out when they can."""
    session = bench.play()
    bench.signalling.connect(False)
    bench.sessions.add_candidate("viewer", HOST)
    bench.signalling.connect(True)
    assert state_of(session) is SessionState.ANSWERED
    bench.signalling.connect(False)
    bench.sessions.close("viewer")
    assert bench.signalling.kinds == ["offer", "candidate", "disconnect"]
    assert [message.keep for message in bench.signalling.published] == [False, True, True]
    bench.check_over()


async def test_flapping_connection(bench: Bench) -> None:
    """A connection that comes and goes doesn't have us offer for ever."""
    bench.open()
    for _ in range(20):
        bench.signalling.connect(False)
        bench.signalling.connect(True)
    assert len(bench.signalling.of("offer")) <= 6
    await bench.clock.advance(60)
    assert bench.reason() is SessionReason.NO_ANSWER
    bench.check_over()


# No answer


async def test_no_answer(bench: Bench) -> None:
    """After 5 s the configuration is asked anew and the offer made again, after 10 s the viewer is told."""
    bench.open()
    bench.sessions.add_candidate("viewer", HOST)
    await bench.clock.advance(4.9)
    assert bench.configs.refreshes == 0
    bench.configs.answer = replace(CONFIG, moto_id="moto_2", auth="other")
    await bench.clock.advance(0.2)
    assert bench.configs.refreshes == 1
    assert bench.signalling.kinds == ["offer", "candidate", "disconnect", "offer", "candidate"]
    first, second = bench.signalling.of("offer")
    assert first.session_id != second.session_id
    assert (second.target.moto_id, second.msg["auth"]) == ("moto_2", "other")
    # What is taken back was said where it was offered
    assert bench.signalling.of("disconnect")[0].target.moto_id == "moto_1"
    await bench.clock.advance(4.8)
    assert bench.told == []
    await bench.clock.advance(0.2)
    assert bench.reason() is SessionReason.NO_ANSWER
    assert bench.configs.refreshes == 1
    bench.check_over()


async def test_answer_to_the_second_offer(bench: Bench) -> None:
    """The viewer hears of one answer and of no error."""
    bench.open()
    [old_handler] = bench.signalling.handlers.values()
    await bench.clock.advance(5.1)
    bench.signalling.say("answer", bench.signalling.of("offer")[0].session_id, sdp=ANSWER)
    for kind in ("answer", "disconnect"):
        old_handler(Signal(protocol=302, kind=kind, session_id="old", sender=DEVICE, msg={"sdp": ANSWER}))
    assert bench.told == []
    bench.signalling.say("answer", sdp=ANSWER)
    await bench.clock.advance(100)
    assert [kind for _, kind, _ in bench.told] == ["answer"]


async def test_answer_while_the_configuration_is_asked(bench: Bench) -> None:
    """The answer that comes at last is taken."""
    bench.configs.gate = asyncio.Event()
    bench.open()
    await bench.clock.advance(5.1)
    bench.signalling.say("answer", sdp=ANSWER)
    bench.configs.gate.set()
    await bench.clock.advance(100)
    assert len(bench.signalling.of("offer")) == 1
    assert [kind for _, kind, _ in bench.told] == ["answer"]


async def test_configuration_cannot_be_asked(bench: Bench) -> None:
    """The offer is made again all the same."""
    bench.configs.answer = CannotReachCloud("no way")
    bench.open()
    await bench.clock.advance(5.1)
    assert len(bench.signalling.of("offer")) == 2
    await bench.clock.advance(5)
    assert bench.reason() is SessionReason.NO_ANSWER
    bench.check_over()


async def test_configuration_takes_long(bench: Bench) -> None:
    """What is asked when the time is up is not waited for."""
    bench.configs.gate = asyncio.Event()
    bench.open()
    await bench.clock.advance(10.1)
    assert bench.reason() is SessionReason.NO_ANSWER
    bench.configs.gate.set()
    await settle()
    assert len(bench.signalling.of("offer")) == 1
    bench.check_over()


async def test_camera_that_works_on_it(bench: Bench) -> None:
    """A camera that has sent candidates is not offered to again; its answer may take a while."""
    bench.open()
    bench.signalling.say("candidate", candidate=CAMERA_HOST)
    await bench.clock.advance(9)
    assert bench.signalling.kinds == ["offer"]
    bench.signalling.say("answer", sdp=ANSWER)
    assert [kind for _, kind, _ in bench.told] == ["answer", "candidate"]


async def test_no_webrtc_any_more(bench: Bench) -> None:
    bench.open()
    bench.configs.answer = WebRtcConfig()
    await bench.clock.advance(5.1)
    assert bench.reason() is SessionReason.UNPLAYABLE
    bench.check_over()


# The camera declines


async def test_busy_for_a_moment(bench: Bench) -> None:
    """The place of a viewer who has just left is free a second later."""
    bench.open()
    bench.sessions.add_candidate("viewer", HOST)
    bench.signalling.say("disconnect", close_reason=12)
    assert bench.told == []
    assert bench.signalling.kinds == ["offer", "candidate", "disconnect"]
    bench.sessions.add_candidate("viewer", RELAY)
    await bench.clock.advance(1.1)
    assert bench.signalling.kinds[3:] == ["offer", "candidate", "candidate"]
    bench.signalling.say("answer", sdp=ANSWER)
    await bench.clock.advance(100)
    assert [kind for _, kind, _ in bench.told] == ["answer"]
    assert bench.configs.refreshes == 0


async def test_busy(bench: Bench) -> None:
    """Busy three times within three seconds is busy."""
    bench.open()
    bench.signalling.say("disconnect", close_reason=12)
    await bench.clock.advance(1.1)
    bench.signalling.say("disconnect", close_reason=12)
    await bench.clock.advance(1.9)
    assert len(bench.signalling.of("offer")) == 2
    await bench.clock.advance(0.2)
    bench.signalling.say("disconnect", close_reason=12)
    assert bench.reason() is SessionReason.BUSY
    assert bench.errors[0].close_reason == 12
    assert "busy" in str(bench.errors[0])
    bench.check_over()


async def test_busy_and_then_silent(bench: Bench) -> None:
    """What the camera said tells more than its silence."""
    bench.open()
    bench.signalling.say("disconnect", close_reason=12)
    await bench.clock.advance(11)
    assert bench.reason() is SessionReason.BUSY
    bench.check_over()


async def test_closed_while_busy(bench: Bench) -> None:
    bench.open()
    bench.signalling.say("disconnect", close_reason=12)
    bench.sessions.close("viewer")
    await bench.clock.advance(100)
    assert len(bench.signalling.of("offer")) == 1
    bench.check_over()


@pytest.mark.parametrize("msg", [{}, {"close_reason": 6}, {"close_reason": "odd"}])
async def test_refused(bench: Bench, msg: dict[str, Any]) -> None:
    """A camera that was paired anew declines the old `auth`: that is asked anew once."""
    bench.open()
    bench.configs.answer = replace(CONFIG, auth="new")
    bench.signalling.say("disconnect", **msg)
    assert bench.told == []
    await settle()
    assert [offer.msg["auth"] for offer in bench.signalling.of("offer")] == [CONFIG.auth, "new"]
    bench.signalling.say("disconnect", **msg)
    assert bench.reason() is SessionReason.REFUSED
    bench.check_over()


async def test_unusable_answer(bench: Bench) -> None:
    bench.open()
    bench.signalling.say("answer", sdp="nonsense")
    await settle()
    assert bench.signalling.kinds == ["offer", "disconnect", "offer"]
    bench.signalling.say("answer", sdp="nonsense")
    assert bench.reason() is SessionReason.REFUSED
    assert "answer is not usable" in str(bench.errors[0])
    bench.check_over()


@pytest.mark.parametrize(
    ("close_reason", "reason"),
    [(12, SessionReason.BUSY), (6, SessionReason.CAMERA_CLOSED), (None, SessionReason.CAMERA_CLOSED)],
)
async def test_camera_ends_the_view(bench: Bench, close_reason: int | None, reason: SessionReason) -> None:
    """A player would show a frozen picture for ever; it is told at once, also after hours."""
    bench.play()
    await bench.clock.advance(20_000)
    bench.signalling.say("disconnect", **({} if close_reason is None else {"close_reason": close_reason}))
    assert bench.reason() is reason
    assert bench.errors[0].close_reason == close_reason
    bench.check_over()


async def test_camera_is_gone(bench: Bench) -> None:
    """Who watches a camera that went without a word is told by whoever knows; who has not begun, by the lack of an answer."""
    bench.play(name="watching")
    session = bench.open(OTHER_OFFER, "beginning")
    bench.sessions.camera_is_gone()
    assert [(name, error.reason) for name, kind, error in bench.told if kind == "error"] == [
        ("watching", SessionReason.OFFLINE)
    ]
    assert state_of(session) is SessionState.OFFERED
    bench.sessions.camera_is_gone()
    assert len(bench.errors) == 1
    session.close()
    bench.check_over()


async def test_ids_that_make_no_topic(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def publish(*_: Any, **__: Any) -> None:
        raise ValueError("topic")

    monkeypatch.setattr(bench.signalling, "publish", publish)
    bench.open()
    assert bench.reason() is SessionReason.REFUSED
    bench.check_over()


# Battery cameras


async def test_sleeping_camera(battery: Bench) -> None:
    """Woken every second for ten, offered to at once, after two seconds and then every five by the same session, given up after forty."""
    battery.open()
    battery.sessions.add_candidate("viewer", HOST)
    begun = battery.clock.now
    await battery.clock.advance(39.9)
    assert [at - begun for at, _, _ in battery.signalling.wakes] == list(range(11))
    assert {(device, key) for _, device, key in battery.signalling.wakes} == {(DEVICE, LOCAL_KEY)}
    offers = battery.signalling.of("offer")
    assert [round(offer.at - begun) for offer in offers] == [0, 2, 7, 12, 17, 22, 27, 32, 37]
    assert len({offer.session_id for offer in offers}) == 1
    assert len({offer.msg["sdp"] for offer in offers}) == 1
    # A camera that slept has missed the candidates too
    assert len(battery.signalling.of("candidate")) == 9
    assert battery.configs.refreshes == 1
    assert battery.told == []
    await battery.clock.advance(0.2)
    assert battery.reason() is SessionReason.ASLEEP
    battery.check_over()
    assert battery.signalling.kinds.count("disconnect") == 1


async def test_camera_wakes_up(battery: Bench) -> None:
    """With its first sign of life the waking ends."""
    battery.open()
    await battery.clock.advance(1.5)
    battery.signalling.say("candidate", candidate=CAMERA_HOST)
    await battery.clock.advance(3)
    assert len(battery.signalling.wakes) == 2
    assert battery.signalling.kinds == ["offer"]
    battery.signalling.say("answer", sdp=ANSWER)
    await battery.clock.advance(100)
    assert [kind for _, kind, _ in battery.told] == ["answer", "candidate"]
    assert battery.cloud_wakes == []


async def test_camera_that_wakes_up_slowly(battery: Bench) -> None:
    """Once it has said something, it is neither offered to again, nor looked for elsewhere, nor woken by the cloud."""
    battery.open()
    await battery.clock.advance(1.5)
    battery.signalling.say("candidate", candidate=CAMERA_HOST)
    await battery.clock.advance(32)
    assert battery.signalling.kinds == ["offer"]
    assert battery.configs.refreshes == 0
    assert battery.cloud_wakes == []
    await battery.clock.advance(7)
    assert battery.reason() is SessionReason.NO_ANSWER


async def test_battery_by_its_configuration(bench: Bench) -> None:
    bench.configs.known = bench.configs.answer = replace(CONFIG, low_power=True)
    bench.open()
    assert len(bench.signalling.wakes) == 1
    await bench.clock.advance(41)
    assert bench.reason() is SessionReason.ASLEEP


async def test_viewer_leaves(battery: Bench) -> None:
    """Nobody watches: nobody wakes."""
    battery.open()
    await battery.clock.advance(2.5)
    battery.sessions.close("viewer")
    await battery.clock.advance(100)
    assert len(battery.signalling.wakes) == 3
    assert battery.signalling.kinds == ["offer", "offer", "disconnect"]
    assert battery.cloud_wakes == []
    battery.check_over()


async def test_cloud_wakes(battery: Bench) -> None:
    """Where wake packets don't help, the cloud is asked once, as it costs."""
    battery.open()
    await battery.clock.advance(7.9)
    assert battery.cloud_wakes == []
    await battery.clock.advance(30)
    assert len(battery.cloud_wakes) == 1


@pytest.mark.parametrize("error", [None, CannotReachCloud("no way")])
async def test_only_the_cloud_can_wake(error: CloudError | None) -> None:
    """Without a local key, or a broker that lets us, the cloud is asked at once."""
    bench = Bench(low_power=True)
    bench.cloud_wake_error = error
    bench.signalling.can_wake = False
    bench.open()
    await bench.clock.advance(0)
    assert bench.cloud_wakes == [1000.0]
    await bench.clock.advance(20)
    bench.signalling.say("answer", sdp=ANSWER)
    assert [kind for _, kind, _ in bench.told] == ["answer"]


async def test_sleeping_camera_has_moved(battery: Bench) -> None:
    """A new server, or a new `auth`, makes a new session; nothing new does not."""
    battery.configs.answer = replace(CONFIG, moto_id="moto_2")
    battery.open()
    await battery.clock.advance(13)
    moved = [offer for offer in battery.signalling.of("offer") if offer.target.moto_id == "moto_2"]
    assert len(moved) == 1
    assert battery.signalling.kinds.count("disconnect") == 1
    battery.signalling.say("answer", sdp=ANSWER)
    assert [kind for _, kind, _ in battery.told] == ["answer"]


async def test_busy_battery_camera(battery: Bench) -> None:
    battery.open()
    await battery.clock.advance(1)
    battery.signalling.say("disconnect", close_reason=12)
    await battery.clock.advance(1.1)
    assert len(battery.signalling.of("offer")) == 2
    battery.signalling.say("answer", sdp=ANSWER)
    await battery.clock.advance(100)
    assert [kind for _, kind, _ in battery.told] == ["answer"]


# Several viewers


async def test_two_viewers(bench: Bench) -> None:
    """Each has a session of its own; the end of one is nothing to the other."""
    bench.open(name="first")
    first_id = bench.signalling.of("offer")[-1].session_id
    second = bench.open(OTHER_OFFER, "second")
    second_id = bench.signalling.of("offer")[-1].session_id
    bench.signalling.say("answer", second_id, sdp=ANSWER)
    bench.signalling.say("answer", first_id, sdp=ANSWER)
    assert [name for name, _, _ in bench.told] == ["second", "first"]
    bench.sessions.close("first")
    bench.signalling.say("candidate", second_id, candidate=CAMERA_HOST)
    assert bench.told[-1] == ("second", "candidate", CAMERA_HOST)
    assert bench.sessions.get("second") is second
    assert "first" not in bench.sessions
    bench.sessions.close_all()
    bench.check_over()


async def test_restart_of_ice(bench: Bench) -> None:
    """The same peer connection offers again without closing: the camera's old place is freed first."""
    old = bench.play()
    new = bench.open(RESTART_OFFER, "restarted")
    assert state_of(old) is SessionState.CLOSED
    assert bench.signalling.kinds == ["offer", "disconnect", "offer"]
    bench.signalling.say("answer", sdp=ANSWER)
    assert [(name, kind) for name, kind, _ in bench.told] == [("viewer", "answer"), ("restarted", "answer")]
    # The player closes both in the end
    bench.sessions.close("viewer")
    assert state_of(new) is SessionState.ANSWERED
    bench.sessions.close("restarted")
    bench.check_over()


async def test_late_candidates_after_a_restart(bench: Bench) -> None:
    """A player names the old session for a moment: the candidate's own name fragment tells where it belongs."""
    old_candidate = HOST
    new_candidate = HOST.replace("Q93I", "kX8u")
    bench.play()
    # Before its offer
    bench.sessions.add_candidate("viewer", new_candidate)
    assert bench.signalling.kinds == ["offer"]
    bench.open(RESTART_OFFER, "restarted")
    assert bench.signalling.kinds == ["offer", "disconnect", "offer", "candidate"]
    # After it, by its text or by what the browser says beside it
    bench.sessions.add_candidate("viewer", RELAY.replace("Q93I", "kX8u"))
    bench.sessions.add_candidate("viewer", RELAY.replace(" ufrag Q93I", " network-id 2"), "kX8u")
    # One of the old generation is of no use any more
    bench.sessions.add_candidate("viewer", old_candidate)
    bench.sessions.add_candidate("restarted", old_candidate)
    last = bench.signalling.of("offer")[-1].session_id
    mine = [message.msg["candidate"] for message in bench.signalling.of("candidate") if message.session_id == last]
    assert len(mine) == len(bench.signalling.of("candidate")) == 3
    assert not any("Q93I" in candidate for candidate in mine)


async def test_candidate_without_fragment(bench: Bench) -> None:
    """Then the session id is what counts."""
    bench.open()
    bench.sessions.add_candidate("viewer", CAMERA_HOST)
    bench.sessions.add_candidate("unknown", CAMERA_RELAY)
    assert [message.msg["candidate"] for message in bench.signalling.of("candidate")] == [f"a={CAMERA_HOST}"]


async def test_early_candidates_of_another_viewer(bench: Bench) -> None:
    """What waits for one viewer's offer is not lost to the offer of another."""
    early = HOST.replace("Q93I", "kX8u")
    bench.sessions.add_candidate("later", early)
    bench.play(OTHER_OFFER, "first")
    assert bench.signalling.of("candidate") == []
    bench.open(RESTART_OFFER, "later")
    assert [message.msg["candidate"] for message in bench.signalling.of("candidate")] == [f"a={early}"]


async def test_browsers_with_the_same_origin(bench: Bench) -> None:
    """Some browsers don't draw the number of their `o=`: the certificate tells that these are two, and both watch."""
    first = bench.play(name="first")
    other_certificate = re.sub(r"(a=fingerprint:sha-256 )..", r"\g<1>00", OTHER_OFFER).replace(
        "1111111111111111111", "4529163812828363188"
    )
    assert other_certificate.splitlines()[1] == CHROMIUM_OFFER.splitlines()[1]
    second = bench.play(other_certificate, "second")
    assert state_of(first) is state_of(second) is SessionState.ANSWERED
    assert bench.signalling.kinds == ["offer", "offer"]


async def test_same_session_id(bench: Bench) -> None:
    """A session id that comes again replaces its session."""
    old = bench.play()
    bench.open(OTHER_OFFER)
    assert state_of(old) is SessionState.CLOSED
    assert len(bench.sessions) == 1
    bench.sessions.close("viewer")
    bench.check_over()


async def test_two_hundred_views(bench: Bench) -> None:
    """Nothing is left of any, and a camera that answers is never waited for."""
    for number in range(200):
        bench.play(name=str(number))
        bench.sessions.close(str(number))
    assert len(bench.signalling.of("offer")) == 200
    assert {message.at for message in bench.signalling.published} == {1000.0}
    assert len(bench.sessions.as_dict()["ended"]) == 20
    bench.check_over()


# The budget


async def test_budget_of_a_camera(bench: Bench) -> None:
    """After six offers without an answer the next ones wait longer and longer; an answer makes all good."""
    for number in range(6):
        bench.open(OTHER_OFFER, str(number))
        bench.sessions.close(str(number))
    session = bench.open()
    assert state_of(session) is SessionState.INIT
    await bench.clock.advance(1.9)
    assert len(bench.signalling.of("offer")) == 6
    await bench.clock.advance(0.2)
    assert len(bench.signalling.of("offer")) == 7
    bench.signalling.say("answer", sdp=ANSWER)
    bench.sessions.close("viewer")
    bench.play()


async def test_budget_used_up(bench: Bench) -> None:
    """A wait that is longer than a viewer's patience is said at once, with what the camera said before."""
    for number in range(12):
        bench.open(OTHER_OFFER, str(number))
        await bench.clock.advance(2)
        bench.sessions.close(str(number))
    bench.told.clear()
    offers = len(bench.signalling.of("offer"))
    bench.sessions.budget.last_reason = SessionReason.NO_ANSWER
    bench.open()
    assert bench.reason() is SessionReason.NO_ANSWER
    assert bench.errors[0].retry_after is not None
    assert bench.errors[0].retry_after > 10
    assert len(bench.signalling.of("offer")) == offers
    bench.check_over()


async def test_connection_lost_while_waiting_for_the_budget(bench: Bench) -> None:
    """Who waits for their turn and then for the connection is told in the end."""
    for number in range(6):
        bench.open(OTHER_OFFER, str(number))
        bench.sessions.close(str(number))
    bench.told.clear()
    bench.open()
    bench.signalling.connect(False)
    await bench.clock.advance(11.9)
    assert bench.told == []
    await bench.clock.advance(0.2)
    assert bench.reason() is SessionReason.NOT_CONNECTED
    bench.check_over()


async def test_waiting_for_the_budget_is_not_a_lost_connection(battery: Bench) -> None:
    """A patient viewer of a battery camera waits for more than the ten seconds that a connection may take."""
    budget = battery.sessions.budget
    while (wait := budget.take(battery.clock.now)) < 11:
        battery.clock.now += wait
    session = battery.open()
    await battery.clock.advance(10.5)
    assert battery.told == []
    await battery.clock.advance(wait)
    assert state_of(session) is SessionState.OFFERED


def test_budget() -> None:
    budget = AttemptBudget()
    now = 0.0
    waits: list[float] = []
    for _ in range(16):
        wait = budget.take(now)
        waits.append(wait)
        now += wait
        if wait:
            assert budget.take(now) == 0.0
    assert waits[:6] == [0.0] * 6
    assert waits[6:] == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0, 120.0, 120.0]
    # Asking while waiting takes nothing
    assert budget.take(now + 20) == 100.0
    assert budget.take(now + 20) == 100.0
    # Four quiet minutes make all attempts free again, and so does an answer
    assert [budget.take(now + 240) for _ in range(6)] == [0.0] * 6
    assert budget.take(now + 240) == 2.0
    budget.give_back()
    assert [budget.take(now + 240) for _ in range(6)] == [0.0] * 6


def test_budget_of_a_minute() -> None:
    """Attempts that are a minute old don't count."""
    budget = AttemptBudget()
    assert [budget.take(11.0 * number) for number in range(50)] == [0.0] * 50


def test_error_texts() -> None:
    """Each reason has words of its own."""
    assert len({str(SessionError(reason)) for reason in SessionReason}) == len(SessionReason)
    assert str(SessionError(SessionReason.BUSY, "x")) == "x"


def test_nothing_secret_is_shown() -> None:
    shown = repr(ViewedCamera(device_id=DEVICE, local_key=LOCAL_KEY)) + repr(CONFIG)
    assert LOCAL_KEY not in shown
    assert CONFIG.auth not in shown
