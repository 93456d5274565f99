"""A viewer's WebRTC connection on aiortc, and when its first picture was there."""

import asyncio
from collections.abc import Callable
import time
from typing import Any, override
from unittest.mock import patch

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.h264 import h264_depayload
from aiortc.rtp import RtpPacket
from aiortc.sdp import candidate_from_sdp
import av

from simulators.ipc_camera.peer import ice_transports


class Peer:
    """A connection that receives sound and pictures, as a browser's player makes it.

    A browser shows a picture once its last packet is there. aiortc's own receiver waits for the packet after it, a fifteenth
    of a second with our camera, so its packets are put together here. `media_rtt` is the round trip time between this viewer
    and the camera, in seconds; nothing else on loopback takes any.
    """

    def __init__(self, *, media_rtt: float = 0.0) -> None:
        """Be ready to offer."""
        loop = asyncio.get_running_loop()
        self.offer = ""
        self.first_packet: asyncio.Future[float] = loop.create_future()
        """Done with the time (monotonic) at which the first packet of a picture came."""
        self.first_picture: asyncio.Future[float] = loop.create_future()
        """Done with the time (monotonic) at which the first picture was complete and decoded."""
        self._media_rtt = media_rtt
        self._packets: dict[int, list[RtpPacket]] = {}
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))

    async def prepare(self) -> None:
        """Make the offer, with all candidates in it."""
        for kind in ("audio", "video"):
            self._connection.addTransceiver(kind, direction="recvonly")
        # aiortc leaves the loopback out by itself, and all the rest is none of a benchmark's business
        with patch("aioice.ice.get_host_addresses", return_value=["127.0.0.1"]):
            await self._connection.setLocalDescription(await self._connection.createOffer())
        self.offer = self._connection.localDescription.sdp
        for transceiver in self._connection.getTransceivers():
            take = self._take_picture if transceiver.kind == "video" else _take_sound
            transceiver.receiver._handle_rtp_packet = take  # type: ignore[method-assign]  # noqa: SLF001
        if self._media_rtt:
            _slow_down(self._connection, self._media_rtt / 2)

    async def accept(self, answer: str) -> None:
        """Take the camera's answer."""
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def add_candidate(self, candidate: str, mid: str = "0") -> None:
        """Take a candidate of the camera, as browsers write it; after the answer."""
        parsed = candidate_from_sdp(candidate.removeprefix("candidate:"))
        parsed.sdpMid = mid
        await self._connection.addIceCandidate(parsed)

    async def close(self) -> None:
        """Be gone."""
        self.first_packet.cancel()
        self.first_picture.cancel()
        await self._connection.close()

    async def _take_picture(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        now = time.monotonic()
        if not self.first_packet.done():
            self.first_packet.set_result(now)
        if self.first_picture.done():
            return
        packets = self._packets.setdefault(packet.timestamp, [])
        packets.append(packet)
        if packet.marker:
            # On loopback nothing is reordered; a picture whose beginning came too early for us is not decoded, and the next is
            data = b"".join(h264_depayload(one.payload) for one in packets)
            if _is_picture(data):
                self.first_picture.set_result(time.monotonic())
            self._packets.clear()


def _is_picture(data: bytes) -> bool:
    """Tell whether an access unit can be decoded without any before it."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    try:
        # None: give out what is there, don't wait for more
        return bool([*decoder.decode(av.Packet(data)), *decoder.decode(None)])
    except av.FFmpegError:
        return False


async def _take_sound(packet: RtpPacket, arrival_time_ms: int) -> None:
    """Hear nothing."""


def _slow_down(connection: RTCPeerConnection, seconds: float) -> None:
    """Have each packet to and from a connection take so long."""
    for transport in ice_transports(connection):
        for protocol in transport._connection._protocols:  # noqa: SLF001
            protocol.transport = _SlowTransport(protocol.transport, seconds)
            late = _later(protocol.datagram_received, seconds)
            protocol.datagram_received = late  # type: ignore[assignment, method-assign]


def _later(
    received: Callable[[bytes | str, tuple[Any, ...]], None], seconds: float
) -> Callable[[bytes | str, Any], None]:
    """Return what gives packets that come to their receiver a while later."""

    def receive(data: bytes | str, addr: Any) -> None:
        asyncio.get_running_loop().call_later(seconds, received, data, addr)

    return receive


class _SlowTransport(asyncio.DatagramTransport):
    """Sends what it is given a while later."""

    def __init__(self, original: asyncio.DatagramTransport, seconds: float) -> None:
        super().__init__()
        self._original = original
        self._seconds = seconds

    @override
    def sendto(self, data: Any, addr: Any = None) -> None:
        asyncio.get_running_loop().call_later(self._seconds, self._send, data, addr)

    def _send(self, data: Any, addr: Any) -> None:
        if not self._original.is_closing():
            self._original.sendto(data, addr)

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._original.get_extra_info(name, default)

    @override
    def is_closing(self) -> bool:
        return self._original.is_closing()

    @override
    def close(self) -> None:
        self._original.close()

    @override
    def abort(self) -> None:
        self._original.abort()
