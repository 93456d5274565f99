"""Envelopes: what is around a message, its encryption and its signature (protocols page, A4).

Three forms: the IoT platform's `{"data", "protocol", "pv", "t", "sign"}`, the same with `"encryptVersion": "v2"` for
AES-GCM, and the Smart Business Platform's `{"encryptPayload", "encryptType", "v", "t", "sign"}` (the seed).
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import md5
import hmac
import json
import re
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..lenient_json import loads_object
from .authentication import payload_key
from .errors import UndecodableMessage
from .times import milliseconds

type Encryption = Literal["aes_ecb", "aes_gcm"]

_BLOCK: Final = 16
_NONCE: Final = 12
_TAG: Final = 16
_PKCS7: Final = [bytes([n]) * n for n in range(_BLOCK + 1)]
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")


class Signature(StrEnum):
    """Whether an envelope's signature is the one that our access secret makes."""

    VALID = "valid"
    WRONG = "wrong"
    ABSENT = "absent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """An opened envelope.

    Attributes:
        body: the decrypted message.
        protocol: its number on the IoT platform; None on the Smart Business Platform.
        time: when the cloud sent it, milliseconds since the epoch; None where it does not say.
        encryption: what it was encrypted with.
        signature: what its signature is worth.
    """

    body: Mapping[str, Any] = field(repr=False)
    protocol: int | None
    time: int | None
    encryption: Encryption
    signature: Signature


class EnvelopeOpener:
    """Opens the envelopes of one project.

    ECB carries no state from block to block, and only whole blocks are given to it: so one context of OpenSSL serves
    all messages, which is ten times as fast as one for each.
    """

    __slots__ = ("_gcm", "_secret", "_update_ecb")

    def __init__(self, access_secret: str) -> None:
        """Prepare both ciphers.

        Raises:
            ValueError: the access secret has not the form of one.
        """
        key = payload_key(access_secret)
        self._secret = access_secret
        self._update_ecb = Cipher(algorithms.AES128(key), modes.ECB()).decryptor().update
        self._gcm = AESGCM(key)

    def open(self, payload: str, properties: Mapping[str, str]) -> Envelope:
        """Return what is in the payload of a frame.

        Args:
            payload: base64 of the envelope's JSON, as the queue delivers it.
            properties: the frame's; `em` names the encryption where it is there.

        Raises:
            UndecodableMessage: it cannot be opened; says at which step.
        """
        try:
            envelope = loads_object(base64.b64decode(payload, validate=True))
        except binascii.Error, UnicodeEncodeError, ValueError:
            raise UndecodableMessage("the payload is not base64 of a JSON object") from None
        # Both sets of keys belong to one class in Tuya's own SDK, which prefers this one
        sealed = envelope.get("encryptPayload") or envelope.get("data")
        if type(sealed) is not str or not sealed:
            raise UndecodableMessage("the envelope holds no ciphertext")
        encryption = _encryption_of(envelope, properties)
        plain = self._decrypt_gcm(sealed) if encryption == "aes_gcm" else self._decrypt_ecb(sealed)
        try:
            body = loads_object(plain)
        except ValueError:
            raise UndecodableMessage("what was decrypted is no JSON object") from None
        protocol = envelope.get("protocol")
        return Envelope(
            body=body,
            protocol=protocol if type(protocol) is int else None,
            time=milliseconds(envelope.get("t")),
            encryption=encryption,
            signature=self._check(envelope),
        )

    def _decrypt_ecb(self, sealed: str) -> bytes:
        # Hexadecimal digits are base64 too; as many of them by chance as fill whole blocks do not happen
        data = _decode(sealed, hexadecimal=len(sealed) % (2 * _BLOCK) == 0)
        if not data or len(data) % _BLOCK:
            raise UndecodableMessage("the ciphertext has no whole number of blocks")
        plain = self._update_ecb(data)
        if not 1 <= (n := plain[-1]) <= _BLOCK or not plain.endswith(_PKCS7[n]):
            raise UndecodableMessage("the decryption failed: the padding is wrong")
        return plain[:-n]

    def _decrypt_gcm(self, sealed: str) -> bytes:
        data = _decode(sealed, hexadecimal=True)
        if len(data) < _NONCE + _TAG:
            raise UndecodableMessage("the ciphertext is too short")
        try:
            return self._gcm.decrypt(data[:_NONCE], data[_NONCE:], None)
        except InvalidTag:
            raise UndecodableMessage("the decryption failed: the tag is wrong") from None

    def _check(self, envelope: Mapping[str, Any]) -> Signature:
        """Say what the signature is worth.

        The rule is documented and no SDK of Tuya's follows it, so a wrong one is told and the message read all the same:
        that it could be decrypted says nearly as much.
        """
        sign = envelope.get("sign")
        if type(sign) is not str or not sign:
            return Signature.ABSENT
        parts = [
            f"{key}={_text(value)}"
            for key, value in sorted(envelope.items())
            if key != "sign" and value not in ("", None)
        ]
        expected = md5("||".join((*parts, self._secret)).encode("utf-8", "replace")).hexdigest()
        return (
            Signature.VALID if hmac.compare_digest(expected.encode(), sign.lower().encode("utf-8", "replace"))
            else Signature.WRONG
        )  # fmt: skip


def open_envelope(payload: str, properties: Mapping[str, str], access_secret: str) -> Envelope:
    """Return what is in the payload of one frame; `EnvelopeOpener` is the same for many.

    Raises:
        UndecodableMessage: it cannot be opened; says at which step.
        ValueError: the access secret has not the form of one.
    """
    return EnvelopeOpener(access_secret).open(payload, properties)


def _encryption_of(envelope: Mapping[str, Any], properties: Mapping[str, str]) -> Encryption:
    """Return how an envelope is encrypted: what the frame says, else its version, else its type, else ECB.

    Raises:
        UndecodableMessage: it names one that nobody knows.
    """
    named = properties.get("em") or (
        "aes_gcm" if envelope.get("encryptVersion") == "v2" else envelope.get("encryptType")
    )
    match named.strip().lower() if isinstance(named, str) else named:
        case None | "" | "aes_ecb":
            return "aes_ecb"
        case "aes_gcm":
            return "aes_gcm"
    raise UndecodableMessage("the envelope names an unknown encryption")


def _decode(sealed: str, *, hexadecimal: bool) -> bytes:
    """Return ciphertext that is base64 or, if that may be, hexadecimal (the seed says the one and shows the other)."""
    if hexadecimal and _HEX.fullmatch(sealed):
        return bytes.fromhex(sealed)
    try:
        return base64.b64decode(sealed, validate=True)
    except binascii.Error, ValueError:
        pass
    try:
        # Line breaks, as some libraries write them
        return base64.b64decode("".join(sealed.split()), validate=True)
    except binascii.Error, ValueError:
        raise UndecodableMessage("the ciphertext is neither base64 nor hexadecimal") from None


def _text(value: Any) -> str:
    """Return a value as it stands in the JSON, a text without its quotes."""
    if type(value) is str:
        return value
    return str(value) if type(value) is int else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
