"""Images: the picture of a camera's last event."""

from typing import override

from homeassistant.components.image import ImageEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .agent_entity import async_setup_agent_platform
from .agent_image import event_images
from .hub import Hub, HubConfigEntry
from .live_entity import LiveEntity, async_setup_live_platform
from .live_view import LiveCamera
from .mapping import EntityPlan
from .mapping.composite import EventImageRow
from .model import Device

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the images of an entry."""
    async_setup_live_platform(entry, Platform.IMAGE, EventImage, async_add_entities)
    async_setup_agent_platform(entry, event_images, async_add_entities)


class EventImage(LiveEntity, ImageEntity):
    """The picture of the last event, fetched once somebody looks."""

    entity_description: EventImageRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan, camera: LiveCamera) -> None:
        """Stand for what `plan` says of `device`, watched by `camera`."""
        super().__init__(hub, device, plan, camera)
        ImageEntity.__init__(self, hub.hass)

    @override
    @callback
    def _refresh(self) -> None:
        self._attr_image_last_updated = self.camera.pictures.last_event

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture, None where it cannot be had: one of another event would be a lie."""
        return await self.camera.pictures.last()
