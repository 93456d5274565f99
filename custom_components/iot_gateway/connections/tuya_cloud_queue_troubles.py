"""The repairs of a message queue: what a user has to do in Tuya's console."""

from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from .tuya_cloud_troubles import CONSOLE_URL

_HELP_URL: Final = "https://github.com/iot-gateway/iot_gateway/blob/main/docs/user/message_queue.md"

SILENT: Final = "queue_silent"
SHARED: Final = "queue_shared"
WRONG_ENVIRONMENT: Final = "queue_wrong_environment"
KEY_REFUSED: Final = "queue_key_refused"
UNAVAILABLE: Final = "queue_unavailable"

OF_CONNECTING: Final = frozenset({WRONG_ENVIRONMENT, KEY_REFUSED, UNAVAILABLE})
OF_DELIVERY: Final = frozenset({SILENT, SHARED})


class QueueTroubles:
    """The repairs of one entry's queue. All of them leave the rest working: the cloud is polled meanwhile."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Raise nothing yet."""
        self._hass = hass
        self._entry = entry

    @callback
    def note(self, issue: str, **placeholders: str) -> None:
        """Raise a repair, and clear the others of its kind."""
        for other in (OF_CONNECTING if issue in OF_CONNECTING else OF_DELIVERY) - {issue}:
            ir.async_delete_issue(self._hass, DOMAIN, self._id(other))
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id(issue),
            is_fixable=False,
            learn_more_url=_HELP_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=issue,
            translation_placeholders={"name": self._entry.title, "console": CONSOLE_URL, **placeholders},
        )

    @callback
    def clear(self, issues: frozenset[str] = OF_CONNECTING | OF_DELIVERY) -> None:
        """What these repairs ask for is done, or is not asked for any more."""
        for issue in issues:
            ir.async_delete_issue(self._hass, DOMAIN, self._id(issue))

    def _id(self, issue: str) -> str:
        return f"{issue}_{self._entry.entry_id}"
