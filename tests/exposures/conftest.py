"""Real entities: those of Home Assistant's demo, a platform at a time."""

from collections.abc import Awaitable, Callable
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

type Demo = Callable[..., Awaitable[None]]


def event_entity(hass: HomeAssistant) -> str:
    """Return the demo's event entity: which name it gets goes by which of its device's platforms is the first."""
    (state,) = hass.states.async_all("event")
    return state.entity_id


@pytest.fixture
def demo(hass: HomeAssistant) -> Demo:
    """Return what sets platforms of the demo up."""

    async def set_up(*platforms: str) -> None:
        # The demo wants the assistants, whose requirements are not there
        hass.config.components.add("conversation")
        assert await async_setup_component(hass, "homeassistant", {})
        entry = MockConfigEntry(domain="demo")
        entry.add_to_hass(hass)
        with (
            patch("homeassistant.components.demo.COMPONENTS_WITH_CONFIG_ENTRY_DEMO_PLATFORM", list(platforms)),
            patch("homeassistant.components.demo.lock.LOCK_UNLOCK_DELAY", 0),
        ):
            assert await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done()

    return set_up
