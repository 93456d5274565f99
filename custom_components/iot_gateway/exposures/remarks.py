"""What the user is told about a tie when it is chosen: what is in the way of it, and what to know about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CHOICES_MISSING = "choices_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a facet cannot be tied to a property or an event. All have the placeholders `facet`, `code` and `type`, more by key."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)

    @property
    def fixable(self) -> bool:
        """Whether the user gets rid of it by saying which option is which choice."""
        return self.key == CHOICES_MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to know about a tie that works. All have the placeholders `facet`, `code` and `type`, more by key."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)
