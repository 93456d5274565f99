"""The device key as people type it."""

import base64

import pytest

from custom_components.iot_gateway.clients.tuya_gateway import DeviceKey, KeyForm, WrongDeviceKey

DATA = bytes(range(0xE0, 0xF0))  # its base64 has + and /, its bytes are no ASCII


@pytest.mark.parametrize(
    ("text", "form", "data"),
    [
        ("0123456789abcdeF", KeyForm.ASCII, b"0123456789abcdeF"),
        ("  0123456789abcdeF\n", KeyForm.ASCII, b"0123456789abcdeF"),
        ("'a$<b>{c}|d~%\"&=", KeyForm.ASCII, b"'a$<b>{c}|d~%\"&="),
        ("01234567 89abcdeF", KeyForm.ASCII, b"0123456789abcdeF"),
        (DATA.hex(), KeyForm.HEX, DATA),
        (DATA.hex().upper(), KeyForm.HEX, DATA),
        (DATA.hex(" "), KeyForm.HEX, DATA),
        (base64.b64encode(DATA).decode(), KeyForm.BASE64, DATA),
        (base64.b64encode(DATA).decode().rstrip("="), KeyForm.BASE64, DATA),
        (base64.urlsafe_b64encode(DATA).decode(), KeyForm.BASE64, DATA),
        (f"\t{base64.b64encode(DATA).decode()} ", KeyForm.BASE64, DATA),
    ],
)
def test_forms(text: str, form: KeyForm, data: bytes) -> None:
    key = DeviceKey.parse(text)
    assert (key.form, key.data) == (form, data)
    assert str(data) not in repr(key) and text.strip() not in repr(key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "0123456789abcde",
        "0123456789abcdef0",
        "0123456789abcdeé",
        "g" * 32,
        "a" * 33,
        base64.b64encode(bytes(15)).decode(),
        base64.b64encode(bytes(17)).decode(),
        "!" * 24,
    ],
)
def test_impossible_keys(text: str) -> None:
    with pytest.raises(WrongDeviceKey) as caught:
        DeviceKey.parse(text)
    assert "characters" in str(caught.value)
    if text.strip():
        assert text not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
