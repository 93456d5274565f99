"""What the protocol calculates: AES-128-ECB with padding, the proof over a nonce, the session key.

A model of the documented protocol, not of a real gateway. The page says "AES-128-ECB" and "HMAC with SHA-256"; that the
padding is PKCS#7, that the proof signs the peer's raw 16 bytes with the device key, and that nothing more is done to the XOR
of the two nonces, is the likeliest reading of it (docs: "Connect gateway to third-party system", Authentication).
"""

from base64 import b64decode
import binascii
import hashlib
import hmac
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

BLOCK = 16
NONCE_LENGTH = 16
PROOF_LENGTH = 32

type KeyForm = Literal["ascii", "hex", "base64"]
type Padding = Literal["pkcs7", "zero"]


class FrameError(ValueError):
    """A frame is not what the codec and the key say it should be; the text says why and never holds the frame."""


def parse_device_key(text: str, form: KeyForm) -> bytes:
    """Return the 16 bytes of a device key.

    `text` is what the app's panel would show: 16 ASCII characters, 32 hex digits, or the base64 of 16 bytes.
    Raises ValueError (without the key in it) where the text isn't a key of that form.
    """
    try:
        if form == "ascii":
            key = text.encode("ascii")
        elif form == "hex":
            key = bytes.fromhex(text) if len(text) == 2 * BLOCK else b""
        else:
            key = b64decode(text, validate=True)
    except ValueError:
        key = b""  # the error of decoding might quote the key
    if len(key) != BLOCK:
        wanted = {"ascii": "16 ASCII characters", "hex": "32 hex digits", "base64": "the base64 of 16 bytes"}[form]
        message = f"a device key of the form {form} is {wanted}"
        raise ValueError(message)
    return key


def prove(device_key: bytes, nonce: bytes) -> bytes:
    """Return the 32 bytes that prove, to the peer that made `nonce`, that one knows the device key."""
    return hmac.digest(device_key, nonce, hashlib.sha256)


def same_proof(one: bytes, other: bytes) -> bool:
    """Compare two proofs in constant time."""
    return hmac.compare_digest(one, other)


def combine(nonce_s: bytes, nonce_c: bytes) -> bytes:
    """Return the session key: the gateway's nonce xor the application's, 16 bytes each."""
    return bytes(s ^ c for s, c in zip(nonce_s, nonce_c, strict=True))


def decode_base64(value: object, length: int) -> bytes | None:
    """Return `length` bytes from base64 text, or None if it isn't that."""
    if not isinstance(value, str):
        return None
    try:
        raw = b64decode(value, validate=True)
    except binascii.Error, ValueError:
        return None
    return raw if len(raw) == length else None


class BlockCipher:
    """AES-128-ECB under one key.

    ECB carries nothing from one block to the next, so one pair of contexts serves for all frames of a link: making a
    new one for each would cost more than the encryption itself.
    """

    def __init__(self, key: bytes, padding: Padding = "pkcs7") -> None:
        """Prepare for a key of 16 bytes."""
        # The protocol's own choice of mode, weak as it is.
        cipher = Cipher(AES(key), ECB())
        self._encryptor = cipher.encryptor()
        self._decryptor = cipher.decryptor()
        self._padding = padding

    def encrypt(self, plain: bytes) -> bytes:
        """Pad and encrypt."""
        if self._padding == "pkcs7":
            missing = BLOCK - len(plain) % BLOCK
            return self._encryptor.update(plain + bytes((missing,)) * missing)
        return self._encryptor.update(plain + bytes(-len(plain) % BLOCK))

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Decrypt and take the padding off; raises FrameError."""
        if not ciphertext or len(ciphertext) % BLOCK:
            message = "the ciphertext is not a positive number of blocks"
            raise FrameError(message)
        plain = self._decryptor.update(ciphertext)
        count = plain[-1]
        if 1 <= count <= BLOCK and plain.endswith(bytes((count,)) * count):
            return plain[:-count]
        if self._padding == "zero":
            return plain.rstrip(b"\0")
        message = "the padding is wrong"
        raise FrameError(message)
