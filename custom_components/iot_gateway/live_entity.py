"""The base of the entities that a device has only because it can be watched: a camera and its pictures."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity
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
    """An entity of a camera."""

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan, camera: LiveCamera) -> None:
        """Stand for what `plan` says of `device`, watched by `camera`."""
        super().__init__(hub, device, plan)
        self.codes = plan.codes or (_AVAILABILITY,)
        self.camera = camera
        self._events = EVENT_IMAGE.resolve(device.schema.visible, ()) or {}

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the data points, to the events, and to the camera."""
        await super().async_added_to_hass()
        self.async_on_remove(self.camera.listen(self._woken))
        if events := tuple(dict.fromkeys(self._events.values())):
            self.async_on_remove(self.hub.listen(self.device.id, events, self._note_events))
            self._note_events()

    @callback
    def _note_events(self) -> None:
        """Let the pictures know of what the device told."""
        for code in self._events.values():
            self.camera.pictures.note(code, self.device.state.get(code), self.device.reported_at.get(code))


@callback
def async_setup_live_platform(
    entry: HubConfigEntry,
    platform: Platform,
    create: Callable[[Hub, Device, EntityPlan, LiveCamera], Entity],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the platform's entities of all cameras, and later of those that join or turn out to be some.

    A device of a connection without a live view has none.
    """
    hub = entry.runtime_data
    live_view = hub.connection.live_view
    if live_view is None:
        return
    present: dict[str, tuple[Device, LiveCamera]] = {}

    @callback
    def add(devices: Iterable[Device]) -> None:
        entities = []
        for device in devices:
            camera = live_view.get(device.id)
            if camera is None or present.get(device.id) == (device, camera):
                continue
            plan = next((plan for plan in plan_live_view(device.schema) if plan.platform is platform), None)
            if plan is not None:
                present[device.id] = (device, camera)
                entities.append(create(hub, device, plan, camera))
        if entities:
            async_add_entities(entities)

    @callback
    def added(camera: LiveCamera) -> None:
        if (device := hub.devices.get(camera.device.id)) is not None:
            add((device,))

    add(hub.devices.values())
    entry.async_on_unload(hub.listen_devices(add))
    entry.async_on_unload(live_view.listen_cameras(added))
