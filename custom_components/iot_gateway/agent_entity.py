"""The base of the entities of a camera behind an X-P2P agent."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .agent_view import AgentCamera
from .const import DOMAIN
from .hub import Hub, HubConfigEntry
from .model import EVENT_PREFIX, Device

_AVAILABILITY = ""
"""No data point has this code: who listens to it is woken when the device comes and goes."""


class AgentEntity(Entity):
    """An entity of a camera; of a recorder's channel it says so in its name. It leaves with the camera."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, device: Device, camera: AgentCamera, key: str) -> None:
        """Stand for `camera`, which is `device` or a channel of it; `key` is that of the unique id and of the translation."""
        self.hub = hub
        self.device = device
        self.agent_camera = camera
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, device.id)})
        self._attr_unique_id = f"{device.id}_{key}"
        self._attr_translation_key = key
        if camera.channel is not None:
            self._attr_unique_id += f"_{camera.number}"
            self._attr_translation_key = f"{key}_of_channel"
            self._attr_translation_placeholders = {"channel": camera.channel_name or str(camera.number)}

    @property
    @override
    def available(self) -> bool:
        """Whether the device is there; one that sleeps may be woken also while it is taken to be offline.

        Once the agent knows the way to it, the cloud may be away.
        """
        camera = self.agent_camera
        return (self.hub.connected or camera.has_session) and (self.device.online or camera.sleeps)

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the device, to its events, and to the camera."""
        await super().async_added_to_hass()
        camera = self.agent_camera
        self.async_on_remove(self.hub.listen(self.device.id, (_AVAILABILITY,), self._woken))
        self.async_on_remove(self.hub.listen_release(self.device.id, self.async_remove))
        self.async_on_remove(camera.listen(self._woken))
        if (view := self.hub.connection.agent_view) is not None:
            self.async_on_remove(view.listen_cameras(self._check_camera))
        for code in self.device.schema.points:
            if code.startswith(EVENT_PREFIX):
                self.async_on_remove(self.hub.listen_reports(self.device.id, code, self._event_happened))
        self._refresh()
        # It may have gone while this was being added
        self._check_camera()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Carry on under the new entity id: nothing here is kept by entity id (asked for from 2026.11 on)."""

    @callback
    def _check_camera(self) -> None:
        """Leave when there is no such camera any more, or another in its place."""
        view = self.hub.connection.agent_view
        if view is None or self.agent_camera not in view.cameras(self.device.id):
            _ = self.hass.async_create_task(self.async_remove(), f"removal of {self.entity_id}")

    @callback
    def _event_happened(self, _value: object, _number: int | None) -> None:
        """The device told of an event."""

    @callback
    def _woken(self) -> None:
        self._refresh()
        self.async_write_ha_state()

    @callback
    def _refresh(self) -> None:
        """Take over what is known of the camera."""


@callback
def async_setup_agent_platform(
    entry: HubConfigEntry,
    create: Callable[[Hub, Device, AgentCamera], Iterable[Entity]],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a platform's entities of all cameras behind the entry's agent, and later of those that join.

    `create` is asked again when something of the cameras is another; what it returns under a unique id that is there already
    is left out.
    """
    hub = entry.runtime_data
    view = hub.connection.agent_view
    if view is None:
        return
    present: dict[str, tuple[AgentCamera, set[str]]] = {}

    @callback
    def add_all() -> None:
        entities = []
        for device in hub.devices.values():
            for camera in view.cameras(device.id):
                known = present.get(camera.key)
                if known is None or known[0] is not camera:
                    known = present[camera.key] = (camera, set())
                    entry.async_on_unload(camera.listen(add_all))
                for entity in create(hub, device, camera):
                    assert entity.unique_id is not None
                    if entity.unique_id not in known[1]:
                        known[1].add(entity.unique_id)
                        entities.append(entity)
        if entities:
            async_add_entities(entities)

    add_all()
    entry.async_on_unload(hub.listen_devices(lambda _: add_all()))
    entry.async_on_unload(view.listen_cameras(add_all))
