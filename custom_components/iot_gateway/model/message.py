"""What cameras and doorbells send along: texts, mostly JSON, in base64, as a Raw or as a String."""

from base64 import b64decode
from binascii import Error as Base64Error
import json

from .data_point import Value


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


def message_command(value: Value) -> str | None:
    """Return what a message is about (`ipc_motion`, `ipc_doorbell`, ...), None where it does not say."""
    text = value if isinstance(value, dict) else message_text(value)
    try:
        message = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
    command = message.get("cmd") if isinstance(message, dict) else None
    return command if isinstance(command, str) else None
