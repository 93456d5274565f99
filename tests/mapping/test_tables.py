"""The tables are sound: their rows are ones that Home Assistant accepts, and that users can read."""

from collections import Counter
from collections.abc import Iterator
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any

from homeassistant.components.event import ButtonEventType, DoorbellEventType, EventDeviceClass
from homeassistant.components.number.const import DEVICE_CLASS_UNITS as NUMBER_UNITS
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS as SENSOR_UNITS,
    NON_NUMERIC_DEVICE_CLASSES,
    UNIT_CONVERTERS,
)
from homeassistant.const import EntityCategory, Platform, UnitOfEnergy
import pytest

from custom_components.iot_gateway.mapping.composite import (
    AlarmControlPanelRow,
    ClimateRow,
    CompositeRow,
    CoverRow,
    FanRow,
    HumidifierRow,
    LightRow,
    LockRow,
    SirenRow,
    VacuumRow,
    ValveRow,
    WaterHeaterRow,
)
from custom_components.iot_gateway.mapping.described import OWN_ROWS
from custom_components.iot_gateway.mapping.event import SUBTYPES
from custom_components.iot_gateway.mapping.generic import generic_row
from custom_components.iot_gateway.mapping.plan import _LIVE_VIEW, _OF_GANGS, _TABLES
from custom_components.iot_gateway.mapping.rows import (
    BinarySensorRow,
    ButtonRow,
    EventRow,
    NumberRow,
    Row,
    SelectRow,
    SensorRow,
    SwitchRow,
    TextRow,
)
from custom_components.iot_gateway.model import VOICE_EVENT, DeviceSchema
from custom_components.iot_gateway.model.categories import (
    CATEGORY_KEYS,
    CURTAIN_CATEGORIES,
    DOOR_CATEGORIES,
    OUTLET_CATEGORIES,
    VALVE_CATEGORIES,
)
from custom_components.iot_gateway.model.device_names import device_translation_key, gang_translation_key

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "iot_gateway"
ENGLISH = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
ICONS = json.loads((INTEGRATION / "icons.json").read_text(encoding="utf-8"))

ROW_TYPES: dict[Platform, type[Row]] = {
    Platform.ALARM_CONTROL_PANEL: AlarmControlPanelRow,
    Platform.CLIMATE: ClimateRow,
    Platform.COVER: CoverRow,
    Platform.FAN: FanRow,
    Platform.HUMIDIFIER: HumidifierRow,
    Platform.LIGHT: LightRow,
    Platform.LOCK: LockRow,
    Platform.SIREN: SirenRow,
    Platform.VACUUM: VacuumRow,
    Platform.VALVE: ValveRow,
    Platform.WATER_HEATER: WaterHeaterRow,
    Platform.BINARY_SENSOR: BinarySensorRow,
    Platform.BUTTON: ButtonRow,
    Platform.EVENT: EventRow,
    Platform.NUMBER: NumberRow,
    Platform.SELECT: SelectRow,
    Platform.SENSOR: SensorRow,
    Platform.SWITCH: SwitchRow,
    Platform.TEXT: TextRow,
}
SHOWING = {Platform.BINARY_SENSOR, Platform.EVENT, Platform.SENSOR}


def all_rows() -> Iterator[tuple[str, Platform, Any]]:
    """Yield every row with the place that a failure names, and its platform."""
    for table in _TABLES:
        for category, rows in [("common", table.common), *table.by_category.items()]:
            for row in rows:
                yield f"{table.platform} {category} {row.key}", table.platform, row


ROWS = list(all_rows())


def of_type[R: Row](kind: type[R]) -> list[tuple[str, R]]:
    """Return the rows of one kind with their places."""
    return [(place, row) for place, _, row in ROWS if isinstance(row, kind)]


def test_every_platform_has_its_kind_of_rows() -> None:
    """A row of one platform's kind in another's table would be an entity that cannot be."""
    assert {table.platform for table in _TABLES} == set(ROW_TYPES)
    for place, platform, row in ROWS:
        assert type(row) is ROW_TYPES[platform], place


def test_categories_are_known() -> None:
    """A misspelt category would never match."""
    for table in _TABLES:
        assert set(table.by_category) <= CATEGORY_KEYS
        assert all(table.by_category.values()), "a category without rows"
    assert CURTAIN_CATEGORIES | DOOR_CATEGORIES | OUTLET_CATEGORIES | VALVE_CATEGORIES <= CATEGORY_KEYS


def test_keys_are_unique() -> None:
    """One unique id is one entity: within a platform no key comes twice in a category."""
    for table in _TABLES:
        for category, rows in [("common", table.common), *table.by_category.items()]:
            twice = [key for key, count in Counter(row.key for row in rows).items() if count > 1]
            assert not twice, f"{table.platform} {category}"


_EVENTS_OF_MODELS = DeviceSchema(category="", points={}).with_event(VOICE_EVENT).with_event("overload").points.values()
MEASURE_KEYS = {
    Platform.SENSOR: {"calls_today", "commands_today", "messages_today", "pushes_today", "reports_today"},
    Platform.BINARY_SENSOR: {"message_queue", "tuyalink_connected", "xp2p_agent"},
}
"""What connections tell of themselves, which no table names."""
AGENT_KEYS = {
    Platform.BUTTON: {f"move_{direction}_of_channel" for direction in ("up", "right", "down", "left")},
    Platform.SENSOR: {f"{axis}_position{end}" for axis in ("pan", "tilt") for end in ("", "_of_channel")},
}
"""What cameras behind an X-P2P agent have, which no table names; the directions themselves are in one."""


def test_names_exist_and_none_is_left_over() -> None:
    """Every name is in the translations with the placeholders that its row gives, and every translation is used."""
    used = {platform: set[str]() for platform in ROW_TYPES}
    for place, platform, row in ROWS:
        if row.translation_key is None:
            assert row.translation_placeholders is None, place
            continue
        used[platform].add(row.translation_key)
        entry = ENGLISH["entity"][platform][row.translation_key]
        if row.main:
            # Named like the device: only what it and its attributes may be is translated
            assert set(entry) <= {"state", "state_attributes"}, place
            continue
        name = entry["name"]
        asked = {field for _, field, _, _ in Formatter().parse(name) if field}
        assert asked == set(row.translation_placeholders or {}), place
    used[Platform.EVENT] |= {str(generic_row(point)[1].translation_key) for point in _EVENTS_OF_MODELS}
    for platform, row in OWN_ROWS.values():
        used[platform].add(str(row.translation_key))
    for platform, keys in (*MEASURE_KEYS.items(), *AGENT_KEYS.items()):
        used[platform] |= keys
    for platform, keys in used.items():
        assert set(ENGLISH["entity"].get(platform, {})) == keys


def test_every_entity_has_a_name() -> None:
    """What is neither named nor the device itself takes the name of its device class, so it must have one."""
    for place, platform, row in ROWS:
        if row.translation_key is None and not row.main:
            assert row.device_class is not None, place
        if row.main:
            assert platform in _OF_GANGS or isinstance(row, CompositeRow), place
            assert row.translation_key is None or isinstance(row, CompositeRow), place


def test_state_names() -> None:
    """Home Assistant takes keys of these characters only; each state has a name of its own where it counts."""
    for platform, entries in ENGLISH["entity"].items():
        assert platform in ROW_TYPES or platform in {row_platform for row_platform, _ in _LIVE_VIEW}
        for key, entry in entries.items():
            assert re.fullmatch(r"[a-z0-9]+(?:_[a-z0-9]+)*", key), key
            name = entry.get("name", "{the device's}")
            assert name[0].isupper() or name.startswith("{"), key
            attributes = entry.get("state_attributes", {}).values()
            for state, name in (item for part in (entry, *attributes) for item in part.get("state", {}).items()):
                assert re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", state), f"{platform}.{key}.{state}"
                assert name, f"{platform}.{key}.{state}"


def test_icons() -> None:
    """What neither its device class nor its being a switch gives an icon has one."""
    for platform, entries in ICONS["entity"].items():
        assert set(entries) <= set(ENGLISH["entity"][platform])
        for key, entry in entries.items():
            assert set(entry.get("state", {})) <= {"on", "off"} | set(
                ENGLISH["entity"][platform][key].get("state", {})
            ), key
    for place, platform, row in ROWS:
        if row.translation_key is not None and not row.main and getattr(row, "device_class", None) is None:
            assert row.translation_key in ICONS["entity"][platform], place


def test_entity_categories() -> None:
    """What only shows is no configuration, which Home Assistant refuses."""
    for place, platform, row in ROWS:
        if platform in SHOWING:
            assert row.entity_category in (None, EntityCategory.DIAGNOSTIC), place


def test_sensor_units_and_classes() -> None:
    """Unit, device class and state class of each sensor go together by Home Assistant's own tables."""
    for place, row in of_type(SensorRow):
        device_class = row.device_class
        unit = row.native_unit_of_measurement
        suggested = row.suggested_unit_of_measurement
        if device_class is None:
            assert suggested is None, place
            continue
        if unit is not None:
            assert unit in SENSOR_UNITS[device_class], place
        if suggested is not None:
            assert suggested in UNIT_CONVERTERS[device_class].VALID_UNITS, place
        if row.state_class is not None:
            assert device_class not in NON_NUMERIC_DEVICE_CLASSES, place
            assert row.state_class in DEVICE_CLASS_STATE_CLASSES[device_class], place


def test_sensor_parts_have_units() -> None:
    """A part of a value has no unit from the device: the row names it, where the class has one."""
    parts = [(place, row) for place, row in of_type(SensorRow) if row.part is not None]
    assert len(parts) > 100
    for place, row in parts:
        assert row.device_class is not None, place
        if row.device_class is SensorDeviceClass.ENUM:
            assert row.options, place
            continue
        assert row.native_unit_of_measurement in SENSOR_UNITS[row.device_class], place


def test_energy_totals_suit_the_energy_dashboard() -> None:
    """It takes what has the class, a unit of energy and grows: totals, and the sums of what counters add."""
    energy = [row for _, row in of_type(SensorRow) if row.device_class is SensorDeviceClass.ENERGY]
    counters = [row for row in energy if row.key != "balance_energy"]
    assert len(counters) > 50
    assert all(row.state_class is SensorStateClass.TOTAL_INCREASING for row in counters)
    assert all(row.native_unit_of_measurement == UnitOfEnergy.KILO_WATT_HOUR for row in counters)
    assert {"add_ele", "pro_add_ele"} <= {row.key for row in energy if row.sums}


def test_what_is_summed_grows() -> None:
    """A sum of increments is never less than before."""
    for place, row in of_type(SensorRow):
        if row.sums:
            assert row.state_class is SensorStateClass.TOTAL_INCREASING, place
            assert row.part is None, place


def test_number_units() -> None:
    """Unit and device class of each number go together."""
    for place, row in of_type(NumberRow):
        if row.device_class is not None and row.native_unit_of_measurement is not None:
            assert row.native_unit_of_measurement in NUMBER_UNITS[row.device_class], place


def test_binary_sensors() -> None:
    """A row of one bit names it; every other can be on."""
    for place, row in of_type(BinarySensorRow):
        assert row.on, place
        if row.label is not None:
            assert row.code is not None, place


def test_events() -> None:
    """Event types are Home Assistant's where it has some for the class; presses that count several say how many."""
    for place, row in of_type(EventRow):
        assert row.events or row.event_types, place
        assert set(row.counts) <= set(row.events), place
        if row.device_class is EventDeviceClass.BUTTON:
            assert set(row.events.values()) <= set(ButtonEventType), place
            several = {raw for raw, kind in row.events.items() if kind is ButtonEventType.MULTI_PRESS_END}
            assert several == set(row.counts), place
            assert all(count > 1 for count in row.counts.values()), place
        if row.device_class is EventDeviceClass.DOORBELL:
            assert DoorbellEventType.RING in (row.event_types or []), place


def test_events_have_triggers() -> None:
    """Whatever can fire is a device trigger, so that both its words are in the translations, and no others."""
    automation = ENGLISH["device_automation"]
    subtypes = {row.subtype for _, row in of_type(EventRow)}
    own = [row for _, row in OWN_ROWS.values() if isinstance(row, EventRow)]
    events = [*(row for _, row in of_type(EventRow)), *own]
    types = {kind for row in events for kind in (*row.events.values(), *(row.event_types or ()))}
    assert set(automation["trigger_subtype"]) == subtypes == set(SUBTYPES.values())
    assert types <= set(automation["trigger_type"]) <= types | set(ButtonEventType)
    for text in automation["trigger_type"].values():
        assert [field for _, field, _, _ in Formatter().parse(text) if field is not None] == ["subtype"], text


def test_event_types_have_names() -> None:
    """Home Assistant names the types of its own device classes; any other has a name here."""
    own = [(key, row) for key, (_, row) in OWN_ROWS.items() if isinstance(row, EventRow)]
    for place, row in [*of_type(EventRow), *own]:
        if row.device_class is None:
            named = ENGLISH["entity"]["event"][row.translation_key]["state_attributes"]["event_type"]["state"]
            assert set(named) == {*row.events.values(), *(row.event_types or ())}, place


def test_composites() -> None:
    """Each role is a field with codes, and what a kind or a row needs are roles of it."""
    for place, row in of_type(CompositeRow):
        for role in row.ROLES:
            assert role == row.KEY_ROLE or isinstance(getattr(row, role), tuple), place
        assert row.requires <= row.ROLES.keys(), place
        assert all(need <= row.ROLES.keys() for need in row.NEEDS), place
        assert row.KEY_ROLE is not None or row.key == next(
            platform.value for platform, kind in ROW_TYPES.items() if kind is type(row)
        ), place


def test_gangs_are_named_alike() -> None:
    """What belongs to a gang carries no number of its own: the gang's device does."""
    gangs = [(place, row) for place, _, row in ROWS if row.gang is not None]
    assert len(gangs) > 100
    for place, row in gangs:
        assert row.translation_placeholders is None, place
        # The first motor of a curtain switch is `control`, the second `control_2`
        assert re.search(rf"(?<!\d){row.gang}$", row.key) or (row.gang == 1 and row.key == "control"), place


@pytest.mark.parametrize("category", sorted(CATEGORY_KEYS))
def test_category_has_a_name(category: str) -> None:
    """A device bears the name of its category and something that tells it apart."""
    assert ENGLISH["device"][device_translation_key(category)]["name"].endswith(" {suffix}")


def test_no_category_name_is_left_over() -> None:
    """Translations and codes agree."""
    names = {device_translation_key(category) for category in CATEGORY_KEYS}
    gangs = {gang_translation_key(category) for category in ["no such category", *CATEGORY_KEYS]}
    others = {"category_unknown", "tuya_gateway"} | gangs
    assert set(ENGLISH["device"]) == names | others
    assert ENGLISH["device"]["category_unknown"]["name"].endswith(" {suffix}")
    assert all("{number}" in ENGLISH["device"][key]["name"] for key in gangs)
