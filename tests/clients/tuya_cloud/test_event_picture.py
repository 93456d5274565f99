"""Pictures of events, in every form that cameras report them."""

import base64
from hashlib import md5, sha256
import json
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.event_picture import (
    EventFile,
    EventPicture,
    PictureUnreadable,
    decrypt_picture,
    inline_picture,
    parse_event_picture,
)

JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 3 + b"\xff\xd9"
KEY: Final = "d41d8cd98f00b204"
LOCAL_KEY: Final = "0123456789abcdef"
IV: Final = bytes.fromhex("364fd568199ccb666e058387975bf6ee")
ADDRESS: Final = "https://storage.example/f37ce7/detect/1669294883.jpeg?X-Amz-Signature=abc%2B1"

# Reported in the issues of public projects (section 9 and its sources)
V3: Final = (
    "eyJidWNrZXQiOiJ0eS1ldS1zdG9yYWdlMzAiLCJmaWxlcyI6W1siLzFkZDBhYi00ODI2Nzc1LWh3eGRkOWE3NWM0ZmZlYTgwNDMyL2RldGVjdC8xNjI4"
    "ODkyMzMzLmpwZWc/cGFyYW09eU00Z0ljb0kwR3lWNWhMWWF2TGFBMVd6bGtIbEJxV2YyRGcvQ0REMXl1QT0iLCIiXV0sInYiOiIzLjAifQ=="
)


def encrypt(data: bytes, key: bytes, iv: bytes | None) -> bytes:
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv) if iv else modes.ECB()).encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


def file_of(picture: bytes, *, header: int = 64, key: str = KEY) -> bytes:
    """Return a picture as the cloud's storage holds it."""
    return b"\x01\x00\x00\x00" + IV + bytes(header - 20) + encrypt(picture, key.encode(), IV)


def encoded(message: Any) -> str:
    return base64.b64encode(json.dumps(message).encode()).decode()


def test_real_report() -> None:
    """What a doorbell said in a public issue."""
    assert parse_event_picture(V3) == EventPicture(
        version="3.0",
        bucket="ty-eu-storage30",
        files=(
            EventFile(
                path=(
                    "/1dd0ab-4826775-hwxdd9a75c4ffea80432/detect/1628892333.jpeg"
                    "?param=yM4gIcoI0GyV5hLYavLaA1WzlkHlBqWf2Dg/CDD1yuA="
                )
            ),
        ),
    )


def test_version_3() -> None:
    message = {
        "v": "3.0",
        "bucket": "ty-eu",
        "files": [["/a/detect/1.jpeg", KEY], ["/a/detect/1.mp4", KEY]],
        "cmd": "ipc_doorbell",
        "type": "image",
        "time": 1669294883,
    }
    expected = EventPicture(
        version="3.0",
        event="ipc_doorbell",
        kind="image",
        bucket="ty-eu",
        files=(EventFile(path="/a/detect/1.jpeg", key=KEY), EventFile(path="/a/detect/1.mp4", key=KEY)),
        time=1669294883.0,
    )
    assert parse_event_picture(encoded(message)) == expected
    # The same as JSON, in milliseconds and as text, and with line breaks in the base64
    assert parse_event_picture(json.dumps(message | {"time": 1669294883000})) == expected
    assert parse_event_picture(encoded(message | {"time": "1669294883"}).rstrip("=") + "\n") == expected


@pytest.mark.parametrize("time", [None, "", "soon", -1, 1e30, 10**400, [], True])
def test_odd_times(time: Any) -> None:
    picture = parse_event_picture(encoded({"files": [["/p"]], "time": time}))
    assert picture is not None
    assert picture.time is None
    assert picture.files == (EventFile(path="/p"),)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        "no base64!",
        base64.b64encode(b"\xfe\xff\x00").decode(),
        base64.b64encode(b"plain text").decode(),
        "{",
        "[]",
        "{}",
        encoded([]),
        encoded({"files": "x"}),
        encoded({"bucket": "b", "files": []}),
        encoded({"files": [[], [""], ["", "k"], 1, None, {"iv": "00"}]}),
        encoded({"files": [{"data": "no hex", "iv": ""}]}),
        encoded({"files": [{"data": "", "iv": ""}]}),
    ],
)
def test_nothing_to_see(value: str) -> None:
    assert parse_event_picture(value) is None
    assert parse_event_picture(value, local_key=LOCAL_KEY) is None


@pytest.mark.parametrize("wrap", [str, lambda text: base64.b64encode(text.encode()).decode()], ids=["plain", "base64"])
def test_address(wrap: Any) -> None:
    """The oldest form: a signed address, with a key behind an `@` where the file is encrypted."""
    assert parse_event_picture(wrap(ADDRESS)) == EventPicture(files=(EventFile(url=ADDRESS),))
    assert parse_event_picture(wrap(f"{ADDRESS}@{KEY}")) == EventPicture(files=(EventFile(url=ADDRESS, key=KEY),))
    # An `@` of the address itself
    assert parse_event_picture(wrap(f"{ADDRESS}@x")) == EventPicture(files=(EventFile(url=f"{ADDRESS}@x"),))


KEYS: Final = {
    "plain": LOCAL_KEY.encode(),
    "md5": md5(LOCAL_KEY.encode(), usedforsecurity=False).digest(),
    "sha256": sha256(LOCAL_KEY.encode()).digest(),
    "half of sha256": sha256(LOCAL_KEY.encode()).digest()[:16],
}


@pytest.mark.parametrize("how", KEYS)
def test_version_4(how: str) -> None:
    """A picture in the event itself, encrypted with one of the keys that firmwares make of the local key."""
    data = encrypt(JPEG, KEYS[how], IV)
    value = encoded(
        {"v": "4.0", "files": [{"data": data.hex(), "keyId": "default", "iv": IV.hex()}], "cmd": "ipc_motion"}
    )
    picture = parse_event_picture(value, local_key=LOCAL_KEY)
    assert picture == EventPicture(version="4.0", event="ipc_motion", files=(EventFile(data=data, iv=IV),))
    assert inline_picture(picture, LOCAL_KEY) == JPEG
    assert inline_picture(picture, "another-key-1234") is None
    assert inline_picture(picture, "") is None


def test_hexadecimal_local_key() -> None:
    local_key = "00112233445566778899aabbccddeeff"
    data = encrypt(JPEG, bytes.fromhex(local_key), IV)
    picture = parse_event_picture(encoded({"files": [{"data": data.hex(), "iv": IV.hex()}]}), local_key=local_key)
    assert picture is not None
    assert inline_picture(picture, local_key) == JPEG


@pytest.mark.parametrize(
    ("said", "file"),
    [
        (["/a/1.jpeg", KEY], EventFile(path="/a/1.jpeg", key=KEY)),
        ({"path": "/a/1.jpeg", "key": KEY}, EventFile(path="/a/1.jpeg", key=KEY)),
        ({"file": "/a/1.jpeg"}, EventFile(path="/a/1.jpeg")),
        (ADDRESS, EventFile(url=ADDRESS)),
    ],
)
def test_version_4_with_a_place(said: Any, file: EventFile) -> None:
    """What is encrypted may be where the picture is."""
    plain = said if isinstance(said, str) else json.dumps(said)
    data = encrypt(plain.encode(), LOCAL_KEY.encode(), IV).hex()
    picture = parse_event_picture(encoded({"files": [{"data": data, "iv": IV.hex()}]}), local_key=LOCAL_KEY)
    assert picture == EventPicture(files=(file,))
    assert inline_picture(picture, LOCAL_KEY) is None


@pytest.mark.parametrize("said", ["{nonsense", "[]", '{"other": 1}'])
def test_version_4_with_no_place(said: str) -> None:
    data = encrypt(said.encode(), LOCAL_KEY.encode(), IV).hex()
    assert parse_event_picture(encoded({"files": [{"data": data, "iv": IV.hex()}]}), local_key=LOCAL_KEY) is None


def test_version_4_without_a_key() -> None:
    """Without the local key an event still says what happened."""
    data = encrypt(JPEG, LOCAL_KEY.encode(), IV)
    picture = parse_event_picture(encoded({"cmd": "ipc_doorbell", "files": [{"data": data.hex(), "iv": IV.hex()}]}))
    assert picture is not None
    assert picture.event == "ipc_doorbell"
    assert inline_picture(picture, "") is None


def test_picture_itself() -> None:
    """A data point that holds the picture, as it is or encrypted without a vector."""
    picture = parse_event_picture(base64.b64encode(JPEG).decode())
    assert picture is not None
    assert inline_picture(picture, "") == JPEG
    data = encrypt(JPEG, KEYS["md5"], None)
    picture = parse_event_picture(base64.b64encode(data).decode(), local_key=LOCAL_KEY)
    assert picture is not None
    assert inline_picture(picture, LOCAL_KEY) == JPEG


# Files


@pytest.mark.parametrize("header", [64, 60, 68, 72, 56, 76, 80])
def test_file(header: int) -> None:
    """The header's size differs between cameras; what begins as a JPEG does is the picture."""
    assert decrypt_picture(file_of(JPEG, header=header), KEY) == JPEG


@pytest.mark.parametrize("key", ["k" * 24, "k" * 32])
def test_longer_keys(key: str) -> None:
    assert decrypt_picture(file_of(JPEG, key=key), key) == JPEG


def test_plain_file() -> None:
    """Without a key, or in spite of one, a file may be a JPEG as it is."""
    assert decrypt_picture(JPEG, "") == JPEG
    assert decrypt_picture(JPEG, KEY) == JPEG


def test_cut_file() -> None:
    """A file that ends within a block, or without padding, shows what is there."""
    whole = file_of(JPEG)
    picture = decrypt_picture(whole[:-5], KEY)
    assert JPEG.startswith(picture)
    assert len(picture) > len(JPEG) - 16
    picture = decrypt_picture(whole[:-16], KEY)
    assert JPEG.startswith(picture)


@pytest.mark.parametrize(
    ("blob", "key"),
    [
        (b"", KEY),
        (b"short", KEY),
        (file_of(JPEG), "another-key-1234"),
        (file_of(JPEG), ""),
        (file_of(JPEG), "too short"),
        (file_of(b"\x00\x00\x00\x18ftypmp42" + bytes(64)), KEY),
        (bytes(range(256)) * 2, KEY),
    ],
)
def test_unreadable_file(blob: bytes, key: str) -> None:
    with pytest.raises(PictureUnreadable):
        decrypt_picture(blob, key)


def test_nothing_secret_is_shown() -> None:
    """Neither keys nor addresses stand in what may be logged."""
    for value in (f"{ADDRESS}@{KEY}", V3, encoded({"bucket": "ty-eu", "files": [["/a", KEY]]})):
        picture = parse_event_picture(value)
        for secret in ("storage.example", KEY, "ty-eu", "/a", "detect"):
            assert secret not in repr(picture)
