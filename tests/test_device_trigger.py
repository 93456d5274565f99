"""Device triggers."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.components.event import ATTR_MULTI_PRESS_COUNT
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_get_device_automation_capabilities,
    async_get_device_automations,
    async_mock_service,
)

from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_gateway import SimulatedDevice
from simulators.tuya_gateway.demo.points import device, ro, rw
from simulators.tuya_gateway.schema import boolean, enum, string
from tests.helpers import entity_id, loaded, stays, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled")

PRESSES = ("click", "double_click", "press")


@pytest.fixture
def remote() -> SimulatedDevice:
    """Return a remote control with two buttons."""
    return device(
        "Remote",
        "wxkg",
        ro(enum("switch_mode1", *PRESSES), "click"),
        ro(enum("switch_mode2", *PRESSES), "click"),
    )


def trigger(hass: HomeAssistant, simulated: SimulatedDevice, key: str, event_type: str, subtype: str) -> dict[str, Any]:
    """Return the trigger of an event of a device, or of the gang that the event belongs to."""
    entry = er.async_get(hass).async_get(entity_id(hass, Platform.EVENT, simulated, key))
    assert entry is not None
    return {
        "platform": "device",
        "domain": DOMAIN,
        "device_id": entry.device_id,
        "type": event_type,
        "subtype": subtype,
    }


async def automate(hass: HomeAssistant, *triggers: dict[str, Any]) -> Callable[[], list[Any]]:
    """Set up an automation for each trigger; return what tells the data of the actions that they ran."""
    calls: list[ServiceCall] = async_mock_service(hass, "test", "automation")
    assert await async_setup_component(
        hass,
        AUTOMATION,
        {
            AUTOMATION: [
                {
                    "trigger": one,
                    "action": {
                        "service": "test.automation",
                        "data": {
                            "what": "{{ trigger.subtype }} {{ trigger.type }}",
                            "count": "{{ trigger.multi_press_count | default(0) }}",
                        },
                    },
                }
                for one in triggers
            ]
        },
    )
    await hass.async_block_till_done()
    return lambda: [call.data["what"] for call in calls]


async def triggers_of(hass: HomeAssistant, device_id: str | None) -> set[tuple[str, str]]:
    """Return the types and subtypes of our triggers of a device."""
    assert device_id is not None
    found = await async_get_device_automations(hass, DeviceAutomationType.TRIGGER, device_id)
    return {(one["type"], one["subtype"]) for one in found if one["domain"] == DOMAIN}


async def test_every_press_counts(hass: HomeAssistant, remote: SimulatedDevice) -> None:
    """A repeated press fires each time; another button and another kind of press don't."""
    async with loaded(hass, remote, platforms=[Platform.EVENT]) as simulator:
        ran = await automate(
            hass,
            trigger(hass, remote, "switch_mode1", "press_end", "button_1"),
            trigger(hass, remote, "switch_mode2", "multi_press_end", "button_2"),
        )
        for _ in range(3):
            await simulator.report(remote.id, {"switch_mode1": "click"})
        await simulator.report(remote.id, {"switch_mode1": "press"})
        await simulator.report(remote.id, {"switch_mode2": "click"})
        await simulator.report(remote.id, {"switch_mode2": "double_click"})
        await wait_until(lambda: "button_2 multi_press_end" in ran())
        await hass.async_block_till_done()
        assert ran() == ["button_1 press_end"] * 3 + ["button_2 multi_press_end"]


async def test_nothing_fires_at_start_or_on_return(hass: HomeAssistant, remote: SimulatedDevice) -> None:
    """What is restored or read again is no press; what comes after the entry was loaded again is."""
    async with loaded(hass, remote, platforms=[Platform.EVENT]) as simulator:
        ran = await automate(hass, trigger(hass, remote, "switch_mode1", "press_end", "button_1"))
        await simulator.report(remote.id, {"switch_mode1": "click"})
        await wait_until(lambda: len(ran()) == 1)

        (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        await simulator.drop()
        await simulator.wait_for(lambda: simulator.opened == 3 and simulator.connections == 1)
        await wait_until(lambda: entry.runtime_data.connected)
        await stays(lambda: len(ran()) == 1, 0.05)

        await simulator.report(remote.id, {"switch_mode1": "click"})
        await wait_until(lambda: len(ran()) == 2)


async def test_how_many_presses(hass: HomeAssistant, remote: SimulatedDevice) -> None:
    """A trigger of several presses can say how many."""
    async with loaded(hass, remote, platforms=[Platform.EVENT]) as simulator:
        double = trigger(hass, remote, "switch_mode1", "multi_press_end", "button_1")
        ran = await automate(
            hass, double | {ATTR_MULTI_PRESS_COUNT: 2}, double | {ATTR_MULTI_PRESS_COUNT: 3, "id": "triple"}
        )
        await simulator.report(remote.id, {"switch_mode1": "double_click"})
        await wait_until(lambda: ran() == ["button_1 multi_press_end"])
        await hass.async_block_till_done()
        assert len(ran()) == 1

        capabilities = await async_get_device_automation_capabilities(hass, DeviceAutomationType.TRIGGER, double)
        (field,) = capabilities["extra_fields"]
        assert field["name"] == ATTR_MULTI_PRESS_COUNT
        single = trigger(hass, remote, "switch_mode1", "press_end", "button_1")
        assert await async_get_device_automation_capabilities(hass, DeviceAutomationType.TRIGGER, single) == {
            "extra_fields": []
        }


async def test_what_a_device_offers(hass: HomeAssistant, remote: SimulatedDevice) -> None:
    """Each button has a trigger for each kind of press that it announced, a doorbell for its ring; a lamp has none."""
    camera = device("Camera", "sp", ro(string("doorbell_active"), ""))
    lamp = device("Lamp", "dj", rw(boolean("switch_led"), False))
    async with loaded(hass, remote, camera, lamp, platforms=[Platform.EVENT]):
        registry = dr.async_get(hass)
        (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
        ids = {
            one.name: found.id
            for one in (remote, camera, lamp)
            if (found := registry.async_get_device_by_identifier((DOMAIN, one.id), entry.entry_id))
        }
        assert await triggers_of(hass, ids["Remote"]) == {
            (kind, button)
            for kind in ("press_end", "multi_press_end", "long_press_start")
            for button in ("button_1", "button_2")
        }
        assert await triggers_of(hass, ids["Camera"]) == {("ring", "doorbell")}
        assert await triggers_of(hass, ids["Lamp"]) == set()


async def test_gangs(hass: HomeAssistant) -> None:
    """The scene button of a gang is a trigger of the gang's device, and of no other."""
    wall = device(
        "Wall",
        "cjkg",
        *(rw(boolean(f"switch_{gang}"), False) for gang in (1, 2)),
        *(ro(enum(f"scene_{gang}", "scene"), "scene") for gang in (1, 2)),
    )
    async with loaded(hass, wall, platforms=[Platform.EVENT, Platform.SWITCH]) as simulator:
        second = trigger(hass, wall, "scene_2", "press_end", "scene_button_2")
        first = trigger(hass, wall, "scene_1", "press_end", "scene_button_1")
        assert first["device_id"] != second["device_id"]
        assert await triggers_of(hass, second["device_id"]) == {("press_end", "scene_button_2")}
        ran = await automate(hass, second)
        await simulator.report(wall.id, {"scene_1": "scene"})
        await simulator.report(wall.id, {"scene_2": "scene"})
        await wait_until(lambda: ran() == ["scene_button_2 press_end"])


@pytest.mark.parametrize(
    "wrong", [{"type": "ring"}, {"subtype": "button_7"}, {"subtype": None}, {ATTR_MULTI_PRESS_COUNT: 1}]
)
async def test_what_the_device_has_not(
    hass: HomeAssistant, remote: SimulatedDevice, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A trigger that the device cannot give is an error of the automation."""
    async with loaded(hass, remote, platforms=[Platform.EVENT]):
        config = trigger(hass, remote, "switch_mode1", "press_end", "button_1") | wrong
        await automate(hass, {name: value for name, value in config.items() if value is not None})
        (state,) = hass.states.async_all(AUTOMATION)
        assert state.state == "unavailable"
        assert "button_7" in caplog.text or wrong != {"subtype": "button_7"}


async def test_an_automation_that_goes(hass: HomeAssistant, remote: SimulatedDevice) -> None:
    """One that is turned off hears nothing any more."""
    async with loaded(hass, remote, platforms=[Platform.EVENT]) as simulator:
        ran = await automate(hass, trigger(hass, remote, "switch_mode1", "press_end", "button_1"))
        (state,) = hass.states.async_all(AUTOMATION)
        await hass.services.async_call("automation", "turn_off", {"entity_id": state.entity_id}, blocking=True)
        written = async_capture_events(hass, "state_changed")
        await simulator.report(remote.id, {"switch_mode1": "click"})
        await wait_until(lambda: any(event.data["entity_id"].startswith("event.") for event in written))
        await hass.async_block_till_done()
        assert ran() == []
