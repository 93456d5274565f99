"""The cameras of the demo home, as the tests look at them: entities, what the camera says, what the integration says."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from demo.household import entities, registered
from demo.simulations import Control, RunningSimulator
from demo.stage import Stage

BOARD = "live-cameras"
LIVING_ROOM, DOORBELL, GARDEN, DRIVEWAY = "Living room camera", "Front door", "Garden camera", "Driveway camera"
"""Two slots, two-way audio, two H.264 streams, a head that moves; sleeps; H.264 in SD only; says nothing of its streams."""
STILL = "still"
"""The view with a still of the living room's camera, which opens the dialog, and with buttons for its head."""
GLANCE = "glance"

_SECONDS = 60.0
"""For what takes less than one on a machine with nothing else to do."""
_LOADED_TIMEOUT = 180.0


class Cameras:
    """The cameras that can be reached by WebRTC, by their titles."""

    def __init__(
        self, stage: Stage, entity_ids: Mapping[tuple[str, str], str], names: Mapping[str, str], entry_id: str
    ) -> None:
        """Take what `find` has found: entity ids by title and key, names by title, and the config entry."""
        self.cloud: RunningSimulator = stage.simulators["tuya_cloud"]
        self.entry_id = entry_id
        self._stage = stage
        self._entity_ids = entity_ids
        self._names = names

    @classmethod
    async def find(cls, stage: Stage) -> Cameras:
        """Look them up in the registry."""
        titles = {one["device_id"]: one["title"] for one in stage.simulators["tuya_cloud"].announced["cameras"]}
        entity_ids = {}
        entry_id = ""
        for entity in await entities(stage.api):
            device_id, _, key = entity["unique_id"].partition("_")
            if device_id in titles:
                entity_ids[titles[device_id], key] = entity["entity_id"]
                entry_id = entity["config_entry_id"]
        devices = await registered(stage.api)
        names = {title: devices[devid]["name_by_user"] or devices[devid]["name"] for devid, title in titles.items()}
        return cls(stage, entity_ids, names, entry_id)

    @property
    def titles(self) -> list[str]:
        """What people call them."""
        return [camera["title"] for camera in self.cloud.announced["cameras"]]

    def device_id(self, title: str) -> str:
        """Return a camera's device id."""
        device_ids: dict[str, str] = {one["title"]: one["device_id"] for one in self.cloud.announced["cameras"]}
        return device_ids[title]

    def name(self, title: str) -> str:
        """Return what the user calls a camera: its title without the room that it is in."""
        return self._names[title]

    def entity_id(self, title: str, key: str = "camera") -> str:
        """Return the entity that stands for a camera, or another of its device."""
        return self._entity_ids[title, key]

    def control(self, title: str) -> Control:
        """Return the camera's remote control."""
        return self.cloud.camera(title)

    async def state(self, title: str) -> Any:
        """Return what the camera itself says."""
        return await self.control(title).look("state")

    async def until(self, title: str, condition: Callable[[Any], bool], *, seconds: float = _SECONDS) -> Any:
        """Wait until a condition over the camera's state holds, and return that; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition(state := await self.state(title)):
                await asyncio.sleep(0.05)
        return state

    async def free(self, title: str) -> Any:
        """Wait until nobody watches a camera, as far as it knows and as the integration knows; return the camera's state."""
        state = await self.until(title, lambda state: not state["slots"]["in_use"])
        await self.until_none_open(title)
        return state

    async def until_none_open(self, title: str) -> None:
        """Wait until nobody watches a camera, as far as the integration knows; raises TimeoutError."""
        async with asyncio.timeout(_SECONDS):
            while (await self.sessions(title))["open"]:
                await asyncio.sleep(0.05)

    async def until_broker_is_missed(self, title: str) -> None:
        """Wait until neither this camera nor the integration has a connection to the broker; raises TimeoutError."""
        await self.until(title, lambda state: not state["online"])
        async with asyncio.timeout(_SECONDS):
            while any(account["connected"] for account in (await self.live_view())["accounts"]):
                await asyncio.sleep(0.05)

    async def live_view(self) -> Any:
        """Return what the integration says of its live views, as in the diagnostics that users download."""
        everything = await self._stage.api.get(f"/api/diagnostics/config_entry/{self.entry_id}")
        return everything["data"]["connection"]["live_view"]

    async def sessions(self, title: str) -> Any:
        """Return what the integration says of a camera's sessions: {"opened": 3, "open": […], "ended": […]}."""
        return (await self.live_view())["cameras"][self.device_id(title)]["sessions"]

    async def act(self, action: str, title: str, **data: Any) -> None:
        """Perform an action on a camera, such as camera.turn_on."""
        domain, _, service = action.partition(".")
        target = {"entity_id": self.entity_id(title)}
        await self._stage.api.command("call_service", domain=domain, service=service, service_data=data, target=target)

    # What a user sets up

    async def make_dashboard(self) -> str:
        """Make the dashboard: a view with a live card for each camera, `GLANCE` and `STILL`; return its id."""
        living_room = self.entity_id(LIVING_ROOM)
        views = [_view(view_path(title), [_picture(self.entity_id(title))]) for title in self.titles]
        glance = {"type": "picture-glance", "title": "At a glance", "camera_image": living_room, "camera_view": "live"}
        views.append(_view(GLANCE, [{**glance, "entities": [living_room]}]))
        moves = [
            {
                "type": "button",
                "entity": self.entity_id(LIVING_ROOM, f"ptz_{direction}"),
                "name": f"Move {direction}",
                "tap_action": {"action": "toggle"},
            }
            for direction in ("left", "up")
        ]
        stills = [_picture(self.entity_id(title), live=False) for title in (LIVING_ROOM, DOORBELL)]
        views.append(_view(STILL, [*stills, *moves], type_="masonry"))
        api = self._stage.api
        board: str = (await api.command("lovelace/dashboards/create", url_path=BOARD, title="Cameras"))["id"]
        await api.command("lovelace/config/save", url_path=BOARD, config={"views": views})
        return board

    async def remove_dashboard(self, board: str) -> None:
        """Remove the dashboard again."""
        await self._stage.api.command("lovelace/dashboards/delete", dashboard_id=board)

    async def preview_two_way_audio(self, *, enabled: bool) -> None:
        """Set what is under Settings, System, Labs."""
        await self._stage.api.command(
            "labs/update", domain="camera", preview_feature="two_way_audio", enabled=enabled, create_backup=False
        )

    async def poll_each(self, *, minutes: int) -> None:
        """Set in the options how often the cloud's list is read, and wait until the entry is loaded again."""
        options = {"show_all": False, "stream_quality": "hd", "poll_interval": minutes}
        await self._stage.api.run_flow(self.entry_id, [options], kind="options/flow")
        await self.loaded()

    async def loaded(self) -> None:
        """Wait until the entry is loaded and connected to the broker for both accounts."""
        async with asyncio.timeout(_LOADED_TIMEOUT):
            while True:
                entries = await self._stage.api.command("config_entries/get", domain="iot_gateway")
                if {entry["state"] for entry in entries} == {"loaded"}:
                    accounts = (await self.live_view())["accounts"]
                    if all(account["connected"] for account in accounts):
                        return
                await asyncio.sleep(0.1)


def view_path(title: str) -> str:
    """Return the path of a camera's view."""
    return title.lower().replace(" ", "-")


def _view(path: str, cards: list[dict[str, Any]], *, type_: str = "panel") -> dict[str, Any]:
    return {"path": path, "title": path, "type": type_, "cards": cards}


def _picture(entity_id: str, *, live: bool = True) -> dict[str, Any]:
    view = "live" if live else "auto"
    return {"type": "picture-entity", "entity": entity_id, "camera_image": entity_id, "camera_view": view}
