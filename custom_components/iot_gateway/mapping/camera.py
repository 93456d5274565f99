"""What is a camera, and which of its data points are part of that.

Categories: tuya_ipc_webrtc.md, 7 and 10; data points: section 9 (https://developer.tuya.com/en/docs/iot/f?id=K9gf47qbzhnj3 and
https://developer.tuya.com/en/docs/iot/s?id=K9gf48qapbl1n). The rows are no part of `plan_entities`: which device can be watched
is not said by its data points, but by the connection, see `plan.plan_live_view`.
"""

from .composite import CameraRow

CAMERA_CATEGORIES = frozenset({"dghsxj", "sp", "sp_wnq"})
"""Categories whose devices are cameras, whether they can be watched just now or not."""

BATTERY_CATEGORIES = frozenset({"dghsxj"})
"""Those that sleep: Tuya calls the category "low-power camera"."""

CAMERA_CODES = frozenset(
    {
        "basic_nightvision",
        "basic_private",
        "doorbell_pic",
        "initiative_message",
        "ipc_work_mode",
        "motion_area_switch",
        "movement_detect_pic",
        "nightvision_mode",
        "photo_again",
        "ptz_control",
        "record_mode",
        "video_request_realtime",
        "wireless_powermode",
    }
)
"""Data points that hint at a camera in any other category: the cloud is asked whether it can be watched."""

BATTERY_CODES = frozenset({"wireless_awake", "wireless_electricity", "wireless_powermode"})
"""Data points of cameras that sleep, also of those that don't say so in their configuration."""

CAMERA = CameraRow(
    key="camera",
    main=True,
    privacy=("basic_private",),
    recording=("record_switch",),
    motion_detection=("motion_switch",),
)
