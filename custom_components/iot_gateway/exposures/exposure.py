"""Exposures: what the user has tied to what, as it is kept in the data of subentries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, valid_entity_id
from homeassistant.helpers import entity_registry as er

from .domains import facets
from .errors import BadExposure

ENTITY: Final = "entity"
SUB_DEVICE: Final = "sub_device"
ACTION: Final = "action"

PROPERTY: Final = "property"
EVENT: Final = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRef:
    """Which entity: by the id of its registry entry, which stays when it is renamed, or by its entity id where it has none.

    Exactly one of the two is set.
    """

    registry_id: str | None = None
    unregistered_id: str | None = None

    @classmethod
    def of(cls, hass: HomeAssistant, entity_id: str) -> EntityRef:
        """Return the reference to an entity."""
        entry = er.async_get(hass).async_get(entity_id)
        return cls(unregistered_id=entity_id) if entry is None else cls(registry_id=entry.id)

    @property
    def value(self) -> str:
        """What tells entities apart."""
        return self.registry_id or self.unregistered_id or ""

    def entity_id(self, hass: HomeAssistant) -> str | None:
        """Return the entity's id as of now, None where it is gone or disabled; `missing` says which of the two."""
        if self.registry_id is None:
            return self.unregistered_id if hass.states.get(self.value) is not None else None
        entry = er.async_get(hass).entities.get_entry(self.registry_id)
        return None if entry is None or entry.disabled else entry.entity_id

    def missing(self, hass: HomeAssistant) -> str | None:
        """Return "gone" or "disabled" where there is no such entity now, else None."""
        if self.entity_id(hass) is not None:
            return None
        known = self.registry_id and er.async_get(hass).entities.get_entry(self.registry_id)
        return "disabled" if known else "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A facet tied to a property or an event of a thing model.

    `kind` is "property" or "event". `choices` are Home Assistant's options with the model's choices they stand for, None where
    they are to be found by their names. `parameter` is the output of an event that takes the event's type.
    """

    facet: str
    kind: str
    code: str
    choices: Mapping[str, str] | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An entity, and what its facets are tied to."""

    entity: EntityRef
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityExposure:
    """An entity exposed as part of the device itself. `confirmed`: what is sensitive may be set from outside."""

    subentry_id: str
    member: Member
    confirmed: bool

    @property
    def members(self) -> tuple[Member, ...]:
        """The one entity, as a sub-device's are given."""
        return (self.member,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubDeviceExposure:
    """Entities exposed as a sub-device; `device_id` is None until it is bound."""

    subentry_id: str
    title: str
    product_id: str
    client_id: str
    device_id: str | None
    members: tuple[Member, ...]
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionExposure:
    """An action of a model and what it does here. `device` is empty, or the id of a sub-device's subentry."""

    subentry_id: str
    device: str
    code: str
    sequence: Sequence[Mapping[str, Any]] = field(repr=False)
    confirmed: bool


type Exposure = EntityExposure | SubDeviceExposure | ActionExposure


def parse_exposure(subentry: ConfigSubentry) -> Exposure:
    """Return what a subentry exposes; raises BadExposure."""
    data = subentry.data
    match subentry.subentry_type:
        case "entity":
            return EntityExposure(subentry_id=subentry.subentry_id, member=_member(data), confirmed=_confirmed(data))
        case "sub_device":
            members = data.get("members")
            if not isinstance(members, (list, tuple)) or not members:
                raise BadExposure("no_members")
            parsed = tuple(_member(member) for member in members)
            _check_tied_once(pair for member in parsed for pair in member.pairs)
            return SubDeviceExposure(
                subentry_id=subentry.subentry_id,
                title=subentry.title,
                product_id=_text(data, "product_id"),
                client_id=_text(data, "client_id"),
                device_id=_text(data, "device_id") if data.get("device_id") else None,
                members=parsed,
                confirmed=_confirmed(data),
            )
        case "action":
            sequence = data.get("sequence")
            if not isinstance(sequence, (list, tuple)) or not all(isinstance(step, Mapping) for step in sequence):
                raise BadExposure("no_sequence")
            device = data.get("device", "")
            if not isinstance(device, str):
                raise BadExposure("bad_field", {"field": "device"})
            return ActionExposure(
                subentry_id=subentry.subentry_id,
                device=device,
                code=_text(data, "code"),
                sequence=sequence,
                confirmed=_confirmed(data),
            )
    raise BadExposure("unknown_type", {"type": subentry.subentry_type})


def as_data(exposure: Exposure) -> dict[str, Any]:
    """Return the data of a subentry, as `parse_exposure` reads it."""
    match exposure:
        case EntityExposure():
            return {**_member_data(exposure.member), "confirmed": exposure.confirmed}
        case SubDeviceExposure():
            return {
                "product_id": exposure.product_id,
                "client_id": exposure.client_id,
                **({} if exposure.device_id is None else {"device_id": exposure.device_id}),
                "members": [_member_data(member) for member in exposure.members],
                "confirmed": exposure.confirmed,
            }
        case ActionExposure():
            return {
                "device": exposure.device,
                "code": exposure.code,
                "sequence": [dict(step) for step in exposure.sequence],
                "confirmed": exposure.confirmed,
            }


def unique_id(exposure: Exposure) -> str:
    """Return what no two subentries of an entry may share."""
    match exposure:
        case EntityExposure():
            return exposure.member.entity.value
        case SubDeviceExposure():
            return exposure.client_id
        case ActionExposure():
            return f"{exposure.device}:{exposure.code}"


def is_sensitive(hass: HomeAssistant, members: Sequence[Member]) -> bool:
    """Whether one of the members' tied facets lets somebody in or switches an alarm off when it is set.

    Of an entity that is gone nothing is known, and nothing can be set.
    """
    return any(
        facet.settable and facet.sensitive
        for member in members
        if (entity_id := member.entity.entity_id(hass)) is not None
        for facet in facets(hass, entity_id)
        if any(pair.facet == facet.key for pair in member.pairs)
    )


def _member(data: Any) -> Member:
    if not isinstance(data, Mapping):
        raise BadExposure("no_members")
    pairs = data.get("pairs")
    if not isinstance(pairs, (list, tuple)):
        raise BadExposure("bad_field", {"field": "pairs"})
    parsed = tuple(_pair(pair) for pair in pairs)
    _check_tied_once(parsed)
    return Member(entity=_ref(data.get("entity")), pairs=parsed)


def _check_tied_once(pairs: Iterable[Pair]) -> None:
    """Raise where two of a device's facets are tied to the same, of which nobody could say what it is."""
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        if (pair.kind, pair.code) in seen:
            raise BadExposure("tied_twice", {"code": pair.code})
        seen.add((pair.kind, pair.code))


def _ref(data: Any) -> EntityRef:
    if isinstance(data, Mapping):
        registry_id, entity_id = data.get("registry_id"), data.get("entity_id")
        if isinstance(registry_id, str) and registry_id:
            return EntityRef(registry_id=registry_id)
        if isinstance(entity_id, str) and valid_entity_id(entity_id):
            return EntityRef(unregistered_id=entity_id)
    raise BadExposure("bad_field", {"field": "entity"})


def _pair(data: Any) -> Pair:
    if not isinstance(data, Mapping):
        raise BadExposure("bad_field", {"field": "pairs"})
    kind = data.get("kind")
    choices = data.get("choices")
    parameter = data.get("parameter")
    if kind not in {PROPERTY, EVENT}:
        raise BadExposure("bad_field", {"field": "kind"})
    if choices is not None and not (
        isinstance(choices, Mapping) and all(isinstance(text, str) for item in choices.items() for text in item)
    ):
        raise BadExposure("bad_field", {"field": "choices"})
    if parameter is not None and not isinstance(parameter, str):
        raise BadExposure("bad_field", {"field": "parameter"})
    return Pair(
        facet=_text(data, "facet"),
        kind=kind,
        code=_text(data, "code"),
        choices=None if choices is None else dict(choices),
        parameter=parameter or None,
    )


def _member_data(member: Member) -> dict[str, Any]:
    ref = member.entity
    return {
        "entity": {"entity_id": ref.unregistered_id} if ref.registry_id is None else {"registry_id": ref.registry_id},
        "pairs": [_pair_data(pair) for pair in member.pairs],
    }


def _pair_data(pair: Pair) -> dict[str, Any]:
    return {
        "facet": pair.facet,
        "kind": pair.kind,
        "code": pair.code,
        **({} if pair.choices is None else {"choices": dict(pair.choices)}),
        **({} if pair.parameter is None else {"parameter": pair.parameter}),
    }


def _confirmed(data: Mapping[str, Any]) -> bool:
    """Whether the user has confirmed; anything but a true says no."""
    return data.get("confirmed") is True


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise BadExposure("bad_field", {"field": name})
    return value
