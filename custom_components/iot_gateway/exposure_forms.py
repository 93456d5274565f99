"""The forms in which a user ties what an entity offers to what a product's model has, and what they say.

Their texts are in Home Assistant's language and not in that of the user's profile, for they are put together here: the frontend
knows no texts of models and can translate neither choices that are not known beforehand nor fields that are named like them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
import re
from typing import Final

from homeassistant.core import HomeAssistant, split_entity_id
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode
from homeassistant.helpers.translation import async_get_translations
import voluptuous as vol

from .clients.tuyalink import Action, Event, Param, Property, ThingModel, TypeSpec
from .const import DOMAIN
from .exposures.choices import normalized, propose_choices
from .exposures.conversion import Conversion, Note, Obstacle, conversion, type_choices
from .exposures.event_conversion import EventConversion, event_conversion
from .exposures.exposure import EVENT, PROPERTY, Pair
from .exposures.facet import OFF, ON, Facet, FacetKind
from .exposures.proposal import candidates, propose

type Match = Conversion | EventConversion | Obstacle

NOT_EXPOSED: Final = "not_exposed"
"""The choice to tie something to nothing."""
CHOICE: Final = "exposure"
"""The key under which it, and other words of these forms, are translated."""
OBSTACLE: Final = "exposure_obstacle"
NOTE: Final = "exposure_note"
"""The keys under which remarks are."""

_YES_NO: Final = ("update", "_.state_attributes.auto_update.state.true", "_.state_attributes.auto_update.state.false")
"""Where Home Assistant has these two words in every language."""
_ON_OFF: Final = ("binary_sensor", "_.state.on", "_.state.off")
_WORDS_FROM: Final = frozenset({_YES_NO[0], _ON_OFF[0]})
_SAID: Final[Mapping[str, tuple[str | None, str, str]]] = {
    "away": (None, "_.state_attributes.away_mode.state.on", "_.state_attributes.away_mode.state.off"),
    "cleaning": _YES_NO,
    "home": (None, "_.state.home", "_.state.not_home"),
    "locked": (None, "_.state.locked", "_.state.unlocked"),
    "mowing": _YES_NO,
    "muted": _YES_NO,
    "open": (None, "_.state.open", "_.state.closed"),
    "oscillating": _YES_NO,
    "running": ("binary_sensor", "running.state.on", "running.state.off"),
    "triggered": _YES_NO,
}
"""What the two values of a boolean facet are called where that is not "on" and "off": whose words these are, of the entity's own
domain if None, and which."""

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What is said in forms, in Home Assistant's language: everything of ours by its key, and words of entities' states."""

    own: Mapping[str, str]
    states: Mapping[str, str]

    @classmethod
    async def load(cls, hass: HomeAssistant, domains: Collection[str] = ()) -> Texts:
        """Read them; of `domains` the words for states."""
        language = hass.config.language
        own: dict[str, str] = {}
        for category in ("config_subentries", "selector"):
            own |= await async_get_translations(hass, language, category, {DOMAIN})
        components = {*domains, *_WORDS_FROM}
        states = await async_get_translations(hass, language, "entity_component", components) if domains else {}
        return cls(own=own, states=states)

    def facet(self, key: str) -> str:
        """Return what a facet is called."""
        return self.own.get(f"component.{DOMAIN}.config_subentries.entity.step.pairs.data.{key}", key)

    def remark(self, remark: Obstacle | Note) -> str:
        """Return why two things don't go together, or what to know where they do."""
        selector = OBSTACLE if isinstance(remark, Obstacle) else NOTE
        text = self.own.get(f"component.{DOMAIN}.selector.{selector}.options.{remark.key}", remark.key)
        placeholders = dict(remark.placeholders)
        if "facet" in placeholders:
            placeholders["facet"] = self.facet(placeholders["facet"])
        try:
            return text.format_map(placeholders)
        except KeyError:
            return text

    def word(self, key: str) -> str:
        """Return another word of the forms."""
        return self.own.get(f"component.{DOMAIN}.selector.{CHOICE}.options.{key}", key)

    def option(self, domain: str, facet: Facet, option: str) -> str:
        """Return what an option of a facet of a domain's entities is called."""
        if facet.kind is FacetKind.BOOLEAN:
            return self._boolean(domain, facet, on=option == ON)
        start, end = f"component.{domain}.entity_component.", f".state.{option}"
        if (text := self.states.get(f"{start}_{end}")) is not None:
            return text
        return next(
            (text for key, text in self.states.items() if key.startswith(f"{start}_.") and key.endswith(end)), option
        )

    def _boolean(self, domain: str, facet: Facet, *, on: bool) -> str:
        """Return what one of a boolean facet's values is called: of a door "Open", of a lock "Locked"."""
        places = [(domain, "_.state.on", "_.state.off"), _ON_OFF]
        if facet.device_class is not None:
            places.insert(0, (domain, f"{facet.device_class}.state.on", f"{facet.device_class}.state.off"))
        if (said := _SAID.get(facet.key)) is not None:
            places.insert(0, (said[0] or domain, *said[1:]))
        keys = [f"component.{owner}.entity_component.{yes if on else no}" for owner, yes, no in places]
        return next((text for key in keys if (text := self.states.get(key)) is not None), ON if on else OFF)


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
            reasons=_folded(texts.word("misfits"), lines),
            model=model,
        )

    def schema(self) -> vol.Schema:
        """Return the form's fields."""
        return vol.Schema(
            {
                vol.Required(key, default=self.preset[key].code if key in self.preset else NOT_EXPOSED): _dropdown(
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
                parameter=getattr(self.fitting[facet][code], "parameter", None),
            )
            for facet, code in user_input.items()
            if code != NOT_EXPOSED
        )

    def to_ask(self, pair: Pair) -> bool:
        """Tell whether the user has to say which option is which choice: not where both go by the same names."""
        facet = self.facets[pair.facet]
        found = _match(facet, pair, self.model)
        if isinstance(found, Obstacle):
            return True
        return bool(found.choices) and (
            _differ(found.choices) or any(one not in found.choices for one in facet.choosable)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceForm:
    """Which of a model's choices stands for which option of a facet: a form with a field for each option, by its name."""

    facet: Facet
    pair: Pair
    model: ThingModel
    fields: Mapping[str, str]
    choices: Sequence[str]
    texts: Texts

    @classmethod
    def of(cls, entity_id: str, facets: Sequence[Facet], pair: Pair, model: ThingModel, texts: Texts) -> ChoiceForm:
        """Ask for the choices of a tie, which is to one of the model's properties or events."""
        facet = next(facet for facet in facets if facet.key == pair.facet)
        if pair.kind == EVENT:
            spec = model.events[pair.code].outputs[pair.parameter or ""].type
        else:
            spec = model.properties[pair.code].type
        return cls(
            facet=facet,
            pair=pair,
            model=model,
            fields=_option_names(entity_id, facet, texts),
            choices=type_choices(spec),
            texts=texts,
        )

    def schema(self) -> vol.Schema:
        """Return the form's fields."""
        preset = self.pair.choices or propose_choices(self.fields.values(), self.choices)
        return vol.Schema(
            {
                vol.Required(
                    name, default=choice if (choice := preset.get(option)) in self.choices else NOT_EXPOSED
                ): _dropdown({choice: choice for choice in self.choices})
                for name, option in self.fields.items()
            }
        )

    def told(self, user_input: Mapping[str, str]) -> Pair:
        """Return the tie with what the user has said."""
        return replace(
            self.pair,
            choices={self.fields[name]: choice for name, choice in user_input.items() if choice != NOT_EXPOSED},
        )

    def wrong(self, told: Pair) -> str | None:
        """Return the form's error, a key or a text, for what the user has said."""
        if not told.choices:
            return "choices_needed"
        found = _match(self.facet, told, self.model)
        if not isinstance(found, Obstacle):
            return None
        if "options" in found.placeholders:
            # As they are called in this form
            found = replace(found, placeholders={**found.placeholders, "options": ", ".join(self.fields)})
        return self.texts.remark(found)


def _fresh(pair: Pair, model: ThingModel) -> Pair:
    """Return a tie without an output that its event has no more."""
    if pair.kind == EVENT and pair.parameter not in model.events[pair.code].outputs:
        return replace(pair, parameter=None, choices=None)
    return pair


def _match(facet: Facet, pair: Pair, model: ThingModel) -> Match:
    """Return how a tie works, to what the model does have."""
    if pair.kind == EVENT:
        return event_conversion(facet, model.events[pair.code], pair.choices, pair.parameter)
    return conversion(facet, model.properties[pair.code], pair.choices)


def _differ(choices: Mapping[str, str]) -> bool:
    """Tell whether an option and the choice that it is tied to go by different names."""
    return any(_spelt(option) != _spelt(choice) for option, choice in choices.items())


def _spelt(name: str) -> str:
    """Return a name as Home Assistant would spell it."""
    return normalized(name).replace("colour", "color")


def _dropdown(labels: Mapping[str, str]) -> SelectSelector:
    """Return a field for one of several things, or for none; the frontend translates that one."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=NOT_EXPOSED, label=NOT_EXPOSED),
                *(SelectOptionDict(value=value, label=label) for value, label in labels.items()),
            ],
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=CHOICE,
        )
    )


def _option_names(entity_id: str, facet: Facet, texts: Texts) -> dict[str, str]:
    """Return a facet's options by what they are called, each by a name of its own."""
    domain = split_entity_id(entity_id)[0]
    names: dict[str, str] = {}
    for option in facet.choosable:
        name = texts.option(domain, facet, option)
        names[name if name not in names else f"{name} ({option})"] = option
    return names


def entity_name(hass: HomeAssistant, entity_id: str) -> str:
    """Return what an entity is called, with its device and room as far as these tell more."""
    state = hass.states.get(entity_id)
    entry = er.async_get(hass).async_get(entity_id)
    if state is not None and (name := state.attributes.get("friendly_name")):
        return str(name)
    if entry is None:
        return entity_id
    device = dr.async_get(hass).async_get(entry.device_id) if entry.device_id else None
    names = (device and (device.name_by_user or device.name), entry.name or entry.original_name)
    return " ".join(dict.fromkeys(name for name in names if name)) or entity_id


def parameters(params: Mapping[str, Param]) -> str:
    """Return a list, in Markdown, of what an action takes or gives."""
    return "\n".join(
        f"- `{code}`{f' {escape(param.name)}' if param.name not in {'', code} else ''}: {escape(type_text(param.type))}"
        for code, param in params.items()
    )


def type_text(spec: TypeSpec) -> str:
    """Return what values a type has, in words that are the same in every language: those of the model."""
    if spec.choices:
        return f"{spec.kind}, {' / '.join(spec.choices)}"
    if spec.minimum is not None or spec.maximum is not None:
        low, high = (_shown(bound, spec.scale) for bound in (spec.minimum, spec.maximum))
        return f"{spec.kind}, {low} … {high}{f' {spec.unit}' if spec.unit else ''}"
    return spec.kind


def named(code: str, thing: Property | Event | Action | None) -> str:
    """Return what something of a model is called, with its code."""
    return f"{thing.name} ({code})" if thing is not None and thing.name and thing.name != code else code


def escape(text: str) -> str:
    """Return a text that says in Markdown what it says."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _label(facet: Facet, code: str, model: ThingModel) -> str:
    """Return what the property or the event is called that a facet can be tied to."""
    return named(code, (model.events if facet.kind is FacetKind.EVENT else model.properties).get(code))


def _shown(bound: float | None, scale: int) -> str:
    """Return a bound as people read it."""
    if bound is None:
        return "…"
    return f"{bound / 10**scale:.{max(scale, 0)}f}" if scale else f"{bound:g}"


def _folded(title: str, lines: Sequence[str]) -> str:
    """Return lines in Markdown that are shown when their title is clicked."""
    if not lines:
        return ""
    return f"<details><summary>{title}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
