"""Commands in a maker's own form (seed 002, "外部信令")."""

from typing import Final

from .agent import CameraChannel, CommandInvalid

MAX_SIGNAL_BYTES: Final = 1024
"""What the document advises a command and its reply to have at most."""


async def send_signal(camera: CameraChannel, text: str) -> str:
    """Send a text and return the device's reply as it is; raises CommandInvalid or another AgentError.

    It may be any text up to 1 KiB of UTF-8 that has no `&` and no control characters; binary data go as hex digits.
    """
    if not text:
        raise CommandInvalid("There is nothing to send")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise CommandInvalid("A signal has no control characters")
    if (size := len(text.encode())) > MAX_SIGNAL_BYTES:
        raise CommandInvalid(f"The signal has {size} bytes, {MAX_SIGNAL_BYTES} are the most")
    return await camera.ask("user_define", text)
