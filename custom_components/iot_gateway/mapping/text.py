"""The table of texts: schedules and the like, in the device's own notation."""

from homeassistant.const import EntityCategory

from .making import rows
from .rows import Table, TextRow

TEXTS: Table[TextRow] = {}

COMMON_TEXTS: tuple[TextRow, ...] = rows(
    TextRow,
    {
        "cycle_time": "cycle_schedule",
        "cycle_timing": "cycle_schedule",
        "random_time": "random_schedule",
        "random_timing": "random_schedule",
        "switch_inching": "inching",
        "motion_timer_setting": "motion_schedule",
        "motion_area": "motion_zone",
        "cruise_time": "patrol_times",
        "ipc_preset_set": "camera_positions",
        "memory_point_set": "camera_positions",
        "device_timer": "schedule",
        "disturb_time_set": "do_not_disturb_time",
    },
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)
