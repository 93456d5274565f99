"""The devices of an entry that its list lacks: away at first, and gone where the next list lacks them too."""

from collections.abc import Callable, Collection, Iterable

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..hub import Hub


def registered_devices(hass: HomeAssistant, entry_id: str, root: str) -> set[str]:
    """Return the ids of the devices that the device registry has of an entry, without its root's identifier."""
    return {
        identifier
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)
        for domain, identifier in device.identifiers
        if domain == DOMAIN and identifier != root
    }


class MissingDevices:
    """Those that the last list lacked, of the devices of a hub whose root is its entry; `ids` are theirs."""

    def __init__(self, hub: Hub) -> None:
        """Miss none."""
        self._hub = hub
        self.ids: frozenset[str] = frozenset()

    @callback
    def compare(
        self,
        listed: Collection[str],
        *,
        may_go: Callable[[str], bool],
        also: Iterable[str] = (),
        removed: Collection[str] = (),
    ) -> set[str]:
        """Compare what is known with a list; show what is missing as away, and return what is gone.

        Args:
            listed: the ids in the list.
            may_go: whether a device is gone that two lists in a row lack; else it stays missing.
            also: what is known beside the devices of hub and registry.
            removed: what is gone though only this list lacks it.
        """
        entry_id = self._hub.entry.entry_id
        known = {*self._hub.devices, *registered_devices(self._hub.hass, entry_id, entry_id), *also}
        lacked = known.difference(listed)
        gone = {one for one in lacked if one in removed or (one in self.ids and may_go(one))}
        self.ids = frozenset(lacked - gone)
        for device_id in self.ids & self._hub.devices.keys():
            self._hub.set_online(device_id, online=False)
        return gone
