"""The simulated cloud's devices: lists, details, specifications, states, commands, and where they come from."""

from collections.abc import AsyncIterator
import json
from pathlib import Path
import time
from typing import Any

import pytest

from simulators.tuya_cloud import (
    DEFAULT_UID,
    PROJECT_UID,
    SECOND_UID,
    SHARED_WITH_GATEWAY,
    BadDescription,
    Camera,
    CloudDevice,
    TuyaCloudSimulator,
    UnknownDevice,
    demo_cameras,
    demo_cloud,
    load_cloud,
    make_device,
)
from simulators.tuya_gateway import demo_home
from simulators.tuya_gateway.demo.points import rw, wo
from simulators.tuya_gateway.schema import boolean, check_value, entry, integer

from .cloud_client import CloudClient, calling

pytestmark = pytest.mark.usefixtures("socket_enabled")

DEVICES = "/v1.0/iot-01/associated-users/devices"


@pytest.fixture
async def client() -> AsyncIterator[CloudClient]:
    async with TuyaCloudSimulator(demo_cloud()) as simulator, calling(simulator) as running:
        yield running


def named(client: CloudClient, name: str) -> CloudDevice:
    return next(device for device in client.simulator.devices.values() if device.name == name)


# The demo's devices


def test_demo_is_the_same_every_time_and_never_shared() -> None:
    first, second = demo_cloud(), demo_cloud()
    assert first == second
    assert len({device.id for device in first}) == len(first)
    first[0].value["motion_switch"] = "changed"
    assert first[0].camera is not second[0].camera
    assert demo_cloud() == second


@pytest.mark.parametrize("device", demo_cloud(), ids=lambda device: device.name)
def test_demo_devices_are_sound(device: CloudDevice) -> None:
    assert len(device.local_key) == 16
    assert device.local_key not in repr(device)
    assert device.product_id and device.product_name and device.uuid
    assert device.uid in (DEFAULT_UID, SECOND_UID)
    assert bool(device.ip) is not device.sub
    assert bool(device.node_id) is device.sub
    assert {one["code"] for one in device.status} == set(device.value)
    for code, value in device.value.items():
        if value != "":
            check_value(device.entry(code) or {}, value)


def test_demo_has_every_kind_of_camera() -> None:
    cameras = [device for device in demo_cameras() if device.camera is not None]
    skills = [json.loads(device.camera.skill_text() or "{}") for device in cameras if device.camera]
    codecs = {tuple(video["codecType"] for video in skill.get("videos", [])) for skill in skills}
    assert {(2, 2), (4, 2), (4, 4), ()} <= codecs
    assert [device.name for device in cameras if device.camera and device.camera.moto_id is None] == ["Garage camera"]
    assert [device.name for device in cameras if device.camera and device.camera.low_power] == [
        "Front door",
        "Bird feeder",
    ]
    assert [device.name for device in cameras if device.sub] == ["Driveway camera"]
    assert {device.category for device in cameras} == {"sp", "dghsxj", "sp_wnq"}
    assert len({device.local_key for device in cameras}) == len(cameras)


def test_one_device_is_behind_the_demo_gateway_too() -> None:
    at_home = {device.id: device for device in demo_home()}
    shared = [device for device in demo_cloud() if device.id in at_home]
    assert [at_home[device.id].name for device in shared] == [SHARED_WITH_GATEWAY]
    assert shared[0].name != SHARED_WITH_GATEWAY
    assert shared[0].sub


# Lists


async def test_list(client: CloudClient) -> None:
    result = await client.get(DEVICES, last_row_key="", size="100")
    devices = client.simulator.devices
    assert [one["id"] for one in result["devices"]] == list(devices)
    assert result["has_more"] is False
    assert result["total"] == len(devices)
    lamp = named(client, "Desk lamp")
    assert next(one for one in result["devices"] if one["id"] == lamp.id) == {
        "active_time": 1_700_000_000,
        "biz_type": 18,
        "category": "dj",
        "create_time": 1_700_000_000,
        "icon": f"smart/icon/{lamp.product_id}.png",
        "id": lamp.id,
        "ip": lamp.ip,
        "lat": "0.0",
        "local_key": lamp.local_key,
        "lon": "0.0",
        "model": "",
        "name": "Desk lamp",
        "online": True,
        "owner_id": lamp.owner_id,
        "product_id": lamp.product_id,
        "product_name": "LED Desk Lamp",
        "status": [
            {"code": "switch_led", "value": True},
            {"code": "work_mode", "value": "white"},
            {"code": "bright_value_v2", "value": 620},
            {"code": "temp_value_v2", "value": 300},
            {"code": "countdown_1", "value": 0},
        ],
        "sub": False,
        "time_zone": "+01:00",
        "uid": DEFAULT_UID,
        "update_time": 1_700_000_000,
        "uuid": lamp.uuid,
    }
    # What a gateway's sub-device is called there is in the details only.
    assert not any("node_id" in one or "gateway_id" in one for one in result["devices"])
    assert {one["uid"] for one in result["devices"]} == {DEFAULT_UID, SECOND_UID}
    assert [one["name"] for one in result["devices"] if not one["online"]] == ["Shed climate"]


@pytest.mark.parametrize(("size", "page_size", "pages"), [("5", 100, 3), ("100", 4, 3), ("6", 100, 2), ("12", 100, 1)])
async def test_pages(client: CloudClient, size: str, page_size: int, pages: int) -> None:
    client.simulator.faults.page_size = page_size
    assert len(client.simulator.devices) == 12
    found: list[str] = []
    key, more, count = "", True, 0
    while more:
        page = await client.get(DEVICES, last_row_key=key, size=size)
        found += [one["id"] for one in page["devices"]]
        key, more = page["last_row_key"], page["has_more"]
        count += 1
    assert found == list(client.simulator.devices)
    assert count == pages
    assert client.simulator.calls["devices"] == pages


@pytest.mark.parametrize(
    "query",
    [{"size": "0"}, {"size": "101"}, {"size": "x"}, {"last_row_key": "!"}, {"last_row_key": "eDox"}],
)
async def test_bad_pages(client: CloudClient, query: dict[str, str]) -> None:
    assert await client.code("GET", DEVICES, query) == 1109


async def test_no_devices() -> None:
    async with TuyaCloudSimulator() as simulator, calling(simulator) as client:
        result = await client.get(DEVICES)
        assert (result["devices"], result["has_more"], result["total"]) == ([], False, 0)


async def test_devices_of_a_user(client: CloudClient) -> None:
    result = await client.get(f"/v1.0/users/{SECOND_UID}/devices")
    assert [one["name"] for one in result] == ["Bird feeder", "Shed climate"]
    assert await client.code("GET", f"/v1.0/users/{PROJECT_UID}/devices") == 1106


# One, and some


async def test_details(client: CloudClient) -> None:
    driveway, recorder = named(client, "Driveway camera"), named(client, "Network video recorder")
    details = await client.get(f"/v1.0/devices/{driveway.id}")
    assert (details["id"], details["sub"], details["node_id"], details["uid"]) == (
        driveway.id,
        True,
        "channel_2",
        DEFAULT_UID,
    )
    thing = await client.get(f"/v1.1/iot-03/devices/{driveway.id}")
    assert (thing["gateway_id"], thing["node_id"]) == (recorder.id, "channel_2")
    assert "uid" not in thing and "status" not in thing
    assert "node_id" not in await client.get(f"/v1.0/devices/{recorder.id}")
    assert await client.code("GET", "/v1.0/devices/nobody") == 1106
    assert client.simulator.calls["device"] == 4


async def test_batches(client: CloudClient) -> None:
    lamp, driveway = named(client, "Desk lamp"), named(client, "Driveway camera")
    ids = f"{lamp.id},{driveway.id}"
    result = await client.get("/v1.0/devices", device_ids=ids)
    assert [one["name"] for one in result["devices"]] == ["Desk lamp", "Driveway camera"]
    for path in ("/v1.0/iot-03/devices", "/v1.2/iot-03/devices", "/v1.3/iot-03/devices"):
        result = await client.get(path, device_ids=ids)
        assert [one["node_id"] for one in result["list"]] == ["", "channel_2"]
    result = await client.get("/v1.2/iot-03/devices", source_type="tuyaUser", source_id=SECOND_UID, page_size="1")
    assert [one["name"] for one in result["list"]] == ["Bird feeder"]
    assert result["has_more"] is True
    for path in ("/v1.0/devices", "/v1.0/iot-03/devices", "/v1.0/iot-03/devices/status", "/v1.0/devices/status"):
        assert await client.code("GET", path) == 1100
        assert await client.code("GET", path, {"device_ids": ",".join([lamp.id] * 21)}) == 1109
        assert await client.code("GET", path, {"device_ids": f"{lamp.id},nobody"}) == 1106


async def test_specification(client: CloudClient) -> None:
    camera = named(client, "Living room camera")
    expected = {"category": "sp", "functions": camera.function, "status": camera.status}
    for path in (
        f"/v1.0/devices/{camera.id}/specifications",
        f"/v1.0/iot-03/devices/{camera.id}/specification",
        f"/v1.2/iot-03/devices/{camera.id}/specification",
    ):
        assert await client.get(path) == expected
    assert {"code": "ptz_stop", "type": "Boolean", "values": "{}"} in camera.function


async def test_status(client: CloudClient) -> None:
    lamp, plug = named(client, "Desk lamp"), named(client, "Garage plug")
    client.simulator.report(lamp.id, {"bright_value_v2": 11})
    assert await client.get(f"/v1.0/devices/{lamp.id}/status") == lamp.status_list()
    assert await client.get(f"/v1.0/iot-03/devices/{lamp.id}/status") == lamp.status_list()
    result = await client.get("/v1.0/iot-03/devices/status", device_ids=f"{plug.id},{lamp.id}")
    assert result == [
        {"id": plug.id, "status": plug.status_list()},
        {"id": lamp.id, "status": lamp.status_list()},
    ]
    assert {"code": "bright_value_v2", "value": 11} in result[1]["status"]


# Commands


async def test_command(client: CloudClient) -> None:
    lamp = named(client, "Desk lamp")
    seen: list[tuple[str, str, dict[str, Any]]] = []
    client.simulator.command_listeners.append(lambda device, values: seen.append(("command", device.id, dict(values))))
    client.simulator.report_listeners.append(lambda device, values: seen.append(("report", device.id, dict(values))))
    commands = [{"code": "switch_led", "value": False}, {"code": "bright_value_v2", "value": 55}]
    assert await client.post(f"/v1.0/devices/{lamp.id}/commands", commands=commands) is True
    values = {"switch_led": False, "bright_value_v2": 55}
    assert client.simulator.commands == [(lamp.id, values)]
    assert seen == [("report", lamp.id, values), ("command", lamp.id, values)]
    assert (lamp.value["switch_led"], lamp.value["bright_value_v2"]) == (False, 55)
    commands = [{"code": "switch_led", "value": True}]
    assert await client.post(f"/v1.0/iot-03/devices/{lamp.id}/commands", commands=commands) is True
    assert lamp.value["switch_led"] is True


async def test_command_that_is_no_state(client: CloudClient) -> None:
    camera = named(client, "Living room camera")
    assert await client.post(f"/v1.0/devices/{camera.id}/commands", commands=[{"code": "sd_format", "value": True}])
    assert "sd_format" not in camera.value
    assert client.simulator.commands == [(camera.id, {"sd_format": True})]


async def test_json_command_is_told_as_text() -> None:
    device = make_device("Strip", "dd", rw(entry("colour_data", "Json", {}), "{}"), wo(boolean("reset")))
    async with TuyaCloudSimulator([device]) as simulator, calling(simulator) as client:
        commands = [{"code": "colour_data", "value": {"h": 1}}]
        assert await client.post(f"/v1.0/devices/{device.id}/commands", commands=commands)
        assert await client.get(f"/v1.0/devices/{device.id}/status") == [{"code": "colour_data", "value": '{"h":1}'}]


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("Desk lamp", {}, 1100),
        ("Desk lamp", {"commands": []}, 1100),
        ("Desk lamp", [], 1109),
        ("Desk lamp", {"commands": [{"code": "switch_led"}]}, 1109),
        ("Desk lamp", {"commands": [{"code": 1, "value": True}]}, 1109),
        ("Desk lamp", {"commands": ["switch_led"]}, 1109),
        ("Desk lamp", {"commands": [{"code": "switch_led", "value": 1}]}, 2008),
        ("Desk lamp", {"commands": [{"code": "bright_value_v2", "value": 1001}]}, 2008),
        ("Desk lamp", {"commands": [{"code": "warp", "value": 1}]}, 2008),
        ("Desk lamp", {"commands": [{"code": "switch_led", "value": False}, {"code": "warp", "value": 1}]}, 2008),
        ("Garage plug", {"commands": [{"code": "cur_power", "value": 1}]}, 2008),
        ("Shed climate", {"commands": [{"code": "va_humidity", "value": 1}]}, 2001),
    ],
)
async def test_command_that_is_refused(client: CloudClient, name: str, body: Any, code: int) -> None:
    device = named(client, name)
    before = dict(device.value)
    assert await client.code("POST", f"/v1.0/devices/{device.id}/commands", body=body) == code
    assert device.value == before
    assert client.simulator.commands == []


async def test_command_to_a_stranger(client: CloudClient) -> None:
    commands = {"commands": [{"code": "switch_led", "value": False}]}
    assert await client.code("POST", "/v1.0/devices/nobody/commands", body=commands) == 1106


async def test_on_command() -> None:
    seen: list[tuple[str, dict[str, Any]]] = []
    device = make_device("Lamp", "dj", rw(boolean("switch_led"), False))
    async with (
        TuyaCloudSimulator([device], on_command=lambda one, values: seen.append((one.id, dict(values)))) as simulator,
        calling(simulator) as client,
    ):
        await client.post(f"/v1.0/devices/{device.id}/commands", commands=[{"code": "switch_led", "value": True}])
    assert seen == [(device.id, {"switch_led": True})]


async def test_bodies_that_cannot_be(client: CloudClient) -> None:
    path = f"/v1.0/devices/{named(client, 'Desk lamp').id}/commands"
    for data, content_type, code in ((b"{", "application/json", 1109), (b"{}", "text/plain", 1006)):
        headers = client.headers("POST", path, {}, data) | {"Content-Type": content_type}
        async with client.session.post(client.simulator.endpoint + path, data=data, headers=headers) as response:
            assert (await response.json())["code"] == code


# Devices come and go


async def test_devices_that_change(client: CloudClient) -> None:
    simulator = client.simulator
    lamp = named(client, "Desk lamp")
    simulator.set_online(lamp.id, online=False)
    assert (await client.get(f"/v1.0/devices/{lamp.id}"))["online"] is False
    simulator.remove_device(lamp.id)
    assert await client.code("GET", f"/v1.0/devices/{lamp.id}") == 1106
    simulator.add_device(lamp)
    assert (await client.get(DEVICES, size="100"))["devices"][-1]["id"] == lamp.id
    with pytest.raises(UnknownDevice):
        simulator.report("nobody", {"a": 1})
    with pytest.raises(UnknownDevice):
        simulator.remove_device("nobody")
    with pytest.raises(UnknownDevice):
        simulator.set_online("nobody", online=True)


# Dumps


def test_dump_and_back() -> None:
    for device in demo_cloud():
        again = CloudDevice.from_dump(device.as_dump())
        again.camera = device.camera
        again.local_key = device.local_key
        assert again == device
        assert device.local_key not in json.dumps(device.as_dump())


def test_dump_of_a_real_device() -> None:
    """The form of a dump that is nothing but a gateway's."""
    dump = {
        "devid": "sp_1",
        "category": "sp",
        "online": True,
        "name": "Garage Camera",
        "product_id": "nzauwyj3mcnjnf35",
        "product_name": "Smart Camera ",
        "function": [boolean("basic_flip")],
        "status": [boolean("basic_flip"), integer("sd_status", 1, 5)],
        "value": [{"k": "basic_flip", "v": False}, {"k": "sd_status", "v": 5}],
    }
    device = CloudDevice.from_dump(dump)
    assert (device.product_id, device.product_name, device.camera) == ("nzauwyj3mcnjnf35", "Smart Camera ", None)
    assert device.value == {"basic_flip": False, "sd_status": 5}
    with_camera = CloudDevice.from_dump(dump | {"camera": {"moto_id": None, "skill": {"webrtc": 3}, "low_power": True}})
    assert with_camera.camera == Camera(
        moto_id=None, skill={"webrtc": 3}, low_power=True, p2p_password=with_camera.camera.p2p_password if with_camera.camera else ""
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dump", "words"),
    [
        ([], "a device is a JSON object"),
        ({"devid": "a", "uid": 5}, "uid is text"),
        ({"devid": "a", "camera": []}, "camera is an object with"),
        ({"devid": "a", "camera": {"lens": 2}}, "camera is an object with"),
        ({"devid": "a", "camera": {"skill": 3}}, "camera's skill can't be 3"),
        ({"devid": "a", "camera": {"low_power": 1}}, "camera's low_power can't be 1"),
    ],
)
def test_bad_dumps(tmp_path: Path, dump: Any, words: str) -> None:
    with pytest.raises(BadDescription, match=words):
        CloudDevice.from_dump(dump)
    file = tmp_path / "home.json"
    file.write_text(json.dumps([dump]), encoding="utf-8")
    with pytest.raises(BadDescription, match=f"home.json: .*{words}"):
        load_cloud(file)


def test_load(tmp_path: Path) -> None:
    with pytest.raises(BadDescription, match=r"no \*.json in it"):
        load_cloud(tmp_path)
    dumps = [device.as_dump() for device in demo_cloud()]
    (tmp_path / "a.json").write_text(json.dumps(dumps[0]), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(dumps), encoding="utf-8")
    assert [device.id for device in load_cloud(tmp_path)] == [dump["devid"] for dump in dumps]
    (tmp_path / "c.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadDescription, match="c.json: "):
        load_cloud(tmp_path)


def test_times_are_in_the_past() -> None:
    assert demo_cloud()[0].listed()["active_time"] < time.time()
