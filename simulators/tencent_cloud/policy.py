"""What a sub-account may do: the policies of Tencent's access management, as far as actions go.

{"version": "2.0", "statement": [{"effect": "allow", "action": ["iotvideo:Describe*"], "resource": ["*"]}]}: what nobody allows
is denied, what anybody denies is too. Resources and conditions are not looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

from simulators.settable_faults import BadFault

SERVICE = "iotvideo"


@dataclass(frozen=True, slots=True)
class Policy:
    """Patterns of actions, without "name/" before them, such as "iotvideo:Describe*"."""

    allow: tuple[str, ...] = ("*",)
    deny: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Tell whether an action such as "DescribeDevices" may be called."""
        name = f"{SERVICE}:{action}"
        return _fits(name, self.allow) and not _fits(name, self.deny)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a policy, None for one that allows all; raises BadFault."""
        if value is None:
            return cls()
        statements = value.get("statement") if isinstance(value, Mapping) else None
        if not isinstance(statements, list):
            message = 'a policy: {"statement": [{"effect", "action"}]}, or null'
            raise BadFault(message)
        patterns: dict[str, list[str]] = {"allow": [], "deny": []}
        for statement in statements:
            effect, actions = _read(statement)
            patterns[effect] += actions
        return cls(tuple(patterns["allow"]), tuple(patterns["deny"]))

    def as_json(self) -> dict[str, Any]:
        """Return it in the form of access management."""
        statements = [
            {"effect": effect, "action": list(actions), "resource": ["*"]}
            for effect, actions in (("allow", self.allow), ("deny", self.deny))
            if actions
        ]
        return {"version": "2.0", "statement": statements}


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _read(statement: object) -> tuple[str, list[str]]:
    if isinstance(statement, Mapping):
        effect, actions = statement.get("effect"), statement.get("action")
        if isinstance(actions, str):
            actions = [actions]
        if (
            effect in ("allow", "deny")
            and isinstance(actions, list)
            and all(isinstance(action, str) for action in actions)
        ):
            return str(effect), [action.removeprefix("name/") for action in actions]
    message = 'a policy whose statements have effect "allow" or "deny", and action'
    raise BadFault(message)
