"""What every test may use."""

import asyncio
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress
from functools import partial
from unittest.mock import AsyncMock, PropertyMock, patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import executor
import pytest
import pytest_asyncio
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# Loaded before any test patches a name in it: the harness has a `custom_components` package of its own, which would be
# found first otherwise.
import custom_components  # noqa: F401
from custom_components.iot_gateway.clients.tuya_gateway import AnnouncementListener, GatewayLink
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_gateway import TuyaGatewaySimulator
from tests.helpers import load, make_entry, plug, wireless_switch

CONNECTION = "custom_components.iot_gateway.connections.tuya_gateway"


def pytest_configure(config: pytest.Config) -> None:
    """Make our markers known."""
    config.addinivalue_line("markers", "link(**arguments): what the integration's link to its gateway is made with")
    # Seconds for all threads of the executor together. On a busy machine ten are too few for threads that have nothing left to do:
    # one that is interrupted while it ends stays in the list of threads, and the harness takes it for one left behind.
    executor.EXECUTOR_SHUTDOWN_TIMEOUT = 120


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find this checkout's custom_components.

    Only where a test has a Home Assistant: the tests of protocols and of the project itself do without, and are faster for it.
    """
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


def _tls_is_ending(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether a connection with TLS waits for its peer's last word, or for its first."""
    timers = (handle._callback for handle in loop._scheduled if not handle.cancelled())  # type: ignore[attr-defined]
    return any(isinstance(getattr(timer, "__self__", None), SSLProtocol) for timer in timers) or any(
        getattr(task.get_coro(), "__name__", "") == "_accept_connection2" for task in asyncio.all_tasks(loop)
    )


@pytest_asyncio.fixture(autouse=True)  # type: ignore[type-var]
def tls_ends(verify_cleanup: None) -> Generator[None]:
    """Let TLS end where a test has closed everything: on a busy machine the last bytes come after that.

    The harness does not wait for them, and finds timers and tasks of asyncio's own.
    """
    loop = asyncio.get_event_loop()
    yield
    if not _tls_is_ending(loop):
        return

    async def end() -> None:
        async with asyncio.timeout(10):
            while _tls_is_ending(loop):
                await asyncio.sleep(0.005)

    with suppress(TimeoutError):
        loop.run_until_complete(end())


@pytest.fixture
def entity_registry_enabled_by_default() -> Generator[None]:
    """Enable every entity, also those that are disabled until the user wants them."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        new_callable=PropertyMock,
        return_value=True,
    ):
        yield


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare with snapshots in Home Assistant's own format."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
def loopback_only(request: pytest.FixtureRequest) -> Generator[None]:
    """Keep the integration off the real discovery ports, and off all interfaces but the loopback."""
    if "hass" not in request.fixturenames:
        yield
        return
    with (
        patch("custom_components.iot_gateway.discovery.DEFAULT_DISCOVERY_PORTS", (0,)),
        patch(
            "custom_components.iot_gateway.discovery.AnnouncementListener",
            partial(AnnouncementListener, host="127.0.0.1"),
        ),
    ):
        yield


@pytest.fixture(autouse=True)
def hurry(request: pytest.FixtureRequest) -> Generator[None]:
    """Let the integration wait milliseconds where it waits seconds for the gateway's sake.

    A test marked `link(request_timeout=…)` gives the link further arguments.
    """
    if "hass" not in request.fixturenames:
        yield
        return
    marker = request.node.get_closest_marker("link")
    arguments = {"backoff_first": 0.02, "backoff_most": 0.05, **(marker.kwargs if marker else {})}
    with (
        patch(f"{CONNECTION}.GatewayLink", partial(GatewayLink, **arguments)),
        patch(f"{CONNECTION}._REGISTRY_COOLDOWN", 0.01),
        patch(f"{CONNECTION}._REGISTRY_RETRY", 0.02),
    ):
        yield


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncGenerator[TuyaGatewaySimulator]:
    """Return a running gateway with two devices, see `tests.helpers`; a test may add more before it sets an entry up."""
    async with TuyaGatewaySimulator([plug(), wireless_switch()]) as running:
        yield running


@pytest.fixture
async def unloading(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> AsyncGenerator[None]:
    """Unload afterwards what a test has set up, while the gateway still runs; that must always work."""
    yield
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_entries(DOMAIN):
        if hasattr(entry, "runtime_data"):
            assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, entity_registry_enabled_by_default: None, unloading: None
) -> MockConfigEntry:
    """Return the loaded entry of the simulated gateway; all of its entities are enabled."""
    mock_entry = make_entry(simulator)
    await load(hass, mock_entry)
    assert mock_entry.state is ConfigEntryState.LOADED
    return mock_entry


@pytest.fixture
def mock_setup() -> Generator[AsyncMock]:
    """Let entries be set up without a connection."""
    with patch("custom_components.iot_gateway.async_setup_entry", return_value=True) as setup:
        yield setup
