"""quality_scale.yaml tells of every rule of Home Assistant's Integration Quality Scale how the integration stands."""

from typing import Any

import pytest
import yaml

from .source import INTEGRATION

# All 54 rules, by tier, as in Home Assistant 2026.11.
RULES = set(
    """
    action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage dependency-transparency
    docs-actions docs-conditions docs-high-level-description docs-installation-instructions docs-removal-instructions
    docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data test-before-configure test-before-setup
    unique-config-entry

    action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters entity-unavailable
    integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage

    devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations
    docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices entity-category
    entity-device-class entity-disabled-by-default entity-translations exception-translations icon-translations
    reconfiguration-flow repair-issues stale-devices

    async-dependency inject-websession strict-typing
    """.split()
)


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    """Return the ledger."""
    loaded = yaml.safe_load((INTEGRATION / "quality_scale.yaml").read_text(encoding="utf-8"))
    assert list(loaded) == ["rules"]
    entries: dict[str, Any] = loaded["rules"]
    return entries


def test_every_rule_is_there(rules: dict[str, Any]) -> None:
    """No rule is left out, misspelt or made up."""
    assert len(RULES) == 54
    assert set(rules) == RULES


def test_status(rules: dict[str, Any]) -> None:
    """A rule is done, or to do or exempt with a reason."""
    for rule, entry in rules.items():
        if entry == "done":
            continue
        assert isinstance(entry, dict), f"{rule}: {entry}"
        assert set(entry) <= {"status", "comment"}, rule
        assert entry["status"] in {"done", "todo", "exempt"}, rule
        if entry["status"] != "done":
            assert len(entry.get("comment", "").split()) >= 3, f"{rule} is {entry['status']} without a reason"
