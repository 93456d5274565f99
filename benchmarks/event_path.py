#!/usr/bin/env python3
"""CPU per state_changed report, from frame to state written, in ratio to writing the same states with no protocol.

    .venv/bin/python -m benchmarks.event_path [--reports 20000] [--rounds 3]

1,000 entities of 50 simulated devices. "No protocol" writes the very same values into the same devices and the same
entities of the same Home Assistant, in this process, without frame, cipher, JSON, dispatch or hub. Both are CPU time of
this process; the simulator is another. Then a flood of 2,000 reports within a second, and how long the event loop was
kept at most.
"""

import argparse
import asyncio
import gc
import sys

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import async_get_platforms

from benchmarks.harness import (
    LoopWatch,
    cpu_seconds,
    gateway_entry,
    running_home_assistant,
    set_up,
    simulated_gateway,
    verdict,
)
from custom_components.iot_gateway.entity import DataPointEntity
from custom_components.iot_gateway.hub import Hub
from simulators.tuya_gateway import synthetic_home
from simulators.tuya_gateway.flood import changing_reports

DEVICES = 50
DATA_POINTS = 20
CPU_LIMIT = 1.5
BLOCK_LIMIT = 50.0


def entities_by_data_point(hass: HomeAssistant) -> dict[tuple[str, str], DataPointEntity]:
    """Return the entities by device and code."""
    return {
        (entity.device.id, entity.code): entity
        for platform in async_get_platforms(hass, "iot_gateway")
        for entity in platform.entities.values()
        if isinstance(entity, DataPointEntity)
    }


async def flood(control: str, hub: Hub, count: int, seconds: float) -> float:
    """Have the simulator send reports; return the CPU seconds until the last one is written."""
    statistics = hub.connection.diagnostics()["statistics"]
    target = statistics["frames_received"] + count
    started = cpu_seconds()
    async with aiohttp.ClientSession() as session, asyncio.timeout(120):
        response = asyncio.create_task(session.post(f"{control}/flood", json={"count": count, "seconds": seconds}))
        while hub.connection.diagnostics()["statistics"]["frames_received"] < target:
            await asyncio.sleep(0.01)
        used = cpu_seconds() - started
        (await response).release()
    return used


async def bare(hub: Hub, entities: dict[tuple[str, str], DataPointEntity], count: int) -> float:
    """Write as many states through the same entities, with no protocol; return the CPU seconds."""
    reports = list(changing_reports(synthetic_home(DEVICES, DATA_POINTS), count))
    started = cpu_seconds()
    for number, (device_id, values) in enumerate(reports):
        hub.devices[device_id].apply(values)
        for code in values:
            entity = entities[device_id, code]
            entity._refresh()  # noqa: SLF001 - what the hub's listener does, without the hub
            entity.async_write_ha_state()
        if number % 64 == 0:
            await asyncio.sleep(0)
    return cpu_seconds() - started


async def measure(reports: int, rounds: int) -> bool:
    """Run it and print; return whether all limits hold."""
    async with (
        simulated_gateway("--devices", str(DEVICES)) as gateway,
        running_home_assistant() as hass,
    ):
        entry = gateway_entry(gateway)
        await set_up(hass, entry)
        hub: Hub = entry.runtime_data
        entities = entities_by_data_point(hass)
        print(f"{len(entities)} entities, {reports} reports, {rounds} rounds")
        ratios = []
        for _ in range(rounds):
            gc.collect()
            without = await bare(hub, entities, reports)
            gc.collect()
            through = await flood(gateway["control"], hub, reports, 0)
            ratios.append(through / without)
            print(
                f"  through the protocol {through / reports * 1e6:.1f} µs a report,"
                f" without {without / reports * 1e6:.1f} µs, ratio {through / without:.2f}"
            )
        gc.collect()
        with LoopWatch() as watch:
            await flood(gateway["control"], hub, 2000, 1.0)
        await hass.config_entries.async_unload(entry.entry_id)
    holds = verdict("CPU per report", sorted(ratios)[len(ratios) // 2], CPU_LIMIT)
    return verdict("event loop kept during 2,000 reports in a second", watch.worst * 1000, BLOCK_LIMIT, "ms") and holds


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    sys.exit(not asyncio.run(measure(arguments.reports, arguments.rounds)))


if __name__ == "__main__":
    main()
