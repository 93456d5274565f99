"""What a TuyaLink device exposes, as a user makes it: entities, sub-devices and actions."""

from collections.abc import Generator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.components.climate.const import ClimateEntityFeature, HVACMode
from homeassistant.components.light.const import ColorMode
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import voluptuous as vol

from custom_components.iot_gateway.clients.tuyalink import (
    AnswerTimeout,
    BindRefused,
    CloudRefused,
    LinkError,
    LinkLost,
    ThingModel,
    parse_thing_model,
)
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuyalink_cloud import (
    DEMO_DEVICE_ID,
    DEMO_DEVICE_SECRET,
    LIGHT_PRODUCT,
    LOCK_PRODUCT,
    THERMOSTAT_PRODUCT,
    TuyaLinkCloudSimulator,
    demo_products,
)
from tests.helpers import load, wait_until

FLOWS = "custom_components.iot_gateway.config_flow_exposures"
DEVICE_ID = "6c51a0d3c0de71aa01gwxx"
DATA = {
    "connection": "tuyalink",
    "host": "127.0.0.1",
    "port": 1,
    "tls": False,
    "product_id": "gwdemo0000000001",
    "device_id": DEVICE_ID,
    "device_secret": "51a0d3c0de71f00d",
}
NONE = "not_exposed"

LIGHT = "light.desk"
SENSOR = "sensor.desk_temperature"
LOCK = "lock.front_door"
THERMOSTAT = "climate.hall"
BELL = "event.bell"


def model(product_id: str = "gwdemo0000000001") -> ThingModel:
    """Return the model of one of the demo's products."""
    product = next(product for product in demo_products() if product.id == product_id)
    assert product.model is not None
    return parse_thing_model(product.model.as_json(complete=True))


class Cloud:
    """A cloud that answers what the flows ask for; a test may let it fail."""

    def __init__(self) -> None:
        """Have no sub-devices."""
        self.bound: dict[str, tuple[str, str, str]] = {}
        self.unbound: list[str] = []
        self.models = {None: model(), DEVICE_ID: model()}
        self.model_error: LinkError | None = None
        self.bind_error: LinkError | None = None
        self.knows_again = False

    async def async_model(self, hass: HomeAssistant, entry: Any, device_id: str | None = None) -> ThingModel:
        """Return the model of a device."""
        if self.model_error is not None:
            raise self.model_error
        return self.models[device_id]

    async def async_bind(self, hass: HomeAssistant, entry: Any, product_id: str, client_id: str, name: str) -> str:
        """Bind a sub-device."""
        if self.bind_error is not None:
            raise self.bind_error
        device_id = "sub0" if self.knows_again else f"sub{len(self.bound)}"
        self.bound[device_id] = (product_id, client_id, name)
        self.models[device_id] = model(product_id)
        return device_id

    async def async_unbind(self, hass: HomeAssistant, entry: Any, device_id: str) -> None:
        """Unbind a sub-device."""
        self.unbound.append(device_id)


@pytest.fixture
def cloud(mock_setup: AsyncMock) -> Generator[Cloud]:
    """Return the cloud at the seam between the flows and the connection."""
    fake = Cloud()
    with (
        patch(f"{FLOWS}.exposure_flow.async_model", fake.async_model),
        patch(f"{FLOWS}.sub_device_flow.async_model", fake.async_model),
        patch(f"{FLOWS}.sub_device_flow.async_bind", fake.async_bind),
        patch(f"{FLOWS}.sub_device_flow.async_unbind", fake.async_unbind),
        patch("custom_components.iot_gateway.repairs.async_bind", fake.async_bind),
    ):
        yield fake


@pytest.fixture
def entry(hass: HomeAssistant, cloud: Cloud) -> MockConfigEntry:
    """Return an entry with nothing exposed, and have some entities."""
    mock_entry = MockConfigEntry(domain=DOMAIN, title="TuyaLink gwxx", unique_id=DEVICE_ID, data=DATA)
    mock_entry.add_to_hass(hass)
    registry = er.async_get(hass)
    for entity_id in (LIGHT, SENSOR, LOCK, THERMOSTAT, BELL):
        domain, name = entity_id.split(".")
        assert registry.async_get_or_create(domain, "test", name, suggested_object_id=name).entity_id == entity_id
    hass.states.async_set(
        LIGHT,
        "on",
        {
            "friendly_name": "Desk *lamp*",
            "supported_color_modes": [ColorMode.COLOR_TEMP],
            "color_mode": ColorMode.COLOR_TEMP,
            "brightness": 128,
            "min_color_temp_kelvin": 2700,
            "max_color_temp_kelvin": 6500,
        },
    )
    hass.states.async_set(
        SENSOR,
        "21.5",
        {
            "friendly_name": "Desk temperature",
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "state_class": "measurement",
        },
    )
    hass.states.async_set(LOCK, "locked", {"friendly_name": "Front door"})
    hass.states.async_set(
        THERMOSTAT,
        "heat",
        {
            "friendly_name": "Hall",
            "hvac_modes": [HVACMode.OFF, HVACMode.HEAT, HVACMode.AUTO],
            "min_temp": 5,
            "max_temp": 35,
            "target_temp_step": 0.5,
            "temperature": 20,
            "current_temperature": 19.5,
            "supported_features": ClimateEntityFeature.TARGET_TEMPERATURE
            | ClimateEntityFeature.TURN_ON
            | ClimateEntityFeature.TURN_OFF,
        },
    )
    hass.states.async_set(
        BELL,
        "unknown",
        {"friendly_name": "Bell", "event_types": ["single", "double", "rattle"], "device_class": "button"},
    )
    return mock_entry


async def begin(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> SubentryFlowResult:
    """Begin to add a subentry."""
    return await hass.config_entries.subentries.async_init((entry.entry_id, kind), context={"source": SOURCE_USER})


async def change(hass: HomeAssistant, entry: MockConfigEntry, title: str) -> SubentryFlowResult:
    """Begin to change a subentry."""
    one = subentry(entry, title)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, one.subentry_type),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": one.subentry_id},
    )


async def answer(hass: HomeAssistant, result: SubentryFlowResult, user_input: dict[str, Any]) -> SubentryFlowResult:
    """Submit a form."""
    assert result["type"] is FlowResultType.FORM, result
    return await hass.config_entries.subentries.async_configure(result["flow_id"], user_input)


def subentry(entry: MockConfigEntry, title: str) -> ConfigSubentry:
    """Return a subentry by its title."""
    return next(one for one in entry.subentries.values() if one.title == title)


def shown(result: SubentryFlowResult) -> dict[str, Any]:
    """Return what a form has in its fields."""
    schema = result["data_schema"]
    assert schema is not None
    return {
        str(field): (field.description or {}).get("suggested_value")
        or (None if isinstance(field.default, vol.Undefined) else field.default())
        for field in schema.schema
    }


def config_of(result: SubentryFlowResult, field: str) -> Any:
    """Return how a form's field is configured."""
    schema = result["data_schema"]
    assert schema is not None
    return schema.schema[field].config


def choices(result: SubentryFlowResult, field: str) -> dict[str, str]:
    """Return what can be chosen in a form's field, with the labels."""
    return {option["value"]: option["label"] for option in config_of(result, field)["options"]}


def said(result: SubentryFlowResult, placeholder: str) -> str:
    """Return what a form or an abort says."""
    return (result["description_placeholders"] or {})[placeholder]


def registry_id(hass: HomeAssistant, entity_id: str) -> str:
    """Return the id of an entity that stays when it is renamed."""
    found = er.async_get(hass).async_get(entity_id)
    assert found is not None
    return found.id


# Entities


async def test_entity(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An entity and a look at what is proposed are all that it takes."""
    result = await begin(hass, entry, "entity")
    assert result["step_id"] == "user"
    result = await answer(hass, result, {"entity_id": SENSOR})
    assert result["step_id"] == "pairs"
    assert said(result, "entity") == "Desk temperature"
    assert shown(result) == {"value": "temp_current"}
    assert choices(result, "value")["temp_current"] == "Temperature (temp_current)"
    assert next(iter(choices(result, "value"))) == NONE
    result = await answer(hass, result, {"value": "temp_current"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    made = subentry(entry, "Desk temperature")
    assert made.unique_id == registry_id(hass, SENSOR)
    assert made.data == {
        "entity": {"registry_id": registry_id(hass, SENSOR)},
        "pairs": [{"facet": "value", "kind": "property", "code": "temp_current"}],
        "confirmed": False,
    }


async def test_as_the_frontend_sees_it(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """Every form can be sent to the frontend, and its answers come back."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    start = {"handler": [entry.entry_id, "entity"]}
    step = await (await client.post("/api/config/config_entries/subentries/flow", json=start)).json()
    assert [field["name"] for field in step["data_schema"]] == ["entity_id"]
    url = f"/api/config/config_entries/subentries/flow/{step['flow_id']}"
    step = await (await client.post(url, json={"entity_id": LOCK})).json()
    assert {field["name"]: list(field["selector"]) for field in step["data_schema"]} == {
        "locked": ["select"],
        "state": ["select"],
    }
    step = await (await client.post(url, json={"locked": "lock_motor_state", "state": NONE})).json()
    while step["step_id"] == "choices":
        answers = {field["name"]: field["default"] for field in step["data_schema"]}
        step = await (await client.post(url, json=answers)).json()
    assert [field["name"] for field in step["data_schema"]] == ["confirmed"]
    step = await (await client.post(url, json={"confirmed": False})).json()
    assert step["type"] == "create_entry"
    start = {"handler": [entry.entry_id, "action"]}
    step = await (await client.post("/api/config/config_entries/subentries/flow", json=start)).json()
    url = f"/api/config/config_entries/subentries/flow/{step['flow_id']}"
    step = await (await client.post(url, json={"code": "restart"})).json()
    assert [list(field["selector"]) for field in step["data_schema"]] == [["action"]]
    step = await (await client.post(url, json={"sequence": SEQUENCE})).json()
    assert step["type"] == "create_entry"
    assert subentry(entry, "Restart").data["sequence"] == SEQUENCE


async def test_what_does_not_fit_is_said(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What cannot be chosen is told with the reason; what has no function at all is no field."""
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": LIGHT})
    fields = shown(result)
    assert fields["brightness"] == "bright_value"
    assert "switch_1" not in choices(result, "brightness")
    assert said(result, "entity") == r"Desk \*lamp\*"
    reasons = said(result, "reasons")
    assert reasons.startswith("<details><summary>What does not fit, and what to know</summary>")
    lines = reasons.splitlines()
    begin_of = lines.index("- **Brightness**")
    line = next(line for line in lines[begin_of:] if "`switch_1`" in line)
    assert line.startswith("  - `switch_1`, `switch_2`")
    assert line.endswith(": of a type that cannot take it")
    assert "{" not in reasons


async def test_in_the_language_of_home_assistant(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What the frontend cannot translate is said in Home Assistant's language."""
    hass.config.language = "de"
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": LIGHT})
    assert "- **Helligkeit**\n" in said(result, "reasons")


async def test_a_function_can_be_tied_once(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Neither twice in one form, nor in two subentries; and something has to be tied."""
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": LIGHT})
    nothing = dict.fromkeys(shown(result), NONE)
    result = await answer(hass, result, nothing)
    assert result["errors"] == {"base": "nothing_exposed"}
    result = await answer(hass, result, {**nothing, "brightness": "bright_value", "color_temperature": "bright_value"})
    assert set((result["errors"] or {}).values()) == {"tied_twice"}
    result = await answer(hass, result, {**nothing, "on": "switch_1"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    # The other one is offered neither the entity nor the function
    result = await begin(hass, entry, "entity")
    assert config_of(result, "entity_id")["exclude_entities"] == [LIGHT]
    with pytest.raises(InvalidData):
        await answer(hass, result, {"entity_id": LIGHT})
    hass.states.async_set("switch.fan", "off", {"friendly_name": "Fan"})
    result = await answer(hass, result, {"entity_id": "switch.fan"})
    assert "switch_1" not in choices(result, "on")
    assert "tied to Desk \\*lamp\\* already" in said(result, "reasons")
    assert shown(result) == {"on": "switch_2"}
    result = await answer(hass, result, {"on": "switch_2"})
    assert subentry(entry, "Fan").data["entity"] == {"entity_id": "switch.fan"}
    assert subentry(entry, "Fan").unique_id == "switch.fan"


async def test_domains(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The list has entities of domains that can be exposed, and one that offers nothing is refused."""
    result = await begin(hass, entry, "entity")
    domains = config_of(result, "entity_id")["filter"][0]["domain"]
    assert {"light", "sensor", "lock"} <= set(domains)
    assert "camera" not in domains
    result = await answer(hass, result, {"entity_id": "camera.door"})
    assert result["errors"] == {"entity_id": "nothing_to_expose"}
    result = await answer(hass, result, {"entity_id": "light.not_there"})
    assert result["errors"] == {"entity_id": "nothing_to_expose"}


async def test_names_that_differ(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Where names differ, the user says which stands for which; a name that is left out is not kept."""
    hass.states.async_set("select.mood", "calm", {"friendly_name": "Mood", "options": ["calm", "music", "party"]})
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": "select.mood"})
    assert shown(result)["option"] in {NONE, "work_mode"}
    result = await answer(hass, result, {"option": "work_mode"})
    assert result["step_id"] == "choices"
    assert said(result, "code") == "work_mode"
    assert said(result, "facet") == "Option"
    assert shown(result) == {"calm": NONE, "music": "music", "party": NONE}
    assert set(choices(result, "calm")) == {NONE, "white", "colour", "scene", "music"}
    empty = dict.fromkeys(shown(result), NONE)
    result = await answer(hass, result, empty)
    assert result["errors"] == {"base": "choices_needed"}
    result = await answer(hass, result, {**empty, "calm": "white", "party": "colour"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry(entry, "Mood").data["pairs"] == [
        {
            "facet": "option",
            "kind": "property",
            "code": "work_mode",
            "choices": {"calm": "white", "party": "colour"},
        }
    ]
    # Changed later, it begins with what was told
    result = await change(hass, entry, "Mood")
    assert result["step_id"] == "pairs"
    assert shown(result) == {"option": "work_mode"}
    result = await answer(hass, result, shown(result))
    assert shown(result) == {"calm": "white", "music": NONE, "party": "colour"}
    result = await answer(hass, result, {"calm": "white", "music": "music", "party": "colour"})
    assert result["reason"] == "reconfigure_successful"
    assert subentry(entry, "Mood").data["pairs"][0]["choices"] == {"calm": "white", "music": "music", "party": "colour"}


async def test_two_values_that_cannot_be_told_apart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Why it does not work is said in words."""
    hass.states.async_set("switch.fan", "off", {"friendly_name": "Fan"})
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": "switch.fan"})
    assert "work_mode" in choices(result, "on")
    result = await answer(hass, result, {"on": "work_mode"})
    assert result["step_id"] == "choices"
    assert set(shown(result)) == {"On", "Off"}
    result = await answer(hass, result, {"On": "white", "Off": "white"})
    assert result["errors"] == {"base": "Each of these needs a value of its own: On, Off"}
    result = await answer(hass, result, {"On": "colour", "Off": "white"})
    assert subentry(entry, "Fan").data["pairs"][0]["choices"] == {"on": "colour", "off": "white"}


@pytest.mark.parametrize(
    ("entity_id", "attributes", "facet", "language", "words"),
    [
        ("lock.cellar", {}, "locked", "en", ["Locked", "Unlocked"]),
        ("lock.cellar", {}, "locked", "de", ["Verriegelt", "Entriegelt"]),
        ("cover.blind", {"supported_features": 3}, "open", "en", ["Open", "Closed"]),
        ("valve.garden", {"supported_features": 3}, "open", "en", ["Open", "Closed"]),
        ("binary_sensor.cellar", {"device_class": "door"}, "active", "en", ["Open", "Closed"]),
        ("binary_sensor.cellar", {"device_class": "moisture"}, "active", "en", ["Wet", "Dry"]),
        ("binary_sensor.cellar", {}, "active", "en", ["On", "Off"]),
        ("person.anna", {}, "home", "en", ["Home", "Away"]),
        ("fan.cellar", {"supported_features": 2}, "oscillating", "en", ["Yes", "No"]),
        ("vacuum.cellar", {"supported_features": 8212}, "cleaning", "en", ["Yes", "No"]),
        ("script.away", {}, "running", "en", ["Running", "Not running"]),
        ("update.cellar", {}, "update_available", "en", ["Update available", "Up-to-date"]),
        ("climate.cellar", {"supported_features": 384, "hvac_modes": ["off", "heat"]}, "on", "en", ["On", "Off"]),
        ("switch.cellar", {"device_class": "outlet"}, "on", "de", ["Ein", "Aus"]),
    ],
)
async def test_words_for_yes_and_no(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_id: str,
    attributes: dict[str, Any],
    facet: str,
    language: str,
    words: list[str],
) -> None:
    """The two values of what is or is not are called as people call them, in their language."""
    hass.config.language = language
    hass.states.async_set(entity_id, "off", {"friendly_name": "Thing", **attributes})
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": entity_id})
    result = await answer(hass, result, {**dict.fromkeys(shown(result), NONE), facet: "work_mode"})
    assert result["step_id"] == "choices"
    assert list(shown(result)) == words
    result = await answer(hass, result, dict(zip(words, ("colour", "scene"), strict=True)))
    if result.get("step_id") == "confirm":
        result = await answer(hass, result, {"confirmed": False})
    assert subentry(entry, "Thing").data["pairs"][0]["choices"] == {"on": "colour", "off": "scene"}


async def test_event(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An event entity goes to an event of the model, its types to one of the event's outputs."""
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": BELL})
    assert choices(result, "event") == {
        NONE: NONE,
        "button_pressed": "Button pressed (button_pressed)",
        "doorbell": "Doorbell (doorbell)",
        "alarm": "Alarm (alarm)",
    }
    result = await answer(hass, result, {"event": "button_pressed"})
    assert result["step_id"] == "choices"
    assert list(shown(result).values()) == ["single", "double", NONE]
    result = await answer(hass, result, dict(zip(shown(result), ("single", "double", "long"), strict=True)))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry(entry, "Bell").data["pairs"] == [
        {
            "facet": "event",
            "kind": "event",
            "code": "button_pressed",
            "choices": {"single": "single", "double": "double", "rattle": "long"},
            "parameter": "kind",
        }
    ]


async def test_event_that_tells_its_kind_no_more(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """The tie stays; what was told of an output that is gone does not."""
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": BELL})
    result = await answer(hass, result, {"event": "button_pressed"})
    await answer(hass, result, dict(zip(shown(result), ("single", "double", "long"), strict=True)))
    product = next(product for product in demo_products() if product.id == "gwdemo0000000001")
    assert product.model is not None
    described = product.model.as_json(complete=True)
    for service in described["services"]:
        for event in service["events"]:
            event["outputParams"] = []
    cloud.models[None] = parse_thing_model(described)
    result = await change(hass, entry, "Bell")
    assert shown(result) == {"event": "button_pressed"}
    result = await answer(hass, result, shown(result))
    assert result["reason"] == "reconfigure_successful"
    assert subentry(entry, "Bell").data["pairs"] == [{"facet": "event", "kind": "event", "code": "button_pressed"}]


async def test_entity_of_two_dialogs(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What one of two dialogs exposes meanwhile, the other one does not expose again."""
    first, second = await begin(hass, entry, "entity"), await begin(hass, entry, "entity")
    await answer(hass, await answer(hass, first, {"entity_id": SENSOR}), {"value": "temp_current"})
    result = await answer(hass, second, {"entity_id": SENSOR})
    assert result["errors"] == {"entity_id": "exposed_already"}


async def test_event_with_types_of_its_own(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Where no type has the name of a press, the user says which is which: an event without its output is refused by the cloud."""
    hass.states.async_set(
        "event.cube", "2026-11-21T12:00:00.000+00:00", {"friendly_name": "Cube", "event_types": ["turned", "shaken"]}
    )
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": "event.cube"})
    result = await answer(hass, result, {"event": "button_pressed"})
    assert result["step_id"] == "choices"
    assert list(shown(result).values()) == [NONE, NONE]
    result = await answer(hass, result, dict(zip(shown(result), ("single", "long"), strict=True)))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (tied,) = subentry(entry, "Cube").data["pairs"]
    assert (tied["parameter"], tied["choices"]) == ("kind", {"turned": "single", "shaken": "long"})


@pytest.mark.parametrize("confirmed", [True, False])
async def test_lock_needs_a_second_yes(hass: HomeAssistant, entry: MockConfigEntry, confirmed: bool) -> None:
    """What lets people in is asked about by name, and off unless the user says otherwise."""
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": LOCK})
    result = await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "locked": "lock_motor_state"})
    if result["step_id"] == "choices":
        result = await answer(hass, result, shown(result))
    assert result["step_id"] == "confirm"
    assert said(result, "controls") == "- **Front door**: Locked (`lock_motor_state`)"
    assert shown(result) == {"confirmed": False}
    result = await answer(hass, result, {"confirmed": confirmed})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry(entry, "Front door").data["confirmed"] is confirmed
    # Later it begins with what was said
    result = await change(hass, entry, "Front door")
    result = await answer(hass, result, shown(result))
    if result["step_id"] == "choices":
        result = await answer(hass, result, shown(result))
    assert result["step_id"] == "confirm"
    assert shown(result) == {"confirmed": confirmed}
    await answer(hass, result, {"confirmed": False})
    assert subentry(entry, "Front door").data["confirmed"] is False


async def test_lock_that_is_only_shown_needs_none(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A function that can only be reported opens nothing."""
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": LOCK})
    result = await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "locked": "doorcontact_state"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry(entry, "Front door").data["confirmed"] is False


async def test_entity_that_is_gone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Another one can take its place, and what was tied stays tied."""
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": SENSOR})
    await answer(hass, result, {"value": "temp_current"})
    er.async_get(hass).async_remove(SENSOR)
    hass.states.async_remove(SENSOR)
    hass.states.async_set(
        "sensor.new", "20", {"friendly_name": "New", "device_class": "temperature", "unit_of_measurement": "°C"}
    )
    result = await change(hass, entry, "Desk temperature")
    assert result["step_id"] == "reconfigure"
    assert said(result, "name") == "Desk temperature"
    result = await answer(hass, result, {"entity_id": "camera.door"})
    assert result["errors"] == {"entity_id": "nothing_to_expose"}
    result = await answer(hass, result, {"entity_id": "sensor.new"})
    assert shown(result) == {"value": "temp_current"}
    result = await answer(hass, result, {"value": "temp_current"})
    assert result["reason"] == "reconfigure_successful"
    assert subentry(entry, "New").data["entity"] == {"entity_id": "sensor.new"}
    assert subentry(entry, "New").unique_id == "sensor.new"
    assert len(entry.subentries) == 1


async def test_renamed_entity_stays(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An exposure is of the entity and not of its id."""
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": SENSOR})
    await answer(hass, result, {"value": "temp_current"})
    state = hass.states.get(SENSOR)
    assert state is not None
    er.async_get(hass).async_update_entity(SENSOR, new_entity_id="sensor.other")
    hass.states.async_set("sensor.other", state.state, state.attributes)
    result = await change(hass, entry, "Desk temperature")
    assert result["step_id"] == "pairs"
    assert shown(result) == {"value": "temp_current"}


async def test_nothing_fits(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """A product without a function for an entity is told so, with the reasons."""
    cloud.models[None] = model(LIGHT_PRODUCT)
    result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": BELL})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "nothing_fits"
    assert said(result, "entity") == "Bell"


@pytest.mark.parametrize("kind", ["entity", "action"])
@pytest.mark.parametrize(
    ("err", "reason"),
    [
        (LinkLost("no connection"), "not_connected"),
        (CloudRefused(2002, "thing/model/get"), "no_model"),
        (CloudRefused(1001, "thing/model/get"), "model_failed"),
        (AnswerTimeout("late"), "model_failed"),
    ],
    ids=["lost", "no model", "refused", "late"],
)
async def test_no_model(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry, kind: str, err: LinkError, reason: str
) -> None:
    """Without the model there is nothing to choose from: that is said before anything is typed."""
    cloud.model_error = err
    result = await begin(hass, entry, kind)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason
    assert said(result, "error") == str(err)


# Sub-devices


@pytest.mark.parametrize("err", [CloudRefused(2002, "thing/model/get"), AnswerTimeout("late")], ids=["none", "late"])
async def test_model_of_the_gateway_does_not_matter(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry, err: LinkError
) -> None:
    """A gateway that is nothing but a gateway may have sub-devices all the same; without the model of these they are unbound."""
    cloud.model_error = err
    result = await begin(hass, entry, "sub_device")
    assert result["step_id"] == "user"
    result = await answer(hass, result, {"product_id": LIGHT_PRODUCT, "entities": [LIGHT]})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == ("no_model" if isinstance(err, CloudRefused) else "model_failed")
    await hass.async_block_till_done()
    assert cloud.unbound == ["sub0"]


async def test_sub_device_without_a_connection(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """That is said before anything is typed."""
    cloud.model_error = LinkLost("no connection")
    result = await begin(hass, entry, "sub_device")
    assert result["reason"] == "not_connected"
    assert said(result, "error") == "no connection"


async def test_sub_device(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """It is bound, its model read, and each of its entities tied."""
    result = await begin(hass, entry, "sub_device")
    assert result["step_id"] == "user"
    result = await answer(
        hass, result, {"product_id": f" {THERMOSTAT_PRODUCT} ", "name": "Heating", "entities": [THERMOSTAT, SENSOR]}
    )
    assert [(product, name) for product, _, name in cloud.bound.values()] == [(THERMOSTAT_PRODUCT, "Heating")]
    client_id = cloud.bound["sub0"][1]
    assert client_id.isalnum()
    assert len(client_id) <= 100
    assert result["step_id"] == "pairs"
    assert (said(result, "number"), said(result, "total")) == ("1", "2")
    first = shown(result)
    assert first["target_temperature"] == "temp_set"
    result = await answer(hass, result, {**dict.fromkeys(first, NONE), "target_temperature": "temp_set"})
    assert (result["step_id"], said(result, "entity"), said(result, "number")) == ("pairs", "Desk temperature", "2")
    assert "temp_set" not in choices(result, "value")
    assert "tied to Hall already" in said(result, "reasons")
    result = await answer(hass, result, {"value": "temp_current"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    made = subentry(entry, "Heating")
    assert made.unique_id == client_id
    assert made.data == {
        "product_id": THERMOSTAT_PRODUCT,
        "client_id": client_id,
        "device_id": "sub0",
        "members": [
            {
                "entity": {"registry_id": registry_id(hass, THERMOSTAT)},
                "pairs": [{"facet": "target_temperature", "kind": "property", "code": "temp_set"}],
            },
            {
                "entity": {"registry_id": registry_id(hass, SENSOR)},
                "pairs": [{"facet": "value", "kind": "property", "code": "temp_current"}],
            },
        ],
        "confirmed": False,
    }
    await hass.async_block_till_done()
    assert cloud.unbound == []


async def test_sub_device_that_is_given_up(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """What was bound for a dialog that is closed does not stay behind in the app; the next one has the same client id."""
    given = {"product_id": LIGHT_PRODUCT, "entities": [LIGHT]}
    result = await answer(hass, await begin(hass, entry, "sub_device"), given)
    assert cloud.bound["sub0"][2] == "Desk *lamp*"
    hass.config_entries.subentries.async_abort(result["flow_id"])
    await hass.async_block_till_done()
    assert cloud.unbound == ["sub0"]
    await answer(hass, await begin(hass, entry, "sub_device"), given)
    assert cloud.bound["sub1"][1] == cloud.bound["sub0"][1]


async def test_sub_device_of_two_dialogs(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """Two dialogs for one entity are about one device: it stays when one of them makes it and the other one is closed."""
    cloud.knows_again = True
    given = {"product_id": LIGHT_PRODUCT, "entities": [LIGHT]}
    first = await answer(hass, await begin(hass, entry, "sub_device"), given)
    second = await answer(hass, await begin(hass, entry, "sub_device"), given)
    made = await answer(hass, first, {**dict.fromkeys(shown(first), NONE), "on": "switch_led"})
    assert made["type"] is FlowResultType.CREATE_ENTRY
    hass.config_entries.subentries.async_abort(second["flow_id"])
    await hass.async_block_till_done()
    assert cloud.unbound == []


@pytest.mark.parametrize(
    ("err", "key"),
    [
        (BindRefused(0, "device/sub/bind", {}), "tuyalink_not_bound"),
        (BindRefused(2123, "device/sub/bind", {}), "tuyalink_bind_refused"),
        (LinkLost("gone"), "tuyalink_not_connected"),
        (AnswerTimeout("late"), "tuyalink_no_answer"),
    ],
    ids=["not bound", "refused", "lost", "late"],
)
async def test_sub_device_that_is_refused(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry, err: LinkError, key: str
) -> None:
    """The reason is told, and what was typed stays."""
    cloud.bind_error = err
    given = {"product_id": LIGHT_PRODUCT, "name": "Lamp", "entities": [LIGHT]}
    result = await answer(hass, await begin(hass, entry, "sub_device"), given)
    assert result["errors"] == {"base": key}
    assert said(result, "error") == str(err)
    assert shown(result) == given
    cloud.bind_error = None
    result = await answer(hass, result, given)
    assert result["step_id"] == "pairs"


async def test_sub_device_cannot_be_right(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """What makes no sense is said at its field, and nothing is bound."""
    result = await begin(hass, entry, "sub_device")
    result = await answer(hass, result, {"product_id": "a b", "entities": [LIGHT]})
    assert result["errors"] == {"product_id": "invalid_product_id"}
    result = await answer(hass, result, {"product_id": LIGHT_PRODUCT, "entities": []})
    assert result["errors"] == {"entities": "entity_needed"}
    result = await answer(hass, result, {"product_id": LIGHT_PRODUCT, "entities": [LIGHT, "camera.door"]})
    assert result["errors"] == {"entities": "nothing_to_expose"}
    assert cloud.bound == {}


async def test_sub_device_is_changed(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """An entity more, another name: the device stays the same one for the cloud."""
    result = await answer(
        hass, await begin(hass, entry, "sub_device"), {"product_id": THERMOSTAT_PRODUCT, "entities": [THERMOSTAT]}
    )
    result = await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "target_temperature": "temp_set"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    before = dict(subentry(entry, "Hall").data)
    result = await change(hass, entry, "Hall")
    assert result["step_id"] == "reconfigure"
    assert shown(result) == {"name": "Hall", "entities": [THERMOSTAT]}
    assert said(result, "product_id") == THERMOSTAT_PRODUCT
    result = await answer(hass, result, {"name": "Heating", "entities": [THERMOSTAT, SENSOR]})
    chosen = shown(result)
    assert chosen["target_temperature"] == "temp_set"
    assert {code for facet, code in chosen.items() if facet != "target_temperature"} == {NONE}
    result = await answer(hass, result, chosen)
    assert shown(result) == {"value": "temp_current"}
    result = await answer(hass, result, shown(result))
    assert result["reason"] == "reconfigure_successful"
    after = dict(subentry(entry, "Heating").data)
    assert [after[key] == before[key] for key in ("product_id", "client_id", "device_id")] == [True] * 3
    assert len(after["members"]) == 2
    assert len(cloud.bound) == 1


async def test_sub_device_is_changed_to_what_cannot_be(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry
) -> None:
    """It has entities, each of which can be exposed."""
    result = await answer(
        hass, await begin(hass, entry, "sub_device"), {"product_id": THERMOSTAT_PRODUCT, "entities": [THERMOSTAT]}
    )
    await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "target_temperature": "temp_set"})
    result = await change(hass, entry, "Hall")
    result = await answer(hass, result, {"name": "Hall", "entities": []})
    assert result["errors"] == {"entities": "entity_needed"}
    result = await answer(hass, result, {"name": "Hall", "entities": [THERMOSTAT, "camera.door"]})
    assert result["errors"] == {"entities": "nothing_to_expose"}
    assert result["step_id"] == "reconfigure"


async def test_sub_device_that_is_not_bound_yet(hass: HomeAssistant, cloud: Cloud) -> None:
    """Changing it binds it; why that fails is said."""
    data = {
        "product_id": THERMOSTAT_PRODUCT,
        "client_id": "abc",
        "members": [{"entity": {"entity_id": SENSOR}, "pairs": []}],
        "confirmed": False,
    }
    kept = ConfigSubentryData(data=data, subentry_type="sub_device", title="Hall", unique_id="abc")
    unbound_entry = MockConfigEntry(domain=DOMAIN, unique_id=DEVICE_ID, data=DATA, subentries_data=[kept])
    unbound_entry.add_to_hass(hass)
    hass.states.async_set(SENSOR, "21.5", {"device_class": "temperature", "unit_of_measurement": "°C"})
    given = {"name": "Hall", "entities": [SENSOR]}
    cloud.bind_error = LinkLost("gone")
    result = await answer(hass, await change(hass, unbound_entry, "Hall"), given)
    assert result["errors"] == {"base": "tuyalink_not_connected"}
    assert said(result, "error") == "gone"
    cloud.bind_error = None
    result = await answer(hass, result, given)
    result = await answer(hass, result, {"value": "temp_current"})
    assert result["reason"] == "reconfigure_successful"
    assert cloud.bound == {"sub0": (THERMOSTAT_PRODUCT, "abc", "Hall")}
    assert subentry(unbound_entry, "Hall").data["device_id"] == "sub0"


async def test_sub_device_of_nothing(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """Entities of which nothing is tied make no sub-device, and none stays behind."""
    result = await answer(
        hass,
        await begin(hass, entry, "sub_device"),
        {"product_id": THERMOSTAT_PRODUCT, "entities": [THERMOSTAT, SENSOR]},
    )
    result = await answer(hass, result, dict.fromkeys(shown(result), NONE))
    result = await answer(hass, result, {"value": NONE})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "nothing_fits"
    assert said(result, "entity") == "Hall, Desk temperature"
    await hass.async_block_till_done()
    assert cloud.unbound == ["sub0"]


async def test_sub_device_after_an_attempt_that_failed_here(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry
) -> None:
    """What was bound before an error of ours is unbound when the user goes on."""
    given = {"product_id": LIGHT_PRODUCT, "entities": [LIGHT]}
    result = await begin(hass, entry, "sub_device")
    with patch(f"{FLOWS}.tying_flow.Texts.load", side_effect=OSError), pytest.raises(OSError):
        await answer(hass, result, given)
    assert list(cloud.bound) == ["sub0"]
    assert cloud.unbound == []
    result = await answer(hass, result, given)
    assert result["step_id"] == "pairs"
    assert list(cloud.bound) == ["sub0", "sub1"]
    assert cloud.unbound == ["sub0"]


async def test_entity_of_a_sub_device_is_exposed_already(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry
) -> None:
    """Whichever way an entity is exposed, it is once."""
    result = await answer(
        hass, await begin(hass, entry, "sub_device"), {"product_id": THERMOSTAT_PRODUCT, "entities": [THERMOSTAT]}
    )
    await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "target_temperature": "temp_set"})
    result = await begin(hass, entry, "entity")
    assert config_of(result, "entity_id")["exclude_entities"] == [THERMOSTAT]
    result = await begin(hass, entry, "sub_device")
    assert config_of(result, "entities")["exclude_entities"] == [THERMOSTAT]
    # Another device of the same product is near at hand
    assert config_of(result, "product_id")["options"] == [THERMOSTAT_PRODUCT]


async def test_lock_as_a_sub_device(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """Also there a lock needs a second yes."""
    result = await answer(
        hass, await begin(hass, entry, "sub_device"), {"product_id": LOCK_PRODUCT, "entities": [LOCK]}
    )
    assert shown(result)["locked"] != NONE
    result = await answer(hass, result, shown(result))
    while result["step_id"] == "choices":
        result = await answer(hass, result, shown(result))
    assert result["step_id"] == "confirm"
    await answer(hass, result, {"confirmed": True})
    assert subentry(entry, "Front door").data["confirmed"] is True


async def test_with_the_simulated_cloud(hass: HomeAssistant, socket_enabled: None) -> None:
    """The flows, the connection and the client together: bound and read, given up and unbound, kept and online."""
    async with TuyaLinkCloudSimulator() as cloud:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="TuyaLink gwxx",
            unique_id=DEMO_DEVICE_ID,
            data={
                **DATA,
                "host": cloud.host,
                "port": cloud.port,
                "device_id": DEMO_DEVICE_ID,
                "device_secret": DEMO_DEVICE_SECRET,
            },
        )
        await load(hass, entry)
        assert entry.state is ConfigEntryState.LOADED
        hass.states.async_set(
            LIGHT,
            "on",
            {
                "friendly_name": "Lamp",
                "supported_color_modes": ["brightness"],
                "color_mode": "brightness",
                "brightness": 255,
            },
        )

        def bound() -> list[str]:
            return [device.id for device in cloud.devices.values() if device.gateway_id == DEMO_DEVICE_ID]

        given = {"product_id": LIGHT_PRODUCT, "entities": [LIGHT]}
        result = await answer(hass, await begin(hass, entry, "sub_device"), given)
        assert shown(result) == {"on": "switch_led", "brightness": "bright_value_v2"}
        assert len(bound()) == 1
        hass.config_entries.subentries.async_abort(result["flow_id"])
        await wait_until(lambda: not bound())

        result = await answer(hass, await begin(hass, entry, "sub_device"), given)
        result = await answer(hass, result, shown(result))
        assert result["type"] is FlowResultType.CREATE_ENTRY
        device_id = subentry(entry, "Lamp").data["device_id"]
        await cloud.wait_for_device(device_id, timeout=20)
        await cloud.wait_for(lambda: "switch_led" in cloud.device(device_id).values, timeout=20)

        hass.states.async_set("switch.fan", "on", {"friendly_name": "Fan"})
        result = await answer(
            hass, await begin(hass, entry, "sub_device"), {"product_id": "nosuch", "entities": ["switch.fan"]}
        )
        assert result["errors"] in ({"base": "tuyalink_not_bound"}, {"base": "tuyalink_bind_refused"})

        result = await answer(hass, await begin(hass, entry, "entity"), {"entity_id": "switch.fan"})
        assert shown(result) == {"on": "switch_1"}
        await answer(hass, result, shown(result))
        await cloud.wait_for(lambda: "switch_1" in cloud.gateway.values, timeout=20)
        # What the user typed is the only thing that was wrong
        assert [one for one in cloud.violations if "no sub-device is of the product nosuch" not in one] == []
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_another_lock_is_asked_about_anew(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """A yes is for what was named: another lock in the same sub-device is off again until the user says so."""
    hass.states.async_set("lock.back_door", "locked", {"friendly_name": "Back door"})
    result = await answer(
        hass, await begin(hass, entry, "sub_device"), {"product_id": LOCK_PRODUCT, "entities": [LOCK]}
    )
    cloud.models["sub0"] = model()
    result = await answer(hass, result, shown(result))
    while result["step_id"] == "choices":
        result = await answer(hass, result, shown(result))
    await answer(hass, result, {"confirmed": True})
    result = await change(hass, entry, "Front door")
    result = await answer(hass, result, {"name": "Doors", "entities": [LOCK, "lock.back_door"]})
    result = await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "locked": "lock_motor_state"})
    while result["step_id"] == "choices":
        result = await answer(hass, result, shown(result))
    assert said(result, "entity") == "Back door"
    result = await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "locked": "switch_1"})
    while result["step_id"] == "choices":
        result = await answer(hass, result, shown(result))
    assert result["step_id"] == "confirm"
    assert said(result, "controls").count("\n") == 1
    assert shown(result) == {"confirmed": False}


# Actions


SEQUENCE = [
    {"action": "light.turn_on", "target": {"entity_id": LIGHT}, "data": {"brightness_pct": "{{ inputs.minutes }}"}}
]


async def test_action(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An action does what the user chooses in Home Assistant's own editor."""
    result = await begin(hass, entry, "action")
    assert result["step_id"] == "action"
    assert choices(result, "code") == {
        "run_scene": "Run scene (run_scene)",
        "open_for": "Open for (open_for)",
        "restart": "Restart (restart)",
    }
    result = await answer(hass, result, {"code": "open_for"})
    assert result["step_id"] == "sequence"
    assert said(result, "inputs") == "- `minutes`: value, 1 … 120"
    assert said(result, "outputs") == "- `until`: date"
    result = await answer(hass, result, {"sequence": SEQUENCE})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    made = subentry(entry, "Open for")
    assert made.unique_id == ":open_for"
    assert made.data == {"device": "", "code": "open_for", "sequence": SEQUENCE, "confirmed": False}
    # It does that already
    result = await begin(hass, entry, "action")
    assert "open_for" not in choices(result, "code")
    result = await change(hass, entry, "Open for")
    assert shown(result) == {"sequence": SEQUENCE}
    result = await answer(hass, result, {"sequence": [{"action": "light.turn_off"}]})
    assert result["reason"] == "reconfigure_successful"
    assert subentry(entry, "Open for").data["sequence"] == [{"action": "light.turn_off"}]


async def test_action_that_cannot_run(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What Home Assistant would refuse is refused here, in its words."""
    result = await answer(hass, await begin(hass, entry, "action"), {"code": "restart"})
    assert said(result, "inputs") == "nothing"
    result = await answer(hass, result, {"sequence": []})
    assert result["errors"] == {"sequence": "sequence_needed"}
    result = await answer(hass, result, {"sequence": [{"action": "nonsense"}]})
    assert result["errors"] == {"sequence": "invalid_sequence"}
    assert "nonsense" in said(result, "error")
    assert shown(result) == {"sequence": [{"action": "nonsense"}]}


async def test_sensitive_action(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What may open a door is not added without a yes; what does not any more needs none."""
    unlock = [{"if": "{{ true }}", "then": [{"action": "lock.unlock", "target": {"entity_id": LOCK}}]}]
    result = await answer(hass, await begin(hass, entry, "action"), {"code": "restart"})
    result = await answer(hass, result, {"sequence": unlock})
    assert result["step_id"] == "confirm"
    result = await answer(hass, result, {"confirmed": False})
    assert result["errors"] == {"confirmed": "not_confirmed"}
    result = await answer(hass, result, {"confirmed": True})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry(entry, "Restart").data["confirmed"] is True
    result = await answer(hass, await change(hass, entry, "Restart"), {"sequence": unlock})
    assert shown(result) == {"confirmed": True}
    # Another one was not agreed to
    other = [{"action": "lock.open", "target": {"entity_id": LOCK}}]
    result = await answer(hass, await change(hass, entry, "Restart"), {"sequence": other})
    assert shown(result) == {"confirmed": False}
    result = await answer(hass, await change(hass, entry, "Restart"), {"sequence": SEQUENCE})
    assert result["reason"] == "reconfigure_successful"
    assert subentry(entry, "Restart").data["confirmed"] is False


async def test_action_of_a_sub_device(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """Where there are sub-devices, it is asked whose action it is."""
    result = await answer(
        hass, await begin(hass, entry, "sub_device"), {"product_id": LIGHT_PRODUCT, "entities": [LIGHT]}
    )
    result = await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "on": "switch_led"})
    lamp = subentry(entry, "Desk *lamp*").subentry_id
    result = await begin(hass, entry, "action")
    assert choices(result, "device") == {"this_device": "TuyaLink gwxx", lamp: "Desk *lamp*"}
    result = await answer(hass, result, {"device": lamp})
    assert result["reason"] == "no_actions"
    cloud.models["sub0"] = model()
    result = await answer(hass, await begin(hass, entry, "action"), {"device": lamp})
    result = await answer(hass, result, {"code": "restart"})
    result = await answer(hass, result, {"sequence": SEQUENCE})
    made = subentry(entry, "Desk *lamp*: Restart")
    assert made.data["device"] == lamp
    assert made.unique_id == f"{lamp}:restart"
    # The device's own is another one
    result = await answer(hass, await begin(hass, entry, "action"), {"device": "this_device"})
    assert "restart" in choices(result, "code")


async def test_all_actions_do_something(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An action does one thing."""
    for code in ("run_scene", "open_for", "restart"):
        result = await answer(hass, await begin(hass, entry, "action"), {"code": code})
        await answer(hass, result, {"sequence": SEQUENCE})
    result = await begin(hass, entry, "action")
    assert result["reason"] == "no_more_actions"


async def test_action_that_the_product_has_no_more(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """A changed product is told of."""
    result = await answer(hass, await begin(hass, entry, "action"), {"code": "restart"})
    await answer(hass, result, {"sequence": SEQUENCE})
    cloud.models[None] = model(LIGHT_PRODUCT)
    result = await change(hass, entry, "Restart")
    assert result["reason"] == "action_gone"
    assert said(result, "code") == "restart"


async def test_action_of_a_sub_device_that_is_gone(hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry) -> None:
    """It has no actions to choose from."""
    result = await answer(
        hass, await begin(hass, entry, "sub_device"), {"product_id": LIGHT_PRODUCT, "entities": [LIGHT]}
    )
    await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "on": "switch_led"})
    lamp = subentry(entry, "Desk *lamp*").subentry_id
    result = await begin(hass, entry, "action")
    hass.config_entries.async_remove_subentry(entry, lamp)
    result = await answer(hass, result, {"device": lamp})
    assert result["reason"] == "device_gone"


async def test_unreadable_entity(hass: HomeAssistant, cloud: Cloud) -> None:
    """It is chosen anew; another one does not mind that it is there."""
    kept = ConfigSubentryData(data={}, subentry_type="entity", title="Broken", unique_id=None)
    broken = MockConfigEntry(domain=DOMAIN, unique_id="x", data=DATA, subentries_data=[kept])
    broken.add_to_hass(hass)
    hass.states.async_set(SENSOR, "21.5", {"device_class": "temperature", "unit_of_measurement": "°C"})
    result = await begin(hass, broken, "entity")
    assert config_of(result, "entity_id")["exclude_entities"] == []
    result = await change(hass, broken, "Broken")
    assert result["step_id"] == "reconfigure"
    result = await answer(hass, result, {"entity_id": SENSOR})
    result = await answer(hass, result, {"value": "temp_current"})
    assert result["reason"] == "reconfigure_successful"
    assert [one.data["entity"] for one in broken.subentries.values()] == [{"entity_id": SENSOR}]


@pytest.mark.parametrize("kind", ["sub_device", "action"])
async def test_unreadable(hass: HomeAssistant, cloud: Cloud, kind: str) -> None:
    """What is stored and no exposure cannot be changed; it can be deleted."""
    broken = MockConfigEntry(
        domain=DOMAIN,
        unique_id="x",
        data=DATA,
        subentries_data=[ConfigSubentryData(data={}, subentry_type=kind, title="Broken", unique_id=None)],
    )
    broken.add_to_hass(hass)
    result = await change(hass, broken, "Broken")
    assert result["reason"] == "unreadable"


# Repairs


async def unbound(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> tuple[Any, dict[str, Any]]:
    """Have a sub-device whose removal is reported; return a client of the frontend's and the repair's first step."""
    assert await async_setup_component(hass, "repairs", {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    result = await answer(
        hass, await begin(hass, entry, "sub_device"), {"product_id": LIGHT_PRODUCT, "name": "Lamp", "entities": [LIGHT]}
    )
    await answer(hass, result, {**dict.fromkeys(shown(result), NONE), "on": "switch_led"})
    subentry_id = subentry(entry, "Lamp").subentry_id
    issue_id = f"sub_device_unbound_{subentry_id}"
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry.entry_id, "subentry_id": subentry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="sub_device_unbound",
        translation_placeholders={"name": "Lamp", "entry": entry.title},
    )
    client = await hass_client()
    response = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id})
    step = await response.json()
    assert step["type"] == "menu"
    assert step["menu_options"] == ["bind", "remove"]
    return client, step


async def fix(client: Any, step: dict[str, Any], user_input: dict[str, Any]) -> dict[str, Any]:
    """Answer a step of a repair."""
    response = await client.post(f"/api/repairs/issues/fix/{step['flow_id']}", json=user_input)
    result: dict[str, Any] = await response.json()
    return result


async def test_sub_device_is_bound_again(
    hass: HomeAssistant, cloud: Cloud, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """With the same client id; the device id may be another one."""
    client, step = await unbound(hass, entry, hass_client)
    step = await fix(client, step, {"next_step_id": "bind"})
    cloud.bind_error = BindRefused(0, "device/sub/bind", {})
    step = await fix(client, step, {})
    assert step["errors"] == {"base": "tuyalink_not_bound"}
    cloud.bind_error = None
    step = await fix(client, step, {})
    assert step["type"] == "create_entry"
    assert subentry(entry, "Lamp").data["device_id"] == "sub1"
    assert cloud.bound["sub1"] == cloud.bound["sub0"]


async def test_sub_device_is_removed_here_too(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """The exposure goes; the entity stays."""
    client, step = await unbound(hass, entry, hass_client)
    step = await fix(client, step, {"next_step_id": "remove"})
    assert step["step_id"] == "remove"
    assert entry.subentries
    step = await fix(client, step, {})
    assert step["type"] == "create_entry"
    assert entry.subentries == {}
    assert hass.states.get(LIGHT) is not None
