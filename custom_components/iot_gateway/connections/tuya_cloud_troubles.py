"""The repairs of a Tuya cloud connection: what a user has to do in Tuya's console, raised and cleared by what calls tell."""

from collections.abc import Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..clients.tuya_cloud.errors import (
    CloudError,
    DataCenterSuspended,
    IpNotAllowed,
    NotSubscribed,
    PermissionDenied,
    QuotaExhausted,
    SubscriptionExpired,
    WrongDataCenter,
)
from ..const import DOMAIN

CONSOLE_URL: Final = "https://platform.tuya.com"
_HELP_URL: Final = "https://github.com/iot-gateway/iot_gateway/blob/main/docs/user/tuya_cloud.md"

NO_DEVICES: Final = "cloud_no_devices"

_OF_DEVICES: Final[Mapping[type[CloudError], str]] = {
    NotSubscribed: "cloud_not_subscribed",
    SubscriptionExpired: "cloud_subscription_expired",
    QuotaExhausted: "cloud_quota_exhausted",
    PermissionDenied: "cloud_permission_denied",
    IpNotAllowed: "cloud_ip_not_allowed",
    WrongDataCenter: "cloud_wrong_data_center",
    DataCenterSuspended: "cloud_data_center_suspended",
}
_OF_VIDEO: Final[Mapping[type[CloudError], str]] = {
    NotSubscribed: "cloud_video_not_subscribed",
    SubscriptionExpired: "cloud_video_subscription_expired",
    QuotaExhausted: "cloud_quota_exhausted",
}
_WARNINGS: Final = frozenset({NO_DEVICES, "cloud_video_not_subscribed", "cloud_video_subscription_expired"})
"""What leaves the rest working."""


class CloudTroubles:
    """The repairs of one entry; those of `video`, the API product of live pictures, apart from those of devices."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Raise nothing yet."""
        self._hass = hass
        self._entry = entry

    @callback
    def note(self, err: CloudError, *, video: bool = False) -> None:
        """Raise the repair that an error of a call asks for, and clear the others of its kind; none for what passes by itself."""
        if (issue := (_OF_VIDEO if video else _OF_DEVICES).get(type(err))) is not None:
            self._only(issue, err.told, video=video)

    @callback
    def note_no_devices(self) -> None:
        """The project is in order, but no device is in it."""
        self._only(NO_DEVICES, "", video=False)

    @callback
    def clear(self, *, video: bool = False) -> None:
        """Calls work."""
        for issue in _issues(video=video):
            ir.async_delete_issue(self._hass, DOMAIN, self._id(issue))

    @callback
    def forget(self) -> None:
        """The entry is disabled or removed."""
        self.clear()
        self.clear(video=True)

    def _only(self, issue: str, error: str, *, video: bool) -> None:
        for other in _issues(video=video) - {issue}:
            ir.async_delete_issue(self._hass, DOMAIN, self._id(other))
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id(issue),
            is_fixable=False,
            learn_more_url=_HELP_URL,
            severity=ir.IssueSeverity.WARNING if issue in _WARNINGS else ir.IssueSeverity.ERROR,
            translation_key=issue,
            translation_placeholders={"name": self._entry.title, "console": CONSOLE_URL, "error": error},
        )

    def _id(self, issue: str) -> str:
        return f"{issue}_{self._entry.entry_id}"


def _issues(*, video: bool) -> set[str]:
    """Return the keys of all repairs that calls of a kind clear; those that both kinds raise, calls of devices do."""
    of_devices = {*_OF_DEVICES.values(), NO_DEVICES}
    return set(_OF_VIDEO.values()) - of_devices if video else of_devices
