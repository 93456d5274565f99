"""Password and key, by the vector of Tuya's own SDK (A1)."""

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import payload_key, queue_password

from .samples import ACCESS_ID, ACCESS_SECRET, KEY, PASSWORD


def test_the_official_vector() -> None:
    assert queue_password(ACCESS_ID, ACCESS_SECRET) == PASSWORD
    assert payload_key(ACCESS_SECRET) == KEY


def test_another_id_or_secret_has_another_password() -> None:
    assert queue_password(ACCESS_ID + "x", ACCESS_SECRET) != PASSWORD
    assert queue_password(ACCESS_ID, ACCESS_SECRET + "x") != PASSWORD


@pytest.mark.parametrize("secret", ["", "0123456701234567", "x" * 23, "ééééééééééééééééééééééééé"])
def test_what_is_no_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="the form") as error:
        payload_key(secret)
    assert not secret or secret not in str(error.value)
