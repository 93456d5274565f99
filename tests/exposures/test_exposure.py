"""Exposures as they are kept in subentries."""

from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.iot_gateway.exposures.errors import BadExposure
from custom_components.iot_gateway.exposures.exposure import (
    ActionExposure,
    EntityExposure,
    EntityRef,
    Member,
    Pair,
    SubDeviceExposure,
    as_data,
    is_sensitive,
    parse_exposure,
    unique_id,
)

SWITCH: dict[str, Any] = {"facet": "on", "kind": "property", "code": "switch_1"}
MEMBER: dict[str, Any] = {"entity": {"entity_id": "switch.a"}, "pairs": [SWITCH]}
SUB_DEVICE: dict[str, Any] = {"product_id": "p", "client_id": "c", "members": [MEMBER], "confirmed": False}
ACTION: dict[str, Any] = {"device": "", "code": "go", "sequence": [{"action": "light.turn_on"}], "confirmed": True}


def subentry(kind: str, data: dict[str, Any]) -> ConfigSubentry:
    """Return a subentry as Home Assistant has it: with data that cannot be changed."""
    return ConfigSubentry(
        data=MappingProxyType(data), subentry_id="s1", subentry_type=kind, title="Hall", unique_id=None
    )


def test_there_and_back() -> None:
    """What is parsed becomes the same data again."""
    ring = {"facet": "event", "kind": "event", "code": "ring", "parameter": "kind", "choices": {"single": "a"}}
    for kind, data, expected_id in (
        ("entity", {"entity": {"registry_id": "abc"}, "pairs": [SWITCH, ring], "confirmed": True}, "abc"),
        ("entity", {**MEMBER, "confirmed": False}, "switch.a"),
        ("sub_device", SUB_DEVICE, "c"),
        ("sub_device", {**SUB_DEVICE, "device_id": "d"}, "c"),
        ("action", ACTION, ":go"),
        ("action", {**ACTION, "device": "s2"}, "s2:go"),
    ):
        exposure = parse_exposure(subentry(kind, data))
        assert as_data(exposure) == data
        assert unique_id(exposure) == expected_id
        assert exposure.subentry_id == "s1"


def test_parsed() -> None:
    """The parts of each kind."""
    member = Member(
        entity=EntityRef(unregistered_id="switch.a"), pairs=(Pair(facet="on", kind="property", code="switch_1"),)
    )
    entity = parse_exposure(subentry("entity", MEMBER))
    assert entity == EntityExposure(subentry_id="s1", member=member, confirmed=False)
    assert isinstance(entity, EntityExposure)
    assert entity.members == (member,)
    assert parse_exposure(subentry("sub_device", SUB_DEVICE)) == SubDeviceExposure(
        subentry_id="s1",
        title="Hall",
        product_id="p",
        client_id="c",
        device_id=None,
        members=(member,),
        confirmed=False,
    )
    action = parse_exposure(subentry("action", ACTION))
    assert isinstance(action, ActionExposure)
    assert action.confirmed
    # A sequence may hold what is nobody's business
    assert "light.turn_on" not in repr(action)


@pytest.mark.parametrize("confirmed", [None, "true", 1, [True], {}])
def test_only_true_confirms(confirmed: Any) -> None:
    """What is no true is no confirmation."""
    exposure = parse_exposure(subentry("entity", {**MEMBER, "confirmed": confirmed}))
    assert exposure.confirmed is False


@pytest.mark.parametrize(
    ("kind", "data", "key"),
    [
        ("camera", MEMBER, "unknown_type"),
        ("entity", {}, "bad_field"),
        ("entity", {**MEMBER, "entity": {}}, "bad_field"),
        ("entity", {**MEMBER, "entity": "switch.a"}, "bad_field"),
        ("entity", {**MEMBER, "entity": {"entity_id": "all"}}, "bad_field"),
        ("entity", {**MEMBER, "entity": {"entity_id": "switch.a, switch.b"}}, "bad_field"),
        ("entity", {**MEMBER, "pairs": None}, "bad_field"),
        ("entity", {**MEMBER, "pairs": ["on"]}, "bad_field"),
        ("entity", {**MEMBER, "pairs": [{**SWITCH, "kind": "action"}]}, "bad_field"),
        ("entity", {**MEMBER, "pairs": [{**SWITCH, "code": ""}]}, "bad_field"),
        ("entity", {**MEMBER, "pairs": [{**SWITCH, "facet": 1}]}, "bad_field"),
        ("entity", {**MEMBER, "pairs": [{**SWITCH, "choices": ["a"]}]}, "bad_field"),
        ("entity", {**MEMBER, "pairs": [{**SWITCH, "choices": {"on": 1}}]}, "bad_field"),
        ("entity", {**MEMBER, "pairs": [{**SWITCH, "parameter": 1}]}, "bad_field"),
        ("entity", {**MEMBER, "pairs": [SWITCH, {**SWITCH, "facet": "open"}]}, "tied_twice"),
        ("sub_device", {**SUB_DEVICE, "members": []}, "no_members"),
        ("sub_device", {**SUB_DEVICE, "members": ["switch.a"]}, "no_members"),
        ("sub_device", {**SUB_DEVICE, "members": [MEMBER, MEMBER]}, "tied_twice"),
        ("sub_device", {**SUB_DEVICE, "client_id": ""}, "bad_field"),
        ("sub_device", {**SUB_DEVICE, "device_id": 7}, "bad_field"),
        ("action", {**ACTION, "sequence": "light.turn_on"}, "no_sequence"),
        ("action", {**ACTION, "sequence": ["light.turn_on"]}, "no_sequence"),
        ("action", {**ACTION, "device": None}, "bad_field"),
        ("action", {**ACTION, "code": None}, "bad_field"),
    ],
)
def test_bad(kind: str, data: dict[str, Any], key: str) -> None:
    """What is no exposure exposes nothing."""
    with pytest.raises(BadExposure) as bad:
        parse_exposure(subentry(kind, data))
    assert bad.value.key == key


async def test_references(hass: HomeAssistant) -> None:
    """A registered entity stays the same when it is renamed; gone and disabled ones are said."""
    registry = er.async_get(hass)
    entry = registry.async_get_or_create("switch", "test", "one")
    ref = EntityRef.of(hass, entry.entity_id)
    assert ref == EntityRef(registry_id=entry.id)
    assert (ref.entity_id(hass), ref.missing(hass)) == (entry.entity_id, None)
    _ = registry.async_update_entity(entry.entity_id, new_entity_id="switch.renamed")
    assert ref.entity_id(hass) == "switch.renamed"
    _ = registry.async_update_entity("switch.renamed", disabled_by=er.RegistryEntryDisabler.USER)
    assert (ref.entity_id(hass), ref.missing(hass)) == (None, "disabled")
    registry.async_remove("switch.renamed")
    assert (ref.entity_id(hass), ref.missing(hass)) == (None, "gone")
    plain = EntityRef.of(hass, "switch.plain")
    assert plain == EntityRef(unregistered_id="switch.plain")
    assert (plain.entity_id(hass), plain.missing(hass)) == (None, "gone")
    hass.states.async_set("switch.plain", "on")
    assert (plain.entity_id(hass), plain.missing(hass)) == ("switch.plain", None)


@pytest.mark.parametrize(
    ("entity_id", "attributes", "facet", "sensitive"),
    [
        ("lock.a", {}, "locked", True),
        ("lock.a", {}, "state", False),
        ("alarm_control_panel.a", {}, "mode", True),
        ("alarm_control_panel.a", {}, "triggered", False),
        ("cover.a", {"supported_features": 3, "device_class": "garage"}, "open", True),
        ("cover.a", {"supported_features": 0, "device_class": "garage"}, "open", False),
        ("cover.a", {"supported_features": 3, "device_class": "blind"}, "open", False),
        ("switch.a", {}, "on", False),
    ],
)
async def test_sensitive(
    hass: HomeAssistant, entity_id: str, attributes: dict[str, Any], facet: str, sensitive: bool
) -> None:
    """Only what is tied counts, and only where it can be set."""
    member = Member(entity=EntityRef(unregistered_id=entity_id), pairs=(Pair(facet=facet, kind="property", code="it"),))
    assert is_sensitive(hass, (member,)) is False
    hass.states.async_set(entity_id, "closed", attributes)
    assert is_sensitive(hass, (member,)) is sensitive
