"""A scripted viewer of a simulated camera: an aiortc peer and an MQTT client, written from the protocol's page.

It shares no line with the simulator nor with the integration: it is what the simulator is checked with.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
import itertools
import json
import re
from typing import Any, override
from unittest.mock import patch

import aiomqtt
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.sdp import candidate_from_sdp
import av

from simulators.ipc_camera import IpcCameraSimulator

from .broker_fixture import Broker

TIMEOUT = 20
_LOST_TIMEOUT = 90
"""A camera that leaves before its own end of the handshake is over says no goodbye: ICE misses it after half a minute."""
VIEWER = "d09735be24f4b7eb3583b30bcaa2d123"


class Account:
    """The application's side of the broker: what it hears on the account's topic, sorted by session."""

    def __init__(self, camera: IpcCameraSimulator, client: aiomqtt.Client) -> None:
        self.camera = camera
        self.heard: list[dict[str, Any]] = []
        self._client = client
        self._changed = asyncio.Event()

    async def listen(self) -> None:
        async for message in self._client.messages:
            envelope = json.loads(message.payload)
            assert envelope["pv"] == "2.2"
            assert set(envelope["data"]["header"]) >= {"type", "from", "to", "sessionid", "moto_id"}
            assert envelope["data"]["header"]["from"] == self.camera.device_id
            assert envelope["data"]["header"]["to"] == VIEWER
            self.heard.append(envelope)
            self._changed.set()

    async def publish(self, topic: str, payload: bytes | str) -> None:
        await self._client.publish(topic, payload, qos=1)

    async def send(self, session_id: str, type_: str, *, protocol: int = 302, **changes: Any) -> None:
        """Send a message; what isn't part of its body can be changed by `header`, and all of it by `envelope`."""
        header = {
            "type": type_,
            "from": VIEWER,
            "to": self.camera.device_id,
            "sub_dev_id": "",
            "sessionid": session_id,
            "moto_id": self.camera.moto_id,
            "tid": "",
            **changes.pop("header", {}),
        }
        envelope = {"protocol": protocol, "pv": "2.2", "t": 1600820048, **changes.pop("envelope", {})}
        body = {"mode": "webrtc", **changes}
        envelope.setdefault("data", {"header": header, "msg": body})
        await self.publish(f"/av/moto/{self.camera.moto_id}/u/{self.camera.device_id}", json.dumps(envelope))

    def of(self, session_id: str, type_: str | None = None) -> list[dict[str, Any]]:
        """Return the bodies of a session's messages, of one type or with it in "type"."""
        messages = [one["data"] for one in self.heard if one["data"]["header"]["sessionid"] == session_id]
        if type_ is None:
            return [{"type": one["header"]["type"], **one["msg"]} for one in messages]
        return [one["msg"] for one in messages if one["header"]["type"] == type_]

    async def wait_for[T](self, condition: Callable[[], T], timeout: float = TIMEOUT) -> T:
        """Wait until a condition over what was heard holds."""
        async with asyncio.timeout(timeout):
            while not (result := condition()):
                self._changed.clear()
                await self._changed.wait()
        return result

    async def expect(self, session_id: str, type_: str, count: int = 1) -> dict[str, Any]:
        """Wait for a session's message of a type, and return its body."""
        messages = await self.wait_for(lambda: found if len(found := self.of(session_id, type_)) >= count else [])
        return messages[count - 1]

    async def settle(self) -> None:
        """Wait until the camera has heard everything that was sent before, and this has what it answered at once.

        A message to a session that nobody has is counted, and nothing else.
        """
        before = self.camera.statistics.unknown_sessions
        await self.send("nobody", "candidate", candidate="")
        await self.camera.wait_for(lambda: self.camera.statistics.unknown_sessions > before)


@asynccontextmanager
async def account(camera: IpcCameraSimulator, port: int) -> AsyncIterator[Account]:
    """Be at the broker."""
    async with aiomqtt.Client("127.0.0.1", port) as client:
        client.pending_calls_threshold = 1000
        await client.subscribe(f"/av/u/{VIEWER}", qos=1)
        application = Account(camera, client)
        task = asyncio.create_task(application.listen())
        try:
            yield application
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class Viewer:
    """One view: an offer, the answer, and what is then to be seen and heard."""

    numbers = itertools.count(1)

    def __init__(self, application: Account, *, talk: MediaStreamTrack | None = None, channel: bool = False) -> None:
        self.application = application
        self.session_id = f"{next(self.numbers):032x}"
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.connection = RTCPeerConnection(configuration)
        self.audio: MediaStreamTrack | None = None
        self.video: MediaStreamTrack | None = None
        self.connection.on("track", self._track)
        if talk is None:
            self.connection.addTransceiver("audio", direction="recvonly")
        else:
            self.connection.addTransceiver(talk, direction="sendrecv")
        self.connection.addTransceiver("video", direction="recvonly")
        self.channel: RTCDataChannel | None = None
        if channel:
            self.channel = self.connection.createDataChannel("fmp4Stream", ordered=True, maxRetransmits=5)
        self.sdp = ""
        self.candidates: list[str] = []

    def _track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self.audio = track
        else:
            self.video = track

    async def prepare(self) -> str:
        """Make the offer, as a camera wants it, and keep its candidates."""
        # aiortc leaves the loopback out by itself.
        with patch("aioice.ice.get_host_addresses", return_value=["127.0.0.1"]):
            await self.connection.setLocalDescription()
        lines = self.connection.localDescription.sdp.splitlines()
        first = lines[: next(index for index, line in enumerate(lines) if line.startswith("m=video"))]
        self.candidates = [line for line in first if line.startswith("a=candidate:")]
        unwanted = re.compile(r"a=(candidate:|end-of-candidates|extmap|fingerprint:sha-(384|512))")
        self.sdp = "".join(f"{line}\r\n" for line in lines if not unwanted.match(line))
        return self.sdp

    async def offer(self, *, stream: int = 1, **changes: Any) -> None:
        """Send the offer."""
        if not self.sdp:
            await self.prepare()
        body = {"sdp": self.sdp, "stream_type": stream, "auth": self.application.camera.auth, **changes}
        await self.application.send(self.session_id, "offer", **body)

    async def send_candidates(self) -> None:
        """Send the candidates and the empty one."""
        for candidate in [*self.candidates, ""]:
            await self.application.send(self.session_id, "candidate", candidate=candidate)

    async def take_answer(self, repair: Callable[[str], str] = str) -> str:
        """Wait for the answer and the end of candidates, and apply them; return the answer as it came."""
        answer = (await self.application.expect(self.session_id, "answer"))["sdp"]
        assert isinstance(answer, str)
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=repair(answer), type="answer"))
        await self.application.wait_for(self._all_candidates)
        for text in self._received_candidates():
            candidate = candidate_from_sdp(text.strip().removeprefix("a=").removeprefix("candidate:"))
            candidate.sdpMid = "0"
            await self.connection.addIceCandidate(candidate)
        return answer

    def _received_candidates(self) -> list[str]:
        return [one["candidate"] for one in self.application.of(self.session_id, "candidate") if one["candidate"]]

    def _all_candidates(self) -> bool:
        return {"mode": "webrtc", "candidate": ""} in self.application.of(self.session_id, "candidate")

    async def connect(self, **offer: Any) -> str:
        """Do all of it and wait for the connection; return the answer."""
        await self.offer(**offer)
        await self.send_candidates()
        answer = await self.take_answer()
        await self.connected()
        return answer

    async def connected(self) -> None:
        await self._state("connected")

    async def _state(self, *states: str, timeout: float = TIMEOUT) -> None:
        changed = asyncio.Event()
        self.connection.on("connectionstatechange", changed.set)
        async with asyncio.timeout(timeout):
            while self.connection.connectionState not in states:
                changed.clear()
                await changed.wait()

    async def lost(self) -> None:
        """Wait until the camera's side is gone."""
        await self._state("closed", "failed", timeout=_LOST_TIMEOUT)

    async def picture(self) -> av.VideoFrame:
        assert self.video is not None
        async with asyncio.timeout(TIMEOUT):
            frame = await self.video.recv()
        assert isinstance(frame, av.VideoFrame)
        return frame

    async def sound(self) -> av.AudioFrame:
        assert self.audio is not None
        async with asyncio.timeout(TIMEOUT):
            frame = await self.audio.recv()
        assert isinstance(frame, av.AudioFrame)
        return frame

    async def say_goodbye(self) -> None:
        """Send a disconnect."""
        await self.application.send(self.session_id, "disconnect")

    async def close(self) -> None:
        await self.connection.close()


@asynccontextmanager
async def viewing(application: Account, **options: Any) -> AsyncIterator[Viewer]:
    """Be a viewer, and be gone in the end, without a word."""
    viewer = Viewer(application, **options)
    try:
        yield viewer
    finally:
        await viewer.close()


class Voice(MediaStreamTrack):
    """Somebody who talks, in PCMU packets of one size, faster than any real voice."""

    kind = "audio"

    def __init__(self, size: int = 160) -> None:
        super().__init__()
        self.size = size
        self.sent = 0

    @override
    async def recv(self) -> av.Packet[Any]:
        await asyncio.sleep(0.005)
        packet: av.Packet[Any] = av.Packet(bytes([0xFF]) * self.size)
        packet.pts = self.sent * self.size
        packet.time_base = Fraction(1, 8000)
        self.sent += 1
        return packet


@dataclass
class Stage:
    """All that a test needs."""

    broker: Broker
    camera: IpcCameraSimulator
    application: Account

    def viewing(self, **options: Any) -> AbstractAsyncContextManager[Viewer]:
        return viewing(self.application, **options)


@asynccontextmanager
async def stage(**options: Any) -> AsyncIterator[Stage]:
    """Run a broker with a camera and an application; the options are the camera's."""
    async with (
        Broker() as broker,
        IpcCameraSimulator(broker.url, **{"clip_seconds": 1.0, **options}) as camera,
        account(camera, broker.port) as application,
    ):
        yield Stage(broker, camera, application)
