"""Every message of the simulated queue, in every family and envelope, and what is wrong with some of them."""

import logging
from typing import Any

import aiohttp
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.message_queue import (
    ActionAnswered,
    DataPointRenamed,
    DeviceBound,
    DeviceEventFired,
    DeviceOffline,
    DeviceOnline,
    DeviceRenamed,
    DeviceUnbound,
    Message,
    OtherMessage,
    ReportedValue,
    StateReported,
    UpgradeProgress,
    VoiceRoomBound,
    VoiceUnderstood,
)
from simulators.tuya_queue import DAMAGES, FAMILIES, FORMS, GARBAGE, Damage, Family, Form, Garbage
from simulators.tuya_queue.bodies import dp_id_of
from simulators.tuya_queue.envelope import HARMLESS

from .conftest import Life
from .peer import until
from .simulated import NOW_MS, all_acked, consuming, reported, simulated_queue

HERE: dict[str, Any] = {"device_id": "lamp", "time": NOW_MS}
KINDS: dict[str, tuple[str, str, str]] = {
    "report": ("dp_report", "statusReport", "devicePropertyMessage"),
    "online": ("online", "online", "deviceOnline"),
    "offline": ("offline", "offline", "deviceOffline"),
    "bind": ("bind", "bindUser", "deviceBindSpace"),
    "unbind": ("unbind", "delete", "deviceUnbindSpace"),
    "reset": ("reset", "delete", "deviceUnbindSpace"),
    "rename": ("name_update", "nameUpdate", "deviceNameUpdate"),
    "upgrade": ("deviceOtaProgress", "upgradeStatus", "deviceOtaProgress"),
}
"""What the families call it: the seed, the older platform, IoT Core."""


def kind(what: str, family: Family) -> str:
    return KINDS[what][("seed", "legacy", "core").index(family)]


def value_of(family: Family, code: str, value: Any) -> ReportedValue:
    """Return what is reported: the seed's sample has text for everything, and no ids."""
    seed = family == "seed"
    said = {True: "true", 42: "42"}.get(value, value) if seed else value
    return ReportedValue(code=code, dp_id=None if seed else str(dp_id_of(code)), value=said, time=NOW_MS)


@pytest.mark.parametrize("gcm", [False, True], ids=["ecb", "gcm"])
@pytest.mark.parametrize("family", FAMILIES)
async def test_what_devices_do(session: aiohttp.ClientSession, family: Family, gcm: bool) -> None:
    async with simulated_queue(families=[family], gcm=gcm) as queue, consuming(session, queue) as owner:
        lamp = queue.subject("lamp", product_id="product", uid="somebody", parent_id="hub")
        queue.report(lamp, {"switch_led": True, "bright_value_v2": 42, "work_mode": "white"}, data_id="AAX1")
        queue.offline(lamp)
        queue.online(lamp)
        queue.rename(lamp, "Reading lamp – ☾")
        queue.bind(lamp, name="Lamp")
        queue.unbind(lamp)
        queue.reset(lamp)
        queue.upgrade(lamp, 50)
        await all_acked(queue)
        # A project tells of a binding with what its family has
        bindings: dict[Family, dict[str, Any]] = {
            "seed": {"name": "Lamp", "product_id": "product", "parent_id": "hub"},
            "legacy": {"name": None, "product_id": "product", "parent_id": None},
            "core": {"name": None, "product_id": "product", "parent_id": None},
        }
        *messages, upgrade = owner.messages
        assert messages == [
            StateReported(
                **HERE,
                kind=kind("report", family),
                product_id="product",
                data_id="AAX1",
                values=(
                    value_of(family, "switch_led", True),
                    value_of(family, "bright_value_v2", 42),
                    value_of(family, "work_mode", "white"),
                ),
            ),
            DeviceOffline(**HERE, kind=kind("offline", family)),
            DeviceOnline(**HERE, kind=kind("online", family)),
            DeviceRenamed(**HERE, kind=kind("rename", family), name="Reading lamp – ☾"),
            DeviceBound(**HERE, kind=kind("bind", family), uid="somebody", **bindings[family]),
            DeviceUnbound(**HERE, kind=kind("unbind", family), reset=False),
            DeviceUnbound(**HERE, kind=kind("reset", family), reset=family == "seed"),
        ]
        assert isinstance(upgrade, UpgradeProgress)
        assert (upgrade.device_id, upgrade.time, upgrade.kind) == ("lamp", NOW_MS, kind("upgrade", family))
        statistics = owner.statistics
        assert statistics["messages"] == statistics["acknowledged"] == 8
        assert not statistics["unknown_kinds"]
        assert not statistics["wrong_signatures"] + statistics["unsigned"] + statistics["undecodable"]


async def test_what_only_one_family_tells(session: aiohttp.ClientSession) -> None:
    async with simulated_queue() as queue, consuming(session, queue) as owner:
        queue.voice("lamp", "Pause the TV", intent="pause", domain="mediaControl")
        queue.voice_room("lamp", "7", "Kitchen")
        queue.event("lamp", "ring", {"times": 2})
        queue.action_answer("lamp", "calibrate", {"done": True})
        queue.rename_data_point("lamp", 20, "Left")
        queue.scene("rule", ["lamp"])
        await all_acked(queue)
        # All but the scene are of one device, so of one partition, which keeps their order
        (scene,) = [message for message in owner.messages if isinstance(message, OtherMessage)]
        assert (scene.kind, scene.device_id) == ("sceneExecute", None)
        voice, room, *others = [message for message in owner.messages if message is not scene]
        assert isinstance(voice, VoiceUnderstood)
        assert (voice.text, voice.intent, voice.domain) == ("Pause the TV", "pause", "mediaControl")
        assert voice.nlu[0]["entities"] == [{"value": "TV", "entity": "deviceName"}]
        assert isinstance(room, VoiceRoomBound)
        assert room.data["roomName"] == "Kitchen"
        expected: list[Message] = [
            DeviceEventFired(**HERE, kind="deviceEventMessage", event_code="ring", params={"times": 2}),
            ActionAnswered(**HERE, kind="deviceActionResponseMessage", action_code="calibrate", params={"done": True}),
            DataPointRenamed(**HERE, kind="dpNameUpdate", dp_id="20", name="Left"),
        ]
        assert others == expected
        assert owner.statistics["unknown_kinds"] == {"sceneExecute": 1}


@pytest.mark.parametrize("properties", ["usual", "empty", "missing"])
@pytest.mark.parametrize("form", FORMS)
async def test_every_envelope(session: aiohttp.ClientSession, form: Form, properties: str) -> None:
    async with simulated_queue() as queue:
        queue.faults.update({"properties": properties, "no_key": True, "page_times": True})
        async with consuming(session, queue) as owner:
            for number in range(40):
                # Of all lengths, so that every padding comes, and some ciphertext's length may pass for that of hex digits
                value = {"code": "text", "value": "x" * number, "t": NOW_MS}
                body = {"devId": "lamp", "dataId": f"{number}", "status": [value]}
                queue.publish(body, device_id="lamp", form=form)
            await all_acked(queue)
            values = [m.values[0].value for m in owner.messages if isinstance(m, StateReported)]
            assert values == ["x" * number for number in range(40)]
            assert owner.statistics["wrong_signatures"] == owner.statistics["undecodable"] == 0


@pytest.mark.parametrize("gcm", [False, True], ids=["ecb", "gcm"])
@pytest.mark.parametrize("damage", DAMAGES)
async def test_damaged_messages_hold_nothing_up(
    session: aiohttp.ClientSession, damage: Damage, gcm: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with simulated_queue(gcm=gcm) as queue:
        queue.faults.update({"damage": damage, "damage_every": 3})
        async with consuming(session, queue) as owner:
            for number in range(9):
                queue.report("lamp", {"counter": number})
            await all_acked(queue)
            statistics = owner.statistics
            harmless = damage in HARMLESS
            assert reported(owner) == {"lamp": list(range(9)) if harmless else [0, 1, 3, 4, 6, 7]}
            assert statistics["acknowledged"] == statistics["messages"] == 9
            assert statistics["wrong_signatures"] == (3 if damage == "wrong_signature" else 0)
            assert statistics["unsigned"] == (3 if damage == "no_signature" else 0)
            assert statistics["undecodable"] == (0 if harmless else 3)
            assert statistics["connects"] == 1
        assert queue.redelivered == []
        assert queue.access_secret not in caplog.text
    # The event loop has a word to say of a busy machine, too
    ours = [one for one in caplog.records if one.name.startswith("custom_components.")]
    assert sum(record.levelno >= logging.WARNING for record in ours) == (damage != "no_signature")


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_garbage_holds_nothing_up(session: aiohttp.ClientSession, garbage: Garbage) -> None:
    async with simulated_queue() as queue, consuming(session, queue) as owner:
        queue.report("lamp", {"counter": 0})
        await all_acked(queue)
        queue.garbage(garbage, 3)
        queue.report("lamp", {"counter": 1})
        await all_acked(queue)
        assert reported(owner) == {"lamp": [0, 1]}
        statistics = owner.statistics
        # One with an id is a message, the same one three times
        is_message = garbage in ("no_payload", "bad_payload")
        assert statistics["malformed_frames"] == (0 if is_message else 3)
        assert statistics["undecodable"] == (1 if is_message else 0)
        assert statistics["duplicates"] == (2 if is_message else 0)
        assert statistics["connects"] == 1


async def test_two_families_tell_everything_twice(session: aiohttp.ClientSession) -> None:
    """What the documentation warns of: the same values come once, whether their data ids are the same or not."""
    async with simulated_queue(families=["legacy", "core"]) as queue, consuming(session, queue) as owner:
        queue.report("lamp", {"counter": 0})
        queue.faults.new_data_ids = True
        queue.report("lamp", {"counter": 1})
        queue.report("lamp", {"counter": 2, "switch_led": True})
        await all_acked(queue)
        assert [[value.value for value in m.values] for m in owner.messages if isinstance(m, StateReported)] == [
            [0],
            [1],
            [2, True],
        ]
        assert owner.statistics["repeats"] == 3


@pytest.mark.parametrize("family", FAMILIES)
async def test_messages_that_are_published_twice(session: aiohttp.ClientSession, family: Family) -> None:
    async with simulated_queue(families=[family]) as queue:
        queue.faults.duplicate_messages = True
        async with consuming(session, queue) as owner:
            queue.report("lamp", {"counter": 0})
            queue.event("lamp", "ring", {"times": 1})
            queue.voice("lamp")
            await all_acked(queue)
            assert [type(message) for message in owner.messages] == [StateReported, DeviceEventFired, VoiceUnderstood]
            assert owner.statistics["repeats"] == 3
            # To the plan's quota they are messages
            assert owner.statistics["messages"] == 6


async def test_a_queue_without_a_rule_is_connected_and_silent(session: aiohttp.ClientSession, life: Life) -> None:
    async with simulated_queue() as queue:
        queue.faults.no_rule = True
        async with consuming(session, queue) as owner:
            queue.report("lamp", {"counter": 0})
            for _ in range(3):
                await life.ask(lambda: queue.sessions[0].pings)
            assert owner.told == ["connected"]
            assert owner.consumer.connected
            assert owner.statistics["last_message"] is None
            queue.faults.no_rule = False
            queue.report("lamp", {"counter": 1})
            await until(lambda: reported(owner) == {"lamp": [1]})
