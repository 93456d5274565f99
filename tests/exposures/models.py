"""Thing models for tests, as the cloud sends them."""

from collections.abc import Mapping
from typing import Any

from custom_components.iot_gateway.clients.tuyalink import Event, Property, ThingModel, parse_thing_model

type Json = dict[str, Any]


def prop(code: str, kind: str, access: str = "rw", **spec: Any) -> Json:
    """Return a property as a model lists it."""
    return {
        "abilityId": 1,
        "code": code,
        "name": spec.pop("name", ""),
        "accessMode": access,
        "typeSpec": {"type": kind, **spec},
    }


def event(code: str, **outputs: Json) -> Json:
    """Return an event as a model lists it; outputs by their codes."""
    return {
        "code": code,
        "name": "",
        "eventType": "info",
        "outputParams": [{"code": name, "name": "", "typeSpec": spec} for name, spec in outputs.items()],
    }


def model(*properties: Json, events: tuple[Json, ...] = ()) -> ThingModel:
    """Return a model of some properties and events."""
    service = {"code": "", "properties": list(properties), "events": list(events), "actions": []}
    return parse_thing_model({"modelId": "000001", "services": [service]})


def parsed(kind: str, access: str = "rw", code: str = "it", **spec: Any) -> Property:
    """Return a property as the client has it."""
    return model(prop(code, kind, access, **spec)).properties[code]


def parsed_event(code: str, **outputs: Json) -> Event:
    """Return an event as the client has it."""
    return model(events=(event(code, **outputs),)).events[code]


def enum(*choices: str) -> Mapping[str, Any]:
    """Return the rest of an enum's typeSpec."""
    return {"range": list(choices)}
