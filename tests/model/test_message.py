"""Messages of cameras."""

from base64 import b64encode

import pytest

from custom_components.iot_gateway.model import Value, message_command, message_text


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
