"""What the simulated TuyaLink cloud tells devices to do, its services, and what it does wrong on request."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
import hashlib
import json
from typing import Any

import aiomqtt
import pytest

from simulators.tuyalink_cloud import (
    LIGHT_PRODUCT,
    MALFORMED,
    BadFault,
    DeviceOffline,
    Malformed,
    NoAnswer,
    Refused,
    TuyaLinkCloudSimulator,
    UnknownDevice,
    demo_devices,
    synthetic_product,
)

from .link_device import RawDevice, client_of, connack, connected, ms

pytestmark = pytest.mark.usefixtures("socket_enabled")

ACK: dict[str, Any] = {"sys": {"ack": 1}}


@pytest.fixture
async def cloud() -> AsyncIterator[TuyaLinkCloudSimulator]:
    async with TuyaLinkCloudSimulator() as simulator:
        yield simulator


@pytest.fixture
async def device(cloud: TuyaLinkCloudSimulator) -> AsyncIterator[RawDevice]:
    async with connected(cloud) as raw:
        yield raw


async def test_set(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    values = {"switch_1": True, "bright_value": 50, "factory_reset": True}
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(cloud.set_property(device.id, values))
        command = await device.answer_set()
    assert set(command) == {"msgId", "time", "sys", "data"}
    assert (command["data"], command["sys"]) == (values, {"ack": 1})
    assert len(command["msgId"]) <= 32
    assert abs(command["time"] - ms()) < 60_000
    assert (answer.result().code, answer.result().data) == (0, None)
    assert 0 < answer.result().seconds < 5
    # What a device has is what it reports, not what it was told.
    assert cloud.gateway.values == {}
    assert cloud.violations == []


async def test_set_of_a_sub_device_that_refuses(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    light = await device.bind(LIGHT_PRODUCT)
    await cloud.wait_for_device(light)
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(cloud.set_property(light, {"switch_led": True}, ack=False))
        command = await device.answer_set(2006, device_id=light)
    assert "sys" not in command
    assert answer.result().code == 2006


async def test_what_cannot_be_sent(cloud: TuyaLinkCloudSimulator) -> None:
    gateway = cloud.gateway.id
    for values, words in (
        ({"nothing": 1}, "2003: no property"),
        ({"temp_current": 1}, "2006: temp_current is ro"),
        ({"bright_value": 1}, "2006: bright_value is not from 10 to 1000"),
    ):
        with pytest.raises(Refused, match=words):
            await cloud.set_property(gateway, values)
    with pytest.raises(Refused, match="no action"):
        await cloud.execute_action(gateway, "nothing")
    with pytest.raises(Refused, match="the parameter name of the action run_scene is no text"):
        await cloud.execute_action(gateway, "run_scene", {"name": 1})
    with pytest.raises(DeviceOffline):
        await cloud.set_property(gateway, {"switch_1": True})
    with pytest.raises(DeviceOffline):
        await cloud.execute_action(gateway, "restart")
    with pytest.raises(UnknownDevice):
        await cloud.set_property("nobody", {"switch_1": True})
    with pytest.raises(Refused):
        await cloud.desire(gateway, {"temp_current": 1})
    await cloud.stop()
    with pytest.raises(DeviceOffline, match="stopped"):
        await cloud.set_property(gateway, {"switch_1": True}, checked=False)


async def test_unchecked_and_unanswered(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    with pytest.raises(NoAnswer, match=r"in 0\.05 s"):
        await cloud.set_property(device.id, {"nothing": [1]}, checked=False, timeout=0.05)
    command = await device.receive("thing/property/set")
    assert command["data"] == {"nothing": [1]}
    # It comes too late.
    await device.send("thing/property/set_response", msgId=command["msgId"], code=0)
    await cloud.wait_for(lambda: bool(cloud.violations))
    assert "nobody waits" in cloud.violations[0]


async def test_answers_of_another_form(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    for more, code, violation in (
        ({}, 0, ""),
        ({"code": "0"}, "0", "code is no integer"),
        ({"code": 0, "time": 1}, 0, "time is no number"),
    ):
        cloud.violations.clear()
        async with asyncio.TaskGroup() as group:
            answer = group.create_task(cloud.set_property(device.id, {"switch_1": True}))
            command = await device.receive("thing/property/set")
            await device.send("thing/property/set_response", **{"msgId": command["msgId"], **more})
        assert answer.result().code == code
        assert violation in "".join(cloud.violations) and len(cloud.violations) == bool(violation)


async def test_actions(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    for response, outputs, violations in (
        ({"actionCode": "run_scene", "outputParams": {"started": True}}, {"started": True}, 0),
        ({"actionCode": "run_scene", "outputParams": {"started": 1}}, {"started": 1}, 1),
        ({"actionCode": "restart", "outputParams": {"started": True}}, {"started": True}, 1),
        (None, {}, 1),
    ):
        cloud.violations.clear()
        async with asyncio.TaskGroup() as group:
            answer = group.create_task(cloud.execute_action(device.id, "run_scene", {"name": "Evening"}))
            command = await device.receive("thing/action/execute")
            assert command["data"] == {"actionCode": "run_scene", "inputParams": {"name": "Evening"}}
            await device.send("thing/action/execute_response", response, msgId=command["msgId"], code=0)
        assert (answer.result().code, answer.result().outputs) == (0, outputs)
        assert len(cloud.violations) == violations
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(cloud.execute_action(device.id, "restart"))
        command = await device.receive("thing/action/execute")
        await device.send("thing/action/execute_response", msgId=command["msgId"], code=1001)
    assert answer.result().code == 1001


@pytest.mark.parametrize("where", ["ota/issue", "ota/firmware/issue"])
async def test_firmware(cloud: TuyaLinkCloudSimulator, device: RawDevice, where: str) -> None:
    cloud.faults.update({"firmware_topic": where})
    channels = [{"channel": 0, "version": "1.2.3"}, {"channel": 9, "version": "4"}]
    await device.send(
        "ota/firmware/report", {"bizType": "INIT", "pid": cloud.gateway.product.id, "otaChannel": channels}
    )
    await cloud.wait_for(lambda: cloud.gateway.versions == {0: "1.2.3", 9: "4"})
    assert (await device.ask("ota/get", {}))["data"] == {}
    issued = await cloud.issue_firmware(device.id, version="2.0.0")
    assert (await device.receive(where))["data"] == issued
    assert {
        "ctId",
        "channel",
        "version",
        "url",
        "cdnUrl",
        "httpsUrl",
        "size",
        "md5",
        "hmac",
        "upgradeType",
        "execTime",
    } == set(issued)
    await device.send("ota/progress/report", {"channel": 0, "errorCode": 40, "errorMsg": "not supported"})
    await device.send("ota/progress/report", {"channel": 0, "progress": 50})
    await cloud.wait_for(lambda: len(cloud.gateway.progress) == 2)
    assert cloud.gateway.progress[0] == {"channel": 0, "errorCode": 40, "errorMsg": "not supported"}
    assert (await device.ask("ota/get", {}))["data"] == issued
    assert cloud.violations == []


async def test_bad_firmware_messages(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    bad: list[tuple[str, Any]] = [
        ("ota/firmware/report", {"otaChannel": [{"channel": 0, "version": "1"}]}),
        ("ota/firmware/report", {"bizType": "INIT", "pid": "other", "otaChannel": [{"channel": 0, "version": "1"}]}),
        ("ota/firmware/report", {"bizType": "INIT", "otaChannel": []}),
        ("ota/firmware/report", {"bizType": "INIT", "otaChannel": [{"channel": 0, "version": 1}]}),
        ("ota/firmware/report", [1]),
        ("ota/progress/report", {"progress": 1}),
        ("ota/progress/report", {"channel": 0, "progress": 101}),
        ("ota/progress/report", {"channel": 0, "errorCode": "40"}),
    ]
    for function, data in bad:
        await device.send(function, data)
    await cloud.wait_for(lambda: len(cloud.violations) == len(bad))
    assert (cloud.gateway.versions, cloud.gateway.progress) == ({}, [])


async def test_model(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    complete = (await device.ask("thing/model/get", {"format": "complete"}))["data"]
    assert complete == cloud.gateway.product.model.document  # type: ignore[union-attr]
    simple = (await device.ask("thing/model/get", {"format": "simple"}))["data"]
    assert simple["modelId"] == complete["modelId"]
    service = simple["services"][0]
    assert service["properties"][4] == {
        "abilityId": 5,
        "code": "temp_current",
        "accessMode": "ro",
        "typeSpec": {"type": "value", "min": -400, "max": 1250, "step": 1, "scale": 1, "unit": "℃"},
    }
    assert [one["code"] for one in service["events"]] == ["button_pressed", "doorbell", "alarm"]
    assert [one["code"] for one in service["actions"]] == ["run_scene", "open_for", "restart"]
    # Only what describes is left out, not the code "name" of a parameter.
    assert service["actions"][0]["inputParams"] == [{"code": "name", "typeSpec": {"type": "string", "maxlen": 64}}]
    assert '"name"' in json.dumps(complete["services"][0]["properties"])
    assert (await device.ask("thing/model/get", {}))["data"] == simple
    assert (await device.ask("thing/model/get"))["data"] == simple
    assert (await device.ask("thing/model/get", {"format": "xml"}))["code"] == 1002


async def test_time(device: RawDevice) -> None:
    answer = await device.ask("ext/time/request", {"bizType": "NTP", "dst": 1655957399000})
    assert set(answer) == {"msgId", "time", "data"}
    assert set(answer["data"]) == {"bizType", "dst", "srt", "sst"}
    assert answer["data"]["dst"] == 1655957399000
    assert abs(answer["data"]["srt"] - ms()) < 60_000
    assert answer["data"]["sst"] >= answer["data"]["srt"]
    assert "dst" not in (await device.ask("ext/time/request", {"bizType": "NTP"}))["data"]
    assert (await device.ask("ext/time/request", {"bizType": "DST"}))["code"] == 1002


async def test_configuration(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    data = (await device.ask("ext/config/get", {"bizType": "PRODUCT_FILE"}))["data"]
    config = cloud.gateway.product.config
    assert config is not None
    assert (data["bizType"], data["pid"], data["size"]) == ("PRODUCT_FILE", cloud.gateway.product.id, len(config))
    assert data["sha256"] == hashlib.sha256(config).hexdigest().upper()
    assert data["fileName"] in data["url"]
    cloud.gateway.product.config = None
    assert (await device.ask("ext/config/get", {"bizType": "PRODUCT_FILE"}))["data"] == {}
    assert (await device.ask("ext/config/get", {}))["code"] == 1002
    msg_id = await device.send("ext/file/upload/request", {})
    assert (await device.receive("ext/file/upload/response")).items() >= {"msgId": msg_id, "code": 1001}.items()


async def test_raw_data(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    await device.send("channel/raw/up", "AQI=")
    await device.send("channel/raw/up", {"raw": "Aw=="})
    for data in ("?", 5, None):
        await device.send("channel/raw/up", data)
    await cloud.wait_for(lambda: cloud.gateway.raw == [b"\1\2", b"\3"] and len(cloud.violations) == 3)
    await cloud.send_raw(device.id, b"\4")
    assert (await device.receive("channel/raw/down"))["data"] == "BA=="


# What goes wrong on request


async def test_malformed(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    understood: dict[Malformed, Any] = {}
    for kind in MALFORMED:
        await cloud.send_malformed(device.id, kind)
        payload = await device.receive_payload("thing/property/set")
        with contextlib.suppress(ValueError):
            understood[kind] = json.loads(payload)
            if kind == "huge":
                assert len(payload) > 10 * 1024
    assert set(MALFORMED) - set(understood) == {"no_json", "not_utf8"}
    assert understood["no_object"] == [1, 2]
    assert "msgId" not in understood["no_msg_id"]
    assert understood["msg_id_number"]["msgId"] == 5
    assert "data" not in understood["no_data"]
    assert understood["data_array"]["data"] == [1, "two"]
    await cloud.send_malformed(device.id, "no_object", "device/topo/change")
    assert await device.receive_payload("device/topo/change") == b"[1, 2]"


async def test_refused_connections(cloud: TuyaLinkCloudSimulator) -> None:
    cloud.faults.refuse_secret = True
    assert await connack(cloud) == 4
    cloud.faults.refusal = 5
    assert await connack(cloud) == 5
    cloud.faults.reset()
    cloud.faults.update({"connack": 3, "connack_count": 2})
    assert [await connack(cloud) for _ in range(3)] == [3, 3, 0]


async def test_silence(cloud: TuyaLinkCloudSimulator) -> None:
    cloud.faults.silent = True
    with pytest.raises((aiomqtt.MqttError, TimeoutError)):
        async with client_of(cloud, timeout=0.1):
            pass
    assert cloud.gate.attempts == []
    cloud.faults.reset()
    cloud.faults.connect_delay = 0.1
    started = asyncio.get_running_loop().time()
    assert await connack(cloud) == 0
    assert asyncio.get_running_loop().time() - started >= 0.1


async def test_kicked_after_a_while(cloud: TuyaLinkCloudSimulator) -> None:
    cloud.faults.kick_after = 0.05
    for _ in range(3):
        async with client_of(cloud) as client, asyncio.timeout(20):
            with pytest.raises(aiomqtt.MqttError):
                await anext(aiter(client.messages))
    assert [one.code for one in cloud.gate.attempts] == [0, 0, 0]


async def test_frozen(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    cloud.faults.frozen = True
    with pytest.raises((aiomqtt.MqttError, TimeoutError)):
        await device.client.publish(f"tylink/{device.id}/ota/get", b"{}", qos=1, timeout=0.1)
    with pytest.raises(NoAnswer):
        await cloud.set_property(device.id, {"switch_1": True}, timeout=0.05)
    assert cloud.gateway.online
    cloud.faults.frozen = False
    assert await device.report({"switch_1": True}) == 0
    assert cloud.calls == {"thing/property/report": 1}


async def test_no_answers(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    for fault, taken in (("no_answer", True), ("deaf", False)):
        cloud.gateway.values.clear()
        cloud.faults.update({fault: ["thing/property/report"]})
        await device.send("thing/property/report", {"switch_1": {"value": True, "time": ms()}}, **ACK)
        # The first answer is that to this.
        assert (await device.ask("thing/model/get", {}))["code"] == 0
        assert (cloud.gateway.value("switch_1") is True) is taken
        cloud.faults.update({fault: ["*"]})
        before = cloud.calls["thing/model/get"]
        await device.send("thing/model/get", {})
        await cloud.wait_for(lambda before=before: cloud.calls["thing/model/get"] > before)  # type: ignore[misc]
        cloud.faults.reset()
        assert await device.report({"switch_2": True}) == 0
    assert (cloud.calls["thing/model/get"], cloud.answers["thing/model/get", 0]) == (4, 2)


async def test_failures(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    failure = cloud.faults.fail("thing/property/report", 1001, count=1)
    cloud.faults.fail("*", 1004, device_id="nobody")
    assert await device.report({"switch_1": True}) == 1001
    assert cloud.gateway.values == {}
    assert await device.report({"switch_1": True}) == 0
    assert failure.count == 0
    cloud.faults.fail("*", 1002)
    assert (await device.ask("device/topo/get", {}))["code"] == 1002
    assert cloud.answers == {
        ("thing/property/report", 1001): 1,
        ("thing/property/report", 0): 1,
        ("device/topo/get", 1002): 1,
    }


async def test_odd_answers(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    cloud.faults.update({"wrong_msg_id": True})
    msg_id = await device.send("thing/model/get", {})
    assert (await device.receive("thing/model/get_response"))["msgId"] != msg_id
    cloud.faults.reset()
    cloud.faults.answer_twice = True
    msg_id = await device.send("thing/model/get", {})
    assert [(await device.receive("thing/model/get_response"))["msgId"] for _ in range(2)] == [msg_id, msg_id]
    cloud.faults.reset()
    cloud.faults.latency = 0.1
    started = asyncio.get_running_loop().time()
    await device.ask("thing/model/get", {})
    assert asyncio.get_running_loop().time() - started >= 0.1


def test_settable_faults() -> None:
    cloud = TuyaLinkCloudSimulator()
    faults = cloud.faults
    for name, value in faults.as_json().items():
        faults.update({name: value})
    faults.update(
        {
            "failures": [{"function": "*", "code": 2001, "count": 3, "device_id": "x"}],
            "kick_after": 5,
            "topology": "objects",
        }
    )
    assert (faults.failures[0].code, faults.failures[0].count, faults.kick_after) == (2001, 3, 5.0)
    for name, value, words in (
        ("gravity", 1, "no fault is called"),
        ("connack", 0, "an integer from 1 to 5"),
        ("connack", True, "an integer from 1 to 5"),
        ("latency", -1, "a number of seconds"),
        ("silent", 1, "true or false"),
        ("deaf", "all", "a list of functions"),
        ("deaf", ["thing/property/set"], "no function"),
        ("topology", "tree", "one of ids, objects"),
        ("failures", {}, "a list of objects with function"),
        ("failures", [{"code": 1}], "a list of objects with function"),
        ("failures", [{"function": "*", "device_id": 1}], "text"),
    ):
        with pytest.raises(BadFault, match=words):
            faults.update({name: value})
    with pytest.raises(BadFault):
        faults.fail("thing/property/set")


# Numbers


async def test_a_command_is_quick(cloud: TuyaLinkCloudSimulator, device: RawDevice) -> None:
    """There and back takes a few milliseconds, not the 40 ms of a delayed acknowledgement."""
    seconds = [1.0]
    while min(seconds) >= 0.035 and len(seconds) < 100:
        number = len(seconds)
        await device.send("thing/property/report", {"switch_1": {"value": True, "time": ms()}})
        async with asyncio.TaskGroup() as group:
            answer = group.create_task(cloud.set_property(device.id, {"bright_value": 10 + number}))
            await device.answer_set()
        seconds.append(answer.result().seconds)
    # Where the 40 ms are, they are in each; a busy machine holds up many, but not all
    assert min(seconds) < 0.035, seconds


async def test_many_reports() -> None:
    product = synthetic_product(200)
    async with (
        TuyaLinkCloudSimulator(demo_devices([product]), products=[product]) as cloud,
        connected(cloud) as device,
    ):
        for number in range(10):
            data = {f"number_{one}": {"value": number * 200 + one, "time": ms()} for one in range(1, 201)}
            for start in range(0, 200, 100):
                part = dict(list(data.items())[start : start + 100])
                await device.send("thing/property/report", part)
        await cloud.wait_for(lambda: cloud.gateway.reports == 2000)
        assert {code: one.value for code, one in cloud.gateway.values.items()} == {
            f"number_{one}": 1800 + one for one in range(1, 201)
        }
        assert cloud.violations == []
