"""What cameras and doorbells send along: texts, mostly JSON, in base64, as a Raw or as a String (tuya_ipc_webrtc.md, section 9)."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
import json
from typing import Any

from .data_point import Value

_FILES = "files"
"""Where pictures of an event are, with the keys that open them, or the pictures themselves."""
_MILLISECONDS_FROM = 1e11


def message_text(value: Value) -> str | None:
    """Return the text of a message, None where it is none; a String that is not in base64 is the text itself."""
    if isinstance(value, str):
        try:
            value = b64decode(value, validate=True)
        except Base64Error, ValueError:
            return str(value)
    if not isinstance(value, bytes):
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def message_fields(value: Value) -> Mapping[str, Any] | None:
    """Return what a message that is a JSON object says, None where it is none."""
    text = value if isinstance(value, dict) else message_text(value)
    try:
        message = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def message_command(value: Value) -> str | None:
    """Return what a message is about (`ipc_motion`, `ipc_doorbell`, ...), None where it does not say."""
    command = (message_fields(value) or {}).get("cmd")
    return command if isinstance(command, str) else None


def message_time(value: Value) -> float | None:
    """Return when what a message is about was, in seconds since the epoch; None where it does not say."""
    when = (message_fields(value) or {}).get("time")
    if isinstance(when, bool) or not isinstance(when, (int, float, str)):
        return None
    try:
        seconds = float(when)
    except ValueError:
        return None
    if not 0 < seconds < 1e14:
        return None
    return seconds / 1000 if seconds > _MILLISECONDS_FROM else seconds


def message_without_files(value: Value) -> str | None:
    """Return the text of a message without its pictures and the keys that open them, None where it is no text."""
    fields = message_fields(value)
    if fields is None or _FILES not in fields:
        return message_text(value) if not isinstance(value, dict) else json.dumps(value)
    return json.dumps({name: said for name, said in fields.items() if name != _FILES})
