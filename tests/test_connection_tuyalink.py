"""A TuyaLink entry against the simulated cloud: exposed entities are reported and set, events told, actions run."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.clients.tuyalink import DONE, FAILED, INVALID, NO_PROPERTY, OFFLINE
from custom_components.iot_gateway.connections import tuyalink_actions, tuyalink_commands
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuyalink_cloud import DEMO_DEVICE_ID, DEMO_DEVICE_SECRET, LinkDevice, TuyaLinkCloudSimulator
from tests.helpers import load, stays, wait_until
from tests.tuyalink_helpers import (
    PATIENCE,
    Calls,
    action,
    booleans,
    connection_of,
    entity,
    event_pair,
    issues,
    link_entry,
    load_link,
    pair,
    quickly,
    unload_all,
)

pytestmark = pytest.mark.usefixtures("socket_enabled", "prepared")

SENSOR = {"unit_of_measurement": "°C", "device_class": "temperature", "state_class": "measurement"}
LIGHT = {"supported_color_modes": ["brightness"], "color_mode": "brightness", "supported_features": 0}
EVENT = {"event_types": ["single", "double"], "device_class": "button"}


@pytest.fixture
async def prepared(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[None]:
    """Let the connection hurry, and unload it afterwards."""
    with quickly():
        yield
        await unload_all(hass)


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[TuyaLinkCloudSimulator]:
    """Return a running cloud, which must have nothing to complain of."""
    async with TuyaLinkCloudSimulator() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def device(cloud: TuyaLinkCloudSimulator) -> LinkDevice:
    """Return what the cloud has of us."""
    return cloud.device(DEMO_DEVICE_ID)


def values(device: LinkDevice) -> dict[str, Any]:
    return {code: one.value for code, one in device.values.items()}


def is_value(device: LinkDevice, code: str, value: Any) -> bool:
    return bool(device.value(code) == value)


# Set-up


async def test_set_up(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """Connected, the version told, and a device for the connection itself; nothing is exposed by itself."""
    hass.states.async_set("sensor.attic", "21.5", SENSOR)
    await booleans(hass, "lamp")
    entry = link_entry(cloud)
    _ = await load_link(hass, entry)
    (root,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert root.identifiers == {(DOMAIN, DEMO_DEVICE_ID)}
    assert (root.manufacturer, root.model, root.entry_type) == ("Tuya", "TuyaLink", dr.DeviceEntryType.SERVICE)
    assert device.versions.keys() == {0}
    assert entry.runtime_data.connected
    hass.states.async_set("sensor.attic", "22.5", SENSOR)
    await stays(lambda: values(device) == {}, 0.2)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await cloud.wait_for_device(DEMO_DEVICE_ID, online=False, timeout=PATIENCE)


async def test_wrong_secret(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    entry = link_entry(cloud, device_secret="0123456789abcdef")
    await load(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]
    # One attempt: nobody is asked again and again with what was refused
    assert len(cloud.gate.attempts) == 1


async def test_unreachable(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    await cloud.stop()
    entry = link_entry(cloud)
    await load(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "tuyalink_unreachable"
    await cloud.start()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert device.online


# Reports


async def test_reports(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """What is exposed is reported: once at first, then when it changes, with the time of the change."""
    hass.states.async_set("sensor.attic", "21.5", SENSOR)
    hass.states.async_set("sensor.cellar", "11.5", SENSOR)
    hass.states.async_set("binary_sensor.door", STATE_OFF, {"device_class": "door"})
    entry = link_entry(
        cloud,
        entity("sensor.attic", pair("value", "temp_current")),
        entity("binary_sensor.door", pair("active", "doorcontact_state")),
    )
    connection = await load_link(hass, entry)
    await cloud.wait_for(lambda: values(device) == {"temp_current": 215, "doorcontact_state": False}, PATIENCE)
    hass.states.async_set("sensor.attic", "-3.4", SENSOR)
    hass.states.async_set("sensor.cellar", "1.5", SENSOR)
    await cloud.wait_for(lambda: device.value("temp_current") == -34, PATIENCE)
    state = hass.states.get("sensor.attic")
    assert state is not None
    assert device.values["temp_current"].time == round(state.last_updated_timestamp * 1000)
    # Unavailable is no value
    reports = device.reports
    hass.states.async_set("sensor.attic", STATE_UNAVAILABLE)
    hass.states.async_set("binary_sensor.door", STATE_OFF, {"device_class": "door", "icon": "mdi:door"})
    await stays(lambda: device.reports == reports, 0.2)
    assert connection.diagnostics()["problems"] == {}


async def test_coalesced(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """A hundred changes at a rate of ten messages a second need few messages, and the last value is the cloud's."""
    hass.states.async_set("sensor.attic", "0", SENSOR)
    entry = link_entry(cloud, entity("sensor.attic", pair("value", "temp_current")), options={"reports_per_minute": 60})
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: device.value("temp_current") == 0, PATIENCE)
    before = cloud.calls["thing/property/report"]
    begun = hass.loop.time()
    for tenths in range(1, 101):
        hass.states.async_set("sensor.attic", str(tenths / 10), SENSOR)
        await hass.async_block_till_done()
    await cloud.wait_for(lambda: device.value("temp_current") == 100, PATIENCE)
    # One a second is allowed, on a slow machine too
    assert cloud.calls["thing/property/report"] - before <= 10 + hass.loop.time() - begun


async def test_value_out_of_range(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice, caplog: pytest.LogCaptureFixture
) -> None:
    """What the model does not allow is not sent, and said once."""
    hass.states.async_set("sensor.attic", "20", SENSOR)
    entry = link_entry(cloud, entity("sensor.attic", pair("value", "temp_current")))
    connection = await load_link(hass, entry)
    await cloud.wait_for(lambda: device.value("temp_current") == 200, PATIENCE)
    for value in ("4000", "5000"):
        hass.states.async_set("sensor.attic", value, SENSOR)
    hass.states.async_set("sensor.attic", "21", SENSOR)
    await cloud.wait_for(lambda: device.value("temp_current") == 210, PATIENCE)
    assert caplog.text.count("cannot tell the cloud temp_current") == 1
    assert list(connection.diagnostics()["problems"]) == [f"{DEMO_DEVICE_ID}/temp_current"]


async def test_entity_comes_later(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """An entity that appears after set-up, without a registry entry, is found; its trouble goes."""
    entry = link_entry(cloud, entity("sensor.attic", pair("value", "temp_current"), subentry_id="attic"))
    _ = await load_link(hass, entry)
    assert issues(hass)["exposed_entity_gone"]["entity"] == "sensor.attic"
    hass.states.async_set("sensor.attic", "21.5", SENSOR)
    await cloud.wait_for(lambda: device.value("temp_current") == 215, PATIENCE)
    assert issues(hass) == {}
    hass.states.async_remove("sensor.attic")
    await wait_until(lambda: "exposed_entity_gone" in issues(hass), PATIENCE)


async def test_renamed_disabled_and_removed(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice
) -> None:
    """A registered entity is followed when it is renamed, and missed when it is disabled or removed."""
    registry = er.async_get(hass)
    registered = registry.async_get_or_create("sensor", "other", "attic", suggested_object_id="attic")
    hass.states.async_set("sensor.attic", "21.5", SENSOR)
    entry = link_entry(cloud, entity("sensor.attic", pair("value", "temp_current"), hass=hass))
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: device.value("temp_current") == 215, PATIENCE)
    registry.async_update_entity(registered.entity_id, new_entity_id="sensor.loft")
    hass.states.async_remove("sensor.attic")
    hass.states.async_set("sensor.loft", "22.5", SENSOR)
    await cloud.wait_for(lambda: device.value("temp_current") == 225, PATIENCE)
    assert issues(hass) == {}
    registry.async_update_entity("sensor.loft", disabled_by=er.RegistryEntryDisabler.USER)
    await wait_until(lambda: issues(hass).get("exposed_entity_gone", {}).get("entity") == "sensor.loft", PATIENCE)
    registry.async_update_entity("sensor.loft", disabled_by=None)
    hass.states.async_set("sensor.loft", "23.5", SENSOR)
    await cloud.wait_for(lambda: device.value("temp_current") == 235, PATIENCE)
    assert issues(hass) == {}
    registry.async_remove("sensor.loft")
    await wait_until(lambda: "exposed_entity_gone" in issues(hass), PATIENCE)


async def test_model_without_the_property(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """A tie that the model knows nothing of (any more) is told, and breaks nothing else."""
    hass.states.async_set("sensor.attic", "21.5", SENSOR)
    entry = link_entry(cloud, entity("sensor.attic", pair("value", "temp_in_attic"), pair("value", "temp_current")))
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: cloud.gateway.value("temp_current") == 215, PATIENCE)
    assert issues(hass)["exposure_outdated"]["codes"] == "temp_in_attic"


async def test_exposures_change_while_connected(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice
) -> None:
    """Another exposure takes effect on the same connection, and one that is removed ends at once."""
    hass.states.async_set("sensor.attic", "21.5", SENSOR)
    await booleans(hass, "lamp")
    entry = link_entry(cloud, entity("sensor.attic", pair("value", "temp_current"), subentry_id="attic"))
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: device.value("temp_current") == 215, PATIENCE)

    lamp = entity("input_boolean.lamp", pair("on", "switch_1"))
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(lamp["data"]), subentry_type="entity", title="Lamp", unique_id=lamp["unique_id"]
        ),
    )
    await cloud.wait_for(lambda: device.value("switch_1") is False, PATIENCE)
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == DONE
    await cloud.wait_for(lambda: device.value("switch_1") is True, PATIENCE)
    hass.config_entries.async_remove_subentry(entry, "attic")
    await hass.async_block_till_done()
    reports = device.reports
    hass.states.async_set("sensor.attic", "22.5", SENSOR)
    await stays(lambda: device.reports == reports and device.value("temp_current") == 215, 0.2)
    assert len(cloud.gate.attempts) == 1


# Commands


async def test_command(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """A set is a service call with a context of its own; the answer says that it was done, a report what came of it."""
    await booleans(hass, "lamp")
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    calls = Calls(hass)
    for value in (True, False):
        answer = await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": value}, timeout=PATIENCE)
        assert answer.code == DONE
        assert hass.states.is_state("input_boolean.lamp", STATE_ON if value else STATE_OFF)
        await cloud.wait_for(partial(is_value, device, "switch_1", value), PATIENCE)
    assert calls.seen == [
        ("input_boolean.turn_on", {"entity_id": "input_boolean.lamp"}),
        ("input_boolean.turn_off", {"entity_id": "input_boolean.lamp"}),
    ]
    assert len({context.id for context in calls.contexts}) == 2
    state = hass.states.get("input_boolean.lamp")
    assert state is not None
    assert state.context.id == calls.contexts[-1].id


async def test_no_ping_pong(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """What the cloud sets is reported once, and set again by nobody."""
    await booleans(hass, "lamp")
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: device.value("switch_1") is False, PATIENCE)
    calls = Calls(hass)
    reports = device.reports
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == DONE
    await cloud.wait_for(lambda: device.reports == reports + 1, PATIENCE)
    await stays(lambda: device.reports == reports + 1 and len(calls.seen) == 1, 0.4)


async def test_set_to_what_it_is(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """An app that is behind is told again what is so already."""
    await booleans(hass, "lamp")
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: device.value("switch_1") is False, PATIENCE)
    reports = device.reports
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": False}, timeout=PATIENCE)).code == DONE
    await cloud.wait_for(lambda: device.reports == reports + 1, PATIENCE)
    assert device.value("switch_1") is False


async def test_command_without_effect(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """A device that does not do what its service says: the app is corrected."""

    async def ignore(call: ServiceCall) -> None:
        """Do nothing."""

    hass.services.async_register("switch", "turn_on", ignore)
    hass.states.async_set("switch.pump", STATE_OFF)
    entry = link_entry(cloud, entity("switch.pump", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: device.value("switch_1") is False, PATIENCE)
    reports = device.reports
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == DONE
    await cloud.wait_for(lambda: device.reports == reports + 1, PATIENCE)
    assert device.value("switch_1") is False


async def test_several_at_once(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """A light's switch and brightness are one service call; off comes last, whatever else is set."""
    seen: list[tuple[str, dict[str, Any]]] = []

    async def note(call: ServiceCall) -> None:
        seen.append((call.service, dict(call.data)))

    for service in ("turn_on", "turn_off"):
        hass.services.async_register("light", service, note)
    hass.states.async_set("light.desk", STATE_ON, {**LIGHT, "brightness": 255})
    entry = link_entry(cloud, entity("light.desk", pair("on", "switch_1"), pair("brightness", "bright_value")))
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: values(device) == {"switch_1": True, "bright_value": 1000}, PATIENCE)
    both = {"bright_value": 505, "switch_1": True}
    assert (await cloud.set_property(DEMO_DEVICE_ID, both, timeout=PATIENCE)).code == DONE
    (call,) = seen
    assert call[0] == "turn_on"
    assert call[1]["entity_id"] == ["light.desk"] or call[1]["entity_id"] == "light.desk"
    assert any(name.startswith("brightness") for name in call[1])
    seen.clear()
    off = {"switch_1": False, "bright_value": 505}
    assert (await cloud.set_property(DEMO_DEVICE_ID, off, timeout=PATIENCE)).code == DONE
    assert seen[-1][0] == "turn_off"


async def test_outcomes(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """Each failure has the code that says what is wrong, and all of a message is refused where a part of it is."""
    await booleans(hass, "lamp", "fan")
    error: Exception | None = None

    async def fail(call: ServiceCall) -> None:
        assert error is not None
        raise error

    hass.services.async_register("switch", "turn_on", fail)
    hass.states.async_set("switch.pump", STATE_OFF)
    hass.states.async_set("sensor.attic", "20", SENSOR)
    entry = link_entry(
        cloud,
        entity("input_boolean.lamp", pair("on", "switch_1")),
        entity("switch.pump", pair("on", "switch_2")),
        entity("sensor.attic", pair("value", "temp_set")),
    )
    _ = await load_link(hass, entry)

    async def outcome(values: dict[str, Any]) -> int:
        return (await cloud.set_property(DEMO_DEVICE_ID, values, checked=False, timeout=PATIENCE)).code

    error = HomeAssistantError("broken")
    assert await outcome({"switch_2": True}) == FAILED
    error = ServiceValidationError("not so")
    assert await outcome({"switch_2": True}) == INVALID
    error = RuntimeError("bug")
    assert await outcome({"switch_2": True}) == FAILED
    hass.states.async_set("switch.pump", STATE_UNAVAILABLE)
    assert await outcome({"switch_2": True}) == OFFLINE
    assert await outcome({"switch_1": "yes"}) == INVALID
    assert await outcome({"switch_1": 1}) == INVALID
    assert await outcome({"temp_set": 200}) == FAILED
    assert await outcome({"work_mode": "white"}) == NO_PROPERTY
    assert await outcome({"switch_1": True, "work_mode": "white"}) == NO_PROPERTY
    assert hass.states.is_state("input_boolean.lamp", STATE_OFF)
    assert connection_of(entry).diagnostics()["commands"] == {"total": 9, "refused": 9}


async def test_slow_service(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that takes too long is answered as failed, and goes on."""

    monkeypatch.setattr(tuyalink_commands, "_DONE_WITHIN", 0.05)
    go_on = asyncio.Event()
    done: list[str] = []

    async def wait(call: ServiceCall) -> None:
        await go_on.wait()
        done.append(call.service)

    hass.services.async_register("switch", "turn_on", wait)
    hass.states.async_set("switch.pump", STATE_OFF)
    entry = link_entry(cloud, entity("switch.pump", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == FAILED
    go_on.set()
    await wait_until(lambda: done == ["turn_on"], PATIENCE)


async def test_firmware_is_declined(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    entry = link_entry(cloud)
    _ = await load_link(hass, entry)
    await cloud.issue_firmware(DEMO_DEVICE_ID)
    await cloud.wait_for(lambda: bool(device.progress), PATIENCE)
    assert device.progress == [
        {"channel": 0, "progress": 0, "errorCode": 40, "errorMsg": "This device cannot be updated from the cloud"}
    ]


# Events


async def test_event(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """Each event is told, with its type; a state that is only restored is none."""
    hass.states.async_set("event.bell", "2026-01-01T00:00:00.000+00:00", {**EVENT, "event_type": "single"})
    entry = link_entry(cloud, entity("event.bell", event_pair("button_pressed", parameter="kind")))
    _ = await load_link(hass, entry)
    hass.states.async_set("event.bell", STATE_UNAVAILABLE, EVENT)
    hass.states.async_set("event.bell", "2026-01-01T00:00:00.000+00:00", {**EVENT, "event_type": "single"})
    for kind in ("double", "double", "single"):
        hass.states.async_set(
            "event.bell", dt_util.utcnow().isoformat(timespec="microseconds"), {**EVENT, "event_type": kind}
        )
        await hass.async_block_till_done()
    await cloud.wait_for(lambda: len(device.events) == 3, PATIENCE)
    assert [one.code for one in device.events] == ["button_pressed"] * 3
    assert [one.outputs["kind"] for one in device.events] == ["double", "double", "single"]
    await stays(lambda: len(device.events) == 3, 0.2)


# Actions


async def test_action(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """An action is a sequence with its inputs as variables; what it returns are the outputs."""
    heard: list[dict[str, Any]] = []

    async def hear(call: ServiceCall) -> dict[str, Any]:
        heard.append(dict(call.data))
        return {"started": True}

    hass.services.async_register("notify", "house", hear, supports_response=SupportsResponse.OPTIONAL)
    sequence: list[dict[str, Any]] = [
        {
            "action": "notify.house",
            "data": {"message": "{{ name }} {{ inputs.name }}"},
            "response_variable": "result",
        },
        {"stop": "done", "response_variable": "result"},
    ]
    entry = link_entry(cloud, action("run_scene", sequence))
    _ = await load_link(hass, entry)
    answer = await cloud.execute_action(DEMO_DEVICE_ID, "run_scene", {"name": "Evening"}, timeout=PATIENCE)
    assert (answer.code, answer.outputs) == (DONE, {"started": True})
    assert heard == [{"message": "Evening Evening"}]
    # An input is data, and never a template
    answer = await cloud.execute_action(DEMO_DEVICE_ID, "run_scene", {"name": "{{ 1 + 1 }}"}, timeout=PATIENCE)
    assert answer.code == DONE
    assert heard[-1]["message"] == "{{ 1 + 1 }} {{ 1 + 1 }}"


async def test_action_with_a_date(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    sequence: list[dict[str, Any]] = [
        {"variables": {"result": {"until": "{{ (now() + timedelta(minutes=minutes)).isoformat() }}"}}},
        {"stop": "done", "response_variable": "result"},
    ]
    entry = link_entry(cloud, action("open_for", sequence))
    _ = await load_link(hass, entry)
    answer = await cloud.execute_action(DEMO_DEVICE_ID, "open_for", {"minutes": 10}, timeout=PATIENCE)
    assert answer.code == DONE
    assert answer.outputs["until"] / 1000 == pytest.approx(dt_util.utcnow().timestamp() + 600, abs=30)


async def test_action_that_fails(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """A sequence that breaks, or gives up, is answered as failed."""
    entry = link_entry(
        cloud,
        action("restart", [{"action": "light.not_there"}], subentry_id="restart"),
        action("run_scene", [{"condition": "template", "value_template": "{{ false }}"}]),
        action("open_for", [{"stop": "no", "error": True}]),
    )
    _ = await load_link(hass, entry)
    for code, inputs in (("restart", {}), ("run_scene", {"name": "x"}), ("open_for", {"minutes": 1})):
        assert (await cloud.execute_action(DEMO_DEVICE_ID, code, inputs, timeout=PATIENCE)).code == FAILED, code
    # With another sequence it works at once
    hass.config_entries.async_update_subentry(
        entry, entry.subentries["restart"], data={"device": "", "code": "restart", "sequence": [], "confirmed": False}
    )
    await hass.async_block_till_done()
    assert (await cloud.execute_action(DEMO_DEVICE_ID, "restart", timeout=PATIENCE)).code == DONE


async def test_slow_and_broken_actions(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An action that takes too long, or breaks in a way that nobody foresaw, is answered as failed."""
    monkeypatch.setattr(tuyalink_actions, "_DONE_WITHIN", 0.1)
    go_on = asyncio.Event()
    ended = async_capture_events(hass, "ended")

    async def wait(call: ServiceCall) -> None:
        await go_on.wait()

    async def break_down(call: ServiceCall) -> None:
        raise RuntimeError("a bug of another integration")

    hass.services.async_register("notify", "slow", wait)
    hass.services.async_register("notify", "broken", break_down)
    entry = link_entry(
        cloud,
        action("restart", [{"action": "notify.slow"}, {"event": "ended"}], confirmed=True),
        action("run_scene", [{"action": "notify.broken"}], subentry_id="scene"),
    )
    _ = await load_link(hass, entry)
    assert (await cloud.execute_action(DEMO_DEVICE_ID, "restart", timeout=PATIENCE)).code == FAILED
    go_on.set()
    await wait_until(lambda: ended, PATIENCE)
    inputs = {"name": "x"}
    assert (await cloud.execute_action(DEMO_DEVICE_ID, "run_scene", inputs, timeout=PATIENCE)).code == FAILED
    hass.config_entries.async_remove_subentry(entry, "scene")
    await hass.async_block_till_done()
    assert (await cloud.execute_action(DEMO_DEVICE_ID, "run_scene", inputs, timeout=PATIENCE)).code == INVALID


async def test_too_many_commands(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cloud that sends more than can be done is told so; the house is not flooded."""
    monkeypatch.setattr(tuyalink_commands, "_MOST_AT_ONCE", 3)
    go_on = asyncio.Event()
    seen: list[str] = []

    async def wait(call: ServiceCall) -> None:
        seen.append(call.service)
        await go_on.wait()

    hass.services.async_register("switch", "turn_on", wait)
    hass.states.async_set("switch.pump", STATE_OFF)
    entry = link_entry(cloud, entity("switch.pump", pair("on", "switch_1")))
    connection = await load_link(hass, entry)
    commands = [
        asyncio.create_task(cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)) for _ in range(5)
    ]
    await wait_until(lambda: sum(command.done() for command in commands) == 2, PATIENCE)
    # One entity is told one thing after the other
    assert seen == ["turn_on"]
    go_on.set()
    answers = [(await command).code for command in commands]
    assert sorted(answers) == sorted([DONE, DONE, DONE, FAILED, FAILED])
    assert len(seen) == 3
    assert connection.diagnostics()["commands"] == {"total": 5, "refused": 2}


@pytest.mark.parametrize(
    "inputs", [{}, {"minutes": "5"}, {"minutes": 0}, {"minutes": 500}, {"minutes": True}, {"minutes": 5, "more": 1}]
)
async def test_action_with_bad_inputs(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, inputs: dict[str, Any]
) -> None:
    entry = link_entry(cloud, action("open_for", [{"event": "opened"}], confirmed=True))
    _ = await load_link(hass, entry)
    opened = async_capture_events(hass, "opened")
    answer = await cloud.execute_action(DEMO_DEVICE_ID, "open_for", inputs, checked=False, timeout=PATIENCE)
    assert answer.code == INVALID
    assert opened == []


# What is told of it


async def test_diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, cloud: TuyaLinkCloudSimulator
) -> None:
    await booleans(hass, "lamp")
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    await cloud.wait_for(lambda: cloud.gateway.value("switch_1") is False, PATIENCE)
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    connection: Any = told["connection"]
    assert connection["connected"] is True
    assert connection["outbox"]["offered"] >= 1
    assert abs(connection["clock_offset"]) < 5000
    assert connection["exposures"] == [
        {
            "device_id": DEMO_DEVICE_ID,
            "entity_id": "input_boolean.lamp",
            "confirmed": False,
            "codes": {"switch_1": "on"},
            "obstacles": {},
        }
    ]
    assert DEMO_DEVICE_SECRET not in str(told)


async def test_measures(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """Values reported and commands taken today, and whether there is a connection; kept over a reload."""

    await booleans(hass, "lamp")
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    with patch("custom_components.iot_gateway.PLATFORMS", [Platform.SENSOR, Platform.BINARY_SENSOR]):
        connection = await load_link(hass, entry)
        await cloud.wait_for(lambda: cloud.gateway.value("switch_1") is False, PATIENCE)
        assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == DONE
        await cloud.wait_for(lambda: cloud.gateway.value("switch_1") is True, PATIENCE)
        await wait_until(lambda: connection.diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
        told = {measure.key: measure.value() for measure in connection.measures}
        assert told == {"reports_today": 2, "commands_today": 1, "tuyalink_connected": True}
        entity_id = er.async_get(hass).async_get_entity_id(
            Platform.BINARY_SENSOR, DOMAIN, f"{entry.entry_id}_measure_tuyalink_connected"
        )
        assert entity_id is not None
        assert hass.states.is_state(entity_id, STATE_ON)
        # Counts are shown once a minute
        shown = er.async_get(hass).async_get_entity_id(
            Platform.SENSOR, DOMAIN, f"{entry.entry_id}_measure_commands_today"
        )
        assert shown is not None
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
        await wait_until(lambda: hass.states.is_state(shown, "1"), PATIENCE)
        assert await hass.config_entries.async_reload(entry.entry_id)
        connection = connection_of(entry)
        await wait_until(lambda: connection.diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
        told = {measure.key: measure.value() for measure in connection.measures}
        assert told == {"reports_today": 3, "commands_today": 1, "tuyalink_connected": True}
        await unload_all(hass)
