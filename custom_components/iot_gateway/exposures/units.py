"""Units: how to get from Home Assistant's to those that a thing model spells in its own ways."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.util.unit_conversion import (
    ApparentPowerConverter,
    AreaConverter,
    BaseUnitConverter,
    ConductivityConverter,
    DataRateConverter,
    DistanceConverter,
    DurationConverter,
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    EnergyConverter,
    FrequencyConverter,
    InformationConverter,
    MassConverter,
    MassVolumeConcentrationConverter,
    PowerConverter,
    PressureConverter,
    ReactiveEnergyConverter,
    ReactivePowerConverter,
    SpeedConverter,
    TemperatureConverter,
    VolumeConverter,
    VolumeFlowRateConverter,
)

from ..mapping.units import known_unit

# Of units that say themselves what they measure. Not among them are those that need to know of what: ppm of which gas
_BY_UNIT: Final[tuple[type[BaseUnitConverter], ...]] = (
    TemperatureConverter,
    PowerConverter,
    EnergyConverter,
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    PressureConverter,
    DistanceConverter,
    SpeedConverter,
    MassConverter,
    VolumeConverter,
    VolumeFlowRateConverter,
    DurationConverter,
    FrequencyConverter,
    ConductivityConverter,
    MassVolumeConcentrationConverter,
    AreaConverter,
    ApparentPowerConverter,
    ReactivePowerConverter,
    ReactiveEnergyConverter,
    InformationConverter,
    DataRateConverter,
)


@dataclass(frozen=True, slots=True)
class UnitChange:
    """The way from a unit to another and back."""

    there: Callable[[float], float]
    back: Callable[[float], float]


def _same(value: float) -> float:
    return value


SAME_UNIT: Final = UnitChange(_same, _same)


def unit_change(unit: str, spelt: str, device_class: str | None = None) -> UnitChange | None:
    """Return the way from `unit` to what a model spells as `spelt`, None where there is none.

    `device_class` tells which of several ways is meant: a difference of temperatures has no zero to shift.
    """
    # There are two of the letter mu, of which Home Assistant has the Greek one
    unit = unit.replace("\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}")
    if _is_same(unit, spelt):
        return SAME_UNIT
    own = UNIT_CONVERTERS.get(device_class)
    for converter in _BY_UNIT if own is None else (own, *_BY_UNIT):
        if unit in converter.VALID_UNITS and (target := known_unit(spelt, converter.VALID_UNITS)) is not None:
            return UnitChange(converter.converter_factory(unit, target), converter.converter_factory(target, unit))
    return None


def _is_same(unit: str, spelt: str) -> bool:
    return known_unit(spelt, {unit}) is not None or unit.strip().casefold() == spelt.strip().casefold()


def is_percent(spelt: str | None) -> bool:
    """Whether a unit is percent, however it is spelt."""
    return bool(spelt) and known_unit(spelt or "", {"%"}) is not None
