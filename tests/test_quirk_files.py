"""Quirk files: what they may say, how their errors look, and what becomes of them in Home Assistant."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from textwrap import dedent, indent
from typing import Any

from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_ENTITY_ID,
    ATTR_FRIENDLY_NAME,
    ATTR_UNIT_OF_MEASUREMENT,
    EntityCategory,
    Platform,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway import quirk_schema
from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.mapping import plan_entities
from custom_components.iot_gateway.model import DataType, DeviceSchema, Quirks, parse_tuya_schema
from custom_components.iot_gateway.quirk_files import SHIPPED, QuirkFileError, read_folder, read_text
from simulators.tuya_gateway import SimulatedDevice, TuyaGatewaySimulator
from simulators.tuya_gateway.demo.points import device as simulated_device, ro, rw
from simulators.tuya_gateway.schema import boolean, enum, integer, raw, string
from tests.helpers import entity_id, find_entity, load, loaded, make_entry, state_of, wait_until

DUMPS = Path(__file__).parents[2] / "shared" / "devices" / "dumps"
CATEGORY = "quirkqt"
"""A category that no table has."""


def errors_of(text: str) -> list[str]:
    """Return what is wrong with a file's text, as the log has it."""
    with pytest.raises(ExceptionGroup) as caught:
        read_text("my.yaml", text)
    return [str(one) for one in caught.value.exceptions]


# What a file may say


def test_everything_that_a_file_may_say() -> None:
    """Each key of the reference, in one file; `on` and `off` are words, not truths."""
    (quirk,) = read_text(
        "my.yaml",
        """
- name: My lamp
  match:
    category: dj
    product_id: [abc, def]
    device_id: "123"
    has: [switch_1]
    spec:
      switch_1: { type: boolean, access: [ro, rw], options: [on, off] }
      level: { unit: "%", min: 0, max: [100, 1000], scale: 0, step: 1 }
  category: cl
  data_points:
    switch_1: { rename: switch_led }
    level:
      type: Integer
      access: rw
      unit: "%"
      min: 10
      max: 1000
      scale: 1
      step: 5
      factor: 0.5
      invert: yes
      entity: { name: Brightness, device_class: none, state_class: measurement, category: diagnostic, enabled: true }
    mode: { options: [on, off, 80], map: { on: open, off: closed } }
    state: { hide: true }
    faults: { add: true, type: bitmap, labels: [hot, cold] }
    note: { type: string, maxlen: 12 }
""",
    )
    assert quirk.name == "my.yaml:2 My lamp"
    assert quirk.category == "cl"
    assert quirk.match.product_id == {"abc", "def"}
    assert list(quirk.match.spec["level"].maximum) == [100, 1000]
    assert quirk.match.spec["switch_1"].options == ("on", "off")
    assert quirk.points["switch_1"].rename == "switch_led"
    level = quirk.points["level"]
    assert (level.minimum, level.maximum, level.factor) == (10, 1000, 0.5)
    assert level.invert is True
    entity = level.entity
    assert entity is not None
    assert (entity.name, entity.device_class, entity.enabled) == ("Brightness", "", True)
    assert quirk.points["mode"].options == ("on", "off", "80")
    assert quirk.points["mode"].names == (("on", "open"), ("off", "closed"))
    assert quirk.points["state"].hide is True


def test_one_or_several() -> None:
    """A file is one quirk or a list of them; a name is not needed."""
    one = "match: { category: dj }\ncategory: cl\n"
    assert [quirk.name for quirk in read_text("my.yaml", one)] == ["my.yaml:1"]
    several = "\n- match: { category: dj }\n  category: cl\n- match: { category: dd }\n  category: cl\n"
    assert [quirk.name for quirk in read_text("my.yaml", several)] == ["my.yaml:2", "my.yaml:4"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "line 1, the quirk: the file is empty; a quirk has `match`"),
        ("a", "line 1, the quirk: it takes keys and values; the keys are name, match, category, data_points"),
        ("- a", "line 1, the quirk: it takes keys and values"),
        ("match: {category: dj}\ncategory: [", "line 2, YAML: "),
        ("match: {category: dj}\n\tcategory: cl", "line 2, YAML: found character '\\t'"),
        ("match: {category: dj}\ncategory: cl\ncategory: dj", "line 3, category: it is there twice"),
        ("match: &a {x: *a}", "line 1, YAML: something in it contains itself"),
        ("name: \0", "line 1, YAML: unacceptable character"),
        ("? [a]\n: b", "line 1, YAML: a key is text"),
        ("match: !!python/name:os.system {}", "line 1, match"),
        ("category: cl", "line 1, match: it is missing: say which devices"),
        ("match: {}\ncategory: cl", "line 1, match: say which devices it is for: category, product_id"),
        ("match: {category: dj}", "line 1, the quirk: it changes nothing"),
        ("match:\n  categori: dj\ncategory: cl", "line 2, match > categori: there is no such key; did you mean category?"),
        ("match:\n  category: 5\ncategory: cl", "line 2, match > category: it takes a text; put quotes around it"),
        ("match:\n  category: []\ncategory: cl", "line 2, match > category: it takes a text"),
        ("match:\n  spec: []\ncategory: cl", "line 2, match > spec: it takes codes of data points"),
        ("match:\n  spec:\n    a:\n      scale: x\ncategory: cl", "line 4, match > spec > a > scale: it takes a whole number"),
        ("match: {category: dj}\nzzz: 1", "line 2, zzz: there is no such key; it may be name, match, category"),
        ("match: {category: dj}\ndata_points: {}", "line 2, data_points: it takes codes of data points"),
        ("match: {category: dj}\ndata_points:\n  a: {}", "line 3, data_points > a: it says nothing; the keys are rename"),
        ("match: {category: dj}\ndata_points:\n  a:\n    typ: Enum", "line 4, data_points > a > typ: there is no such key; did you mean type?"),
        ("match: {category: dj}\ndata_points:\n  a:\n    type: Enun", "type: there is no Enun here; did you mean Enum?"),
        ("match: {category: dj}\ndata_points:\n  a:\n    access: w", "line 4, data_points > a > access: there is no w here; it may be ro, wr, rw"),
        ("match: {category: dj}\ndata_points:\n  a:\n    scale: 1.5", "line 4, data_points > a > scale: it takes a whole number from 0 to 19"),
        ("match: {category: dj}\ndata_points:\n  a:\n    min: 5\n    max: 5", "line 5, data_points > a > max: it must be above `min`, which is 5"),
        ("match: {category: dj}\ndata_points:\n  a:\n    min: x", "line 4, data_points > a > min: it takes a number"),
        ("match: {category: dj}\ndata_points:\n  a:\n    factor: 0", "factor: it takes a number above 0"),
        ("match: {category: dj}\ndata_points:\n  a:\n    invert: maybe", "invert: it takes true or false"),
        ("match: {category: dj}\ndata_points:\n  a:\n    options: a", "options: it takes a list: [first, second]"),
        ("match: {category: dj}\ndata_points:\n  a:\n    options:\n      - a\n      - []", "line 6, data_points > a > options: it takes a list of texts"),
        ("match: {category: dj}\ndata_points:\n  a:\n    options: [a, b, a]", "options: a is there twice"),
        ("match: {category: dj}\ndata_points:\n  a:\n    map: x", "map: it takes raw values"),
        ("match: {category: dj}\ndata_points:\n  a:\n    map:\n      b: [c]", "line 5, data_points > a > map > b: it takes a text"),
        ("match: {category: dj}\ndata_points:\n  a:\n    add: true", "add: it needs a `type` too: Boolean"),
        ("match: {category: dj}\ndata_points:\n  a:\n    type: Enum\n    scale: 1", "line 5, data_points > a > scale: it is for Integer or Float, not Enum"),
        ("match: {category: dj}\ndata_points:\n  a:\n    entity:\n      device_class: temprature", "line 5, data_points > a > entity > device_class: there is no temprature here; did you mean temperature"),
        ("match: {category: dj}\ndata_points:\n  a:\n    unit: \"%\"\n    entity:\n      device_class: temperature", "line 6, data_points > a > entity > device_class: temperature does not take the unit %"),
        ("match: {category: dj}\ndata_points:\n  a:\n    entity:\n      category: system", "category: there is no system here; it may be config, diagnostic"),
        ("match: {category: dj}\ndata_points:\n  a:\n    entity:\n      name: ''", "name: it takes a text"),
        ("match: {category: dj}\ndata_points:\n  a:\n    rename: true", "rename: it takes a text; put quotes around it"),
    ],
)  # fmt: skip
def test_errors(text: str, error: str) -> None:
    """An error names file, line and key, and says what would do."""
    (found,) = errors_of(text)
    assert found.startswith("my.yaml, line ")
    assert error in found


def test_all_errors_of_a_file_in_order() -> None:
    """What is wrong in one quirk does not hide what is wrong in the next."""
    text = "- category: cl\n- match:\n    category: 5\n  data_points:\n    a:\n      scale: x\n      inver: true\n"
    assert [error.split(", ")[1] for error in errors_of(text)] == ["line 1", "line 3", "line 7"]


def test_folder(tmp_path: Path) -> None:
    """Files are read in the order of their names; a broken one costs only itself; other files are left alone."""
    good = "match: {category: dj}\ncategory: cl\n"
    (tmp_path / "b.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "c.yaml").write_text("match: {}\ncategory: cl", encoding="utf-8")
    (tmp_path / "d.yaml").write_bytes(b"name: \xff")
    (tmp_path / "e.yaml").mkdir()
    (tmp_path / "readme.txt").write_text("no quirk", encoding="utf-8")
    quirks, errors = read_folder(tmp_path)
    assert [quirk.name for quirk in quirks] == ["a.yaml:1", "b.yaml:1"]
    assert [(error.file, error.line, error.key) for error in errors] == [
        ("c.yaml", 1, "match"),
        ("d.yaml", 1, "YAML"),
        ("e.yaml", 1, "YAML"),
    ]
    assert "UTF-8" in errors[1].reason
    assert read_folder(tmp_path / "nowhere") == ([], [])


DOCS = (Path(__file__).parents[1] / "docs" / "user" / "quirks.md").read_text(encoding="utf-8")


def test_examples_in_the_documentation() -> None:
    """They load as they are, and the error is the one that is shown."""
    blocks = [dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", DOCS, flags=re.MULTILINE | re.DOTALL)]
    assert len(blocks) == 3
    for block in blocks:
        assert read_text("docs.yaml", block)
    shown = re.search(r"Quirk file not used: living_room.yaml, (line 6, .*)\n", DOCS)
    assert shown is not None
    (error,) = errors_of("\n".join(blocks[0].replace("scale:", "scael:").splitlines()[1:]))
    assert error == f"my.yaml, {shown[1]}"


def test_reference_in_the_documentation() -> None:
    """It has every key and every type."""
    named = set(re.findall(r"`([a-z_]+)`", DOCS))
    for keys in (
        quirk_schema._QUIRK_KEYS,
        quirk_schema._MATCH_KEYS,
        quirk_schema._POINT_KEYS,
        quirk_schema._ENTITY_KEYS,
    ):
        assert {str(key.schema) for key in keys} <= named
    assert all(f"`{kind}`" in DOCS for kind in DataType)


# In Home Assistant


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Iterator[Path]:
    """Return the folder for quirk files of a configuration of its own."""
    before, hass.config.config_dir = hass.config.config_dir, str(tmp_path)
    quirks = tmp_path / DOMAIN / "quirks"
    quirks.mkdir(parents=True)
    yield quirks
    hass.config.config_dir = before


def gadget(name: str = "Gadget") -> SimulatedDevice:
    """Return a device with something to change of each kind."""
    return simulated_device(
        name,
        CATEGORY,
        rw(boolean("relay"), False),
        rw(integer("level", 0, 100, "%"), 20),
        rw(enum("phase", "idle", "busy", "done"), "idle"),
        rw(string("note"), "x"),
        ro(integer("reading", 0, 1000, "℃"), 215),
        ro(boolean("contact"), False),
    )


def write(folder: Path, points: str, name: str = "gadget.yaml", head: str = "") -> None:
    """Write a quirk file for the gadget."""
    text = f"match: {{category: {CATEGORY}}}\n{head}\ndata_points:\n{indent(points, '  ')}\n"
    (folder / name).write_text(text, encoding="utf-8")


def attribute(hass: HomeAssistant, entity: str, name: str) -> Any:
    """Return an attribute of an entity."""
    state = hass.states.get(entity)
    assert state is not None
    return state.attributes.get(name)


@pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")
class TestAbilities:
    """Each ability of a quirk: what the device reports comes in, what a user does goes out."""

    async def test_rename(self, hass: HomeAssistant, folder: Path) -> None:
        """Under the new code Home Assistant's side, under the old one the device's."""
        write(folder, "relay: {rename: switch_led}", head="category: dj")
        device = gadget()
        async with loaded(hass, device) as simulator:
            light = entity_id(hass, Platform.LIGHT, device, "switch_led")
            assert find_entity(hass, Platform.SWITCH, device, "relay") is None
            await simulator.report(device.id, {"relay": True})
            await wait_until(lambda: state_of(hass, light) == "on")
            await hass.services.async_call("light", "turn_off", {ATTR_ENTITY_ID: light}, blocking=True)
            assert simulator.commands == [[{"devid": device.id, "value": [{"k": "relay", "v": False}]}]]
            await wait_until(lambda: state_of(hass, light) == "off")
            await simulator.report(device.id, {"relay": True})
            await wait_until(lambda: state_of(hass, light) == "on")

    async def test_scale(self, hass: HomeAssistant, folder: Path) -> None:
        """A sensor ten times too high, with a class that it lacked."""
        write(folder, "reading: {scale: 1, entity: {device_class: temperature, state_class: measurement}}")
        device = gadget()
        async with loaded(hass, device) as simulator:
            sensor = entity_id(hass, Platform.SENSOR, device, "reading")
            assert state_of(hass, sensor) == "21.5"
            assert attribute(hass, sensor, ATTR_DEVICE_CLASS) == "temperature"
            assert attribute(hass, sensor, "state_class") == "measurement"
            await simulator.report(device.id, {"reading": 1000})
            await wait_until(lambda: state_of(hass, sensor) == "100.0")

    async def test_range_unit_and_factor(self, hass: HomeAssistant, folder: Path) -> None:
        """A number in half degrees from 5 to 35."""
        write(folder, "level: {unit: °C, min: 10, max: 70, step: 1, factor: 0.5}")
        device = gadget()
        async with loaded(hass, device) as simulator:
            number = entity_id(hass, Platform.NUMBER, device, "level")
            assert state_of(hass, number) == "10.0"
            assert [attribute(hass, number, name) for name in ("min", "max", "step")] == [5, 35, 0.5]
            assert attribute(hass, number, ATTR_UNIT_OF_MEASUREMENT) == "°C"
            await hass.services.async_call(
                "number", "set_value", {ATTR_ENTITY_ID: number, "value": 21.5}, blocking=True
            )
            assert simulator.commands == [[{"devid": device.id, "value": [{"k": "level", "v": 43}]}]]
            await wait_until(lambda: state_of(hass, number) == "21.5")

    async def test_invert(self, hass: HomeAssistant, folder: Path) -> None:
        """A Boolean, a percentage and an Enum."""
        write(folder, "relay: {invert: true}\nlevel: {invert: true}\nphase: {invert: true}\ncontact: {invert: true}")
        device = gadget()
        async with loaded(hass, device) as simulator:
            relay = entity_id(hass, Platform.SWITCH, device, "relay")
            level = entity_id(hass, Platform.NUMBER, device, "level")
            phase = entity_id(hass, Platform.SELECT, device, "phase")
            contact = entity_id(hass, Platform.BINARY_SENSOR, device, "contact")
            assert [state_of(hass, one) for one in (relay, level, phase, contact)] == ["on", "80", "done", "on"]
            await hass.services.async_call("switch", "turn_off", {ATTR_ENTITY_ID: relay}, blocking=True)
            await hass.services.async_call("number", "set_value", {ATTR_ENTITY_ID: level, "value": 70}, blocking=True)
            await hass.services.async_call(
                "select", "select_option", {ATTR_ENTITY_ID: phase, "option": "idle"}, blocking=True
            )
            assert [command[0]["value"] for command in simulator.commands] == [
                [{"k": "relay", "v": True}],
                [{"k": "level", "v": 30}],
                [{"k": "phase", "v": "done"}],
            ]
            await simulator.report(device.id, {"contact": True})
            await wait_until(lambda: state_of(hass, contact) == "off")

    async def test_options_and_map(self, hass: HomeAssistant, folder: Path) -> None:
        """An option that the specification lacks, and names that a person understands."""
        write(folder, "phase: {options: [idle, busy], map: {idle: at rest, busy: at work}}")
        device = gadget()
        async with loaded(hass, device) as simulator:
            phase = entity_id(hass, Platform.SELECT, device, "phase")
            assert attribute(hass, phase, "options") == ["at rest", "at work"]
            assert state_of(hass, phase) == "at rest"
            await hass.services.async_call(
                "select", "select_option", {ATTR_ENTITY_ID: phase, "option": "at work"}, blocking=True
            )
            assert simulator.commands == [[{"devid": device.id, "value": [{"k": "phase", "v": "busy"}]}]]
            await simulator.report(device.id, {"phase": "idle"})
            await wait_until(lambda: state_of(hass, phase) == "at rest")

    async def test_type_and_access(self, hass: HomeAssistant, folder: Path) -> None:
        """An Enum that is a switch really, a switch that only shows, and a sensor that can be set."""
        write(
            folder,
            "phase: {type: Boolean, map: {busy: true, idle: false}}\nrelay: {access: ro}\nreading: {access: rw}",
        )
        device = gadget()
        async with loaded(hass, device) as simulator:
            phase = entity_id(hass, Platform.SWITCH, device, "phase")
            assert state_of(hass, phase) == "off"
            assert state_of(hass, entity_id(hass, Platform.BINARY_SENSOR, device, "relay")) == "off"
            assert state_of(hass, entity_id(hass, Platform.NUMBER, device, "reading")) == "215"
            await hass.services.async_call("switch", "turn_on", {ATTR_ENTITY_ID: phase}, blocking=True)
            assert simulator.commands == [[{"devid": device.id, "value": [{"k": "phase", "v": "busy"}]}]]

    async def test_hide_and_add(self, hass: HomeAssistant, folder: Path) -> None:
        """A data point without an entity, and one that the schema lacks; also of a report that comes later."""
        write(
            folder, "note: {hide: true}\noutside: {add: true, type: Integer, unit: °C, min: -200, max: 600, scale: 1}"
        )
        device = gadget()
        async with loaded(hass, device) as simulator:
            assert find_entity(hass, Platform.TEXT, device, "note") is None
            outside = entity_id(hass, Platform.SENSOR, device, "outside")
            assert state_of(hass, outside) == "unknown"
            await simulator.report(device.id, {"outside": -55})
            await wait_until(lambda: state_of(hass, outside) == "-5.5")

    async def test_category(self, hass: HomeAssistant, folder: Path) -> None:
        """A device is what the quirk says that it is."""
        write(folder, "reading: {rename: va_temperature}", head="category: wsdcg")
        device = gadget()
        async with loaded(hass, device):
            sensor = entity_id(hass, Platform.SENSOR, device, "va_temperature")
            assert attribute(hass, sensor, ATTR_DEVICE_CLASS) == "temperature"

    async def test_entity(self, hass: HomeAssistant, folder: Path, entity_registry: er.EntityRegistry) -> None:
        """Name, classes and entity category; what a platform does not have is told and left."""
        write(
            folder,
            "contact: {entity: {name: Back door, device_class: door, category: none}}\n"
            "relay: {entity: {device_class: outlet, category: diagnostic}}\n"
            "level: {entity: {device_class: humidity, state_class: measurement}}\n"
            "phase: {entity: {name: Stage, device_class: door}}\n"
            "reading: {entity: {device_class: power, category: config}}\n",
        )
        device = gadget()
        async with loaded(hass, device):
            contact = entity_id(hass, Platform.BINARY_SENSOR, device, "contact")
            assert attribute(hass, contact, ATTR_DEVICE_CLASS) == "door"
            assert attribute(hass, contact, ATTR_FRIENDLY_NAME).endswith("Back door")
            assert entity_registry.entities[contact].entity_category is None
            relay = entity_id(hass, Platform.SWITCH, device, "relay")
            assert attribute(hass, relay, ATTR_DEVICE_CLASS) == "outlet"
            assert entity_registry.entities[relay].entity_category == "diagnostic"
            level = entity_id(hass, Platform.NUMBER, device, "level")
            assert attribute(hass, level, ATTR_DEVICE_CLASS) == "humidity"
            phase = entity_id(hass, Platform.SELECT, device, "phase")
            assert attribute(hass, phase, ATTR_FRIENDLY_NAME).endswith("Stage")

    async def test_entity_that_cannot_be(
        self, hass: HomeAssistant, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """What a platform does not have is left, and the log says which it has."""
        write(
            folder,
            "phase: {entity: {device_class: door}}\n"
            "relay: {entity: {device_class: door, state_class: total}}\n"
            "note: {access: ro, entity: {device_class: power}}\n"
            "reading: {entity: {device_class: power, category: config}}\n"
            "level: {entity: {device_class: power}}\n",
        )
        device = gadget("Gadget without classes")
        async with loaded(hass, device):
            reading = entity_id(hass, Platform.SENSOR, device, "reading")
            assert attribute(hass, reading, ATTR_DEVICE_CLASS) != "power"
        for problem in (
            "data point phase: door is no device class of a select, which has none",
            "data point relay: door is no device class of a switch, which has outlet, switch",
            "data point relay: only a sensor of a number has a state class",
            "data point note: a sensor of the device class power does not show a data point of type String",
            "data point reading: the device class power does not take the unit ℃",
            "data point reading: a sensor cannot be among the configuration entities",
            "data point level: the device class power does not take the unit %",
        ):
            assert problem in caplog.text


@pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")
async def test_classes_taken_away(hass: HomeAssistant, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """`none` takes a class away; of what shows a part of a data point, only what is true of each part is changed."""
    device = simulated_device(
        "Meter with a thermometer",
        "wsdcg",
        ro(integer("va_temperature", -200, 600, "℃", scale=1), 215),
        ro(integer("va_humidity", 0, 100, "%"), 55),
        ro(raw("phase_a"), "CSoAA+gAAGQ="),
    )
    points = (
        "va_temperature: { entity: { device_class: none, state_class: none, name: Probe } }\n"
        "va_humidity: { entity: { state_class: total_increasing } }\n"
        "phase_a: { entity: { name: Phase, device_class: power, enabled: false, category: diagnostic } }\n"
    )
    (folder / "meter.yaml").write_text(
        f"match: {{ device_id: {device.id} }}\ndata_points:\n{indent(points, '  ')}", encoding="utf-8"
    )
    async with loaded(hass, device):
        probe = entity_id(hass, Platform.SENSOR, device, "va_temperature")
        assert attribute(hass, probe, ATTR_DEVICE_CLASS) is None
        assert attribute(hass, probe, "state_class") is None
        assert attribute(hass, probe, ATTR_FRIENDLY_NAME).endswith("Probe")
        humidity = entity_id(hass, Platform.SENSOR, device, "va_humidity")
        assert attribute(hass, humidity, "state_class") == "measurement"
        (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
        plans = plan_entities(entry.runtime_data.devices[device.id].schema)
        parts = [plan.row for plan in plans if plan.row.data_point == "phase_a"]
        assert len(parts) > 1
        assert len({row.device_class for row in parts}) > 1
        assert {row.entity_registry_enabled_default for row in parts} == {False}
        assert {row.entity_category for row in parts} == {EntityCategory.DIAGNOSTIC}
    assert "the device class humidity does not take the state class total_increasing" in caplog.text


@pytest.mark.usefixtures("socket_enabled")
async def test_enabled(hass: HomeAssistant, folder: Path, entity_registry: er.EntityRegistry) -> None:
    """A quirk may enable an entity, or leave it disabled whatever the option to show all says."""
    write(folder, "reading: {entity: {enabled: true}}\ncontact: {entity: {enabled: false}}")
    device = gadget()
    async with loaded(hass, device):
        assert not entity_registry.entities[entity_id(hass, Platform.SENSOR, device, "reading")].disabled
        assert entity_registry.entities[entity_id(hass, Platform.BINARY_SENSOR, device, "contact")].disabled
        assert entity_registry.entities[entity_id(hass, Platform.TEXT, device, "note")].disabled


@pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")
async def test_500_devices(hass: HomeAssistant, folder: Path) -> None:
    """They share one schema, and so one plan."""
    write(folder, "reading: {scale: 1}")
    devices = [gadget(f"Gadget {number}") for number in range(500)]
    async with loaded(hass, *devices, platforms=[]):
        (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
        schemas = {device.schema for device in entry.runtime_data.devices.values()}
        assert len(schemas) == 1
        (schema,) = schemas
        assert schema.quirks == ("gadget.yaml:1",)
        assert plan_entities(schema) is plan_entities(schema)


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "unloading")
class TestFilesThatChange:
    """Files are read when an entry is loaded, and again when it is reloaded."""

    async def reload(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        """Do what the documentation tells a user to do."""
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()

    async def test_repair(
        self,
        hass: HomeAssistant,
        folder: Path,
        simulator: TuyaGatewaySimulator,
        issue_registry: ir.IssueRegistry,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A broken file is told with file, line and key, the others work; it is told no more once it is mended."""
        write(folder, "reading: {scale: 1}", name="good.yaml")
        write(folder, "reading:\n  invert: true\n  scael: 1\n  scale: x", name="bad.yaml")
        device = gadget()
        simulator.devices = {device.id: device}
        entry = make_entry(simulator)
        await load(hass, entry)
        sensor = entity_id(hass, Platform.SENSOR, device, "reading")
        assert state_of(hass, sensor) == "21.5"
        issue = issue_registry.async_get_issue(DOMAIN, "quirk_file_bad.yaml")
        assert issue is not None
        assert not issue.is_fixable
        assert issue.translation_key == "quirk_file"
        assert issue.translation_placeholders == {
            "file": "bad.yaml",
            "line": "6",
            "key": "data_points > reading > scael",
            "reason": "there is no such key; did you mean scale?",
        }
        assert (
            "Quirk file not used: bad.yaml, line 6, data_points > reading > scael: there is no such key" in caplog.text
        )

        write(folder, "reading:\n  invert: true", name="bad.yaml")
        await self.reload(hass, entry)
        assert issue_registry.async_get_issue(DOMAIN, "quirk_file_bad.yaml") is None
        assert state_of(hass, sensor) == "78.5"

        (folder / "bad.yaml").write_text("x", encoding="utf-8")
        await self.reload(hass, entry)
        assert issue_registry.async_get_issue(DOMAIN, "quirk_file_bad.yaml") is not None
        (folder / "bad.yaml").unlink()
        (folder / "good.yaml").unlink()
        await self.reload(hass, entry)
        assert issue_registry.async_get_issue(DOMAIN, "quirk_file_bad.yaml") is None
        assert state_of(hass, sensor) == "215"

    async def test_no_repair_without_an_entry(
        self, hass: HomeAssistant, folder: Path, simulator: TuyaGatewaySimulator, issue_registry: ir.IssueRegistry
    ) -> None:
        """Who has removed the integration is not told of its files."""
        (folder / "bad.yaml").write_text("x", encoding="utf-8")
        entry = make_entry(simulator)
        await load(hass, entry)
        assert issue_registry.async_get_issue(DOMAIN, "quirk_file_bad.yaml") is not None
        assert await hass.config_entries.async_remove(entry.entry_id)
        assert issue_registry.async_get_issue(DOMAIN, "quirk_file_bad.yaml") is None

    async def test_same_files_same_schemas(
        self, hass: HomeAssistant, folder: Path, simulator: TuyaGatewaySimulator
    ) -> None:
        """While the files stay the same, so do the schemas, also over a reload and a reconnection."""
        write(folder, "reading: {scale: 1}")
        device = gadget()
        simulator.devices = {device.id: device}
        entry = make_entry(simulator)
        await load(hass, entry)
        schema = entry.runtime_data.devices[device.id].schema
        hub = entry.runtime_data
        await simulator.drop()
        await wait_until(lambda: simulator.opened == 2 and hub.connected)
        await hass.async_block_till_done()
        assert entry.runtime_data is hub
        await self.reload(hass, entry)
        assert entry.runtime_data is not hub
        assert entry.runtime_data.devices[device.id].schema is schema

    async def test_diagnostics_and_action(
        self, hass: HomeAssistant, folder: Path, simulator: TuyaGatewaySimulator, hass_client: ClientSessionGenerator
    ) -> None:
        """Diagnostics name the quirks and keep the device's own codes; the action takes either code."""
        write(folder, "relay: {rename: lamp, invert: true}\nnote: {hide: true}", head="name: Mine")
        device = gadget()
        simulator.devices = {device.id: device}
        entry = make_entry(simulator)
        await load(hass, entry)
        diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
        (told,) = diagnostics["devices"]
        assert told["quirks"] == ["gadget.yaml:1 Mine"]
        points = told["data_points"]
        assert set(points) == {"relay", "level", "phase", "note", "reading", "contact"}
        assert points["relay"]["renamed"] == "lamp"
        assert points["relay"]["value"] is False
        assert points["relay"]["entities"] == [entity_id(hass, Platform.SWITCH, device, "lamp")]
        assert points["note"] | {"hidden": True, "entities": []} == points["note"]
        assert "renamed" not in points["note"]

        registry_id = entry.runtime_data.registry_id(device.id)
        for code, value in (("lamp", True), ("relay", False), ("note", "y")):
            await hass.services.async_call(
                DOMAIN, "set_data_point", {"device": registry_id, "code": code, "value": value}, blocking=True
            )
        assert [command[0]["value"] for command in simulator.commands] == [
            [{"k": "relay", "v": False}],
            [{"k": "relay", "v": True}],
            [{"k": "note", "v": "y"}],
        ]
        with pytest.raises(ServiceValidationError, match="lamp"):
            await hass.services.async_call(
                DOMAIN, "set_data_point", {"device": registry_id, "code": "lamp", "value": "maybe"}, blocking=True
            )


# Those that ship


def shipped() -> Quirks:
    """Return the quirks that ship with the integration."""
    quirks, errors = read_folder(SHIPPED)
    assert errors == []
    return Quirks(quirks)


def schema_with(category: str, *entries: tuple[str, str, dict[str, Any]], ro: tuple[str, ...] = ()) -> DeviceSchema:
    """Return a schema of (code, type, values)."""
    listed = [{"code": code, "type": kind, "values": json.dumps(values)} for code, kind, values in entries]
    return parse_tuya_schema(category, [one for one in listed if one["code"] not in ro], listed)


def test_shipped_are_good() -> None:
    """At least ten files, each telling where its facts are from, each with names for its quirks."""
    files = sorted(SHIPPED.glob("*.yaml"))
    assert len(files) >= 10
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# "), path.name
        assert "# Source: " in text, path.name
        for quirk in read_text(path.name, text):
            assert " " in quirk.name, path.name


def percent(*codes: str) -> DeviceSchema:
    """Return the schema of a curtain."""
    values = {"unit": "%", "min": 0, "max": 100, "scale": 0, "step": 1}
    return schema_with("cl", *((code, "Integer", values) for code in codes))


DEGREES = {"unit": "℃", "min": 10, "max": 70, "scale": 1, "step": 5}
FLOOR = {"unit": "℃", "min": 0, "max": 100, "scale": 0, "step": 5}
VOLT = {"unit": "V", "min": 0, "max": 2500, "scale": 0, "step": 1}
WATT = {"unit": "W", "min": 0, "max": 50000, "scale": 0, "step": 1}
NOTHING = schema_with("tdq")
METER = {f"{code}{channel}" for channel in (1, 2) for code in ("cur_power", "cur_voltage", "total_energy")}


@pytest.mark.parametrize(
    ("schema", "product_id", "reported", "code", "raw", "value"),
    [
        (schema_with("wk", ("temp_set", "Integer", DEGREES), ("upper_temp", "Integer", FLOOR)), "", (), "temp_set", 43, 21.5),
        (schema_with("wk", ("temp_set", "Integer", DEGREES), ("upper_temp", "Integer", FLOOR)), "", (), "temp_current", 45, 22.5),
        (schema_with("cz", ("cur_voltage", "Integer", VOLT), ("cur_power", "Integer", WATT)), "wifvoilfrqeo6hvu", (), "cur_voltage", 2571, 257.1),
        (schema_with("cz", ("cur_voltage", "Integer", VOLT), ("cur_power", "Integer", WATT)), "37mnhia3pojleqfh", (), "cur_power", 313, 31.3),
        (NOTHING, "", ("doorcontact_state", "battery_state"), "battery_state", "low", "low"),
        (NOTHING, "a9fn0xcsckjoqpnd", (), "doorcontact_state", True, True),
        (NOTHING, "", ("pir",), "pir", "pir", "pir"),
        (NOTHING, "gk0d4i8g5akryd9d", (), "pir", "none", "none"),
        (NOTHING, "", ("temp_current", "humidity_value", "battery_state"), "temp_current", 215, 21.5),
        (NOTHING, "x3o8epevyeo3z3oa", (), "humidity_value", 55, 55),
        (schema_with("cz"), "", tuple(METER), "total_energy2", 1234, 1.234),
        (schema_with("cz"), "dhto3y4uachr1wll", (), "cur_current1", 1234, 1.234),
        (percent("percent_control", "percent_state"), "68nvbio9", (), "percent_state", 30, 70),
        (schema_with("cz", ("add_ele", "Integer", {"unit": "度", "min": 0, "max": 500, "scale": 0})), "wifvoilfrqeo6hvu", (), "add_ele", 1500, 1.5),
        (schema_with("bh", ("temp_setting_quick_c", "Enum", {"range": ["85", "90"]})), "", (), "temp_setting_quick_c", "100", "100"),
        (schema_with("wk", ("mode", "Enum", {"range": ["auto", "eco"]})), "ucf09xuve67adcp4", (), "mode", "holiday", "holiday"),
        (schema_with("wk", ("temp_current", "Integer", {"unit": "℃", "min": 0, "max": 50, "scale": 0})), "r2ilemqbtocmulgb", (), "temp_current", 125, 12.5),
        (schema_with("znnbq", ("power_total", "Integer", {"unit": "kW", "min": 0, "max": 50000000, "scale": 3})), "7bqwya0ydtz4q3ss", (), "power_total", 308022, 308.022),
    ],
)  # fmt: skip
def test_shipped_do_what_they_are_for(
    schema: DeviceSchema, product_id: str, reported: tuple[str, ...], code: str, raw: Any, value: Any
) -> None:
    """Each of a value that the device is known to report."""
    quirked = shipped().apply(schema, device_id="x", product_id=product_id, reported=reported)
    assert quirked.quirks
    assert quirked.points[code].decode(raw) == value


def test_shipped_categories_and_hidden() -> None:
    """What they are for beside values."""
    quirks = shipped()
    assert quirks.apply(NOTHING, device_id="x", reported=("doorcontact_state",)).category == "mcs"
    assert quirks.apply(NOTHING, device_id="x", reported=("pir",)).category == "pir"
    curtain = percent("percent_control", "percent_state")
    assert set(quirks.apply(curtain, device_id="x", product_id="b9oa3zocv4qq47iy").visible) == {"percent_control"}
    assert not quirks.apply(curtain, device_id="x", product_id="xyakonle1azq2xgn").visible
    inverter = schema_with("znnbq", ("power_total", "Integer", {"unit": "kW", "min": 0, "max": 50000000, "scale": 3}))
    assert quirks.apply(inverter, device_id="x", product_id="7bqwya0ydtz4q3ss").points["power_total"].unit == "W"
    meter = quirks.apply(schema_with("cz"), device_id="x", reported=METER)
    assert {plan.key for plan in plan_entities(meter)} >= METER


@pytest.mark.parametrize(
    "schema",
    [
        schema_with(
            "wk", ("temp_set", "Integer", {**DEGREES, "min": 50, "max": 350}), ("upper_temp", "Integer", FLOOR)
        ),
        schema_with(
            "cz", ("cur_voltage", "Integer", {**VOLT, "scale": 1, "max": 5000}), ("cur_power", "Integer", WATT)
        ),
        schema_with("tdq", ("switch_1", "Boolean", {})),
        schema_with("bh", ("temp_setting_quick_c", "Enum", {"range": ["50", "85"]})),
        percent("percent_control", "percent_state"),
        schema_with("znnbq", ("power_total", "Integer", {"unit": "kW", "min": 0, "max": 900000, "scale": 3})),
    ],
)
def test_shipped_leave_others_alone(schema: DeviceSchema) -> None:
    """A device that means what it says is left as it is."""
    assert shipped().apply(schema, device_id="x", product_id="another") is schema


@pytest.mark.skipif(not DUMPS.exists(), reason=f"no dumps of real devices in {DUMPS}")
def test_shipped_on_real_devices() -> None:
    """Without a product id, as a gateway leaves it, just the devices that are known to be wrong are changed."""
    quirks = shipped()
    found: dict[str, set[str]] = {"gateway": set(), "cloud": set()}
    for path in sorted(DUMPS.glob("*.json")):
        dump = json.loads(path.read_text(encoding="utf-8"))
        schema = parse_tuya_schema(dump["category"], dump["function"], dump["status"])
        reported = {entry["k"] for entry in dump["value"]}
        for kind, product_id in (("gateway", ""), ("cloud", dump["product_id"])):
            if quirks.apply(schema, device_id="x", product_id=product_id, reported=reported) is not schema:
                found[kind].add(path.stem)
    unmistakable = {"bh_dft4ebatvon3ha5s", "wk_IAYz2WK1th0cMLmL"}
    assert found["gateway"] == unmistakable
    assert found["cloud"] == unmistakable | {
        "cz_37mnhia3pojleqfh",
        "cz_4mbgrfotyNzMxDAv",
        "cz_mQUhiTg9kwydBFBd",
        "cz_qxJSyTLEtX5WrzA9",
        "cz_dhto3y4uachr1wll",
        "tdq_p6sqiuesvhmhvv4f",
        "tdq_x3o8epevyeo3z3oa",
        "wk_cpmgn2cf",
    }


def test_error_as_text() -> None:
    """The log has it in one line."""
    assert str(QuirkFileError(file="a.yaml", line=3, key="x > y", reason="no")) == "a.yaml, line 3, x > y: no"
