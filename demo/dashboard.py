"""The dashboard that shows the demo home."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from .home_assistant import Api
from .household import entities

URL_PATH = "demo-home"
TITLE = "Home"


@dataclass(frozen=True, slots=True)
class Tile:
    """One entity of a device, by what it stands for: the first of `keys` that the device has an entity of.

    A key is the last part of an entity's unique id: a data point's code, or a platform where an entity stands for the device.
    """

    device: str
    keys: str
    name: str = ""
    """On the tile; the device's name where it is empty."""
    wide: bool = False
    feature: str = ""
    """What can be set on the tile itself, by Home Assistant's name of the card feature."""

    @property
    def alternatives(self) -> list[str]:
        """The keys, best first."""
        return self.keys.split()


@dataclass(frozen=True, slots=True)
class CameraCard:
    """The picture of a camera: live, or the last event's, which is played by a click."""

    device: str
    name: str = ""
    live: bool = False
    """Not for cameras with a battery: a page that is open all day would keep them awake."""
    wide: bool = True
    key: str = "camera"
    """What ends the unique id of the camera; a recorder has several."""


@dataclass(frozen=True, slots=True)
class Button:
    """A small button that presses one of Home Assistant's."""

    tile: Tile
    icon: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: a heading with an entity or two beside it, pictures, and tiles."""

    title: str
    icon: str
    tiles: tuple[Tile, ...]
    cameras: tuple[CameraCard, ...] = ()
    buttons: tuple[Button, ...] = ()
    """In one row."""
    badges: tuple[Tile, ...] = ()
    history: tuple[Tile, ...] = ()
    """What a graph below the tiles shows."""
    hours: float = 0.1
    logbook: tuple[Tile, ...] = field(default=())
    """Whose events are listed below the tiles."""


@dataclass(frozen=True, slots=True)
class View:
    """A page of the dashboard."""

    title: str
    path: str
    icon: str
    sections: tuple[Section, ...]
    of: str = ""
    """The simulator without which it isn't there; empty: it always is."""


HOME = (
    Section(
        "Living room",
        "mdi:sofa",
        (
            Tile("Living room ceiling light", "switch_led", "Ceiling light", feature="light-brightness"),
            Tile("TV backlight", "switch_led", feature="light-brightness"),
            Tile("TV socket", "switch_1"),
            Tile("TV socket", "cur_power", "TV power"),
            Tile("Dining room dimmer", "switch_led_1"),
            Tile("Living room curtain", "control", "Curtain", feature="cover-open-close"),
            Tile("Living room thermostat", "climate", "Thermostat", feature="target-temperature"),
            Tile("Ficus", "humidity", "Ficus soil moisture"),
        ),
        badges=(Tile("Living room air quality", "temp_current"), Tile("Living room air quality", "humidity_value")),
    ),
    Section(
        "Kitchen and hallway",
        "mdi:stove",
        (
            Tile("Kitchen switch", "switch_1", "Kitchen ceiling"),
            Tile("Kitchen switch", "switch_2", "Kitchen counter"),
            Tile("Kitchen window contact", "doorcontact_state", "Kitchen window"),
            Tile("Kitchen gas detector", "gas_sensor_status", "Gas detector"),
            Tile("Hallway spots", "switch_led"),
            Tile("Hallway motion", "pir"),
            Tile("Front door contact", "doorcontact_state", "Front door"),
            Tile("Hallway smoke detector", "smoke_sensor_status", "Smoke detector"),
        ),
    ),
    Section(
        "Bedroom and office",
        "mdi:bed",
        (
            Tile("Bedroom lamp", "switch_led", feature="light-brightness"),
            Tile("Bedroom blind", "control", feature="cover-position"),
            Tile("Bedroom ceiling fan", "fan", "Ceiling fan", feature="fan-speed"),
            Tile("Bedroom air conditioner", "climate", "Air conditioner", feature="climate-hvac-modes"),
            Tile("Office presence", "presence_state", "Office presence"),
            Tile("Office CO2 detector", "co2_value", "Office CO₂"),
            Tile("Desk power strip", "switch_1", "Desk outlet 1"),
            Tile("Desk power strip", "switch_2", "Desk outlet 2"),
        ),
        badges=(Tile("Nursery climate", "va_temperature"),),
    ),
    Section(
        "Energy",
        "mdi:lightning-bolt",
        (
            Tile("Main meter", "forward_energy_total", "Meter reading"),
            Tile("Main meter", "supply_frequency", "Mains frequency"),
            Tile("Washing machine plug", "switch_1", "Washing machine"),
            Tile("Washing machine plug", "cur_power", "Washing machine power"),
        ),
        history=(Tile("Washing machine plug", "cur_power", "Washing machine"), Tile("TV socket", "cur_power", "TV")),
    ),
    Section(
        "Climate",
        "mdi:thermometer",
        (
            Tile("Balcony climate", "va_temperature", "Balcony"),
            Tile("Nursery climate", "va_temperature", "Nursery"),
            # The one that is out of reach
            Tile("Attic climate", "va_temperature", "Attic"),
            Tile("Bathroom radiator", "climate", "Bathroom radiator"),
        ),
        history=(
            Tile("Living room air quality", "temp_current", "Living room"),
            Tile("Nursery climate", "va_temperature", "Nursery"),
            Tile("Balcony climate", "va_temperature", "Balcony"),
        ),
    ),
    Section(
        "What happened",
        "mdi:history",
        (
            Tile("Bedside wireless switch", "switch_mode1", "Bedside button 1"),
            Tile("Bedside wireless switch", "switch_mode2", "Bedside button 2"),
        ),
        logbook=(
            Tile("Bedside wireless switch", "switch_mode1"),
            Tile("Bedside wireless switch", "switch_mode2"),
            Tile("Hallway motion", "pir"),
            Tile("Office presence", "presence_state"),
            Tile("Front door contact", "doorcontact_state"),
        ),
    ),
)

CAMERAS = (
    Section(
        "Living room",
        "mdi:sofa",
        cameras=(CameraCard("Living room camera", live=True),),
        buttons=(
            Button(Tile("Living room camera", "ptz_left"), "mdi:arrow-left"),
            Button(Tile("Living room camera", "ptz_up"), "mdi:arrow-up"),
            Button(Tile("Living room camera", "ptz_down"), "mdi:arrow-down"),
            Button(Tile("Living room camera", "ptz_right"), "mdi:arrow-right"),
        ),
        tiles=(
            Tile("Living room camera", "event_image", "Last event"),
            Tile("Living room camera", "basic_private", "Privacy mode"),
            Tile("Living room camera", "siren_switch", "Siren"),
            Tile("Living room camera", "basic_nightvision", "Night vision"),
        ),
    ),
    Section(
        "Garden",
        "mdi:flower",
        cameras=(CameraCard("Garden camera", live=True),),
        tiles=(
            Tile("Garden camera", "event_image", "Last event"),
            Tile("Garden camera", "record_switch", "Recording"),
            Tile("Garden camera", "floodlight_switch", "Floodlight", feature="light-brightness"),
            Tile("Garden camera", "sd_storge", "Card, free"),
        ),
    ),
    Section(
        "Front door",
        "mdi:doorbell-video",
        cameras=(CameraCard("Front door"),),
        badges=(Tile("Front door", "wireless_electricity"),),
        tiles=(
            Tile("Front door", "doorbell_active", "Doorbell"),
            Tile("Front door", "event_image", "Last event"),
            Tile("Front door", "basic_private", "Privacy mode"),
            Tile("Front door", "basic_device_volume", "Volume"),
        ),
    ),
    Section(
        "Driveway",
        "mdi:road",
        cameras=(CameraCard("Driveway camera", live=True),),
        tiles=(
            Tile("Driveway camera", "event_image", "Last event"),
            Tile("Driveway camera", "motion_switch", "Motion detection"),
        ),
    ),
    Section(
        "More cameras",
        "mdi:cctv",
        cameras=(
            CameraCard("Bird feeder", wide=False),
            # H.265 only, and without WebRTC: their pictures are those of events, a click plays them by way of the cloud
            CameraCard("Attic camera", wide=False),
            CameraCard("Garage camera", wide=False),
        ),
        badges=(Tile("Bird feeder", "wireless_electricity"),),
        tiles=(),
    ),
    Section(
        "Other devices of the cloud",
        "mdi:cloud-outline",
        tiles=(
            Tile("Desk lamp", "switch_led", feature="light-brightness"),
            # The one that is out of reach
            Tile("Shed climate", "va_temperature", "Shed"),
            Tile("Garage plug", "switch_1"),
            Tile("Garage plug", "cur_power", "Garage power"),
        ),
    ),
)

TENCENT = (
    Section(
        "Yard",
        "mdi:fence",
        cameras=(CameraCard("Yard camera", live=True),),
        buttons=(
            Button(Tile("Yard camera", "move_left"), "mdi:arrow-left"),
            Button(Tile("Yard camera", "move_up"), "mdi:arrow-up"),
            Button(Tile("Yard camera", "move_down"), "mdi:arrow-down"),
            Button(Tile("Yard camera", "move_right"), "mdi:arrow-right"),
        ),
        tiles=(
            Tile("Yard camera", "event_image", "Last event"),
            Tile("Yard camera", "motion_detection", "Motion detection"),
            Tile("Yard camera", "night_vision", "Night vision"),
            Tile("Yard camera", "sd_card.free_mb", "Card, free"),
        ),
    ),
    Section(
        "Recorder",
        "mdi:cctv",
        cameras=(
            CameraCard("Hall recorder", "Hall, stairs", live=True, key="camera_0"),
            CameraCard("Hall recorder", "Hall, door", key="camera_1"),
            CameraCard("Hall recorder", "Hall, window", key="camera_2"),
        ),
        tiles=(Tile("Hall recorder", "_storage_plan", "Cloud storage"),),
    ),
    Section(
        "Gate",
        "mdi:gate",
        cameras=(CameraCard("Gate"), CameraCard("Nest box")),
        tiles=(Tile("Gate", "event_image", "Last visitor"), Tile("Nest box", "event_image", "Last guest")),
    ),
    Section(
        "Other devices",
        "mdi:cloud-outline",
        tiles=(
            Tile("Cellar sensor", "temperature", "Cellar"),
            Tile("Cellar sensor", "humidity", "Cellar humidity"),
            Tile("Cellar sensor", "leak", "Cellar leak"),
            Tile("Desk plug", "power_on", "Desk plug"),
            Tile("Desk plug", "power", "Desk power"),
            Tile("Desk plug", "plan_mode", "Desk mode"),
        ),
    ),
)

VIEWS = (
    View(TITLE, "home", "mdi:home", HOME),
    View("Cameras", "cameras", "mdi:cctv", CAMERAS, of="tuya_cloud"),
    View("Tencent", "tencent", "mdi:video-outline", TENCENT, of="tencent_video"),
)


class EntityFinder:
    """Finds the entities of a home by device and key."""

    def __init__(self, registered: list[dict[str, Any]], names: Mapping[str, str]) -> None:
        """Take the entity registry's entries, and the names of the devices by id."""
        self._ids = {name: devid for devid, name in names.items()}
        # Of two of one id the one that is enabled
        self._entities = {
            entry["unique_id"]: entry for entry in sorted(registered, key=lambda entry: entry["disabled_by"] is None)
        }
        self.missing: list[str] = []
        """What was asked for and is not there, in words."""
        self.disabled: set[str] = set()
        """The entity ids of what was found and is disabled."""

    def find(self, tile: Tile) -> str | None:
        """Return the entity id for a tile; None, and a note in `missing`, if there is none."""
        devid = self._ids.get(tile.device)
        for key in tile.alternatives:
            if entry := self._entities.get(f"{devid}_{key}"):
                entity_id: str = entry["entity_id"]
                if entry["disabled_by"] is not None:
                    self.disabled.add(entity_id)
                return entity_id
        self.missing.append(f"{tile.device}: {tile.keys}")
        return None


def dashboard(finder: EntityFinder, simulators: Container[str]) -> dict[str, Any]:
    """Return the dashboard's configuration, with the pages of these simulators."""
    return {
        "title": TITLE,
        "views": [
            {
                "title": view.title,
                "path": view.path,
                "icon": view.icon,
                "type": "sections",
                "max_columns": 3,
                "sections": [_section(section, finder) for section in view.sections],
            }
            for view in VIEWS
            if not view.of or view.of in simulators
        ],
    }


def _section(section: Section, finder: EntityFinder) -> dict[str, Any]:
    heading = {
        "type": "heading",
        "heading": section.title,
        "icon": section.icon,
        "badges": [
            {"type": "entity", "entity": entity_id} for badge in section.badges if (entity_id := finder.find(badge))
        ],
    }
    cards: list[dict[str, Any]] = [heading]
    cards += [
        _camera(camera, entity_id, 12 if camera.wide else 4)
        for camera in section.cameras
        if (entity_id := finder.find(Tile(camera.device, camera.key)))
    ]
    cards += [
        _button(button, entity_id, 12 // len(section.buttons))
        for button in section.buttons
        if (entity_id := finder.find(button.tile))
    ]
    for tile in section.tiles:
        if (entity_id := finder.find(tile)) is None:
            continue
        card: dict[str, Any] = {"type": "tile", "entity": entity_id, "name": tile.name or tile.device}
        if entity_id.startswith(("switch.", "light.", "fan.")):
            card["icon_tap_action"] = {"action": "toggle"}
        if tile.feature:
            card["features"] = [{"type": tile.feature}]
            card["features_position"] = "bottom"
        cards.append(card)
    if section.history:
        shown = [
            {"entity": entity_id, "name": tile.name or tile.device}
            for tile in section.history
            if (entity_id := finder.find(tile))
        ]
        cards.append(
            {
                "type": "history-graph",
                "hours_to_show": section.hours,
                "entities": shown,
                "grid_options": {"columns": "full", "rows": 5},
            }
        )
    if section.logbook:
        ids = [entity_id for tile in section.logbook if (entity_id := finder.find(tile))]
        cards.append(
            {
                "type": "logbook",
                "target": {"entity_id": ids},
                "hours_to_show": 6,
                "grid_options": {"columns": "full", "rows": 6},
            }
        )
    return {"type": "grid", "cards": cards}


def _camera(camera: CameraCard, entity_id: str, columns: int) -> dict[str, Any]:
    return {
        "type": "picture-entity",
        "entity": entity_id,
        "name": camera.name or camera.device,
        "camera_view": "live" if camera.live else "auto",
        "show_state": False,
        "aspect_ratio": "16x9",
        "grid_options": {"columns": columns, "rows": "auto"},
    }


def _button(button: Button, entity_id: str, columns: int) -> dict[str, Any]:
    return {
        "type": "button",
        "entity": entity_id,
        "icon": button.icon,
        "show_name": False,
        "tap_action": {
            "action": "perform-action",
            "perform_action": "button.press",
            "target": {"entity_id": entity_id},
        },
        "grid_options": {"columns": columns, "rows": 1},
    }


async def find_entities(api: Api, names: Mapping[str, str], simulators: Container[str]) -> EntityFinder:
    """Return what has looked for all that the dashboard shows of these simulators."""
    finder = EntityFinder(await entities(api), names)
    dashboard(finder, simulators)
    return finder


async def make_dashboard(api: Api, names: Mapping[str, str], simulators: Container[str]) -> EntityFinder:
    """Make the dashboard, the one that opens first, of what these simulators bring; return what found its entities."""
    finder = EntityFinder(await entities(api), names)
    config = dashboard(finder, simulators)
    if URL_PATH not in {item["url_path"] for item in await api.command("lovelace/dashboards/list")}:
        await api.command("lovelace/dashboards/create", url_path=URL_PATH, title=TITLE, icon="mdi:home")
    await api.command("lovelace/config/save", url_path=URL_PATH, config=config)
    await api.command("frontend/set_system_data", key="core", value={"default_panel": URL_PATH})
    return finder
