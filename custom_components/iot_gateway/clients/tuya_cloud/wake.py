"""Waking a camera that sleeps to save its battery (protocols page, section 7).

Whether the credentials of a cloud project may publish there is not documented; a camera that this doesn't wake may be
woken by a stream's allocation, see `session`.
"""

from typing import Final
from zlib import crc32

WAKE_REPEATS: Final = tuple(float(second) for second in range(11))
"""When to send the wake packet, seconds after the first: the app repeats it every second for ten."""


def wake_topic(device_id: str) -> str:
    """Return the MQTT topic that a sleeping camera's radio listens to."""
    return f"m/w/{device_id}"


def wake_payload(local_key: str) -> bytes:
    """Return the four bytes that wake the camera with this local key; raises ValueError without one.

    A packet made of an empty key wakes nobody, and says so to no one.
    """
    if not local_key:
        raise ValueError("a camera cannot be woken without its local key")
    return crc32(local_key.encode()).to_bytes(4, "big")
