"""A simulated account: its products and devices, and what these do; whoever wants to know of it listens."""

from collections.abc import Callable, Iterable, Mapping
import secrets
from typing import Any, Literal

from .devices import ONLINE, P2P_PROPERTY, ActionEntry, Device, EventEntry, EventType, Message, Product
from .errors import NOT_FOUND, CloudError
from .faults import Faults
from .storage import StoredEvent, UploadStatus
from .thing_model import complaint, inputs_complaint

_MOST_HISTORY = 10_000

type Report = Callable[[Device, Mapping[str, Any]], None]
type PushKind = Literal["data", "status"]
type Happened = Callable[[Device, PushKind, str, Mapping[str, Any] | str], None]
"""Called with a device, what kind of message it is, its topic and its payload."""


class UnknownDevice(KeyError):
    """There is no device of that name."""


class BadReport(ValueError):
    """A device can't report that; the text says why."""


class Account:
    """Products by id, devices by "product/name"; `now` is the cloud's clock, in seconds."""

    def __init__(
        self, products: Iterable[Product], devices: Iterable[Device], faults: Faults, *, now: Callable[[], float]
    ) -> None:
        """Take products and devices as they are, not copied; a test can look at them and change them."""
        self.products = {product.id: product for product in products}
        self.devices: dict[str, Device] = {}
        self.faults = faults
        self.now = now
        self.happened: list[Happened] = []
        """Whatever goes to the message queue of a product."""
        self.controlled: list[Report] = []
        """A device was told values by ControlDeviceData."""
        self.online_changed: list[Callable[[Device], None]] = []
        """A device has connected or disconnected; `online` and its X-P2P information are the new ones."""
        self.woken: list[Callable[[Device], None]] = []
        """A low-power device was told to wake up; it may be awake."""
        self.messages: list[Callable[[Device, Message], None]] = []
        self.actions: list[Callable[[Device, str, Mapping[str, Any]], None]] = []
        """A device was asked for an action: its id, its inputs."""
        self._sequence = 630_000
        for device in devices:
            self.add(device)

    # Lookups of calls

    def product(self, product_id: str) -> Product:
        """Return a product; raises CloudError."""
        if (product := self.products.get(product_id)) is None:
            raise CloudError(NOT_FOUND, "The product does not exist.")
        return product

    def called(self, params: Mapping[str, Any]) -> Device:
        """Return the device that the parameters of a call name; raises CloudError."""
        self.product(params["ProductId"])
        device = self.devices.get(f"{params['ProductId']}/{params['DeviceName']}")
        if device is None:
            raise CloudError(NOT_FOUND, "The device does not exist.")
        return device

    # What devices do

    def device(self, key: str) -> Device:
        """Return a device by product and name with a slash; raises UnknownDevice."""
        try:
            return self.devices[key]
        except KeyError:
            raise UnknownDevice(key) from None

    def add(self, device: Device) -> None:
        """Let a device join; its product has to be there: raises KeyError."""
        product = self.products[device.product_id]
        self.devices[device.key] = device
        if device.p2p and not device.p2p_info:
            self._start_p2p(product, device)

    def remove(self, key: str) -> None:
        """Let a device leave; raises UnknownDevice."""
        del self.devices[self.device(key).key]

    def report(self, key: str, values: Mapping[str, Any], *, at: int | None = None) -> None:
        """Let a device report values; raises UnknownDevice and BadReport. `at`: when, in milliseconds."""
        device = self.device(key)
        product = self.products[device.product_id]
        for name, value in values.items():
            definition = product.defined("properties", name)
            if definition is None:
                message = f"the model has no property {name}"
                raise BadReport(message)
            if text := complaint(definition["define"], value):
                message = f"{name}: {text}"
                raise BadReport(message)
        self._store(device, values, at)
        payload = {"method": "report", "clientToken": self._token(device), "params": dict(values)}
        self._tell(device, "data", f"$thing/up/property/{device.key}", payload)

    def event(self, key: str, event_id: str, params: Mapping[str, Any]) -> EventEntry:
        """Let a device report an event; raises UnknownDevice and BadReport."""
        device = self.device(key)
        definition = self.products[device.product_id].defined("events", event_id)
        if definition is None:
            message = f"the model has no event {event_id}"
            raise BadReport(message)
        if text := inputs_complaint(definition["params"], params):
            message = f"{event_id}: {text}"
            raise BadReport(message)
        kind: EventType = definition["type"]
        entry = EventEntry(time=self.milliseconds(), id=event_id, type=kind, params=dict(params))
        device.events.append(entry)
        payload = {
            "method": "event_post",
            "clientToken": self._token(device),
            "version": "1.0",
            "eventId": event_id,
            "type": kind,
            "timestamp": entry.time,
            "params": dict(params),
        }
        self._tell(device, "data", f"$thing/up/event/{device.key}", payload)
        return entry

    def custom(self, key: str, payload: Mapping[str, Any] | str, topic: str = "data") -> None:
        """Let a device send what it likes to a topic of its own; binary data comes as Base64. Raises UnknownDevice."""
        device = self.device(key)
        self._tell(device, "data", f"{device.key}/{topic}", payload)

    def record(
        self,
        key: str,
        event_id: str,
        *,
        channel: int | None = None,
        seconds: int = 8,
        data: str = "",
        status: UploadStatus = "Finished",
        at: int | None = None,
    ) -> StoredEvent:
        """Let a device store an event with its recording; raises UnknownDevice, and BadReport if it has no plan."""
        device = self.device(key)
        storage = device.storage.get(channel)
        if storage is None or not storage.active(self.now()):
            message = "there is no active plan for cloud storage"
            raise BadReport(message)
        start = int(self.now()) - seconds if at is None else at
        number = "" if channel is None else f"_{channel}"
        stored = StoredEvent(
            start=start,
            end=start + seconds,
            id=event_id,
            thumbnail=f"{device.name}{number}_{start}.jpg",
            status=status,
            data=data,
        )
        storage.add(stored)
        return stored

    def set_online(self, key: str, online: bool, reason: str = "") -> None:
        """Let a device connect or disconnect; raises UnknownDevice. What wasn't activated is so by connecting."""
        device = self.device(key)
        if (device.online == ONLINE) is online:
            return
        device.online = int(online)
        device.statuses.append((self.milliseconds(), online))
        product = self.products[device.product_id]
        if online:
            device.login_time = int(self.now())
            if device.p2p:
                self._start_p2p(product, device)
        for listener in self.online_changed:
            listener(device)
        # EV_ONLINE and its reason are known, the others not: our choice.
        payload = {
            "event": "EV_ONLINE" if online else "EV_OFFLINE",
            "reason": reason or ("REASON_DEVICE_CONNECT" if online else "REASON_DEVICE_DISCONNECT"),
            "deviceName": device.name,
            "productId": device.product_id,
            "timestamp": int(self.now()),
        }
        self._tell(device, "status", f"$state/report/{device.key}", payload)

    def restart(self, key: str) -> None:
        """Let a device go and come back, with other X-P2P information; raises UnknownDevice."""
        self.set_online(key, online=False)
        self.set_online(key, online=True)

    def tell_action(self, device: Device, entry: ActionEntry) -> None:
        """Note an action that was called, and let the device's reply go to the message queue."""
        device.actions.append(entry)
        payload = {
            "method": "action_reply",
            "clientToken": entry.token,
            "code": 0,
            "status": "success",
            "response": dict(entry.outputs),
        }
        self._tell(device, "data", f"$thing/up/action/{device.key}", payload)

    def milliseconds(self) -> int:
        """Return the cloud's time in milliseconds since 1970."""
        return int(self.now() * 1000)

    def next_sequence(self) -> int:
        """Return the number of the next message."""
        self._sequence += 1
        return self._sequence

    def _store(self, device: Device, values: Mapping[str, Any], at: int | None) -> None:
        time = self.milliseconds() if at is None else at
        for name, value in values.items():
            device.data[name] = (value, time)
            device.history.append((name, time, value))
        del device.history[:-_MOST_HISTORY]

    def _start_p2p(self, product: Product, device: Device) -> None:
        device.renew_p2p(self.now())
        if product.defined("properties", P2P_PROPERTY) is not None:
            self._store(device, {P2P_PROPERTY: device.p2p_info}, None)

    def _token(self, device: Device) -> str:
        return f"{device.product_id}-{secrets.randbelow(100_000)}"

    def _tell(self, device: Device, kind: PushKind, topic: str, payload: Mapping[str, Any] | str) -> None:
        for listener in self.happened:
            listener(device, kind, topic, payload)
