"""The table of events: buttons of remote controls and scene switches, doorbells, what cameras see, who unlocks a door.

Tuya's names of a press become Home Assistant's (`ButtonEventType`); a press is reported once it is over, a long one
when it is long enough. Zigbee switches number them instead: 0 is one click, 1 a double click, 2 a long press
(https://developer.tuya.com/en/docs/iot/wxkg?id=Kbeo9t3ryuqm5).
"""

from homeassistant.components.event import ButtonEventType, DoorbellEventType, EventDeviceClass

from ..model import message_command
from .camera import CAMERA_CATEGORIES
from .making import gangs, merged, numbered, rows
from .rows import EventRow, Table

_PRESSES = {
    "click": ButtonEventType.PRESS_END,
    "single_click": ButtonEventType.PRESS_END,
    "single_press": ButtonEventType.PRESS_END,
    "single": ButtonEventType.PRESS_END,
    "short_press": ButtonEventType.PRESS_END,
    "0": ButtonEventType.PRESS_END,
    "press": ButtonEventType.LONG_PRESS_START,
    "long_press": ButtonEventType.LONG_PRESS_START,
    "long_press_start": ButtonEventType.LONG_PRESS_START,
    "long": ButtonEventType.LONG_PRESS_START,
    "hold": ButtonEventType.LONG_PRESS_START,
    "2": ButtonEventType.LONG_PRESS_START,
    "release": ButtonEventType.LONG_PRESS_END,
    "long_press_end": ButtonEventType.LONG_PRESS_END,
    "double_click": ButtonEventType.MULTI_PRESS_END,
    "double_press": ButtonEventType.MULTI_PRESS_END,
    "double": ButtonEventType.MULTI_PRESS_END,
    "1": ButtonEventType.MULTI_PRESS_END,
    "triple_click": ButtonEventType.MULTI_PRESS_END,
    "triple_press": ButtonEventType.MULTI_PRESS_END,
    "scene": ButtonEventType.PRESS_END,
}
_COUNTS = {"double_click": 2, "double_press": 2, "double": 2, "1": 2, "triple_click": 3, "triple_press": 3}
_BUTTON = {"device_class": EventDeviceClass.BUTTON, "events": _PRESSES, "counts": _COUNTS}
_PRESSED = {"device_class": EventDeviceClass.BUTTON, "event_types": [ButtonEventType.PRESS_END]}
_KNOB = {
    "events": {
        "clockwise_rotation": "clockwise",
        "clockwise": "clockwise",
        "rotate_right": "clockwise",
        "anticlockwise_rotation": "counterclockwise",
        "anticlockwise": "counterclockwise",
        "rotate_left": "counterclockwise",
    }
}
_RING = {"device_class": EventDeviceClass.DOORBELL, "event_types": [DoorbellEventType.RING]}
_SOMETHING = {"event_types": ["triggered"]}

_NUMBERS = range(1, 10)
_SEEN = (
    *rows(EventRow, {"doorbell_pic": "doorbell_picture", "decibel_upload": "sound_detected"}, **_SOMETHING),
    *rows(EventRow, {"movement_detect_pic": None}, device_class=EventDeviceClass.MOTION, event_types=["motion"]),
    *rows(
        EventRow,
        {"initiative_message": "detection"},
        about=message_command,
        event_types=["other"],
        events={
            "ipc_baby_cry": "crying",
            "ipc_bang": "sound",
            "ipc_car": "vehicle",
            "ipc_cat": "pet",
            "ipc_dog": "pet",
            "ipc_doorbell": "doorbell",
            "ipc_face": "face",
            "ipc_human": "person",
            "ipc_linger": "loitering",
            "ipc_low_battery": "low_battery",
            "ipc_motion": "motion",
            "ipc_package": "package",
            "ipc_passby": "passing",
            "ipc_pet": "pet",
            "ipc_antibreak": "tampering",
        },
    ),
)
"""What whatever has a camera tells of: locks with one, too."""
_CAMERA = (
    *rows(EventRow, {"doorbell_active": None}, **_RING),
    *rows(EventRow, {"alarm_message": "doorbell_message"}, **_SOMETHING),
    *_SEEN,
)

EVENTS: Table[EventRow] = merged(
    dict.fromkeys(("cjkg", "kg", "tdq"), gangs(EventRow, {"scene_{}": "scene_button"}, range(1, 9), **_BUTTON)),
    dict.fromkeys(
        ("wxkg", "kg"),
        numbered(EventRow, {"switch_mode{}": "button", "switch_mode_{}": "button"}, _NUMBERS, **_BUTTON),
    ),
    dict.fromkeys(CAMERA_CATEGORIES, _CAMERA),
    {
        "sos": rows(EventRow, {"sos_state": "emergency_button"}, **_PRESSED),
        "wxkg": (
            *numbered(EventRow, {"switch_type_{}": "button", "switch{}_value": "button"}, _NUMBERS, **_BUTTON),
            *numbered(EventRow, {"knob_switch_mode_{}": "knob"}, range(1, 5), **_KNOB),
        ),
    },
)

_UNLOCKED = {
    "unlock_access_control": "unlocked_access_control",
    "unlock_app": "unlocked_app",
    "unlock_ble": "unlocked_bluetooth",
    "unlock_card": "unlocked_card",
    "unlock_double": "unlocked_double",
    "unlock_dynamic": "unlocked_dynamic",
    "unlock_emergency": "unlocked_emergency",
    "unlock_eye": "unlocked_iris",
    "unlock_face": "unlocked_face",
    "unlock_finger_vein": "unlocked_finger_vein",
    "unlock_fingerprint": "unlocked_fingerprint",
    "unlock_hand": "unlocked_hand",
    "unlock_identity_card": "unlocked_identity_card",
    "unlock_key": "unlocked_key",
    "unlock_offline_pd": "unlocked_offline",
    "unlock_password": "unlocked_password",
    "unlock_phone_remote": "unlocked_phone",
    "unlock_remote": "unlocked_remote_control",
    "unlock_special": "unlocked_special",
    "unlock_temporary": "unlocked_temporary",
    "unlock_voice_remote": "unlocked_voice",
    "open_inside": "opened_inside",
}

COMMON_EVENTS: tuple[EventRow, ...] = (
    *_SEEN,
    *rows(EventRow, {"doorbell": None, "doorbell_call": None}, **_RING),
    # The same finger twice is two events: a sensor of who was last could not tell
    *rows(EventRow, _UNLOCKED, event_types=["unlocked"]),
    *rows(
        EventRow,
        {"alarm_lock": "lock_alarm"},
        events={
            kind: kind
            for kind in (
                "wrong_finger",
                "wrong_password",
                "wrong_card",
                "wrong_face",
                "tongue_bad",
                "too_hot",
                "unclosed_time",
                "tongue_not_out",
                "pry",
                "key_in",
                "low_battery",
                "power_off",
                "shock",
                "defense",
            )
        },
    ),
)

SUBTYPES = {row.key: row.subtype for table in (*EVENTS.values(), COMMON_EVENTS) for row in table}
"""What device triggers call an event, by its key."""
