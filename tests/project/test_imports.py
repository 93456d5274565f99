"""Imports go one way: platforms → mapping → model ← hub ← connections → clients; and simulators stand apart."""

from collections.abc import Callable
from pathlib import Path

from homeassistant.const import Platform
import pytest

from .source import INTEGRATION, PACKAGE, ROOT, dotted, imported_modules, python_files

PLATFORM_FILES = [INTEGRATION / f"{platform}.py" for platform in Platform]


def within(name: str, *packages: str) -> bool:
    """Tell whether a dotted name is one of these packages, or in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def offending(files: list[Path], forbidden: Callable[[Path, str], bool]) -> list[str]:
    """Return what these files import that they must not."""
    return sorted(
        {
            f"{path.relative_to(ROOT)}:{line} imports {name}"
            for path in files
            for line, name in imported_modules(path)
            if forbidden(path, name)
        }
    )


def files_in(*folders: str) -> list[Path]:
    """Return the Python files in folders of the integration."""
    return [path for folder in folders for path in python_files(INTEGRATION / folder)]


@pytest.mark.parametrize("folder", ["clients", "connections", "mapping", "model"])
def test_layers_are_there(folder: str) -> None:
    """Each layer has code, so that none of the tests below is about nothing."""
    assert files_in(folder)


def test_clients_stand_alone() -> None:
    """A client imports nothing of the project but its own package, and nothing of Home Assistant."""

    def forbidden(path: Path, name: str) -> bool:
        own = ".".join(dotted(path).split(".")[:4])
        foreign = within(name, "custom_components", "simulators", "tests", "benchmarks") and not within(name, own)
        # `from . import a` in clients/__init__.py names the parent
        return within(name, "homeassistant", "voluptuous", "probatio") or (foreign and name != f"{PACKAGE}.clients")

    assert offending(files_in("clients"), forbidden) == []


def test_model_knows_no_entities() -> None:
    """The model imports nothing of Home Assistant's components, and of the project only itself."""

    def forbidden(path: Path, name: str) -> bool:
        return within(name, "homeassistant.components", "homeassistant.helpers", "homeassistant.config_entries") or (
            within(name, "custom_components", "simulators") and not within(name, f"{PACKAGE}.model")
        )

    assert offending(files_in("model"), forbidden) == []


def test_mapping_knows_only_the_model() -> None:
    """The mapping imports the model, and no platform, hub, connection or client."""
    allowed = (f"{PACKAGE}.mapping", f"{PACKAGE}.model", f"{PACKAGE}.const")

    def forbidden(path: Path, name: str) -> bool:
        return within(name, "custom_components", "simulators") and not within(name, *allowed) and name != PACKAGE

    assert offending(files_in("mapping"), forbidden) == []


def test_platforms_know_no_protocol() -> None:
    """A platform imports no client and no connection: a fifth connection costs no edit in a platform."""
    platforms = [path for path in PLATFORM_FILES if path.exists()]
    assert len(platforms) >= 8
    shared = [INTEGRATION / "entity.py", INTEGRATION / "hub.py"]

    def forbidden(path: Path, name: str) -> bool:
        return within(name, f"{PACKAGE}.clients", f"{PACKAGE}.connections")

    assert offending([*platforms, *shared], forbidden) == []


def test_hub_knows_only_the_model() -> None:
    """The hub and its helpers know devices, and neither what becomes of them nor what brings them."""
    files = [INTEGRATION / name for name in ("hub.py", "commands.py", "settling.py")]
    layers = tuple(f"{PACKAGE}.{layer}" for layer in ("mapping", "clients", "connections", "entity"))
    assert offending(files, lambda _path, name: within(name, *layers)) == []


def test_connections_know_no_platform() -> None:
    """A connection brings devices to the hub; which entities they become is none of its business."""
    platforms = tuple(dotted(path) for path in PLATFORM_FILES)

    def forbidden(path: Path, name: str) -> bool:
        return within(name, f"{PACKAGE}.mapping", f"{PACKAGE}.entity", *platforms)

    assert offending(files_in("connections"), forbidden) == []


def test_simulators_stand_apart() -> None:
    """Simulators import nothing of the integration and nothing of Home Assistant: they are a second reading of the protocol."""
    files = list(python_files(ROOT / "simulators"))
    assert files
    assert offending(files, lambda _, name: within(name, "custom_components", "homeassistant", "tests")) == []


def test_integration_knows_no_simulator() -> None:
    """What is installed at a user's needs nothing of the rest of the repository."""
    files = list(python_files(INTEGRATION))
    assert offending(files, lambda _, name: within(name, "simulators", "tests", "benchmarks", "scripts")) == []


def test_relative_imports_inside_the_integration() -> None:
    """The integration never names itself absolutely: Home Assistant decides where it lies."""

    def absolute(path: Path) -> list[str]:
        source = path.read_text(encoding="utf-8")
        return [
            line
            for line in source.splitlines()
            if line.startswith(("from custom_components", "import custom_components"))
        ]

    assert {str(path): lines for path in python_files(INTEGRATION) if (lines := absolute(path))} == {}
