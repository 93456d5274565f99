"""Parts of the TuyaLink connection by themselves: parameters of actions, counts of a day, what is kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.clients.tuyalink import Param, TypeSpec
from custom_components.iot_gateway.connections.day_totals import CountToday
from custom_components.iot_gateway.connections.tuyalink_commands import _merged, _Step
from custom_components.iot_gateway.connections.tuyalink_measures import LinkMeasures
from custom_components.iot_gateway.connections.tuyalink_models import Models
from custom_components.iot_gateway.connections.tuyalink_params import BadParameter, decode_inputs, encode_outputs
from custom_components.iot_gateway.connections.tuyalink_store import LinkStore
from custom_components.iot_gateway.const import DOMAIN

DAY = 86400.0


def params(**types: TypeSpec) -> Mapping[str, Param]:
    return {code: Param(code=code, name=code, type=spec) for code, spec in types.items()}


BOOL = TypeSpec(kind="bool")
VALUE = TypeSpec(kind="value", minimum=-100, maximum=1000, scale=1)
WHOLE = TypeSpec(kind="value", minimum=0, maximum=10)
FLOAT = TypeSpec(kind="float", minimum=0, maximum=1)
ENUM = TypeSpec(kind="enum", choices=("low", "high"))
STRING = TypeSpec(kind="string", max_length=3)
DATE = TypeSpec(kind="date")
BITMAP = TypeSpec(kind="bitmap", labels=("a", "b"))
ARRAY = TypeSpec(kind="array", max_length=2, element=VALUE)
STRUCT = TypeSpec(kind="struct", members={"on": BOOL, "level": VALUE})
UNKNOWN = TypeSpec(kind="geometry")


@pytest.mark.parametrize(
    ("spec", "raw", "shown"),
    [
        (BOOL, True, True),
        (VALUE, 215, 21.5),
        (WHOLE, 7, 7),
        (FLOAT, 0.5, 0.5),
        (ENUM, "high", "high"),
        (STRING, "abc", "abc"),
        (DATE, 1767225600000, "2026-01-01T00:00:00+00:00"),
        (BITMAP, 3, 3),
        (ARRAY, [10, 20], [1.0, 2.0]),
        (STRUCT, {"on": True, "level": 5}, {"on": True, "level": 0.5}),
        (UNKNOWN, {"x": [1]}, {"x": [1]}),
    ],
    ids=lambda value: value.kind if isinstance(value, TypeSpec) else "",
)
def test_parameters(spec: TypeSpec, raw: Any, shown: Any) -> None:
    """What goes over the wire is shown, and back it is the same."""
    known = params(one=spec)
    decoded = decode_inputs(known, {"one": raw})
    assert decoded == {"one": shown}
    assert encode_outputs(known, decoded) == ({"one": raw}, {})


@pytest.mark.parametrize(
    ("spec", "bad"),
    [
        (BOOL, 1),
        (BOOL, "true"),
        (VALUE, "215"),
        (VALUE, True),
        (VALUE, 1001),
        (VALUE, -101),
        (VALUE, float("nan")),
        (FLOAT, 1.1),
        (ENUM, "middle"),
        (ENUM, 1),
        (STRING, "abcd"),
        (STRING, 5),
        (DATE, "now"),
        (DATE, 10**30),
        (BITMAP, 4),
        (BITMAP, -1),
        (BITMAP, 0.5),
        (ARRAY, [1, 2, 3]),
        (ARRAY, {"0": 1}),
        (ARRAY, ["x"]),
        (STRUCT, {"off": True}),
        (STRUCT, {"on": 1}),
        (STRUCT, [True]),
    ],
)
def test_bad_inputs(spec: TypeSpec, bad: Any) -> None:
    with pytest.raises(BadParameter, match="^one"):
        _ = decode_inputs(params(one=spec), {"one": bad})


def test_missing_and_unknown_inputs() -> None:
    known = params(one=BOOL, two=BOOL)
    with pytest.raises(BadParameter, match="missing: two"):
        _ = decode_inputs(known, {"one": True})
    with pytest.raises(BadParameter, match="unknown: three"):
        _ = decode_inputs(known, {"one": True, "two": True, "three": True})


def test_outputs_that_do_not_fit_are_left_out() -> None:
    """The others are told all the same: the action was done."""
    known = params(on=BOOL, level=VALUE, at=DATE, until=DATE)
    outputs, problems = encode_outputs(
        known, {"on": "yes", "level": 10.04, "at": datetime(2026, 1, 1, tzinfo=UTC), "more": 1}
    )
    assert outputs == {"level": 100, "at": 1767225600000}
    assert problems.keys() == {"on", "until"}
    assert encode_outputs(known, None)[0] == {}
    assert encode_outputs(params(at=DATE), {"at": 1767225600})[0] == {"at": 1767225600000}
    assert encode_outputs(params(at=DATE), {"at": "tomorrow"})[1].keys() == {"at"}


def test_count_today() -> None:
    now, total = [DAY * 100 + 5], [7]
    count = CountToday(lambda: total[0], now=lambda: now[0])
    assert count.value == 0
    total[0] += 3
    assert count.value == 3
    kept = count.kept()
    again = CountToday(lambda: total[0], now=lambda: now[0])
    again.restore(kept)
    assert again.value == 3
    now[0] += DAY
    assert (count.value, again.value) == (0, 0)
    total[0] += 1
    assert (count.value, again.value) == (1, 1)
    again.restore(kept)
    again.restore("nonsense")
    again.restore([101, -5])
    assert again.value == 1


def test_measures_tell_only_changes() -> None:
    total = [0]
    measures = LinkMeasures(
        reports=CountToday(lambda: total[0]), commands=CountToday(lambda: 0), connected=lambda: True
    )
    changed = Mock()
    end = measures.measures[0].listen(changed)
    measures.tell()
    measures.tell()
    assert changed.call_count == 1
    total[0] = 4
    measures.tell()
    assert changed.call_count == 2
    assert [measure.value() for measure in measures.measures] == [4, 0, True]
    end()
    total[0] = 5
    measures.tell()
    assert changed.call_count == 2


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"models": {"product": "nonsense"}, "sub_devices": None, "kept": {"outbox": "x"}},
        {"models": {"product": {"services": []}}},
    ],
)
async def test_kept_data_that_is_odd(hass: HomeAssistant, kept: dict[str, Any]) -> None:
    """Whatever is in the file, the connection begins."""
    entry = MockConfigEntry(domain=DOMAIN)
    await Store[dict[str, Any]](hass, 1, f"iot_gateway.tuyalink.{entry.entry_id}").async_save(kept)
    store = LinkStore(hass, entry)
    await store.load()
    models = Models(store, Mock())
    assert (models.get("product") is not None) is isinstance(kept.get("models", {}).get("product"), dict)
    assert not store.has_worked
    await store.flush()
    await LinkStore.forget(hass, entry)


async def test_not_saved_before_loaded(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """What was kept is not overwritten by a connection that has not read it."""
    store = LinkStore(hass, MockConfigEntry(domain=DOMAIN))
    store.save_soon()
    await store.flush()
    assert hass_storage == {}


def step(member: Any, service: str, code: str, **data: Any) -> _Step:
    return _Step(member=member, domain="light", service=service, data={"entity_id": "light.one", **data}, codes=[code])


def test_merged_calls() -> None:
    """The same service of the same entity is called once; what contradicts is called in its order; off is last."""
    one, other = Mock(), Mock()
    merged = _merged(
        [
            step(one, "turn_off", "switch"),
            step(one, "turn_on", "bright", brightness_pct=50),
            step(other, "turn_on", "other"),
            step(one, "turn_on", "temp", color_temp_kelvin=3000),
            step(one, "turn_on", "bright_2", brightness_pct=60),
        ]
    )
    assert [(found.member, found.service, found.codes) for found in merged] == [
        (one, "turn_on", ["bright", "temp"]),
        (other, "turn_on", ["other"]),
        (one, "turn_on", ["bright_2"]),
        (one, "turn_off", ["switch"]),
    ]
    assert merged[0].data == {"entity_id": "light.one", "brightness_pct": 50, "color_temp_kelvin": 3000}
