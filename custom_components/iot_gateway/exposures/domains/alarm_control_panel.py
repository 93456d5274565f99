"""Alarm control panels. No code is ever kept: one that asks for a code and has no default refuses, and that is answered."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.components.alarm_control_panel.const import AlarmControlPanelEntityFeature, AlarmControlPanelState
from homeassistant.core import State

from ..facet import Facet, FacetKind, Value
from .making import Call, Domain, enum_facet
from .traits import Traits

_STATES: Final = tuple(AlarmControlPanelState)
_SERVICES: Final = {
    AlarmControlPanelState.DISARMED: ("alarm_disarm", None),
    AlarmControlPanelState.ARMED_HOME: ("alarm_arm_home", AlarmControlPanelEntityFeature.ARM_HOME),
    AlarmControlPanelState.ARMED_AWAY: ("alarm_arm_away", AlarmControlPanelEntityFeature.ARM_AWAY),
    AlarmControlPanelState.ARMED_NIGHT: ("alarm_arm_night", AlarmControlPanelEntityFeature.ARM_NIGHT),
    AlarmControlPanelState.ARMED_VACATION: ("alarm_arm_vacation", AlarmControlPanelEntityFeature.ARM_VACATION),
    AlarmControlPanelState.ARMED_CUSTOM_BYPASS: (
        "alarm_arm_custom_bypass",
        AlarmControlPanelEntityFeature.ARM_CUSTOM_BYPASS,
    ),
}


def _facets(traits: Traits) -> Iterable[Facet]:
    modes = (mode for mode, (_, feature) in _SERVICES.items() if feature is None or traits.features & feature)
    yield from enum_facet("mode", modes, settable=True, sensitive=True)
    yield Facet(key="triggered", kind=FacetKind.BOOLEAN)
    yield from enum_facet("state", _STATES)


def _read(state: State, key: str) -> Value | None:
    match key:
        case "mode":
            # Between two modes, and while it sounds, it is in none
            return state.state if state.state in _SERVICES else None
        case "triggered":
            return state.state == AlarmControlPanelState.TRIGGERED
        case "state":
            return state.state if state.state in _STATES else None
        case _:
            return None


def _call(_state: State, key: str, value: Any) -> Call | None:
    return (_SERVICES[value][0], {}) if key == "mode" and value in _SERVICES else None


ALARM_CONTROL_PANEL = Domain(facets=_facets, read=_read, call=_call)
