"""Who is who: nonces, proofs and the session key (specification, "Identity authentication"; protocols page, 2.3-2.6).

    gateway -> us    auth_required  nonce S
    us -> gateway    auth           nonce C, HMAC(nonce S)
    gateway -> us    auth_ok        HMAC(nonce C)

all three encrypted with the device key; from then on with the session key, nonce S xor nonce C.
"""

import base64
from collections import deque
from collections.abc import Mapping
from enum import StrEnum
import hashlib
import hmac
import secrets
from typing import Any

from .device_key import DeviceKey
from .errors import AuthenticationRefused, NotTuyaGateway, WrongProof

NONCE_SIZE = 16
PROOF_SIZE = 32

_OWN_NONCES_KEPT = 64
_own_nonces: deque[bytes] = deque(maxlen=_OWN_NONCES_KEPT)
"""The nonces that we sent last, on whichever connection. Who asks us to sign one of them has not made it up but holds
it against us: our signature is just what the other connection waits for."""


class ProofVariant(StrEnum):
    """What of the peer's nonce is signed. The specification does not say; its words favour the raw bytes."""

    RAW_NONCE = "raw nonce"
    BASE64_NONCE = "base64 nonce"


def make_proof(key: bytes, nonce: bytes, variant: ProofVariant = ProofVariant.RAW_NONCE) -> bytes:
    """Return the 32 bytes with which the holder of the device key signs the other side's nonce.

    One variant holds for a connection and none is tried after another: a wrong key looks the same.
    """
    message = nonce if variant is ProofVariant.RAW_NONCE else base64.b64encode(nonce)
    return hmac.digest(key, message, hashlib.sha256)


def make_session_key(nonce_s: bytes, nonce_c: bytes) -> bytes:
    """Return the 16-byte key of the session, nonce S xor nonce C.

    Raises:
        WrongProof: it is zero, which it is only if one side repeats the other's nonce.
    """
    key = bytes(s ^ c for s, c in zip(nonce_s, nonce_c, strict=True))
    if not any(key):
        raise WrongProof("the session key would be zero")
    return key


class Handshake:
    """Our side of one authentication: `answer` the gateway's auth_required, then `finish` with its auth_ok."""

    def __init__(self, key: DeviceKey, *, variant: ProofVariant = ProofVariant.RAW_NONCE) -> None:
        """Be ready to answer; a handshake serves one connection."""
        self._key = key.data
        self._variant = variant
        self._nonce_c = secrets.token_bytes(NONCE_SIZE)
        self._nonce_s = b""
        self._own_proof = b""

    def answer(self, auth_required: Mapping[str, Any]) -> dict[str, Any]:
        """Return the auth message that answers an auth_required.

        Raises:
            NotTuyaGateway: there is no nonce of 16 bytes.
            WrongProof: the nonce is one of our own, or the session key would be zero.
        """
        nonce = _bytes_at(auth_required, "nonce")
        if nonce is None:
            raise NotTuyaGateway("its request to authenticate has no nonce in base64")
        if len(nonce) != NONCE_SIZE:
            raise NotTuyaGateway(f"its request to authenticate has a nonce of {len(nonce)} bytes instead of 16")
        if nonce in _own_nonces:
            raise WrongProof("it sent our own nonce back to us")
        # Before anything of ours is sent: whether the key will be zero is known now
        make_session_key(nonce, self._nonce_c)
        _own_nonces.append(self._nonce_c)
        self._nonce_s = nonce
        self._own_proof = make_proof(self._key, nonce, self._variant)
        return {
            "type": "auth",
            "data": {
                "nonce": base64.b64encode(self._nonce_c).decode(),
                "hmac": base64.b64encode(self._own_proof).decode(),
            },
        }

    def finish(self, auth_ok: Mapping[str, Any]) -> bytes:
        """Verify an auth_ok and return the session key.

        Raises:
            AuthenticationRefused: it is another message.
            WrongProof: the gateway's proof is wrong, missing, or something of our own.
        """
        # Whatever else the message says: this is how our signature of our own nonce would be got
        if _bytes_at(auth_ok, "nonce") == self._nonce_c:
            raise WrongProof("it sent our own nonce back to us")
        if auth_ok.get("type") != "auth_ok":
            raise AuthenticationRefused("the gateway answered our authentication with something else than auth_ok")
        proof = _bytes_at(auth_ok, "hmac") or b""
        if hmac.compare_digest(proof, self._own_proof):
            raise WrongProof("it sent our own proof back to us")
        if not hmac.compare_digest(proof, make_proof(self._key, self._nonce_c, self._variant)):
            raise WrongProof("its proof that it knows the device key is wrong")
        return make_session_key(self._nonce_s, self._nonce_c)


def _bytes_at(message: Mapping[str, Any], name: str) -> bytes | None:
    """Return the bytes that a message's data holds in base64 under a name, None where it does not."""
    data = message.get("data")
    text = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text.strip(), validate=True)
    except ValueError:
        return None
