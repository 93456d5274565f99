"""The entities of devices whose model describes itself."""

from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, Platform
import pytest

from custom_components.iot_gateway.clients.tencent_video import CallSignal, parse_thing_model
from custom_components.iot_gateway.mapping import EntityPlan, plan_entities
from custom_components.iot_gateway.mapping.described import CALL_SIGNALS
from custom_components.iot_gateway.model import DeviceSchema, parse_tencent_schema
from custom_components.iot_gateway.model.tencent_schema import CALL_EVENT, CAMERA_SCHEMA, FEEDBACK_EVENT, OTHER_SCHEMA

BOOL = {"type": "bool", "mapping": {"0": "off", "1": "on"}}


def schema_of(category: str = OTHER_SCHEMA, *, storage: bool = False, **parts: Any) -> DeviceSchema:
    """Return the schema of a model with such parts."""
    return parse_tencent_schema(category, parse_thing_model(parts), storage=storage)


def prop(id_: str, define: dict[str, Any], mode: str = "r", name: str = "Name") -> dict[str, Any]:
    """Return a property."""
    return {"id": id_, "name": name, "mode": mode, "define": define}


def plan_of(define: dict[str, Any], mode: str = "r", category: str = OTHER_SCHEMA) -> EntityPlan:
    """Return the only entity of a property."""
    (plan,) = plan_entities(schema_of(category, properties=[prop("one", define, mode)]))
    return plan


@pytest.mark.parametrize(
    ("define", "mode", "platform"),
    [
        (BOOL, "r", Platform.BINARY_SENSOR),
        (BOOL, "rw", Platform.SWITCH),
        ({"type": "int"}, "r", Platform.SENSOR),
        ({"type": "int"}, "rw", Platform.NUMBER),
        ({"type": "float"}, "rw", Platform.NUMBER),
        ({"type": "enum", "mapping": {"0": "a"}}, "r", Platform.SENSOR),
        ({"type": "enum", "mapping": {"0": "a"}}, "rw", Platform.SELECT),
        ({"type": "stringenum", "mapping": {"a": "A"}}, "rw", Platform.SELECT),
        ({"type": "string"}, "r", Platform.SENSOR),
        ({"type": "string"}, "rw", Platform.TEXT),
        ({"type": "timestamp"}, "r", Platform.SENSOR),
        ({"type": "timestamp"}, "rw", Platform.SENSOR),
        ({"type": "new_type"}, "r", Platform.SENSOR),
    ],
)
def test_platforms(define: dict[str, Any], mode: str, platform: Platform) -> None:
    """The platform follows from type and mode; such entities are enabled and bear the model's name."""
    plan = plan_of(define, mode)
    assert plan.platform is platform
    assert plan.row.name == "Name"
    assert plan.row.entity_category is None
    assert plan.row.entity_registry_enabled_default
    assert not plan.generic


def test_settings_of_cameras() -> None:
    """What of a thing is what it is about, is a camera's setting, or something for who looks after it."""
    assert plan_of(BOOL, "rw", CAMERA_SCHEMA).row.entity_category is EntityCategory.CONFIG
    assert plan_of({"type": "int"}, "r", CAMERA_SCHEMA).row.entity_category is EntityCategory.DIAGNOSTIC


def test_units() -> None:
    """What a unit measures is said, where it measures one thing only."""
    row = plan_of({"type": "float", "unit": "°C"}).row
    assert row.device_class is SensorDeviceClass.TEMPERATURE
    assert getattr(row, "state_class", None) is SensorStateClass.MEASUREMENT
    assert plan_of({"type": "int", "unit": "%"}).row.device_class is None


def test_lists_are_rare() -> None:
    """A list is for who wants to see everything, and so is what the model lacks."""
    plan = plan_of({"type": "array", "arrayInfo": {"type": "int"}})
    assert plan.generic
    assert not plan.row.entity_registry_enabled_default
    (plan,) = plan_entities(schema_of().with_inferred({"more": 3}))
    assert plan.generic
    assert plan.row.name == "More"


@pytest.mark.parametrize("code", ["switch_1", "temp_current", "va_humidity", "fan_speed", "bright_value", "doorbell"])
def test_no_table_applies(code: str) -> None:
    """A maker's own id may be one of Tuya's codes and mean something else."""
    (plan,) = plan_entities(schema_of(properties=[prop(code, BOOL, "rw", name="Mine")]))
    assert (plan.platform, plan.row.name, plan.row.key) == (Platform.SWITCH, "Mine", code)
    assert plan.row.device_class is None


def test_names_that_are_missing() -> None:
    """An entity without a name in the model gets one of its id."""
    schema = schema_of(
        properties=[prop("power_on", BOOL, name="")],
        events=[{"id": "sd_fault", "name": ""}],
        actions=[{"id": "format_sd", "name": "", "input": []}],
    )
    assert [plan.row.name for plan in plan_entities(schema)] == ["Power on", "SD fault", "Format SD"]


def test_actions() -> None:
    """An action without inputs is a button; one with inputs is for the service action alone."""
    schema = schema_of(
        actions=[
            {"id": "go", "name": "Go", "input": []},
            {"id": "turn", "name": "Turn", "input": [{"id": "angle", "define": {"type": "int"}}]},
        ]
    )
    (plan,) = plan_entities(schema)
    assert (plan.platform, plan.row.name, plan.unique_id("P/d")) == (Platform.BUTTON, "Go", "P/d_action:go")


def test_events() -> None:
    """Events are entities, those of the model by its name; calls have what a device may say of one as types."""
    schema = schema_of(events=[{"id": "ring", "name": "Ring", "type": "info"}])
    schema = schema.with_event(CALL_EVENT).with_event(FEEDBACK_EVENT)
    rows = {plan.row.key: plan.row for plan in plan_entities(schema)}
    assert rows["event:ring"].name == "Ring"
    assert rows["event:call"].translation_key == "call"
    assert rows["event:feedback"].translation_key == "device_message"
    assert set(CALL_SIGNALS) == {signal.value for signal in CallSignal}


def test_storage() -> None:
    """The plan of cloud storage and its end are diagnostics with names of our own."""
    plans = plan_entities(schema_of(CAMERA_SCHEMA, storage=True))
    assert [plan.row.translation_key for plan in plans] == ["storage_plan", "storage_expires"]
    assert all(plan.row.entity_category is EntityCategory.DIAGNOSTIC for plan in plans)
