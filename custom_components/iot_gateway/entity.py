"""The base of all entities that stand for data points."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, override

from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .hub import Hub, HubConfigEntry, gang_identifier
from .mapping import EntityPlan, plan_entities
from .mapping.naming import readable_name
from .model import DataPoint, Device, Value
from .model.device_names import gang_translation_key
from .visibility import SHOWN_BY_OPTION


class DeviceEntity(Entity):
    """An entity that shows or sets data points of a device.

    Subclasses implement `_refresh`, which takes the device's state over into the entity's attributes.
    """

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        self.hub = hub
        self.device = device
        self.codes = plan.codes
        self.entity_description = plan.row
        self._attr_unique_id = plan.unique_id(device.id)
        if plan.row.main:
            self._attr_name = None
        elif isinstance(plan.row.name, str):
            # A name that a quirk gives goes before that of the translation, which also names the states
            self._attr_name = plan.row.name
        self._shown_by_option = hub.show_all and plan.generic
        if self._shown_by_option:
            self._attr_entity_registry_enabled_default = True
        self._attr_device_info: DeviceInfo | ChildDeviceInfo | None = device_info(hub, device, plan.gang)

    @property
    @override
    def available(self) -> bool:
        """Whether the link is up and the device online."""
        return self.hub.available(self.device.id)

    @override
    def get_initial_entity_options(self) -> er.EntityOptionsType | None:
        """Note in a new entity's entry that the option to show all enabled it, so that it can be taken back."""
        options = super().get_initial_entity_options()
        return {**(options or {}), DOMAIN: SHOWN_BY_OPTION} if self._shown_by_option else options

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the data point."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.listen(self.device.id, self.codes, self._woken))
        self.async_on_remove(self.hub.listen_release(self.device.id, self.async_remove))
        self._refresh()

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Carry on under the new entity id: nothing here is kept by entity id (asked for from 2026.11 on)."""

    @callback
    def _woken(self) -> None:
        self._refresh()
        self.async_write_ha_state()

    @callback
    def _refresh(self) -> None:
        """Take the device's state over."""


class DataPointEntity(DeviceEntity):
    """An entity that shows or sets one data point of a device."""

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        super().__init__(hub, device, plan)
        self.code = plan.row.data_point

    @callback
    def _name_without_device_class(self) -> None:
        """The row's device class went, as the unit does not fit it: a name that came from it must come from the code."""
        if self.entity_description.translation_key is None and not hasattr(self, "_attr_name"):
            self._attr_name = readable_name(self.code)

    @property
    def point(self) -> DataPoint:
        """The data point that the entity stands for."""
        return self.device.schema.points[self.code]

    @property
    def point_value(self) -> Value | None:
        """The data point's value, None while it has none."""
        return self.device.value(self.code)

    async def _set(self, value: Any) -> None:
        """Set the data point; return once confirmed."""
        await self.hub.send(self.device.id, {self.code: value})


class CompositeEntity(DeviceEntity):
    """An entity that shows or sets several data points of a device, each in the role that its row gives it."""

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        super().__init__(hub, device, plan)
        self.roles = plan.roles

    def point(self, role: str) -> DataPoint | None:
        """Return the data point that has a role, None where the device has none."""
        code = self.roles.get(role)
        return None if code is None else self.device.schema.points[code]

    def value(self, role: str) -> Value | None:
        """Return the value of the data point that has a role, None where there is none or it has none."""
        code = self.roles.get(role)
        return None if code is None else self.device.value(code)

    async def _set(self, values: Mapping[str, Any]) -> None:
        """Set data points, by role, in one command; return once confirmed."""
        await self.hub.send(self.device.id, {self.roles[role]: value for role, value in values.items()})


def device_info(hub: Hub, device: Device, gang: int | None) -> DeviceInfo | ChildDeviceInfo:
    """Return the device that an entity belongs to: the hub has registered it, a gang registers with its entity."""
    if gang is None:
        return DeviceInfo(identifiers={(DOMAIN, device.id)})
    return ChildDeviceInfo(
        identifiers={(DOMAIN, gang_identifier(device.id, gang))},
        parent_device_id=hub.registry_id(device.id),
        translation_key=gang_translation_key(device.category),
        translation_placeholders={"number": str(gang)},
    )


@callback
def async_setup_platform(
    entry: HubConfigEntry,
    platform: Platform,
    create: Callable[[Hub, Device, EntityPlan], Entity],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the platform's entities of all devices, and later of those that join or report more than they said."""
    hub = entry.runtime_data
    present: dict[str, Device] = {}
    keys: dict[str, set[str]] = {}

    @callback
    def add(devices: Iterable[Device]) -> None:
        entities = []
        for device in devices:
            if present.get(device.id) is not device:
                # New, or back after it had been removed
                present[device.id] = device
                keys[device.id] = set()
            for plan in plan_entities(device.schema):
                if plan.platform is platform and plan.key not in keys[device.id]:
                    keys[device.id].add(plan.key)
                    entities.append(create(hub, device, plan))
        if entities:
            async_add_entities(entities)

    add(hub.devices.values())
    entry.async_on_unload(hub.listen_devices(add))
