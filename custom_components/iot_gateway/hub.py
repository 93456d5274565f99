"""The hub of a config entry: its devices, who listens to them, and the way of commands.

A report wakes the entities whose data points changed and no others. A connection feeds the hub and sends what it
is told; the hub knows nothing of protocols.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
import logging
import time
from typing import TYPE_CHECKING, Any, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .commands import CommandBatcher, Values
from .const import CONF_SHOW_ALL, DOMAIN
from .errors import CommandFailed, invalid_value, unknown_action
from .handover import adopt
from .measures import Measure
from .model import EVENT_PREFIX, Device, DeviceSchema, InvalidValue, Quirks, Raw, Value
from .model.device_names import device_translation_key
from .settling import Settling
from .sharing import Sharing

if TYPE_CHECKING:
    from .agent_view import AgentView
    from .live_view import LiveCamera, LiveView

_LOGGER = logging.getLogger(__name__)

type HubConfigEntry = ConfigEntry[Hub]

type Woken = Callable[[], None]
"""Called when a data point listened to has changed, or its device's availability."""
type Reported = Callable[[Value | None, int | None], None]
"""Called with the value of each report of a data point, also when it is the same as before, and the report's number.

The number is what the connection tells one report from another by: the same report told twice has the same. None where
it numbers none.
"""

_GANG_SEPARATOR = "_gang_"

_FIRST_EVENT_WAITS = 10.0
"""Seconds that an entity may take from being made to listening."""
_SLICE_SECONDS = 0.01
"""How long the event loop may be kept when all entities are woken at once."""


class Connection(Protocol):
    """What a hub needs of a connection; `connections/` has one module for each.

    `live_view` is what cameras are watched by, None where the connection brings none that can be; see `Hub.camera`.
    `agent_view` is the same for cameras behind an X-P2P agent. `measures` are what it tells of itself; they stand once it has started.
    """

    live_view: LiveView | None = None
    agent_view: AgentView | None = None
    measures: tuple[Measure, ...] = ()

    async def start(self) -> None:
        """Connect and bring the devices; raise ConfigEntryNotReady or ConfigEntryAuthFailed."""

    def loaded(self) -> None:
        """The platforms are set up: what happens from now on finds its entities listening."""

    async def unloading(self) -> None:
        """The platforms are about to be unloaded: what happens from now on finds none of its entities listening."""

    async def stop(self) -> None:
        """Disconnect."""

    async def send(self, values: Values) -> None:
        """Set raw values; return once confirmed, raise CommandFailed or CommandRefused."""

    async def call_action(self, device_id: str, action_id: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have a device do one of its actions and return what it answers; raises CommandFailed or ServiceValidationError."""
        raise CommandFailed("no_actions", device=device_id)

    def ask(self, device_id: str) -> None:
        """Read the state of a device again, soon."""

    def diagnostics(self) -> dict[str, Any]:
        """Return what a bug report needs of the connection, without secrets."""

    @staticmethod
    async def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Drop what is kept beside an entry; it is being removed."""


@dataclass(frozen=True, kw_only=True)
class RootDevice:
    """The device that stands for the connection itself: the gateway that the others are behind.

    `service`: there is no such thing to touch, as with a cloud.
    """

    identifier: str
    manufacturer: str
    model: str
    service: bool = False


class Hub:
    """The devices of one config entry; `platforms` are those that are set up for them."""

    connection: Connection

    def __init__(self, hass: HomeAssistant, entry: HubConfigEntry, quirks: Quirks | None = None) -> None:
        """Begin without devices and without a link; the connection applies `quirks` to the schemas that it brings."""
        self.hass = hass
        self.entry = entry
        self.quirks = Quirks() if quirks is None else quirks
        self.show_all: bool = entry.options.get(CONF_SHOW_ALL, False)
        self.platforms: set[Platform] = set()
        self.devices: dict[str, Device] = {}
        self.connected = False
        self._sharing = Sharing.of(hass)
        self._root: RootDevice | None = None
        self._root_id: str | None = None
        self._registry_ids: dict[str, str] = {}
        self._awaiting_parent: dict[str, set[str]] = {}
        self._woken: dict[str, dict[str, list[Woken]]] = {}
        self._reported: dict[str, dict[str, list[Reported]]] = {}
        self._reported_late: dict[str, dict[str, list[Reported]]] = {}
        self._first_events: dict[tuple[str, str], Callable[[Reported], None]] = {}
        self._removers: dict[str, list[Callable[[], Awaitable[None]]]] = {}
        self._device_listeners: list[Callable[[Iterable[Device]], None]] = []
        self._settling = Settling(hass, self._ask)
        self._batcher = CommandBatcher(self._send, self._create_task)

    # What entities use

    def available(self, device_id: str) -> bool:
        """Whether the link is up and the device online."""
        device = self.devices.get(device_id)
        return self.connected and device is not None and device.online

    def owns(self, identifier: str) -> bool:
        """Whether an identifier of the device registry is the root, one of the devices, or a gang of one."""
        return (self._root is not None and identifier == self._root.identifier) or device_id_of(
            identifier
        ) in self.devices

    @property
    def root_identifier(self) -> str | None:
        """The root's identifier in the device registry, None before it is registered."""
        return None if self._root is None else self._root.identifier

    def registry_id(self, device_id: str) -> str:
        """Return the device registry's id of a device of this hub."""
        return self._registry_ids[device_id]

    def name_of(self, device: Device) -> str:
        """Return what the user calls a device, for messages."""
        entry = dr.async_get(self.hass).async_get(self._registry_ids.get(device.id, ""))
        return (entry and (entry.name_by_user or entry.name)) or device.name or device.id

    def camera(self, device_id: str) -> LiveCamera | None:
        """Return what a device can be watched by, None where it is no camera as far as is known.

        A gateway's camera is watched by way of the cloud that has it too; `listen_cameras` tells when that may have changed.
        """
        own = self.connection.live_view
        return self._sharing.camera(device_id) if own is None else own.get(device_id)

    @callback
    def listen_cameras(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `changed` when `camera` may return another than before; return how to end it."""
        return self._sharing.listen_cameras(changed)

    @callback
    def listen(self, device_id: str, codes: Iterable[str], woken: Woken) -> CALLBACK_TYPE:
        """Call `woken` when one of the codes changes or the device's availability does; return how to end it."""
        return _register(self._woken.setdefault(device_id, {}), codes, woken)

    @callback
    def listen_reports(
        self, device_id: str, code: str, reported: Reported, *, late: Reported | None = None
    ) -> CALLBACK_TYPE:
        """Call `reported` on each live report of a code, and `late` on those that come long after; return how to end it."""
        remove = _register(self._reported.setdefault(device_id, {}), (code,), reported)
        if (first := self._first_events.pop((device_id, code), None)) is not None:
            self.hass.loop.call_soon(first, reported)
        if late is None:
            return remove
        remove_late = _register(self._reported_late.setdefault(device_id, {}), (code,), late)

        @callback
        def remove_both() -> None:
            remove()
            remove_late()

        return remove_both

    @callback
    def listen_release(self, device_id: str, remove: Callable[[], Awaitable[None]]) -> CALLBACK_TYPE:
        """Await `remove` when another entry takes the device over; return how to end it."""
        return _register(self._removers, (device_id,), remove)

    @callback
    def listen_devices(self, added: Callable[[Iterable[Device]], None]) -> CALLBACK_TYPE:
        """Call `added` with devices that are new or have new data points; return how to end it."""
        self._device_listeners.append(added)
        return lambda: self._device_listeners.remove(added)

    async def send(self, device_id: str, values: Mapping[str, Any]) -> None:
        """Set values of a device, by code; return once confirmed.

        Raises ServiceValidationError for a value that the data point does not allow, CommandFailed for the rest.
        """
        device = self.devices.get(device_id)
        if device is None:
            raise CommandFailed("device_gone", device=device_id)
        if not self.connected:
            raise CommandFailed("not_connected", name=self.entry.title)
        if not device.online:
            raise CommandFailed("device_offline", device=self.name_of(device))
        try:
            raws = {
                code: device.schema.points[code].encode(value, device.state.get(code)) for code, value in values.items()
            }
        except InvalidValue as err:
            raise invalid_value(err) from err
        begun = self._settling.begin(device_id, raws, device.state)
        try:
            await self._batcher.send(device_id, raws)
        except BaseException:
            self._settling.abandon(device_id, begun)
            raise
        confirmed = self._settling.confirm(device_id, begun)
        # An order that no device ever reports (a lock's key among them) is no state
        schema = device.schema
        shown = {code: raw for code, raw in confirmed.items() if schema.points[code].reported or code in device.state}
        # A Struct that was set has its members set, and the other way round
        self._apply(device, schema.received(device.sent(shown)) if schema.structs else shown)

    async def call_action(
        self, device_id: str, action_id: str, inputs: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """Have a device do an action of its model; return what it answers, by the ids of the outputs.

        Raises ServiceValidationError for inputs that the model does not allow, CommandFailed for the rest.
        """
        device = self.devices.get(device_id)
        if device is None:
            raise CommandFailed("device_gone", device=device_id)
        if action_id not in device.actions:
            raise unknown_action(self.name_of(device), action_id, device.actions)
        if not self.connected:
            raise CommandFailed("not_connected", name=self.entry.title)
        if not device.online:
            raise CommandFailed("device_offline", device=self.name_of(device))
        return await self.connection.call_action(device_id, action_id, inputs or {})

    # What connections use

    @callback
    def register_root(self, root: RootDevice) -> None:
        """Register the device that the others are behind."""
        self._root = root
        self._root_id = (
            dr.async_get(self.hass)
            .async_get_or_create(
                config_entry_id=self.entry.entry_id,
                identifiers={(DOMAIN, root.identifier)},
                manufacturer=root.manufacturer,
                model=root.model,
                name=self.entry.title,
                entry_type=dr.DeviceEntryType.SERVICE if root.service else None,
            )
            .id
        )

    @callback
    def identify_root(self, identifier: str) -> None:
        """Give the root the identifier that has become known."""
        if self._root is not None and self._root_id is not None:
            self._root = replace(self._root, identifier=identifier)
            dr.async_get(self.hass).async_update_device(self._root_id, new_identifiers={(DOMAIN, identifier)})

    async def take_over(self, device_ids: Iterable[str]) -> None:
        """Have other entries give up devices that are about to be added here."""
        await self._sharing.take(self, device_ids)

    async def release(self, device_ids: Collection[str]) -> None:
        """Give devices up to another entry: their entities go, what is registered of them stays for it."""
        for device_id in device_ids:
            # With the device still there: a camera's head may have to be stopped
            for remove in list(self._removers.get(device_id, ())):
                await remove()
            self.devices.pop(device_id, None)
            self._removers.pop(device_id, None)
            self._woken.pop(device_id, None)
            self._reported.pop(device_id, None)
            self._reported_late.pop(device_id, None)
            self._registry_ids.pop(device_id, None)
            self._leave_orphans(device_id)

    @callback
    def add_devices(self, devices: Iterable[Device]) -> None:
        """Take devices in, or in their place those of the same id that are known already.

        Their state is under the codes of their schema. Of a known one name, state and availability are taken over and only what differs wakes entities. A schema
        that changed reloads the entry, since entities may have to go.
        """
        added = []
        waking: list[tuple[str, frozenset[str] | None]] = []
        reload = False
        for device in devices:
            if (present := self.devices.get(device.id)) is None:
                self.devices[device.id] = device
                self._register(device)
                added.append(device)
            elif _differs(device.schema, present.schema):
                _LOGGER.info("Device %s has another schema than before, loading %s again", device.id, self.entry.title)
                reload = True
            else:
                # All state is taken in now, so that no event that comes meanwhile is overwritten; waking may take longer
                self.describe(device.id, device.name, device.model, device.product_id, device.parent)
                schema = present.schema
                changed = present.apply(self._settling.believable(device.id, device.state))
                if present.schema is not schema:
                    added.append(present)
                if present.online is not device.online:
                    present.online = device.online
                    waking.append((device.id, None))
                elif changed:
                    waking.append((device.id, changed))
        if added:
            for listener in list(self._device_listeners):
                listener(added)
        if reload:
            self.hass.config_entries.async_schedule_reload(self.entry.entry_id)
        self._in_slices(partial(self._wake, device_id, changed) for device_id, changed in waking)

    @callback
    def describe(self, device_id: str, name: str, model: str, product_id: str, parent: str | None) -> None:
        """Take in what a device is called and what it is behind."""
        device = self.devices[device_id]
        if (device.name, device.model, device.product_id, device.parent) != (name, model, product_id, parent):
            device.name, device.model, device.product_id, device.parent = name, model, product_id, parent
            self._register(device)

    @callback
    def remove_device(self, device_id: str) -> None:
        """Remove a device that is gone for good, with its entities."""
        self._sharing.let_go(self, device_id)
        self.devices.pop(device_id, None)
        self._woken.pop(device_id, None)
        self._reported.pop(device_id, None)
        self._reported_late.pop(device_id, None)
        self._registry_ids.pop(device_id, None)
        registry = dr.async_get(self.hass)
        if device := registry.async_get_device_by_identifier((DOMAIN, device_id), self.entry.entry_id):
            registry.async_remove_device(device.id)
        self._leave_orphans(device_id)

    @callback
    def report(self, device_id: str, values: Mapping[str, Raw], number: int | None = None) -> None:
        """Take in what a device reports just now, under its own codes; `number` tells this report from others."""
        device = self.devices[device_id]
        values = self._settling.believable(device_id, device.schema.received(values))
        self._apply(device, values)
        if reported := self._reported.get(device_id):
            for code in values:
                for listener in tuple(reported.get(code, ())):
                    listener(device.value(code), number)

    @callback
    def report_past(
        self, device_id: str, values: Mapping[str, Raw], number: int | None = None, *, late: bool = False
    ) -> None:
        """Take in what a device reported before something newer that is known of it: each report counts, none is the state.

        `late`: it is long past, so that nothing may happen because of it, see `listen_reports`.
        """
        device = self.devices[device_id]
        if not (reported := (self._reported_late if late else self._reported).get(device_id)):
            return
        for code, raw in device.schema.received(values).items():
            for listener in tuple(reported.get(code, ())):
                listener(device.decoded(code, raw), number)

    @callback
    def fire(
        self, device_id: str, event_code: str, params: Mapping[str, Any] | None, number: int | None = None
    ) -> None:
        """Take in that an event of a device's model happened just now; without `params` only that there is such an event.

        It leaves no state. `number` is as in `report`. The first of its kind waits for the entity that it makes.
        """
        device = self.devices[device_id]
        code = f"{EVENT_PREFIX}{event_code}"
        first = not self._reported.get(device_id, {}).get(code)
        if params is not None and first:
            self._first_events[device_id, code] = partial(_tell_first, dict(params), number, time.monotonic())
        if (schema := device.schema.with_event(event_code)) is not device.schema:
            device.schema = schema
            for listener in list(self._device_listeners):
                listener((device,))
        if params is not None and not first:
            for reported in tuple(self._reported.get(device_id, {}).get(code, ())):
                reported(dict(params), number)

    @callback
    def take(self, device_id: str, values: Mapping[str, Raw]) -> None:
        """Take in a state that was read, under the device's own codes; unlike a report it fires no events."""
        device = self.devices[device_id]
        self._apply(device, self._settling.believable(device_id, device.schema.received(values)))

    @callback
    def set_online(self, device_id: str, online: bool) -> None:
        """Take in whether a device is there."""
        device = self.devices[device_id]
        if device.online is not online:
            device.online = online
            self._wake(device_id)

    @callback
    def set_connected(self, connected: bool) -> None:
        """Take in whether the link is up; wake every entity if that changed, in slices."""
        if self.connected is connected:
            return
        self.connected = connected
        if not connected:
            self._settling.stop()
        self._in_slices(partial(self._wake, device_id) for device_id in list(self.devices))

    @callback
    def stop(self) -> None:
        """End what is under way."""
        self._settling.stop()

    # Within

    def _ask(self, device_id: str) -> None:
        self.connection.ask(device_id)

    async def _send(self, values: Values) -> None:
        await self.connection.send({device_id: self._told(device_id, raws) for device_id, raws in values.items()})

    def _told(self, device_id: str, raws: Mapping[str, Raw]) -> Mapping[str, Raw]:
        """Return what a device is told, under its own codes."""
        if (device := self.devices.get(device_id)) is None:
            return raws
        schema = device.schema
        if not schema.structs:
            return device.sent(raws)
        # A Struct goes out whole: another of its members may be under way, and must not be undone by this one
        under_way = schema.sent(self._settling.under_way(device_id), device.state)
        return schema.sent(raws, {**device.state, **schema.received(under_way)})

    def _create_task(self, command: Coroutine[Any, Any, None]) -> None:
        _ = self.entry.async_create_background_task(self.hass, command, f"{DOMAIN} command {self.entry.title}")

    def _apply(self, device: Device, values: Mapping[str, Raw]) -> None:
        """Take values into the state and wake those who listen to what changed."""
        schema = device.schema
        changed = device.apply(values)
        if device.schema is not schema:
            for listener in list(self._device_listeners):
                listener((device,))
        if changed:
            self._wake(device.id, changed)

    def _wake(self, device_id: str, changed: frozenset[str] | None = None) -> None:
        """Wake those who listen to the codes that changed, or to any; each of them once."""
        if not (listeners := self._woken.get(device_id)):
            return
        if changed is not None and len(changed) == 1:
            # The common case by far: a report of one data point
            for code in changed:
                for woken in tuple(listeners.get(code, ())):
                    woken()
            return
        codes = listeners if changed is None else changed
        for woken in dict.fromkeys(woken for code in codes for woken in listeners.get(code, ())):
            woken()

    def _leave_orphans(self, device_id: str) -> None:
        """Put the devices that were behind one that is gone behind the root, until it is back."""
        for child in list(self.devices.values()):
            if child.parent == device_id:
                self._register(child)

    def _in_slices(self, work: Iterator[Callable[[], None]]) -> None:
        """Do work bit by bit, so that thousands of entities do not hold the event loop."""
        until = time.monotonic() + _SLICE_SECONDS
        for step in work:
            step()
            if time.monotonic() >= until:
                self.hass.loop.call_soon(self._in_slices, work)
                return

    def _register(self, device: Device) -> None:
        """Register a device behind the one that it is behind, or the root; named by what is known of it, else by its category."""
        via_id = self._registry_ids.get(device.parent or "")
        if device.parent and via_id is None:
            self._awaiting_parent.setdefault(device.parent, set()).add(device.id)
        adopt(self.hass, device.id, self.entry)
        naming: dict[str, Any] = (
            {"name": device.name}
            if device.name
            else {
                "translation_key": device_translation_key(device.category),
                "translation_placeholders": {"suffix": device.id[-4:].upper()},
            }
        )
        self._registry_ids[device.id] = (
            dr.async_get(self.hass)
            .async_get_or_create(
                config_entry_id=self.entry.entry_id,
                identifiers={(DOMAIN, device.id)},
                manufacturer=device.manufacturer,
                model=device.model or None,
                model_id=device.model_id or device.category,
                serial_number=device.id,
                via_device_id=via_id or self._root_id,
                **naming,
            )
            .id
        )
        for child in self._awaiting_parent.pop(device.id, ()):
            if child != device.id and child in self.devices and self.devices[child].parent == device.id:
                self._register(self.devices[child])


def _tell_first(params: Value, number: int | None, when: float, reported: Reported) -> None:
    """Tell who listens now what happened before anybody did, unless that is long past."""
    if time.monotonic() - when < _FIRST_EVENT_WAITS:
        reported(params, number)


def gang_identifier(device_id: str, gang: int) -> str:
    """Return a gang's identifier in the device registry."""
    return f"{device_id}{_GANG_SEPARATOR}{gang}"


def device_id_of(identifier: str) -> str:
    """Return the id of the device that an identifier of the device registry stands for, itself or one of its gangs."""
    return identifier.partition(_GANG_SEPARATOR)[0]


def _register[F: Callable[..., object]](
    by_code: dict[str, list[F]], codes: Iterable[str], listener: F
) -> CALLBACK_TYPE:
    """Add a listener under each code; return how to take it away."""
    codes = tuple(codes)
    for code in codes:
        by_code.setdefault(code, []).append(listener)

    @callback
    def remove() -> None:
        for code in codes:
            by_code[code].remove(listener)

    return remove


def _differs(schema: DeviceSchema, known: DeviceSchema) -> bool:
    """Whether a schema has other data points or actions than the known one; those that values alone hint at come and go."""
    return (
        schema.category != known.category
        or schema.actions != known.actions
        or any(not point.inferred and known.points.get(code) != point for code, point in schema.points.items())
    )
