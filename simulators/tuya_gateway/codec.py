"""How a frame travels: WebSocket opcode, encoding of the ciphertext, form of the device key.

A model of the documented protocol, not of a real gateway: the page leaves all of this open, so the simulator offers every
combination that a gateway might use.
"""

from base64 import b64decode, b64encode
import binascii
from dataclasses import dataclass
import json
from typing import Any, Literal, get_args

from .crypto import BlockCipher, FrameError, KeyForm, Padding

type Framing = Literal["binary", "text"]
type Encoding = Literal["raw", "base64", "hex"]

FRAMINGS: tuple[Framing, ...] = get_args(Framing.__value__)
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding.__value__)
KEY_FORMS: tuple[KeyForm, ...] = get_args(KeyForm.__value__)
PADDINGS: tuple[Padding, ...] = get_args(Padding.__value__)


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to put an encrypted message into a WebSocket frame.

    `framing` is the opcode, `encoding` what is done with the ciphertext (text frames can't carry it raw), `key_form` how
    the text of the device key becomes 16 bytes, `padding` what fills the last block. Raises ValueError for what can't be.
    """

    framing: Framing = "binary"
    encoding: Encoding = "raw"
    key_form: KeyForm = "ascii"
    padding: Padding = "pkcs7"

    def __post_init__(self) -> None:
        """Refuse what can't be."""
        for name, value, known in (
            ("framing", self.framing, FRAMINGS),
            ("encoding", self.encoding, ENCODINGS),
            ("key_form", self.key_form, KEY_FORMS),
            ("padding", self.padding, PADDINGS),
        ):
            if value not in known:
                message = f"{name} is one of {', '.join(known)}, not {value!r}"
                raise ValueError(message)
        if self.framing == "text" and self.encoding == "raw":
            message = "text frames carry base64 or hex: raw ciphertext is no text"
            raise ValueError(message)

    def encode(self, ciphertext: bytes) -> str | bytes:
        """Return the payload of a frame: str for a text frame, bytes for a binary one."""
        if self.encoding == "raw":
            encoded = ciphertext
        elif self.encoding == "base64":
            encoded = b64encode(ciphertext)
        else:
            encoded = ciphertext.hex().encode()
        return encoded.decode("ascii") if self.framing == "text" else encoded

    def decode(self, payload: str | bytes) -> bytes:
        """Return the ciphertext of a frame's payload; raises FrameError, also for the other opcode."""
        if isinstance(payload, str) != (self.framing == "text"):
            message = f"the frame has the other opcode, not {self.framing}"
            raise FrameError(message)
        try:
            data = payload.encode("ascii") if isinstance(payload, str) else payload
            match self.encoding:
                case "raw":
                    return data
                case "base64":
                    return b64decode(data, validate=True)
                case "hex":
                    return binascii.unhexlify(data)
        except ValueError as err:
            message = f"the frame is not {self.encoding}"
            raise FrameError(message) from err

    def cipher(self, key: bytes) -> BlockCipher:
        """Return the cipher of a key of 16 bytes."""
        return BlockCipher(key, self.padding)

    def seal(self, cipher: BlockCipher, plain: bytes) -> str | bytes:
        """Return the payload that carries `plain`."""
        return self.encode(cipher.encrypt(plain))

    def open(self, cipher: BlockCipher, payload: str | bytes) -> dict[str, Any]:
        """Return the JSON object in a payload; raises FrameError."""
        plain = cipher.decrypt(self.decode(payload))
        try:
            message = json.loads(plain)
        except ValueError as err:
            reason = "what was decrypted is no JSON"
            raise FrameError(reason) from err
        if not isinstance(message, dict):
            reason = "the message is no JSON object"
            raise FrameError(reason)
        return message


def all_codecs() -> list[Codec]:
    """Return every combination with PKCS#7 padding: 5 ways to frame, 3 forms of the key."""
    return [
        Codec(framing, encoding, key_form)
        for framing in FRAMINGS
        for encoding in ENCODINGS
        for key_form in KEY_FORMS
        if (framing, encoding) != ("text", "raw")
    ]


def dump_json(message: object) -> str:
    """Return JSON without spaces, as small machines write it."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)
