"""How long a connection has been away, over set-up attempts too, and the repairs that follow from it."""

from datetime import datetime
from typing import Self

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from .const import (
    CONF_CONNECTION,
    CONF_ENDPOINT,
    CONNECTION_TENCENT_VIDEO,
    CONNECTION_TUYA_CLOUD,
    CONNECTION_TUYALINK,
    DOMAIN,
)

UNREACHABLE_AFTER = 600.0
"""Seconds after which a user should hear of it; restarts and updates of a gateway take less."""

ISSUE_UNREACHABLE = "unreachable"
ISSUE_KEY_REFUSED = "device_key_refused"

_TEXTS = {
    (ISSUE_UNREACHABLE, CONNECTION_TUYA_CLOUD): "cloud_unreachable",
    (ISSUE_UNREACHABLE, CONNECTION_TUYALINK): "tuyalink_unreachable",
    (ISSUE_UNREACHABLE, CONNECTION_TENCENT_VIDEO): "tencent_unreachable",
}
"""The text of an issue, where a connection has one of its own."""

_KEY: HassKey[dict[str, Reachability]] = HassKey(f"{DOMAIN}_reachability")


def issue_id(issue: str, entry: ConfigEntry) -> str:
    """Return the id of an entry's issue."""
    return f"{issue}_{entry.entry_id}"


class Reachability:
    """What is known of one entry's reachability, kept while set-up is tried again and again.

    `refusals` counts the attempts in a row that failed for the key.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Begin as reachable."""
        self._hass = hass
        self._entry = entry
        self._cancel: CALLBACK_TYPE | None = None
        self.refusals = 0

    @classmethod
    def of(cls, hass: HomeAssistant, entry: ConfigEntry) -> Self:
        """Return the one of an entry; not entry.runtime_data, which each attempt makes anew."""
        known = hass.data.setdefault(_KEY, {})
        if entry.entry_id not in known:
            known[entry.entry_id] = cls(hass, entry)
        return known[entry.entry_id]  # type: ignore[return-value]

    @callback
    def lost(self) -> None:
        """The link is down, or an attempt failed; raise the repair if that lasts."""
        if self._cancel is None:
            self._cancel = async_call_later(
                self._hass, UNREACHABLE_AFTER, HassJob(self._unreachable, cancel_on_shutdown=True)
            )

    @callback
    def back(self) -> None:
        """The link is up; all is well."""
        self._stop_waiting()
        self.refusals = 0
        for issue in (ISSUE_UNREACHABLE, ISSUE_KEY_REFUSED):
            ir.async_delete_issue(self._hass, DOMAIN, issue_id(issue, self._entry))
        for flow in list(self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})):
            # Nobody needs to enter a key any more that is accepted
            self._hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def forget(self) -> None:
        """The entry is removed."""
        self.back()
        self._hass.data.get(_KEY, {}).pop(self._entry.entry_id, None)

    @callback
    def key_refused(self) -> None:
        """The other side refuses the key; only the user can give another."""
        self._stop_waiting()
        ir.async_delete_issue(self._hass, DOMAIN, issue_id(ISSUE_UNREACHABLE, self._entry))
        self._raise(ISSUE_KEY_REFUSED, ir.IssueSeverity.ERROR, is_fixable=True)

    @callback
    def _unreachable(self, _now: datetime) -> None:
        if self._entry.disabled_by is not None:
            # The user knows; should the entry be enabled again, the time begins anew
            self._cancel = None
            return
        self._raise(ISSUE_UNREACHABLE, ir.IssueSeverity.WARNING, is_fixable=False)

    def _stop_waiting(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _raise(self, issue: str, severity: ir.IssueSeverity, *, is_fixable: bool) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(issue, self._entry),
            data={"entry_id": self._entry.entry_id},
            is_fixable=is_fixable,
            severity=severity,
            translation_key=_TEXTS.get((issue, self._entry.data.get(CONF_CONNECTION, "")), issue),
            translation_placeholders={
                "name": self._entry.title,
                **{
                    key: str(value) for key, value in self._entry.data.items() if key in ("host", "port", CONF_ENDPOINT)
                },
            },
        )
