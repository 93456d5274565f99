"""Which of a model's choices stands for which of Home Assistant's options, judged by their names."""

from collections.abc import Iterable, Mapping, Sequence
import re
from typing import Final

# Words for the same thing, Home Assistant's own first. An option takes a choice of its own name before one of its group.
_GROUPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        "on",
        "true",
        "open",
        "opened",
        "yes",
        "1",
        "enable",
        "enabled",
        "alarm",
        "detected",
        "active",
        "presence",
        "pir",
        "start",
    ),
    (
        "off",
        "false",
        "close",
        "closed",
        "no",
        "0",
        "disable",
        "disabled",
        "normal",
        "none",
        "clear",
        "inactive",
        "stop",
    ),
    ("locked", "lock", "close", "closed", "on", "true"),
    ("unlocked", "unlock", "open", "opened", "off", "false"),
    ("colour", "color"),
    ("color", "colour"),
    # Modes of climates
    ("cool", "cold", "cooling", "refrigeration", "freeze"),
    ("heat", "hot", "heating", "warm", "manual"),
    ("heat_cool", "auto", "automatic", "smart", "comfortable"),
    ("auto", "automatic", "smart", "heat_cool"),
    ("dry", "wet", "dehumidify", "dehumidification", "drying"),
    ("fan_only", "wind", "fan", "ventilation", "air_supply", "blow"),
    ("idle", "standby", "stop", "stopped", "wait"),
    ("drying", "dry", "wet"),
    # Levels
    ("lowest", "quiet", "silent", "mute", "silence"),
    ("low", "min", "weak", "small", "gentle", "slow", "low_speed"),
    ("medium", "middle", "mid", "normal", "standard", "moderate", "middle_speed"),
    ("high", "max", "strong", "large", "fast", "full", "high_speed"),
    ("highest", "turbo", "super", "max_plus", "boost", "focus"),
    # Presets
    ("away", "holiday", "out", "leave", "vacation"),
    ("eco", "economy", "energy_saving", "saving", "energy", "ecomode"),
    ("boost", "turbo", "quick", "rapid", "strong"),
    ("comfort", "comfortable", "comfy"),
    ("sleep", "night", "sleeping"),
    ("home", "at_home", "stay", "present", "presence", "in"),
    ("not_home", "away", "leave", "out", "absent", "none"),
    ("none", "normal", "manual", "default"),
    # Movement
    ("open", "on", "opened", "up", "fz"),
    ("close", "closed", "off", "down", "zz"),
    ("opening", "open", "opened"),
    ("closing", "close", "closed"),
    ("stop", "stopped", "pause", "off"),
    ("forward", "positive", "summer"),
    ("reverse", "backward", "back", "negative", "winter"),
    ("vertical", "up_down", "updown", "vert"),
    ("horizontal", "left_right", "leftright", "horiz"),
    # Alarms
    ("disarmed", "disarm", "off"),
    ("armed_away", "arm", "armed", "away", "out", "total"),
    ("armed_home", "home", "stay", "at_home", "partial", "perimeter"),
    ("armed_night", "night", "sleep"),
    ("armed_vacation", "vacation", "holiday"),
    ("armed_custom_bypass", "custom", "bypass"),
    ("triggered", "sos", "alarm", "alarming"),
    # Robots and players
    ("start", "on", "cleaning", "smart", "working", "work", "start_mowing", "mowing", "startmowing"),
    ("start_mowing", "startmowing", "start", "mowing", "mow"),
    ("cleaning", "clean", "smart_clean", "working", "work", "auto_clean"),
    ("mowing", "mow", "working", "work"),
    ("return_to_base", "chargego", "charge", "go_charge", "dock", "goto_charge", "recharge", "return"),
    ("dock", "startreturnstation", "return", "chargego", "go_home"),
    ("returning", "goto_charge", "chargego", "to_charge", "return", "gohome"),
    ("docked", "charging", "charge_done", "charged", "dock", "park"),
    ("clean_spot", "spot", "part", "partial_clean"),
    ("error", "fault", "malfunction"),
    ("paused", "pause", "sleep"),
    ("pause", "paused"),
    ("playing", "play"),
    ("play", "playing"),
    ("next", "next_track", "forward"),
    ("previous", "prev", "previous_track", "backward", "last"),
    # Buttons
    ("press", "single_press", "click", "single_click", "true", "on", "start", "single"),
    ("single", "single_press", "single_click", "click", "press", "short_press", "single_push", "1"),
    ("double", "double_press", "double_click", "double_push", "2"),
    ("triple", "triple_press", "triple_click", "3"),
    ("long", "long_press", "hold", "long_click", "hold_press", "long_push"),
    # As Home Assistant calls them of all buttons
    ("press_end", "single", "single_press", "single_click", "click", "press", "short_press", "single_push", "1"),
    ("multi_press_end", "double", "double_press", "double_click", "double_push", "2"),
    ("long_press_start", "long", "long_press", "hold", "long_click", "hold_press", "long_push"),
)
_BY_NAME: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    name: tuple(group for group in _GROUPS if name in group) for group in _GROUPS for name in group
}
_NOT_A_WORD: Final = re.compile(r"[^0-9a-z]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def propose_choices(options: Iterable[str], choices: Sequence[str]) -> dict[str, str]:
    """Return the choice for each option that has one by its name; no choice twice, and options without one are left out.

    First those of the same name, then those of a word for the same thing.
    """
    wanted = tuple(options)
    left = {normalized(choice): choice for choice in reversed(choices)}
    found: dict[str, str] = {}
    for option in wanted:
        if (choice := left.pop(normalized(option), None)) is not None:
            found[option] = choice
    # An option that leads a group has the group's names before one that is only in it
    for leads in (True, False):
        for option in wanted:
            if option in found:
                continue
            name = normalized(option)
            for group in _BY_NAME.get(name, ()):
                if (group[0] == name) is leads and (word := next((word for word in group if word in left), None)):
                    found[option] = left.pop(word)
                    break
    return {option: found[option] for option in wanted if option in found}


def normalized(name: str) -> str:
    """Return a name in lower case with underscores between its words."""
    return _NOT_A_WORD.sub("_", _CAMEL.sub("_", name).lower()).strip("_")
