"""What moves cameras behind an X-P2P agent, and where they look."""

from collections.abc import Iterator
from typing import Final, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import callback

from .agent_entity import AgentEntity
from .agent_view import AgentCamera
from .hub import Hub
from .model import Device
from .ptz import STEP

_AXES: Final = {"pan_position": ("x", "min_x", "max_x"), "tilt_position": ("y", "min_y", "max_y")}
"""The members of a position that a sensor shows: value, least and most."""


class AgentMoveButton(AgentEntity, ButtonEntity):
    """Moves a camera's head a step; it is told to stop then, whatever happens."""

    def __init__(self, hub: Hub, device: Device, camera: AgentCamera, direction: str) -> None:
        """Stand for one direction."""
        super().__init__(hub, device, camera, f"move_{direction}")
        self._direction = direction
        # Whether those move whose product does not say so is for the user to know
        self._attr_entity_registry_enabled_default = camera.moves

    @override
    async def async_press(self) -> None:
        """Move a step."""
        await self.agent_camera.move(self._direction, STEP)


class AgentPositionSensor(AgentEntity, SensorEntity):
    """Shows where a camera looked after its last movement, in the device's own units."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, hub: Hub, device: Device, camera: AgentCamera, key: str) -> None:
        """Stand for one axis."""
        self._members = _AXES[key]
        super().__init__(hub, device, camera, key)

    @override
    @callback
    def _refresh(self) -> None:
        position = self.agent_camera.position
        value, least, most = (None if position is None else getattr(position, name) for name in self._members)
        self._attr_native_value = value
        at_limit = None if position is None else position.at_limit
        if value is not None and least is not None and most is not None:
            # The camera says it of its head as a whole: the other axis may be the one that goes no further
            at_limit = not least < value < most
        limits = {"minimum": least, "maximum": most, "at_limit": at_limit}
        self._attr_extra_state_attributes = {name: limit for name, limit in limits.items() if limit is not None}


def move_buttons(hub: Hub, device: Device, camera: AgentCamera) -> Iterator[AgentMoveButton]:
    """Yield the buttons of a camera, one a direction."""
    for direction in camera.directions:
        yield AgentMoveButton(hub, device, camera, direction)


def position_sensors(hub: Hub, device: Device, camera: AgentCamera) -> Iterator[AgentPositionSensor]:
    """Yield the sensors of a camera: those of the axes that it tells of."""
    position = camera.position
    for key, (member, *_) in _AXES.items():
        if position is not None and getattr(position, member) is not None:
            yield AgentPositionSensor(hub, device, camera, key)
