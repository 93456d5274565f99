"""From a schema to entities."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import Platform

from custom_components.iot_gateway.mapping import EntityPlan, plan_entities
from custom_components.iot_gateway.model import DeviceSchema, parse_tuya_schema

BOOLEAN: Mapping[str, Any] = {"type": "Boolean", "values": "{}"}
INTEGER: Mapping[str, Any] = {"type": "Integer", "values": '{"min":0,"max":100,"scale":0,"step":1}'}
BIT: Mapping[str, Any] = {"type": "Integer", "values": '{"min":0,"max":1,"scale":0,"step":1}'}
STRING: Mapping[str, Any] = {"type": "String", "values": "{}"}
RAW: Mapping[str, Any] = {"type": "Raw", "values": "{}"}


def enum(*options: str) -> Mapping[str, Any]:
    """Return an Enum's type and values."""
    return {"type": "Enum", "values": {"range": list(options)}}


def bitmap(*labels: str) -> Mapping[str, Any]:
    """Return a Bitmap's type and values."""
    return {"type": "Bitmap", "values": {"label": list(labels)}}


def schema(category: str, settable: Mapping[str, Any] | None = None, **reported: Mapping[str, Any]) -> DeviceSchema:
    """Return a schema of data points by code: what can be set is reported too."""
    settable = dict(settable or {})
    return parse_tuya_schema(
        category,
        [{"code": code, **point} for code, point in settable.items()],
        [{"code": code, **point} for code, point in (settable | reported).items()],
    )


def plans(
    category: str, settable: Mapping[str, Any] | None = None, **reported: Any
) -> dict[tuple[str, str], EntityPlan]:
    """Return what is planned for such a device, by platform and key."""
    found = plan_entities(schema(category, settable, **reported))
    by_key = {(str(plan.platform), plan.key): plan for plan in found}
    assert len(by_key) == len(found), "a key comes twice"
    return by_key


def test_planned_once() -> None:
    """The same schema is planned once, so that 500 lamps of a kind share their rows."""
    lamp = schema("dj", {"switch_led": BOOLEAN})
    assert plan_entities(lamp) is plan_entities(lamp)


def test_category_comes_before_common() -> None:
    """In a contact sensor `switch` is the door, in a light sensor `bright_value` is what it measures."""
    assert list(plans("mcs", switch=BOOLEAN)) == [("binary_sensor", "switch")]
    assert list(plans("kg", {"switch": BOOLEAN})) == [("switch", "switch")]
    assert list(plans("ldcg", bright_value=INTEGER)) == [("sensor", "bright_value")]
    assert list(plans("dj", {"bright_value": INTEGER})) == [("number", "bright_value")]


def test_common_rows_serve_every_category() -> None:
    """Also those that nobody has heard of."""
    found = plans("nobodyknows", {"child_lock": BOOLEAN}, battery_percentage=INTEGER, temper_alarm=BOOLEAN)
    assert set(found) == {("switch", "child_lock"), ("sensor", "battery_percentage"), ("binary_sensor", "temper_alarm")}
    assert not any(plan.generic for plan in found.values())


def test_access_decides_between_platforms() -> None:
    """A countdown that can be set is a number or a select, by its type; one that is only reported falls to the rule."""
    assert list(plans("cz", {"countdown": INTEGER})) == [("number", "countdown")]
    assert list(plans("fs", {"countdown": enum("1h", "2h")})) == [("select", "countdown")]
    reported = plans("fs", countdown=INTEGER)
    assert list(reported) == [("sensor", "countdown")]
    assert reported["sensor", "countdown"].generic


def test_what_no_table_knows_is_there_too() -> None:
    """No data point is dropped: it gets the entity of its type, disabled."""
    found = plans("cz", {"switch_1": BOOLEAN, "strange_code": BOOLEAN}, weird=RAW)
    assert found["switch", "strange_code"].generic
    assert found["sensor", "weird"].generic
    assert not found["switch", "switch_1"].generic


def test_one_gang_is_the_device() -> None:
    """A single switch takes the device's name and stays on the device."""
    found = plans("kg", {"switch_1": BOOLEAN, "countdown_1": INTEGER})
    assert {plan.gang for plan in found.values()} == {None}
    assert found["switch", "switch_1"].row.main


def test_gangs() -> None:
    """From two on, what belongs to a gang goes with it, and what belongs to the device stays."""
    found = plans(
        "kg",
        {
            "switch_1": BOOLEAN,
            "switch_2": BOOLEAN,
            "countdown_2": INTEGER,
            "countdown_3": INTEGER,
            "relay_status_1": enum("0", "1", "2"),
            "relay_status": enum("0", "1", "2"),
            "child_lock": BOOLEAN,
        },
    )
    assert {key: plan.gang for (_, key), plan in found.items()} == {
        "switch_1": 1,
        "switch_2": 2,
        "countdown_2": 2,
        "countdown_3": None,
        "relay_status_1": 1,
        "relay_status": None,
        "child_lock": None,
    }
    assert found["switch", "switch_1"].row.main
    assert found["switch", "switch_2"].row.main


def test_two_main_switches() -> None:
    """Only one entity of a device can bear its name; the other is named from its code."""
    found = plans("kg", {"switch": BOOLEAN, "switch_1": BOOLEAN})
    assert found["switch", "switch"].row.main
    other = found["switch", "switch_1"].row
    assert not other.main
    assert other.name == "Switch 1"
    assert other.device_class == found["switch", "switch"].row.device_class


def test_names_do_not_repeat() -> None:
    """A second sensor of a kind is named from its code."""
    found = plans("co2bj", humidity_value=INTEGER, humidity_current=INTEGER)
    names = {key: plan.row.name for (_, key), plan in found.items()}
    assert names["humidity_current"] == "Humidity current"
    assert not isinstance(names["humidity_value"], str)


def test_bits_of_a_bitmap() -> None:
    """A known bit has its entity; the rest of the bits have the one for all."""
    found = plans("cs", fault=bitmap("tankfull", "defrost", "E9"))
    assert set(found) == {("binary_sensor", "tankfull"), ("binary_sensor", "defrost"), ("binary_sensor", "fault")}
    assert all(plan.codes == ("fault",) for plan in found.values())
    assert set(plans("kg", fault=bitmap("tankfull"))) == {("binary_sensor", "fault")}


def test_several_entities_of_one_data_point() -> None:
    """A phase is voltage, current and power; those that few meters report are disabled."""
    found = plans("dlq", phase_a=RAW)
    assert {key: plan.row.entity_registry_enabled_default for (_, key), plan in found.items()} == {
        "phase_avoltage": True,
        "phase_aelectriccurrent": True,
        "phase_apower": True,
        "phase_areactivepower": False,
        "phase_aapparentpower": False,
        "phase_apowerfactor": False,
    }
    assert {key for _, key in plans("zd", shock_state=enum("normal", "vibration"))} == {
        "shock_state_vibration",
        "shock_state_drop",
        "shock_state_tilt",
    }


def test_rows_suit_what_the_data_point_holds() -> None:
    """A known code in another type than the standard's is not forced into what it cannot show."""
    assert plans("wsdcg", va_temperature=STRING)["sensor", "va_temperature"].generic
    assert plans("wsdcg", battery_state=BOOLEAN)["binary_sensor", "battery_state"].generic
    assert plans("dlq", phase_a=INTEGER)["sensor", "phase_a"].generic
    assert plans("mcs", doorcontact_state=INTEGER)["sensor", "doorcontact_state"].generic
    assert plans("kg", fault=STRING)["sensor", "fault"].generic
    assert not plans("mcs", doorcontact_state=BIT)["binary_sensor", "doorcontact_state"].generic
    assert not plans("sj", watersensor_state=enum("alarm", "normal"))["binary_sensor", "watersensor_state"].generic
    assert not plans("sj", watersensor_state=BOOLEAN)["binary_sensor", "watersensor_state"].generic


def test_wireless_switch() -> None:
    """Each button is an event entity of its own."""
    found = plans("wxkg", switch_mode1=enum("click", "press"), switch_mode2=enum("click"), battery_percentage=INTEGER)
    assert {key: plan.platform for (_, key), plan in found.items()} == {
        "switch_mode1": Platform.EVENT,
        "switch_mode2": Platform.EVENT,
        "battery_percentage": Platform.SENSOR,
    }
    assert found["event", "switch_mode2"].row.translation_placeholders == {"number": "2"}


def test_button() -> None:
    """What starts something is a button, not a switch that would stay on."""
    assert list(plans("sd", {"reset_map": BOOLEAN})) == [("button", "reset_map")]
    assert list(plans("sp", {"device_restart": BOOLEAN})) == [("button", "device_restart")]


def test_texts() -> None:
    """A schedule is a text, disabled until somebody wants to write it by hand."""
    found = plans("cz", {"cycle_time": STRING})
    assert list(found) == [("text", "cycle_time")]
    assert not found["text", "cycle_time"].generic
    assert found["text", "cycle_time"].row.entity_registry_enabled_default is False


def test_what_is_set_is_not_what_is_measured() -> None:
    """A power that can be set is a number, one that is only reported a measurement; the colour of a lamp is no temperature."""
    assert list(plans("qt", power=INTEGER)) == [("sensor", "power")]
    assert not plans("qt", power=INTEGER)["sensor", "power"].generic
    assert list(plans("qt", {"power": INTEGER})) == [("number", "power")]
    assert list(plans("qt", {"temp_value": INTEGER})) == [("number", "temp_value")]
