"""The topics `tylink/{device id}/{function}` and who may use them (tuya_message_queue_and_tuyalink.md, B2).

A function is what is after the device id, such as "thing/property/report".
"""

from typing import Final

PREFIX: Final = "tylink"

_THING_UP: Final = (
    "thing/model/get",
    "thing/property/report",
    "thing/property/set_response",
    "thing/property/desired/get",
    "thing/property/desired/delete",
    "thing/data/batch_report",
    "thing/data/history_report",
    "thing/event/trigger",
    "thing/action/execute_response",
    "ota/firmware/report",
    "ota/get",
    "ota/progress/report",
    "ext/time/request",
    "ext/file/upload/request",
    "ext/file/download/request",
    "ext/config/get",
    "channel/raw/up",
)
_THING_DOWN: Final = (
    "thing/model/get_response",
    "thing/property/report_response",
    "thing/property/set",
    "thing/property/desired/get_response",
    "thing/property/desired/delete_response",
    "thing/data/batch_report_response",
    "thing/data/history_report_response",
    "thing/event/trigger_response",
    "thing/action/execute",
    # The documentation's table has the first, nano.TuyaLink the second.
    "ota/issue",
    "ota/firmware/issue",
    "ota/get_response",
    "ext/time/response",
    "ext/file/upload/response",
    "ext/file/download/response",
    "ext/config/get_response",
    "channel/raw/down",
)
_GATEWAY_UP: Final = (
    "device/sub/bind",
    "device/sub/login",
    "device/sub/logout",
    "device/topo/add",
    "device/topo/delete",
    "device/topo/get",
)
_GATEWAY_DOWN: Final = (
    "device/sub/bind_response",
    "device/topo/add_response",
    "device/topo/delete_response",
    "device/topo/get_response",
    "device/topo/change",
)

GATEWAY_UPLINKS: Final = frozenset(_GATEWAY_UP)
UPLINKS: Final = frozenset(_THING_UP) | GATEWAY_UPLINKS
"""What devices publish."""
DOWNLINKS: Final = frozenset(_THING_DOWN) | frozenset(_GATEWAY_DOWN)
"""What the cloud publishes."""
RESPONSES: Final = {
    **{
        function: f"{function}_response"
        for function in (
            "thing/model/get",
            "thing/property/report",
            "thing/property/desired/get",
            "thing/property/desired/delete",
            "thing/data/batch_report",
            "thing/data/history_report",
            "thing/event/trigger",
            "device/sub/bind",
            "device/topo/add",
            "device/topo/delete",
            "device/topo/get",
            "ota/get",
            "ext/config/get",
        )
    },
    "ext/time/request": "ext/time/response",
    "ext/file/upload/request": "ext/file/upload/response",
    "ext/file/download/request": "ext/file/download/response",
}
"""The function of the answer by that of the request; the others are never answered."""
ON_REQUEST: Final = frozenset(
    {"thing/property/report", "thing/data/batch_report", "thing/data/history_report", "thing/event/trigger"}
)
"""What is only answered if `sys.ack` is 1."""


def topic(device_id: str, function: str) -> str:
    """Return the topic of a device's function."""
    return f"{PREFIX}/{device_id}/{function}"


def parse_topic(text: str) -> tuple[str, str] | None:
    """Return device id and function of a topic; None if it is none of these."""
    prefix, _, rest = text.partition("/")
    device_id, _, function = rest.partition("/")
    return (device_id, function) if prefix == PREFIX and device_id and function else None


def readable(device_id: str, *, gateway: bool) -> tuple[str, ...]:
    """Return the topics of a device that its connection may read; a sub-device has none of a gateway's."""
    return tuple(topic(device_id, one) for one in (*_THING_DOWN, *(_GATEWAY_DOWN if gateway else ())))


def writable(device_id: str, *, gateway: bool) -> tuple[str, ...]:
    """Return the topics of a device that its connection may write to."""
    return tuple(topic(device_id, one) for one in (*_THING_UP, *(_GATEWAY_UP if gateway else ())))
