"""The steps in which what entities offer is tied to a model, as the flows of entities and of sub-devices have them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import split_entity_id

from ..clients.tuyalink import ThingModel
from ..const import CONF_CONFIRMED
from ..exposures.conversion import Conversion, conversion
from ..exposures.domains import EXPOSABLE_DOMAINS, facets
from ..exposures.exposure import PROPERTY, EntityExposure, EntityRef, Member, Pair, SubDeviceExposure
from ..exposures.facet import Facet
from .choice_form import ChoiceForm
from .exposure_flow import CONFIRM, ExposureFlow
from .markdown import escape
from .names import entity_name
from .pair_form import PairForm
from .texts import Texts


@dataclass(slots=True, kw_only=True)
class _Draft:
    """An entity, and what the user has tied so far: `pairs` is None as long as they have not been asked."""

    entity: EntityRef
    entity_id: str
    facets: tuple[Facet, ...]
    pairs: tuple[Pair, ...] | None = None


class TyingFlow(ExposureFlow):
    """The steps in which what entities offer is tied to what a model has: for each entity one, and more where names differ."""

    _model: ThingModel
    _drafts: list[_Draft]
    _at = 0
    _agreed: frozenset[tuple[str, str]] = frozenset()
    """Entities and facets that were tied when the user last said that the app may control them."""
    _to_choose: list[str]
    """Facets of the entity at hand whose options wait to be told in the model's choices."""

    def _agree(self, exposure: EntityExposure | SubDeviceExposure) -> None:
        """Remember what the user has agreed to before."""
        if exposure.confirmed:
            self._agreed = frozenset(
                (member.entity.value, pair.facet) for member in exposure.members for pair in member.pairs
            )

    def _taken(self) -> dict[str, str]:
        """Return the codes that are tied to something else already, with the names of that."""
        raise NotImplementedError

    def _draft(self, entity_id: str, pairs: tuple[Pair, ...] | None = None) -> _Draft:
        """Return an entity to be tied."""
        return _Draft(
            entity=EntityRef.of(self.hass, entity_id),
            entity_id=entity_id,
            facets=facets(self.hass, entity_id),
            pairs=pairs,
        )

    def _wrong_entities(self, entity_ids: Iterable[str]) -> str | None:
        """Return the key of a form's error for entities that cannot be exposed."""
        exposed = self._exposed()
        for entity_id in entity_ids:
            if split_entity_id(entity_id)[0] not in EXPOSABLE_DOMAINS or not facets(self.hass, entity_id):
                return "nothing_to_expose"
            if entity_id in exposed:
                return "exposed_already"
        return None

    async def _async_tie(self, model: ThingModel, drafts: list[_Draft]) -> SubentryFlowResult:
        """Begin to ask."""
        self._model = model
        self._drafts = drafts
        self._at = 0
        self._texts = await Texts.load(self.hass, {split_entity_id(draft.entity_id)[0] for draft in drafts})
        return await self.async_step_pairs()

    async def async_step_pairs(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what of an entity is which property or event."""
        draft = self._drafts[self._at]
        others = {
            pair.code: entity_name(self.hass, other.entity_id)
            for other in self._drafts[: self._at]
            for pair in other.pairs or ()
            if pair.kind == PROPERTY
        }
        form = PairForm.of(draft.facets, self._model, self._taken() | others, draft.pairs, self._texts)
        if not form.fitting and len(self._drafts) == 1:
            return self.async_abort(
                reason="nothing_fits",
                description_placeholders={
                    "entity": escape(entity_name(self.hass, draft.entity_id)),
                    "reasons": form.reasons,
                },
            )
        errors: dict[str, str] = {}
        schema = form.schema()
        if user_input is not None:
            errors = form.wrong(user_input)
            chosen = form.pairs(user_input)
            if not chosen and len(self._drafts) == 1:
                errors["base"] = "nothing_exposed"
            if not errors:
                draft.pairs = chosen
                self._to_choose = [pair.facet for pair in chosen if form.to_ask(pair)]
                return await self._async_next()
            schema = self.add_suggested_values_to_schema(schema, user_input)
        return self.async_show_form(
            step_id="pairs",
            data_schema=schema,
            errors=errors,
            description_placeholders={
                "entity": escape(entity_name(self.hass, draft.entity_id)),
                "number": str(self._at + 1),
                "total": str(len(self._drafts)),
                "reasons": form.reasons,
            },
        )

    async def async_step_choices(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which of the model's choices stands for which option."""
        draft = self._drafts[self._at]
        pair = next(pair for pair in draft.pairs or () if pair.facet == self._to_choose[0])
        form = ChoiceForm.of(draft.entity_id, draft.facets, pair, self._model, self._texts)
        errors: dict[str, str] = {}
        schema = form.schema()
        if user_input is not None:
            told = form.told(user_input)
            if (wrong := form.wrong(told)) is None:
                draft.pairs = tuple(told if one is pair else one for one in draft.pairs or ())
                self._to_choose.pop(0)
                return await self._async_next()
            errors["base"] = wrong
            schema = self.add_suggested_values_to_schema(schema, user_input)
        return self.async_show_form(
            step_id="choices",
            data_schema=schema,
            errors=errors,
            description_placeholders={
                "entity": escape(entity_name(self.hass, draft.entity_id)),
                "facet": escape(self._texts.facet(pair.facet)),
                "code": pair.code,
            },
        )

    async def _async_next(self) -> SubentryFlowResult:
        """Go on to what is to be asked next."""
        if self._to_choose:
            return await self.async_step_choices()
        if self._at + 1 < len(self._drafts):
            self._at += 1
            return await self.async_step_pairs()
        if not any(draft.pairs for draft in self._drafts):
            return self.async_abort(
                reason="nothing_fits",
                description_placeholders={
                    "entity": ", ".join(escape(entity_name(self.hass, draft.entity_id)) for draft in self._drafts),
                    "reasons": "",
                },
            )
        if self._controls():
            return await self.async_step_confirm()
        self._confirmed = False
        return await self._async_finish()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether the app may open what keeps people out; without a yes that is only shown to it."""
        if user_input is not None:
            self._confirmed = user_input[CONF_CONFIRMED]
            return await self._async_finish()
        controls = self._controls()
        # What is new in it has not been agreed to
        before = self._agreed.issuperset(controls)
        return self.async_show_form(
            step_id="confirm",
            data_schema=self.add_suggested_values_to_schema(CONFIRM, {CONF_CONFIRMED: before}),
            description_placeholders={"controls": "\n".join(controls.values())},
            last_step=True,
        )

    def _controls(self) -> dict[tuple[str, str], str]:
        """Return what could be set from outside that lets somebody in, or switches an alarm off, by entity and facet.

        Each is a line in Markdown.
        """
        lines: dict[tuple[str, str], str] = {}
        for draft in self._drafts:
            offered = {facet.key: facet for facet in draft.facets if facet.settable and facet.sensitive}
            for pair in draft.pairs or ():
                target = self._model.properties.get(pair.code)
                if pair.kind != PROPERTY or target is None or pair.facet not in offered:
                    continue
                found = conversion(offered[pair.facet], target, pair.choices)
                if isinstance(found, Conversion) and found.settable:
                    name = escape(entity_name(self.hass, draft.entity_id))
                    line = f"- **{name}**: {escape(self._texts.facet(pair.facet))} (`{pair.code}`)"
                    lines[draft.entity.value, pair.facet] = line
        return lines

    def _members(self) -> tuple[Member, ...]:
        """Return the entities of which something is tied."""
        return tuple(Member(entity=draft.entity, pairs=draft.pairs) for draft in self._drafts if draft.pairs)
