"""Frames, and finding out how a gateway makes them."""

import base64
from itertools import product
import json
import random
from typing import Any, Literal

import pytest

from custom_components.iot_gateway.clients.tuya_gateway import (
    DeviceKey,
    Encoding,
    FrameCodec,
    Framing,
    KeyForm,
    NotTuyaGateway,
    Padding,
    WrongDeviceKey,
)
from custom_components.iot_gateway.clients.tuya_gateway.codec import FrameCipher, MalformedFrame
from custom_components.iot_gateway.clients.tuya_gateway.detection import FIRST_FRAME_LIMIT, detect

from . import fake_gateway, seed
from .fake_gateway import KEY, KEY_TEXT, auth_required, seal

CODEC = FrameCodec(framing=Framing.BINARY, encoding=Encoding.RAW, key_form=KeyForm.ASCII)
CIPHER = FrameCipher(CODEC, KEY)
DEVICE_KEY = DeviceKey.parse(KEY_TEXT)

type WrittenKey = tuple[KeyForm, str, bytes]


def written_keys() -> list[WrittenKey]:
    data = bytes(range(200, 216))
    return [
        (KeyForm.ASCII, KEY_TEXT, KEY),
        (KeyForm.HEX, data.hex(), data),
        (KeyForm.BASE64, base64.b64encode(data).decode(), data),
    ]


COMBINATIONS = list(product(Framing, Encoding, Padding, written_keys()))


@pytest.mark.parametrize(("framing", "encoding", "padding", "key"), COMBINATIONS)
def test_detects_every_combination_and_answers_in_kind(
    framing: Framing, encoding: Encoding, padding: Padding, key: WrittenKey
) -> None:
    form, text, data = key
    draw = random.Random(f"{framing}{encoding}{padding}{form}")
    device_key = DeviceKey.parse(text)
    for _ in range(40):
        # White space and an extra key let the length reach every remainder of 16
        message = auth_required(draw.randbytes(16)) | {"x": "y" * draw.randrange(40)}
        plain = json.dumps(message, indent=draw.choice([None, 1]))
        padding_name: Literal["pkcs7", "zeros"] = "pkcs7" if padding is Padding.PKCS7 else "zeros"
        payload = seal(plain, data, encoding=encoding.value, padding=padding_name)
        codec, found = detect(framing, payload, device_key)
        assert found == message
        assert codec == FrameCodec(framing=framing, encoding=encoding, key_form=form, padding=padding)
        cipher = FrameCipher(codec, data)
        # Each answer is one that the other side's own primitives read
        sent = cipher.encode(message)
        opened = fake_gateway.unseal(sent, data, encoding=encoding.value)
        compact = json.dumps(message, separators=(",", ":")).encode()
        pad = 16 - len(compact) % 16
        assert opened == compact + (bytes([pad]) * pad if padding is Padding.PKCS7 else bytes(pad % 16))
        assert cipher.decode(sent) == message


def test_the_description_says_what_was_found() -> None:
    assert str(CODEC) == "binary frames, raw, key as 16 characters"
    other = FrameCodec(framing=Framing.TEXT, encoding=Encoding.HEX, key_form=KeyForm.BASE64, padding=Padding.ZEROS)
    assert str(other) == "text frames, hex, padded with zeros, key as base64"


@pytest.mark.parametrize("encoding", [Encoding.BASE64, Encoding.HEX])
def test_line_breaks_within_an_encoding(encoding: Encoding) -> None:
    payload = seal(json.dumps(auth_required(bytes(16))), encoding=encoding.value)
    broken = b"\r\n".join(payload[i : i + 64] for i in range(0, len(payload), 64)) + b"\n"
    codec, message = detect(Framing.TEXT, broken, DEVICE_KEY)
    assert codec.encoding is encoding
    assert message == auth_required(bytes(16))


def test_upper_case_hex() -> None:
    payload = seal(seed.AUTH_REQUIRED, encoding="hex").upper()
    assert detect(Framing.TEXT, payload, DEVICE_KEY)[0].encoding is Encoding.HEX


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "empty"),
        (seed.AUTH_REQUIRED.encode(), "asks to authenticate in plain JSON"),
        (b'{"hello": "w"}  ', "plain JSON"),  # 16 bytes: whole blocks all the same
        (b"[1, 2, 3]", "plain JSON"),
        (b"<html><body>Hi!</body></html>", "HTML"),
        (b"<html>16 bytes.>", "HTML"),
        (b"Hello, this is no gateway at all", "plain text"),
        (b"short", "plain text"),
        (b"\x00\xff" * 15 + b"\x01", "31 bytes, which is no whole number"),
        (bytes(FIRST_FRAME_LIMIT + 16), "4112 bytes"),
    ],
)
def test_what_is_no_ciphertext(payload: bytes, said: str) -> None:
    with pytest.raises(NotTuyaGateway, match=said):
        detect(Framing.BINARY, payload, DEVICE_KEY)


@pytest.mark.parametrize("encoding", Encoding)
def test_a_wrong_key(encoding: Encoding) -> None:
    payload = seal(seed.AUTH_REQUIRED, b"another 16 bytes", encoding=encoding.value)
    with pytest.raises(WrongDeviceKey):
        detect(Framing.TEXT, payload, DEVICE_KEY)


@pytest.mark.parametrize("plain", ['{"type":"hello"}', '{"data":{}}', seed.AUTH, '{"type":["auth_required"]}'])
def test_another_message_first(plain: str) -> None:
    with pytest.raises(NotTuyaGateway, match="auth_required"):
        detect(Framing.BINARY, seal(plain), DEVICE_KEY)


def test_a_first_message_that_is_no_object() -> None:
    with pytest.raises(WrongDeviceKey):
        detect(Framing.BINARY, seal('["auth_required"]'), DEVICE_KEY)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        (b'{"a":1}', {"a": 1}),
        (b' {"a":1}\r\n', {"a": 1}),
        (b'{"a":1}\0', {"a": 1}),
        ('{"a":"é"}'.encode(), {"a": "é"}),
        (b'{"a":NaN,"b":-Infinity,"c":2}', {"a": None, "b": None, "c": 2}),
    ],
)
@pytest.mark.parametrize("padding", ["pkcs7", "zeros"])
def test_decodes(plain: bytes, message: dict[str, Any], padding: Literal["pkcs7", "zeros"]) -> None:
    assert CIPHER.decode(seal(plain, padding=padding)) == message


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "blocks"),
        (b"x" * 17, "blocks"),
        (b"x" * 32, "JSON"),
        (seal(b""), "JSON"),
        (seal(bytes(16), padding="zeros"), "JSON"),
        (seal("[1]"), "no object"),
        (seal("null"), "no object"),
        (seal('{"a":1} {}'), "JSON"),
        (seal(b'{"a":"\xff"}'), "JSON"),
        (seal('{"a":' + "[" * 200_000), "JSON"),
        (seal('{"a":' + "9" * 5000 + "}"), "JSON"),
        *((seal(sample), "JSON") for sample in seed.INVALID),
    ],
)
def test_malformed(payload: bytes, said: str) -> None:
    with pytest.raises(MalformedFrame, match=said) as caught:
        CIPHER.decode(payload)
    # The exceptions of json hold the whole document
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("encoding", "payload"), [(Encoding.BASE64, b"abc"), (Encoding.HEX, b"0g"), (Encoding.BASE64, b"a b c")]
)
def test_malformed_encoding(encoding: Encoding, payload: bytes) -> None:
    codec = FrameCodec(framing=Framing.TEXT, encoding=encoding, key_form=KeyForm.ASCII)
    with pytest.raises(MalformedFrame, match=f"not {encoding}"):
        FrameCipher(codec, KEY).decode(payload)


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes"])
def test_what_json_cannot_say(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        CIPHER.encode({"v": value})


def test_valid_samples_pass_through() -> None:
    for sample in seed.VALID:
        assert CIPHER.decode(seal(sample)) == json.loads(sample)


@pytest.mark.parametrize("encoding", Encoding)
def test_encodings_read_what_they_write(encoding: Encoding) -> None:
    for length in range(100):
        data = random.Random(length).randbytes(length)
        assert encoding.read(encoding.write(data)) == data
