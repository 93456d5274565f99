"""Actions: what a device can be asked to do, by its model, beside the setting of data points."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionParam:
    """What an action takes or gives. `kind` is the type by the model's own word, `allowed` says in words what would do."""

    id: str
    name: str = ""
    kind: str = ""
    allowed: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceAction:
    """One action. `name` is the maker's, empty where there is none; an action without `inputs` is done by a button."""

    id: str
    name: str = ""
    inputs: tuple[ActionParam, ...] = ()
    outputs: tuple[ActionParam, ...] = ()
    description: str = ""
