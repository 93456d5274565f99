"""What holds a value that is set as such: numbers, counters, selects, texts, dates and times, and the helpers of the same kinds."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from homeassistant.core import State
from homeassistant.util import dt as dt_util

from ..facet import TIMESTAMP, Facet, FacetKind, Value
from .making import Call, Domain, enum_facet
from .traits import Traits, as_number


def _setter(
    facet: str, service: str, parameter: str, made: Callable[[Any], Any]
) -> Callable[[State, str, Any], Call | None]:
    """Return what sets the one facet of a domain by a service with one parameter."""

    def call(_state: State, key: str, value: Any) -> Call | None:
        return (service, {parameter: made(value)}) if key == facet else None

    return call


def _same(value: Any) -> Any:
    return value


def _number_facets(traits: Traits) -> Iterable[Facet]:
    yield _number(traits, "min", "max")


def _counter_facets(traits: Traits) -> Iterable[Facet]:
    yield _number(traits, "minimum", "maximum")


def _number(traits: Traits, minimum: str, maximum: str) -> Facet:
    return Facet(
        key="value",
        kind=FacetKind.NUMBER,
        unit=traits.unit,
        device_class=traits.device_class,
        minimum=traits.number(minimum),
        maximum=traits.number(maximum),
        step=traits.number("step"),
        settable=True,
    )


def _read_number(state: State, key: str) -> Value | None:
    return as_number(state.state) if key == "value" else None


def _select_facets(traits: Traits) -> Iterable[Facet]:
    return enum_facet("option", traits.texts("options"), settable=True, device_class=traits.device_class)


def _read_option(state: State, key: str) -> Value | None:
    return state.state if key == "option" else None


def _text_facets(traits: Traits) -> Iterable[Facet]:
    yield Facet(
        key="text",
        kind=FacetKind.TEXT,
        minimum=traits.number("min"),
        maximum=traits.number("max"),
        settable=True,
        # What is hidden as it is typed is not sent to a cloud
        readable=traits.attributes.get("mode") != "password",
    )


def _read_text(state: State, key: str) -> Value | None:
    return state.state if key == "text" and state.attributes.get("mode") != "password" else None


def _moment_facets(_traits: Traits) -> Iterable[Facet]:
    yield Facet(key="value", kind=FacetKind.NUMBER, device_class=TIMESTAMP, settable=True)


def _input_moment_facets(traits: Traits) -> Iterable[Facet]:
    if traits.attributes.get("has_date") and traits.attributes.get("has_time"):
        yield from _moment_facets(traits)
    else:
        yield Facet(key="value", kind=FacetKind.TEXT)


def _read_moment(state: State, key: str) -> Value | None:
    if key != "value":
        return None
    if state.domain == "input_datetime":
        both = state.attributes.get("has_date") and state.attributes.get("has_time")
        return as_number(state.attributes.get("timestamp")) if both else state.state
    moment = dt_util.parse_datetime(state.state)
    return None if moment is None else moment.timestamp()


def _input_moment_call(state: State, key: str, value: Any) -> Call | None:
    if key != "value" or isinstance(value, str):
        return None
    return "set_datetime", {"timestamp": value}


def _day_facets(_traits: Traits) -> Iterable[Facet]:
    yield Facet(key="value", kind=FacetKind.TEXT, settable=True)


def _read_day(state: State, key: str) -> Value | None:
    return state.state if key == "value" else None


NUMBER = Domain(facets=_number_facets, read=_read_number, call=_setter("value", "set_value", "value", _same))
COUNTER = Domain(facets=_counter_facets, read=_read_number, call=_setter("value", "set_value", "value", round))
SELECT = Domain(facets=_select_facets, read=_read_option, call=_setter("option", "select_option", "option", _same))
TEXT = Domain(facets=_text_facets, read=_read_text, call=_setter("text", "set_value", "value", _same))
DATETIME = Domain(
    facets=_moment_facets,
    read=_read_moment,
    call=_setter("value", "set_value", "datetime", lambda value: datetime.fromtimestamp(value, UTC).isoformat()),
)
INPUT_DATETIME = Domain(facets=_input_moment_facets, read=_read_moment, call=_input_moment_call)
DATE = Domain(facets=_day_facets, read=_read_day, call=_setter("value", "set_value", "date", _same))
TIME = Domain(facets=_day_facets, read=_read_day, call=_setter("value", "set_value", "time", _same))
