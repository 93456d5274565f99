"""The scripts, the release and what no file of the project may name."""

import os
from pathlib import Path
import re
import stat
import subprocess
import sys
import zipfile

import pytest
import yaml

from .source import INTEGRATION, ROOT, tracked_files

COMMANDS = ["scripts/setup", "scripts/test", "scripts/lint", "scripts/package", "scripts/demo", ".ci/run"]

# Put together here, so that this file does not name them either.
PACKAGE_HOSTS = ["pypi" + ".org", "python" + "hosted.org", "deb.debian" + ".org", "registry.npm" + "js"]


def shell_scripts() -> list[Path]:
    """Return the shell scripts of the project."""
    found = []
    for path in tracked_files():
        if path.suffix in {".png", ".ico", ".bin"}:
            continue
        with path.open("rb") as file:
            first = file.readline(200)
        if re.match(rb"#!.*\b(ba)?sh\b", first) or path.name == "common.sh":
            found.append(path)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_executable(name: str) -> None:
    """What the README tells people to run can be run."""
    path = ROOT / name
    assert path.stat().st_mode & stat.S_IXUSR
    assert path.read_bytes().startswith(b"#!/usr/bin/env ")


def test_shell_scripts_parse() -> None:
    """Bash can read each of them, and each stops at the first error."""
    scripts = shell_scripts()
    assert {ROOT / "scripts/setup", ROOT / "scripts/test", ROOT / ".ci/run"} <= set(scripts)
    for path in scripts:
        done = subprocess.run(["bash", "-n", path], capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr
        if path.name != "common.sh":
            assert "\nset -euo pipefail\n" in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("name", ["scripts/setup", "scripts/test", "scripts/lint", "scripts/package"])
def test_help(name: str) -> None:
    """Each tells how it is used, and does nothing else when asked."""
    done = subprocess.run([ROOT / name, "--help"], capture_output=True, check=True, text=True, stdin=subprocess.DEVNULL)
    assert name in done.stdout or "usage" in done.stdout
    assert len(done.stdout.splitlines()) >= 5


@pytest.mark.parametrize("name", ["scripts/setup", "scripts/lint"])
def test_wrong_argument(name: str) -> None:
    """A mistyped argument is named, and nothing is done."""
    done = subprocess.run([ROOT / name, "tset"], capture_output=True, check=False, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert "tset" in done.stderr


@pytest.mark.parametrize("host", PACKAGE_HOSTS)
def test_no_package_host_is_named(host: str) -> None:
    """Where packages come from is the machine's own configuration, everywhere in the project."""
    naming = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if host.encode() in path.read_bytes() and path.suffix != ".png"
    ]
    assert naming == []


def test_no_secret_is_readable_by_accident() -> None:
    """No environment, log or editor's leavings are among the project's files."""
    leavings = re.compile(r"(^|/)(\.env|.*\.log|.*\.pyc|.*~|.*\.orig|\.coverage)$")
    assert [name for path in tracked_files() if leavings.search(name := str(path.relative_to(ROOT)))] == []


def package(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Make the release."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts/package", "--output", directory, *arguments],
        capture_output=True,
        check=False,
        text=True,
    )


def test_package(tmp_path: Path) -> None:
    """The zip's root is the integration, with what it needs and nothing that only lies around."""
    done = package(tmp_path, "--version", "v9.8.7-beta.6")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "iot_gateway.zip"
    with zipfile.ZipFile(tmp_path / "iot_gateway.zip") as bundle:
        names = bundle.namelist()
        assert '"version": "9.8.7-beta.6"' in bundle.read("manifest.json").decode()
        assert bundle.testzip() is None
    assert names == sorted(names, key=lambda name: Path(name).parts)
    assert {"__init__.py", "manifest.json", "translations/en.json", "services.yaml", "brand/icon.png"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc") or "/." in f"/{name}"]


def test_package_leaves_out_what_lies_around(tmp_path: Path) -> None:
    """Caches and editors' leavings never get into a release."""
    sample = tmp_path / "sample"
    for name in ("scripts/package", "hacs.json", "custom_components/iot_gateway/manifest.json"):
        (sample / name).parent.mkdir(parents=True, exist_ok=True)
        (sample / name).write_bytes((ROOT / name).read_bytes())
    for name in ("__pycache__/a.pyc", ".hidden", "sensor.py~", "sensor.py.orig", "sensor.py"):
        path = sample / "custom_components/iot_gateway" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    done = subprocess.run(
        [sys.executable, sample / "scripts/package", "--output", tmp_path], capture_output=True, check=True, text=True
    )
    with zipfile.ZipFile(done.stdout.strip()) as bundle:
        assert bundle.namelist() == ["manifest.json", "sensor.py"]


@pytest.mark.parametrize("version", ["soon", "1", "1.2.x", "1.2.3; rm"])
def test_package_wants_a_version(tmp_path: Path, version: str) -> None:
    """What is no version makes no release."""
    done = package(tmp_path, "--version", version)
    assert done.returncode == 1
    assert version in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["icon", "logo", "dark_icon", "dark_logo"])
def test_brand(name: str) -> None:
    """The brand's pictures have the sizes that Home Assistant asks for, the second twice the first."""

    def size(path: Path) -> tuple[int, int]:
        header = path.read_bytes()[:26]
        assert header.startswith(b"\x89PNG\r\n\x1a\n")
        assert header[25] == 6, "not a picture with transparency"
        return int.from_bytes(header[16:20]), int.from_bytes(header[20:24])

    width, height = size(INTEGRATION / "brand" / f"{name}.png")
    assert size(INTEGRATION / "brand" / f"{name}@2x.png") == (2 * width, 2 * height)
    if name.endswith("icon"):
        assert (width, height) == (256, 256)
    else:
        assert 128 <= min(width, height) <= 256


def test_python_is_found() -> None:
    """The project's own way to an interpreter names one that is new enough."""
    done = subprocess.run(
        [ROOT / "scripts/lib/python314"],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "IOT_GATEWAY_PYTHON": sys.executable},
    )
    assert done.stdout.strip() == sys.executable
    done = subprocess.run(
        [ROOT / "scripts/lib/python314"],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "IOT_GATEWAY_PYTHON": "/bin/false"},
    )
    assert done.returncode == 1
    assert "/bin/false" in done.stderr


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_workflows() -> None:
    """Workflows have no more rights than they need, and run nothing that can change under them."""
    assert {path.name for path in WORKFLOWS} >= {"release.yml", "tests.yml", "validate.yml"}
    used = set()
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert workflow["permissions"] == {}, path
        for name, job in workflow["jobs"].items():
            assert job["permissions"], f"{path.name}: {name}"
            assert job["timeout-minutes"] <= 60, f"{path.name}: {name}"
            for step in job["steps"]:
                # what a release or a branch is called must not become part of a shell command
                assert "${{" not in step.get("run", ""), f"{path.name}: {name}"
                if "uses" in step:
                    action, _, version = step["uses"].partition("@")
                    assert re.fullmatch(r"[0-9a-f]{40}", version), f"{path.name}: {step['uses']} is not pinned"
                    used.add(action)
    assert {"hacs/action", "home-assistant/actions/hassfest"} <= used


def test_ci_runs_what_the_readme_says() -> None:
    """CI goes the way of a newcomer: setup, then tests; lint before, so that pytest's closing line is the last."""
    steps = [
        line.split()[0]
        for line in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
        if line.startswith("scripts/")
    ]
    assert steps == ["scripts/setup", "scripts/lint", "scripts/package", "scripts/test"]
