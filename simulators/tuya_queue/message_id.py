"""Ids of messages: the serialized MessageIdData of Pulsar in Base64 (tuya_message_queue_and_tuyalink.md, A2).

ledgerId = 1, entryId = 2 and partition = 3 are varints of a protobuf message; an unpartitioned topic's has no partition. To a
client it's opaque, but what it sends back has to be one.
"""

from base64 import b64decode, b64encode
import binascii
from dataclasses import dataclass
from typing import Self

_VARINT = 0
_LEDGER, _ENTRY, _PARTITION = 1, 2, 3
_MOST_BITS = 64


class NotBase64(ValueError):
    """A message id is no Base64."""


class NoMessageId(ValueError):
    """A message id is Base64 of something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageId:
    """Where a message is; `partition` None: in a topic that has none."""

    ledger: int
    entry: int
    partition: int | None = None

    def text(self) -> str:
        """Return it as a client sees it."""
        raw = _field(_LEDGER, self.ledger) + _field(_ENTRY, self.entry)
        if self.partition is not None:
            raw += _field(_PARTITION, self.partition)
        return b64encode(raw).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a client sent. Raises NotBase64 and NoMessageId, which Pulsar's proxy takes differently."""
        try:
            raw = b64decode(text, validate=True)
        except (ValueError, binascii.Error) as err:
            message = "the message id is no Base64"
            raise NotBase64(message) from err
        values: dict[int, int] = {}
        at = 0
        while at < len(raw):
            tag, at = _varint(raw, at)
            if tag & 7 != _VARINT:
                message = "the message id has a field that is no number"
                raise NoMessageId(message)
            values[tag >> 3], at = _varint(raw, at)
        if not {_LEDGER, _ENTRY} <= set(values):
            message = "the message id names no ledger and entry"
            raise NoMessageId(message)
        return cls(ledger=values[_LEDGER], entry=values[_ENTRY], partition=values.get(_PARTITION))


def _field(number: int, value: int) -> bytes:
    return bytes([number << 3 | _VARINT]) + _as_varint(value)


def _as_varint(value: int) -> bytes:
    raw = bytearray()
    while value > 0x7F:
        raw.append(value & 0x7F | 0x80)
        value >>= 7
    raw.append(value)
    return bytes(raw)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(raw) and shift < _MOST_BITS:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
    message = "the message id ends within a number"
    raise NoMessageId(message)
