"""Home Assistant in this process, a simulated gateway in another, and clocks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any, Self
from unittest.mock import PropertyMock, patch

from aiohttp.resolver import ThreadedResolver
from homeassistant import loader
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.iot_gateway.const import DOMAIN

ROOT = Path(__file__).parent.parent


@asynccontextmanager
async def running_home_assistant() -> AsyncGenerator[HomeAssistant]:
    """Run Home Assistant's core in a directory of its own; every entity is enabled."""
    enabled = patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default", PropertyMock(return_value=True)
    )
    resolver = patch("homeassistant.helpers.aiohttp_client._async_make_resolver", return_value=Resolver())
    with TemporaryDirectory() as directory, enabled, resolver:
        async with async_test_home_assistant(config_dir=directory) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS, None)
            try:
                yield hass
            finally:
                await hass.async_stop(force=True)


@asynccontextmanager
async def simulated_gateway(*arguments: str) -> AsyncGenerator[dict[str, Any]]:
    """Run the simulator as a process of its own, so that its work is not counted; yield what it prints of itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "simulators", "tuya-gateway", "--still", "--control-port", "0", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


def gateway_entry(gateway: dict[str, Any]) -> MockConfigEntry:
    """Return the config entry of a simulated gateway."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Benchmark",
        unique_id=gateway["uuid"],
        data={
            "connection": "tuya_gateway",
            **{key: gateway[key] for key in ("host", "port", "path", "uuid", "device_key")},
        },
        # Nobody listens for announcements in a benchmark: port 0 is one that the system picks
        options={"discovery_ports": [0]},
    )


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up, all of its entities written."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    if entry.state is not ConfigEntryState.LOADED:
        sys.exit(f"the entry did not load: {entry.state}, {entry.reason}")


class LoopWatch:
    """Measures for how long the event loop is kept from its other work; `worst` in seconds.

    A timer asks for its turn every two milliseconds. What counts is the CPU time that the loop's thread uses between two
    of its turns, so that other processes on the machine do not count.
    """

    _TICK = 0.002

    def __init__(self) -> None:
        """Begin with none."""
        self.worst = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._used = 0.0

    def __enter__(self) -> Self:
        """Start to watch."""
        self._schedule()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        if self._handle is not None:
            self._handle.cancel()

    def _schedule(self) -> None:
        self._used = time.thread_time()
        self._handle = asyncio.get_running_loop().call_later(self._TICK, self._tick)

    def _tick(self) -> None:
        self.worst = max(self.worst, time.thread_time() - self._used)
        self._schedule()


class Resolver(ThreadedResolver):
    """Loopback needs no more; Home Assistant's own resolver would need two more integrations."""

    async def real_close(self) -> None:
        """Close it for good, as Home Assistant asks of its own."""
        await self.close()


def resident_bytes() -> int:
    """Return this process's resident memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds() -> float:
    """Return the CPU time that this process has used."""
    return time.process_time()


def verdict(name: str, measured: float, limit: float, unit: str = "×") -> bool:
    """Print one measured number beside its limit; return whether it holds."""
    holds = measured <= limit
    print(f"{name}: {measured:.2f} {unit} (at most {limit:g} {unit}) {'ok' if holds else 'TOO MUCH'}")
    return holds
