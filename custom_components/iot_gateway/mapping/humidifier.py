"""The table of humidifiers and dehumidifiers.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq
"""

from homeassistant.components.humidifier.const import HumidifierDeviceClass

from .composite import HumidifierRow
from .rows import Table

_MEASURED = ("humidity_current", "humidity_indoor", "humidity_value", "humidity")

HUMIDIFIERS: Table[HumidifierRow] = {
    "cs": (
        HumidifierRow(
            device_class=HumidifierDeviceClass.DEHUMIDIFIER,
            target_humidity=("dehumidify_set_value", "humidity_set"),
            current_humidity=_MEASURED,
        ),
    ),
    "jsq": (
        HumidifierRow(
            device_class=HumidifierDeviceClass.HUMIDIFIER,
            target_humidity=("humidity_set",),
            current_humidity=_MEASURED,
        ),
    ),
}

COMMON_HUMIDIFIERS: tuple[HumidifierRow, ...] = (
    # No other kind of device has this code
    HumidifierRow(
        device_class=HumidifierDeviceClass.DEHUMIDIFIER,
        target_humidity=("dehumidify_set_value",),
        current_humidity=_MEASURED,
        requires_all=frozenset({"target_humidity"}),
    ),
)
