"""The climate platform."""

from functools import partial
from typing import Any

from homeassistant.components.climate.const import ClimateEntityFeature as Feature
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from syrupy.assertion import SnapshotAssertion

from simulators.tuya_gateway import SimulatedDevice, demo_home
from simulators.tuya_gateway.demo.points import device, ro, rw
from simulators.tuya_gateway.schema import Entry, boolean, enum, integer
from tests.helpers import UNKNOWN_CATEGORY, entities_of, entity_id, find_entity, loaded, state_of, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

_CLIMATE = [Platform.CLIMATE]
CELSIUS = integer("temp_set", 50, 350, "℃", scale=1, step=5)
MEASURED = integer("temp_current", -200, 600, "℃", scale=1)


def thermostat(*modes: str, category: str = "wk") -> SimulatedDevice:
    """Return a thermostat with a switch and modes."""
    return device(
        "Thermostat",
        category,
        rw(boolean("switch"), True),
        rw(enum("mode", *modes), modes[0]),
        rw(CELSIUS, 215),
        ro(MEASURED, 203),
    )


def radiator() -> SimulatedDevice:
    """Return a radiator valve, which is switched off by its mode."""
    return device(
        "Radiator",
        "wkf",
        rw(enum("mode", "auto", "manual", "off"), "manual"),
        rw(CELSIUS, 215),
        ro(MEASURED, 203),
        ro(enum("work_state", "opened", "closed"), "opened"),
    )


def air_conditioner(**set_to: str) -> SimulatedDevice:
    """Return an air conditioner that tells everything in degrees Celsius and Fahrenheit."""
    return device(
        "Air conditioner",
        "kt",
        rw(boolean("switch"), True),
        rw(enum("mode", "cold", "hot", "wet", "wind", "auto"), "cold"),
        rw(integer("temp_set", 16, 31, "℃"), 24),
        rw(integer("temp_set_f", 61, 88, "℉"), 75),
        ro(integer("temp_current", -20, 50, "℃"), 25),
        ro(integer("temp_current_f", -4, 122, "℉"), 78),
        *(rw(enum(code, "c", "f"), value) for code, value in set_to.items()),
    )


def state(hass: HomeAssistant, simulated: SimulatedDevice) -> State:
    """Return the state of a device's climate."""
    found = hass.states.get(entity_id(hass, Platform.CLIMATE, simulated, "climate"))
    assert found is not None
    return found


def is_state(hass: HomeAssistant, simulated: SimulatedDevice, wanted: str) -> bool:
    """Return whether a device's climate is in a state."""
    return state(hass, simulated).state == wanted


def shows(hass: HomeAssistant, simulated: SimulatedDevice, **attributes: object) -> bool:
    """Return whether a device's climate has these attributes; None is none."""
    now = state(hass, simulated).attributes
    return all(now.get(name) == value for name, value in attributes.items())


async def order(hass: HomeAssistant, simulated: SimulatedDevice, service: str, **data: Any) -> None:
    """Call a service of a device's climate."""
    entity = entity_id(hass, Platform.CLIMATE, simulated, "climate")
    await hass.services.async_call("climate", service, {ATTR_ENTITY_ID: entity, **data}, blocking=True)


def frame(simulated: SimulatedDevice, **values: object) -> list[dict[str, Any]]:
    """Return the one frame that sets these values of a device."""
    return [{"devid": simulated.id, "value": [{"k": code, "v": value} for code, value in values.items()]}]


async def test_home(hass: HomeAssistant, snapshot: SnapshotAssertion) -> None:
    """What becomes of a home full of devices."""
    async with loaded(hass, *demo_home(), platforms=_CLIMATE):
        assert entities_of(hass, Platform.CLIMATE) == snapshot


async def test_states(hass: HomeAssistant) -> None:
    """Each mode of the device is one of Home Assistant's; off it is whatever the mode says."""
    unit = thermostat("cold", "hot", "wind", "wet", "freeze_dry")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        now = state(hass, unit)
        assert now.state == "cool"
        assert now.attributes["hvac_modes"] == ["off", "cool", "heat", "fan_only", "dry", "heat_cool"]
        assert (now.attributes["temperature"], now.attributes["current_temperature"]) == (21.5, 20.3)
        assert (now.attributes["min_temp"], now.attributes["max_temp"]) == (5.0, 35.0)
        assert now.attributes["target_temp_step"] == 0.5
        for raw, mode in {"hot": "heat", "wind": "fan_only", "wet": "dry"}.items():
            await simulator.report(unit.id, {"mode": raw})
            await wait_until(partial(is_state, hass, unit, mode))
        await simulator.report(unit.id, {"switch": False})
        await wait_until(lambda: state(hass, unit).state == "off")
        await simulator.report(unit.id, {"switch": True, "mode": "freeze_dry"})
        await wait_until(lambda: state(hass, unit).state == "heat_cool")
        assert state(hass, unit).attributes["preset_mode"] == "freeze_dry"


async def test_unknown_values(hass: HomeAssistant) -> None:
    """What the schema does not allow is unknown, never what it was before."""
    unit = thermostat("cold", "hot")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        await simulator.report(unit.id, {"mode": "boil", "temp_set": 999, "temp_current": 9999})
        await wait_until(lambda: state(hass, unit).state == STATE_UNKNOWN)
        assert state(hass, unit).attributes["temperature"] is None
        assert state(hass, unit).attributes["current_temperature"] is None


async def test_offline(hass: HomeAssistant) -> None:
    """A device that is gone is unavailable and is sent nothing."""
    unit = thermostat("cold", "hot")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        await simulator.set_online(unit.id, online=False)
        await wait_until(lambda: state(hass, unit).state == STATE_UNAVAILABLE)
        await order(hass, unit, "set_hvac_mode", hvac_mode="heat")
        assert not simulator.commands


async def test_modes(hass: HomeAssistant) -> None:
    """A mode switches on in the same frame, off keeps the mode, on and off touch the switch alone."""
    unit = thermostat("cold", "hot")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["supported_features"] == (
            Feature.TARGET_TEMPERATURE | Feature.TURN_ON | Feature.TURN_OFF
        )
        await order(hass, unit, "turn_off")
        await order(hass, unit, "set_hvac_mode", hvac_mode="heat")
        await order(hass, unit, "set_hvac_mode", hvac_mode="off")
        await order(hass, unit, "turn_on")
        assert simulator.commands == [
            frame(unit, switch=False),
            frame(unit, switch=True, mode="hot"),
            frame(unit, switch=False),
            frame(unit, switch=True),
        ]
        assert state(hass, unit).state == "heat"
        with pytest.raises(ServiceValidationError):
            await order(hass, unit, "set_hvac_mode", hvac_mode="dry")
        assert len(simulator.commands) == 4


async def test_temperature(hass: HomeAssistant) -> None:
    """A temperature goes to the nearest step, with its mode in one frame; one that cannot be is refused."""
    unit = thermostat("cold", "hot")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        await order(hass, unit, "set_temperature", temperature=22.3)
        await order(hass, unit, "set_temperature", temperature=19, hvac_mode="heat")
        await order(hass, unit, "set_temperature", temperature=19, hvac_mode="off")
        assert simulator.commands == [
            frame(unit, temp_set=225),
            frame(unit, switch=True, mode="hot", temp_set=190),
            frame(unit, switch=False, temp_set=190),
        ]
        for wrong in ({"temperature": 36}, {"temperature": 20, "hvac_mode": "dry"}):
            with pytest.raises(ServiceValidationError):
                await order(hass, unit, "set_temperature", **wrong)
        assert len(simulator.commands) == 3


async def test_presets(hass: HomeAssistant) -> None:
    """Options that stand for one mode all at once are presets, and so are those that stand for none."""
    unit = thermostat("auto", "manual", "holiday")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        now = state(hass, unit)
        assert now.attributes["hvac_modes"] == ["off", "heat_cool"]
        assert now.attributes["preset_modes"] == ["auto", "manual", "holiday"]
        assert (now.state, now.attributes["preset_mode"]) == ("heat_cool", "auto")
        await order(hass, unit, "set_preset_mode", preset_mode="holiday")
        # A preset stays when the mode is set that all of them belong to
        await order(hass, unit, "set_hvac_mode", hvac_mode="heat_cool")
        assert simulator.commands == [frame(unit, mode="holiday"), frame(unit, switch=True)]
        assert state(hass, unit).attributes["preset_mode"] == "holiday"
        with pytest.raises(ServiceValidationError):
            await order(hass, unit, "set_preset_mode", preset_mode="boost")


async def test_one_mode_and_presets(hass: HomeAssistant) -> None:
    """A mode of Home Assistant's is left for the preset that was there last."""
    unit = thermostat("cold", "eco", "sleep", category="qn")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["hvac_modes"] == ["off", "cool", "heat"]
        assert state(hass, unit).attributes["preset_mode"] is None
        await order(hass, unit, "set_hvac_mode", hvac_mode="heat")
        await order(hass, unit, "set_preset_mode", preset_mode="sleep")
        await order(hass, unit, "set_hvac_mode", hvac_mode="cool")
        await order(hass, unit, "set_hvac_mode", hvac_mode="heat")
        assert simulator.commands == [
            frame(unit, switch=True, mode="eco"),
            frame(unit, mode="sleep"),
            frame(unit, switch=True, mode="cold"),
            frame(unit, switch=True, mode="sleep"),
        ]


async def test_off_by_mode(hass: HomeAssistant) -> None:
    """What has no switch is switched off by its mode, and on again to what it was."""
    unit = radiator()
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        now = state(hass, unit)
        assert now.attributes["hvac_modes"] == ["off", "heat"]
        assert now.attributes["preset_modes"] == ["auto", "manual"]
        assert (now.state, now.attributes["preset_mode"]) == ("heat", "manual")
        await order(hass, unit, "turn_off")
        assert state(hass, unit).state == "off"
        await order(hass, unit, "turn_on")
        await order(hass, unit, "set_hvac_mode", hvac_mode="off")
        await order(hass, unit, "set_hvac_mode", hvac_mode="heat")
        assert simulator.commands == [frame(unit, mode=mode) for mode in ("off", "manual", "off", "manual")]


async def test_switch_and_mode_off(hass: HomeAssistant) -> None:
    """Switching on leaves a mode that is off too."""
    unit = thermostat("hot", "off")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        await simulator.report(unit.id, {"mode": "off"})
        await wait_until(lambda: state(hass, unit).state == "off")
        await order(hass, unit, "turn_on")
        await order(hass, unit, "turn_off")
        assert simulator.commands == [frame(unit, switch=True, mode="hot"), frame(unit, switch=False)]


async def test_never_off(hass: HomeAssistant) -> None:
    """What nothing switches off does not offer it."""
    unit = device("Valve", "wk", rw(enum("mode", "auto", "manual"), "auto"), rw(CELSIUS, 215))
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        now = state(hass, unit)
        assert now.attributes["hvac_modes"] == ["heat_cool"]
        assert now.attributes["supported_features"] == Feature.TARGET_TEMPERATURE | Feature.PRESET_MODE
        await order(hass, unit, "set_temperature", temperature=20)
        assert simulator.commands == [frame(unit, temp_set=200)]


@pytest.mark.parametrize(
    ("category", "mode"),
    [
        *((category, "heat") for category in ("bgl", "dbl", "mjj", "qn", "rs", "wkf", "yb")),
        *((category, "cool") for category in ("kt", "ktkzq")),
        *((category, "heat_cool") for category in ("wk", UNKNOWN_CATEGORY)),
    ],
)
async def test_base_mode(hass: HomeAssistant, category: str, mode: str) -> None:
    """Without modes, what is on does what its category is for."""
    unit = device("Unit", category, rw(boolean("switch"), False), rw(CELSIUS, 215), ro(MEASURED, 203))
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).state == "off"
        assert state(hass, unit).attributes["hvac_modes"] == ["off", mode]
        await order(hass, unit, "set_hvac_mode", hvac_mode=mode)
        assert simulator.commands == [frame(unit, switch=True)]
        assert state(hass, unit).state == mode


async def test_neither_switch_nor_mode(hass: HomeAssistant) -> None:
    """What can be set to a temperature and no more has no mode that anyone knew of."""
    unit = device("Unit", "wk", rw(CELSIUS, 215), ro(MEASURED, 203))
    async with loaded(hass, unit, platforms=_CLIMATE):
        assert state(hass, unit).state == STATE_UNKNOWN
        assert state(hass, unit).attributes["hvac_modes"] == []
        assert state(hass, unit).attributes["temperature"] == 21.5


@pytest.mark.parametrize("entry", [CELSIUS, MEASURED])
async def test_no_thermostat(hass: HomeAssistant, entry: Entry) -> None:
    """What only sets or only measures a temperature is no thermostat, and what a table knows as something else neither."""
    unit = device("Unit", UNKNOWN_CATEGORY, rw(boolean("switch"), True), rw(entry, 215))
    kettle = device("Kettle", "bh", rw(boolean("start"), True), rw(CELSIUS, 215), ro(MEASURED, 203))
    async with loaded(hass, unit, kettle, platforms=_CLIMATE):
        assert find_entity(hass, Platform.CLIMATE, unit, "climate") is None
        assert find_entity(hass, Platform.CLIMATE, kettle, "climate") is None


async def test_unknown_category_keeps_its_switch(hass: HomeAssistant) -> None:
    """The switch of what may be a thermostat is a switch too."""
    unit = device("Unit", UNKNOWN_CATEGORY, rw(boolean("switch"), True), rw(CELSIUS, 215), ro(MEASURED, 203))
    async with loaded(hass, unit):
        assert find_entity(hass, Platform.SWITCH, unit, "switch") is not None
        assert find_entity(hass, Platform.NUMBER, unit, "temp_set") is None
        assert find_entity(hass, Platform.SENSOR, unit, "temp_current") is not None


# Units


@pytest.mark.parametrize("set_to", ["c", "f"])
@pytest.mark.parametrize("imperial", [False, True])
async def test_own_unit(hass: HomeAssistant, set_to: str, imperial: bool) -> None:
    """Of data points in two units those count that the device is set to, whatever Home Assistant shows."""
    if imperial:
        hass.config.units = US_CUSTOMARY_SYSTEM
    unit = air_conditioner(temp_unit_convert=set_to)
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        now = state(hass, unit).attributes
        shown = {
            ("c", False): (24, 25, 16, 31),
            ("c", True): (75, 77, 61, 88),
            ("f", False): (23.9, 25.6, 16.1, 31.1),
            ("f", True): (75, 78, 61, 88),
        }[set_to, imperial]
        assert (now["temperature"], now["current_temperature"], now["min_temp"], now["max_temp"]) == shown
        await order(hass, unit, "set_temperature", temperature=72 if imperial else 22)
        sent = {
            ("c", False): {"temp_set": 22},
            ("c", True): {"temp_set": 22},
            ("f", False): {"temp_set_f": 72},
            ("f", True): {"temp_set_f": 72},
        }
        assert simulator.commands == [frame(unit, **sent[set_to, imperial])]


@pytest.mark.parametrize(("imperial", "code", "value"), [(False, "temp_set", 22), (True, "temp_set_f", 72)])
async def test_unit_of_home_assistant(hass: HomeAssistant, imperial: bool, code: str, value: int) -> None:
    """Where the device cannot be set to a unit, those count that Home Assistant shows."""
    if imperial:
        hass.config.units = US_CUSTOMARY_SYSTEM
    unit = air_conditioner()
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["current_temperature"] == (78 if imperial else 25)
        await order(hass, unit, "set_temperature", temperature=value)
        assert simulator.commands == [frame(unit, **{code: value})]


async def test_unit_changes(hass: HomeAssistant) -> None:
    """Unit, limits and data points follow the setting."""
    unit = air_conditioner(temp_unit_convert="c")
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["max_temp"] == 31
        await simulator.report(unit.id, {"temp_unit_convert": "f"})
        await wait_until(lambda: state(hass, unit).attributes["max_temp"] == 31.1)
        assert state(hass, unit).attributes["temperature"] == 23.9
        await order(hass, unit, "set_temperature", temperature=22)
        assert simulator.commands == [frame(unit, temp_set_f=72)]
        await simulator.report(unit.id, {"temp_unit_convert": "c"})
        await wait_until(lambda: state(hass, unit).attributes["max_temp"] == 31)


async def test_unnamed_unit_changes(hass: HomeAssistant) -> None:
    """One data point for both units is read in the one that the device is set to."""
    unit = device(
        "Unit",
        "wk",
        rw(integer("temp_set", 5, 99), 68),
        ro(integer("temp_current", 0, 120), 50),
        rw(enum("temp_unit_convert", "c", "f"), "f"),
    )
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["temperature"] == 20
        assert state(hass, unit).attributes["current_temperature"] == 10
        await order(hass, unit, "set_temperature", temperature=25)
        assert simulator.commands == [frame(unit, temp_set=77)]
        await simulator.report(unit.id, {"temp_unit_convert": "c"})
        await wait_until(lambda: state(hass, unit).attributes["temperature"] == 77)
        assert state(hass, unit).attributes["current_temperature"] == 50


async def test_measured_in_another_unit(hass: HomeAssistant) -> None:
    """A measured temperature goes over into the unit of the one that is set."""
    unit = device(
        "Unit",
        "wk",
        rw(integer("temp_set_f", 41, 95, "℉"), 68),
        ro(integer("temp_current", 0, 500, "℃", scale=1), 205),
    )
    async with loaded(hass, unit, platforms=_CLIMATE):
        now = state(hass, unit).attributes
        assert (now["temperature"], now["current_temperature"]) == (20, 20.5)
        assert (now["min_temp"], now["max_temp"]) == (5, 35)


async def test_only_measured(hass: HomeAssistant) -> None:
    """A thermostat that tells only what it measures has no temperature to set."""
    unit = device("Unit", "wk", rw(boolean("switch"), True), ro(integer("temp_current_f", 0, 120, "℉"), 68))
    async with loaded(hass, unit, platforms=_CLIMATE):
        now = state(hass, unit).attributes
        assert now["current_temperature"] == 20
        assert (now["min_temp"], now["max_temp"]) == (7, 35)
        assert now["supported_features"] == Feature.TURN_ON | Feature.TURN_OFF


# Fan, swing, humidity, action


async def test_fan(hass: HomeAssistant) -> None:
    """The speed of the fan is a fan mode."""
    unit = device(
        "Unit", "kt", rw(boolean("switch"), True), rw(enum("fan_speed_enum", "low", "mid", "high", "auto"), "mid")
    )
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["fan_modes"] == ["low", "mid", "high", "auto"]
        assert state(hass, unit).attributes["fan_mode"] == "mid"
        await order(hass, unit, "set_fan_mode", fan_mode="high")
        assert simulator.commands == [frame(unit, fan_speed_enum="high")]
        await simulator.report(unit.id, {"fan_speed_enum": "storm"})
        await wait_until(lambda: state(hass, unit).attributes["fan_mode"] is None)


async def test_level_of_a_heater_is_no_fan(hass: HomeAssistant) -> None:
    """It says how much the heater heats, and stays a select."""
    heater = device("Heater", "qn", rw(boolean("switch"), True), rw(enum("level", "1", "2", "3"), "1"))
    unit = device("Unit", "kt", rw(boolean("switch"), True), rw(enum("level", "1", "2", "3"), "1"))
    async with loaded(hass, heater, unit):
        assert "fan_mode" not in state(hass, heater).attributes
        assert find_entity(hass, Platform.SELECT, heater, "level") is not None
        assert state(hass, unit).attributes["fan_mode"] == "1"
        assert find_entity(hass, Platform.SELECT, unit, "level") is None


async def test_swing(hass: HomeAssistant) -> None:
    """The two ways to swing make four modes, each of which sets both switches."""
    unit = device(
        "Unit",
        "kt",
        rw(boolean("switch"), True),
        rw(boolean("switch_horizontal"), False),
        rw(boolean("switch_vertical"), True),
    )
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["swing_modes"] == ["off", "horizontal", "vertical", "both"]
        assert state(hass, unit).attributes["swing_mode"] == "vertical"
        for mode, horizontal, vertical in (
            ("both", True, True),
            ("horizontal", True, False),
            ("off", False, False),
            ("vertical", False, True),
        ):
            await order(hass, unit, "set_swing_mode", swing_mode=mode)
            assert simulator.commands.pop() == frame(unit, switch_horizontal=horizontal, switch_vertical=vertical)
            assert state(hass, unit).attributes["swing_mode"] == mode
        await simulator.report(unit.id, {"switch_horizontal": 5, "switch_vertical": 5})
        await wait_until(lambda: state(hass, unit).attributes["swing_mode"] is None)


@pytest.mark.parametrize("code", ["swing", "shake"])
async def test_one_swing(hass: HomeAssistant, code: str) -> None:
    """One switch makes on and off."""
    unit = device("Unit", "qn", rw(boolean("switch"), True), rw(boolean(code), True))
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["swing_modes"] == ["off", "on"]
        assert state(hass, unit).attributes["swing_mode"] == "on"
        await order(hass, unit, "set_swing_mode", swing_mode="off")
        assert simulator.commands == [frame(unit, **{code: False})]


async def test_swing_by_choice(hass: HomeAssistant) -> None:
    """A choice of ways to swing is taken as it is."""
    unit = device(
        "Unit", "kt", rw(boolean("switch"), True), rw(enum("windshake", "horizontal", "vertical"), "vertical")
    )
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["swing_modes"] == ["horizontal", "vertical"]
        assert state(hass, unit).attributes["swing_mode"] == "vertical"
        await order(hass, unit, "set_swing_mode", swing_mode="horizontal")
        assert simulator.commands == [frame(unit, windshake="horizontal")]


async def test_humidity(hass: HomeAssistant) -> None:
    """Humidity is set within the limits and steps of the device."""
    unit = device(
        "Unit",
        "kt",
        rw(boolean("switch"), True),
        rw(integer("humidity_set", 30, 80, "%", step=5), 50),
        ro(integer("humidity_current", 0, 1000, "%", scale=1), 437),
    )
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        now = state(hass, unit).attributes
        assert (now["humidity"], now["current_humidity"]) == (50, 44)
        assert (now["min_humidity"], now["max_humidity"], now["target_humidity_step"]) == (30, 80, 5)
        await order(hass, unit, "set_humidity", humidity=63)
        assert simulator.commands == [frame(unit, humidity_set=65)]
        with pytest.raises(ServiceValidationError):
            await order(hass, unit, "set_humidity", humidity=85)


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        (enum("work_state", "heating", "warming", "odd"), {"heating": "heating", "warming": "idle", "odd": None}),
        (enum("valve_state", "open", "close"), {"open": "heating", "close": "idle"}),
        (boolean("valve_state"), {True: "heating", False: "idle"}),
        (integer("valve_open_degree", 0, 100, "%"), {40: "heating", 0: "idle"}),
        (enum("work_status", "cooling", "defrosting"), {"cooling": "cooling", "defrosting": "defrosting"}),
    ],
)
async def test_action(hass: HomeAssistant, entry: Entry, values: dict[object, str | None]) -> None:
    """What the device does is known where it says so; off it does nothing."""
    unit = device("Unit", "wk", rw(boolean("switch"), True), ro(entry, next(iter(values))))
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        for raw, action in values.items():
            await simulator.report(unit.id, {entry["code"]: raw})
            await wait_until(partial(shows, hass, unit, hvac_action=action))
        await simulator.report(unit.id, {entry["code"]: next(iter(values)), "switch": False})
        await wait_until(lambda: state(hass, unit).attributes.get("hvac_action") == "off")


async def test_action_by_mode(hass: HomeAssistant) -> None:
    """What works does what its mode is for."""
    unit = device(
        "Unit",
        "wk",
        rw(boolean("switch"), True),
        rw(enum("mode", "cold", "hot", "wind", "dry"), "cold"),
        ro(enum("valve_state", "open", "close"), "open"),
    )
    async with loaded(hass, unit, platforms=_CLIMATE) as simulator:
        assert state(hass, unit).attributes["hvac_action"] == "cooling"
        for raw, action in {"hot": "heating", "wind": "fan", "dry": "drying"}.items():
            await simulator.report(unit.id, {"mode": raw})
            await wait_until(partial(shows, hass, unit, hvac_action=action))


async def test_socket_with_a_thermostat(hass: HomeAssistant) -> None:
    """It is a socket too; without a temperature to set it is one only."""
    both = device("Both", "wkcz", rw(boolean("switch_1"), True), rw(CELSIUS, 215), ro(MEASURED, 203))
    socket = device("Socket", "wkcz", rw(boolean("switch_1"), True), ro(MEASURED, 203))
    async with loaded(hass, both, socket):
        assert state(hass, both).state == "heat"
        assert state_of(hass, entity_id(hass, Platform.SWITCH, both, "switch_1")) == "on"
        assert find_entity(hass, Platform.CLIMATE, socket, "climate") is None
        assert find_entity(hass, Platform.SWITCH, socket, "switch_1") is not None
