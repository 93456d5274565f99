"""The Markdown that the forms show: texts of others escaped, lists, and what unfolds."""

from collections.abc import Mapping, Sequence
import re

from ..clients.tuyalink import Param, TypeSpec

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~-])")


def escape(text: str) -> str:
    """Return a text that says in Markdown what it says."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def parameters(params: Mapping[str, Param]) -> str:
    """Return a list, in Markdown, of what an action takes or gives."""
    return "\n".join(
        f"- `{code}`{f' {escape(param.name)}' if param.name not in {'', code} else ''}: {escape(_type_text(param.type))}"
        for code, param in params.items()
    )


def _type_text(spec: TypeSpec) -> str:
    """Return what values a type has, in words that are the same in every language: those of the model."""
    if spec.choices:
        return f"{spec.kind}, {' / '.join(spec.choices)}"
    if spec.minimum is not None or spec.maximum is not None:
        low, high = (_shown(bound, spec.scale) for bound in (spec.minimum, spec.maximum))
        return f"{spec.kind}, {low} … {high}{f' {spec.unit}' if spec.unit else ''}"
    return spec.kind


def _shown(bound: float | None, scale: int) -> str:
    """Return a bound as people read it."""
    if bound is None:
        return "…"
    return f"{bound / 10**scale:.{max(scale, 0)}f}" if scale else f"{bound:g}"


def folded(title: str, lines: Sequence[str]) -> str:
    """Return lines in Markdown that are shown when their title is clicked."""
    if not lines:
        return ""
    return f"<details><summary>{title}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
