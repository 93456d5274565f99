"""The simulated camera itself: what it hears at the broker, whom it serves, what it reports.

A model of what is known of real cameras (tuya_ipc_webrtc.md), which nobody of this project has seen: where the page leaves
something open, such as what a camera does with an offer that it doesn't like (ours is silent), it's our own choice.
"""

import asyncio
import base64
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
import hashlib
import hmac
import json
import ssl
import time
from typing import Any, Self

from ..tuya_gateway.schema import Entry
from . import points
from .events import HEADER, CameraEvent, EventKind, PictureForm, make_event
from .faults import Faults
from .link import BrokerLink
from .media import HD, HEVC, SD, AudioCodec, Clip, StreamFormat, make_clip, make_jpeg
from .ptz import API_DIRECTIONS, Ptz
from .sdp import Offer, RejectedOffer, RejectReason, read_offer
from .session import HD_STREAM, SD_STREAM, Session, checked_candidate
from .signalling import PROTOCOL_CONTROL, PROTOCOL_SESSION, Message, read_message, write_message
from .sleep import Sleeper, SleepState, SleepTimes
from .slots import Slots
from .statistics import Statistics

DEFAULT_DEVICE_ID = "bf5e1ca3c0ffee0001sim"
DEFAULT_MOTO_ID = "moto_sim001"
# Made up.
DEFAULT_LOCAL_KEY = "k9#Vq2zR7mXw4TcB"
DEFAULT_P2P_PASSWORD = "s1mP2pPw"  # noqa: S105

BUSY = 12
CLOSED_BY_CLIENT = 4
TORN_DOWN = 6
"""Values of close_reason."""

_SPEAKER_BIT, _CLARITY_BIT = 4, 5
# What a camera with H265 says of its main stream.
_PROMISED_HEVC = (2560, 1440)
_CODEC_TYPES = {"h264": 2, "h265": 4}
_START_TIMEOUT = 60.0

type Report = dict[str, Any]
type ReportListener = Callable[[IpcCameraSimulator, Mapping[str, Any]], None]


class IpcCameraSimulator:
    """A camera at a broker; `async with` starts and stops it.

    `hevc` says which streams (0 is HD, 1 is SD) are H265 and come over the data channel only. `slots` is how many viewers it
    serves at once, `leak_seconds` how long a slot stays taken by a viewer who went without a disconnect. With `sleep` it's a
    battery camera, asleep at first. `skill` has the flags of skill.webrtc: bit 4 speaker, bit 5 change of clarity.
    `ice_addresses` are those of this machine that media may use; two of them make two candidates. Pictures repeat after
    `clip_seconds`, which cost their encoding at the start.
    """

    def __init__(
        self,
        broker: str,
        *,
        device_id: str = DEFAULT_DEVICE_ID,
        moto_id: str = DEFAULT_MOTO_ID,
        local_key: str = DEFAULT_LOCAL_KEY,
        p2p_password: str = DEFAULT_P2P_PASSWORD,
        sub_dev_id: str = "",
        title: str = "CAMERA",
        slots: int = 2,
        leak_seconds: float = 30.0,
        jam_after: int | None = None,
        hevc: Collection[int] = (),
        audio_codec: AudioCodec = "PCMU",
        skill: int = 115,
        two_way: bool = True,
        sleep: SleepTimes | None = None,
        queue_offers: bool = False,
        clip_seconds: float = 2.0,
        ice_addresses: Sequence[str] = ("127.0.0.1", "127.0.0.2"),
        ca_file: str | None = None,
        tls_context: ssl.SSLContext | None = None,
        faults: Faults | None = None,
    ) -> None:
        """Prepare; nothing is connected yet. Raises link.BadBroker."""
        self.device_id = device_id
        self.moto_id = moto_id
        self.local_key = local_key
        self.sub_dev_id = sub_dev_id
        self.title = title
        self.leak_seconds = leak_seconds
        self.audio_codec: AudioCodec = audio_codec
        self.skill = skill
        self.two_way = two_way
        self.ice_addresses = ice_addresses
        self.faults = faults or Faults()
        self.formats: dict[int, StreamFormat] = {
            HD_STREAM: HEVC if HD_STREAM in hevc else HD,
            SD_STREAM: HEVC if SD_STREAM in hevc else SD,
        }

        self.statistics = Statistics()
        self.slots = Slots(slots, jam_after=jam_after)
        self.ptz = Ptz()
        self.values = points.values(battery=sleep is not None)
        """The data points' raw values by code."""
        self.reports: list[Report] = []
        """What the camera reported by itself or after a command: {"t": ms, "values": {code: raw}}."""
        self.report_listeners: list[ReportListener] = []
        """Called with the camera and the new values after each report."""
        self.events: list[CameraEvent] = []
        self.sessions: dict[str, Session] = {}

        self._p2p_password = p2p_password
        self._clip_seconds = clip_seconds
        self._clips: dict[int, Clip] = {}
        self._sleeper = Sleeper(local_key, sleep, self._sleep_changed) if sleep is not None else None
        self._kept_offer: bytes | None = None
        self._queue_offers = queue_offers
        self._dead: list[Session] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._link = BrokerLink(
            broker,
            client_id=f"ipc_{device_id}",
            received=self._received,
            changed=self._link_changed,
            ca_file=ca_file,
            tls_context=tls_context,
        )

    # Start and stop

    async def start(self) -> None:
        """Encode the pictures and connect; ConnectionError if the broker isn't there or refuses."""
        await self._make_clips()
        await self.power_on()

    async def stop(self) -> None:
        """End everything, without a message to anybody."""
        await self.power_off()
        dead, self._dead = self._dead, []
        await asyncio.gather(*(session.close() for session in dead))

    async def __aenter__(self) -> Self:
        """Start."""
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def power_on(self) -> None:
        """Boot, with all slots free; ConnectionError if the broker isn't there or refuses."""
        self.slots.reset()
        await self._link.set_topics(self._topics)
        self._link.start()
        try:
            await self.wait_for(lambda: self._link.connected, _START_TIMEOUT)
        except TimeoutError:
            await self._link.stop()
            message = f"no connection to the broker: {self._link.trouble}"
            raise ConnectionError(message) from None

    async def power_off(self) -> None:
        """Be gone without a word: media, signalling and slots. The sockets stay till `stop`, so nobody is told by ICMP."""
        for session in self.sessions.values():
            session.die()
        self._dead.extend(self.sessions.values())
        self.sessions.clear()
        self.slots.reset()
        await self._link.stop()
        if self._sleeper is not None:
            self._sleeper.sleep()
        await asyncio.gather(*self._tasks)
        self.notify()

    @property
    def online(self) -> bool:
        """Tell whether it's connected to the broker."""
        return self._link.connected

    @property
    def sleep_state(self) -> SleepState:
        """Return whether it sleeps; a camera without a battery is awake."""
        return "awake" if self._sleeper is None else self._sleeper.state

    @property
    def battery(self) -> bool:
        """Tell whether it's one that sleeps."""
        return self._sleeper is not None

    async def _make_clips(self) -> None:
        title, seconds = self.title, self._clip_seconds
        for stream, form in self.formats.items():
            # H265 takes long to encode, and one second of it shows all there is to show.
            length = min(seconds, 1.0) if form.codec == "h265" else seconds
            self._clips[stream] = await asyncio.to_thread(make_clip, form, title, length)

    # What the cloud knows of it

    @property
    def auth(self) -> str:
        """Return what each offer must carry; it follows from the device's id and keys and never changes."""
        key = f"{self._p2p_password}:{self.local_key}".encode()
        return base64.b64encode(hmac.digest(key, self.device_id.encode(), hashlib.sha256)).decode()

    def webrtc_config(self, ices: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """Return the `result` of webrtc-configs (tuya_ipc_webrtc.md, section 2), with these ICE servers."""
        videos = []
        for stream, stream_type in ((HD_STREAM, 2), (SD_STREAM, 4)):
            form = self.formats[stream]
            width, height = _PROMISED_HEVC if form.codec == "h265" else (form.width, form.height)
            videos.append(
                {
                    "streamType": stream_type,
                    "profileId": "",
                    "width": width,
                    "height": height,
                    "codecType": _CODEC_TYPES[form.codec],
                    "sampleRate": 90000,
                }
            )
        skill = {
            "webrtc": self.skill,
            "lowPower": int(self.battery),
            "audios": [{"channels": 1, "dataBit": 16, "codecType": 101, "sampleRate": 8000}],
            "videos": videos,
        }
        return {
            "audio_attributes": {
                "call_mode": [1, 2] if self.two_way else [1],
                "hardware_capability": [1, 2] if self.two_way else [1],
            },
            "auth": self.auth,
            "id": self.device_id,
            "moto_id": self.moto_id,
            "p2p_config": {"ices": [dict(one) for one in ices]},
            "protocol_version": "2.2",
            "skill": json.dumps(skill, separators=(",", ":")),
            "support_webrtc_record": True,
            "supports_webrtc": True,
            "vedio_clarity": 4,
            "vedio_claritys": [2, 4],
        }

    @property
    def functions(self) -> list[Entry]:
        """Return the data points that can be written, as a specification has them: [{"code", "type", "values"}]."""
        return points.functions()

    @property
    def status(self) -> list[Entry]:
        """Return the data points that are reported, as a specification has them."""
        return points.status(battery=self.battery)

    # Looking

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait until a condition over this camera holds; raises TimeoutError.

        It is looked at again whenever a message came, a session changed, something was reported, and each few pictures.
        """
        async with asyncio.timeout(timeout):
            while not condition():
                await self._changed.wait()

    def notify(self) -> None:
        """Let those look again who wait for something."""
        self._changed.set()
        self._changed = asyncio.Event()

    # What happens to it

    def disconnect(self, session_id: str | None = None, close_reason: int = TORN_DOWN) -> None:
        """End a session, or all, properly: with a message to its viewer. Raises KeyError for one that there isn't."""
        for session in list(self.sessions.values()) if session_id is None else [self.sessions[session_id]]:
            self._send_disconnect(session.viewer, session.id, close_reason)
            self._end(session)

    def silence(self, session_id: str | None = None) -> None:
        """Let a session's media, or all, end without a word; the camera itself goes on. Raises KeyError."""
        for session in self.sessions.values() if session_id is None else [self.sessions[session_id]]:
            session.silence()
        self.notify()

    async def move_to(self, moto_id: str) -> None:
        """Listen on another server's topic from now on, and no more on the one before."""
        self.moto_id = moto_id
        await self._link.set_topics(self._topics)
        self.notify()

    def wake(self) -> None:
        """Wake a battery camera as the cloud can, by a stream allocation or a command."""
        if self._sleeper is not None:
            self._sleeper.wake()

    def fall_asleep(self) -> None:
        """Let a battery camera sleep now, and all its viewers lose it."""
        if self._sleeper is not None:
            self._sleeper.sleep()
            for session in list(self.sessions.values()):
                self._end(session)

    def command(self, values: Mapping[str, Any]) -> None:
        """Do what data points say that the cloud sends, and report them back."""
        self.obey(values)
        self.report(values)

    def obey(self, values: Mapping[str, Any]) -> None:
        """Do what data points say that the cloud sends, for a cloud that tells everybody of them itself."""
        self.wake()
        self.values.update(values)
        for code, value in values.items():
            self.ptz.command(code, value)
        if values.get("basic_private") is True:
            self.disconnect(close_reason=TORN_DOWN)

    def move(self, direction: str) -> None:
        """Do what the API's own PTZ call says: UP, RIGHT_UP, … LEFT_UP, or STOP. Raises KeyError for anything else."""
        self.wake()
        if direction == "STOP":
            self.ptz.stop()
        else:
            self.ptz.move(API_DIRECTIONS[direction])
        self.notify()

    def report(self, values: Mapping[str, Any]) -> None:
        """Change data points and tell all who listen, also without a change."""
        self.values.update(values)
        self.reports.append({"t": int(time.time() * 1000), "values": dict(values)})
        for listener in self.report_listeners:
            listener(self, values)
        self.notify()

    def trigger(self, kind: EventKind, form: PictureForm = "encrypted", *, header: int = HEADER) -> CameraEvent:
        """Let something happen before the lens or at the button: a report with a picture, which the cloud can be asked for.

        It takes some milliseconds of computing.
        """
        event = make_event(
            kind,
            make_jpeg(SD, self.title),
            device_id=self.device_id,
            local_key=self.local_key,
            form=form,
            header=header,
        )
        self.events.append(event)
        self.report({event.code: event.value})
        return event

    def picture(self, path: str) -> bytes | None:
        """Return what the storage has under a path that an event told."""
        return next((event.blob for event in self.events if event.path == path), None)

    # What sessions need

    def clip(self, stream: int) -> Clip:
        """Return what a stream shows."""
        return self._clips[stream]

    def send(self, to: str, session_id: str, protocol: int, type_: str, **body: Any) -> None:
        """Send a message to a viewer; it's lost if there is no broker."""
        payload = write_message(
            protocol,
            type_,
            device_id=self.device_id,
            to=to,
            sub_dev_id=self.sub_dev_id,
            session_id=session_id,
            moto_id=self.moto_id,
            **body,
        )
        if not self._link.publish(f"/av/u/{to}", payload):
            self.statistics.unsent += 1

    def leaked(self, session: Session) -> None:
        """Take a session's slot back, whose viewer never said that it went."""
        if self.sessions.get(session.id) is session:
            self.statistics.slots_leaked += 1
            self._send_disconnect(session.viewer, session.id, TORN_DOWN)
            self._end(session)

    def unreadable(self, session: Session) -> None:
        """Forget a session whose offer turned out to be none."""
        self._reject("unreadable")
        self._end(session)

    # Messages

    @property
    def _topics(self) -> list[str]:
        return [f"/av/moto/{self.moto_id}/u/{self.device_id}", self._wake_topic]

    @property
    def _wake_topic(self) -> str:
        return f"m/w/{self.device_id}"

    async def _received(self, topic: str, payload: bytes) -> None:
        if topic == self._wake_topic:
            self._wake_packet(payload)
        else:
            await self._message(payload)
        self.notify()

    def _wake_packet(self, payload: bytes) -> None:
        if self._sleeper is not None and self._sleeper.receive(payload):
            self.statistics.wakes += 1
        else:
            self.statistics.bad_wakes += 1

    async def _message(self, payload: bytes) -> None:
        if b'"offer"' in payload:
            # Counted even if it can't be read: how large an offer is, is what a test asks for.
            self.statistics.largest_offer = max(self.statistics.largest_offer, len(payload))
        try:
            message = read_message(payload)
            self._check_header(message)
        except RejectedOffer as err:
            self._reject(err.reason)
            return
        if self.sleep_state != "awake":
            if message.type == "offer":
                self.statistics.offers += 1
                self.statistics.offers_while_asleep += 1
                self._kept_offer = payload if self._queue_offers else None
            return
        match message.protocol, message.type:
            case 302, "offer":
                await self._offer(message)
            case 302, "candidate":
                self._candidate(message)
            case 302, "disconnect":
                self._disconnected(message)
            case 312, "resolution":
                self._clarity(message)
            case 312, "speaker":
                self._speaker(message)
            case _:
                self._reject("protocol")

    def _check_header(self, message: Message) -> None:
        if message.to != self.device_id:
            raise RejectedOffer("wrong_to")
        if message.moto_id != self.moto_id:
            raise RejectedOffer("wrong_moto")
        if message.sub_dev_id != self.sub_dev_id:
            raise RejectedOffer("wrong_sub_device")

    def _reject(self, reason: RejectReason) -> None:
        self.statistics.rejected[reason] += 1

    async def _offer(self, message: Message) -> None:
        statistics, faults, body = self.statistics, self.faults, message.body
        statistics.offers += 1
        session = self.sessions.get(message.session_id)
        if session is not None and session.sdp == body.get("sdp") and session.state not in {"vanished", "silent"}:
            statistics.repeated_offers += 1
            session.answer_again()
            return
        try:
            offer = self._read_offer(body)
        except RejectedOffer as err:
            self._reject(err.reason)
            return
        statistics.offers_with_candidates += bool(offer.candidates)
        if faults.silent:
            return
        if faults.ignore_offers:
            faults.ignore_offers -= 1
            return
        if faults.refuse is not None:
            self._send_disconnect(message.sender, message.session_id, faults.refuse)
            return
        if self.values.get("basic_private") is True:
            self._send_disconnect(message.sender, message.session_id, TORN_DOWN)
            return
        if not self.slots.take(message.session_id):
            statistics.busy += 1
            self._send_disconnect(message.sender, message.session_id, BUSY)
            return
        if session is not None:
            # Another offer in the same session: the connection is made anew, in the same slot.
            await session.close()
        statistics.sessions += 1
        # The sub-stream is the documented default; values such as 2 and 4, which some send, mean nothing to a camera.
        stream = HD_STREAM if body.get("stream_type") == HD_STREAM else SD_STREAM
        self.sessions[message.session_id] = Session(
            self, message, offer, stream=stream, use_channel=body.get("datachannel_enable") is True
        )
        self._viewers_changed()

    def _read_offer(self, body: Mapping[str, Any]) -> Offer:
        if body.get("mode") != "webrtc":
            raise RejectedOffer("mode")
        if not hmac.compare_digest(str(body.get("auth", "")).encode(), self.auth.encode()):
            raise RejectedOffer("bad_auth")
        if not isinstance(sdp := body.get("sdp"), str):
            raise RejectedOffer("malformed")
        return read_offer(sdp, audio_codec=self.audio_codec, accept_extmap=self.faults.accept_extmap)

    def _candidate(self, message: Message) -> None:
        statistics = self.statistics
        if (session := self.sessions.get(message.session_id)) is None:
            statistics.unknown_sessions += 1
            return
        statistics.candidates_received += 1
        try:
            candidate = checked_candidate(message.body.get("candidate"))
        except ValueError:
            statistics.bad_candidates += 1
            return
        if candidate is None:
            statistics.last_candidates_received += 1
        else:
            session.add_candidate(candidate)

    def _disconnected(self, message: Message) -> None:
        self.statistics.disconnects_received += 1
        if (session := self.sessions.get(message.session_id)) is None:
            self.statistics.unknown_sessions += 1
            return
        self._end(session)

    def _clarity(self, message: Message) -> None:
        session, value = self.sessions.get(message.session_id), message.body.get("cmdValue")
        if session is None:
            self.statistics.unknown_sessions += 1
        elif self.skill >> _CLARITY_BIT & 1 and value in (HD_STREAM, SD_STREAM):
            self.statistics.clarity_commands.append(value)
            session.stream = value
        else:
            self._reject("protocol")

    def _speaker(self, message: Message) -> None:
        session, value = self.sessions.get(message.session_id), message.body.get("cmdValue")
        if session is None:
            self.statistics.unknown_sessions += 1
        elif self.skill >> _SPEAKER_BIT & 1 and value in (0, 1):
            self.statistics.speaker_commands.append(value)
            session.speaker = value == 1
            if self.faults.speaker_reply:
                self.send(session.viewer, session.id, PROTOCOL_CONTROL, "speaker", resCode=0)
        else:
            self._reject("protocol")

    def _send_disconnect(self, to: str, session_id: str, close_reason: int) -> None:
        self.statistics.disconnects_sent[close_reason] += 1
        self.send(to, session_id, PROTOCOL_SESSION, "disconnect", close_reason=close_reason)

    # Sessions

    def _end(self, session: Session) -> None:
        if self.sessions.get(session.id) is not session:
            return
        # The slot is free at once; closing takes its time and holds nothing up.
        del self.sessions[session.id]
        self.slots.free(session.id)
        self._viewers_changed()
        self._start(session.close())

    def _viewers_changed(self) -> None:
        if self._sleeper is not None:
            self._sleeper.set_busy(bool(self.sessions))
        self.notify()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Sleep and the broker

    def _sleep_changed(self) -> None:
        awake = self.sleep_state == "awake"
        if self.values.get("wireless_awake") is not awake:
            self.report({"wireless_awake": awake})
        if awake and self._kept_offer is not None:
            kept, self._kept_offer = self._kept_offer, None
            self._start(self._message(kept))
        self.notify()

    def _link_changed(self) -> None:
        self.statistics.broker_connections = self._link.connections
        self.notify()
