"""Properties that the cloud sets in one message, in whatever order, and that belong to one call of an entity, or contradict each other."""

from collections.abc import AsyncGenerator
from typing import Any, override

from homeassistant.components.climate import ClimateEntity
from homeassistant.components.climate.const import ClimateEntityFeature, HVACMode
from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import ATTR_BRIGHTNESS, ATTR_COLOR_TEMP_KELVIN, ATTR_HS_COLOR, ColorMode
from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import setup_test_component_platform

from custom_components.iot_gateway.clients.tuyalink import DONE
from simulators.tuyalink_cloud import DEMO_DEVICE_ID, GATEWAY_PRODUCT, TuyaLinkCloudSimulator
from simulators.tuyalink_cloud.demo import bool_spec, demo_devices, enum_spec, make_model, prop, string_spec, value_spec
from simulators.tuyalink_cloud.devices import Product
from tests.tuyalink_helpers import PATIENCE, Json, entity, link_entry, load_link, pair, quickly, unload_all

pytestmark = pytest.mark.usefixtures("socket_enabled", "prepared")

GREEN = {"colour_data_v2": "007803e803e8"}
COLD = {"temp_value": 1000}
COLOR, WHITE = {"work_mode": "colour"}, {"work_mode": "white"}
OTHERS = {"switch_1": True, "bright_value": 505}
HS, KELVIN = (120.0, 100.0), 6500


@pytest.fixture
async def prepared(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[None]:
    """Let the connection hurry, and unload it afterwards."""
    with quickly():
        yield
        await unload_all(hass)


class Lamp(LightEntity):
    """A lamp that is as it is told to be, in a warm colour at first."""

    _attr_name = "Desk"
    _attr_should_poll = False
    _attr_supported_color_modes = {ColorMode.HS, ColorMode.COLOR_TEMP}
    _attr_color_mode = ColorMode.HS
    _attr_hs_color = (30.0, 50.0)
    _attr_brightness = 255
    _attr_is_on = True
    _attr_min_color_temp_kelvin = 2000
    _attr_max_color_temp_kelvin = KELVIN

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        self._attr_brightness = kwargs.get(ATTR_BRIGHTNESS, self._attr_brightness)
        if ATTR_HS_COLOR in kwargs:
            self._attr_hs_color, self._attr_color_mode = kwargs[ATTR_HS_COLOR], ColorMode.HS
        if ATTR_COLOR_TEMP_KELVIN in kwargs:
            self._attr_color_temp_kelvin = kwargs[ATTR_COLOR_TEMP_KELVIN]
            self._attr_color_mode = ColorMode.COLOR_TEMP
        self.async_write_ha_state()


class Thermostat(ClimateEntity):
    """A thermostat that keeps to a range."""

    _attr_name = "Hall"
    _attr_should_poll = False
    _attr_hvac_mode = HVACMode.HEAT_COOL
    _attr_hvac_modes = [HVACMode.HEAT_COOL, HVACMode.OFF]
    _attr_supported_features = ClimateEntityFeature.TARGET_TEMPERATURE_RANGE
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_target_temperature_low = 18.0
    _attr_target_temperature_high = 24.0

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        self._attr_target_temperature_low = kwargs["target_temp_low"]
        self._attr_target_temperature_high = kwargs["target_temp_high"]
        self.async_write_ha_state()


async def set_together(hass: HomeAssistant, one: Entity, ties: dict[str, Json], values: Json) -> None:
    """Expose an entity, tied to properties of these facets and types, and set values as the app does."""
    domain = "light" if isinstance(one, Lamp) else "climate"
    setup_test_component_platform(hass, domain, [one])
    assert await async_setup_component(hass, domain, {domain: {"platform": "test"}})
    await hass.async_block_till_done()
    properties = [prop(number, code, "rw", tie["spec"]) for number, (code, tie) in enumerate(ties.items(), 1)]
    product = Product(id=GATEWAY_PRODUCT, name="One", gateway=True, model=make_model("0000sim009", properties))
    async with TuyaLinkCloudSimulator(demo_devices([product]), products=[product]) as cloud:
        pairs = [pair(tie["facet"], code) for code, tie in ties.items()]
        _ = await load_link(hass, link_entry(cloud, entity(one.entity_id, *pairs)))
        assert (await cloud.set_property(DEMO_DEVICE_ID, values, timeout=PATIENCE)).code == DONE
        assert cloud.violations == []
        await unload_all(hass)


@pytest.mark.parametrize(
    ("values", "mode", "look"),
    [
        (COLOR | GREEN, ColorMode.HS, HS),
        (GREEN | COLOR, ColorMode.HS, HS),
        (WHITE | COLD, ColorMode.COLOR_TEMP, KELVIN),
        (COLD | WHITE, ColorMode.COLOR_TEMP, KELVIN),
        # As the desired state after a while has it: all that was ever set
        (COLD | GREEN | COLOR, ColorMode.HS, HS),
        (COLOR | GREEN | COLD, ColorMode.HS, HS),
        (OTHERS | COLD | GREEN | WHITE, ColorMode.COLOR_TEMP, KELVIN),
        (GREEN | WHITE | COLD | OTHERS, ColorMode.COLOR_TEMP, KELVIN),
        (OTHERS | COLD | GREEN | COLOR, ColorMode.HS, HS),
        # Without a mode the last one is in force
        (COLD | GREEN, ColorMode.HS, HS),
        (GREEN | COLD, ColorMode.COLOR_TEMP, KELVIN),
        # And without more than a mode it is as it was
        (OTHERS | COLOR, ColorMode.HS, (30.0, 50.0)),
    ],
)
async def test_light(hass: HomeAssistant, values: Json, mode: ColorMode, look: Any) -> None:
    """A light's mode, colour and white are one thing: what was set is what it shows, in the mode that was asked for."""
    lamp = Lamp()
    ties = {
        "switch_1": {"facet": "on", "spec": bool_spec()},
        "work_mode": {"facet": "color_mode", "spec": enum_spec("white", "colour")},
        "bright_value": {"facet": "brightness", "spec": value_spec(10, 1000)},
        "temp_value": {"facet": "color_temperature", "spec": value_spec(0, 1000)},
        "colour_data_v2": {"facet": "color", "spec": string_spec()},
    }
    await set_together(hass, lamp, ties, values)
    assert lamp.color_mode is mode
    assert (lamp.hs_color if mode is ColorMode.HS else lamp.color_temp_kelvin) == look
    if mode is ColorMode.COLOR_TEMP and "bright_value" in values:
        assert lamp.brightness == 128


@pytest.mark.parametrize("turned", [False, True])
async def test_range_of_temperatures(hass: HomeAssistant, turned: bool) -> None:
    """Both ends of a thermostat's range are set, neither is put back by the other."""
    thermostat = Thermostat()
    spec = value_spec(50, 350, scale=1, step=5, unit="℃")
    ties = {
        "lower_temp": {"facet": "target_temperature_low", "spec": spec},
        "upper_temp": {"facet": "target_temperature_high", "spec": spec},
    }
    values = {"lower_temp": 205, "upper_temp": 260}
    await set_together(hass, thermostat, ties, dict(reversed(values.items())) if turned else values)
    assert (thermostat.target_temperature_low, thermostat.target_temperature_high) == (20.5, 26.0)
