"""Access to the message broker."""

from typing import Any, Final

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.errors import CloudError, UnknownCloudError, error_of
from custom_components.iot_gateway.clients.tuya_cloud.mqtt_access import (
    MqttAccess,
    MqttAccessSource,
    get_mqtt_access,
    parse_mqtt_access,
)

from .fake_api import DEVICE, NOW, UID, FakeApi

# The example of Tuya's page (seed 000), with the asterisks filled in
ACCESS: Final[dict[str, Any]] = {
    "client_id": "cloud_7ef68bc84629ea3f51152760cdf20000",
    "expire_time": 7200,
    "password": "0426d6917bfd8b88f037c4a598a00000",
    "sink_topic": {"ipc": "/av/moto/moto_id/u/{device_id}"},
    "source_topic": {"ipc": "/av/u/d09735be24f4b7eb3583b30bcaa20000"},
    "url": "ssl://m1-cn.example.com:8883",
    "username": "cloud_d09735be24f4b7eb3583b30bcaa20000",
}


def test_access_of_the_page() -> None:
    access = parse_mqtt_access(ACCESS, now=NOW)
    assert access == MqttAccess(
        url="ssl://m1-cn.example.com:8883",
        client_id="cloud_7ef68bc84629ea3f51152760cdf20000",
        username="cloud_d09735be24f4b7eb3583b30bcaa20000",
        password="0426d6917bfd8b88f037c4a598a00000",
        source_topic="/av/u/d09735be24f4b7eb3583b30bcaa20000",
        sink_topic="/av/moto/moto_id/u/{device_id}",
        expires_at=NOW + 7200,
    )
    assert (access.host, access.port, access.tls) == ("m1-cn.example.com", 8883, True)
    assert access.sender == "d09735be24f4b7eb3583b30bcaa20000"
    assert access.topic_of("moto_5f685396jK", DEVICE) == f"/av/moto/moto_5f685396jK/u/{DEVICE}"


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("ssl://h", "h", 8883, True),
        ("tcp://127.0.0.1:1883", "127.0.0.1", 1883, False),
        ("mqtt://h", "h", 1883, False),
        ("mqtts://[::1]:9", "::1", 9, True),
    ],
)
def test_urls(url: str, host: str, port: int, tls: bool) -> None:
    access = parse_mqtt_access(ACCESS | {"url": url}, now=NOW)
    assert (access.host, access.port, access.tls) == (host, port, tls)


@pytest.mark.parametrize("url", ["wss://h:443/mqtt", "h:8883", "//h:8883", "http://h"])
def test_urls_of_another_kind(url: str) -> None:
    """They are not tried as if they were one without encryption."""
    with pytest.raises(UnknownCloudError):
        _ = parse_mqtt_access(ACCESS | {"url": url}, now=NOW)


@pytest.mark.parametrize(
    ("expire_time", "expires_at"),
    [
        (60, NOW + 60),
        ("60", NOW + 60),
        (None, NOW + 7200),
        (0, NOW + 7200),
        (1700000000, 1700000000.0),
        (1600000000, NOW + 7200),
    ],
)
def test_end_of_access(expire_time: Any, expires_at: float) -> None:
    assert parse_mqtt_access(ACCESS | {"expire_time": expire_time}, now=NOW).expires_at == expires_at


def test_topics_as_texts() -> None:
    access = parse_mqtt_access(
        ACCESS | {"source_topic": "/av/u/x", "sink_topic": "/av/moto/moto_id/u/{device_id}"}, now=NOW
    )
    assert (access.source_topic, access.topic_of("m", "d")) == ("/av/u/x", "/av/moto/m/u/d")


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "text",
        {},
        ACCESS | {"url": ""},
        ACCESS | {"url": "ssl://h:port"},
        ACCESS | {"source_topic": {}},
        ACCESS | {"source_topic": ""},
        ACCESS | {"sink_topic": None},
        {name: value for name, value in ACCESS.items() if name != "password"},
    ],
)
def test_no_access(result: Any) -> None:
    with pytest.raises(UnknownCloudError):
        parse_mqtt_access(result, now=NOW)


def test_nothing_secret_is_shown() -> None:
    shown = repr(parse_mqtt_access(ACCESS, now=NOW))
    for secret in ("0426d", "cloud_", "d09735"):
        assert secret not in shown


OPEN_HUB: Final = "/v1.0/open-hub/access/config"
OPEN_IOT_HUB: Final = "/v2.0/open-iot-hub/access/config"


async def test_get_mqtt_access() -> None:
    api = FakeApi(**{f"POST {OPEN_HUB}": ACCESS})
    assert (await get_mqtt_access(api, UID, "a1b2c3d4", now=lambda: NOW)).expires_at == NOW + 7200
    body = {"uid": UID, "link_id": "a1b2c3d4", "link_type": "mqtt", "topics": "ipc"}
    assert api.calls == [("POST", OPEN_HUB, None, body, "access-config")]


async def test_get_mqtt_access_the_other_way() -> None:
    api = FakeApi(**{f"POST {OPEN_IOT_HUB}": ACCESS})
    _ = await get_mqtt_access(api, UID, "a1b2c3d4")
    assert api.paths == [OPEN_HUB, OPEN_IOT_HUB]
    assert api.calls[1][3] == {"uid": UID, "unique_id": "a1b2c3d4", "link_type": "mqtt", "topics": "ipc"}


async def test_no_other_way_for_nothing() -> None:
    api = FakeApi(**{f"POST {OPEN_HUB}": error_of(1109, "no")})
    with pytest.raises(CloudError):
        await get_mqtt_access(api, UID, "a1b2c3d4")
    assert api.paths == [OPEN_HUB]


async def test_link_ids_take_turns() -> None:
    """A failure doesn't use an id up: the connection that stands keeps its own."""
    api = FakeApi(**{f"POST {OPEN_HUB}": ACCESS})
    source = MqttAccessSource(api, UID, ("first", "second"))
    _ = await source()
    api.answers[f"POST {OPEN_HUB}"] = error_of(1110, "busy")
    with pytest.raises(CloudError):
        await source()
    api.answers[f"POST {OPEN_HUB}"] = ACCESS
    _ = await source()
    _ = await source()
    assert [call[3]["link_id"] for call in api.calls] == ["first", "second", "second", "first"]


async def test_without_a_user() -> None:
    """Where a camera's record names no user, the project's own is meant."""
    api = FakeApi(**{f"POST {OPEN_HUB}": ACCESS})
    _ = await get_mqtt_access(api, "", "a1b2c3d4")
    assert api.calls[0][3] == {"link_id": "a1b2c3d4", "link_type": "mqtt", "topics": "ipc"}
