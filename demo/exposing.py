"""What a user exposes of the demo home to the Tuya app, once TuyaLink is connected."""

from collections.abc import Mapping
from typing import Any

from simulators.tuyalink_cloud.demo import LIGHT_PRODUCT

from .home_assistant import Api
from .household import entities

_LIGHT = ("Living room ceiling light", "switch_led")
_TEMPERATURE = ("Living room air quality", "temp_current")
_BUTTON = ("Bedside wireless switch", "switch_mode1")
"""Devices, and what ends the unique id of their entity."""


async def expose(api: Api, entry_id: str, names: Mapping[str, str]) -> None:
    """Expose a lamp as a sub-device, a room's temperature as part of the device itself, and an action that flashes the lamp.

    `names` are those of the devices, by id. All by the flows that a user goes through, with what their forms propose.
    """
    exposed = await api.command("config_entries/subentries/list", entry_id=entry_id)
    if exposed:
        return
    ids = {name: devid for devid, name in names.items()}
    by_unique_id = {entity["unique_id"]: entity["entity_id"] for entity in await entities(api)}
    light, temperature, button = (
        by_unique_id[f"{ids[device]}_{key}"] for device, key in (_LIGHT, _TEMPERATURE, _BUTTON)
    )

    async def go(kind: str, *inputs: dict[str, Any]) -> None:
        await api.run_flow([entry_id, kind], list(inputs), kind="subentries/flow")

    await go("sub_device", {"product_id": LIGHT_PRODUCT, "name": _LIGHT[0], "entities": [light]}, {})
    await go("entity", {"entity_id": temperature}, {})
    # Which of its presses is which of the model's
    await go("entity", {"entity_id": button}, {}, {})
    flash = {"action": "light.toggle", "target": {"entity_id": light}}
    await go("action", {"device": "this_device"}, {"code": "run_scene"}, {"sequence": [flash]})
