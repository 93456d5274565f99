"""One Home Assistant with a simulated gateway for all tests, and a page in headless Chromium for each.

Run by `.venv-demo/bin/python -m pytest tests/browser`; `--update-screenshots` renews docs/images.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from importlib.metadata import PackageNotFoundError, version
import json
import os
from pathlib import Path
import shutil
import socket
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from demo.household import registered
from demo.processes import ROOT
from demo.simulations import (
    RunningSimulator,
    Simulation,
    add_tuya_cloud,
    add_tuya_gateway,
    add_tuyalink,
    free_port,
    no_broker,
    tencent_video,
    tuya_cloud,
    tuya_gateway,
    tuyalink,
    workshop,
)
from demo.stage import Stage
from simulators.tuya_cloud import demo_cloud

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

type Picture = Callable[[Page, str], Awaitable[None]]
"""Takes a picture for docs/images, where the run was asked to."""
type StartGateway = Callable[..., Awaitable[RunningSimulator]]
"""Starts one more simulated gateway: `(announce=False)`."""
type StartCloud = Callable[..., Awaitable[RunningSimulator]]
"""Starts one more simulated cloud project: `(broker=False)`."""
type StartLink = Callable[[], Awaitable[RunningSimulator]]
"""Starts one more simulated cloud for TuyaLink."""

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_MICROPHONE = "--use-fake-device-for-media-stream"
"""One that beeps. Nobody has allowed its use yet, without which browsers hide their addresses from cameras too."""
_HOME_ASSISTANT = "2026.11."
VIEWPORT = (1280, 800)
PATIENCE_MS = 60_000
"""For what happens at once on a machine with nothing else to do. It costs time only where a test fails."""
_TEST_TIMEOUT = 600
"""Seconds, with the fixtures: the first test's start Home Assistant and set up all of the home."""
_START_MS = 180_000
_IMAGES = ROOT / "docs" / "images"
FAILURES = ROOT / "build" / "browser"


def _lacking() -> str | None:
    """Return what this environment lacks for these tests."""
    try:
        if not version("homeassistant").startswith(_HOME_ASSISTANT):
            return f"Home Assistant {version('homeassistant')} is not {_HOME_ASSISTANT}x"
        version("home-assistant-frontend")
        version("playwright")
    except PackageNotFoundError as err:
        return f"{err.name} is not installed; scripts/setup browser installs what these tests need"
    if not any(map(shutil.which, _CHROMIUM)):
        return "there is no Chromium; scripts/setup browser installs it"
    return None


LACKING = _lacking()
NO_BROKER = no_broker()
"""Why there is no cloud and no camera, if there are none."""


def pytest_sessionstart() -> None:
    """Where nothing may be left out, say what would be."""
    if NO_BROKER and os.environ.get("IOT_GATEWAY_REQUIRE_BROWSER"):
        raise pytest.UsageError(f"the tests of cameras can't run, and this run may not do without: {NO_BROKER}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for new pictures."""
    parser.addoption("--update-screenshots", action="store_true", help="renew the pictures in docs/images")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all in one event loop, in which the browser lives too; skip all where something is missing."""
    for item in items:
        if not item.path.is_relative_to(Path(__file__).parent):
            continue  # of another folder in the same run
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_TEST_TIMEOUT))
        if LACKING:
            item.add_marker(pytest.mark.skip(reason=LACKING))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember whether a test failed, for the page's picture of it."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The demo, with values that only change when a test changes them, listening for gateways on a port of its own."""
    options = {"discovery_ports": [str(free_port(kind=socket.SOCK_DGRAM))], "idle_interval": 30}
    simulations = [tuya_gateway(living=False, options=options), tencent_video(living=False)]
    if not NO_BROKER:
        simulations += [tuya_cloud(living=False), tuyalink()]
    async with Stage(tmp_path_factory.mktemp("home_assistant"), port=free_port(), simulations=simulations) as stage:
        yield stage


@pytest.fixture
def gateway(stage: Stage) -> RunningSimulator:
    """The gateway of the demo home."""
    return stage.simulators["tuya_gateway"]


@pytest.fixture
def cloud(stage: Stage) -> RunningSimulator:
    """The cloud project of the demo home, with its cameras: `cloud.camera(title)` controls one."""
    if NO_BROKER:
        pytest.skip(NO_BROKER)
    return stage.simulators["tuya_cloud"]


@pytest.fixture
def tencent(stage: Stage) -> RunningSimulator:
    """The account of Tencent's IoT Video, with its cameras behind an agent: `tencent.agent` controls that."""
    return stage.simulators["tencent_video"]


@pytest.fixture
def link(stage: Stage) -> RunningSimulator:
    """The Tuya cloud in which the home's TuyaLink device is."""
    if NO_BROKER:
        pytest.skip(NO_BROKER)
    return stage.simulators["tuyalink"]


@pytest_asyncio.fixture(loop_scope="session")
async def start_gateway(stage: Stage, tmp_path: Path) -> AsyncIterator[StartGateway]:
    """Start further gateways, each with a uuid and devices of its own; they stop, and are forgotten, when the test ends."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def forget(uuid: str) -> None:
            if (device := (await registered(stage.api)).get(uuid)) is not None:
                entry_id = device["primary_config_entry"]
                await stage.api.delete(f"/api/config/config_entries/entry/{entry_id}")

        async def start(*, announce: bool = False) -> RunningSimulator:
            number = next(_NUMBERS)
            home = [
                device | {"devid": f"{device['devid'][:-3]}{number:02}{device['devid'][-1]}"} for device in workshop()
            ]
            file = tmp_path / f"home{number}.json"
            file.write_text(json.dumps(home), encoding="utf-8")
            gateway = stage.simulators["tuya_gateway"]
            options = gateway.simulation.options_for(gateway.announced)
            arguments = ["tuya-gateway", "--still", "--uuid", f"c0ffee00c0ffee0000{number:02}", "--home", str(file)]
            if announce:
                arguments += [
                    "--broadcast",
                    f"127.255.255.255:{options['discovery_ports'][0]}",
                    "--announce-interval",
                    "0.5",
                ]
            simulation = Simulation(
                name=f"further{number}", title=f"Gateway {number}", arguments=arguments, add=add_tuya_gateway
            )
            running = await RunningSimulator.start(simulation, session, tmp_path / f"{simulation.name}.log")
            stack.push_async_callback(running.stop)
            stack.push_async_callback(forget, running.announced["uuid"])
            return running

        yield start


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StartCloud]:
    """Start further cloud projects, each with keys and devices of its own."""
    tmp_path = tmp_path_factory.mktemp("clouds")
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def start(*, broker: bool = False) -> RunningSimulator:
            number = next(_NUMBERS)
            file = tmp_path / f"cloud{number}.json"
            # With ids that no other cloud has
            home = [
                device.as_dump()
                | {"devid": f"further{number:02}{device.id[9:]}", "camera": None if device.camera is None else {}}
                for device in demo_cloud()
                if device.name in FURTHER
            ]
            file.write_text(json.dumps(home), encoding="utf-8")
            simulation = Simulation(
                name=f"further{number}",
                title=f"Tuya cloud {number:02}",
                arguments=(
                    *("tuya-cloud", "--still", "--home", str(file), "--access-id", f"furtherpr0j3ct{number:06}"),
                    *(() if broker else ("--no-broker",)),
                ),
                add=add_tuya_cloud,
            )
            running = await RunningSimulator.start(simulation, session, tmp_path / f"{simulation.name}.log")
            stack.push_async_callback(running.stop)
            return running

        yield start


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def start_link(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StartLink]:
    """Start further Tuya clouds for TuyaLink, each with a device of its own."""
    tmp_path = tmp_path_factory.mktemp("links")
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def start() -> RunningSimulator:
            number = next(_NUMBERS)
            simulation = Simulation(
                name=f"further{number}",
                title=f"TuyaLink {number:02}",
                arguments=("tuyalink-cloud", "--device-id", f"6c51a0d3c0de71aa01gw{number:02}"),
                add=add_tuyalink,
            )
            running = await RunningSimulator.start(simulation, session, tmp_path / f"{simulation.name}.log")
            stack.push_async_callback(running.stop)
            return running

        yield start


FURTHER = ("Desk lamp", "Garage plug", "Living room camera")
"""What further clouds have."""
_NUMBERS = iter(range(1, 100))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium of the system."""
    from playwright.async_api import async_playwright, expect  # absent where these tests are skipped

    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        executable = next(filter(None, map(shutil.which, _CHROMIUM)))
        # As root, which is what a container is, Chromium does not start with its sandbox.
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", _MICROPHONE], timeout=_START_MS
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, stage: Stage, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A page of a browser that was never here before; a picture of it is kept where the test fails."""
    width, height = VIEWPORT
    context = await browser.new_context(
        base_url=stage.url, viewport={"width": width, "height": height}, timezone_id="Europe/Amsterdam", locale="en-US"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    yield page
    if request.node.stash.get(FAILED, False):
        FAILURES.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=FAILURES / f"{request.node.name}.png")
    await context.close()


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """Take a picture for the documentation."""

    async def take(page: Page, name: str) -> None:
        if request.config.getoption("--update-screenshots"):
            await page.screenshot(path=_IMAGES / f"{name}.png", animations="disabled")

    return take
