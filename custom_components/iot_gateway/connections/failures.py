"""What follows where a cloud cannot be asked: how long to wait, when it is lost, what set-up says."""

from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady

from ..const import DOMAIN

_RETRY_FIRST: Final = 15.0
"""Seconds until the next attempt after the first that failed; twice that after the second, and so on."""
_MOST_DOUBLINGS: Final = 10
_FAILURES_BEFORE_LOST: Final = 2


class Failures:
    """The readings in a row that failed; `count` is how many."""

    def __init__(self, interval: float) -> None:
        """Begin with none; `interval` is how many seconds are between two readings, and at most until an attempt."""
        self._interval = interval
        self.count = 0

    @property
    def retry(self) -> float:
        """Seconds until the next attempt, where there was a failure that passes by itself."""
        return min(_RETRY_FIRST * 2.0 ** min(self.count - 1, _MOST_DOUBLINGS), self._interval)

    def failed(self, *, passing: bool) -> bool:
        """Count a failure; return whether the cloud is lost: one that passes by itself may be the only one."""
        self.count += 1
        return self.count >= _FAILURES_BEFORE_LOST or not passing

    def worked(self) -> None:
        """A reading went well."""
        self.count = 0


def set_up_error(
    entry: ConfigEntry, err: Exception, key: str, *, refused: bool
) -> ConfigEntryNotReady | ConfigEntryAuthFailed:
    """Return what set-up raises for an error of the client whose translation has this key.

    With `refused` the credentials are: the user is asked for others.
    """
    return (ConfigEntryAuthFailed if refused else ConfigEntryNotReady)(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"name": entry.title, "error": str(err)},
    )
