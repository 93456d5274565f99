"""Lights: switched, dimmed, white from warm to cold, coloured, with effects."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.components.light.const import (
    ATTR_BRIGHTNESS,
    ATTR_COLOR_MODE,
    ATTR_COLOR_TEMP_KELVIN,
    ATTR_EFFECT,
    ATTR_EFFECT_LIST,
    ATTR_HS_COLOR,
    ATTR_MAX_COLOR_TEMP_KELVIN,
    ATTR_MIN_COLOR_TEMP_KELVIN,
    ATTR_SUPPORTED_COLOR_MODES,
    ColorMode,
    LightEntityFeature,
)
from homeassistant.const import STATE_ON
from homeassistant.core import State

from ...model.color import Hsv
from ..codecs.color import read_color, spell_color
from ..codecs.numeric import COLOR_TEMPERATURE
from ..errors import Unsettable
from ..facet import COLOR, Facet, FacetKind, Value
from .making import Call, Domain, enum_facet, on_facet, percent_facet, switched
from .traits import Traits, as_number, as_text, texts

_FULL: Final = 255
_LEAST: Final = 100 / _FULL
"""The dimmest that is not off, in percent, and the step."""

_UNDIMMED: Final = frozenset({ColorMode.ONOFF, ColorMode.UNKNOWN})
_COLORED: Final = frozenset({ColorMode.HS, ColorMode.XY, ColorMode.RGB, ColorMode.RGBW, ColorMode.RGBWW})
WHITE_MODE: Final = "white"
COLOR_MODE: Final = "color"


def _facets(traits: Traits) -> Iterable[Facet]:
    modes = set(traits.texts(ATTR_SUPPORTED_COLOR_MODES))
    yield on_facet()
    if modes - _UNDIMMED:
        yield percent_facet("brightness", minimum=_LEAST, step=_LEAST, settable=True)
    if ColorMode.COLOR_TEMP in modes:
        yield Facet(
            key="color_temperature",
            kind=FacetKind.NUMBER,
            unit="K",
            device_class=COLOR_TEMPERATURE,
            minimum=traits.number(ATTR_MIN_COLOR_TEMP_KELVIN),
            maximum=traits.number(ATTR_MAX_COLOR_TEMP_KELVIN),
            step=1,
            settable=True,
        )
    if modes & _COLORED:
        yield Facet(key=COLOR, kind=FacetKind.TEXT, settable=True)
        if ColorMode.COLOR_TEMP in modes:
            yield from enum_facet("color_mode", (WHITE_MODE, COLOR_MODE), settable=True)
    if traits.features & LightEntityFeature.EFFECT:
        yield from enum_facet("effect", traits.texts(ATTR_EFFECT_LIST), settable=True)


def _read(state: State, key: str) -> Value | None:
    if key == "on":
        return state.state == STATE_ON
    # A light that is off has no brightness, colour and the like
    attributes = state.attributes
    brightness = as_number(attributes.get(ATTR_BRIGHTNESS))
    mode = attributes.get(ATTR_COLOR_MODE)
    match key:
        case "brightness":
            return None if brightness is None else brightness * 100 / _FULL
        case "color_temperature":
            return as_number(attributes.get(ATTR_COLOR_TEMP_KELVIN))
        case "color" if mode in _COLORED:
            return _color(attributes.get(ATTR_HS_COLOR), brightness)
        case "color_mode" if mode is not None:
            return COLOR_MODE if mode in _COLORED else WHITE_MODE
        case "effect":
            effect = as_text(attributes.get(ATTR_EFFECT))
            return effect if effect in texts(attributes.get(ATTR_EFFECT_LIST)) else None
        case _:
            return None


def _color(hue_saturation: Any, brightness: float | None) -> str | None:
    if not isinstance(hue_saturation, (list, tuple)) or len(hue_saturation) != 2 or brightness is None:
        return None
    return spell_color(Hsv(hue=hue_saturation[0], saturation=hue_saturation[1], brightness=max(1, round(brightness))))


def _call(state: State, key: str, value: Any) -> Call | None:
    match key:
        case "on":
            return switched(value)
        case "brightness":
            # 0 would be off, which is said by another facet
            return "turn_on", {ATTR_BRIGHTNESS: max(1, min(_FULL, round(value * _FULL / 100)))}
        case "color_temperature":
            return "turn_on", {ATTR_COLOR_TEMP_KELVIN: round(value)}
        case "color":
            color = read_color(value)
            return "turn_on", {
                ATTR_HS_COLOR: [min(360.0, color.hue), min(100.0, color.saturation)],
                ATTR_BRIGHTNESS: max(1, min(_FULL, color.brightness)),
            }
        case "color_mode":
            return "turn_on", _like_now(state, value)
        case "effect":
            return "turn_on", {ATTR_EFFECT: value}
        case _:
            return None


def _like_now(state: State, mode: str) -> dict[str, Any]:
    """Return what puts a light into white or colour without changing more of its looks than that."""
    attributes = state.attributes
    if mode == COLOR_MODE:
        hue_saturation = attributes.get(ATTR_HS_COLOR)
        return {ATTR_HS_COLOR: list(hue_saturation) if isinstance(hue_saturation, (list, tuple)) else [30.0, 60.0]}
    if (kelvin := as_number(attributes.get(ATTR_COLOR_TEMP_KELVIN))) is None:
        ends = [as_number(attributes.get(end)) for end in (ATTR_MIN_COLOR_TEMP_KELVIN, ATTR_MAX_COLOR_TEMP_KELVIN)]
        known = [end for end in ends if end is not None]
        if not known:
            raise Unsettable("not_now", {"facet": "color_mode", "entity": state.entity_id})
        kelvin = sum(known) / len(known)
    return {ATTR_COLOR_TEMP_KELVIN: round(kelvin)}


LIGHT = Domain(
    facets=_facets,
    read=_read,
    call=_call,
    carried={"color_mode": frozenset({ATTR_HS_COLOR, ATTR_COLOR_TEMP_KELVIN})},
)
