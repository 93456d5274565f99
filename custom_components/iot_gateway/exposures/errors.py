"""What cannot be done with an exposure. Keys are those of translations, for the user and for the log."""

from collections.abc import Mapping


class ExposureError(Exception):
    """Something that an exposure cannot do; `key` and `placeholders` say what in the user's language."""

    def __init__(self, key: str, placeholders: Mapping[str, str] | None = None) -> None:
        """Name the reason."""
        self.key = key
        self.placeholders = dict(placeholders or {})
        super().__init__(f"{key} {self.placeholders}" if self.placeholders else key)


class Unconvertible(ExposureError):
    """A value that the other side has no value for."""


class Unsettable(ExposureError):
    """Something that cannot be set, or not now."""


class BadExposure(ExposureError):
    """A subentry's data that is no exposure."""
