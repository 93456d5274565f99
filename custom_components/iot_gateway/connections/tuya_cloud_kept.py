"""What a Tuya cloud connection keeps over restarts: the specifications of devices, each of which costs a call."""

import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..clients.tuya_cloud.devices import CloudDevice, Specification
from ..const import CONNECTION_TUYA_CLOUD, DOMAIN

_SAVE_DELAY: Final = 10.0
_GOOD_FOR: Final = 7 * 86400.0
"""Seconds after which a specification is read again: a device's new firmware may come with another."""
_EMPTY_GOOD_FOR: Final = 86400.0
"""The same, where the cloud had none."""


class KeptDevices:
    """The specifications, and what the list of devices does not tell every time. No keys, no states, no addresses."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Have nothing before `load`."""
        self._store = _store(hass, entry)
        self._kept: dict[str, dict[str, Any]] = {}
        self._unsaved = False

    async def load(self) -> None:
        """Read what was kept."""
        self._kept = await self._store.async_load() or {}

    def known(self) -> dict[str, CloudDevice]:
        """Return devices with what `list_devices` need not ask for again."""
        return {
            device_id: CloudDevice(
                id=device_id, uid=kept["uid"], gateway_id=kept["gateway_id"], node_id=kept["node_id"]
            )
            for device_id, kept in self._kept.items()
            if not self.is_stale(device_id)
        }

    def uid(self, device_id: str) -> str:
        """Return the account that a device was in."""
        return str(self._kept.get(device_id, {}).get("uid", ""))

    def specification(self, device: CloudDevice) -> Specification | None:
        """Return a device's specification, None where there is none or it is that of another product."""
        kept = self._kept.get(device.id)
        if kept is None or kept["product_id"] != device.product_id:
            return None
        return Specification(
            category=kept["category"], functions=tuple(kept["functions"]), status=tuple(kept["status"])
        )

    def is_stale(self, device_id: str) -> bool:
        """Whether a device's specification should be read again, or was never."""
        if (kept := self._kept.get(device_id)) is None:
            return True
        good_for = _GOOD_FOR if kept["functions"] or kept["status"] else _EMPTY_GOOD_FOR
        return not 0 <= time.time() - kept["read_at"] < good_for

    @callback
    def keep(self, device: CloudDevice, specification: Specification) -> None:
        """Keep what was read just now."""
        self._kept[device.id] = {
            "uid": device.uid,
            "product_id": device.product_id,
            "gateway_id": device.gateway_id,
            "node_id": device.node_id,
            "category": specification.category,
            "functions": [dict(entry) for entry in specification.functions],
            "status": [dict(entry) for entry in specification.status],
            "read_at": time.time(),
            "events": self.events(device.id),
        }
        self._save()

    def events(self, device_id: str) -> list[str]:
        """Return the codes of the events of a device's model that ever happened; no specification names them."""
        return list(self._kept.get(device_id, {}).get("events", ()))

    @callback
    def keep_event(self, device_id: str, code: str) -> None:
        """Keep that a device has an event, so that its entity is there after a restart, before it happens again."""
        if (kept := self._kept.get(device_id)) is not None and code not in kept.get("events", ()):
            kept["events"] = [*self.events(device_id), code]
            self._save()

    @callback
    def drop(self, device_id: str) -> None:
        """Forget a device that is gone."""
        if self._kept.pop(device_id, None) is not None:
            self._save()

    async def flush(self) -> None:
        """Write what is not written yet; whoever loads it next may do so right away."""
        if self._unsaved:
            await self._store.async_save(self._to_store())

    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Remove all that was kept of an entry."""
        await _store(hass, entry).async_remove()

    def _save(self) -> None:
        self._unsaved = True
        self._store.async_delay_save(self._to_store, _SAVE_DELAY)

    def _to_store(self) -> dict[str, dict[str, Any]]:
        self._unsaved = False
        return self._kept


def _store(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, dict[str, Any]]]:
    return Store(hass, 1, f"{DOMAIN}.{CONNECTION_TUYA_CLOUD}.{entry.entry_id}")
