"""What a project shows the message queue of itself, and what its messages are encrypted with (protocols page, A1)."""

from hashlib import md5


def queue_password(access_id: str, access_secret: str) -> str:
    """Return the password that goes with the access ID, 16 lower-case hex digits; it never changes.

    Tuya's documentation speaks of dynamic tokens; every SDK of Tuya's does this.
    """
    return _md5_hex(access_id + _md5_hex(access_secret))[8:24]


def payload_key(access_secret: str) -> bytes:
    """Return the AES-128 key of the messages: the middle 16 characters of the access secret.

    Raises:
        ValueError: the secret is too short for that, or is not ASCII, so that it is none.
    """
    key = access_secret[8:24]
    if len(key) != 16 or not key.isascii():
        raise ValueError("the access secret has not the form of one")
    return key.encode()


def _md5_hex(text: str) -> str:
    return md5(text.encode()).hexdigest()
