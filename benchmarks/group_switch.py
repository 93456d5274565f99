#!/usr/bin/env python3
"""Frames that one service call for 50 lamps makes, and how long the call takes.

.venv/bin/python -m benchmarks.group_switch [--lamps 50]
"""

import argparse
import asyncio
import sys
import time

import aiohttp

from benchmarks.harness import gateway_entry, running_home_assistant, set_up, simulated_gateway, verdict


async def measure(lamps: int) -> bool:
    """Run it and print; return whether it was one frame."""
    async with (
        simulated_gateway("--devices", str(lamps)) as gateway,
        running_home_assistant() as hass,
        aiohttp.ClientSession() as session,
    ):
        entry = gateway_entry(gateway)
        await set_up(hass, entry)
        registry_ids = sorted(state.entity_id for state in hass.states.async_all("switch"))
        first = registry_ids[:: len(registry_ids) // lamps][:lamps]
        started = time.perf_counter()
        await hass.services.async_call("switch", "turn_on", {"entity_id": first}, blocking=True)
        seconds = time.perf_counter() - started
        async with session.get(f"{gateway['control']}/commands") as response:
            commands = await response.json()
        on = sum(hass.states.is_state(entity_id, "on") for entity_id in first)
        print(f"{len(first)} lamps, {on} on after {seconds * 1000:.1f} ms")
        frames = commands["commands"] if isinstance(commands, dict) else commands
        await hass.config_entries.async_unload(entry.entry_id)
    return verdict(f"frames for {len(first)} lamps", len(frames), 1, "frame") and on == len(first)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamps", type=int, default=50)
    arguments = parser.parse_args()
    sys.exit(not asyncio.run(measure(arguments.lamps)))


if __name__ == "__main__":
    main()
