#!/usr/bin/env python3
"""What becomes of real devices: every dump of a folder, through a simulated gateway, in Home Assistant.

    .venv/bin/python -m benchmarks.device_coverage DUMPS [--output PRODUCED.json]

A dump is what a gateway says of one device: `devid`, `category`, `function`, `status`, `value`, `online` (see
docs/development/simulators.md). Printed are the devices, the entities by platform, and the data points that at least one
entity shows or sets; the exit status says whether that is all of them. PRODUCED.json is, by device, `entities` (platform,
key, device_class, unit, state, category) and `data_points` (the entity ids by code): the form that a comparison with another
integration's entities takes. Entities that are disabled by default are enabled here and listed too.
"""

import argparse
import asyncio
from collections import Counter
import json
from pathlib import Path
import sys
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from benchmarks.harness import gateway_entry, running_home_assistant, set_up, simulated_gateway
from custom_components.iot_gateway.diagnostics import async_get_config_entry_diagnostics
from custom_components.iot_gateway.hub import Hub


async def produce(dumps: Path) -> dict[str, dict[str, Any]]:
    """Return what Home Assistant makes of the dumps, by device."""
    async with (
        simulated_gateway("--home", str(dumps)) as gateway,
        running_home_assistant() as hass,
    ):
        entry = gateway_entry(gateway)
        await set_up(hass, entry)
        hub: Hub = entry.runtime_data
        diagnostics = await async_get_config_entry_diagnostics(hass, entry)
        produced: dict[str, dict[str, Any]] = {
            device["id"]: {
                "entities": [],
                "data_points": {code: point["entities"] for code, point in device["data_points"].items()},
            }
            for device in diagnostics["devices"]
        }
        for registered in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
            device_id = next(one for one in hub.devices if registered.unique_id.startswith(f"{one}_"))
            produced[device_id]["entities"].append(
                describe(hass, registered, registered.unique_id.removeprefix(f"{device_id}_"))
            )
        await hass.config_entries.async_unload(entry.entry_id)
    return produced


def describe(hass: HomeAssistant, registered: er.RegistryEntry, key: str) -> dict[str, Any]:
    """Return one entity as the user sees it."""
    state = hass.states.get(registered.entity_id)
    attributes = {} if state is None else state.attributes
    return {
        "platform": registered.domain,
        "key": key,
        "device_class": attributes.get("device_class"),
        "unit": attributes.get("unit_of_measurement"),
        "state": None if state is None else state.state,
        "category": registered.entity_category,
    }


def main() -> None:
    """Parse the command line, run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dumps", type=Path, help="a folder of dumps, one JSON file a device")
    parser.add_argument("--output", type=Path, help="where to write what was produced")
    arguments = parser.parse_args()
    produced = asyncio.run(produce(arguments.dumps))
    if arguments.output:
        arguments.output.write_text(json.dumps(produced, indent=1), encoding="utf-8")
    platforms = Counter(entity["platform"] for device in produced.values() for entity in device["entities"])
    points = [bool(entities) for device in produced.values() for entities in device["data_points"].values()]
    print(f"{len(produced)} devices, {sum(platforms.values())} entities: {dict(sorted(platforms.items()))}")
    print(f"data points covered: {sum(points)}/{len(points)}")
    sys.exit(sum(points) != len(points))


if __name__ == "__main__":
    main()
