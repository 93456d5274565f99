"""The table of alarm control panels."""

from .composite import AlarmControlPanelRow
from .rows import Table

ALARM_CONTROL_PANELS: Table[AlarmControlPanelRow] = {}

COMMON_ALARM_CONTROL_PANELS: tuple[AlarmControlPanelRow, ...] = ()
