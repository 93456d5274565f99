"""Pictures of events: small real JPEG files, their encryption, and the data points that tell of them.

tuya_ipc_webrtc.md, section 9: base64 of JSON. v3 names a bucket, a path and a key; the picture is fetched by movement-configs
and is a 4-byte version (little-endian), a 16-byte IV, some more header, and from offset 64 (others: 60, 68, 72) on the
AES-128-CBC ciphertext with PKCS7, under the key's own UTF-8; it is the plain JPEG where the key is empty. v4 carries the picture
itself, as hex, under the local key or a digest of it. Older cameras send base64 of a URL. The page doesn't say what v2 was; here
it is v3 without a key.
"""

from base64 import b64encode
import hashlib
import json
import secrets
import struct
from typing import Literal, get_args

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

type PictureVersion = Literal["url", "2.0", "3.0", "4.0"]
PICTURE_VERSIONS: tuple[PictureVersion, ...] = get_args(PictureVersion.__value__)

type LocalKeyForm = Literal["raw", "md5", "sha256"]
"""What of the local key encrypts v4: its own 16 characters, its MD5, the first half of its SHA-256."""
LOCAL_KEY_FORMS: tuple[LocalKeyForm, ...] = get_args(LocalKeyForm.__value__)

OFFSET = 64
_IV_AT = 4
_IV_SIZE = 16
_BLOB_VERSION = 1

type Colour = tuple[int, int, int]


def encrypt_blob(picture: bytes, key: str, *, offset: int = OFFSET) -> bytes:
    """Return a picture as v3's storage has it; `key` is 16 characters, an empty one leaves it as it is."""
    if not key:
        return picture
    iv = secrets.token_bytes(_IV_SIZE)
    header = struct.pack("<I", _BLOB_VERSION) + iv + secrets.token_bytes(offset - _IV_AT - _IV_SIZE)
    return header + _encrypt(picture, key.encode(), iv)


def message_with_file(version: str, cmd: str, time: int, bucket: str, path: str, key: str) -> str:
    """Return the data point's value of v2 and v3; `time` in seconds."""
    return _value({"v": version, "bucket": bucket, "files": [[path, key]], "cmd": cmd, "type": "image", "time": time})


def message_with_picture(cmd: str, time: int, picture: bytes, local_key: str, form: LocalKeyForm = "raw") -> str:
    """Return the data point's value of v4; `time` in seconds."""
    iv = secrets.token_bytes(_IV_SIZE)
    key = local_key.encode()
    if form == "md5":
        key = hashlib.md5(key).digest()
    elif form == "sha256":
        key = hashlib.sha256(key).digest()[:16]
    file = {"data": _encrypt(picture, key, iv).hex(), "keyId": "default", "iv": iv.hex()}
    return _value({"v": "4.0", "files": [file], "cmd": cmd, "type": "image", "time": time})


def message_with_url(url: str) -> str:
    """Return the data point's value of the first cameras."""
    return b64encode(url.encode()).decode()


def _value(content: object) -> str:
    return b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()


def _encrypt(data: bytes, key: bytes, iv: bytes) -> bytes:
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


# A JPEG of plain squares: the DC coefficients only, so that it needs no transform and hardly any Huffman codes.

_DC_LENGTHS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
_DC_CODES = ("00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110", "111111110")
_AC_LENGTHS = (1, *(0,) * 15)
_END_OF_BLOCK = "0"
_SQUARE = 8


def mosaic(rows: list[list[Colour]]) -> bytes:
    """Return a JPEG in which every colour (red, green, blue; 0-255) is a square of 8 x 8 pixels; all rows are of one length."""
    height, width = len(rows) * _SQUARE, len(rows[0]) * _SQUARE
    segments = [
        (0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        # With a step of 8, a flat square's DC coefficient is just its level above or below the middle.
        (0xDB, bytes((0, *(_SQUARE,) * 64))),
        (0xC0, struct.pack(">BHHB", 8, height, width, 3) + bytes((1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0))),
        (0xC4, bytes((0x00, *_DC_LENGTHS, *range(len(_DC_CODES))))),
        (0xC4, bytes((0x10, *_AC_LENGTHS, 0))),
        (0xDA, bytes((3, 1, 0, 2, 0, 3, 0, 0, 63, 0))),
    ]
    head = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in segments)
    return b"\xff\xd8" + head + _scan(rows) + b"\xff\xd9"


def event_picture(number: int) -> bytes:
    """Return a picture of 80 x 48 pixels that differs from that of every other number below 4096: a night with a light."""
    red, green, blue = (number % 16 * 16, number // 16 % 16 * 16, 255 - number // 256 % 16 * 16)
    rows: list[list[Colour]] = [[(16, 24, 40 + 8 * line)] * 10 for line in range(6)]
    for line in (2, 3):
        for column in (4, 5):
            rows[line][column] = (red, green, blue)
    return mosaic(rows)


def _scan(rows: list[list[Colour]]) -> bytes:
    before = [0, 0, 0]
    bits = []
    for row in rows:
        for colour in row:
            for index, level in enumerate(_levels(colour)):
                bits.append(_difference(level - before[index]) + _END_OF_BLOCK)
                before[index] = level
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8).replace(b"\xff", b"\xff\x00")


def _levels(colour: Colour) -> tuple[int, int, int]:
    """Return Y, Cb and Cr, each less 128."""
    red, green, blue = colour
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    return (
        _clamped(luminance - 128),
        _clamped((blue - luminance) * 0.564),
        _clamped((red - luminance) * 0.713),
    )


def _clamped(level: float) -> int:
    return min(127, max(-128, round(level)))


def _difference(value: int) -> str:
    size = abs(value).bit_length()
    if not size:
        return _DC_CODES[0]
    return _DC_CODES[size] + format(value if value > 0 else value + (1 << size) - 1, f"0{size}b")
