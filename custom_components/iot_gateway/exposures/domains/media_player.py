"""Media players."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.components.media_player.const import (
    ATTR_INPUT_SOURCE,
    ATTR_INPUT_SOURCE_LIST,
    ATTR_MEDIA_TITLE,
    ATTR_MEDIA_VOLUME_LEVEL,
    ATTR_MEDIA_VOLUME_MUTED,
    ATTR_SOUND_MODE,
    ATTR_SOUND_MODE_LIST,
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.const import ATTR_SUPPORTED_FEATURES
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet, on_facet, percent_facet, switched
from .traits import Traits, as_number, as_text

_SWITCHED: Final = MediaPlayerEntityFeature.TURN_ON | MediaPlayerEntityFeature.TURN_OFF
_CONTROLS: Final = {
    "play": ("media_play", MediaPlayerEntityFeature.PLAY),
    "pause": ("media_pause", MediaPlayerEntityFeature.PAUSE),
    "stop": ("media_stop", MediaPlayerEntityFeature.STOP),
    "next": ("media_next_track", MediaPlayerEntityFeature.NEXT_TRACK),
    "previous": ("media_previous_track", MediaPlayerEntityFeature.PREVIOUS_TRACK),
}
_DOES: Final = {MediaPlayerState.PLAYING: "play", MediaPlayerState.PAUSED: "pause", MediaPlayerState.IDLE: "stop"}
_OFF: Final = frozenset({MediaPlayerState.OFF, "standby"})
_ATTRIBUTES: Final = {"source": ATTR_INPUT_SOURCE, "sound_mode": ATTR_SOUND_MODE, "title": ATTR_MEDIA_TITLE}


def _facets(traits: Traits) -> Iterable[Facet]:
    features = traits.features
    yield on_facet(settable=features & _SWITCHED == _SWITCHED)
    if features & MediaPlayerEntityFeature.VOLUME_SET:
        yield percent_facet("volume", settable=True)
    if features & MediaPlayerEntityFeature.VOLUME_MUTE:
        yield Facet(key="muted", kind=FacetKind.BOOLEAN, settable=True)
    if features & MediaPlayerEntityFeature.SELECT_SOURCE:
        yield from enum_facet("source", traits.texts(ATTR_INPUT_SOURCE_LIST), settable=True)
    if features & MediaPlayerEntityFeature.SELECT_SOUND_MODE:
        yield from enum_facet("sound_mode", traits.texts(ATTR_SOUND_MODE_LIST), settable=True)
    controls = (control for control, (_, feature) in _CONTROLS.items() if features & feature)
    yield from enum_facet("control", controls, settable=True)
    yield from enum_facet("state", MediaPlayerState)
    yield Facet(key="title", kind=FacetKind.TEXT)


def _read(state: State, key: str) -> Value | None:
    match key:
        case "on":
            return state.state not in _OFF
        case "volume":
            level = as_number(state.attributes.get(ATTR_MEDIA_VOLUME_LEVEL))
            return None if level is None else level * 100
        case "muted":
            given = state.attributes.get(ATTR_MEDIA_VOLUME_MUTED)
            return given if isinstance(given, bool) else None
        case "control":
            features = state.attributes.get(ATTR_SUPPORTED_FEATURES, 0)
            does = next((does for known, does in _DOES.items() if state.state == known), None)
            return does if does is not None and features & _CONTROLS[does][1] else None
        case "state":
            return state.state
        case _ if key in _ATTRIBUTES:
            return as_text(state.attributes.get(_ATTRIBUTES[key]))
        case _:
            return None


def _call(_state: State, key: str, value: Any) -> Call | None:
    match key:
        case "on":
            return switched(value)
        case "volume":
            return "volume_set", {ATTR_MEDIA_VOLUME_LEVEL: max(0.0, min(1.0, value / 100))}
        case "muted":
            return "volume_mute", {ATTR_MEDIA_VOLUME_MUTED: value}
        case "source":
            return "select_source", {ATTR_INPUT_SOURCE: value}
        case "sound_mode":
            return "select_sound_mode", {ATTR_SOUND_MODE: value}
        case "control" if value in _CONTROLS:
            return _CONTROLS[value][0], {}
        case _:
            return None


MEDIA_PLAYER = Domain(facets=_facets, read=_read, call=_call)
