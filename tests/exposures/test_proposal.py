"""What is proposed for real kinds of products, and what there is to choose from."""

from dataclasses import replace

from homeassistant.core import HomeAssistant
import pytest

from custom_components.iot_gateway.clients.tuyalink import ThingModel
from custom_components.iot_gateway.exposures.conversion import Conversion
from custom_components.iot_gateway.exposures.domains import facets
from custom_components.iot_gateway.exposures.facet import Facet, FacetKind
from custom_components.iot_gateway.exposures.proposal import candidates, propose
from custom_components.iot_gateway.exposures.remarks import Obstacle

from .conftest import Demo
from .models import Json, enum, event, model, prop

MODES = enum("auto", "cold", "hot", "wet", "wind")
TEMPERATURE: Json = {"min": -400, "max": 1000, "scale": 1, "step": 1, "unit": "℃"}

LAMP = model(
    prop("countdown", "value", min=0, max=86400, unit="s"),
    prop("temp_value", "value", min=0, max=1000),
    prop("bright_value", "value", min=10, max=1000),
    prop("work_mode", "enum", **enum("white", "colour", "scene", "music")),
    prop("colour_data", "string", maxlen=255),
    prop("scene_data", "string", maxlen=255),
    prop("switch_led", "bool"),
)
AIR_CONDITIONER = model(
    prop("switch", "bool"),
    prop("temp_set", "value", min=16, max=30, unit="℃"),
    prop("temp_current", "value", "ro", min=-20, max=60, unit="℃"),
    prop("mode", "enum", **MODES),
    prop("fan_speed_enum", "enum", **enum("auto_low", "auto_high", "on_low")),
    prop("humidity_current", "value", "ro", min=0, max=100, unit="%"),
    prop("humidity_set", "value", min=30, max=99, unit="%"),
)
CURTAIN = model(
    prop("percent_control", "value", min=0, max=100, unit="%"),
    prop("control", "enum", **enum("open", "stop", "close")),
    prop("work_state", "enum", "ro", **enum("opening", "closing")),
    prop("percent_state", "value", "ro", min=0, max=100, unit="%"),
)
FAN = model(
    prop("switch", "bool"),
    prop("light", "bool"),
    prop("fan_direction", "enum", **enum("forward", "reverse")),
    prop("fan_speed", "value", min=1, max=100),
    prop("switch_horizontal", "bool"),
)
LOCK = model(
    prop("residual_electricity", "value", "ro", min=0, max=100, unit="%"),
    prop("lock_motor_state", "bool"),
    prop("open_door", "bool"),
)
CLIMATE_SENSOR = model(
    prop("va_humidity", "value", "ro", min=0, max=100, unit="%"),
    prop("va_temperature", "value", "ro", **TEMPERATURE),
    prop("battery_percentage", "value", "ro", min=0, max=100, unit="%"),
)
STRIP = model(*(prop(f"switch_{gang}", "bool") for gang in (1, 2, 3)), prop("child_lock", "bool"))
METER = model(
    prop("cur_voltage", "value", "ro", min=0, max=5000, scale=1, unit="V"),
    prop("cur_power", "value", "ro", min=0, max=80000, scale=1, unit="W"),
    prop("add_ele", "value", "ro", min=0, max=50000, scale=3, unit="kwh"),
)


@pytest.mark.parametrize(
    ("platform", "entity_id", "product", "expected"),
    [
        (
            "light",
            "light.kitchen_lights",
            LAMP,
            {
                "on": "switch_led",
                "brightness": "bright_value",
                "color_temperature": "temp_value",
                "color": "colour_data",
                "color_mode": "work_mode",
            },
        ),
        (
            "climate",
            "climate.hvac",
            AIR_CONDITIONER,
            {
                "on": "switch",
                "mode": "mode",
                "target_temperature": "temp_set",
                "current_temperature": "temp_current",
                "fan_mode": "fan_speed_enum",
                "target_humidity": "humidity_set",
                "current_humidity": "humidity_current",
            },
        ),
        (
            "cover",
            "cover.living_room_window",
            CURTAIN,
            {"control": "control", "position": "percent_control", "state": "work_state"},
        ),
        (
            "fan",
            "fan.living_room_fan",
            FAN,
            {"on": "switch", "percentage": "fan_speed", "direction": "fan_direction", "oscillating": "switch_horizontal"},
        ),
        ("lock", "lock.openable_lock", LOCK, {"locked": "lock_motor_state", "unlatch": "open_door"}),
        ("sensor", "sensor.outside_temperature", CLIMATE_SENSOR, {"value": "va_temperature"}),
        ("sensor", "sensor.outside_humidity", CLIMATE_SENSOR, {"value": "va_humidity"}),
        ("sensor", "sensor.outside_temperature_battery", CLIMATE_SENSOR, {"value": "battery_percentage"}),
        ("sensor", "sensor.power_consumption", METER, {"value": "cur_power"}),
        ("sensor", "sensor.total_energy_kwh", METER, {"value": "add_ele"}),
        ("switch", "switch.ac", STRIP, {"on": "switch_1"}),
        ("switch", "switch.ac", METER, {}),
    ],
)  # fmt: skip
async def test_products(
    hass: HomeAssistant, demo: Demo, platform: str, entity_id: str, product: ThingModel, expected: dict[str, str]
) -> None:
    """What a user would have chosen."""
    await demo(platform)
    found = propose(facets(hass, entity_id), product)
    assert {proposed.facet: proposed.code for proposed in found} == expected
    assert len({proposed.code for proposed in found}) == len(found)
    assert [proposed.score for proposed in found] == sorted((proposed.score for proposed in found), reverse=True)
    assert all(proposed.reason == "code" for proposed in found)


async def test_choices_come_along(hass: HomeAssistant, demo: Demo) -> None:
    """What is proposed says which option is which choice, and which bool is upside down."""
    await demo("climate", "lock")
    by_facet = {proposed.facet: proposed for proposed in propose(facets(hass, "climate.hvac"), AIR_CONDITIONER)}
    assert by_facet["mode"].choices == {"heat": "hot", "cool": "cold", "auto": "auto", "dry": "wet", "fan_only": "wind"}
    locked = next(proposed for proposed in propose(facets(hass, "lock.front_door"), LOCK) if proposed.facet == "locked")
    assert locked.choices == {"on": "false", "off": "true"}


async def test_one_after_the_other(hass: HomeAssistant, demo: Demo) -> None:
    """The next switch takes the next of a strip's sockets; where none is left, none is proposed."""
    await demo("switch")
    offered = facets(hass, "switch.ac")
    taken: set[str] = set()
    for code in ("switch_1", "switch_2", "switch_3"):
        (proposed,) = propose(offered, STRIP, taken)
        assert proposed.code == code
        taken.add(code)
    assert propose(offered, STRIP, taken) == ()


OPEN = Facet(key="open", kind=FacetKind.BOOLEAN, settable=True, sensitive=True)
CONTACT = prop("doorcontact_state", "bool", "ro")


@pytest.mark.parametrize(
    ("facet", "product", "expected"),
    [
        # A garage door's controller, and a water valve's
        (OPEN, model(prop("switch_1", "bool"), CONTACT), ["switch_1"]),
        (OPEN, model(prop("switch", "bool"), prop("water_once", "value", "ro")), ["switch"]),
        (OPEN, model(prop("switch_1", "bool", name="Garage door")), ["switch_1"]),
        # A wall switch, one with a contact, and a gateway
        (OPEN, model(prop("switch_1", "bool")), []),
        (OPEN, STRIP, []),
        (OPEN, model(prop("switch_1", "bool"), prop("switch_2", "bool"), CONTACT), []),
        (OPEN, model(prop("switch_1", "bool"), prop("gateway_state", "bool", "ro")), []),
        # What can only be seen would be a switch in the app that does nothing
        (replace(OPEN, settable=False), model(prop("switch_1", "bool"), CONTACT), []),
        (Facet(key="on", kind=FacetKind.BOOLEAN), STRIP, []),
        (Facet(key="active", kind=FacetKind.BOOLEAN, device_class="outlet"), STRIP, []),
        (Facet(key="on", kind=FacetKind.BOOLEAN), model(prop("switch_1", "bool", "ro")), ["switch_1"]),
        (Facet(key="active", kind=FacetKind.BOOLEAN, device_class="door"), model(CONTACT), ["doorcontact_state"]),
    ],
)  # fmt: skip
def test_switches(facet: Facet, product: ThingModel, expected: list[str]) -> None:
    """Nearly every product has a switch, which is not what a door is opened by; and what is only seen is no switch."""
    assert [proposed.code for proposed in propose((facet,), product)] == expected


def test_own_products() -> None:
    """Codes that nobody knows: by the unit, or by the name."""
    product = model(
        prop("reading_7", "value", "ro", min=-400, max=800, scale=1, unit="°C"),
        prop("p_main", "value", "ro", min=0, max=9999, unit="kW"),
        prop("x1", "value", "ro", min=0, max=100),
        prop("x2", "value", "ro", min=0, max=100, name="Salinity"),
    )
    reasons = {}
    for device_class, unit in (("temperature", "°F"), ("power", "W"), ("salinity", None), ("voltage", "V")):
        facet = Facet(key="value", kind=FacetKind.NUMBER, device_class=device_class, unit=unit)
        reasons[device_class] = [(proposed.code, proposed.reason) for proposed in propose((facet,), product)]
    assert reasons == {
        "temperature": [("reading_7", "unit")],
        "power": [("p_main", "unit")],
        "salinity": [("x2", "name")],
        "voltage": [],
    }


def test_percent_is_no_white() -> None:
    """A lamp's white from warm to cold can be told in percent, but a cover's position in percent is none of that."""
    facet = Facet(
        key="color_temperature",
        kind=FacetKind.NUMBER,
        unit="K",
        device_class="color_temperature",
        minimum=2000,
        maximum=6500,
        step=1,
        settable=True,
    )
    percent: Json = {"min": 0, "max": 100, "step": 1, "unit": "%"}
    assert propose((facet,), model(prop("percent_control", "value", **percent))) == ()
    (found,) = propose(
        (facet,), model(prop("percent_control", "value", **percent), prop("temp_value", "value", **percent))
    )
    assert found.code == "temp_value"


def test_events() -> None:
    """An event entity goes to the event whose choices fit."""
    facet = Facet(key="event", kind=FacetKind.EVENT, options=("single", "double"), device_class="button")
    clicks = event("clicked", kind={"type": "enum", "range": ["single_click", "double_click"]})
    product = model(prop("switch", "bool"), events=(event("leak", level={"type": "value"}), clicks))
    (proposed,) = propose((facet,), product)
    assert (proposed.kind, proposed.code, proposed.parameter) == ("event", "clicked", "kind")
    assert proposed.choices == {"single": "single_click", "double": "double_click"}
    assert [code for code, _ in candidates(facet, product)] == ["leak", "clicked"]
    assert propose((facet,), product, {"clicked", "leak"}) == ()


def test_candidates() -> None:
    """What converts comes first, what needs the user's choices then, and what does not last, each with its reason."""
    product = model(
        prop("level", "value", min=0, max=9),
        prop("color", "enum", **enum("red", "green")),
        prop("power", "bool"),
        prop("time", "date"),
        prop("door", "enum", **enum("opened", "closed")),
    )
    found = candidates(Facet(key="on", kind=FacetKind.BOOLEAN, settable=True), product)
    assert [code for code, _ in found] == ["level", "power", "door", "color", "time"]
    assert [isinstance(conversion, Conversion) for _, conversion in found] == [True, True, True, False, False]
    assert [conversion.key for _, conversion in found if isinstance(conversion, Obstacle)] == [
        "choices_missing",
        "kind",
    ]
