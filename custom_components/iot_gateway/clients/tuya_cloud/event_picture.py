"""Pictures of events, which cameras report in data points (protocols page, section 9).

`movement_detect_pic`, `doorbell_pic`, `alarm_message` and `initiative_message` hold base64 of one of:

- an address, signed and good for some hours; with `@` and a key at its end where the file is encrypted (the oldest form);
- JSON `{"v":"3.0","bucket":…,"files":[["<path>","<key>"]],"cmd":"ipc_motion",…}`: a file in Tuya's storage, whose address
  the cloud gives (`ipc.fetch_event_file`), encrypted with that key unless it is empty;
- JSON `{"v":"4.0","files":[{"data":"<hex>","iv":"<hex>"}],…}`: what is shown, or where it is, encrypted with a key that is
  made of the device's local key, which way differs by firmware;
- the picture itself, as it is or encrypted the same way but without an initialization vector.

Nothing of this is documented; where reports differ, what turns out to be a JPEG decides.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5, sha256
import json
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from .errors import CloudError

_JPEG: Final = b"\xff\xd8"
_BLOCK: Final = 16
_HEADER_SIZES: Final = (64, 68, 72, 60, 56, 76, 80)
"""Where the ciphertext begins in an encrypted file, the most reported first: version, IV and a rest that differs."""
_IV: Final = slice(4, 20)


class PictureUnreadable(CloudError):
    """The file, or the data point, holds no JPEG, or its key doesn't open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile:
    """One file of an event: in the cloud's storage (`path`), at an address (`url`), or in the event itself (`data`).

    `key` is the text whose UTF-8 is the AES key of the file, empty where it is not encrypted. `iv` is None where the data
    is not encrypted or has none. None of it is for logs.
    """

    path: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    data: bytes = field(default=b"", repr=False)
    iv: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPicture:
    """What a camera says of an event.

    Attributes:
        version: "3.0", "4.0", …; empty where the camera gave none.
        event: what happened, as the camera names it (`ipc_motion`, `ipc_doorbell`, …); empty where it does not say.
        kind: `image`, `video`, …; empty where it does not say.
        bucket: where `EventFile.path` is; empty for the other forms.
        files: at least one.
        time: seconds since the epoch, None where the camera gave none.
    """

    version: str = ""
    event: str = ""
    kind: str = ""
    bucket: str = field(default="", repr=False)
    files: tuple[EventFile, ...]
    time: float | None = None


def parse_event_picture(value: str, *, local_key: str = "") -> EventPicture | None:
    """Return what a picture's data point says, None where it says nothing of a file.

    Args:
        value: the data point's value.
        local_key: of the device; without it an event that holds its own data tells no more than what happened.
    """
    text = value.strip()
    if not text:
        return None
    raw = text.encode() if text[0] in "{[" or _is_address(text) else _base64(text)
    if raw is None:
        return None
    if raw.startswith(_JPEG):
        return EventPicture(files=(EventFile(data=raw),))
    try:
        plain = raw.decode().strip()
    except UnicodeDecodeError:
        # Encrypted without a vector and without a word of what it is
        return (
            EventPicture(files=(EventFile(data=raw),)) if local_key and _decrypt_inline(raw, None, local_key) else None
        )
    if _is_address(plain):
        return EventPicture(files=(_file_at(plain),))
    try:
        message = json.loads(plain)
    except ValueError:
        return None
    return _parse_message(message, local_key) if isinstance(message, dict) else None


def decrypt_picture(blob: bytes, key: str) -> bytes:
    """Return the JPEG in a file of the cloud's storage.

    Args:
        blob: the file: a JPEG, or a version (4 bytes), an initialization vector (16), a rest of the header that differs
            between cameras, and AES-CBC ciphertext with PKCS #7 padding.
        key: the key that the event names, 16, 24 or 32 bytes of UTF-8; unused where the file is a JPEG already.

    Raises:
        PictureUnreadable: it is neither, or the key is another's.
    """
    if blob.startswith(_JPEG):
        return blob
    secret = key.encode()
    if len(secret) not in (16, 24, 32):
        raise PictureUnreadable("The picture of an event is encrypted, and its key is missing or has no valid length")
    iv = blob[_IV]
    for size in _HEADER_SIZES:
        ciphertext = blob[size:]
        if len(ciphertext) < _BLOCK or not _opens(ciphertext, secret, iv):
            continue
        # Some files end within a block; the picture is whole without it
        picture = _decrypt(ciphertext[: len(ciphertext) // _BLOCK * _BLOCK], secret, iv)
        return picture if len(ciphertext) % _BLOCK else _without_padding(picture)
    raise PictureUnreadable("The picture of an event could not be decrypted")


def inline_picture(picture: EventPicture, local_key: str) -> bytes | None:
    """Return the JPEG that the event itself holds, None where it holds none or the key doesn't open it."""
    for file in picture.files:
        if file.data.startswith(_JPEG):
            return file.data
        if file.data and local_key and (plain := _decrypt_inline(file.data, file.iv, local_key)) is not None:
            if plain.startswith(_JPEG):
                return plain
    return None


def _parse_message(message: dict[str, Any], local_key: str) -> EventPicture | None:
    bucket = message.get("bucket")
    entries = message.get("files")
    files: list[EventFile] = []
    for entry in entries if isinstance(entries, list) else []:
        match entry:
            case [str(path), str(key), *_] if path:
                files.append(EventFile(path=path, key=key))
            case [str(path)] | str(path) if path:
                files.append(EventFile(path=path))
            case {"data": str(data), **rest}:
                if (file := _encrypted_file(data, rest.get("iv"), local_key)) is not None:
                    files.append(file)
    if not files:
        return None
    return EventPicture(
        version=_text(message.get("v")),
        event=_text(message.get("cmd")),
        kind=_text(message.get("type")),
        bucket=_text(bucket),
        files=tuple(files),
        time=_time(message.get("time")),
    )


def _encrypted_file(data: str, iv: Any, local_key: str) -> EventFile | None:
    """Return what an entry with its own data stands for: the picture, or where it is."""
    try:
        raw = bytes.fromhex(data)
        vector = bytes.fromhex(iv) if isinstance(iv, str) else None
    except ValueError:
        return None
    if not raw:
        return None
    file = EventFile(data=raw, iv=vector if vector and len(vector) == _BLOCK else None)
    if raw.startswith(_JPEG) or not local_key:
        return file
    plain = _decrypt_inline(raw, file.iv, local_key)
    if plain is None or plain.startswith(_JPEG):
        return file
    # What is encrypted may be the file's place and key
    text = plain.decode().strip()
    if _is_address(text):
        return _file_at(text)
    try:
        place = json.loads(text)
    except ValueError:
        return None
    match place:
        case [str(path), str(key), *_] if path:
            return EventFile(path=path, key=key)
        case {"path": str(path), **rest} | {"file": str(path), **rest} if path:
            return EventFile(path=path, key=_text(rest.get("key")))
    return None


def _file_at(address: str) -> EventFile:
    """Return the file at an address; the apps write its key behind an `@`."""
    url, mark, key = address.rpartition("@")
    return EventFile(url=url, key=key) if mark and len(key) in (16, 24, 32) else EventFile(url=address)


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://")) and not any(character.isspace() for character in text)


def _decrypt_inline(data: bytes, iv: bytes | None, local_key: str) -> bytes | None:
    """Return what an event's own data is in clear, None where no key opens it."""
    if len(data) % _BLOCK:
        return None
    for key in _keys_of(local_key):
        plain = _decrypt(data, key, iv)
        try:
            plain = _without_padding(plain, strict=True)
        except PictureUnreadable:
            continue
        if plain.startswith(_JPEG) or _is_text(plain):
            return plain
    return None


def _keys_of(local_key: str) -> Iterator[bytes]:
    """Yield the AES keys that firmwares make of a local key, the plain one first."""
    raw = local_key.encode()
    if len(raw) in (16, 24, 32):
        yield raw
    try:
        digits = bytes.fromhex(local_key)
    except ValueError:
        digits = b""
    if len(digits) in (16, 24, 32):
        yield digits
    yield md5(raw, usedforsecurity=False).digest()
    digest = sha256(raw).digest()
    yield digest
    yield digest[:_BLOCK]


def _is_text(data: bytes) -> bool:
    """Tell whether data that was decrypted is an address or JSON, and not what a wrong key made of it."""
    try:
        return data.decode().lstrip()[:1] in ("{", "[", "h")
    except UnicodeDecodeError:
        return False


def _opens(ciphertext: bytes, key: bytes, iv: bytes) -> bool:
    """Tell whether a picture begins here; one block is enough to know."""
    return len(iv) == _BLOCK and _decrypt(ciphertext[:_BLOCK], key, iv).startswith(_JPEG)


def _decrypt(ciphertext: bytes, key: bytes, iv: bytes | None) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv) if iv is not None else modes.ECB()).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def _without_padding(data: bytes, *, strict: bool = False) -> bytes:
    unpadder = PKCS7(_BLOCK * 8).unpadder()
    try:
        return unpadder.update(data) + unpadder.finalize()
    except ValueError as err:
        if strict:
            raise PictureUnreadable("not the key") from err
        # A picture is over at its end mark, whatever follows
        return data


def _base64(text: str) -> bytes | None:
    text = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(value: Any) -> float | None:
    """Return a time in seconds; cameras give seconds or milliseconds, as a number or as a text."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except TypeError, ValueError, OverflowError:
        return None
    if not 0 < number < 1e14:
        return None
    return number / 1000 if number > 1e11 else number
