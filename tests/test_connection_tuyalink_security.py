"""What the TuyaLink cloud can reach: what the user has exposed, as the user has confirmed it, and nothing else of Home Assistant."""

from collections.abc import AsyncGenerator, Mapping
import logging
import re
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, ServiceCall, State
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.iot_gateway.clients.tuyalink import DONE, FAILED, INVALID, NO_DEVICE, NO_PROPERTY
from custom_components.iot_gateway.clients.tuyalink.authentication import password
from custom_components.iot_gateway.connections.tuyalink_exposed import ExposedMember
from custom_components.iot_gateway.connections.tuyalink_flows import async_bind
from custom_components.iot_gateway.exposures.domains import Command
from custom_components.iot_gateway.exposures.member import BoundMember
from simulators.tuyalink_cloud import (
    DEMO_DEVICE_ID,
    DEMO_DEVICE_SECRET,
    LIGHT_PRODUCT,
    LOCK_PRODUCT,
    MALFORMED,
    LinkDevice,
    TuyaLinkCloudSimulator,
)
from tests.helpers import stays
from tests.tuyalink_helpers import (
    PATIENCE,
    Calls,
    action,
    booleans,
    entity,
    link_entry,
    load_link,
    pair,
    quickly,
    sub_device,
    unload_all,
)

pytestmark = pytest.mark.usefixtures("socket_enabled", "prepared")

VALUES: Mapping[str, Any] = {
    "bool": True,
    "value": 100,
    "float": 1.5,
    "double": 900.0,
    "string": "text",
    "date": 1700000000000,
    "bitmap": 1,
}
GARAGE = {"device_class": "garage", "supported_features": 15, "current_position": 0}
SECRET_TEXT = "what happens in the bedroom"


@pytest.fixture
async def prepared(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[None]:
    """Let the connection hurry, and unload it afterwards."""
    with quickly():
        yield
        await unload_all(hass)


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[TuyaLinkCloudSimulator]:
    """Return a running cloud; some of what it is made to do here is not in the pages."""
    async with TuyaLinkCloudSimulator() as running:
        yield running


@pytest.fixture
def calls(hass: HomeAssistant) -> Calls:
    """Return the service calls of the test."""
    return Calls(hass)


async def outcome(cloud: TuyaLinkCloudSimulator, values: dict[str, Any], device_id: str = DEMO_DEVICE_ID) -> int:
    """Have the cloud set properties whatever the model says, and return the answer's code."""
    return (await cloud.set_property(device_id, values, checked=False, timeout=PATIENCE)).code


def registered(hass: HomeAssistant, *services: str) -> list[ServiceCall]:
    """Register services that note their calls."""
    seen: list[ServiceCall] = []

    async def note(call: ServiceCall) -> None:
        seen.append(call)

    for service in services:
        domain, name = service.split(".")
        hass.services.async_register(domain, name, note)
    return seen


# Properties


async def test_only_what_is_tied_can_be_set(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls) -> None:
    """Of all properties of the model only the one that was tied leads to a service call."""
    await booleans(hass, "lamp", "other")
    hass.states.async_set("lock.door", "locked")
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_2")))
    _ = await load_link(hass, entry)
    calls.seen.clear()
    model = cloud.gateway.product.model
    assert model is not None
    for code, described in model.properties.items():
        if code != "switch_2":
            spec = described["typeSpec"]
            value = spec["range"][0] if spec["type"] == "enum" else VALUES[spec["type"]]
            assert await outcome(cloud, {code: value}) == NO_PROPERTY, code
    for code in ("", "entity_id", "input_boolean.other", "switch_2 ", "../switch_2", "SWITCH_2", "__class__"):
        assert await outcome(cloud, {code: True}) == NO_PROPERTY, code
    # With one that is tied in the same message, not even that
    assert await outcome(cloud, {"switch_2": True, "input_boolean.other": True}) == NO_PROPERTY
    assert calls.seen == []
    assert await outcome(cloud, {"switch_2": True}) == DONE
    assert calls.seen == [("input_boolean.turn_on", {"entity_id": "input_boolean.lamp"})]


@pytest.mark.parametrize(
    "raw",
    [
        "{{ states('lock.door') }}",
        {"entity_id": "input_boolean.other"},
        [True],
        None,
        1,
        "on",
        {"value": True, "entity_id": "all"},
    ],
    ids=["template", "object", "array", "null", "number", "word", "both"],
)
async def test_malformed_values(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls, raw: Any) -> None:
    await booleans(hass, "lamp", "other")
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    calls.seen.clear()
    assert await outcome(cloud, {"switch_1": raw}) == INVALID
    assert calls.seen == []


async def test_text_is_no_template(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """A text from the cloud arrives as it is."""
    seen = registered(hass, "text.set_value")
    hass.states.async_set("text.display", "x", {"min": 0, "max": 64, "mode": "text"})
    hass.states.async_set("sensor.bedroom", SECRET_TEXT)
    entry = link_entry(cloud, entity("text.display", pair("text", "display_text")))
    _ = await load_link(hass, entry)
    text = "{{ states('sensor.bedroom') }}"
    assert await outcome(cloud, {"display_text": text}) == DONE
    assert seen[0].data["value"] == text


@pytest.mark.parametrize("function", ["thing/property/set", "thing/action/execute", "device/topo/change", "ota/issue"])
async def test_malformed_messages(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls, function: str
) -> None:
    """Nonsense on any topic is no command, and what comes after it is."""
    await booleans(hass, "lamp")
    entry = link_entry(
        cloud, entity("input_boolean.lamp", pair("on", "switch_1")), action("restart", [{"event": "x"}], confirmed=True)
    )
    connection = await load_link(hass, entry)
    calls.seen.clear()
    for kind in MALFORMED:
        await cloud.send_malformed(DEMO_DEVICE_ID, kind, function)
    # They come in order: with its outcome all before it have been taken
    assert await outcome(cloud, {"switch_1": True}) == DONE
    assert len(calls.seen) == 1
    assert connection.diagnostics()["link"]["handler_errors"] == 0


async def test_a_command_reaches_one_entity(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls) -> None:
    """Should the conversion ever name another target, nothing is called."""
    await booleans(hass, "lamp", "other")
    hass.states.async_set("lock.door", "locked")
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    calls.seen.clear()
    for command in (
        Command(domain="input_boolean", service="turn_on", data={"entity_id": "input_boolean.other"}),
        Command(domain="input_boolean", service="turn_on", data={"entity_id": ["input_boolean.lamp", "lock.door"]}),
        Command(domain="input_boolean", service="turn_on", data={"entity_id": "all"}),
        Command(domain="input_boolean", service="turn_on", data={"area_id": "hall"}),
        Command(domain="input_boolean", service="turn_on", data={"label_id": "all"}),
        Command(domain="lock", service="unlock", data={"entity_id": "input_boolean.lamp"}),
        Command(domain="homeassistant", service="restart", data={}),
    ):
        with patch.object(BoundMember, "command", return_value=command):
            assert await outcome(cloud, {"switch_1": True}) == FAILED
    assert calls.seen == []


async def test_report_only_is_not_set(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls) -> None:
    """A sensor tied to a property that may be written is reported, and cannot be set; neither can a ro property."""
    await booleans(hass, "lamp")
    hass.states.async_set("sensor.target", "20", {"unit_of_measurement": "°C", "device_class": "temperature"})
    entry = link_entry(
        cloud,
        entity("sensor.target", pair("value", "temp_set")),
        entity("input_boolean.lamp", pair("on", "doorcontact_state")),
    )
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: cloud.gateway.value("temp_set") == 200, PATIENCE)
    calls.seen.clear()
    assert await outcome(cloud, {"temp_set": 250}) == FAILED
    assert await outcome(cloud, {"doorcontact_state": True}) == FAILED
    assert calls.seen == []


# What may let somebody in


@pytest.mark.parametrize(
    ("entity_id", "state", "attributes", "tie", "raw", "reported", "service"),
    [
        ("lock.door", "locked", {}, pair("locked", "lock_motor_state"), False, True, "lock.unlock"),
        (
            "alarm_control_panel.house",
            "armed_away",
            {"supported_features": 3, "code_arm_required": False},
            pair(
                "mode",
                "work_mode",
                choices={"disarmed": "white", "armed_home": "colour", "armed_away": "scene"},
            ),
            "white",
            "scene",
            "alarm_control_panel.alarm_disarm",
        ),
        ("cover.garage", "closed", GARAGE, pair("position", "percent_control"), 100, 0, "cover.set_cover_position"),
        ("cover.garage", "closed", GARAGE, pair("control", "control"), "open", None, "cover.open_cover"),
    ],
    ids=["lock", "alarm", "position", "control"],
)
async def test_sensitive_needs_confirmation(
    hass: HomeAssistant,
    cloud: TuyaLinkCloudSimulator,
    entity_id: str,
    state: str,
    attributes: dict[str, Any],
    tie: dict[str, Any],
    raw: Any,
    reported: Any,
    service: str,
) -> None:
    """Unconfirmed it is shown and cannot be set, with anything but true as confirmation; confirmed it can be."""
    seen = registered(hass, service)
    hass.states.async_set(entity_id, state, attributes)
    code = tie["code"]
    exposed = entity(entity_id, tie, subentry_id="exposed")
    entry = link_entry(cloud, exposed)
    _ = await load_link(hass, entry)
    if reported is not None:
        await cloud.wait_for(lambda: cloud.gateway.value(code) == reported, PATIENCE)
    for confirmed in (False, "true", 1, [True], None):
        hass.config_entries.async_update_subentry(
            entry, entry.subentries["exposed"], data={**exposed["data"], "confirmed": confirmed}
        )
        await hass.async_block_till_done()
        assert await outcome(cloud, {code: raw}) == FAILED, confirmed
    assert seen == []
    hass.config_entries.async_update_subentry(
        entry, entry.subentries["exposed"], data={**exposed["data"], "confirmed": True}
    )
    await hass.async_block_till_done()
    assert await outcome(cloud, {code: raw}) == DONE
    (call,) = seen
    assert call.data["entity_id"] == entity_id


async def test_becomes_sensitive(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """A cover that was exposed as a blind and is a garage door by now needs the confirmation that it never got."""
    seen = registered(hass, "cover.set_cover_position")
    hass.states.async_set("cover.hall", "closed", {**GARAGE, "device_class": "blind"})
    entry = link_entry(cloud, entity("cover.hall", pair("position", "percent_control")))
    _ = await load_link(hass, entry)
    assert await outcome(cloud, {"percent_control": 50}) == DONE
    hass.states.async_set("cover.hall", "closed", GARAGE)
    assert await outcome(cloud, {"percent_control": 60}) == FAILED
    assert len(seen) == 1


async def test_old_wishes_open_nothing(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """What the cloud wished while we were away is done late, but not of a lock, although that is confirmed; it is cleared."""
    seen = registered(hass, "lock.unlock")
    await booleans(hass, "lamp", "other")
    hass.states.async_set("lock.door", "locked")
    entry = link_entry(
        cloud,
        entity("lock.door", pair("locked", "lock_motor_state"), confirmed=True),
        entity("input_boolean.lamp", pair("on", "switch_1")),
    )
    await cloud.desire(
        DEMO_DEVICE_ID, {"lock_motor_state": False, "switch_1": True, "switch_2": True, "work_mode": "music"}
    )
    _ = await load_link(hass, entry)
    assert hass.states.is_state("input_boolean.lamp", STATE_ON)
    assert hass.states.is_state("input_boolean.other", STATE_OFF)
    assert seen == []
    # Those that are nobody's are not even asked for
    assert cloud.gateway.desired.keys() == {"switch_2", "work_mode"}


# Actions


async def test_only_given_actions_run(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls) -> None:
    """An action that has no sequence does nothing; neither does another's of the same name."""
    happened = async_capture_events(hass, "restarted")
    entry = link_entry(cloud, action("restart", [{"event": "restarted"}], confirmed=True))
    _ = await load_link(hass, entry)
    calls.seen.clear()

    async def run(code: str, inputs: dict[str, Any]) -> int:
        answer = await cloud.execute_action(DEMO_DEVICE_ID, code, inputs, checked=False, timeout=PATIENCE)
        return answer.code

    assert await run("run_scene", {"name": "x"}) == INVALID
    assert await run("homeassistant.restart", {}) == INVALID
    assert await run("restart", {"entity_id": "lock.door"}) == INVALID
    assert (happened, calls.seen) == ([], [])
    assert await run("restart", {}) == DONE
    assert len(happened) == 1


@pytest.mark.parametrize(
    "step",
    [
        {"action": "lock.unlock", "target": {"entity_id": "lock.door"}},
        {"action": "homeassistant.turn_on", "target": {"entity_id": "lock.door"}},
        {"action": "{{ inputs.name }}"},
        {"if": [], "then": [{"action": "alarm_control_panel.alarm_disarm"}]},
    ],
    ids=["lock", "turn_on", "template", "nested"],
)
async def test_sensitive_actions_need_confirmation(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, step: dict[str, Any]
) -> None:
    seen = registered(
        hass, "lock.unlock", "lock.lock", "homeassistant.turn_on", "alarm_control_panel.alarm_disarm", "light.turn_on"
    )
    entry = link_entry(cloud, action("run_scene", [step], subentry_id="scene"))
    _ = await load_link(hass, entry)
    run = cloud.execute_action(DEMO_DEVICE_ID, "run_scene", {"name": "lock.unlock"}, timeout=PATIENCE)
    assert (await run).code == FAILED
    assert seen == []
    hass.config_entries.async_update_subentry(
        entry, entry.subentries["scene"], data={**entry.subentries["scene"].data, "confirmed": True}
    )
    await hass.async_block_till_done()
    run = cloud.execute_action(DEMO_DEVICE_ID, "run_scene", {"name": "lock.unlock"}, timeout=PATIENCE)
    assert (await run).code == DONE
    assert len(seen) == 1


# Devices


async def test_unknown_devices(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls) -> None:
    """A sub-device that was bound and is not exposed can be told nothing, and tells nothing."""
    await booleans(hass, "lamp")
    entry = link_entry(
        cloud,
        entity("input_boolean.lamp", pair("on", "switch_1")),
        action("restart", [{"event": "x"}], confirmed=True),
    )
    _ = await load_link(hass, entry)
    device_id = await async_bind(hass, entry, LIGHT_PRODUCT, "lamp", "Lamp")
    connection = entry.runtime_data.connection
    assert (await connection.requests.read_model(device_id)).properties
    calls.seen.clear()
    assert await outcome(cloud, {"switch_led": True}, device_id) == NO_DEVICE
    assert await outcome(cloud, {"switch_1": True}, device_id) == NO_DEVICE
    answer = await cloud.execute_action(device_id, "restart", checked=False, timeout=PATIENCE)
    assert answer.code == NO_DEVICE
    assert calls.seen == []
    assert not cloud.device(device_id).online
    assert cloud.device(device_id).values == {}


async def test_devices_are_kept_apart(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls) -> None:
    """A code of one device does not reach what the same code of another stands for."""
    await booleans(hass, "one", "two")
    entry = link_entry(cloud)
    _ = await load_link(hass, entry)
    device_id = await async_bind(hass, entry, LIGHT_PRODUCT, "one", "One")
    subentry = sub_device(LIGHT_PRODUCT, "one", {"input_boolean.one": [pair("on", "switch_led")]}, device_id=device_id)
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(subentry["data"]), subentry_type="sub_device", title="One", unique_id="one"
        ),
    )
    await cloud.wait_for_device(device_id, timeout=PATIENCE)
    await cloud.wait_for(lambda: cloud.device(device_id).value("switch_led") is False, PATIENCE)
    calls.seen.clear()
    assert await outcome(cloud, {"switch_led": True}) == NO_PROPERTY
    assert await outcome(cloud, {"switch_1": True}, device_id) == NO_PROPERTY
    assert calls.seen == []
    assert await outcome(cloud, {"switch_led": True}, device_id) == DONE
    assert calls.seen == [("input_boolean.turn_on", {"entity_id": "input_boolean.one"})]


async def test_unlock_action_of_a_sub_device(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """An action belongs to the device that it was given to."""
    happened = async_capture_events(hass, "opened")
    await booleans(hass, "door")
    setup = link_entry(cloud)
    _ = await load_link(hass, setup)
    device_id = await async_bind(hass, setup, LOCK_PRODUCT, "door", "Door")
    subentry = sub_device(LOCK_PRODUCT, "door", {"input_boolean.door": [pair("on", "lock_motor_state")]})
    for data in (
        ConfigSubentry(
            data=MappingProxyType({**subentry["data"], "device_id": device_id}),
            subentry_type="sub_device",
            subentry_id="door",
            title="Door",
            unique_id="door",
        ),
        ConfigSubentry(
            data=MappingProxyType(action("unlock_for", [{"event": "opened"}], device="door", confirmed=True)["data"]),
            subentry_type="action",
            title="Open",
            unique_id="door:unlock_for",
        ),
    ):
        hass.config_entries.async_add_subentry(setup, data)
    await cloud.wait_for_device(device_id, timeout=PATIENCE)
    inputs = {"seconds": 5}
    answer = await cloud.execute_action(DEMO_DEVICE_ID, "unlock_for", inputs, checked=False, timeout=PATIENCE)
    assert answer.code == INVALID
    assert happened == []
    answer = await cloud.execute_action(device_id, "unlock_for", inputs, timeout=PATIENCE)
    assert answer.code == DONE
    assert len(happened) == 1


# What leaves the house


async def test_only_what_is_tied_is_told(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """No message holds an entity that is not exposed, an attribute that is not tied, an entity id or a name."""
    attributes = {
        "supported_color_modes": ["brightness"],
        "color_mode": "brightness",
        "supported_features": 0,
        "friendly_name": "Bedside lamp",
    }
    hass.states.async_set("light.bedside", STATE_ON, {**attributes, "brightness": 77, "note": SECRET_TEXT})
    hass.states.async_set("sensor.bedroom", SECRET_TEXT)
    entry = link_entry(cloud, entity("light.bedside", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    hass.states.async_set("sensor.bedroom", f"{SECRET_TEXT} still")
    hass.states.async_set("light.bedside", STATE_ON, {**attributes, "brightness": 78, "note": SECRET_TEXT})
    hass.states.async_set("light.bedside", STATE_OFF, {**attributes, "note": SECRET_TEXT})
    await cloud.wait_for(lambda: cloud.gateway.value("switch_1") is False, PATIENCE)
    assert cloud.gateway.values.keys() == {"switch_1"}
    sent = b" ".join(one.payload for one in cloud.received).decode()
    # Any word of these letters may be in a random id
    sent = re.sub(r'"msgId":"[0-9a-f]+"', "", sent)
    assert "msgId" not in sent
    for word in ("bed", SECRET_TEXT, "light.", "Bedside", DEMO_DEVICE_SECRET, hass.config.location_name):
        assert word not in sent, word


async def test_not_exposable(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, calls: Calls) -> None:
    """An entity of a domain that cannot be exposed stays out of reach, also where a subentry names it."""
    hass.states.async_set("automation.alarm", STATE_ON)
    hass.states.async_set("camera.door", "idle")
    entry = link_entry(
        cloud,
        entity("automation.alarm", pair("on", "switch_1"), confirmed=True),
        entity("camera.door", pair("on", "switch_2"), confirmed=True),
    )
    _ = await load_link(hass, entry)
    calls.seen.clear()
    assert await outcome(cloud, {"switch_1": False}) == NO_PROPERTY
    assert await outcome(cloud, {"switch_2": False}) == NO_PROPERTY
    assert calls.seen == []
    assert cloud.gateway.values == {}


async def test_what_is_exposed_no_more_is_not_told_later(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice
) -> None:
    """What was kept while the cloud was away does not leave once the user has taken the exposure back."""
    hass.states.async_set("sensor.bedroom", "20", {"unit_of_measurement": "°C", "device_class": "temperature"})
    await booleans(hass, "lamp")
    entry = link_entry(
        cloud,
        entity("sensor.bedroom", pair("value", "temp_current"), subentry_id="bedroom"),
        entity("input_boolean.lamp", pair("on", "switch_1")),
    )
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: device.value("temp_current") == 200, PATIENCE)
    await cloud.stop()
    for value in range(21, 30):
        hass.states.async_set(
            "sensor.bedroom", str(value), {"unit_of_measurement": "°C", "device_class": "temperature"}
        )
        await hass.async_block_till_done()
    hass.states.async_set("input_boolean.lamp", STATE_ON)
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_remove_subentry(entry, "bedroom")
    await cloud.start()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await cloud.wait_for(lambda: device.value("switch_1") is True, PATIENCE)
    await stays(lambda: device.value("temp_current") == 200, 0.2)
    assert {one.code for one in device.history} <= {"switch_1"}


@pytest.fixture
def device(cloud: TuyaLinkCloudSimulator) -> LinkDevice:
    """Return what the cloud has of us."""
    return cloud.device(DEMO_DEVICE_ID)


async def test_nothing_secret_is_logged(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the secret nor the password made of it, nor the value of a property or a parameter, at any level."""
    caplog.set_level(logging.DEBUG, "custom_components.iot_gateway")
    seen = registered(hass, "text.set_value")
    hass.states.async_set("text.display", "x", {"min": 0, "max": 64, "mode": "text"})
    entry = link_entry(
        cloud,
        entity("text.display", pair("text", "display_text")),
        action("run_scene", [{"condition": "{{ false }}"}]),
    )
    connection = await load_link(hass, entry)
    assert await outcome(cloud, {"display_text": SECRET_TEXT}) == DONE
    assert await outcome(cloud, {"display_text": SECRET_TEXT * 10}) == INVALID
    _ = await cloud.execute_action(DEMO_DEVICE_ID, "run_scene", {"name": SECRET_TEXT}, timeout=PATIENCE)
    assert len(seen) == 1
    cloud.kick(DEMO_DEVICE_ID)
    await cloud.wait_for(lambda: len(cloud.gate.attempts) == 2, PATIENCE)
    passwords = [password(DEMO_DEVICE_ID, DEMO_DEVICE_SECRET, int(one.timestamp)) for one in cloud.gate.attempts]
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("custom_components.iot_gateway")
    )
    assert "could not be connected" in ours or "is lost" in ours
    for secret in (DEMO_DEVICE_SECRET, SECRET_TEXT, *passwords):
        assert secret not in ours
        assert secret not in repr(connection._link)
        assert secret not in str(connection.diagnostics())


def test_sensitive_as_bound() -> None:
    """Whoever is asked about a code that is not tied says no: nothing of it is set in any case."""
    member = object.__new__(ExposedMember)
    member.bound = object.__new__(BoundMember)
    member.bound.conversions = {}
    assert not member.is_sensitive("switch_1")
    assert not member.is_settable("switch_1")
    assert isinstance(State("lock.door", "locked"), State)
