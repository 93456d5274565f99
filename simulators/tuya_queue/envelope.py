"""How a message's body is put into its payload: encryption, signature and the damage that can be done to them (A4).

The forms: "common" (the IoT platform's, AES-ECB), "gcm" (the same of a project with AES-GCM), "seed" (Smart Business, as its page
describes it), "seed_hex" (the same, in hex digits, as its page's sample looks), "seed_gcm" (no page has it; what a Smart Business
project with AES-GCM would send). Written from the page, without a look at the client; its three vectors are tests of this module.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
import hashlib
import json
import os
from typing import Any, Literal, get_args

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

from .authentication import payload_key

type Form = Literal["common", "gcm", "seed", "seed_hex", "seed_gcm"]
FORMS: tuple[Form, ...] = get_args(Form.__value__)
type Encryption = Literal["aes_ecb", "aes_gcm"]

type Damage = Literal[
    "wrong_signature",  # of something else; the body is as it should be
    "no_signature",  # no "sign" at all
    "wrong_key",  # encrypted by another project's key
    "wrong_mode",  # "em" and what else names the mode say the other one
    "truncated",  # the last bytes of the ciphertext are missing
    "not_base64",  # nor hex
    "no_content",  # neither "data" nor "encryptPayload"
    "plain_not_json",  # decrypts to text that is no JSON
    "plain_not_object",  # decrypts to a list
    "not_json",  # the whole envelope is no JSON
    "not_object",  # the envelope is a list
]
DAMAGES: tuple[Damage, ...] = get_args(Damage.__value__)
HARMLESS: frozenset[Damage] = frozenset({"wrong_signature", "no_signature"})
"""Damage that leaves the body readable."""

NONCE_LENGTH = 12
_BLOCK_BITS = 128
_ANOTHER_KEY = b"another project!"
_GCM_FORMS: frozenset[Form] = frozenset({"gcm", "seed_gcm"})
_SEED_FORMS: frozenset[Form] = frozenset({"seed", "seed_hex", "seed_gcm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An envelope with a body in it."""

    text: str = field(repr=False)
    encryption: Encryption
    """What the message's property "em" says of it."""


def seal(
    body: object,
    access_secret: str,
    *,
    form: Form = "common",
    protocol: int = 4,
    t: int,
    damage: Damage | None = None,
    nonce: bytes | None = None,
) -> Sealed:
    """Return a body in its envelope; `t` in milliseconds, `protocol` for the forms that carry one, `nonce` for AES-GCM.

    Raises BadSecret.
    """
    encryption: Encryption = "aes_gcm" if form in _GCM_FORMS else "aes_ecb"
    key = payload_key(access_secret)
    raw = _encrypt(_plain(body, damage), _ANOTHER_KEY if damage == "wrong_key" else key, encryption, nonce)
    if damage == "truncated":
        raw = raw[:-5]
    content = raw.hex().upper() if form == "seed_hex" else b64encode(raw).decode()
    if damage == "not_base64":
        content = "%" + content
    if damage == "wrong_mode":
        encryption = "aes_ecb" if encryption == "aes_gcm" else "aes_gcm"
    envelope: dict[str, Any]
    if form in _SEED_FORMS:
        envelope = {"encryptType": encryption, "v": "1.0", "t": t, "encryptPayload": content}
    else:
        envelope = {"data": content, "protocol": protocol, "pv": "2.0", "t": t}
        if encryption == "aes_gcm":
            envelope["encryptVersion"] = "v2"
    if damage == "no_content":
        envelope.pop("data", None)
        envelope.pop("encryptPayload", None)
    if damage != "no_signature":
        signed = envelope | {"t": t + 1} if damage == "wrong_signature" else envelope
        envelope["sign"] = sign(signed, access_secret)
    if damage == "not_object":
        return Sealed(text=as_json([envelope]), encryption=encryption)
    text = as_json(envelope)
    return Sealed(text=text[:-1] if damage == "not_json" else text, encryption=encryption)


def sign(envelope: Mapping[str, Any], access_secret: str) -> str:
    """Return the signature: MD5 over all keys but "sign" and empty ones, in order, as k=v, joined by || with the secret last."""
    pairs = [f"{key}={envelope[key]}" for key in sorted(envelope) if key != "sign" and envelope[key] not in ("", None)]
    return hashlib.md5("||".join([*pairs, access_secret]).encode(), usedforsecurity=False).hexdigest()


def as_json(value: object) -> str:
    """Return JSON as the cloud writes it: without spaces, and every character as itself."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _plain(body: object, damage: Damage | None) -> bytes:
    if damage == "plain_not_json":
        return b"this is no JSON"
    return as_json([body] if damage == "plain_not_object" else body).encode()


def _encrypt(plain: bytes, key: bytes, encryption: Encryption, nonce: bytes | None) -> bytes:
    if encryption == "aes_gcm":
        nonce = os.urandom(NONCE_LENGTH) if nonce is None else nonce
        return nonce + AESGCM(key).encrypt(nonce, plain, None)
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(plain) + padder.finalize()
    # ECB is what the platform uses by default.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(padded) + encryptor.finalize()
