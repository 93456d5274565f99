"""The table of climates, and what their modes and states mean.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq
"""

from collections.abc import Mapping

from homeassistant.components.climate.const import HVACAction, HVACMode

from .composite import ClimateRow
from .rows import Table

HVAC_MODES: Mapping[str, HVACMode] = {
    "auto": HVACMode.HEAT_COOL,
    "cold": HVACMode.COOL,
    "cool": HVACMode.COOL,
    "cooling": HVACMode.COOL,
    "dehumidify": HVACMode.DRY,
    "dry": HVACMode.DRY,
    "fan": HVACMode.FAN_ONLY,
    "fan_only": HVACMode.FAN_ONLY,
    "freeze": HVACMode.COOL,
    "heat": HVACMode.HEAT,
    "heating": HVACMode.HEAT,
    "hot": HVACMode.HEAT,
    "manual": HVACMode.HEAT_COOL,
    "off": HVACMode.OFF,
    "ventilation": HVACMode.FAN_ONLY,
    "wet": HVACMode.DRY,
    "wind": HVACMode.FAN_ONLY,
}
"""The mode that an option of `mode` stands for; where several of a device's options stand for one, all are presets."""

HVAC_ACTIONS: Mapping[str, HVACAction] = {
    "close": HVACAction.IDLE,
    "closed": HVACAction.IDLE,
    "cold": HVACAction.COOLING,
    "cooling": HVACAction.COOLING,
    "defrost": HVACAction.DEFROSTING,
    "defrosting": HVACAction.DEFROSTING,
    "heat": HVACAction.HEATING,
    "heating": HVACAction.HEATING,
    "hot": HVACAction.HEATING,
    "idle": HVACAction.IDLE,
    "off": HVACAction.IDLE,
    "preheating": HVACAction.PREHEATING,
    "standby": HVACAction.IDLE,
    "stop": HVACAction.IDLE,
    "ventilation": HVACAction.FAN,
    # The standard sets of heaters call it so when the temperature is kept
    "warm": HVACAction.IDLE,
    "warming": HVACAction.IDLE,
    "wet": HVACAction.DRYING,
    "wind": HVACAction.FAN,
}
"""What a device does by what it says of its work; what works without saying what it does is `WORKING`."""

WORKING = frozenset({"on", "open", "opened", "work", "working"})

WORK: Mapping[HVACMode, HVACAction] = {
    HVACMode.COOL: HVACAction.COOLING,
    HVACMode.DRY: HVACAction.DRYING,
    HVACMode.FAN_ONLY: HVACAction.FAN,
}
"""What a device does that works, by its mode; in others it heats."""

# `level` is the speed of the fan there; that of a heater is how much it heats
_FAN = ("fan_speed_enum", "level", "windspeed", "fan_speed", "fan_mode")
_TARGET = frozenset({"target_temperature", "target_temperature_f"})
_BOTH = frozenset({"target_temperature", "current_temperature"})

_HEATER = ClimateRow(base_mode=HVACMode.HEAT)

CLIMATES: Table[ClimateRow] = {
    "bgl": (ClimateRow(base_mode=HVACMode.HEAT, requires=_TARGET),),
    "dbl": (_HEATER,),
    "kt": (ClimateRow(base_mode=HVACMode.COOL, fan_mode=_FAN),),
    "ktkzq": (ClimateRow(base_mode=HVACMode.COOL, fan_mode=_FAN),),
    "mjj": (_HEATER,),
    "qn": (_HEATER,),
    "rs": (_HEATER,),
    "wk": (ClimateRow(base_mode=HVACMode.HEAT_COOL, fan_mode=_FAN),),
    # A socket with a thermostat: its switch is the socket's too
    "wkcz": (
        ClimateRow(
            base_mode=HVACMode.HEAT, switch=("switch", "switch_1"), shared=frozenset({"switch"}), requires_all=_BOTH
        ),
    ),
    "wkf": (_HEATER,),
    "yb": (ClimateRow(base_mode=HVACMode.HEAT, requires=_TARGET),),
}

COMMON_CLIMATES: tuple[ClimateRow, ...] = (
    # What can be set to a temperature and measures it is a thermostat, unless a table says what it is
    ClimateRow(base_mode=HVACMode.HEAT_COOL, shared=frozenset({"switch"}), requires_all=_BOTH),
)
