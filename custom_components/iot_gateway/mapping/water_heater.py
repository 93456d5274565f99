"""The table of water heaters.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq
"""

from .composite import WaterHeaterRow
from .rows import Table

WATER_HEATERS: Table[WaterHeaterRow] = {
    # A boiler heats a house too: that is its climate
    "bgl": (
        WaterHeaterRow(
            mode=("dhw_mode",),
            target_temperature=("dhw_temp_set",),
            target_temperature_f=("dhw_temp_set_f",),
            current_temperature=("dhw_temp_current",),
            current_temperature_f=("dhw_temp_current_f",),
        ),
    ),
    "rs": (WaterHeaterRow(),),
    "yg": (WaterHeaterRow(),),
    # Home Assistant's own integration has a switch and a number of a heat pump; both stay
    "znrb": (WaterHeaterRow(shared=frozenset({"switch", "target_temperature", "target_temperature_f"})),),
}

COMMON_WATER_HEATERS: tuple[WaterHeaterRow, ...] = ()
