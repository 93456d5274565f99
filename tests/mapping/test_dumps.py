"""What is made of real devices, where their dumps are at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.iot_gateway.mapping import plan_entities
from custom_components.iot_gateway.model import Device, parse_tuya_schema

DEVICES = Path(__file__).parents[3] / "shared" / "devices"
DUMPS = sorted((DEVICES / "dumps").glob("*.json"))
PLATFORMS = {"binary_sensor", "button", "event", "number", "select", "sensor", "switch", "text"}

needs_dumps = pytest.mark.skipif(not DUMPS, reason=f"no dumps of real devices in {DEVICES}")


def device_of(dump: dict[str, Any]) -> Device:
    """Return the device of a dump with the state that it reported."""
    schema = parse_tuya_schema(dump["category"], dump["function"], dump["status"])
    device = Device(id=dump["devid"], schema=schema, online=dump["online"])
    device.apply({entry["k"]: entry["v"] for entry in dump["value"]})
    return device


@needs_dumps
def test_every_data_point_is_covered() -> None:
    """No data point is lost, every entity has a unique id of its own, and each shows a data point that is there."""
    for path in DUMPS:
        dump = json.loads(path.read_text(encoding="utf-8"))
        device = device_of(dump)
        plans = plan_entities(device.schema)
        keys = [(plan.platform, plan.key) for plan in plans]
        assert len(keys) == len(set(keys)), path.name
        covered = {code for plan in plans for code in plan.codes}
        assert covered == set(device.schema.points), path.name
        assert {entry["code"] for entry in dump["function"] + dump["status"]} <= covered, path.name


@needs_dumps
def test_what_home_assistant_makes_of_them_is_there() -> None:
    """Each entity that Home Assistant's own integration makes on these platforms has its like, under the same key."""
    expected = json.loads((DEVICES / "expected.json").read_text(encoding="utf-8"))
    missing = []
    for devid, entities in expected.items():
        dump = json.loads((DEVICES / "dumps" / f"{devid}.json").read_text(encoding="utf-8"))
        planned = {(str(plan.platform), plan.key) for plan in plan_entities(device_of(dump).schema) if not plan.generic}
        missing += [
            f"{devid}: {entity['platform']} {entity['key']}"
            for entity in entities
            if entity["platform"] in PLATFORMS and (entity["platform"], entity["key"]) not in planned
        ]
    assert not missing


@needs_dumps
def test_categories_of_real_devices_are_known() -> None:
    """Every real device bears a name, not a code."""
    from custom_components.iot_gateway.model.categories import CATEGORY_KEYS

    seen = {json.loads(path.read_text(encoding="utf-8"))["category"] for path in DUMPS}
    assert seen <= CATEGORY_KEYS
