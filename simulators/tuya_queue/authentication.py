"""Who may consume, and the key of what is consumed (tuya_message_queue_and_tuyalink.md, A1 and A4), from the cloud's side.

Written from the page, on purpose without a look at the client; the official vector is a test of this module.
"""

from collections.abc import Mapping
import hashlib
import hmac

KEY_START = 8
KEY_LENGTH = 16


class BadSecret(ValueError):
    """An Access Secret has too few characters for a key to be in it, or others than ASCII."""


def password(access_id: str, access_secret: str) -> str:
    """Return what a consumer sends as its password: 16 lower-case hex digits, always the same."""
    inner = hashlib.md5(access_secret.encode(), usedforsecurity=False).hexdigest()
    return hashlib.md5((access_id + inner).encode(), usedforsecurity=False).hexdigest()[8:24]


def payload_key(access_secret: str) -> bytes:
    """Return the AES-128 key: the 16 characters in the middle of an Access Secret. Raises BadSecret."""
    key = access_secret[KEY_START : KEY_START + KEY_LENGTH]
    if len(key) != KEY_LENGTH or not key.isascii():
        message = f"an Access Secret has at least {KEY_START + KEY_LENGTH} ASCII characters"
        raise BadSecret(message)
    return key.encode()


def may_consume(headers: Mapping[str, str], access_id: str, access_secret: str) -> bool:
    """Tell whether the headers of a handshake name the project and know its secret."""
    given = (headers.get("username", ""), headers.get("password", ""))
    expected = (access_id, password(access_id, access_secret))
    return all(hmac.compare_digest(one.encode(), other.encode()) for one, other in zip(given, expected, strict=True))
