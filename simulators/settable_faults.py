"""What all simulators' faults have in common: they are set from JSON by name, all or nothing, and turned off together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar


class BadFault(ValueError):
    """A fault has no such name or can't have such a value."""


@dataclass(slots=True, kw_only=True)
class SettableFaults:
    """Faults of a simulator; `PARSERS` makes a fault's value of a JSON value, or raises BadFault saying what it is."""

    PARSERS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set faults from JSON values (sets as lists); all or nothing. Raises BadFault."""
        parsed = {}
        for name, value in changes.items():
            if (parse := self.PARSERS.get(name)) is None:
                message = f"no fault is called {name!r}; there are {', '.join(sorted(self.PARSERS))}"
                raise BadFault(message)
            try:
                parsed[name] = parse(value)
            except BadFault as err:
                message = f"{name} is {err}"
                raise BadFault(message) from err
        for name, value in parsed.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Turn all of it off."""
        fresh = type(self)()
        for one in fields(self):
            setattr(self, one.name, getattr(fresh, one.name))
