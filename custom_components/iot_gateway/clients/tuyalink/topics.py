"""The topics of TuyaLink, every row of table B2 of the protocols page: `tylink/{device id}/{function}`.

A sub-device has topics of its own for all of `thing/…`, on its gateway's connection.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard

from .errors import MessageInvalid

_ROOT: Final = "tylink"
_LONGEST_ID: Final = 128
_NOT_IN_IDS: Final = frozenset("/+#?\0")


@dataclass(frozen=True, slots=True)
class Topic:
    """One row: what a device publishes (`up`) and what it subscribes (`down`); the one answers the other where both exist."""

    up: str | None = None
    down: str | None = None

    def publish_to(self, device_id: str) -> str:
        """Return the topic that a device publishes to; raises MessageInvalid for an id that makes no topic."""
        assert self.up is not None
        return topic_of(device_id, self.up)

    def subscribe_to(self, device_id: str) -> str:
        """Return the topic that a device subscribes; raises MessageInvalid for an id that makes no topic."""
        assert self.down is not None
        return topic_of(device_id, self.down)


def is_device_id(text: object) -> TypeGuard[str]:
    """Tell whether this can be the id of a device in a topic: no level, no wildcard."""
    return isinstance(text, str) and 0 < len(text) <= _LONGEST_ID and _NOT_IN_IDS.isdisjoint(text)


def topic_of(device_id: str, function: str) -> str:
    """Return a topic; raises MessageInvalid for an id that makes no topic."""
    if not is_device_id(device_id):
        raise MessageInvalid("A device id cannot be part of a topic")
    return f"{_ROOT}/{device_id}/{function}"


def parse_topic(topic: str) -> tuple[str, str] | None:
    """Return device id and function of a topic, None for one that is not TuyaLink's.

    The grammar allows a query behind it (`/?…`), which no documented function has; it is left off.
    """
    root, _, rest = topic.partition("/")
    device_id, _, function = rest.partition("/")
    function = function.partition("/?")[0]
    if root != _ROOT or not function or not is_device_id(device_id):
        return None
    return device_id, function


MODEL_GET: Final = Topic("thing/model/get", "thing/model/get_response")
PROPERTY_REPORT: Final = Topic("thing/property/report", "thing/property/report_response")
PROPERTY_SET: Final = Topic("thing/property/set_response", "thing/property/set")
DESIRED_GET: Final = Topic("thing/property/desired/get", "thing/property/desired/get_response")
DESIRED_DELETE: Final = Topic("thing/property/desired/delete", "thing/property/desired/delete_response")
BATCH_REPORT: Final = Topic("thing/data/batch_report", "thing/data/batch_report_response")
HISTORY_REPORT: Final = Topic("thing/data/history_report", "thing/data/history_report_response")
EVENT_TRIGGER: Final = Topic("thing/event/trigger", "thing/event/trigger_response")
ACTION_EXECUTE: Final = Topic("thing/action/execute_response", "thing/action/execute")

SUB_LOGIN: Final = Topic("device/sub/login")
SUB_LOGOUT: Final = Topic("device/sub/logout")
SUB_BIND: Final = Topic("device/sub/bind", "device/sub/bind_response")
TOPO_ADD: Final = Topic("device/topo/add", "device/topo/add_response")
TOPO_DELETE: Final = Topic("device/topo/delete", "device/topo/delete_response")
TOPO_GET: Final = Topic("device/topo/get", "device/topo/get_response")
TOPO_CHANGE: Final = Topic(down="device/topo/change")

FIRMWARE_REPORT: Final = Topic("ota/firmware/report")
FIRMWARE_GET: Final = Topic("ota/get", "ota/get_response")
FIRMWARE_PROGRESS: Final = Topic("ota/progress/report")
FIRMWARE_ISSUE: Final = Topic(down="ota/issue")
FIRMWARE_ISSUE_OTHER: Final = Topic(down="ota/firmware/issue")
"""Tuya's table and a C client have `ota/issue`, nano.TuyaLink.Net has this one; a device that listens to both misses none."""

TIME_REQUEST: Final = Topic("ext/time/request", "ext/time/response")
FILE_UPLOAD: Final = Topic("ext/file/upload/request", "ext/file/upload/response")
FILE_DOWNLOAD: Final = Topic("ext/file/download/request", "ext/file/download/response")
CONFIG_GET: Final = Topic("ext/config/get", "ext/config/get_response")
RAW: Final = Topic("channel/raw/up", "channel/raw/down")
AUTO_SUBSCRIBE: Final = Topic(down="channel/downlink/auto_subscribe")
"""One subscription that turns on all downlinks, in the C clients only and in no table: it is not in DOWNLINKS."""

_THING: Final = (
    # What has to be heard first is subscribed first
    PROPERTY_SET,
    ACTION_EXECUTE,
    PROPERTY_REPORT,
    EVENT_TRIGGER,
    DESIRED_GET,
    DESIRED_DELETE,
    MODEL_GET,
    FIRMWARE_ISSUE,
    FIRMWARE_ISSUE_OTHER,
)
_DEVICE: Final = (
    *_THING,
    BATCH_REPORT,
    HISTORY_REPORT,
    FIRMWARE_GET,
    TIME_REQUEST,
    FILE_UPLOAD,
    FILE_DOWNLOAD,
    CONFIG_GET,
    RAW,
)
_GATEWAY: Final = (*_DEVICE, TOPO_CHANGE, SUB_BIND, TOPO_ADD, TOPO_DELETE, TOPO_GET)


def _downs(*topics: Topic) -> tuple[str, ...]:
    return tuple(topic.down for topic in topics if topic.down is not None)


DOWNLINKS: Final[Mapping[str, tuple[str, ...]]] = {
    "device": _downs(*_DEVICE),
    "gateway": _downs(*_GATEWAY),
    "sub_device": _downs(*_THING),
}
"""The functions that a device, a gateway or a sub-device subscribes."""


def downlinks_of(device_id: str, kind: str) -> list[str]:
    """Return the topics that a device subscribes, of a kind of DOWNLINKS; raises MessageInvalid for an id that makes no topic."""
    return [topic_of(device_id, function) for function in DOWNLINKS[kind]]


ANSWERS: Final = frozenset(
    function for function in DOWNLINKS["gateway"] if function.endswith(("_response", "/response"))
)
"""The functions among them that answer what we asked."""
