"""What the simulator needs of an aiortc connection and aiortc has no public way for; all of it is here.

Written for aiortc 1.16.0 and aioice 0.13.0, which requirements_test.txt pins.
"""
# Every line of this module looks inside; that is what it is for.
# ruff: noqa: SLF001

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, override

from aiortc import RTCIceTransport, RTCPeerConnection
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtp import RtpPacket

from .sdp import Transport


def ice_transports(connection: RTCPeerConnection) -> list[RTCIceTransport]:
    """Return the transports in use, without double ones; all is bundled, so there is usually one."""
    found = [one.receiver.transport.transport for one in connection.getTransceivers()]
    if connection.sctp is not None:
        found.append(connection.sctp.transport.transport)
    return list(dict.fromkeys(found))


class Checks:
    """The connectivity checks of a connection, from before it gathers candidates.

    It uses the given addresses of this machine, and no others; by itself aiortc uses all but the loopback.
    """

    def __init__(self, connection: RTCPeerConnection, addresses: Sequence[str]) -> None:
        """Watch and restrict the checks."""
        self._addresses = list(addresses)
        self._tasks: set[asyncio.Task[Any]] = set()
        for transport in ice_transports(connection):
            ice = transport.iceGatherer._connection
            ice.get_component_candidates = partial(self._gather, ice.get_component_candidates)  # type: ignore[method-assign]
            ice.connect = partial(self._connect, ice.connect)  # type: ignore[method-assign]

    async def ended(self) -> None:
        """Wait for what goes on for some milliseconds after the connection has been closed."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _gather(self, original: Callable[..., Awaitable[Any]], component: int, addresses: list[str]) -> Any:
        del addresses
        return await original(component=component, addresses=self._addresses)

    async def _connect(self, original: Callable[[], Awaitable[None]]) -> None:
        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
        await original()


def local_transport(connection: RTCPeerConnection) -> Transport:
    """Return what the other side must know of ours."""
    dtls = connection.getTransceivers()[0].receiver.transport
    parameters = dtls.transport.iceGatherer.getLocalParameters()
    fingerprints = {one.algorithm: one.value for one in dtls.getLocalParameters().fingerprints}
    return Transport(
        ufrag=parameters.usernameFragment or "",
        password=parameters.password or "",
        fingerprint=fingerprints["sha-256"].upper(),
    )


def ssrcs(connection: RTCPeerConnection) -> list[int]:
    """Return the synchronization sources of what is sent, in the order of the media."""
    return [one.sender._ssrc for one in connection.getTransceivers()]


def take_packets(receiver: RTCRtpReceiver, taken: Callable[[int], None]) -> None:
    """Give the payload size of each RTP packet that comes to `taken`, and nothing to the decoder."""

    async def handle(packet: RtpPacket, arrival_time_ms: int) -> None:
        del arrival_time_ms
        taken(len(packet.payload))

    receiver._handle_rtp_packet = handle  # type: ignore[method-assign]


def silence(connection: RTCPeerConnection) -> None:
    """Let nothing in and nothing out any more, as if the power were cut: no DTLS alert, no RTCP BYE, no answer to STUN.

    The sockets stay, so the other side isn't told by its own system that there is nobody.
    """
    for transport in ice_transports(connection):
        for protocol in transport._connection._protocols:
            if not isinstance(protocol.transport, _DeafTransport):
                protocol.transport.set_protocol(_DeafProtocol(protocol))
                protocol.transport = _DeafTransport(protocol.transport)


class _DeafProtocol(asyncio.DatagramProtocol):
    """Hears nothing; the end is passed on, because somebody waits for it."""

    def __init__(self, original: asyncio.DatagramProtocol) -> None:
        self._original = original

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._original.connection_lost(exc)


class _DeafTransport(asyncio.DatagramTransport):
    """Sends nothing."""

    def __init__(self, original: asyncio.DatagramTransport) -> None:
        super().__init__()
        self._original = original

    @override
    def sendto(self, data: Any, addr: Any = None) -> None:
        pass

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
