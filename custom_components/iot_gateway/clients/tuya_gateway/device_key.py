"""The device key as a person types or pastes it.

The app's panel shows it under Advanced Features, LAN Control. Its form is not documented; AES-128 needs 16 bytes, and
Tuya's local keys are 16 characters (protocols page, 2.7).
"""

import base64
import binascii
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from .errors import WrongDeviceKey

KEY_SIZE = 16


class KeyForm(StrEnum):
    """How the text of a device key stands for its 16 bytes."""

    ASCII = "ascii"
    HEX = "hex"
    BASE64 = "base64"

    @property
    def description(self) -> str:
        """The form in words."""
        return {"ascii": "16 characters", "hex": "32 hex digits", "base64": "base64"}[self.value]


@dataclass(frozen=True, kw_only=True)
class DeviceKey:
    """A device key: the 16 bytes, and the form that its text had. Its repr does not show the bytes."""

    form: KeyForm
    data: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a key's text, white space anywhere in it left out.

        The three forms have different lengths (16, 32, 22 to 24 characters), so a text has one form at most.

        Raises:
            WrongDeviceKey: the text has none of the forms.
        """
        text = "".join(text.split())
        if text.isascii():
            if len(text) == KEY_SIZE:
                return cls(form=KeyForm.ASCII, data=text.encode())
            if len(text) == 2 * KEY_SIZE:
                try:
                    return cls(form=KeyForm.HEX, data=binascii.a2b_hex(text))
                except binascii.Error:
                    pass
            elif (data := _from_base64(text)) is not None:
                return cls(form=KeyForm.BASE64, data=data)
        raise WrongDeviceKey(
            f"a device key has 16 characters, or 32 hex digits, or is 16 bytes in base64; this text of {len(text)} "
            "characters is none of these"
        ) from None


def _from_base64(text: str) -> bytes | None:
    """Return the 16 bytes that base64 text stands for, in either alphabet and with or without its padding."""
    bare = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return None
    return data if len(data) == KEY_SIZE else None
