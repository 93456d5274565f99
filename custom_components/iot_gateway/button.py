"""Buttons."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .agent_entity import async_setup_agent_platform
from .agent_ptz import move_buttons
from .entity import DataPointEntity, DeviceEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.rows import ActionRow, ButtonRow
from .model import Device
from .ptz import Movement

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the buttons of an entry."""
    async_setup_platform(entry, Platform.BUTTON, _create, async_add_entities)
    async_setup_agent_platform(entry, move_buttons, async_add_entities)


def _create(hub: Hub, device: Device, plan: EntityPlan) -> ButtonEntity:
    """Return the button that a plan is about."""
    if isinstance(plan.row, ActionRow):
        return ActionButton(hub, device, plan)
    assert isinstance(plan.row, ButtonRow)
    return (DataPointButton if plan.row.moves is None else MoveButton)(hub, device, plan)


class DataPointButton(DataPointEntity, ButtonEntity):
    """Sets a data point to the one value that makes the device do something."""

    entity_description: ButtonRow

    @override
    async def async_press(self) -> None:
        """Press it."""
        await self._set(self.entity_description.press)


class MoveButton(DataPointEntity, ButtonEntity):
    """Moves a camera's head a step, which ends by an order of its own."""

    entity_description: ButtonRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        super().__init__(hub, device, plan)
        self._movement = Movement.of(hub, device, hub.camera(device.id))

    @override
    async def async_will_remove_from_hass(self) -> None:
        """End the movement while the connection is still there."""
        await self._movement.finish()
        await super().async_will_remove_from_hass()

    @override
    async def async_press(self) -> None:
        """Move a step."""
        assert self.entity_description.moves is not None
        await self._movement.move(self.entity_description.moves)


class ActionButton(DeviceEntity, ButtonEntity):
    """Has a device do an action of its model that takes no inputs."""

    entity_description: ActionRow

    @override
    async def async_press(self) -> None:
        """Do it; what the device answers is for the service action `call_action`."""
        await self.hub.call_action(self.device.id, self.entity_description.action)
