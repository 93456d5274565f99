"""Locks."""

from typing import Any, override

from homeassistant.components.lock import LockEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import CompositeEntity, async_setup_platform
from .hub import Hub, HubConfigEntry
from .mapping import EntityPlan
from .mapping.composite import LockRow
from .model import Device

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: HubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the locks of an entry."""
    async_setup_platform(entry, Platform.LOCK, TuyaLock, async_add_entities)


class TuyaLock(CompositeEntity, LockEntity):
    """A lock. Many can be locked but not unlocked from here; to try is an error that says so."""

    entity_description: LockRow

    def __init__(self, hub: Hub, device: Device, plan: EntityPlan) -> None:
        """Stand for what `plan` says of `device`."""
        super().__init__(hub, device, plan)
        self._locking = self._first({"lock": True, "set_motor": False, "lock_order": True})
        self._unlocking = self._first({"lock": False, "set_motor": True, "unlock_order": True})

    @override
    @callback
    def _refresh(self) -> None:
        unlocked, locked = self.value("motor"), self.value("lock")
        if isinstance(unlocked, bool):
            self._attr_is_locked = not unlocked
        else:
            self._attr_is_locked = locked if isinstance(locked, bool) else None

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Lock it."""
        await self._order(self._locking, "cannot_lock")

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Unlock it."""
        await self._order(self._unlocking, "cannot_unlock")

    def _first(self, orders: dict[str, bool]) -> dict[str, bool]:
        """Return the first of some orders that the device can be given, {} if it can be given none."""
        return next(({role: value} for role, value in orders.items() if role in self.roles), {})

    async def _order(self, order: dict[str, bool], refusal: str) -> None:
        """Give an order; raise what says that there is none."""
        if not order:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key=refusal,
                translation_placeholders={"name": self.hub.name_of(self.device)},
            )
        await self._set(order)
