"""Thermostats and air conditioners."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.components.climate.const import (
    ATTR_CURRENT_HUMIDITY,
    ATTR_CURRENT_TEMPERATURE,
    ATTR_FAN_MODE,
    ATTR_FAN_MODES,
    ATTR_HUMIDITY,
    ATTR_HVAC_ACTION,
    ATTR_HVAC_MODE,
    ATTR_HVAC_MODES,
    ATTR_MAX_HUMIDITY,
    ATTR_MAX_TEMP,
    ATTR_MIN_HUMIDITY,
    ATTR_MIN_TEMP,
    ATTR_PRESET_MODE,
    ATTR_PRESET_MODES,
    ATTR_SWING_HORIZONTAL_MODE,
    ATTR_SWING_HORIZONTAL_MODES,
    ATTR_SWING_MODE,
    ATTR_SWING_MODES,
    ATTR_TARGET_TEMP_HIGH,
    ATTR_TARGET_TEMP_LOW,
    ATTR_TARGET_TEMP_STEP,
    ClimateEntityFeature,
    HVACAction,
    HVACMode,
)
from homeassistant.const import ATTR_SUPPORTED_FEATURES, ATTR_TEMPERATURE, STATE_UNKNOWN
from homeassistant.core import State

from ..errors import Unsettable
from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet, on_facet, percent_facet, switched
from .traits import Traits, as_number, as_text

_SWITCHED: Final = ClimateEntityFeature.TURN_ON | ClimateEntityFeature.TURN_OFF
# By facet: the feature, the attribute, its options, and the service that sets it by a parameter of the attribute's name
_MODES: Final = {
    "fan_mode": (ClimateEntityFeature.FAN_MODE, ATTR_FAN_MODE, ATTR_FAN_MODES, "set_fan_mode"),
    "preset": (ClimateEntityFeature.PRESET_MODE, ATTR_PRESET_MODE, ATTR_PRESET_MODES, "set_preset_mode"),
    "swing": (ClimateEntityFeature.SWING_MODE, ATTR_SWING_MODE, ATTR_SWING_MODES, "set_swing_mode"),
    "swing_horizontal": (
        ClimateEntityFeature.SWING_HORIZONTAL_MODE,
        ATTR_SWING_HORIZONTAL_MODE,
        ATTR_SWING_HORIZONTAL_MODES,
        "set_swing_horizontal_mode",
    ),
}
_RANGE: Final = {"target_temperature_low": ATTR_TARGET_TEMP_LOW, "target_temperature_high": ATTR_TARGET_TEMP_HIGH}
_ATTRIBUTES: Final = {
    "target_temperature": ATTR_TEMPERATURE,
    "current_temperature": ATTR_CURRENT_TEMPERATURE,
    "target_humidity": ATTR_HUMIDITY,
    "current_humidity": ATTR_CURRENT_HUMIDITY,
    **_RANGE,
}


def _facets(traits: Traits) -> Iterable[Facet]:
    modes = traits.texts(ATTR_HVAC_MODES)
    switched_by_itself = traits.features & _SWITCHED == _SWITCHED
    if switched_by_itself or HVACMode.OFF in modes:
        yield on_facet(settable=switched_by_itself)
    # Where being off is a facet of its own, the mode says what it does when it is on
    yield from enum_facet(
        "mode", (mode for mode in modes if mode != HVACMode.OFF or not switched_by_itself), settable=True
    )
    if traits.features & ClimateEntityFeature.TARGET_TEMPERATURE:
        yield _temperature(traits, "target_temperature", settable=True)
    if traits.features & ClimateEntityFeature.TARGET_TEMPERATURE_RANGE:
        for key in _RANGE:
            yield _temperature(traits, key, settable=True)
    yield _temperature(traits, "current_temperature")
    if traits.features & ClimateEntityFeature.TARGET_HUMIDITY:
        yield Facet(
            key="target_humidity",
            kind=FacetKind.NUMBER,
            unit="%",
            minimum=traits.number(ATTR_MIN_HUMIDITY),
            maximum=traits.number(ATTR_MAX_HUMIDITY),
            step=1,
            settable=True,
        )
    if traits.has(ATTR_CURRENT_HUMIDITY):
        yield percent_facet("current_humidity", step=None)
    for key, (feature, _, options, _) in _MODES.items():
        if traits.features & feature:
            yield from enum_facet(key, traits.texts(options), settable=True)
    if traits.has(ATTR_HVAC_ACTION):
        yield from enum_facet("action", HVACAction)


def _temperature(traits: Traits, key: str, *, settable: bool = False) -> Facet:
    return Facet(
        key=key,
        kind=FacetKind.NUMBER,
        unit=traits.temperature_unit,
        device_class="temperature",
        minimum=traits.number(ATTR_MIN_TEMP) if settable else None,
        maximum=traits.number(ATTR_MAX_TEMP) if settable else None,
        step=traits.number(ATTR_TARGET_TEMP_STEP) if settable else None,
        settable=settable,
    )


def _read(state: State, key: str) -> Value | None:
    match key:
        case "on" | "mode" if state.state == STATE_UNKNOWN:
            return None
        case "on":
            return state.state != HVACMode.OFF
        case "mode":
            off = state.state == HVACMode.OFF
            by_itself = state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & _SWITCHED == _SWITCHED
            return None if off and by_itself else state.state
        case "action":
            return as_text(state.attributes.get(ATTR_HVAC_ACTION))
        case _ if key in _MODES:
            return as_text(state.attributes.get(_MODES[key][1]))
        case _ if key in _ATTRIBUTES:
            return as_number(state.attributes.get(_ATTRIBUTES[key]))
        case _:
            return None


def _call(state: State, key: str, value: Any) -> Call | None:
    match key:
        case "on":
            return switched(value)
        case "mode":
            return "set_hvac_mode", {ATTR_HVAC_MODE: value}
        case "target_temperature":
            return "set_temperature", {ATTR_TEMPERATURE: value}
        case "target_temperature_low" | "target_temperature_high":
            # Both are set at once: the other one stays
            ends = {name: value if name == _RANGE[key] else state.attributes.get(name) for name in _RANGE.values()}
            if any(end is None for end in ends.values()):
                raise Unsettable("not_now", {"facet": key, "entity": state.entity_id})
            return "set_temperature", ends
        case "target_humidity":
            return "set_humidity", {ATTR_HUMIDITY: round(value)}
        case _ if key in _MODES:
            _, attribute, _, service = _MODES[key]
            return service, {attribute: value}
        case _:
            return None


# It measures also while nobody knows its mode
CLIMATE = Domain(
    facets=_facets,
    read=_read,
    call=_call,
    reads_unknown=True,
    carried={key: frozenset(_RANGE.values()) - {name} for key, name in _RANGE.items()},
)
