"""The table of events: buttons of remote controls and scene switches, doorbells, what cameras see.

Tuya's names of a press become Home Assistant's (`ButtonEventType`); a press is reported once it is over, a long one
when it is long enough.
"""

from homeassistant.components.event import ButtonEventType, DoorbellEventType, EventDeviceClass

from .making import gangs, merged, numbered, rows
from .rows import EventRow, Table

_PRESSES = {
    "click": ButtonEventType.PRESS_END,
    "single_click": ButtonEventType.PRESS_END,
    "single_press": ButtonEventType.PRESS_END,
    "press": ButtonEventType.LONG_PRESS_START,
    "long_press": ButtonEventType.LONG_PRESS_START,
    "long_press_start": ButtonEventType.LONG_PRESS_START,
    "hold": ButtonEventType.LONG_PRESS_START,
    "release": ButtonEventType.LONG_PRESS_END,
    "long_press_end": ButtonEventType.LONG_PRESS_END,
    "double_click": ButtonEventType.MULTI_PRESS_END,
    "double_press": ButtonEventType.MULTI_PRESS_END,
    "triple_click": ButtonEventType.MULTI_PRESS_END,
    "scene": ButtonEventType.PRESS_END,
}
_COUNTS = {"double_click": 2, "double_press": 2, "triple_click": 3}
_BUTTON = {"device_class": EventDeviceClass.BUTTON, "events": _PRESSES, "counts": _COUNTS}
_RING = {"device_class": EventDeviceClass.DOORBELL, "event_types": [DoorbellEventType.RING]}

EVENTS: Table[EventRow] = merged(
    dict.fromkeys(("cjkg", "tdq"), gangs(EventRow, {"scene_{}": "scene_button"}, range(1, 9), **_BUTTON)),
    dict.fromkeys(
        ("wxkg", "kg"),
        numbered(EventRow, {"switch_mode{}": "button", "switch_mode_{}": "button"}, range(1, 10), **_BUTTON),
    ),
    dict.fromkeys(
        ("dghsxj", "sp"),
        (
            *rows(EventRow, {"doorbell_active": None}, **_RING),
            *rows(
                EventRow,
                {"alarm_message": "doorbell_message", "doorbell_pic": "doorbell_picture"},
                event_types=["triggered"],
            ),
            *rows(
                EventRow,
                {"movement_detect_pic": None},
                device_class=EventDeviceClass.MOTION,
                event_types=["motion"],
            ),
        ),
    ),
    {
        "wxkg": numbered(EventRow, {"switch_type_{}": "button"}, range(1, 10), **_BUTTON),
    },
)

COMMON_EVENTS: tuple[EventRow, ...] = rows(EventRow, {"doorbell": None}, **_RING)
