"""The project's own source, as the tests of this folder read it."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
import json
from pathlib import Path
import subprocess
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "iot_gateway"
PACKAGE = "custom_components.iot_gateway"


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return the files that belong to the project: what git has or would take, or, without git, what is not hidden or made."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    except OSError, subprocess.CalledProcessError:
        made = {"__pycache__", "build", "dist", "htmlcov"}
        return tuple(
            path
            for path in sorted(ROOT.rglob("*"))
            if path.is_file()
            and not made & set(path.parts)
            and not any(
                part.startswith((".venv", ".git", ".mypy", ".ruff", ".pytest", ".coverage")) for part in path.parts
            )
        )
    return tuple(sorted(path for name in listing.split("\0") if name and (path := ROOT / name).is_file()))


@cache
def python_files(directory: Path) -> tuple[Path, ...]:
    """Return the Python files below a directory."""
    return tuple(path for path in sorted(directory.rglob("*.py")) if "__pycache__" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def dotted(path: Path) -> str:
    """Return the name by which Python imports a file of the project."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the full dotted name of everything that a file imports, relative imports resolved.

    `from a import b` yields both a and a.b, as b may be a module.
    """
    package = dotted(path) if path.name == "__init__.py" else dotted(path).rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            yield node.lineno, base
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def calls(path: Path) -> Iterator[ast.Call]:
    """Yield every call in a file."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def called_name(call: ast.Call) -> str:
    """Return the last part of what is called: `f` of `a.b.f(...)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def argument(call: ast.Call, name: str) -> ast.expr | None:
    """Return a keyword argument of a call."""
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def module(path: Path) -> ModuleType:
    """Import a file of the project."""
    return import_module(dotted(path))


def text(node: ast.expr | None, path: Path) -> str | None:
    """Return the string that an expression stands for: a literal, or a constant of the module. None if it is neither."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.Name(id=name):
            constant: object = getattr(module(path), name, None)
            return str(constant) if isinstance(constant, str) else None
    return None


def literals(directory: Path) -> set[str]:
    """Return all string literals in the code below a directory."""
    found = set()
    for path in python_files(directory):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file."""
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
