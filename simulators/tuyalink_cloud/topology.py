"""Gateways and their sub-devices: bind, login, logout, topology (B3; Tuya's "Topology Management").

Our choice, as the pages don't tell: a sub-device of a gateway that isn't connected is offline, and stays so until the gateway logs
it in again; binding what was bound to another gateway moves it; a product that isn't for sub-devices is 1002; a topology's page
has 50 entries, at most 100, and begins after `startId`; what `topo/add` and `topo/delete` have as data is an array of device ids or
of objects with a deviceId, also under "devIds".
"""

from collections.abc import Callable, Iterable, MutableMapping
from itertools import count
from typing import Any

from .codes import BAD_FORMAT, BAD_PARAMETER, NO_DEVICE, SUCCESS, Refused
from .devices import LinkDevice, Product, sub_device_id
from .faults import Faults
from .messages import Message
from .reports import Handler

type Json = dict[str, Any]

MOST_AT_ONCE = 100
_PAGE, _MOST_ON_PAGE = 50, 100
# Index ids have gaps, so that nobody counts on the next one.
_INDEX_STEP = 7


class Topology:
    """Keeps who is bound where. `changed` is called with a gateway's id whenever that has other sub-devices."""

    def __init__(
        self,
        devices: MutableMapping[str, LinkDevice],
        products: MutableMapping[str, Product],
        faults: Faults,
        *,
        changed: Callable[[str], None],
        note: Callable[[str], None],
    ) -> None:
        """Keep it in the devices."""
        self._devices = devices
        self._products = products
        self._faults = faults
        self._changed = changed
        self._note = note
        self._index_ids = count(_INDEX_STEP, _INDEX_STEP)

    def handlers(self) -> dict[str, Handler]:
        """Return what does it, by function."""
        return {
            "device/sub/bind": self._bind,
            "device/sub/login": self._login,
            "device/sub/logout": self._logout,
            "device/topo/add": self._add,
            "device/topo/delete": self._delete,
            "device/topo/get": self._get,
        }

    def sub_devices(self, gateway_id: str) -> list[LinkDevice]:
        """Return what is bound to a gateway, in the order of its topology."""
        bound = [one for one in self._devices.values() if one.gateway_id == gateway_id]
        return sorted(bound, key=lambda one: one.index_id)

    def link(self, sub: LinkDevice, gateway_id: str) -> None:
        """Bind a sub-device that there is."""
        if sub.gateway_id == gateway_id:
            return
        before, sub.gateway_id = sub.gateway_id, gateway_id
        sub.online = False
        sub.index_id = next(self._index_ids)
        if before is not None:
            self._changed(before)
        self._changed(gateway_id)

    def unlink(self, sub: LinkDevice) -> None:
        """Bind a sub-device no more; it is known still."""
        gateway_id, sub.gateway_id = sub.gateway_id, None
        sub.online = False
        if gateway_id is not None:
            self._changed(gateway_id)

    def all_offline(self, gateway_id: str) -> None:
        """Let all sub-devices of a gateway be offline."""
        for sub in self.sub_devices(gateway_id):
            sub.online = False

    # What gateways ask for

    def _bind(self, gateway: LinkDevice, message: Message) -> Json:
        items = _array(message.data)
        if not items or len(items) > MOST_AT_ONCE:
            raise Refused(BAD_PARAMETER, f"{len(items)} sub-devices at once")
        wanted = []
        for one in items:
            product_id, client_id = _field(one, "productId"), _field(one, "clientId")
            product = self._products.get(product_id)
            if product is None or not product.sub_device:
                raise Refused(BAD_PARAMETER, f"no sub-device is of the product {product_id}")
            wanted.append((product, client_id))
        if self._faults.bind_empty:
            return {"code": SUCCESS, "data": []}
        bound = []
        for product, client_id in wanted:
            if (sub := self._registered(product, client_id)) is None:
                self._note(f"there is no licence for another device of {product.id}")
                continue
            self.link(sub, gateway.id)
            bound.append({"productId": product.id, "clientId": client_id, "deviceId": sub.id})
        return {"code": SUCCESS, "data": bound}

    def _registered(self, product: Product, client_id: str) -> LinkDevice | None:
        """Return the device of a client id, a new one if there is a licence left."""
        device_id = sub_device_id(product.id, client_id)
        if (known := self._devices.get(device_id)) is not None:
            return known
        if product.licences is not None:
            if product.licences == 0:
                return None
            product.licences -= 1
        device = self._devices[device_id] = LinkDevice(id=device_id, product=product, client_id=client_id)
        return device

    def _login(self, gateway: LinkDevice, message: Message) -> Json:
        return self._set_online(gateway, message, online=True)

    def _logout(self, gateway: LinkDevice, message: Message) -> Json:
        return self._set_online(gateway, message, online=False)

    def _set_online(self, gateway: LinkDevice, message: Message, *, online: bool) -> Json:
        ids = _array(message.data)
        if not ids or len(ids) > MOST_AT_ONCE:
            raise Refused(BAD_PARAMETER, f"{len(ids)} sub-devices at once")
        for device_id in ids:
            try:
                self._own(gateway, device_id).online = online
            except Refused as err:
                # There is no answer to this, so the others count.
                self._note(str(err))
        return {"code": SUCCESS}

    def _add(self, gateway: LinkDevice, message: Message) -> Json:
        subs = []
        for device_id in _device_ids(message.data):
            sub = self._devices.get(device_id)
            if sub is None or not sub.sub_device:
                raise Refused(NO_DEVICE, f"no sub-device is called {device_id}")
            subs.append(sub)
        for sub in subs:
            self.link(sub, gateway.id)
        return {"code": SUCCESS, "data": [_entry(sub) for sub in subs]}

    def _delete(self, gateway: LinkDevice, message: Message) -> Json:
        subs = [self._own(gateway, device_id) for device_id in _device_ids(message.data)]
        for sub in subs:
            self.unlink(sub)
        return {"code": SUCCESS}

    def _get(self, gateway: LinkDevice, message: Message) -> Json:
        query = {} if message.data is None else message.data
        if not isinstance(query, dict):
            raise Refused(BAD_FORMAT, "data is no object")
        start, size = query.get("startId", 0), query.get("pageSize", _PAGE)
        for number in (start, size):
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                raise Refused(BAD_PARAMETER, "startId and pageSize are numbers")
        subs = [sub for sub in self.sub_devices(gateway.id) if sub.index_id > start]
        if "devIds" in query:
            wanted = set(_device_ids(query["devIds"]))
            subs = [sub for sub in subs if sub.id in wanted]
        return {"code": SUCCESS, "data": [_entry(sub) for sub in subs[: min(size, _MOST_ON_PAGE)]]}

    def _own(self, gateway: LinkDevice, device_id: object) -> LinkDevice:
        sub = self._devices.get(device_id) if isinstance(device_id, str) else None
        if sub is None or sub.gateway_id != gateway.id:
            raise Refused(NO_DEVICE, f"{device_id} isn't bound to {gateway.id}")
        return sub


def change(kind: str, device_ids: Iterable[str], faults: Faults) -> Json:
    """Return what a notification about changes has under delDevIds or addDevIds; nothing without any."""
    ids = list(device_ids)
    if not ids:
        return {}
    return {kind: [{"deviceId": one} for one in ids] if faults.topology == "objects" else ids}


def _entry(sub: LinkDevice) -> Json:
    return {"clientId": sub.client_id, "deviceId": sub.id, "productId": sub.product.id, "indexId": sub.index_id}


def _array(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(BAD_FORMAT, "data is no array")
    return value


def _field(item: object, name: str) -> str:
    value = item.get(name) if isinstance(item, dict) else None
    if not isinstance(value, str) or not value:
        raise Refused(BAD_FORMAT, f"{name} is no text")
    return value


def _device_ids(data: object) -> list[str]:
    """Return device ids, in whatever form they come; raises Refused."""
    if isinstance(data, dict) and "devIds" in data:
        data = data["devIds"]
    return [one if isinstance(one, str) else _field(one, "deviceId") for one in _array(data)]
