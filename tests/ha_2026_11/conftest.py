"""A Home Assistant 2026.11 as small as the tests need it."""

from collections.abc import AsyncIterator
from pathlib import Path
import sys

from aiohttp import ThreadedResolver
from homeassistant import loader
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.config_entries import ConfigEntries
from homeassistant.core import HomeAssistant
import pytest

_TEST_TIMEOUT = 300
"""Seconds. The project's own is for tests that start no stream and no camera."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder their time."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(_TEST_TIMEOUT))


class _Resolver(ThreadedResolver):
    """The system's resolver with the method by which Home Assistant closes its own."""

    async def real_close(self) -> None:
        """Close it."""
        await self.close()


@pytest.fixture
async def hass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HomeAssistant]:
    """Return a Home Assistant with an empty configuration directory, and stop it afterwards.

    What it imports from that directory's custom_components is forgotten afterwards, and this checkout's package is out of its way.
    """
    for name in list(sys.modules):
        if name == "custom_components" or name.startswith("custom_components."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if Path(entry or ".").resolve() != Path.cwd()])

    # Home Assistant's own resolver asks the local network too, by a socket on every interface of this machine.
    monkeypatch.setattr("homeassistant.helpers.aiohttp_client._async_make_resolver", lambda _: _Resolver())

    config = tmp_path / "config"
    (config / "custom_components").mkdir(parents=True)
    instance = HomeAssistant(str(config))
    instance.config.skip_pip = True
    loader.async_setup(instance)
    instance.config_entries = ConfigEntries(instance, {})
    assert await async_load_base_functionality(instance)
    try:
        yield instance
    finally:
        await instance.async_stop(force=True)
        for name in list(sys.modules):
            if name == "custom_components" or name.startswith("custom_components."):
                del sys.modules[name]
