"""Who gets into the simulated TuyaLink cloud, and what ends a connection."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
import ssl
import time
from typing import Any

import aiomqtt
import pytest

from simulators.tuyalink_cloud import DEMO_DEVICE_ID, LIGHT_PRODUCT, LinkDevice, TuyaLinkCloudSimulator, demo_products
from simulators.tuyalink_cloud.authentication import UserName, parse_user_name, sign

from .link_device import client_of, connack, connected, credentials, ms

pytestmark = pytest.mark.usefixtures("socket_enabled")

NAME = f"{DEMO_DEVICE_ID}|signMethod=hmacSha256,timestamp=%s,secureMode=1,accessType=1"


@pytest.fixture
async def cloud() -> AsyncIterator[TuyaLinkCloudSimulator]:
    async with TuyaLinkCloudSimulator() as simulator:
        yield simulator


def test_numbers_of_the_page() -> None:
    """The seed's example: name and password belong to different times, the password to that of its content."""
    device = "6c828cba434ff40c074wF2"
    secret = "ffad8eb66ae8c717"
    for timestamp, password in (
        ("1607635284", "9088f1608df4744e2a933ff905ffdde58dc7213510f25ad786a89896a5ea1104"),
        ("1607837283", "028d9411d7035668f360af6b9ff85a436c7624cfcb08bbc3c47fd885b611b931"),
    ):
        name = parse_user_name(f"{device}|signMethod=hmacSha256,timestamp={timestamp},secureMode=1,accessType=1")
        assert name == UserName(device_id=device, method="hmacSha256", timestamp=timestamp)
        assert sign(name, secret) == password
        assert credentials(device, secret, timestamp)["password"] == password
        assert name.seconds == int(timestamp)


@pytest.mark.parametrize(
    ("text", "method", "seconds"),
    [
        ("a|signMethod=hmacSha256,timestamp=1607635284,secureMode=1,accessType=1", "hmacSha256", 1607635284),
        ("a|signMethod=hmacSha256,timestamp=1607635284123,secureMode=1,accessType=1;", "hmacSha256", 1607635284.123),
        ("a|signMethod=hmacSha1,timestamp=1607635284,secureMode=1,accessType=1", "hmacSha1", 1607635284),
    ],
)
def test_user_names(text: str, method: str, seconds: float) -> None:
    name = parse_user_name(text)
    assert name is not None
    assert (name.device_id, name.method, name.seconds) == ("a", method, seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "|signMethod=hmacSha256,timestamp=1607635284,secureMode=1,accessType=1",
        "a|signMethod=hmacMd5,timestamp=1607635284,secureMode=1,accessType=1",
        "a|signMethod=hmacSha256,timestamp=160763528,secureMode=1,accessType=1",
        "a|signMethod=hmacSha256,timestamp=16076352841,secureMode=1,accessType=1",
        "a|timestamp=1607635284,signMethod=hmacSha256,secureMode=1,accessType=1",
        "a|signMethod=hmacSha256,timestamp=1607635284,secureMode=2,accessType=1",
    ],
)
def test_no_user_names(text: str) -> None:
    assert parse_user_name(text) is None


async def test_connect(cloud: TuyaLinkCloudSimulator) -> None:
    device = cloud.gateway
    for timestamp in (ms(), int(time.time())):
        async with connected(cloud, **credentials(device.id, device.secret, timestamp), keepalive=60):
            assert device.online
            attempt = cloud.gate.attempts[-1]
            assert (attempt.code, attempt.why) == (0, "")
            assert (attempt.device_id, attempt.client_id) == (device.id, f"tuyalink_{device.id}")
            assert (attempt.timestamp, attempt.keepalive, attempt.clean_session) == (str(timestamp), 60, True)
        await cloud.wait_for_device(device.id, online=False)
    assert cloud.violations == []


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"password": "0" * 64}, 4),
    ({"password": None}, 4),
    ({"username": None, "password": None}, 4),
    ({"username": NAME % 1607635284}, 4),
    ({"username": NAME % 12}, 4),
    ({"identifier": DEMO_DEVICE_ID}, 2),
    ({"identifier": "tuyalink_another"}, 2),
    (credentials("6c00000000000000000000", "51a0d3c0de71f00d", 1607635284), 5),
    ({"protocol": aiomqtt.ProtocolVersion.V31}, 1),
    ({"protocol": aiomqtt.ProtocolVersion.V5}, 1),
]


async def test_refused(cloud: TuyaLinkCloudSimulator) -> None:
    for change, code in REFUSED:
        assert await connack(cloud, **change) == code, change
        assert cloud.gate.attempts[-1].why
        assert not cloud.gateway.online
    assert await connack(cloud) == 0


async def test_the_secret_stays_secret(cloud: TuyaLinkCloudSimulator) -> None:
    await connack(cloud, password="1" * 64)
    await connack(cloud)
    seen = repr((cloud.devices, cloud.gate.attempts, cloud.violations, cloud.broker.users, list(cloud.broker.log)))
    assert cloud.gateway.secret not in seen
    assert "1" * 64 not in seen


async def test_a_secret_is_text_and_may_change(cloud: TuyaLinkCloudSimulator) -> None:
    async with connected(cloud) as device:
        await cloud.reset_secret(device.id, "näxt")
        await cloud.wait_for_device(device.id, online=False)
    old = credentials(cloud.gateway.id, "51a0d3c0de71f00d", ms())
    assert await connack(cloud, **old) == 4
    assert await connack(cloud) == 0


async def test_a_device_that_is_registered_later(cloud: TuyaLinkCloudSimulator) -> None:
    light = next(one for one in cloud.products.values() if one.id == LIGHT_PRODUCT)
    second = LinkDevice(id="6csecond", product=cloud.gateway.product, secret="second")
    assert await connack(cloud, **credentials("6csecond", "second", ms())) == 5
    await cloud.add_device(second)
    await cloud.add_device(LinkDevice(id="6cbulb", product=light, client_id="b", gateway_id="6csecond"))
    async with connected(cloud), connected(cloud, second) as device:
        assert await device.report({"switch_1": True}) == 0
        await device.subscribe("6cbulb")
        assert await device.report({"switch_led": True}, device_id="6cbulb") == 0
        # Without a word to the broker, a device has no way in.
        cloud.devices["6cthird"] = LinkDevice(id="6cthird", product=second.product, secret="third")
        with pytest.raises(aiomqtt.MqttError):
            async with client_of(cloud, cloud.devices["6cthird"]):
                pass
        assert cloud.violations == ["the broker refuses 6cthird"]
        assert not cloud.devices["6cthird"].online


async def test_window_of_time() -> None:
    async with TuyaLinkCloudSimulator(timestamp_tolerance=300, now=lambda: 1_700_000_000.0) as cloud:
        device = cloud.gateway
        for timestamp, code in ((1_700_000_299, 0), (1_699_999_701_000, 0), (1_700_000_301, 5), (1_699_999_699_000, 5)):
            assert await connack(cloud, **credentials(device.id, device.secret, timestamp)) == code


async def test_tls() -> None:
    async with TuyaLinkCloudSimulator(tls=True) as cloud:
        async with connected(cloud) as device:
            assert await device.report({"switch_1": True}) == 0
        assert cloud.certificate is not None
        too_new = cloud.certificate.client_context()
        too_new.minimum_version = ssl.TLSVersion.TLSv1_3
        for context in (too_new, ssl.create_default_context()):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection(cloud.host, cloud.port, ssl=context)
        _, writer = await asyncio.open_connection(cloud.host, cloud.port, ssl=cloud.certificate.client_context())
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
        writer.close()


async def test_a_second_connection_ends_the_first(cloud: TuyaLinkCloudSimulator) -> None:
    async with client_of(cloud) as first, asyncio.timeout(20), connected(cloud) as second:
        with pytest.raises(aiomqtt.MqttError):
            await anext(aiter(first.messages))
        assert cloud.gateway.online
        assert await second.report({"switch_1": True}) == 0
        assert cloud.broker.takeovers == {f"tuyalink_{second.id}": 1}
        with contextlib.suppress(aiomqtt.MqttError):
            await first.publish("x")


async def test_rival(cloud: TuyaLinkCloudSimulator) -> None:
    """Another client of the certificate that comes back: each connection lasts until it does."""
    rival = None
    for _ in range(3):
        async with client_of(cloud) as client, asyncio.timeout(20):
            if rival is None:
                rival = await cloud.take_over(cloud.gateway.id, persistent=True)
            with pytest.raises(aiomqtt.MqttError):
                await anext(aiter(client.messages))
    assert rival is not None
    await cloud.wait_for(lambda: rival.connections >= 3)
    await cloud.release(cloud.gateway.id)
    await cloud.wait_for_device(cloud.gateway.id, online=False)
    count = rival.connections
    async with connected(cloud) as device:
        assert await device.report({"switch_1": True}) == 0
    assert rival.connections == count


async def test_a_rival_that_gives_up(cloud: TuyaLinkCloudSimulator) -> None:
    rival = await cloud.take_over(cloud.gateway.id)
    async with connected(cloud) as device:
        assert await device.report({"switch_1": True}) == 0
    assert rival.connections == 1


async def test_a_rival_that_is_released_while_it_logs_in(
    cloud: TuyaLinkCloudSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """At whatever moment, it is gone then: it neither takes over what comes next nor trips over the end of its connection."""
    for turn in range(20):
        _ = await cloud.take_over(cloud.gateway.id, persistent=True)
        assert cloud.kick(cloud.gateway.id)
        await asyncio.sleep(turn / 2000)
        await cloud.release(cloud.gateway.id)
        async with connected(cloud) as device:
            assert await device.report({"switch_1": True}) == 0
    assert "CancelledError" not in caplog.text


async def test_kick(cloud: TuyaLinkCloudSimulator) -> None:
    assert not cloud.kick(cloud.gateway.id)
    async with client_of(cloud) as client, asyncio.timeout(20):
        assert cloud.kick(cloud.gateway.id)
        with pytest.raises(aiomqtt.MqttError):
            await anext(aiter(client.messages))
    await cloud.wait_for_device(cloud.gateway.id, online=False)


async def test_topics_of_others_are_closed() -> None:
    products = demo_products()
    one, two = (LinkDevice(id=f"6c{name}", product=products[0], secret=f"s{name}") for name in ("one", "two"))
    async with (
        TuyaLinkCloudSimulator([one, two], products=products) as cloud,
        connected(cloud, one) as first,
        connected(cloud, two) as second,
    ):
        sub = await second.bind(LIGHT_PRODUCT)
        await first.subscribe(two.id)
        await first.subscribe(sub)
        for device_id, function in ((two.id, "thing/property/report"), (sub, "thing/property/report")):
            await first.send(function, {"switch_1": {"value": True, "time": ms()}}, device_id=device_id)
        # What only the cloud may publish, and what there isn't at all
        await first.send("thing/property/set", {"switch_1": True})
        await first.send("thing/nothing/at/all", {})
        assert await second.report({"switch_2": True}) == 0
        assert await second.report({"switch_led": True}, device_id=sub) == 0
        assert await first.report({"switch_2": True}) == 0
        assert not two.value("switch_1")
        denied = [topic for client, topic in cloud.broker.denied if client == f"tuyalink_{one.id}"]
        assert denied == [
            f"tylink/{two.id}/thing/property/report",
            f"tylink/{sub}/thing/property/report",
            f"tylink/{one.id}/thing/property/set",
            f"tylink/{one.id}/thing/nothing/at/all",
        ]
        # The first device, which has subscribed to all of it, got only its own answer.
        assert not len(first.client.messages)
        assert cloud.devices[sub].value("switch_led") is True


async def test_limits(cloud: TuyaLinkCloudSimulator) -> None:
    for payload, qos, words in (
        (b"x" * (10 * 1024 + 1), 1, "a message of 10241 bytes"),
        (b"x", 2, "a message with QoS 2"),
    ):
        async with connected(cloud) as device:
            # No acknowledgement ever comes, and aiomqtt waits for one though the connection is gone.
            with pytest.raises(aiomqtt.MqttError):
                await device.client.publish(f"tylink/{device.id}/thing/property/report", payload, qos, timeout=0.1)
        await cloud.wait_for(lambda words=words: any(words in one for one in cloud.violations))  # type: ignore[misc]
        await cloud.wait_for_device(cloud.gateway.id, online=False)
    assert cloud.calls["thing/property/report"] == 0
    async with connected(cloud) as device:
        text = b'{"msgId":"1","time":1626197189638,"sys":{"ack":1},"data":{},"x":"%s"}'
        await device.publish("thing/property/report", text % (b"x" * (10 * 1024 - len(text) + 2)))
        assert (await device.receive("thing/property/report_response"))["code"] == 1003
        assert len(cloud.received[-1].payload) == 10 * 1024


async def test_bad_manners(cloud: TuyaLinkCloudSimulator) -> None:
    async with connected(cloud, keepalive=10, clean_session=False):
        pass
    assert cloud.violations == [
        f"{DEMO_DEVICE_ID} has a keepalive of 10 s",
        f"{DEMO_DEVICE_ID} wants a session that stays",
    ]


NO_MQTT = [
    (b"GET / HTTP/1.1\r\n\r\n" + b"x" * 100, "the first packet is no CONNECT"),
    (b"\x10\xff\xff\xff\xff\x7f", "a packet whose length has no end"),
    (b"\x10\xff\xff\x01", "a packet of 32767 bytes"),
    (b"\x10\x02\x00\x09", "a packet that ends too early"),
    (b"\x10\x09\x00\x04HTTP\x04\x02\x00", "a CONNECT of another protocol"),
    (b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02\xff\xfe", "a text that is no UTF-8"),
]


async def test_no_mqtt(cloud: TuyaLinkCloudSimulator) -> None:
    for data, words in NO_MQTT:
        cloud.violations.clear()
        reader, writer = await asyncio.open_connection(cloud.host, cloud.port)
        async with asyncio.timeout(20):
            writer.write(data)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()
        assert cloud.violations == [words]
    assert cloud.gate.attempts == []


async def test_stop_and_start(cloud: TuyaLinkCloudSimulator) -> None:
    port = cloud.port
    async with client_of(cloud) as client, asyncio.timeout(20):
        await cloud.stop()
        await cloud.stop()
        with pytest.raises(aiomqtt.MqttError):
            await anext(aiter(client.messages))
    assert not cloud.running
    assert not cloud.gateway.online
    with pytest.raises((aiomqtt.MqttError, OSError)):
        async with client_of(cloud):
            pass
    await cloud.start()
    await cloud.start()
    assert (cloud.running, cloud.port) == (True, port)
    async with connected(cloud) as device:
        assert await device.report({"switch_1": True}) == 0


async def test_the_broker_is_restarted(cloud: TuyaLinkCloudSimulator) -> None:
    async with connected(cloud) as device:
        await cloud.broker.restart()
        await cloud.wait_for_device(device.id, online=False)
    await cloud.wait_for(lambda: cloud.ready)
    async with connected(cloud) as device:
        assert await device.report({"switch_1": True}) == 0


async def test_a_will_goes_through(cloud: TuyaLinkCloudSimulator) -> None:
    will = aiomqtt.Will(f"tylink/{DEMO_DEVICE_ID}/thing/event/trigger", b'{"msgId":"will"}', qos=1)
    async with connected(cloud, will=will) as device:
        await device.subscribe(device.id)
        cloud.kick(device.id)
    await cloud.wait_for(lambda: cloud.calls["thing/event/trigger"] == 1)
    assert [one.msg_id for one in cloud.messages_of("thing/event/trigger")] == ["will"]
