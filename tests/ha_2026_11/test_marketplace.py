"""Home Assistant's own Marketplace (HACS) installs the release, by its own code, and Home Assistant loads what it unpacked.

The Marketplace of Home Assistant 2026.11 reads a catalog, then hacs.json and manifest.json of the version, then the zip of the release.
Here a server on this machine serves these in place of GitHub; nothing of the Marketplace itself is replaced.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
import json
import logging
from pathlib import Path
import subprocess
import sys
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast
import zipfile

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components.lovelace import LovelaceData
from homeassistant.components.lovelace.const import LOVELACE_DATA
from homeassistant.components.marketplace import profiles
from homeassistant.components.marketplace.base import MarketplaceManager
from homeassistant.components.marketplace.coordinator import MarketplaceUpdateCoordinator
from homeassistant.components.marketplace.enums import RepositoryCategory
from homeassistant.components.marketplace.exceptions import MarketplaceError
from homeassistant.components.marketplace.repositories.base import Repository, RepositoryManifest
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration
import pytest

ROOT = Path(__file__).parents[2]
REPOSITORY = "iot-gateway/iot_gateway"
VERSION = "1.2.3"


@dataclass
class Published:
    """What the server has: files by path, and the paths that were asked for."""

    files: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    def replace(self, ending: str, content: bytes) -> None:
        """Publish something else under the one path that ends so."""
        (path,) = (path for path in self.files if path.endswith(ending))
        self.files[path] = content


def make_zip(directory: Path, *, version: str = VERSION) -> Path:
    """Make the release with the project's script."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "package", "--version", version, "--output", directory],
        capture_output=True,
        check=True,
        text=True,
    )
    return Path(done.stdout.strip())


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """Return the project's files as GitHub and the catalog serve them after a release."""
    manifest = json.loads((ROOT / "custom_components/iot_gateway/manifest.json").read_text())
    hacs = (ROOT / "hacs.json").read_bytes()
    catalog = {
        "123456789": {
            "description": "Local first gateway",
            "domain": manifest["domain"],
            "etag_repository": "none",
            "full_name": REPOSITORY,
            "last_fetched": 1_790_000_000.0,
            "last_updated": "2026-11-20T00:00:00Z",
            "last_version": VERSION,
            "manifest": {"name": json.loads(hacs)["name"]},
            "manifest_name": manifest["name"],
        }
    }
    return Published(
        {
            "/catalog/integration/data.json": json.dumps(catalog).encode(),
            f"/raw/{REPOSITORY}/{VERSION}/hacs.json": hacs,
            f"/raw/{REPOSITORY}/{VERSION}/custom_components/iot_gateway/manifest.json": json.dumps(manifest).encode(),
            f"/github/{REPOSITORY}/releases/download/{VERSION}/iot_gateway.zip": make_zip(
                tmp_path / "dist"
            ).read_bytes(),
        }
    )


@pytest.fixture
async def repository(
    hass: HomeAssistant, published: Published, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Repository]:
    """Return the integration as the Marketplace knows it once it has read its catalog."""

    async def serve(request: web.Request) -> web.Response:
        published.asked.append(request.path)
        if (content := published.files.get(request.path)) is None:
            raise web.HTTPNotFound
        return web.Response(body=content)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    async with TestServer(app, host="127.0.0.1") as server:
        base = str(server.make_url("")).rstrip("/")
        profile = profiles.DownloadProfile(
            id="test",
            operator="this test",
            api=base,
            github=f"{base}/github",
            raw=f"{base}/raw",
            catalog=f"{base}/catalog",
        )
        monkeypatch.setitem(profiles.PROFILES, "test", profile)
        entry: ConfigEntry[Any] = ConfigEntry(
            data={},
            discovery_keys=MappingProxyType({}),
            domain="marketplace",
            minor_version=1,
            options={"profile": "test"},
            source="system",
            subentries_data=None,
            title="Marketplace",
            unique_id=None,
            version=1,
        )
        hass.data[LOVELACE_DATA] = cast(LovelaceData, SimpleNamespace(resource_mode="storage"))
        marketplace = MarketplaceManager(hass, entry)
        marketplace.set_active_categories()
        marketplace.coordinators = {category: MarketplaceUpdateCoordinator() for category in RepositoryCategory}
        marketplace.status.startup = False
        await marketplace.async_get_category_repositories_from_catalog(RepositoryCategory.INTEGRATION)
        found = marketplace.repositories.get_by_full_name(REPOSITORY)
        assert found is not None, "the catalog's entry did not pass the Marketplace's validation"
        yield found


async def test_install_and_load(
    hass: HomeAssistant, repository: Repository, published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    """The released files pass every check, are unpacked where they belong, and load; no restart is needed."""
    caplog.set_level(logging.WARNING)
    await repository.async_install_repository()

    assert repository.data.installed
    assert repository.data.installed_version == VERSION
    assert repository.data.domain == "iot_gateway"
    assert repository.data.config_flow
    assert repository.data.authors
    assert repository.display_name == "IoT Gateway"
    assert repository.validate.success
    assert not repository.pending_restart
    # It came from the release's zip, and no file or key of ours made the Marketplace complain.
    assert f"/github/{REPOSITORY}/releases/download/{VERSION}/iot_gateway.zip" in published.asked
    assert [record.getMessage() for record in caplog.records if "marketplace" in record.name] == []

    integration = await async_get_integration(hass, "iot_gateway")
    assert integration.file_path == Path(hass.config.path("custom_components/iot_gateway"))
    assert integration.version == VERSION
    assert not integration.is_built_in
    assert integration.config_flow
    assert integration.requirements == ["aiomqtt>=2.5.0"]
    assert integration.has_translations
    assert integration.has_services

    await integration.async_get_component()
    file = sys.modules[integration.pkg_path].__file__
    assert file is not None
    assert Path(file).is_relative_to(integration.file_path)
    platforms = {path.stem for path in integration.file_path.glob("*.py")} - {"__init__"}
    assert {"config_flow", "diagnostics"} <= platforms
    loaded = await integration.async_get_platforms(sorted(platforms))
    assert set(loaded) == platforms


async def test_release_has_the_whole_integration(hass: HomeAssistant, repository: Repository) -> None:
    """Every file of the integration is in what was unpacked, byte for byte but the version, and nothing else."""
    await repository.async_install_repository()
    source = ROOT / "custom_components" / "iot_gateway"
    unpacked = Path(hass.config.path("custom_components/iot_gateway"))

    def files(directory: Path) -> set[str]:
        found = (path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(directory).as_posix() for path in found}

    assert files(unpacked) == files(source)
    for name in files(source) - {"manifest.json"}:
        assert (unpacked / name).read_bytes() == (source / name).read_bytes(), name
    expected = json.loads((source / "manifest.json").read_text()) | {"version": VERSION}
    assert json.loads((unpacked / "manifest.json").read_text()) == expected


def test_hacs_json() -> None:
    """The Marketplace takes every value of hacs.json, and knows every key."""
    written = json.loads((ROOT / "hacs.json").read_text())
    read = RepositoryManifest.from_dict(written)
    assert read.manifest == written
    assert read.zip_release
    assert read.filename == "iot_gateway.zip"
    assert not read.content_in_root


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": "soon"}, "installed_manifest_without_version"),
        ({"domain": "other"}, "installed_manifest_other_domain"),
    ],
)
async def test_bad_release_is_refused(
    hass: HomeAssistant,
    repository: Repository,
    published: Published,
    tmp_path: Path,
    change: dict[str, str],
    reason: str,
) -> None:
    """A release whose manifest Home Assistant would not load is refused, so the test above means something."""
    good = make_zip(tmp_path / "good")
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                content = json.dumps(json.loads(content) | change).encode()
            target.writestr(name, content)
    published.replace("iot_gateway.zip", bad.read_bytes())

    with pytest.raises(MarketplaceError) as err:
        await repository.async_install_repository()

    assert err.value.translation_key == reason
    assert not Path(hass.config.path("custom_components/iot_gateway")).exists()


def test_release_is_reproducible(tmp_path: Path) -> None:
    """The same source gives the same zip."""
    assert make_zip(tmp_path / "first").read_bytes() == make_zip(tmp_path / "second").read_bytes()
