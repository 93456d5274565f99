#!/usr/bin/env python3
"""Set-up of 500 devices of 20 data points each, in ratio to Home Assistant adding as many bare entities.

    .venv/bin/python -m benchmarks.setup_time [--devices 500] [--rounds 3]

"Bare" entities have a unique id, a device and a constant state, and nothing else: what Home Assistant itself costs. Both
are wall-clock time in a fresh Home Assistant each, in this process; the set-up of the gateway includes connecting and
reading all schemas and states. Resident memory is taken after a collection, before and after.
"""

import argparse
import asyncio
from collections.abc import Callable, Coroutine
import gc
import json
import subprocess
import sys
import time
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.number import NumberEntity
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.text import TextEntity
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

from benchmarks.harness import (
    ROOT,
    gateway_entry,
    resident_bytes,
    running_home_assistant,
    set_up,
    simulated_gateway,
    verdict,
)

DATA_POINTS = 20
LIMIT = 1.5


class BareSensor(SensorEntity):
    """A sensor and nothing else."""

    _attr_native_value = 1


class BareBinarySensor(BinarySensorEntity):
    """A binary sensor and nothing else."""

    _attr_is_on = False


class BareSwitch(SwitchEntity):
    """A switch and nothing else."""

    _attr_is_on = False


class BareNumber(NumberEntity):
    """A number and nothing else."""

    _attr_native_value = 1


class BareSelect(SelectEntity):
    """A select and nothing else."""

    _attr_options = ["low", "middle", "high"]
    _attr_current_option = "low"


class BareText(TextEntity):
    """A text and nothing else."""

    _attr_native_value = "text"


# In the turn in which the simulator's synthetic devices have them
KINDS: tuple[tuple[str, type[Entity]], ...] = (
    ("sensor", BareSensor),
    ("switch", BareSwitch),
    ("number", BareNumber),
    ("sensor", BareSensor),
    ("binary_sensor", BareBinarySensor),
    ("select", BareSelect),
    ("sensor", BareSensor),
    ("text", BareText),
)


def bare_platform(domain: str, devices: int) -> Callable[..., Coroutine[Any, Any, None]]:
    """Return a platform's set-up that adds its share of the bare entities."""

    async def async_setup_entry(
        hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
    ) -> None:
        entities = []
        for device in range(devices):
            for point in range(DATA_POINTS):
                kind, entity_type = KINDS[point % len(KINDS)]
                if kind != domain:
                    continue
                entity = entity_type()
                entity._attr_has_entity_name = True  # noqa: SLF001 - set from outside to stay bare
                entity._attr_name = f"Point {point}"  # noqa: SLF001
                entity._attr_should_poll = False  # noqa: SLF001
                entity._attr_unique_id = f"{device}_{point}"  # noqa: SLF001
                entity._attr_device_info = DeviceInfo(  # noqa: SLF001
                    identifiers={("bare", str(device))}, name=f"Device {device}"
                )
                entities.append(entity)
        async_add_entities(entities)

    return async_setup_entry


async def bare(devices: int) -> tuple[float, int, int]:
    """Add the bare entities; return seconds, bytes and the number of states."""
    async with running_home_assistant() as hass:
        domains = sorted({domain for domain, _ in KINDS})

        async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
            await hass.config_entries.async_forward_entry_setups(entry, domains)
            return True

        mock_integration(hass, MockModule("bare", async_setup_entry=async_setup_entry))
        mock_platform(hass, "bare.config_flow")
        for domain in domains:
            mock_platform(hass, f"bare.{domain}", MockPlatform(async_setup_entry=bare_platform(domain, devices)))
        with mock_config_flow("bare", ConfigFlow):
            return await timed(hass, MockConfigEntry(domain="bare"))


async def gateway(devices: int) -> tuple[float, int, int]:
    """Set the simulated gateway up; return seconds, bytes and the number of states."""
    async with (
        simulated_gateway("--devices", str(devices)) as simulated,
        running_home_assistant() as hass,
    ):
        entry = gateway_entry(simulated)
        result = await timed(hass, entry)
        await hass.config_entries.async_unload(entry.entry_id)
        return result


async def timed(hass: HomeAssistant, entry: MockConfigEntry) -> tuple[float, int, int]:
    """Set an entry up; return seconds, bytes and the number of states."""
    gc.collect()
    before = resident_bytes()
    started = time.perf_counter()
    await set_up(hass, entry)
    seconds = time.perf_counter() - started
    gc.collect()
    return seconds, resident_bytes() - before, len(hass.states.async_all())


async def once(kind: str, devices: int) -> tuple[float, int, int]:
    """Measure one of the two after a small one that imports everything and warms the caches."""
    run = {"bare": bare, "gateway": gateway}[kind]
    await run(5)
    return await run(devices)


def in_process_of_its_own(kind: str, devices: int) -> tuple[float, int, int]:
    """Measure one of the two where nothing else has been before, so that memory can be compared."""
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.setup_time", "--devices", str(devices), "--only", kind],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    seconds, used, count = json.loads(output.splitlines()[-1])
    return seconds, used, count


def measure(devices: int, rounds: int) -> bool:
    """Run both in turn and print; return whether the limit holds."""
    ratios = []
    for number in range(rounds):
        without, bare_bytes, bare_count = in_process_of_its_own("bare", devices)
        through, used, count = in_process_of_its_own("gateway", devices)
        if bare_count != count:
            sys.exit(f"{count} entities of the gateway against {bare_count} bare ones")
        if number == 0:
            print(f"{devices} devices, {count} entities")
        ratios.append(through / without)
        print(
            f"  gateway {through:.2f} s, bare {without:.2f} s, ratio {through / without:.2f};"
            f" memory per entity {used / count / 1024:.1f} KiB, bare {bare_bytes / count / 1024:.1f} KiB"
        )
    return verdict("set-up", sorted(ratios)[len(ratios) // 2], LIMIT)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("bare", "gateway"), help="one of the two, printed as JSON")
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(asyncio.run(once(arguments.only, arguments.devices))))
    else:
        sys.exit(not measure(arguments.devices, arguments.rounds))


if __name__ == "__main__":
    main()
