"""What several tests of the integration do."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from enum import Enum
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, Platform
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway import discovery
from custom_components.iot_gateway.const import CONF_CONNECTION, CONF_DEVICE_KEY, CONF_UUID, DOMAIN, PLATFORMS
from custom_components.iot_gateway.mapping import plan_entities
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator
from simulators.tuya_gateway.demo.points import device, ro, rw
from simulators.tuya_gateway.schema import bitmap, boolean, enum, integer

TITLE = "Tuya gateway in the hall"
UNKNOWN_CATEGORY = "qtabc"
"""A category that no table has: its data points get entities by their type alone."""


async def wait_until(condition: Callable[[], object], timeout: float = 20.0) -> None:
    """Wait until a condition holds; raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.002)


async def stays(condition: Callable[[], object], seconds: float = 0.1) -> None:
    """Assert that a condition holds, over some rounds of the event loop and of the network."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        assert condition()
        await asyncio.sleep(0.002)


def plug(name: str = "Plug", *, online: bool = True) -> SimulatedDevice:
    """Return a device with one data point for each of the commonest platforms, none of which a table knows."""
    return device(
        name,
        UNKNOWN_CATEGORY,
        rw(boolean("relay"), False),
        rw(boolean("lamp"), False),
        rw(integer("target", 0, 100, "%"), 50),
        rw(enum("phase", "idle", "busy", "done"), "idle"),
        ro(integer("reading", -400, 1000, "℃", scale=1), 215),
        ro(boolean("contact"), False),
        ro(bitmap("alarms", "hot", "cold"), 0),
        online=online,
    )


def wireless_switch(name: str = "Wireless switch") -> SimulatedDevice:
    """Return a scene switch with one key."""
    return device(name, "wxkg", ro(enum("switch_mode1", "click", "double_click", "press"), "click"))


def make_entry(
    simulator: TuyaGatewaySimulator, *, uuid: bool = True, options: dict[str, object] | None = None, **data: object
) -> MockConfigEntry:
    """Return the entry of a simulator, as the flow would make it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=TITLE,
        unique_id=simulator.uuid if uuid else None,
        data={
            CONF_CONNECTION: "tuya_gateway",
            "host": simulator.host,
            "port": simulator.port,
            "path": simulator.path,
            CONF_DEVICE_KEY: simulator.device_key,
            **({CONF_UUID: simulator.uuid} if uuid else {}),
            **data,
        },
        options=options or {},
    )


def state_now(entry: MockConfigEntry) -> ConfigEntryState:
    """Return an entry's state, which may be another with each call."""
    return entry.state


async def load(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up, whatever becomes of it."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def find_entity(hass: HomeAssistant, platform: Platform, simulated: SimulatedDevice, key: str) -> str | None:
    """Return the entity id of a device's data point, None where it has no entity of the platform."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{simulated.id}_{key}")


def entity_id(hass: HomeAssistant, platform: Platform, simulated: SimulatedDevice, key: str) -> str:
    """Return the entity id of a device's data point."""
    found = find_entity(hass, platform, simulated, key)
    assert found is not None, f"{simulated.name} has no {platform} {key}"
    return found


def state_of(hass: HomeAssistant, entity: str) -> str:
    """Return an entity's state."""
    state = hass.states.get(entity)
    assert state is not None, f"{entity} has no state"
    return state.state


@contextmanager
def states_written(hass: HomeAssistant) -> Iterator[list[State]]:
    """Gather the states that are written meanwhile, of all entities."""
    states: list[State] = []

    @callback
    def gather(event: Event[EventStateChangedData]) -> None:
        if (new := event.data["new_state"]) is not None:
            states.append(new)

    remove = hass.bus.async_listen(EVENT_STATE_CHANGED, gather)
    try:
        yield states
    finally:
        remove()


def listening_on(hass: HomeAssistant) -> int:
    """Return the one UDP port on which announcements are listened for."""
    (port,) = hass.data[discovery._KEY].listener.ports_open
    return port


@asynccontextmanager
async def loaded(
    hass: HomeAssistant,
    *devices: SimulatedDevice,
    platforms: list[Platform] | None = None,
    options: Mapping[str, object] | None = None,
) -> AsyncGenerator[TuyaGatewaySimulator]:
    """Have a gateway with these devices set up, with some of the platforms only, and unload it afterwards."""
    with patch("custom_components.iot_gateway.PLATFORMS", platforms or PLATFORMS):
        async with TuyaGatewaySimulator(devices) as simulator:
            entry = make_entry(simulator, options=dict(options or {}))
            await load(hass, entry)
            assert entry.state is ConfigEntryState.LOADED, entry.reason
            yield simulator
            await hass.async_block_till_done()
            assert await hass.config_entries.async_unload(entry.entry_id)


def entities_of(hass: HomeAssistant, platform: Platform) -> dict[str, dict[str, Any]]:
    """Return all that a user can tell of the entities of a platform, by entity id, without what is as usual.

    All entities have to be enabled; `enabled` says whether they would be.
    """
    (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
    devices = dr.async_get(hass)
    registry = er.async_get(hass)
    found = {}
    for known in entry.runtime_data.devices.values():
        for plan in plan_entities(known.schema):
            if plan.platform is not platform:
                continue
            entity = registry.entities[registry.async_get_entity_id(platform, DOMAIN, f"{known.id}_{plan.key}") or ""]
            state = hass.states.get(entity.entity_id)
            assert state is not None, entity.entity_id
            assert entity.device_id is not None
            registered = devices.async_get(entity.device_id)
            assert registered is not None
            attributes = dict(state.attributes)
            for usual in ("friendly_name", "supported_features"):
                attributes.pop(usual, None)
            described = {
                "category": entity.entity_category and entity.entity_category.value,
                "code": plan.row.data_point,
                "device": f"{known.category}, {registered.name}",
                "enabled": None if plan.row.entity_registry_enabled_default else False,
                "name": entity.original_name,
                "translation_key": entity.translation_key,
                "state": state.state,
                **{f"attribute {name}": _plain(value) for name, value in sorted(attributes.items())},
            }
            found[entity.entity_id] = {name: value for name, value in described.items() if value is not None}
    ours = {entity.entity_id for entity in er.async_entries_for_config_entry(registry, entry.entry_id)}
    assert ours == set(found)
    return found


def _plain(value: object) -> object:
    """Return an attribute as the UI gets it."""
    return value.value if isinstance(value, Enum) else value
