"""The form in which a user says which of a model's choices stands for which option of an entity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from homeassistant.core import split_entity_id
import voluptuous as vol

from ..clients.tuyalink import ThingModel
from ..exposures.choices import propose_choices
from ..exposures.conversion import Obstacle, type_choices
from ..exposures.exposure import EVENT, Pair
from ..exposures.facet import Facet
from .dropdown import NOT_EXPOSED, dropdown
from .matching import match_of
from .texts import Texts


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
                ): dropdown({choice: choice for choice in self.choices})
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
        found = match_of(self.facet, told, self.model)
        if not isinstance(found, Obstacle):
            return None
        if "options" in found.placeholders:
            # As they are called in this form
            found = replace(found, placeholders={**found.placeholders, "options": ", ".join(self.fields)})
        return self.texts.remark(found)


def _option_names(entity_id: str, facet: Facet, texts: Texts) -> dict[str, str]:
    """Return a facet's options by what they are called, each by a name of its own."""
    domain = split_entity_id(entity_id)[0]
    names: dict[str, str] = {}
    for option in facet.choosable:
        name = texts.option(domain, facet, option)
        names[name if name not in names else f"{name} ({option})"] = option
    return names
