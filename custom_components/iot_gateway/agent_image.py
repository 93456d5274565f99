"""The picture of the last event of a camera behind an X-P2P agent, out of the cloud storage."""

from collections.abc import Iterator
from typing import override

from homeassistant.components.image import ImageEntity
from homeassistant.core import callback

from .agent_entity import AgentEntity
from .agent_view import AgentCamera
from .hub import Hub
from .model import Device


class AgentEventImage(AgentEntity, ImageEntity):
    """The picture of the last event, fetched once somebody looks or the device told of an event."""

    def __init__(self, hub: Hub, device: Device, camera: AgentCamera) -> None:
        """Stand for a camera."""
        AgentEntity.__init__(self, hub, device, camera, "event_image")
        ImageEntity.__init__(self, hub.hass)

    @override
    async def async_added_to_hass(self) -> None:
        """Look for the last event once, so that there is a state."""
        await super().async_added_to_hass()
        if self.agent_camera.picture.when is None:
            self.agent_camera.picture.look()

    @override
    @callback
    def _event_happened(self, _value: object, _number: int | None) -> None:
        self.agent_camera.picture.event_happened(look=True)

    @property
    @override
    def available(self) -> bool:
        """Whether the cloud can be asked; for its pictures the camera may be off."""
        return self.hub.connected

    @override
    @callback
    def _refresh(self) -> None:
        self._attr_image_last_updated = self.agent_camera.picture.when

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture, None where there is none."""
        return await self.agent_camera.picture.get()


def event_images(hub: Hub, device: Device, camera: AgentCamera) -> Iterator[AgentEventImage]:
    """Yield the image of a camera that has a storage plan."""
    if camera.stored:
        yield AgentEventImage(hub, device, camera)
