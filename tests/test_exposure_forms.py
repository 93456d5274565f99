"""What the forms of exposures say: names, texts, and lists in Markdown."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.clients.tuyalink import Param, TypeSpec
from custom_components.iot_gateway.config_flow_exposures.markdown import escape, folded, parameters
from custom_components.iot_gateway.config_flow_exposures.names import entity_name, named
from custom_components.iot_gateway.config_flow_exposures.texts import Texts
from custom_components.iot_gateway.exposures.conversion import Note, Obstacle
from custom_components.iot_gateway.exposures.facet import Facet, FacetKind


def test_name_of_an_entity_without_a_state(hass: HomeAssistant) -> None:
    """Its device's and its own name, each said once; the entity id where there is neither."""
    entry = MockConfigEntry(domain="test")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "x")}, name="Desk"
    )
    registry = er.async_get(hass)

    def registered(unique_id: str, **given: Any) -> str:
        return registry.async_get_or_create("sensor", "test", unique_id, config_entry=entry, **given).entity_id

    assert entity_name(hass, registered("a", device_id=device.id, original_name="Humidity")) == "Desk Humidity"
    assert entity_name(hass, registered("b", device_id=device.id, original_name="Desk")) == "Desk"
    assert entity_name(hass, registered("c", original_name="Humidity")) == "Humidity"
    dr.async_get(hass).async_update_device(device.id, name_by_user="Bench")
    assert entity_name(hass, registered("a")) == "Bench Humidity"
    nameless = registered("d", suggested_object_id="nameless")
    assert entity_name(hass, nameless) == nameless == "sensor.nameless"
    assert entity_name(hass, "sensor.unknown") == "sensor.unknown"


def test_name_of_what_a_model_has() -> None:
    """With its code, unless that is all there is."""
    assert named("gone", None) == "gone"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (TypeSpec(kind="enum", choices=("low", "high")), "enum, low / high"),
        (TypeSpec(kind="value", minimum=0, maximum=1000, scale=1, unit="°C"), "value, 0.0 … 100.0 °C"),
        (TypeSpec(kind="value", minimum=0, maximum=100), "value, 0 … 100"),
        (TypeSpec(kind="value", minimum=5), "value, 5 … …"),
        (TypeSpec(kind="value", maximum=5), "value, … … 5"),
        (TypeSpec(kind="bool"), "bool"),
    ],
)
def test_parameters(spec: TypeSpec, text: str) -> None:
    """What an action takes is said with its code and with what values there are."""
    given = {"level": Param(code="level", name="The *level*", type=spec), "x": Param(code="x", name="x", type=spec)}
    assert parameters(given) == rf"- `level` The \*level\*: {text}" + f"\n- `x`: {text}"


def test_markdown() -> None:
    """What others call things stays text, and nothing to unfold is not there."""
    assert escape("a\n [b](c) ") == r"a \[b\]\(c\)"
    assert folded("Title", []) == ""
    assert folded("Title", ["- a"]).endswith("\n\n- a\n\n</details>")


def test_remarks() -> None:
    """A facet is called by its name; a text that asks for what is not given is shown as it is, and a missing one by its key."""
    prefix = "component.iot_gateway"
    texts = Texts(
        own={
            f"{prefix}.config_subentries.entity.step.pairs.data.on": "On or off",
            f"{prefix}.selector.exposure_obstacle.options.kind": "{facet} does not fit {code}",
            f"{prefix}.selector.exposure_note.options.levels": "for {nobody}",
        },
        states={},
    )
    assert texts.remark(Obstacle(key="kind", placeholders={"facet": "on", "code": "x"})) == "On or off does not fit x"
    assert texts.remark(Obstacle(key="kind", placeholders={"code": "x"})) == "{facet} does not fit {code}"
    assert texts.remark(Note(key="levels", placeholders={"facet": "on"})) == "for {nobody}"
    assert texts.remark(Note(key="other")) == "other"


def test_options() -> None:
    """An option is called as the state is, of its domain or of one of its device classes, or as it is spelt."""
    prefix = "component.sensor.entity_component"
    texts = Texts(own={}, states={f"{prefix}._.state.idle": "Idle", f"{prefix}._.extra.state.busy": "Busy"})
    facet = Facet(key="option", kind=FacetKind.ENUM, options=("idle", "busy", "other"))
    assert [texts.option("sensor", facet, option) for option in facet.options] == ["Idle", "Busy", "other"]
