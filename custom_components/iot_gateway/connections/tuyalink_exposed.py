"""Which entities are exposed as what, and what becomes of them told to the cloud. Nothing else is listened to, or found here.

An exposure is a subentry of the entry: parsed here, resolved against the entity registry and the thing model, and resolved anew when
one of the three changes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_SUPPORTED_FEATURES, ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HassJob, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later, async_track_state_change_event
from homeassistant.helpers.start import async_at_started

from ..clients.tuyalink import LinkError, Outbox
from ..exposures.errors import BadExposure, ExposureError
from ..exposures.exposure import (
    ActionExposure,
    EntityExposure,
    EntityRef,
    Exposure,
    Member,
    SubDeviceExposure,
    parse_exposure,
)
from ..exposures.member import BoundMember
from ..exposures.remarks import Obstacle
from .tuyalink_models import Models
from .tuyalink_troubles import LinkTroubles

_LOGGER = logging.getLogger(__name__)

_GONE_AFTER: Final = 5.0
"""Seconds after the state of an entity without a registry entry has gone until it is missed: a reload takes less."""
_REGISTRY_AFTER: Final = 0.2
"""Seconds in which changes of the registry gather."""
_FORM: Final = (
    ATTR_UNIT_OF_MEASUREMENT,
    ATTR_SUPPORTED_FEATURES,
    "device_class",
    "options",
    "min",
    "max",
    "event_types",
)
"""Attributes that say what an entity's values mean, rather than what they are."""


@dataclass(slots=True, eq=False, kw_only=True)
class ExposedMember:
    """An entity of an exposure, as it is shown by the device of that id."""

    subentry_id: str
    device_id: str
    product_id: str
    entity_id: str
    member: Member
    confirmed: bool
    bound: BoundMember

    @property
    def obstacles(self) -> dict[str, str]:
        """Why codes that were chosen do not work any more, by code."""
        return {code: problem.key for code, problem in self.bound.problems.items() if isinstance(problem, Obstacle)}

    def values(self, state: State) -> dict[str, Any]:
        """Return the properties of a state by code; a button's are those of one that is not pressed."""
        return {**self.bound.released, **self.bound.values(state)}

    def is_settable(self, code: str) -> bool:
        """Whether the cloud may set a property."""
        return (conversion := self.bound.conversions.get(code)) is not None and conversion.settable

    def is_sensitive(self, code: str) -> bool:
        """Whether setting a property may let somebody in."""
        return (conversion := self.bound.conversions.get(code)) is not None and conversion.facet.sensitive


@dataclass(slots=True, eq=False, kw_only=True)
class _Resolved:
    """What the exposures come to at one moment."""

    members: list[ExposedMember] = field(default_factory=list)
    by_entity: dict[str, list[ExposedMember]] = field(default_factory=dict)
    by_subentry: dict[str, list[ExposedMember]] = field(default_factory=dict)
    by_device: dict[str, list[ExposedMember]] = field(default_factory=dict)
    by_code: dict[tuple[str, str], ExposedMember] = field(default_factory=dict)
    actions: dict[tuple[str, str], ActionExposure] = field(default_factory=dict)


class Exposed:
    """The exposures of an entry.

    Args:
        hass: Home Assistant.
        entry: whose subentries they are.
        device_id: of the device itself.
        product_id: of the device itself.
        models: of the products.
        outbox: that is told what happens.
        troubles: that are raised for what is missing.
        changed: called when other entities are exposed than before, or one of them becomes available or ceases to be.
        told: called when the outbox was told something new.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        device_id: str,
        product_id: str,
        models: Models,
        outbox: Outbox,
        troubles: LinkTroubles,
        changed: Callable[[], None],
        told: Callable[[], None],
    ) -> None:
        """Expose nothing before `resolve`."""
        self._hass = hass
        self._entry = entry
        self._device_id = device_id
        self._product_id = product_id
        self._models = models
        self._outbox = outbox
        self._troubles = troubles
        self._changed = changed
        self._told = told
        self._exposures: tuple[Exposure, ...] = ()
        self._now = _Resolved()
        self._refs: set[str] = set()
        self._watched: frozenset[str] = frozenset()
        self._unbound: frozenset[str] = frozenset()
        self._problems: dict[str, str] = {}
        self._stop_watching: CALLBACK_TYPE | None = None
        self._cancel_resolving: CALLBACK_TYPE | None = None
        self._listeners: list[CALLBACK_TYPE] = []

    # What others ask

    @property
    def sub_devices(self) -> dict[str, SubDeviceExposure]:
        """The exposures of sub-devices that were bound once, by device id."""
        return {
            exposure.device_id: exposure
            for exposure in self._exposures
            if isinstance(exposure, SubDeviceExposure) and exposure.device_id is not None
        }

    @property
    def unbound_exposures(self) -> list[SubDeviceExposure]:
        """The exposures of sub-devices that were never bound."""
        return [
            exposure
            for exposure in self._exposures
            if isinstance(exposure, SubDeviceExposure) and exposure.device_id is None
        ]

    @property
    def device_ids(self) -> set[str]:
        """The devices that are shown: our own, and the sub-devices but those that the cloud does not have."""
        return {self._device_id, *self.sub_devices} - self._unbound

    @property
    def products(self) -> dict[str, str]:
        """One device of each product whose model is needed: its id by the product's."""
        products = {self._product_id: self._device_id}
        for device_id, exposure in self.sub_devices.items():
            if device_id not in self._unbound:
                _ = products.setdefault(exposure.product_id, device_id)
        return products

    @property
    def problems(self) -> Mapping[str, str]:
        """What could not be shown, by device and code, for a bug report."""
        return self._problems

    def product_of(self, device_id: str) -> str | None:
        """Return the product of a device that we show, None for another."""
        if device_id == self._device_id:
            return self._product_id
        exposure = self.sub_devices.get(device_id)
        return None if exposure is None else exposure.product_id

    def member_of(self, device_id: str, code: str) -> ExposedMember | None:
        """Return what a property of a device stands for, None where nothing was tied to it."""
        return self._now.by_code.get((device_id, code))

    def action_of(self, device_id: str, code: str) -> ActionExposure | None:
        """Return what an action of a device does, None where nothing was tied to it."""
        return self._now.actions.get((device_id, code))

    def settable_codes(self, device_id: str) -> list[str]:
        """Return the properties of a device that can be set here."""
        return [
            code
            for (owner, code), member in self._now.by_code.items()
            if owner == device_id and member.is_settable(code)
        ]

    def is_available(self, device_id: str) -> bool:
        """Whether one of the entities that a device stands for is."""
        return any(
            _is_available(self._hass.states.get(member.entity_id)) for member in self._now.by_device.get(device_id, ())
        )

    def diagnostics(self) -> list[dict[str, Any]]:
        """Return what is exposed as what."""
        return [
            {
                "device_id": member.device_id,
                "entity_id": member.entity_id,
                "confirmed": member.confirmed,
                "codes": {pair.code: pair.facet for pair in member.member.pairs},
                "obstacles": member.obstacles,
            }
            for member in self._now.members
        ] + [{"device_id": device_id, "action": code} for device_id, code in self._now.actions]

    # What the connection tells

    @callback
    def start(self) -> None:
        """Begin to look at the registry."""
        self._listeners = [
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._registry_updated),
            # An entity that is not there yet while Home Assistant starts is not gone
            async_at_started(self._hass, self._started),
        ]

    @callback
    def stop(self) -> None:
        """Look at nothing any more."""
        for cancel in (*self._listeners, self._stop_watching, self._cancel_resolving):
            if cancel is not None:
                cancel()
        self._listeners.clear()
        self._stop_watching = self._cancel_resolving = None
        self._watched = frozenset()

    @callback
    def parse(self) -> None:
        """Read the subentries."""
        exposures: list[Exposure] = []
        for subentry in self._entry.subentries.values():
            try:
                exposures.append(parse_exposure(subentry))
            except BadExposure as err:
                _LOGGER.error("%s of %s cannot be exposed: %s", subentry.title, self._entry.title, err)
        self._exposures = tuple(exposures)
        self._refs = {member.entity.value for _, member in self._all_members()}
        # Nothing leaves that is not exposed, also not what was kept when it still was
        tied = {
            (device_id, pair.code)
            for exposure, member in self._all_members()
            if (device_id := self._device_of(exposure)) is not None
            for pair in member.pairs
        }
        for device_id, code in self._outbox.known() - tied:
            self._outbox.forget(device_id, code)

    @callback
    def resolve(self, unbound: frozenset[str] | None = None) -> None:
        """Find entities and properties anew; `unbound` are sub-devices that the cloud does not have, the same as before if None."""
        if unbound is not None:
            self._unbound = unbound
        resolved = _Resolved()
        gone: dict[str, set[str]] = {}
        outdated: dict[str, set[str]] = {}
        for exposure, member in self._all_members():
            entity_id = member.entity.entity_id(self._hass)
            if entity_id is None:
                if member.entity.unregistered_id is None or self._hass.is_running:
                    gone.setdefault(exposure.subentry_id, set()).add(_last_known(self._hass, member.entity))
                continue
            self._bind(resolved, outdated, exposure, member, entity_id)
        for one in self._exposures:
            if isinstance(one, ActionExposure) and (device_id := self._device_of_action(one)) is not None:
                _ = resolved.actions.setdefault((device_id, one.code), one)
        self._now = resolved
        self._troubles.keep_only({exposure.subentry_id for exposure in self._exposures})
        for one in self._exposures:
            if not isinstance(one, ActionExposure):
                self._troubles.entity_gone(one.subentry_id, gone.get(one.subentry_id, ()))
                self._troubles.outdated(one.subentry_id, outdated.get(one.subentry_id, ()))
        self._watch()
        self._changed()

    @callback
    def offer_all(self) -> None:
        """Tell what everything is now; the outbox knows what of it is new."""
        for member in self._now.members:
            if (state := self._hass.states.get(member.entity_id)) is not None:
                self._offer(member, state)

    def values(self, member: ExposedMember) -> Mapping[str, Any]:
        """Return what a member's properties are now, by code; those that are not known are missing."""
        state = self._hass.states.get(member.entity_id)
        return {} if state is None else member.values(state)

    @callback
    def note(self, device_id: str, code: str, problem: str) -> None:
        """Keep for a bug report what could not be shown; said once for each property."""
        key = f"{device_id}/{code}"
        if key not in self._problems:
            _LOGGER.warning("%s cannot tell the cloud %s: %s", self._entry.title, code, problem)
        self._problems[key] = problem

    # Within

    def _all_members(self) -> Iterator[tuple[EntityExposure | SubDeviceExposure, Member]]:
        for exposure in self._exposures:
            if not isinstance(exposure, ActionExposure):
                for member in exposure.members:
                    yield exposure, member

    def _device_of(self, exposure: EntityExposure | SubDeviceExposure) -> str | None:
        """Return the id of the device that shows an exposure, None where it has none yet."""
        return exposure.device_id if isinstance(exposure, SubDeviceExposure) else self._device_id

    def _device_of_action(self, exposure: ActionExposure) -> str | None:
        if not exposure.device:
            return self._device_id
        for other in self._exposures:
            if isinstance(other, SubDeviceExposure) and other.subentry_id == exposure.device:
                return None if other.device_id in self._unbound else other.device_id
        return None

    def _bind(
        self,
        resolved: _Resolved,
        outdated: dict[str, set[str]],
        exposure: EntityExposure | SubDeviceExposure,
        member: Member,
        entity_id: str,
    ) -> None:
        device_id = self._device_of(exposure)
        product_id = exposure.product_id if isinstance(exposure, SubDeviceExposure) else self._product_id
        model = self._models.get(product_id)
        if device_id is None or device_id in self._unbound or model is None:
            return
        exposed = ExposedMember(
            subentry_id=exposure.subentry_id,
            device_id=device_id,
            product_id=product_id,
            entity_id=entity_id,
            member=member,
            confirmed=exposure.confirmed,
            bound=BoundMember(self._hass, member, model, confirmed=exposure.confirmed),
        )
        resolved.members.append(exposed)
        resolved.by_entity.setdefault(entity_id, []).append(exposed)
        resolved.by_subentry.setdefault(exposure.subentry_id, []).append(exposed)
        resolved.by_device.setdefault(device_id, []).append(exposed)
        self._enter_codes(resolved, exposed)
        if _is_available(self._hass.states.get(entity_id)) and exposed.obstacles:
            outdated.setdefault(exposure.subentry_id, set()).update(exposed.obstacles)

    def _enter_codes(self, resolved: _Resolved, exposed: ExposedMember) -> None:
        for code in exposed.bound.codes:
            taken = resolved.by_code.setdefault((exposed.device_id, code), exposed)
            if taken is not exposed:
                self.note(
                    exposed.device_id,
                    code,
                    f"it stands for {taken.entity_id} already, and not for {exposed.entity_id} too",
                )

    def _rebind(self, exposed: ExposedMember) -> None:
        """Find out anew what an entity offers, and nothing of the others: hundreds may come back at once."""
        if (model := self._models.get(exposed.product_id)) is None:
            return
        for code in exposed.bound.codes:
            if self._now.by_code.get((exposed.device_id, code)) is exposed:
                del self._now.by_code[exposed.device_id, code]
        exposed.bound = BoundMember(self._hass, exposed.member, model, confirmed=exposed.confirmed)
        self._enter_codes(self._now, exposed)
        obstacles = {
            code
            for member in self._now.by_subentry[exposed.subentry_id]
            if _is_available(self._hass.states.get(member.entity_id))
            for code in member.obstacles
        }
        self._troubles.outdated(exposed.subentry_id, obstacles)

    def _watch(self) -> None:
        """Listen to the entities that are exposed now, and to those without a registry entry that may appear."""
        watched = frozenset(self._now.by_entity) | {
            member.entity.unregistered_id
            for _, member in self._all_members()
            if member.entity.unregistered_id is not None
        }
        if watched == self._watched:
            return
        if self._stop_watching is not None:
            self._stop_watching()
        self._watched = watched
        self._stop_watching = async_track_state_change_event(self._hass, watched, self._state_changed)

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        entity_id, old, new = event.data["entity_id"], event.data["old_state"], event.data["new_state"]
        members = self._now.by_entity.get(entity_id, ())
        if new is None:
            self._changed()
            self._resolve_in(_GONE_AFTER)
            return
        if not members:
            # It had no registry entry and was not there
            self._resolve_in(_REGISTRY_AFTER)
            return
        if _is_available(new) and (old is None or _form(old) != _form(new)):
            # What it offers can be told now, or is otherwise than before
            for member in members:
                self._rebind(member)
        for member in members:
            self._offer(member, new)
            self._happened(member, old, new)
        if old is None or _is_available(old) is not _is_available(new):
            self._changed()

    def _offer(self, member: ExposedMember, state: State) -> None:
        time_ms = round(state.last_updated_timestamp * 1000)
        for code, value in member.values(state).items():
            if self._now.by_code.get((member.device_id, code)) is not member:
                continue
            try:
                if self._outbox.offer(member.device_id, code, value, time_ms):
                    self._told()
            except LinkError as err:
                self.note(member.device_id, code, str(err))
        for code, problem in member.bound.problems.items():
            if not isinstance(problem, Obstacle):
                self.note(member.device_id, code, str(problem))

    def _happened(self, member: ExposedMember, old: State | None, new: State) -> None:
        try:
            happened = member.bound.event(old, new)
            if happened is not None:
                code, outputs = happened
                self._outbox.happened(member.device_id, code, outputs, round(new.last_updated_timestamp * 1000))
                self._told()
        except (ExposureError, LinkError) as err:
            self.note(member.device_id, member.entity_id, str(err))

    @callback
    def _registry_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        entity_id = event.data["entity_id"]
        known = er.async_get(self._hass).async_get(entity_id)
        if (
            entity_id in self._watched
            or event.data.get("old_entity_id") in self._watched
            or (known is not None and known.id in self._refs)
        ):
            self._resolve_in(_REGISTRY_AFTER)

    @callback
    def _started(self, _hass: HomeAssistant) -> None:
        self._resolve_now()

    @callback
    def _resolve_in(self, seconds: float) -> None:
        if self._cancel_resolving is None:
            self._cancel_resolving = async_call_later(
                self._hass, seconds, HassJob(self._resolve_now, cancel_on_shutdown=True)
            )

    @callback
    def _resolve_now(self, _now: datetime | None = None) -> None:
        if self._cancel_resolving is not None:
            self._cancel_resolving()
            self._cancel_resolving = None
        self.resolve()
        self.offer_all()


def _is_available(state: State | None) -> bool:
    return state is not None and state.state != STATE_UNAVAILABLE


def _form(state: State) -> tuple[Any, ...]:
    """Return what a state says of the meaning of its values."""
    return (_is_available(state), *(state.attributes.get(name) for name in _FORM))


def _last_known(hass: HomeAssistant, ref: EntityRef) -> str:
    """Return what a user may recognize an entity by that is gone."""
    if ref.registry_id is None:
        return ref.value
    registry = er.async_get(hass)
    if (known := registry.entities.get_entry(ref.registry_id)) is not None:
        return known.entity_id
    deleted = (entry for entry in registry.deleted_entities.values() if entry.id == ref.registry_id)
    return next((entry.entity_id for entry in deleted), ref.value)
