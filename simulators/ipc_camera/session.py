"""One viewer's session: its negotiation, its media, its end."""

import asyncio
from collections.abc import Callable, Sequence
import contextlib
import logging
from typing import Any, Literal, Protocol

from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from aiortc.sdp import candidate_from_sdp, candidate_to_sdp

from . import peer
from .datachannel import LABEL, PictureChannel
from .faults import Faults
from .media import Clip, ClipTrack, ToneTrack, make_tone
from .quirks import answer_text
from .sdp import Offer, RejectedOffer, build_answer
from .signalling import PROTOCOL_SESSION, Message, read_candidate, write_candidate
from .statistics import Statistics

_LOGGER = logging.getLogger(__name__)

HD_STREAM = 0
SD_STREAM = 1
LONGEST_HEARD = 319
"""Bytes of a packet of talk that a camera still plays (tuya_ipc_webrtc.md, 5.3: 320 and more don't work)."""

type SessionState = Literal["negotiating", "answered", "connected", "vanished", "silent", "closed"]


class SessionHost(Protocol):
    """What a session needs of its camera."""

    faults: Faults
    statistics: Statistics
    ice_addresses: Sequence[str]
    leak_seconds: float

    def clip(self, stream: int) -> Clip:
        """Return what a stream shows."""

    def send(self, to: str, session_id: str, protocol: int, type_: str, **body: Any) -> None:
        """Send a message to a viewer."""

    def leaked(self, session: Session) -> None:
        """Take a session's slot back, whose viewer never said that it went."""

    def unreadable(self, session: Session) -> None:
        """Forget a session whose offer turned out to be none."""

    def notify(self) -> None:
        """Let those look again who wait for something."""


class Session:
    """A viewer, from its offer to its end."""

    def __init__(self, host: SessionHost, message: Message, offer: Offer, *, stream: int, use_channel: bool) -> None:
        """Serve an offer with a stream; `use_channel` lets pictures of H265 go over the data channel."""
        self.id = message.session_id
        self.viewer = message.sender
        self.offer = offer
        self.sdp = message.body.get("sdp")
        """The offer as it came, to tell a repeated one from a new one."""
        self.stream = stream
        self.speaker = True
        self.state: SessionState = "negotiating"
        self._host = host
        self._use_channel = use_channel
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.on("connectionstatechange", self._connection_changed)
        self._connection.on("datachannel", self._channel_opened)
        self._checks: peer.Checks | None = None
        self._channels: list[PictureChannel] = []
        self._messages: list[tuple[str, dict[str, Any]]] = []
        """What answers the offer, in the order in which it is sent."""
        self._incoming: asyncio.Queue[str] = asyncio.Queue()
        # Not cancelled: aiortc, interrupted while it opens sockets, forgets those that it has.
        self._preparation = asyncio.create_task(self._prepare())
        self._task = asyncio.create_task(self._run())
        self._leak: asyncio.TimerHandle | None = None
        self._expect_leak()

    @property
    def talk(self) -> bool:
        """Tell whether the viewer wants to be heard."""
        return self.offer.talk

    def as_json(self) -> dict[str, Any]:
        """Return what a test may want to know."""
        return {
            "id": self.id,
            "state": self.state,
            "stream": self.stream,
            "talk": self.talk,
            "speaker": self.speaker,
            "data_channels": len(self._channels),
        }

    def add_candidate(self, candidate: str) -> None:
        """Take a candidate of the viewer ("candidate:…"), after those before."""
        self._incoming.put_nowait(candidate)

    def answer_again(self) -> None:
        """Send once more what answered the offer; does nothing before."""
        for type_, body in self._messages:
            self._send(type_, **body)

    def silence(self) -> None:
        """Fall silent, without a word to the viewer; the slot stays taken until it says that it goes, or leaks."""
        self.die()
        self._expect_leak()

    def die(self) -> None:
        """Fall silent for good, with the camera and its slots; to be closed all the same, some time."""
        self.state = "silent"
        self._cancel_leak()
        self._task.cancel()
        peer.silence(self._connection)

    async def close(self) -> None:
        """End it, without a message; the connection closes as any peer's does."""
        self.state = "closed"
        self._cancel_leak()
        self._task.cancel()
        await asyncio.gather(self._task, self._preparation, return_exceptions=True)
        for channel in self._channels:
            await channel.stop()
        await self._connection.close()
        if self._checks is not None:
            await self._checks.ended()

    # Negotiation

    async def _run(self) -> None:
        try:
            await asyncio.shield(self._preparation)
        except RejectedOffer, InvalidAccessError, InvalidStateError, OperationError, ValueError, AssertionError:
            # What aiortc can't read, a camera can't either.
            _LOGGER.debug("An offer can't be applied", exc_info=True)
            self._host.unreadable(self)
            return
        await self._answer()
        while True:
            await self._add(await self._incoming.get())

    async def _prepare(self) -> None:
        connection, host = self._connection, self._host
        await connection.setRemoteDescription(RTCSessionDescription(sdp=self.offer.sdp, type="offer"))
        self._checks = peer.Checks(connection, host.ice_addresses)
        for transceiver in connection.getTransceivers():
            if transceiver.kind == "video":
                transceiver.sender.replaceTrack(ClipTrack(self._rtp_clip, self._picture_sent))
                transceiver.direction = "sendonly"
            else:
                transceiver.sender.replaceTrack(ToneTrack(make_tone(self.offer.audio_codec)))
                transceiver.direction = "sendrecv" if self.talk else "sendonly"
                peer.take_packets(transceiver.receiver, self._talk_received)
        for candidate in self.offer.candidates:
            await self._add(candidate)
        await connection.setLocalDescription()
        self._messages = self._describe()

    async def _answer(self) -> None:
        host = self._host
        await asyncio.sleep(host.faults.answer_delay)
        if host.faults.stray_messages:
            self._send_stray()
        for _ in range(2 if host.faults.answer_twice else 1):
            for type_, body in self._messages:
                if type_ == "candidate":
                    await asyncio.sleep(host.faults.candidate_delay)
                self._send(type_, **body)
        if self.state == "negotiating":
            self.state = "answered"
        host.notify()

    def _describe(self) -> list[tuple[str, dict[str, Any]]]:
        faults, connection = self._host.faults, self._connection
        answer = build_answer(self.offer, peer.local_transport(connection), peer.ssrcs(connection))
        text = answer_text(answer, faults.quirks, self.offer.sections[1].payload_types)
        candidates = [
            ("candidate", {"candidate": write_candidate(f"candidate:{candidate_to_sdp(one)}", faults.candidate_form)})
            for transport in peer.ice_transports(connection)
            for one in transport.iceGatherer.getLocalCandidates()
        ]
        early = faults.candidates_before_answer
        messages: list[tuple[str, dict[str, Any]]] = [
            *candidates[:early],
            ("answer", {"sdp": text}),
            *candidates[early:],
        ]
        if not faults.no_last_candidate:
            messages.append(("candidate", {"candidate": ""}))
        return messages

    def _send(self, type_: str, **body: Any) -> None:
        if type_ == "answer":
            self._host.statistics.answers += 1
        elif type_ == "candidate":
            self._host.statistics.candidates_sent += 1
        self._host.send(self.viewer, self.id, PROTOCOL_SESSION, type_, **body)

    def _send_stray(self) -> None:
        # The topic is the account's: other programs' sessions are on it as well.
        stranger = self.id[::-1] + "x"
        for type_, body in (
            ("answer", {"sdp": "v=0\r\n"}),
            ("candidate", {"candidate": "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n"}),
            ("disconnect", {"close_reason": 4}),
        ):
            self._host.send(self.viewer, stranger, PROTOCOL_SESSION, type_, **body)

    async def _add(self, candidate: str) -> None:
        parsed = candidate_from_sdp(candidate.removeprefix("candidate:"))
        if parsed.ip.endswith(".local"):
            self._host.statistics.hidden_candidates += 1
            return
        parsed.sdpMid = self.offer.sections[0].mid
        # The end of candidates is never told to aiortc: it would give up at once where only the viewer's checks will tell
        # its address, as with hidden candidates.
        with contextlib.suppress(ValueError, OSError):
            await self._connection.addIceCandidate(parsed)

    # Media

    def _current_clip(self) -> Clip | None:
        return None if self.state in {"silent", "closed"} else self._host.clip(self.stream)

    def _rtp_clip(self) -> Clip | None:
        clip = self._current_clip()
        return clip if clip is not None and clip.codec == "h264" else None

    def _channel_clip(self) -> Clip | None:
        clip = self._current_clip()
        return clip if clip is not None and clip.codec == "h265" and self._use_channel else None

    def _picture_sent(self) -> None:
        self._host.statistics.pictures_sent += 1
        if self._host.statistics.pictures_sent % 5 == 1:
            self._host.notify()

    def _talk_received(self, size: int) -> None:
        statistics = self._host.statistics
        statistics.talk_packets += 1
        statistics.talk_sizes[size] += 1
        if size > LONGEST_HEARD:
            statistics.talk_unheard += 1
        self._host.notify()

    def _channel_opened(self, channel: RTCDataChannel) -> None:
        if channel.label != LABEL:
            return
        codec = self.offer.audio_codec
        sent: Callable[[], None] = self._picture_sent
        self._channels.append(
            PictureChannel(channel, clip=self._channel_clip, tone=make_tone(codec), audio_codec=codec, sent=sent)
        )

    # The end of the connection

    def _connection_changed(self) -> None:
        match self._connection.connectionState:
            case "connected" if self.state in {"negotiating", "answered"}:
                self.state = "connected"
                self._host.statistics.connected += 1
                self._cancel_leak()
            case "failed" | "closed" if self.state not in {"closed", "silent", "vanished"}:
                # The viewer has gone, and the camera waits for a disconnect that may never come.
                self.state = "vanished"
                self._cancel_leak()
                self._expect_leak()
        self._host.notify()

    def _expect_leak(self) -> None:
        loop = asyncio.get_running_loop()
        self._leak = loop.call_later(self._host.leak_seconds, self._host.leaked, self)

    def _cancel_leak(self) -> None:
        if self._leak is not None:
            self._leak.cancel()
            self._leak = None


def checked_candidate(value: object) -> str | None:
    """Return a viewer's candidate ("candidate:…"), None for the last, empty one; raises ValueError for what isn't one."""
    candidate = read_candidate(value)
    if candidate is not None:
        try:
            candidate_from_sdp(candidate.removeprefix("candidate:"))
        except AssertionError as err:
            message = "no candidate"
            raise ValueError(message) from err
    return candidate
