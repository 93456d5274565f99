"""The entities of devices whose model describes itself: Tencent's, by its thing model (tencent_iot_video.md section 4).

Names and meanings are each maker's own, so no table knows them: what a data point is follows from its type, its unit and its
name in the model. What we add ourselves to such a device has rows of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory, Platform

from ..model import EVENT_PREFIX, DataPoint, DataType, DeviceAction, DeviceSchema
from ..model.tencent_schema import (
    CALL_EVENT,
    CAMERA_SCHEMA,
    FEEDBACK_EVENT,
    STORAGE_EXPIRES,
    STORAGE_PLAN,
    STORAGE_PLANS,
)
from .generic import generic_row
from .naming import readable_name
from .rows import ActionRow, EventRow, Row, SensorRow

ACTION_KEY: Final = "action:"
"""Begins the key of an action's button."""

CALL_SIGNALS: Final[Mapping[str, str]] = {
    "call_hang_up": "hung_up",
    "call_reject": "rejected",
    "call_cancel": "cancelled",
    "call_busy": "busy",
    "call_timeout": "timed_out",
    "recv_stop": "receiving_stopped",
}
"""What a device says about a call, by Tencent's words."""

OWN_ROWS: Final[Mapping[str, tuple[Platform, Row]]] = {
    row.key: (platform, row)
    for platform, row in (
        (
            Platform.SENSOR,
            SensorRow(
                key=STORAGE_PLAN,
                translation_key="storage_plan",
                device_class=SensorDeviceClass.ENUM,
                options=list(STORAGE_PLANS),
                entity_category=EntityCategory.DIAGNOSTIC,
            ),
        ),
        (
            Platform.SENSOR,
            SensorRow(
                key=STORAGE_EXPIRES,
                translation_key="storage_expires",
                device_class=SensorDeviceClass.TIMESTAMP,
                entity_category=EntityCategory.DIAGNOSTIC,
            ),
        ),
        (
            Platform.EVENT,
            EventRow(key=f"{EVENT_PREFIX}{FEEDBACK_EVENT}", translation_key="device_message", event_types=["received"]),
        ),
        (
            Platform.EVENT,
            EventRow(
                key=f"{EVENT_PREFIX}{CALL_EVENT}",
                translation_key="call",
                event_types=["other"],
                events=CALL_SIGNALS,
                about=lambda value: str(value.get("signal")) if isinstance(value, dict) else None,
            ),
        ),
    )
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DescribedRow:
    """A row with its platform and the code that it listens to; `rare` is for who wants to see everything."""

    platform: Platform
    row: Row
    code: str
    rare: bool = False


def described_rows(schema: DeviceSchema) -> Iterator[DescribedRow]:
    """Yield the rows of all data points that are not hidden, and of the actions that need no inputs."""
    for code, point in schema.visible.items():
        if code in OWN_ROWS:
            platform, row = OWN_ROWS[code]
            yield DescribedRow(platform=platform, row=row, code=code)
        else:
            yield _described_row(point, camera=schema.category == CAMERA_SCHEMA)
    for action in schema.actions.values():
        if not action.inputs:
            yield DescribedRow(platform=Platform.BUTTON, row=_action_row(action), code=f"{ACTION_KEY}{action.id}")


def _described_row(point: DataPoint, *, camera: bool) -> DescribedRow:
    platform, row = generic_row(point)
    # What the model does not have, and lists, which have no form that could be shown
    rare = point.inferred or point.type is DataType.JSON
    if point.event:
        return DescribedRow(platform=platform, row=replace(row, name=point.name or row.name), code=point.code)
    # A camera's properties are its settings; of other things they are what the thing is about
    category = row.entity_category if camera or rare else None
    return DescribedRow(
        platform=platform,
        row=replace(
            row,
            name=point.name or row.name,
            entity_category=category,
            entity_registry_enabled_default=not rare,
        ),
        code=point.code,
        rare=rare,
    )


def _action_row(action: DeviceAction) -> ActionRow:
    return ActionRow(key=f"{ACTION_KEY}{action.id}", name=action.name or readable_name(action.id), action=action.id)
