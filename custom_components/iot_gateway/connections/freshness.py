"""Which of two tellings of the same value is the newer one: a message may be hours old, and a reading older than a message."""

from collections.abc import Iterable
from typing import Final

ONLINE: Final = "\0online"
NAME: Final = "\0name"
"""What stands beside the codes of data points: whether a device is there, and what it is called."""

_NEVER: Final = (0.0, False)


class Freshness:
    """When what is known of each device was so, by code, in seconds since the epoch by the cloud's clock."""

    def __init__(self) -> None:
        """Know nothing yet."""
        # With whether it was read
        self._known: dict[str, dict[str, tuple[float, bool]]] = {}

    def note_report(self, device_id: str, code: str, when: float) -> bool:
        """Take note of a report; return False where something newer is known. Of two of the same moment the later told counts."""
        known = self._known.setdefault(device_id, {})
        if when < known.get(code, _NEVER)[0]:
            return False
        known[code] = (when, False)
        return True

    def note_reading(self, device_id: str, codes: Iterable[str], asked_at: float) -> set[str]:
        """Take note of a reading that was asked for at a time; return the codes of which nothing newer is known.

        What was reported after the question may be missing in the answer, or not; the report is right either way.
        """
        known = self._known.setdefault(device_id, {})
        fresh = {code for code in codes if known.get(code, _NEVER)[0] <= asked_at}
        known.update(dict.fromkeys(fresh, (asked_at, True)))
        return fresh

    def is_older(self, device_id: str, code: str, when: float) -> bool:
        """Whether what is known of a value is from before a time, or nothing is."""
        return self._since(device_id, code)[0] <= when

    def was_read_about(self, device_id: str, code: str, when: float, within: float) -> bool:
        """Whether a value is known by a reading not long after a time: the cloud may not have known of that time's report yet."""
        since, read = self._since(device_id, code)
        return read and since - when <= within

    def drop(self, device_id: str) -> None:
        """Forget a device."""
        self._known.pop(device_id, None)

    def _since(self, device_id: str, code: str) -> tuple[float, bool]:
        return self._known.get(device_id, {}).get(code, _NEVER)
