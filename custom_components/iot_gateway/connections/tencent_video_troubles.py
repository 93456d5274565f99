"""The repairs of a Tencent connection: what a user has to do in Tencent's console, at the agent or at the clock."""

from collections.abc import Collection, Mapping
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from yarl import URL

from ..clients.tencent_video import ClockWrong, RegionInvalid, TencentError
from ..const import CONF_AGENT_URL, DOMAIN

CONSOLE_URL: Final = "https://console.cloud.tencent.com"
_HELP_URL: Final = "https://github.com/iot-gateway/iot_gateway/blob/main/docs/user/tencent_video.md"

AGENT_AWAY: Final = "tencent_agent_away"
CLOCK_WRONG: Final = "tencent_clock_wrong"
PERMISSION_DENIED: Final = "tencent_permission_denied"
PRODUCTS_GONE: Final = "tencent_products_gone"
PUSH_REFUSED: Final = "tencent_push_refused"
PUSH_SILENT: Final = "tencent_push_silent"
REGION_INVALID: Final = "tencent_region_invalid"
STORAGE_EXPIRED: Final = "tencent_storage_expired"

_ERRORS: Final = frozenset({CLOCK_WRONG, REGION_INVALID})
"""What leaves nothing working."""
_ALL: Final = frozenset(
    {
        AGENT_AWAY,
        CLOCK_WRONG,
        PERMISSION_DENIED,
        PRODUCTS_GONE,
        PUSH_REFUSED,
        PUSH_SILENT,
        REGION_INVALID,
        STORAGE_EXPIRED,
    }
)


class TencentTroubles:
    """The repairs of one entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Raise nothing yet."""
        self._hass = hass
        self._entry = entry

    @callback
    def note(self, err: TencentError) -> None:
        """Raise the repair that an error of any call asks for; none for what passes by itself."""
        if isinstance(err, ClockWrong):
            offset = "?" if err.offset is None else f"{err.offset:+.0f}"
            self._raise(CLOCK_WRONG, {"offset": offset, "error": str(err)})
        elif isinstance(err, RegionInvalid):
            self._raise(REGION_INVALID, {"region": str(self._entry.data.get("region", "")), "error": str(err)})

    @callback
    def worked(self) -> None:
        """Calls work: neither clock nor region can be wrong."""
        self._clear(CLOCK_WRONG)
        self._clear(REGION_INVALID)

    @callback
    def denied(self, actions: Collection[str]) -> None:
        """The key's policy does not allow these actions, and as far as is known all others."""
        if not actions:
            self._clear(PERMISSION_DENIED)
            return
        names = sorted(actions)
        self._raise(
            PERMISSION_DENIED,
            {"actions": ", ".join(names), "policy": ", ".join(f'"iotvideo:{name}"' for name in names)},
        )

    @callback
    def products_gone(self, product_ids: Collection[str]) -> None:
        """The account does not have these products, of those that the user chose."""
        self._set(PRODUCTS_GONE, bool(product_ids), {"products": ", ".join(sorted(product_ids))})

    @callback
    def storage_expired(self, names: Collection[str]) -> None:
        """The plans of these cameras have ended, and of no others."""
        self._set(STORAGE_EXPIRED, bool(names), {"devices": ", ".join(sorted(names))})

    @callback
    def agent_away(self, away: bool, error: str = "") -> None:
        """The X-P2P agent does not answer, or does again."""
        # It may have a password before the host
        url = URL(self._entry.data.get(CONF_AGENT_URL, "")).with_user(None)
        self._set(AGENT_AWAY, away, {"url": str(url), "error": error})

    @callback
    def push_refused(self, refused: bool) -> None:
        """What comes to the webhook is signed with another token, or with the right one again."""
        self._set(PUSH_REFUSED, refused, {})

    @callback
    def push_silent(self, silent: bool) -> None:
        """Nothing was pushed for a day in which devices reported something, or it was."""
        self._set(PUSH_SILENT, silent, {})

    @callback
    def forget(self) -> None:
        """The entry is disabled or removed."""
        for issue in _ALL:
            self._clear(issue)

    def _set(self, issue: str, present: bool, placeholders: Mapping[str, str]) -> None:
        if present:
            self._raise(issue, placeholders)
        else:
            self._clear(issue)

    def _raise(self, issue: str, placeholders: Mapping[str, str]) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id(issue),
            is_fixable=False,
            learn_more_url=_HELP_URL,
            severity=ir.IssueSeverity.ERROR if issue in _ERRORS else ir.IssueSeverity.WARNING,
            translation_key=issue,
            translation_placeholders={"name": self._entry.title, "console": CONSOLE_URL, **placeholders},
        )

    def _clear(self, issue: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, self._id(issue))

    def _id(self, issue: str) -> str:
        return f"{issue}_{self._entry.entry_id}"
