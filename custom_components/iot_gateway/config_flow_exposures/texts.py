"""What the forms say, in Home Assistant's language and not in that of the user's profile.

They are put together here: the frontend knows no texts of models, and can translate neither choices that are not known beforehand
nor fields that are named like them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..exposures.conversion import Note, Obstacle
from ..exposures.facet import OFF, ON, Facet, FacetKind

CHOICE: Final = "exposure"
"""The key under which words of these forms are translated, the choice to tie something to nothing among them."""
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
