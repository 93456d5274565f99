"""Finding out from a gateway's first frame how it speaks.

The gateway speaks first, and its plain text must be JSON with type auth_required: one frame tells framing, encoding
and padding, and whether the device key is right (protocols page, 3).
"""

from typing import Any

from .codec import Encoding, FrameCipher, FrameCodec, Framing, MalformedFrame, padding_of
from .device_key import DeviceKey
from .errors import NotTuyaGateway, WrongDeviceKey

FIRST_FRAME_LIMIT = 4096
"""Bytes; auth_required has some 70. What is longer need not be tried in every way."""


def detect(framing: Framing, payload: bytes, key: DeviceKey) -> tuple[FrameCodec, dict[str, Any]]:
    """Return the codec that opens a first frame, and the message in it.

    Raises:
        WrongDeviceKey: the frame can be ciphertext, but the key does not open it.
        NotTuyaGateway: it can not, or what is in it is no auth_required; the text says what it is instead.
    """
    if len(payload) > FIRST_FRAME_LIMIT:
        raise NotTuyaGateway(f"its first message has {len(payload)} bytes, which is no request to authenticate")
    is_ciphertext = False
    for encoding in Encoding:
        codec = FrameCodec(framing=framing, encoding=encoding, key_form=key.form)
        cipher = FrameCipher(codec, key.data)
        try:
            plain = cipher.decrypt(payload)
            is_ciphertext = True
            message = cipher.decode(payload)
        except MalformedFrame:
            continue
        if message.get("type") != "auth_required":
            raise NotTuyaGateway("its first message decrypts but is no request to authenticate (auth_required)")
        return FrameCodec(framing=framing, encoding=encoding, key_form=key.form, padding=padding_of(plain)), message
    if what := _what_plain_text(payload, is_ciphertext=is_ciphertext):
        raise NotTuyaGateway(what)
    raise WrongDeviceKey("the gateway's first message is encrypted with another key than this device key")


def _what_plain_text(payload: bytes, *, is_ciphertext: bool) -> str | None:
    """Say what a frame that did not decrypt is, None if it may well be ciphertext."""
    if not payload:
        return "its first message is empty"
    text = _printable(payload)
    if text is not None:
        if text.startswith(("{", "[")):
            if '"auth_required"' in text:
                return "it asks to authenticate in plain JSON, without encryption"
            return "it speaks plain JSON, without encryption"
        if text.startswith("<"):
            return "its first message is HTML or XML"
        if not is_ciphertext or " " in text:
            return "its first message is plain text"
    if not is_ciphertext:
        return f"its first message has {len(payload)} bytes, which is no whole number of cipher blocks"
    return None


def _printable(payload: bytes) -> str | None:
    """Return a frame as text if that is what it is; 16 random bytes or more hardly ever are."""
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        return None
    return text if all(character.isprintable() or character.isspace() for character in text) else None
