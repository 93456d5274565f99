"""Pictures over a data channel, as a camera with H265 sends them (tuya_ipc_webrtc.md, section 6, "HEVC").

The viewer opens a channel called "fmp4Stream" and asks in four steps, as JSON text with "type" and "msg": codec, start, and
after our "recv" with the numbers of the streams, complete. Then RTP packets come as binary messages, told apart by their
SSRC. What "codec" is answered with, is not documented; ours is our own.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
import json
import struct
from typing import Any

from aiortc import RTCDataChannel

from simulators.pace import Pace

from .media import AUDIO_CLOCK, FRAMES_PER_SECOND, TONE_PACKET, VIDEO_CLOCK, AudioCodec, Clip

LABEL = "fmp4Stream"
VIDEO_SSRC = 0x1D0C0001
AUDIO_SSRC = 0x1D0C0002
VIDEO_PAYLOAD_TYPE = 96
_AUDIO_PAYLOAD_TYPES: dict[AudioCodec, int] = {"PCMU": 0, "PCMA": 8}
_LONGEST_PACKET = 1100
_MOST_BUFFERED = 1 << 20
_FRAGMENTATION_UNIT = 49


class PictureChannel:
    """Serves one data channel."""

    def __init__(
        self,
        channel: RTCDataChannel,
        *,
        clip: Callable[[], Clip | None],
        tone: Sequence[bytes],
        audio_codec: AudioCodec,
        sent: Callable[[], None],
    ) -> None:
        """Answer what comes over the channel; `clip` tells what to send, `sent` is called for each picture."""
        self._channel = channel
        self._clip = clip
        self._tone = tone
        self._audio_codec = audio_codec
        self._sent = sent
        self._started = False
        self._tasks: list[asyncio.Task[None]] = []
        channel.on("message", self._message)

    async def stop(self) -> None:
        """Send nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _message(self, message: str | bytes) -> None:
        try:
            kind = json.loads(message)["type"]
        except ValueError, KeyError, TypeError:
            return
        match kind:
            case "codec":
                self._reply("codec", {"video": {"codec": "h265"}, "audio": {"codec": self._audio_codec}})
            case "start":
                self._started = True
                self._reply("recv", {"video": {"ssrc": VIDEO_SSRC}, "audio": {"ssrc": AUDIO_SSRC}})
            case "complete" if self._started and not self._tasks:
                self._tasks = [asyncio.create_task(self._pictures()), asyncio.create_task(self._sound())]

    def _reply(self, kind: str, content: dict[str, Any]) -> None:
        self._channel.send(json.dumps({"type": kind, "msg": json.dumps(content)}))

    async def _pictures(self) -> None:
        pace, sequence = Pace(FRAMES_PER_SECOND), 0
        while self._channel.readyState == "open":
            number = await pace.tick()
            # A viewer that doesn't keep up misses pictures.
            if (clip := self._clip()) is None or self._channel.bufferedAmount > _MOST_BUFFERED:
                continue
            payloads = list(hevc_payloads(clip.pictures[number % len(clip.pictures)]))
            stamp = number * VIDEO_CLOCK // FRAMES_PER_SECOND
            for index, payload in enumerate(payloads):
                last = index == len(payloads) - 1
                self._send(rtp_packet(VIDEO_PAYLOAD_TYPE, sequence, stamp, VIDEO_SSRC, payload, marker=last))
                sequence += 1
            self._sent()

    async def _sound(self) -> None:
        pace, payload_type = Pace(AUDIO_CLOCK / TONE_PACKET), _AUDIO_PAYLOAD_TYPES[self._audio_codec]
        while self._channel.readyState == "open":
            number = await pace.tick()
            payload = self._tone[number % len(self._tone)]
            self._send(rtp_packet(payload_type, number, number * TONE_PACKET, AUDIO_SSRC, payload))

    def _send(self, packet: bytes) -> None:
        if self._channel.readyState == "open":
            self._channel.send(packet)


def rtp_packet(
    payload_type: int, sequence: int, stamp: int, ssrc: int, payload: bytes, *, marker: bool = False
) -> bytes:
    """Return an RTP packet without extensions (RFC 3550)."""
    second = payload_type | (0x80 if marker else 0)
    return struct.pack(">BBHII", 0x80, second, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc) + payload


def hevc_payloads(picture: bytes) -> Iterator[bytes]:
    """Cut an access unit in Annex B form into RTP payloads (RFC 7798): single NAL units, and fragments of long ones."""
    for unit in filter(None, (part.rstrip(b"\0") for part in picture.split(b"\0\0\1"))):
        if len(unit) <= _LONGEST_PACKET:
            yield unit
            continue
        kind = unit[0] >> 1 & 0x3F
        header = bytes([unit[0] & 0x81 | _FRAGMENTATION_UNIT << 1, unit[1]])
        for start in range(2, len(unit), _LONGEST_PACKET):
            piece = unit[start : start + _LONGEST_PACKET]
            first, last = start == 2, start + _LONGEST_PACKET >= len(unit)
            yield header + bytes([kind | (0x80 if first else 0) | (0x40 if last else 0)]) + piece
