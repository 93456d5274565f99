"""The codes that Tuya's cloud answers with.

From tuya_message_queue_and_tuyalink.md, B3, and the tables of codes of Tuya's own page "Properties, Actions, and Events".
"""

SUCCESS = 0
SERVICE_ERROR = 1001
BAD_PARAMETER = 1002
BAD_FORMAT = 1003
NO_DEVICE = 1004
OFFLINE = 2001
NO_MODEL = 2002
NO_PROPERTY = 2003
NO_EVENT = 2004
BAD_DATA = 2006
PARTLY_FAILED = 2121
ALL_FAILED = 2122
TOO_MANY_SUB_DEVICES = 2123
TOO_MUCH_HISTORY = 2124


class Refused(Exception):
    """A message can't be done; the code is what the cloud answers with, the text says why to whoever looks at the simulator."""

    def __init__(self, code: int, text: str) -> None:
        """Refuse."""
        super().__init__(f"{code}: {text}")
        self.code = code
