#!/usr/bin/env python3
"""What becomes of real devices: every dump of a folder, through a simulated gateway, in Home Assistant.

    .venv/bin/python -m benchmarks.device_coverage DUMPS [--cloud] [--output PRODUCED.json]

A dump is what a gateway says of one device: `devid`, `category`, `function`, `status`, `value`, `online` (see
docs/development/simulators.md). Printed are the devices, the entities by platform, and the data points that at least one
entity shows or sets; the exit status says whether that is all of them. PRODUCED.json is, by device, `entities` (platform,
key, device_class, unit, state, category) and `data_points` (the entity ids by code): the form that a comparison with another
integration's entities takes. Entities that are disabled by default are enabled here and listed too. With --cloud the devices
are those of a simulated cloud project, where cameras have pictures, which a gateway does not bring.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import sys
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from benchmarks.harness import gateway_entry, running_home_assistant, set_up, simulated_gateway
from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.diagnostics import async_get_config_entry_diagnostics
from custom_components.iot_gateway.hub import Hub
from custom_components.iot_gateway.mapping.camera import CAMERA_CATEGORIES
from simulators.tuya_cloud import Camera, TuyaCloudSimulator
from simulators.tuya_cloud.demo import load_cloud

_PATIENCE = 60.0
"""Seconds that a cloud may take to tell of all devices."""


@asynccontextmanager
async def _by_gateway(dumps: Path) -> AsyncGenerator[MockConfigEntry]:
    """Have a gateway with the devices; yield the entry for it."""
    async with simulated_gateway("--home", str(dumps)) as gateway:
        yield gateway_entry(gateway)


@asynccontextmanager
async def _by_cloud(dumps: Path) -> AsyncGenerator[MockConfigEntry]:
    """Have a cloud project with the devices; yield the entry for it."""
    devices = load_cloud(dumps)
    for device in devices:
        if device.category in CAMERA_CATEGORIES:
            device.camera = device.camera or Camera()
    async with TuyaCloudSimulator(devices) as cloud:
        yield MockConfigEntry(
            domain=DOMAIN,
            title="Benchmark",
            data={
                "connection": "tuya_cloud",
                "endpoint": cloud.endpoint,
                "access_id": cloud.access_id,
                "access_secret": cloud.access_secret,
            },
        )


async def produce(dumps: Path, *, cloud: bool = False) -> dict[str, dict[str, Any]]:
    """Return what Home Assistant makes of the dumps, by device."""
    async with (_by_cloud if cloud else _by_gateway)(dumps) as entry, running_home_assistant() as hass:
        if cloud and not await async_setup_component(hass, "http", {}):
            sys.exit("Home Assistant has no http, which cameras need")
        await set_up(hass, entry)
        hub: Hub = entry.runtime_data
        async with asyncio.timeout(_PATIENCE):
            while len(hub.devices) < len(list(dumps.glob("*.json"))):
                await asyncio.sleep(0.05)
        await hass.async_block_till_done()
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
    parser.add_argument("--cloud", action="store_true", help="by way of a cloud project instead of a gateway")
    parser.add_argument("--output", type=Path, help="where to write what was produced")
    arguments = parser.parse_args()
    produced = asyncio.run(produce(arguments.dumps, cloud=arguments.cloud))
    if arguments.output:
        arguments.output.write_text(json.dumps(produced, indent=1), encoding="utf-8")
    platforms = Counter(entity["platform"] for device in produced.values() for entity in device["entities"])
    points = [bool(entities) for device in produced.values() for entities in device["data_points"].values()]
    print(f"{len(produced)} devices, {sum(platforms.values())} entities: {dict(sorted(platforms.items()))}")
    print(f"data points covered: {sum(points)}/{len(points)}")
    sys.exit(sum(points) != len(points))


if __name__ == "__main__":
    main()
