"""The base of the entities that a device has only because it can be watched: a camera and its pictures.

They are the entry's that has the device. What watches it may be another's: a cloud's, for a camera behind a gateway.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import override

from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import CompositeEntity
from .hub import Hub, HubConfigEntry
from .live_view import LiveCamera
from .mapping import EntityPlan, plan_live_view
from .mapping.image import EVENT_IMAGE
from .model import Device

_AVAILABILITY = ""
"""No data point has this code: who listens to it is woken when the device comes and goes."""


class LiveEntity(CompositeEntity):
    """An entity of a camera. It leaves with that, and calls `left` then."""

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan, camera: LiveCamera) -> None:
        """Stand for what `plan` says of `device`, watched by `camera`."""
        super().__init__(hub, device, plan)
        self.codes = plan.codes or (_AVAILABILITY,)
        self.camera = camera
        self.left: CALLBACK_TYPE | None = None
        self._lent = hub.connection.live_view is None
        self._events = EVENT_IMAGE.resolve(device.schema.visible, ()) or {}

    @property
    @override
    def available(self) -> bool:
        """Whether it is there: of a camera behind a gateway that is not to be reached, the cloud may know."""
        return super().available or self._online_elsewhere

    @property
    def online(self) -> bool:
        """Whether the device is there, as far as anybody knows."""
        return self.device.online or self._online_elsewhere

    @property
    def _online_elsewhere(self) -> bool:
        return self._lent and self.camera.device.online

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the data points, to the events, and to the camera."""
        await super().async_added_to_hass()
        self.async_on_remove(self.camera.listen(self._woken))
        self.async_on_remove(self.hub.listen_cameras(self._check_camera))
        if events := tuple(dict.fromkeys(self._events.values())):
            self.async_on_remove(self.hub.listen(self.device.id, events, self._note_events))
            self._note_events()
        # It may have gone while this was being added
        self._check_camera()

    @callback
    def _check_camera(self) -> None:
        """Leave when there is no such camera any more, or another in its place: the cloud's entry was loaded again."""
        if self.hub.camera(self.device.id) is not self.camera:
            _ = self.hass.async_create_task(self._leave(), f"removal of {self.entity_id}")

    async def _leave(self) -> None:
        await self.async_remove()
        if self.left is not None:
            self.left()

    @callback
    def _note_events(self) -> None:
        """Let the pictures know of what the device told."""
        for code in self._events.values():
            self.camera.pictures.note(code, self.device.state.get(code), self.device.reported_at.get(code))


@callback
def async_setup_live_platform(
    entry: HubConfigEntry,
    platform: Platform,
    create: Callable[[Hub, Device, EntityPlan, LiveCamera], LiveEntity],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the platform's entities of all cameras, and later of those that join or turn out to be some."""
    hub = entry.runtime_data
    present: dict[str, Device] = {}

    @callback
    def add(devices: Iterable[Device]) -> None:
        entities = []
        for device in devices:
            if present.get(device.id) is device or (camera := hub.camera(device.id)) is None:
                continue
            plan = next((plan for plan in plan_live_view(device.schema) if plan.platform is platform), None)
            if plan is not None:
                present[device.id] = device
                entity = create(hub, device, plan, camera)
                entity.left = partial(left, device)
                entities.append(entity)
        if entities:
            async_add_entities(entities)

    @callback
    def add_all() -> None:
        add(hub.devices.values())

    @callback
    def left(device: Device) -> None:
        """The entity of a device is gone with its camera; there may be another."""
        if present.get(device.id) is device:
            del present[device.id]
        if hub.devices.get(device.id) is device:
            add((device,))

    add_all()
    entry.async_on_unload(hub.listen_devices(add))
    entry.async_on_unload(hub.listen_cameras(add_all))
