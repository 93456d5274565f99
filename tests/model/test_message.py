"""Messages of cameras."""

from base64 import b64encode

import pytest

from custom_components.iot_gateway.model import (
    Value,
    message_command,
    message_text,
    message_time,
    message_without_files,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"hi", "hi"),
        (b"\xff", None),
        (b64encode("grüß".encode()).decode(), "grüß"),
        ("not base64!", "not base64!"),
        (7, None),
    ],
)
def test_text(value: Value, text: str | None) -> None:
    """Bytes and base64 are the text in them; what is no text has none."""
    assert message_text(value) == text


@pytest.mark.parametrize(
    ("value", "command"),
    [
        (b'{"cmd":"ipc_motion"}', "ipc_motion"),
        ({"cmd": "ipc_motion"}, "ipc_motion"),
        (b'{"cmd":1}', None),
        (b"[]", None),
        (b"{", None),
        (b"\xff", None),
    ],
)
def test_command(value: Value, command: str | None) -> None:
    """Only JSON that names its command has one."""
    assert message_command(value) == command


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b'{"time":1763700000}', 1763700000),
        (b'{"time":"1763700000"}', 1763700000),
        (b'{"time":1763700000500}', 1763700000.5),
        (b'{"time":true}', None),
        (b'{"time":"noon"}', None),
        (b'{"time":0}', None),
        (b'{"time":1e20}', None),
        (b'{"time":[]}', None),
        (b"{}", None),
        (b"noon", None),
    ],
)
def test_time(value: Value, seconds: float | None) -> None:
    """Seconds or milliseconds, as a number or as a text."""
    assert message_time(value) == seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b'{"cmd":"x","files":[["/a","key"]]}', '{"cmd": "x"}'),
        ({"cmd": "x", "files": []}, '{"cmd": "x"}'),
        ({"cmd": "x"}, '{"cmd": "x"}'),
        (b'{"cmd":"x"}', '{"cmd":"x"}'),
        (b"hi", "hi"),
        (b"\xff", None),
    ],
)
def test_without_files(value: Value, text: str | None) -> None:
    """What has no pictures stays as it is."""
    assert message_without_files(value) == text
