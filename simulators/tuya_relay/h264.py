"""H.264 in packets of RTP (RFC 3550, section 5.1; RFC 6184 with packetization-mode 1), and what SDP says of it."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
import re
import secrets
import struct

PAYLOAD_TYPE = 96
CLOCK = 90_000
_MOST_PAYLOAD = 1400
_VERSION = 0x80
_MARKER = 0x80
_FU_A = 28
_FU_START = 0x80
_FU_END = 0x40
_SPS = 7
_PPS = 8
_START_CODE = re.compile(rb"\x00{2,}\x01")


def units(picture: bytes) -> list[bytes]:
    """Return the NAL units of an Annex B byte stream."""
    return [unit for unit in _START_CODE.split(picture) if unit]


def parameters(picture: bytes) -> str:
    """Return SDP's format parameters (RFC 6184, section 8.1) for pictures like this one, which has its parameter sets."""
    sets = [unit for unit in units(picture) if unit[0] & 0x1F in (_SPS, _PPS)]
    sprop = ",".join(b64encode(unit).decode() for unit in sets)
    profile = next(unit for unit in sets if unit[0] & 0x1F == _SPS)[1:4].hex().upper()
    return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sprop}"


def payloads(picture: bytes) -> Iterator[bytes]:
    """Cut a picture's NAL units into payloads: whole (section 5.6) or in fragments (FU-A, section 5.8)."""
    for unit in units(picture):
        if len(unit) <= _MOST_PAYLOAD:
            yield unit
            continue
        indicator, kind, content = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F, unit[1:]
        step = _MOST_PAYLOAD - 2
        for at in range(0, len(content), step):
            edge = (_FU_START if at == 0 else 0) | (_FU_END if at + step >= len(content) else 0)
            yield bytes([indicator, edge | kind]) + content[at : at + step]


class Packets:
    """Makes the packets of one stream: numbers and times begin anywhere, as RFC 3550 wants it."""

    def __init__(self) -> None:
        """Begin a stream."""
        self.source = secrets.randbits(32)
        self.number = secrets.randbits(16)
        """Of the next packet."""
        self.start = secrets.randbits(32)
        """The time of the first picture."""

    def of(self, picture: bytes, ticks: int) -> Sequence[bytes]:
        """Return the packets of a picture, `ticks` of the clock after the first."""
        packets = []
        parts = list(payloads(picture))
        for index, payload in enumerate(parts, 1):
            marker = _MARKER if index == len(parts) else 0
            time = (self.start + ticks) & 0xFFFFFFFF
            header = struct.pack("!BBHII", _VERSION, marker | PAYLOAD_TYPE, self.number, time, self.source)
            packets.append(header + payload)
            self.number = (self.number + 1) & 0xFFFF
        return packets
