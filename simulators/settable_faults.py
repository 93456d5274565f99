"""What all simulators' faults have in common: they are set from JSON by name, all or nothing, and turned off together.

A parser makes a fault's value of a JSON value, or raises BadFault with words that complete "NAME is ...".
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

type Parser[T] = Callable[[object], T]


class BadFault(ValueError):
    """A fault has no such name or can't have such a value."""


@dataclass(slots=True, kw_only=True)
class SettableFaults:
    """Faults of a simulator, a field each; only those that `PARSERS` has can be set from JSON."""

    PARSERS: ClassVar[Mapping[str, Parser[Any]]] = {}

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

    def as_json(self) -> dict[str, Any]:
        """Return the faults that can be set as JSON values."""
        return {
            name: sorted(value) if isinstance(value, set) else value
            for name, value in asdict(self).items()
            if name in self.PARSERS
        }


# Parsers


def parse_bool(value: object) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        message = "true or false"
        raise BadFault(message)
    return value


def text(value: object) -> str:
    """Take a text, which may be empty."""
    if not isinstance(value, str):
        message = "text"
        raise BadFault(message)
    return value


def number(lowest: float, highest: float) -> Parser[float]:
    """Take a number of seconds."""

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            message = f"a number of seconds from {lowest:g} to {highest:g}"
            raise BadFault(message)
        return float(value)

    return parse


seconds: Parser[float] = number(0, 3600)
"""Takes a number of seconds, up to an hour."""


def integer(lowest: int, highest: int = 1_000_000) -> Parser[int]:
    """Take an integer."""

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            message = f"an integer from {lowest} to {highest}"
            raise BadFault(message)
        return value

    return parse


def or_null[T](parse: Parser[T]) -> Parser[T | None]:
    """Take null, too."""
    return lambda value: None if value is None else parse(value)


def one_of[T: str](known: tuple[T, ...]) -> Parser[T]:
    """Take one of the known texts."""

    def parse(value: object) -> T:
        for one in known:
            if one == value:
                return one
        message = f"one of {', '.join(known)}"
        raise BadFault(message)

    return parse


def set_of[T: str](known: tuple[T, ...]) -> Parser[set[T]]:
    """Take a list of some of the known texts."""

    def parse(value: object) -> set[T]:
        if not isinstance(value, list) or any(one not in known for one in value):
            message = f"a list out of {', '.join(known)}"
            raise BadFault(message)
        return set(value)

    return parse
