"""The form in which a user ties what an entity offers to what a product's model has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import voluptuous as vol

from ..clients.tuyalink import ThingModel
from ..exposures.choices import normalized
from ..exposures.conversion import Obstacle
from ..exposures.event_conversion import EventConversion
from ..exposures.exposure import EVENT, PROPERTY, Pair
from ..exposures.facet import Facet, FacetKind
from ..exposures.proposal import candidates, propose
from .dropdown import NOT_EXPOSED, dropdown
from .markdown import escape, folded
from .matching import Match, match_of
from .names import named
from .texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class PairForm:
    """What of an entity can be tied to what of a model: a form with a field for each facet that anything fits.

    `fitting` has by facet and code how they are converted, or what is in the way of that as long as the user has not told which
    option is which choice. `preset` is the tie of each facet that is filled in. `reasons`, in Markdown, say what does not fit.
    """

    facets: Mapping[str, Facet]
    fitting: Mapping[str, Mapping[str, Match]]
    preset: Mapping[str, Pair]
    reasons: str
    model: ThingModel

    @classmethod
    def of(
        cls,
        facets: Sequence[Facet],
        model: ThingModel,
        taken: Mapping[str, str],
        pairs: Iterable[Pair] | None,
        texts: Texts,
    ) -> PairForm:
        """Compare facets with a model.

        Args:
            facets: what the entity offers.
            model: the product's.
            taken: codes that are tied already, with the names of what they are tied to.
            pairs: what the user has tied before, None where they have not: then it is proposed.
            texts: what things are called.
        """
        fitting: dict[str, dict[str, Match]] = {}
        lines: list[str] = []
        for facet in facets:
            codes: dict[str, Match] = {}
            reasons: dict[str, list[str]] = {}
            for code, found in candidates(facet, model):
                if isinstance(found, Obstacle) and not found.fixable:
                    reasons.setdefault(texts.remark(found), []).append(code)
                    continue
                # Of an event there may be several sources
                if code in taken and facet.kind is not FacetKind.EVENT:
                    reasons.setdefault(texts.word("taken").format(name=taken[code]), []).append(code)
                    continue
                codes[code] = found
                for note in () if isinstance(found, Obstacle) else found.notes:
                    reasons.setdefault(texts.remark(note), []).append(code)
            if codes:
                fitting[facet.key] = codes
            if reasons:
                lines.append(f"- **{escape(texts.facet(facet.key))}**")
            lines += [
                f"  - {', '.join(f'`{code}`' for code in misfits)}: {escape(reason)}"
                for reason, misfits in reasons.items()
            ]
        if pairs is None:
            pairs = [
                Pair(
                    facet=one.facet,
                    kind=one.kind,
                    code=one.code,
                    # What goes by its name need not be kept, and goes on to do so when there are more options one day
                    choices=one.choices if _differ(one.choices) else None,
                    parameter=one.parameter,
                )
                for one in propose(facets, model, taken.keys())
            ]
        return cls(
            facets={facet.key: facet for facet in facets},
            fitting=fitting,
            preset={pair.facet: _fresh(pair, model) for pair in pairs if pair.code in fitting.get(pair.facet, ())},
            reasons=folded(texts.word("misfits"), lines),
            model=model,
        )

    def schema(self) -> vol.Schema:
        """Return the form's fields."""
        return vol.Schema(
            {
                vol.Required(key, default=self.preset[key].code if key in self.preset else NOT_EXPOSED): dropdown(
                    {code: _label(self.facets[key], code, self.model) for code in codes}
                )
                for key, codes in self.fitting.items()
            }
        )

    def wrong(self, user_input: Mapping[str, str]) -> dict[str, str]:
        """Return the form's errors."""
        seen: set[str] = set()
        errors: dict[str, str] = {}
        for facet, code in user_input.items():
            if code != NOT_EXPOSED and code in seen:
                errors[facet] = "tied_twice"
            seen.add(code)
        return errors

    def pairs(self, user_input: Mapping[str, str]) -> tuple[Pair, ...]:
        """Return what the user ties; of what was tied to the same before, and of what is proposed, the details stay."""
        return tuple(
            self.preset[facet]
            if facet in self.preset and self.preset[facet].code == code
            else Pair(
                facet=facet,
                kind=EVENT if self.facets[facet].kind is FacetKind.EVENT else PROPERTY,
                code=code,
                parameter=_parameter(self.fitting[facet][code]),
            )
            for facet, code in user_input.items()
            if code != NOT_EXPOSED
        )

    def to_ask(self, pair: Pair) -> bool:
        """Tell whether the user has to say which option is which choice: not where both go by the same names."""
        facet = self.facets[pair.facet]
        found = match_of(facet, pair, self.model)
        if isinstance(found, Obstacle):
            return True
        return bool(found.choices) and (
            _differ(found.choices) or any(one not in found.choices for one in facet.choosable)
        )


def _parameter(found: Match) -> str | None:
    """Return the output of an event that takes its type, also where the user has yet to say how."""
    if isinstance(found, Obstacle):
        return found.placeholders.get("parameter")
    return found.parameter if isinstance(found, EventConversion) else None


def _fresh(pair: Pair, model: ThingModel) -> Pair:
    """Return a tie without an output that its event has no more."""
    if pair.kind == EVENT and pair.parameter not in model.events[pair.code].outputs:
        return replace(pair, parameter=None, choices=None)
    return pair


def _differ(choices: Mapping[str, str]) -> bool:
    """Tell whether an option and the choice that it is tied to go by different names."""
    return any(_spelt(option) != _spelt(choice) for option, choice in choices.items())


def _spelt(name: str) -> str:
    """Return a name as Home Assistant would spell it."""
    return normalized(name).replace("colour", "color")


def _label(facet: Facet, code: str, model: ThingModel) -> str:
    """Return what the property or the event is called that a facet can be tied to."""
    return named(code, (model.events if facet.kind is FacetKind.EVENT else model.properties).get(code))
