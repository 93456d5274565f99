"""The table of alarm control panels.

What the codes mean: https://developer.tuya.com/en/docs/iot/standarddescription?id=K9i5ql6waswzq (mal).
"""

from .composite import AlarmControlPanelRow
from .rows import Table

_PANEL = AlarmControlPanelRow(key="master_mode", state=("master_state",), message=("alarm_msg",), main=True)

ALARM_CONTROL_PANELS: Table[AlarmControlPanelRow] = dict.fromkeys(("mal", "wg2"), (_PANEL,))

COMMON_ALARM_CONTROL_PANELS: tuple[AlarmControlPanelRow, ...] = (_PANEL,)
