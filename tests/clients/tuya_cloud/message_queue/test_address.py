"""Where a project's consumer is (A1)."""

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import REGION_BASES, parse_base, queue_url
from custom_components.iot_gateway.const import TUYA_REGIONS

QUERY = "ackTimeoutMillis=30000&subscriptionType=Failover"


def test_the_sdks_url() -> None:
    url = queue_url("wss://mqe.tuyaeu.com:8285/", access_id="abc")
    assert str(url) == f"wss://mqe.tuyaeu.com:8285/ws/v2/consumer/persistent/abc/out/event/abc-sub?{QUERY}"


def test_the_test_environment_and_a_subscription_of_ones_own() -> None:
    url = queue_url("ws://127.0.0.1:9", access_id="abc", environment="event-test", subscription="abc-ha.2")
    assert str(url) == f"ws://127.0.0.1:9/ws/v2/consumer/persistent/abc/out/event-test/abc-ha.2?{QUERY}"


def test_the_acknowledgement_timeout_is_in_milliseconds() -> None:
    url = queue_url("ws://127.0.0.1:9", access_id="abc", ack_timeout=2.5)
    assert url.query["ackTimeoutMillis"] == "2500"


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("wss://mqe.tuyaeu.com:8285/", "wss://mqe.tuyaeu.com:8285/"),
        (" wss://mqe.tuyaeu.com:8285 ", "wss://mqe.tuyaeu.com:8285/"),
        ("mqe.tuyaeu.com", "wss://mqe.tuyaeu.com:8285/"),
        ("mqe.tuyaeu.com:8285", "wss://mqe.tuyaeu.com:8285/"),
        ("https://mqe.tuyaeu.com:8285/", "wss://mqe.tuyaeu.com:8285/"),
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/"),
        ("ws://127.0.0.1:1", "ws://127.0.0.1:1/"),
        ("ws://[::1]:8080//", "ws://[::1]:8080/"),
        ("ws://proxy.lan/tuya/", "ws://proxy.lan:8285/tuya/"),
        # What the seed names
        ("pulsar+ssl://mqe.tuyacn.com:7285/", "wss://mqe.tuyacn.com:8285/"),
        ("pulsar+ssl://mqe.tuyacn.com:9999/", "wss://mqe.tuyacn.com:9999/"),
        *((base, base) for base in REGION_BASES.values()),
    ],
)
def test_addresses_as_people_type_them(typed: str, base: str) -> None:
    assert parse_base(typed) == base


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "ftp://host:1/", "wss://", "ws://user:pw@host/", "ws://host/?a=b", "ws://host/#x", "ws://host:99999/"],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        parse_base(typed)


@pytest.mark.parametrize(
    "arguments",
    [
        {"subscription": ""},
        {"subscription": "a/b"},
        {"subscription": "a b"},
        {"subscription": "a%20b"},
        {"subscription": "a?b"},
        {"environment": "production"},
        {"access_id": ""},
    ],
)
def test_what_cannot_be_part_of_the_url(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        queue_url("ws://127.0.0.1:1/", **{"access_id": "abc", **arguments})  # type: ignore[arg-type]


def test_an_access_id_cannot_leave_its_place() -> None:
    url = queue_url("ws://127.0.0.1:1/", access_id="../x?y", subscription="s")
    assert url.raw_path == "/ws/v2/consumer/persistent/..%2Fx%3Fy/out/event/s"


def test_each_data_center_has_a_queue() -> None:
    assert set(REGION_BASES) == set(TUYA_REGIONS)
    assert {parse_base(base) for base in REGION_BASES.values()} == set(REGION_BASES.values())
