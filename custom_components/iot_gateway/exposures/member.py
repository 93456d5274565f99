"""An exposed entity at run time: what its states are as properties and events, and which service calls set it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, State

from ..clients.tuyalink import ThingModel
from .conversion import Conversion, conversion
from .domains import Command, command, facets, happened, read
from .errors import Unconvertible, Unsettable
from .event_conversion import EventConversion, event_conversion
from .exposure import EVENT, Member, Pair
from .facet import Facet, FacetKind
from .remarks import Obstacle


class BoundMember:
    """A member with its conversions, made once for a model and an entity as they are now.

    `problems` are, by code, why something is not reported: an Obstacle of a pair that does not fit any more, or the Unconvertible
    of the last value, which goes when a later one converts. Make another one when the model or the entity's abilities change.
    """

    def __init__(self, hass: HomeAssistant, member: Member, model: ThingModel, *, confirmed: bool = False) -> None:
        """Resolve the pairs; `confirmed` says that what is sensitive may be set."""
        self._hass = hass
        self._confirmed = confirmed
        self.member = member
        self.entity_id = member.entity.entity_id(hass)
        self.conversions: dict[str, Conversion] = {}
        self.events: dict[str, EventConversion] = {}
        self.problems: dict[str, Obstacle | Unconvertible] = {}
        self._offered = () if self.entity_id is None else facets(hass, self.entity_id)
        offered = {facet.key: facet for facet in self._offered}
        for pair in member.pairs:
            self._resolve(pair, offered.get(pair.facet), model)

    def _resolve(self, pair: Pair, facet: Facet | None, model: ThingModel) -> None:
        about = {"facet": pair.facet, "code": pair.code, "type": pair.kind}
        found: Conversion | EventConversion | Obstacle
        if facet is None:
            found = Obstacle(key="facet_gone", placeholders=about)
        elif pair.kind == EVENT:
            event = model.events.get(pair.code)
            found = (
                Obstacle(key="code_gone", placeholders=about)
                if event is None
                else event_conversion(facet, event, pair.choices, pair.parameter)
            )
        else:
            prop = model.properties.get(pair.code)
            found = (
                Obstacle(key="code_gone", placeholders=about) if prop is None else conversion(facet, prop, pair.choices)
            )
        match found:
            case Conversion():
                self.conversions[pair.code] = found
            case EventConversion():
                self.events[pair.code] = found
            case Obstacle():
                self.problems[pair.code] = found

    @property
    def outdated(self) -> bool:
        """Whether the entity is another one by now or offers other things, so that its conversions have to be made anew."""
        entity_id = self.member.entity.entity_id(self._hass)
        return entity_id != self.entity_id or (entity_id is not None and facets(self._hass, entity_id) != self._offered)

    @property
    def codes(self) -> frozenset[str]:
        """The properties that this member is tied to and works with."""
        return frozenset(self.conversions)

    @property
    def released(self) -> Mapping[str, Any]:
        """The raws of pressed properties when the press is over, by code: to be reported after one and after joining."""
        return {
            code: to_property.to_tuya(False)
            for code, to_property in self.conversions.items()
            if to_property.facet.kind is FacetKind.PRESS
            and to_property.property.type.kind == "bool"
            and to_property.property.access != "wr"
        }

    def values(self, state: State) -> dict[str, Any]:
        """Return the raws of a state by code. What is not given now is left out, what does not convert is in `problems`."""
        raws: dict[str, Any] = {}
        for code, to_property in self.conversions.items():
            if not to_property.reported or (value := read(state, to_property.facet.key)) is None:
                continue
            try:
                raws[code] = to_property.to_tuya(value)
            except Unconvertible as err:
                self.problems[code] = err
            else:
                _ = self.problems.pop(code, None)
        return raws

    def command(self, state: State, code: str, raw: Any) -> Command:
        """Return the service call that a raw from outside asks for; raises Unconvertible or Unsettable."""
        found = self.conversions.get(code)
        if found is None:
            raise Unsettable("code_not_tied", {"code": code})
        key = found.facet.key
        about = {"code": code, "facet": key, "entity": state.entity_id}
        if state.entity_id != self.entity_id:
            raise Unsettable("other_entity", about)
        if not found.settable:
            raise Unsettable("report_only", about)
        # What an entity is may have changed since: a cover that has become a garage door
        now = next((facet for facet in facets(self._hass, state.entity_id) if facet.key == key), None)
        if now is None or not now.settable:
            raise Unsettable("not_settable", about)
        if (now.sensitive or found.facet.sensitive) and not self._confirmed:
            raise Unsettable("not_confirmed", about)
        return command(state, key, found.from_tuya(raw))

    def event(self, old: State | None, new: State) -> tuple[str, dict[str, Any]] | None:
        """Return the code and the outputs of what happened between two states, None where nothing did that is tied."""
        if not self.events or (what := happened(old, new)) is None:
            return None
        for code, to_event in self.events.items():
            try:
                outputs = to_event.outputs(*what)
            except Unconvertible as err:
                self.problems[code] = err
            else:
                _ = self.problems.pop(code, None)
                return code, outputs
        return None
