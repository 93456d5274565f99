"""How the tables write rows down: what several rows share is said once, what tells them apart is one entry each."""

from collections.abc import Iterable, Mapping
from typing import Any

from .rows import BinarySensorRow, Row


def rows[R: Row](kind: type[R], names: Mapping[str, str | None], **shared: Any) -> tuple[R, ...]:
    """Return rows by code and translation key; None leaves the name to the device class, or to the device itself."""
    return tuple(kind(key=code, translation_key=name, **shared) for code, name in names.items())


def numbered[R: Row](
    kind: type[R], names: Mapping[str, str | None], numbers: Iterable[int], **shared: Any
) -> tuple[R, ...]:
    """Return rows whose codes and names count: "{}" in a code stands for the number, {number} in the name."""
    return tuple(
        kind(
            key=code.format(number),
            translation_key=name,
            translation_placeholders=None if name is None else {"number": str(number)},
            **shared,
        )
        for code, name in names.items()
        for number in numbers
    )


def phased[R: Row](kind: type[R], names: Mapping[str, str], **shared: Any) -> tuple[R, ...]:
    """Return rows for each of the three phases: {lower} or {upper} in a code stands for the letter, {phase} in the name."""
    return tuple(
        kind(
            key=code.format(lower=letter, upper=letter.upper()),
            translation_key=name,
            translation_placeholders={"phase": letter.upper()},
            **shared,
        )
        for code, name in names.items()
        for letter in "abc"
    )


def bits(code: str, names: Mapping[str, tuple[str, str]], **shared: Any) -> tuple[BinarySensorRow, ...]:
    """Return rows of single bits of a Bitmap: the bit's label and the translation key, by the row's key."""
    return tuple(
        BinarySensorRow(key=key, code=code, label=label, translation_key=name, **shared)
        for key, (label, name) in names.items()
    )


def gangs[R: Row](
    kind: type[R], names: Mapping[str, str | None], numbers: Iterable[int], **shared: Any
) -> tuple[R, ...]:
    """Return rows of gangs: "{}" in a code stands for the gang's number, which no name needs to repeat."""
    return tuple(
        kind(key=code.format(number), translation_key=name, gang=number, **shared)
        for code, name in names.items()
        for number in numbers
    )


def merged[R: Row](*tables: Mapping[str, tuple[R, ...]]) -> dict[str, tuple[R, ...]]:
    """Return one table of several; the rows of a category add up, those of earlier tables first."""
    categories = dict.fromkeys(category for table in tables for category in table)
    return {category: tuple(row for table in tables for row in table.get(category, ())) for category in categories}
