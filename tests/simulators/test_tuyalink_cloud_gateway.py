"""Gateways at the simulated TuyaLink cloud: sub-devices are bound, logged in, listed and taken away."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulators.tuyalink_cloud import (
    GATEWAY_PRODUCT,
    LIGHT_PRODUCT,
    SENSOR_PRODUCT,
    LinkDevice,
    Refused,
    TuyaLinkCloudSimulator,
    demo_products,
    sub_device_id,
)

from .link_device import RawDevice, connected, ms

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def cloud() -> AsyncIterator[TuyaLinkCloudSimulator]:
    async with TuyaLinkCloudSimulator() as simulator:
        yield simulator


@pytest.fixture
async def gateway(cloud: TuyaLinkCloudSimulator) -> AsyncIterator[RawDevice]:
    async with connected(cloud) as raw:
        yield raw


async def test_bind(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    wanted = [{"productId": LIGHT_PRODUCT, "clientId": "a"}, {"productId": SENSOR_PRODUCT, "clientId": "a"}]
    answer = await gateway.ask("device/sub/bind", wanted)
    assert answer["code"] == 0
    light, sensor = answer["data"]
    assert light == {"productId": LIGHT_PRODUCT, "clientId": "a", "deviceId": sub_device_id(LIGHT_PRODUCT, "a")}
    assert sensor["deviceId"] not in ("", light["deviceId"])
    device = cloud.devices[light["deviceId"]]
    assert (device.gateway_id, device.client_id, device.online, device.secret) == (gateway.id, "a", False, "")
    # Once more is the same, whatever HA-bridge's extension says.
    again = await gateway.ask("device/sub/bind", [{**wanted[0], "deviceName": "Light", "defaultProperties": []}])
    assert again["data"] == [light]
    assert len(cloud.topology.sub_devices(gateway.id)) == 2
    assert cloud.violations == []


async def test_a_sub_device_lives(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    light = await gateway.bind(LIGHT_PRODUCT)
    await cloud.wait_for_device(light)
    model = await gateway.ask("thing/model/get", {}, device_id=light)
    assert model["data"]["modelId"] == "0000sim002"
    assert await gateway.report({"switch_led": True, "bright_value_v2": 500}, device_id=light) == 0
    assert await gateway.report({"switch_1": True}, device_id=light) == 2003
    assert cloud.devices[light].value("bright_value_v2") == 500
    assert cloud.gateway.values == {}
    await gateway.send("device/sub/logout", [light])
    await cloud.wait_for_device(light, online=False)
    await gateway.send("device/sub/login", [light])
    await cloud.wait_for_device(light)
    assert (await gateway.ask("device/topo/get", {}))["data"][0]["deviceId"] == light
    # A sub-device's connection is its gateway's.
    cloud.kick(gateway.id)
    await cloud.wait_for_device(light, online=False)
    assert cloud.devices[light].gateway_id == gateway.id


async def test_a_new_connection_logs_in_again(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    light = await gateway.bind(LIGHT_PRODUCT)
    await cloud.wait_for_device(light)
    async with connected(cloud) as again:
        assert not cloud.devices[light].online
        await again.subscribe(light)
        await again.send("device/sub/login", [light])
        await cloud.wait_for_device(light)
        assert await again.report({"switch_led": True}, device_id=light) == 0


async def test_login_of_others(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    light = await gateway.bind(LIGHT_PRODUCT)
    await gateway.send("device/sub/logout", ["nobody", 7, light])
    await cloud.wait_for_device(light, online=False)
    assert [one.partition(" ")[0] for one in cloud.violations] == ["1004:", "1004:"]


BAD_DATA: list[tuple[str, Any, int]] = [
    ("device/sub/bind", {}, 1003),
    ("device/sub/bind", ["a"], 1003),
    ("device/sub/bind", [{"productId": LIGHT_PRODUCT}], 1003),
    ("device/sub/bind", [], 1002),
    ("device/sub/bind", [{"productId": LIGHT_PRODUCT, "clientId": str(one)} for one in range(101)], 1002),
    ("device/sub/bind", [{"productId": "nothing", "clientId": "a"}], 1002),
    ("device/sub/bind", [{"productId": GATEWAY_PRODUCT, "clientId": "a"}], 1002),
    ("device/topo/get", [], 1003),
    ("device/topo/get", {"pageSize": "all"}, 1002),
    ("device/topo/get", {"startId": -1}, 1002),
    ("device/topo/add", ["nobody"], 1004),
    ("device/topo/add", {"sub": "nobody"}, 1003),
    ("device/topo/delete", ["nobody"], 1004),
    ("device/topo/delete", [{"id": "nobody"}], 1003),
]


async def test_bad_data(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    for function, data, code in BAD_DATA:
        assert (await gateway.ask(function, data))["code"] == code, (function, data)
    assert len(cloud.devices) == 1
    for data in ([], [str(one) for one in range(101)], {}):
        await gateway.send("device/sub/login", data)
    await cloud.wait_for(lambda: len(cloud.violations) == len(BAD_DATA) + 3)


async def test_no_gateway() -> None:
    products = demo_products()
    products[0].gateway = False
    device = LinkDevice(id="6calone", product=products[0], secret="s")
    async with TuyaLinkCloudSimulator([device], products=products) as cloud, connected(cloud) as raw:
        await raw.send("device/topo/get", {})
        assert await raw.report({"switch_1": True}) == 0
        # Its topics aren't a gateway's.
        assert cloud.broker.denied == [("tuyalink_6calone", "tylink/6calone/device/topo/get")]


async def test_licences() -> None:
    products = demo_products()
    light = next(one for one in products if one.id == LIGHT_PRODUCT)
    light.licences = 2
    async with TuyaLinkCloudSimulator(products=products) as cloud, connected(cloud) as gateway:
        wanted = [{"productId": LIGHT_PRODUCT, "clientId": name} for name in "abc"]
        answer = await gateway.ask("device/sub/bind", wanted)
        assert answer["code"] == 0
        assert [one["clientId"] for one in answer["data"]] == ["a", "b"]
        assert light.licences == 0
        # A device that was registered needs no other licence.
        answer = await gateway.ask("device/sub/bind", wanted[1:])
        assert [one["clientId"] for one in answer["data"]] == ["b"]


async def test_empty_answer(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    cloud.faults.bind_empty = True
    wanted = [{"productId": LIGHT_PRODUCT, "clientId": "a"}]
    answer = await gateway.ask("device/sub/bind", wanted)
    assert (answer["code"], answer["data"]) == (0, [])
    assert len(cloud.devices) == 1
    cloud.faults.reset()
    assert len((await gateway.ask("device/sub/bind", wanted))["data"]) == 1


# Topology


async def test_pages(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    names = [f"c{number:03}" for number in range(150)]
    for part in (names[:100], names[100:]):
        wanted = [{"productId": LIGHT_PRODUCT, "clientId": name} for name in part]
        assert len((await gateway.ask("device/sub/bind", wanted))["data"]) == len(part)
    first = (await gateway.ask("device/topo/get", {}))["data"]
    assert [one["clientId"] for one in first] == names[:50]
    assert set(first[0]) == {"clientId", "deviceId", "productId", "indexId"}
    assert [one["clientId"] for one in (await gateway.ask("device/topo/get"))["data"]] == names[:50]
    for following in (0, 1):
        # Whether a client goes on with the last index or the next number, nothing is left out.
        seen: list[str] = []
        start = 0
        while page := (await gateway.ask("device/topo/get", {"startId": start, "pageSize": 40}))["data"]:
            seen += [one["clientId"] for one in page]
            start = page[-1]["indexId"] + following
        assert seen == names
    assert len((await gateway.ask("device/topo/get", {"pageSize": 1000}))["data"]) == 100
    some = [first[3]["deviceId"], first[1]["deviceId"], "nobody"]
    found = (await gateway.ask("device/topo/get", {"devIds": some}))["data"]
    assert [one["clientId"] for one in found] == ["c001", "c003"]


async def test_add_and_delete(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    light = await gateway.bind(LIGHT_PRODUCT)
    assert (await gateway.ask("device/topo/delete", [{"deviceId": light}]))["code"] == 0
    assert cloud.devices[light].gateway_id is None
    assert (await gateway.ask("device/topo/delete", [light]))["code"] == 1004
    assert (await gateway.ask("device/topo/get", {}))["data"] == []
    # Its topics are still there, and say that it isn't.
    assert await gateway.report({"switch_led": True}, device_id=light) == 1004
    answer = await gateway.ask("device/topo/add", {"devIds": [light]})
    assert (answer["code"], answer["data"][0]["deviceId"]) == (0, light)
    assert await gateway.report({"switch_led": True}, device_id=light) == 0


async def test_unbound_in_the_app(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    light = await gateway.bind(LIGHT_PRODUCT)
    await cloud.wait_for_device(light)
    await cloud.unbind(light)
    change = await gateway.receive("device/topo/change")
    assert change["data"] == {"delDevIds": [light]}
    assert change["msgId"] and abs(change["time"] - ms()) < 60_000
    assert not cloud.devices[light].online
    with pytest.raises(Refused, match="isn't bound"):
        await cloud.unbind(light)
    # Bound again it is the same device.
    assert await gateway.bind(LIGHT_PRODUCT) == light
    cloud.faults.topology = "objects"
    await cloud.unbind(light)
    assert (await gateway.receive("device/topo/change"))["data"] == {"delDevIds": [{"deviceId": light}]}


async def test_bound_in_the_console() -> None:
    products = demo_products()
    light = next(one for one in products if one.id == LIGHT_PRODUCT)
    known = LinkDevice(id="6cbulb", product=light, client_id="bulb", gateway_id="6cone")
    gateways = [LinkDevice(id=f"6c{name}", product=products[0], secret=name) for name in ("one", "two")]
    async with (
        TuyaLinkCloudSimulator([*gateways, known], products=products) as cloud,
        connected(cloud, gateways[0]) as one,
        connected(cloud, gateways[1]) as two,
    ):
        assert [entry["deviceId"] for entry in (await one.ask("device/topo/get", {}))["data"]] == ["6cbulb"]
        await one.subscribe("6cbulb")
        assert await one.report({"switch_led": True}, device_id="6cbulb") == 0
        await cloud.bind("6cbulb", "6ctwo")
        assert (await two.receive("device/topo/change"))["data"] == {"addDevIds": ["6cbulb"]}
        await two.subscribe("6cbulb")
        assert await two.report({"switch_led": False}, device_id="6cbulb") == 0
        assert (await one.ask("device/topo/get", {}))["data"] == []
        # The first gateway's is it no more.
        await one.send("thing/property/report", {"switch_led": {"value": True, "time": ms()}}, device_id="6cbulb")
        assert await one.report({"switch_1": True}) == 0
        assert known.value("switch_led") is False
        assert cloud.broker.denied == [("tuyalink_6cone", "tylink/6cbulb/thing/property/report")]


async def test_made_up_changes(cloud: TuyaLinkCloudSimulator, gateway: RawDevice) -> None:
    await cloud.topology_change(gateway.id, added=["x"], deleted=["y", "z"])
    assert (await gateway.receive("device/topo/change"))["data"] == {"addDevIds": ["x"], "delDevIds": ["y", "z"]}
    await cloud.topology_change(gateway.id)
    assert (await gateway.receive("device/topo/change"))["data"] == {}
