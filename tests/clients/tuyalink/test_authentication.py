"""Who we are to the broker."""

import hashlib
import hmac
import re

import pytest

from custom_components.iot_gateway.clients.tuyalink.authentication import client_id, password, user_name

_DEVICE = "6c828cba434ff40c074wF2"
_SECRET = "ffad8eb66ae8c717"


def test_the_samples_of_the_seed() -> None:
    assert user_name(_DEVICE, 1607837283) == (
        "6c828cba434ff40c074wF2|signMethod=hmacSha256,timestamp=1607837283,secureMode=1,accessType=1"
    )
    assert password(_DEVICE, _SECRET, 1607635284) == (
        "9088f1608df4744e2a933ff905ffdde58dc7213510f25ad786a89896a5ea1104"
    )
    # Of the user name's time, as the protocols page has computed it
    assert password(_DEVICE, _SECRET, 1607837283) == (
        "028d9411d7035668f360af6b9ff85a436c7624cfcb08bbc3c47fd885b611b931"
    )


def test_the_client_id() -> None:
    assert client_id(_DEVICE) == "tuyalink_6c828cba434ff40c074wF2"


@pytest.mark.parametrize("timestamp", [1607635284, 1607635284123])
def test_seconds_and_milliseconds_sign_alike(timestamp: int) -> None:
    content = f"deviceId={_DEVICE},timestamp={timestamp},secureMode=1,accessType=1"
    assert f"timestamp={timestamp}," in user_name(_DEVICE, timestamp)
    assert (
        password(_DEVICE, _SECRET, timestamp) == hmac.digest(_SECRET.encode(), content.encode(), hashlib.sha256).hex()
    )


def test_a_password_has_64_digits_whatever_it_begins_with() -> None:
    for timestamp in range(1607635284, 1607635284 + 300):
        assert re.fullmatch(r"[0-9a-f]{64}", password(_DEVICE, _SECRET, timestamp))
