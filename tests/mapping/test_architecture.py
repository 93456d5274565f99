"""Tables hold no logic, and platform modules hold no table: each change has one room."""

import ast
from pathlib import Path

import pytest

from custom_components.iot_gateway.const import PLATFORMS

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "iot_gateway"
TABLES = sorted(INTEGRATION / "mapping" / f"{platform}.py" for platform in PLATFORMS)
PLATFORM_MODULES = sorted(INTEGRATION / f"{platform}.py" for platform in PLATFORMS)

_LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.While,
    ast.Try,
    ast.With,
    ast.Match,
    ast.IfExp,
)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_tables_hold_no_logic(path: Path) -> None:
    """A table is read, not run: nothing in it decides."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, _LOGIC), f"{path.name}:{getattr(node, 'lineno', 0)} {type(node).__name__}"


@pytest.mark.parametrize("path", PLATFORM_MODULES, ids=lambda path: path.stem)
def test_platform_modules_hold_no_table(path: Path) -> None:
    """No row of a table is made in a platform module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert not name.endswith(("Row", "EntityDescription")), f"{path.name}:{node.lineno} {name}"
