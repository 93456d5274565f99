"""Names and rooms: what a user gives the devices after adding the connections."""

from typing import Any

from .home_assistant import Api

DOMAIN = "iot_gateway"

AREAS = {
    "Living room": ("mdi:sofa", ("Living room", "TV", "Ficus", "Aquarium", "Dining room")),
    "Kitchen": ("mdi:stove", ("Kitchen",)),
    "Bedroom": ("mdi:bed", ("Bedroom", "Bedside")),
    "Nursery": ("mdi:teddy-bear", ("Nursery",)),
    "Bathroom": ("mdi:shower", ("Bathroom",)),
    "Office": ("mdi:desk", ("Office", "Desk")),
    "Hallway": ("mdi:door", ("Hallway", "Front door", "Help button", "Siren")),
    "Utility room": (
        "mdi:washing-machine",
        ("Washing machine", "Main meter", "Heat pump", "Cellar", "Safe", "Network"),
    ),
    "Garage": ("mdi:garage", ("Garage", "Workshop", "Driveway", "Carport")),
    "Garden": (
        "mdi:flower",
        ("Garden", "Greenhouse", "Terrace", "Balcony", "Shed", "Bird feeder", "Yard", "Gate", "Nest box"),
    ),
    "Attic": ("mdi:home-roof", ("Attic", "Loft")),
}
"""The icon of each area, and how the names of the devices begin that are in it."""


def area_of(name: str) -> str | None:
    """Return the area of a device, by its name."""
    return next((area for area, (_, prefixes) in AREAS.items() if name.startswith(prefixes)), None)


def name_in(area: str | None, name: str) -> str:
    """Return the name of a device within its area: "Lamp" for the "Bedroom lamp" in the bedroom, as the UI advises."""
    rest = name.removeprefix(area or "").strip()
    return rest[:1].upper() + rest[1:] if rest else name


async def registered(api: Api) -> dict[str, dict[str, Any]]:
    """Return the registered devices of the integration by the id that the simulator has for them."""
    return {
        identifier: device
        for device in await api.command("config/device_registry/list")
        for domain, identifier in device["identifiers"]
        if domain == DOMAIN
    }


async def settle(api: Api, names: dict[str, str], titles: dict[str, str]) -> None:
    """Name devices and put them into areas, as a user does in the UI, which also offers to rename their entities.

    `names` are the devices' by their id, `titles` those of gateways by their uuid.
    """
    present = {area["name"].casefold(): area["area_id"] for area in await api.command("config/area_registry/list")}
    areas = {}
    for area, (icon, _) in AREAS.items():
        # Home Assistant begins with three, as "Living Room"
        areas[area] = present.get(area.casefold())
        if areas[area] is None:
            areas[area] = (await api.command("config/area_registry/create", name=area, icon=icon))["area_id"]
        else:
            await api.command("config/area_registry/update", area_id=areas[area], name=area, icon=icon)
    devices = await registered(api)
    for identifier, name in (names | titles).items():
        if (device := devices.get(identifier)) is None:
            continue
        room = area_of(name) if identifier in names else "Hallway"
        await api.command(
            "config/device_registry/update",
            device_id=device["id"],
            name_by_user=name_in(room, name),
            area_id=areas[room] if room else None,
        )
    ours = [entry["entity_id"] for entry in await entities(api)]
    wanted = await api.command("config/entity_registry/get_automatic_entity_ids", entity_ids=ours)
    for entity_id, new in wanted.items():
        if new and new != entity_id:
            await api.command("config/entity_registry/update", entity_id=entity_id, new_entity_id=new)


async def entities(api: Api) -> list[dict[str, Any]]:
    """Return the registered entities of the integration."""
    return [entry for entry in await api.command("config/entity_registry/list") if entry["platform"] == DOMAIN]


async def enable(api: Api, entity_ids: set[str]) -> None:
    """Enable entities that are off by default, and load their entries again, which Home Assistant itself does later."""
    entry_ids = set()
    for entity_id in entity_ids:
        answer = await api.command("config/entity_registry/update", entity_id=entity_id, disabled_by=None)
        entry_ids.add(answer["entity_entry"]["config_entry_id"])
    for entry_id in entry_ids:
        await api.post(f"/api/config/config_entries/entry/{entry_id}/reload", {})
