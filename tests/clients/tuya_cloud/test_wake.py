"""The packet that wakes a camera."""

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.wake import WAKE_REPEATS, wake_payload, wake_topic


def test_payload() -> None:
    """CRC-32 of the local key, big-endian; this is the checksum's own standard check value."""
    assert wake_payload("123456789") == bytes.fromhex("cbf43926")


def test_topic() -> None:
    assert wake_topic("6c9a943f2ea6929675ymcq") == "m/w/6c9a943f2ea6929675ymcq"


def test_repeats() -> None:
    """Every second for ten seconds."""
    assert tuple(range(11)) == WAKE_REPEATS


def test_without_a_key() -> None:
    """An empty key makes a packet that wakes nobody."""
    with pytest.raises(ValueError, match="local key"):
        wake_payload("")
