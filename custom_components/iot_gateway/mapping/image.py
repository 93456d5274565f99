"""The picture of a camera's last event (tuya_ipc_webrtc.md, section 9); like the camera, it is no part of `plan_entities`."""

from .composite import EventImageRow

EVENT_IMAGE = EventImageRow(
    key="event_image",
    translation_key="event_image",
    movement=("movement_detect_pic",),
    doorbell=("doorbell_pic",),
    detection=("initiative_message",),
    alarm=("alarm_message",),
)
