"""Whether a sequence of actions does what needs a confirmation."""

from collections.abc import Mapping
from typing import Any, Final

# What these do can be seen, and lets nobody in
_HARMLESS: Final = frozenset(
    {
        "button",
        "climate",
        "counter",
        "fan",
        "humidifier",
        "input_boolean",
        "input_button",
        "input_datetime",
        "input_number",
        "input_select",
        "input_text",
        "lawn_mower",
        "light",
        "logbook",
        "media_player",
        "notify",
        "number",
        "persistent_notification",
        "select",
        "siren",
        "switch",
        "system_log",
        "text",
        "timer",
        "todo",
        "tts",
        "vacuum",
        "water_heater",
    }
)

# Nothing of these is done, however it looks
_NO_STEPS: Final = frozenset(
    {
        "condition",
        "conditions",
        "data",
        "data_template",
        "event_data",
        "if",
        "metadata",
        "service_data",
        "set_conversation_response",
        "target",
        "until",
        "variables",
        "wait_for_trigger",
        "while",
    }
)
_SERVICE: Final = ("action", "service", "service_template")


def sequence_is_sensitive(sequence: Any) -> bool:
    """Whether a sequence may let somebody in, switch an alarm off, or do what cannot be seen from it.

    Steps of all depths count (choose, if, parallel, repeat, ...). What cannot be seen: services whose name is a template, scripts,
    scenes, automations and the events that set these off, `homeassistant.turn_on` and the like, and whatever is of a domain that is not known here to be harmless.
    """
    match sequence:
        case Mapping():
            return _is_sensitive(sequence) or any(
                sequence_is_sensitive(part) for name, part in sequence.items() if name not in _NO_STEPS
            )
        case list() | tuple():
            return any(sequence_is_sensitive(step) for step in sequence)
        case _:
            return False


def _is_sensitive(step: Mapping[Any, Any]) -> bool:
    """Whether a step is by itself."""
    if "scene" in step or "event" in step:
        return True
    if "device_id" in step and "domain" in step and step["domain"] not in _HARMLESS:
        return True
    services = [step[name] for name in _SERVICE if name in step and not isinstance(step[name], (Mapping, list, tuple))]
    return any(
        # A template's outcome cannot be known before
        not isinstance(service, str) or "{" in service or service.partition(".")[0].strip().lower() not in _HARMLESS
        for service in services
    )
