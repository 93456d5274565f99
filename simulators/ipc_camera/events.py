"""What the camera reports when something happens: the data points with a picture (tuya_ipc_webrtc.md, section 9).

The picture itself lies in Tuya's storage; here it is kept by its path, for the simulated cloud to serve.
"""

import base64
from dataclasses import dataclass, field
import json
import os
import secrets
import struct
import time
from typing import Any, Literal, get_args

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

type EventKind = Literal["motion", "doorbell", "alarm"]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind.__value__)
type PictureForm = Literal["encrypted", "plain", "v4"]
PICTURE_FORMS: tuple[PictureForm, ...] = get_args(PictureForm.__value__)

HEADER = 64
"""The documented length of what comes before the ciphertext; others have seen 60, 68 and 72."""
_BUCKET = "ty-simulated-storage"
_CODES: dict[EventKind, str] = {
    "motion": "movement_detect_pic",
    "doorbell": "doorbell_pic",
    "alarm": "initiative_message",
}
_COMMANDS: dict[EventKind, str] = {"motion": "ipc_motion", "doorbell": "ipc_doorbell", "alarm": "ipc_bang"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraEvent:
    """Something that happened."""

    kind: EventKind
    code: str
    """The data point that reports it."""
    value: str = field(repr=False)
    """Base64 of JSON."""
    bucket: str
    path: str
    key: str = field(repr=False)
    """What the picture is encrypted with; "" if it isn't."""
    blob: bytes = field(repr=False)
    """What the storage has."""


def make_event(
    kind: EventKind,
    jpeg: bytes,
    *,
    device_id: str,
    local_key: str,
    form: PictureForm = "encrypted",
    header: int = HEADER,
) -> CameraEvent:
    """Return an event with a picture.

    encrypted: version 3 with a key beside the path. plain: the same without a key. v4: version 4, where the picture is in the
    message itself, as hexadecimal "data" and "iv", encrypted with the local key (AES-128-CBC; others saw digests of the key).
    """
    now = time.time()
    path = f"/{device_id}/{int(now)}-{secrets.token_hex(4)}.jpg"
    key = secrets.token_hex(8) if form == "encrypted" else ""
    message: dict[str, Any]
    if form == "v4":
        iv = os.urandom(16)
        data = _encrypt(jpeg, local_key.encode()[:16], iv)
        message = {"v": "4.0", "files": [{"data": data.hex(), "iv": iv.hex()}]}
    else:
        message = {"v": "3.0", "bucket": _BUCKET, "files": [[path, key]]}
    message |= {"cmd": _COMMANDS[kind], "type": "image", "time": int(now), "with": "image"}
    return CameraEvent(
        kind=kind,
        code=_CODES[kind],
        value=base64.b64encode(json.dumps(message, separators=(",", ":")).encode()).decode(),
        bucket=_BUCKET,
        path=path,
        key=key,
        blob=seal_picture(jpeg, key, header=header) if key else jpeg,
    )


def seal_picture(jpeg: bytes, key: str, *, header: int = HEADER) -> bytes:
    """Return a picture as the storage has it: version (4 bytes, little-endian), IV, filling, and AES-128-CBC with PKCS#7."""
    iv = os.urandom(16)
    return struct.pack("<I", 1) + iv + bytes(header - 20) + _encrypt(jpeg, key.encode(), iv)


def _encrypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES128(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()
