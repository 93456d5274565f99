"""The repairs of a TuyaLink connection: of its certificate, and of each of its exposures."""

from collections.abc import Collection, Iterable
from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN

_HELP_URL: Final = "https://github.com/iot-gateway/iot_gateway/blob/main/docs/user/tuyalink.md"

CERTIFICATE_USED_TWICE: Final = "certificate_used_twice"
ENTITY_GONE: Final = "exposed_entity_gone"
OUTDATED: Final = "exposure_outdated"
UNBOUND: Final = "sub_device_unbound"

_OF_EXPOSURES: Final = (ENTITY_GONE, OUTDATED, UNBOUND)


class LinkTroubles:
    """The repairs of one entry. Those of exposures name the subentry, and go by themselves when their cause does."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Raise nothing yet."""
        self._hass = hass
        self._entry = entry

    @callback
    def taken_over(self, *, now: bool) -> None:
        """Another program connects with our certificate, or does so no more."""
        issue = f"{CERTIFICATE_USED_TWICE}_{self._entry.entry_id}"
        if not now:
            ir.async_delete_issue(self._hass, DOMAIN, issue)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue,
            is_fixable=False,
            learn_more_url=_HELP_URL,
            severity=ir.IssueSeverity.ERROR,
            translation_key=CERTIFICATE_USED_TWICE,
            translation_placeholders={"name": self._entry.title},
        )

    @callback
    def entity_gone(self, subentry_id: str, entities: Collection[str]) -> None:
        """Entities of an exposure are not there any more; none of them clears that."""
        self._of_exposure(ENTITY_GONE, subentry_id, bool(entities), entity=", ".join(sorted(entities)))

    @callback
    def outdated(self, subentry_id: str, codes: Collection[str]) -> None:
        """Codes of an exposure are not in the product's model any more; none of them clears that."""
        self._of_exposure(OUTDATED, subentry_id, bool(codes), codes=", ".join(sorted(codes)))

    @callback
    def unbound(self, subentry_id: str, *, now: bool) -> None:
        """The cloud does not have a sub-device any more, or has it again."""
        self._of_exposure(UNBOUND, subentry_id, now, is_fixable=True)

    @callback
    def keep_only(self, subentry_ids: Collection[str]) -> None:
        """Clear the repairs of exposures that are no more."""
        for issue in self._issues():
            if issue.data and issue.data.get("subentry_id") not in subentry_ids:
                ir.async_delete_issue(self._hass, DOMAIN, issue.issue_id)

    @callback
    def forget(self) -> None:
        """Clear them all."""
        self.taken_over(now=False)
        self.keep_only(())

    def _issues(self) -> Iterable[ir.IssueEntry]:
        return [
            issue
            for issue in ir.async_get(self._hass).issues.values()
            if issue.domain == DOMAIN
            and issue.issue_id.startswith(_OF_EXPOSURES)
            and issue.data
            and issue.data.get("entry_id") == self._entry.entry_id
        ]

    def _of_exposure(
        self, key: str, subentry_id: str, there: bool, *, is_fixable: bool = False, **placeholders: str
    ) -> None:
        issue = f"{key}_{subentry_id}"
        subentry: ConfigSubentry | None = self._entry.subentries.get(subentry_id)
        if not there or subentry is None:
            ir.async_delete_issue(self._hass, DOMAIN, issue)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue,
            data={"entry_id": self._entry.entry_id, "subentry_id": subentry_id},
            is_fixable=is_fixable,
            learn_more_url=_HELP_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={"name": subentry.title, "entry": self._entry.title, **placeholders},
        )
