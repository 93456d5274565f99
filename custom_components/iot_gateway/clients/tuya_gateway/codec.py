"""Frames: JSON, padded, encrypted with AES-128-ECB, encoded, in a WebSocket message.

The specification leaves open whether messages are text or binary, how ciphertext is written in them and how it is
padded (protocols page, 2.7); `FrameCodec` names one choice of each, `FrameCipher` is a codec with a key.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import json
from typing import Any, override

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
import orjson

from .device_key import KeyForm

BLOCK = 16

_PKCS7 = [bytes([n]) * n for n in range(BLOCK + 1)]
_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
# JSON has no NaN; where a gateway writes one all the same, the value is unknown and the frame's others are kept
_loads = json.JSONDecoder(parse_constant=lambda _name: None).decode


class MalformedFrame(ValueError):
    """A frame that decodes to no JSON object; str() is the reason and holds nothing of the frame."""


class Framing(StrEnum):
    """The opcode of the WebSocket messages."""

    BINARY = "binary"
    TEXT = "text"


class Encoding(StrEnum):
    """How ciphertext is written in a message. Raw bytes in a text message break RFC 6455 and are understood."""

    RAW = "raw"
    BASE64 = "base64"
    HEX = "hex"

    def write(self, data: bytes) -> bytes:
        """Write ciphertext."""
        match self:
            case Encoding.RAW:
                return data
            case Encoding.BASE64:
                return base64.b64encode(data)
            case Encoding.HEX:
                return binascii.b2a_hex(data)

    def read(self, payload: bytes) -> bytes:
        """Read ciphertext; line breaks in base64 and hex, as some libraries write them, are passed over.

        Raises:
            ValueError: the payload is not in this encoding.
        """
        if self is Encoding.RAW:
            return payload
        try:
            return self._read_text(payload)
        except binascii.Error:
            if len(bare := b"".join(payload.split())) == len(payload):
                raise
            return self._read_text(bare)

    def _read_text(self, payload: bytes) -> bytes:
        if self is Encoding.BASE64:
            return binascii.a2b_base64(payload, strict_mode=True)
        return binascii.a2b_hex(payload)


class Padding(StrEnum):
    """How a message is filled up to whole blocks."""

    PKCS7 = "pkcs7"
    ZEROS = "zeros"


@dataclass(frozen=True, kw_only=True)
class FrameCodec:
    """How a gateway frames, writes and pads messages, and which form its key has. str() is fit for diagnostics."""

    framing: Framing
    encoding: Encoding
    key_form: KeyForm
    padding: Padding = Padding.PKCS7

    @override
    def __str__(self) -> str:
        """Return the codec in words."""
        padding = ", padded with zeros" if self.padding is Padding.ZEROS else ""
        return f"{self.framing} frames, {self.encoding}{padding}, key as {self.key_form.description}"


class FrameCipher:
    """Encodes and decodes messages with one codec and one 16-byte key.

    ECB carries no state from block to block, and only whole blocks are given to it: so one context of OpenSSL serves
    all frames, which is ten times as fast as one for each.
    """

    __slots__ = ("_codec", "_decrypt", "_encrypt", "_read")

    def __init__(self, codec: FrameCodec, key: bytes) -> None:
        """Prepare both directions."""
        cipher = Cipher(algorithms.AES128(key), modes.ECB())
        self._encrypt = cipher.encryptor().update
        self._decrypt = cipher.decryptor().update
        self._codec = codec
        self._read = None if codec.encoding is Encoding.RAW else codec.encoding.read

    def encode(self, message: Mapping[str, Any]) -> bytes:
        """Return the payload of the WebSocket message that carries `message`.

        Raises:
            TypeError, ValueError: it holds what JSON cannot say.
        """
        plain = _dumps(message).encode()
        if self._codec.padding is Padding.PKCS7:
            plain += _PKCS7[BLOCK - len(plain) % BLOCK]
        else:
            plain += bytes(-len(plain) % BLOCK)
        return self._codec.encoding.write(self._encrypt(plain))

    def decode(self, payload: bytes) -> dict[str, Any]:
        """Return the JSON object in the payload of a WebSocket message.

        Raises:
            MalformedFrame: there is none.
        """
        plain = strip_padding(self.decrypt(payload))
        try:
            message = orjson.loads(plain)
        except ValueError:
            message = _loads_leniently(plain)
        if type(message) is not dict:
            raise MalformedFrame("it decrypts to JSON that is no object")
        return message

    def decrypt(self, payload: bytes) -> bytes:
        """Return the padded plain bytes of the payload of a WebSocket message.

        Raises:
            MalformedFrame: it is no ciphertext in this codec's encoding.
        """
        if self._read is not None:
            try:
                payload = self._read(payload)
            except ValueError:
                raise MalformedFrame(f"it is not {self._codec.encoding}") from None
        if not payload or len(payload) % BLOCK:
            raise MalformedFrame("it has no whole number of cipher blocks")
        return self._decrypt(payload)


def _loads_leniently(plain: bytes) -> Any:
    """Parse what a strict parser does not take: NaN and Infinity, and integers of more than 64 bits.

    Raises:
        MalformedFrame: it is no JSON even so.
    """
    try:
        return _loads(plain.decode())
    except ValueError, RecursionError:
        # The exceptions of json hold the whole document
        raise MalformedFrame("it does not decrypt to JSON") from None


def strip_padding(plain: bytes) -> bytes:
    """Return decrypted bytes without PKCS#7, then without trailing zeros (some C code pads its string's end too)."""
    if 1 <= (n := plain[-1]) <= BLOCK and plain.endswith(_PKCS7[n]):
        plain = plain[:-n]
    return plain.rstrip(b"\0")


def padding_of(plain: bytes) -> Padding:
    """Return how decrypted bytes are padded."""
    return Padding.PKCS7 if 1 <= (n := plain[-1]) <= BLOCK and plain.endswith(_PKCS7[n]) else Padding.ZEROS
