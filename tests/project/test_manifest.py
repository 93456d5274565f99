"""The manifest and what Home Assistant's own validation (hassfest) would ask of it, which does not run offline."""

import ast
import json
from pathlib import Path
import re

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
import pytest

from .source import INTEGRATION, ROOT, imported_modules, python_files, read_json, tree

MANIFEST = read_json(INTEGRATION / "manifest.json")

# Keys of a custom integration's manifest that hassfest knows; any other is an error there.
KNOWN_KEYS = {
    "after_dependencies",
    "bluetooth",
    "codeowners",
    "config_flow",
    "dependencies",
    "dhcp",
    "documentation",
    "domain",
    "homekit",
    "import_executor",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "loggers",
    "mqtt",
    "name",
    "preview_features",
    "quality_scale",
    "requirements",
    "single_config_entry",
    "ssdp",
    "usb",
    "version",
    "zeroconf",
}

PLATFORM_FILES = [path for platform in Platform if (path := INTEGRATION / f"{platform}.py").exists()]


def test_keys() -> None:
    """Domain and name come first, the others by the alphabet; none is unknown, none that HACS wants is missing."""
    keys = list(MANIFEST)
    assert keys[:2] == ["domain", "name"]
    assert keys[2:] == sorted(keys[2:])
    assert set(keys) <= KNOWN_KEYS
    assert {"codeowners", "documentation", "iot_class", "issue_tracker", "version"} <= set(keys)


def test_values() -> None:
    """The values that the project promises."""
    assert MANIFEST["domain"] == INTEGRATION.name == "iot_gateway"
    assert MANIFEST["name"] == read_json(ROOT / "hacs.json")["name"] == "IoT Gateway"
    assert MANIFEST["config_flow"] is True
    assert MANIFEST["integration_type"] == "hub"
    assert MANIFEST["iot_class"] == "local_push"
    assert MANIFEST["codeowners"]
    assert all(owner.startswith("@") for owner in MANIFEST["codeowners"])
    for key in ("documentation", "issue_tracker"):
        assert MANIFEST[key].startswith("https://")
        assert "home-assistant.io" not in MANIFEST[key]
    version = AwesomeVersion(MANIFEST["version"], ensure_strategy=[AwesomeVersionStrategy.SEMVER])
    assert version.valid


def test_minimum_home_assistant() -> None:
    """hacs.json names the release that the tests of the integration run on."""
    requirements = (ROOT / "requirements_test.txt").read_text(encoding="utf-8")
    assert read_json(ROOT / "hacs.json")["homeassistant"] == "2026.10.0"
    assert "pytest-homeassistant-custom-component==" in requirements


def test_imported_components_are_dependencies() -> None:
    """A component whose module is imported is a dependency, unless it is one that entities of a platform come from."""
    platforms = {str(platform) for platform in Platform}
    # parts of every Home Assistant, which hassfest lets anyone import
    always = {"device_automation", "diagnostics", "repairs", "system_health"}
    named = {*MANIFEST.get("dependencies", []), *MANIFEST.get("after_dependencies", [])}
    imported = {
        name.split(".")[2]
        for path in python_files(INTEGRATION)
        for _, name in imported_modules(path)
        if name.startswith("homeassistant.components.")
    }
    assert imported - platforms - always - named == set()
    assert set(MANIFEST.get("dependencies", [])) <= imported


def test_platforms_are_there() -> None:
    """There is something for the next test to look at."""
    assert len(PLATFORM_FILES) >= 8


@pytest.mark.parametrize("path", PLATFORM_FILES, ids=lambda path: path.stem)
def test_parallel_updates(path: Path) -> None:
    """Every platform says how many updates may run at once."""
    values = [
        node.value.value
        for node in tree(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == "PARALLEL_UPDATES"
    ]
    assert len(values) == 1
    assert isinstance(values[0], int)


def test_no_log_message_ends_with_a_period() -> None:
    """Home Assistant's style of log messages."""
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files(INTEGRATION)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in levels
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and re.search(r"(?<!\.)\.$", node.args[0].value)
    ]
    assert wrong == []


def test_json_files_are_tidy() -> None:
    """JSON files are formatted alike: two spaces, real characters, a line at the end."""
    for path in [*INTEGRATION.rglob("*.json"), ROOT / "hacs.json"]:
        content = path.read_text(encoding="utf-8")
        assert content.endswith("}\n"), path
        assert "\t" not in content, path
        assert json.loads(content), path
