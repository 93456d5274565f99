"""The table of sirens.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq (sgbj, dgnbj and the
detectors).
"""

from homeassistant.const import EntityCategory

from .camera import CAMERA_CATEGORIES
from .composite import SirenRow
from .making import rows
from .rows import Table

_SOUND = {"volume": ("alarm_volume",), "duration": ("alarm_time",), "tone": ("alarm_ringtone",)}
_DETECTOR = rows(SirenRow, {"alarm_switch": "siren"}, **_SOUND)
_CAMERA = rows(SirenRow, {"siren_switch": "siren"})

SIRENS: Table[SirenRow] = {
    **dict.fromkeys(("cobj", "dgnbj", "jqbj", "jwbj", "pm2.5", "pm25", "rqbj", "voc", "ywbj"), _DETECTOR),
    "co2bj": rows(SirenRow, {"alarm_switch": "siren"}, entity_category=EntityCategory.CONFIG, **_SOUND),
    **dict.fromkeys(CAMERA_CATEGORIES, _CAMERA),
    "sgbj": (
        *rows(SirenRow, {"alarm_switch": None}, main=True, **_SOUND),
        *rows(SirenRow, {"alarm_state": None}, main=True, mode=("alarm_state",), unless=("alarm_switch",), **_SOUND),
    ),
}

COMMON_SIRENS: tuple[SirenRow, ...] = _CAMERA
