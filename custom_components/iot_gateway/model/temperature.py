"""The unit of temperatures, where a device can be set to one: `temp_unit_convert` is `c` or `f` in the standard sets."""

from .data_point import DataPoint, DataType
from .device import Device
from .schema import DeviceSchema

CELSIUS = "°C"
FAHRENHEIT = "°F"

_SETTINGS = ("temp_unit_convert", "temp_unit", "c_f", "unit_convert")
_SPELLINGS = {
    CELSIUS: ("c", "℃", "°c", "'c", "ºc", "degc", "celsius", "摄氏度"),
    FAHRENHEIT: ("f", "℉", "°f", "'f", "ºf", "degf", "fahrenheit", "华氏度"),
}
_UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}


def named_unit(point: DataPoint) -> str | None:
    """Return the unit that a data point names, itself or by the end of its code; None for one that changes or isn't said.

    A unit such as "℃/F" names none.
    """
    if (unit := _UNITS.get(point.unit.strip().lower())) is not None:
        return unit
    return FAHRENHEIT if point.code.endswith("_f") else None


def unit_setting(schema: DeviceSchema) -> str | None:
    """Return the code of the data point that sets the unit of a device's temperatures, None where it has none."""
    for code in _SETTINGS:
        point = schema.points.get(code)
        if point is not None and point.reported and point.type is DataType.ENUM:
            return code
    return None


def set_unit(device: Device) -> str | None:
    """Return the unit that a device is set to, None where it can't be or doesn't say."""
    setting = unit_setting(device.schema)
    # Of the raw: some devices are set to what their own schema lacks
    return None if setting is None else _UNITS.get(str(device.state.get(setting, "")).lower())


def temperature_unit(device: Device, code: str, default: str = CELSIUS) -> str:
    """Return the unit of a temperature: what the data point names, else what the device is set to, else the default."""
    return named_unit(device.schema.points[code]) or set_unit(device) or default
