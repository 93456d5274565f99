"""Quirk files: those that ship with the integration, and the user's own in `<config>/iot_gateway/quirks/`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import logging
from pathlib import Path
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.hass_dict import HassKey
import voluptuous as vol

from .const import DOMAIN
from .lined_yaml import LinedYaml, YamlProblem
from .model import EntityChange, Quirk, Quirks
from .model.quirk import Match, PointChange, SpecMatch
from .quirk_schema import quirk_list

_LOGGER = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "quirks"
ISSUE_QUIRK_FILE = "quirk_file"

_KEY: HassKey[Quirks] = HassKey(f"{DOMAIN}_quirks")

_FIELDS = {"min": "minimum", "max": "maximum", "map": "names"}
"""What the model calls keys of the files that have shorter names there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QuirkFileError:
    """What is wrong in a quirk file. `line` counts from 1; `key` is the path of keys within the quirk."""

    file: str
    line: int
    key: str
    reason: str

    @override
    def __str__(self) -> str:
        """Return it as the log has it."""
        return f"{self.file}, line {self.line}, {self.key}: {self.reason}"


async def async_load_quirks(hass: HomeAssistant) -> Quirks:
    """Return all quirks, the user's files read anew; raise a repair for each that is broken, and none for the others.

    While the files say the same as before, so does the object: what it made of schemas stays made.
    """
    quirks, errors = await hass.async_add_executor_job(_read_all, Path(hass.config.path(DOMAIN, "quirks")))
    for error in errors:
        _LOGGER.error("Quirk file not used: %s", error)
    _report(hass, errors)
    known = hass.data.get(_KEY)
    if known is None or known.all != quirks:
        known = hass.data[_KEY] = Quirks(quirks)
    return known


@callback
def async_forget_quirks(hass: HomeAssistant) -> None:
    """Take the repairs back, as no entry uses the files any more."""
    _report(hass, ())


def read_folder(folder: Path, prefix: str = "") -> tuple[list[Quirk], list[QuirkFileError]]:
    """Return the quirks of the files in a folder, in the order of their names, and what is wrong with the others.

    `prefix` goes before the files' names. A file with an error in it is not used at all. Does I/O.
    """
    quirks: list[Quirk] = []
    errors: list[QuirkFileError] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            quirks += read_text(f"{prefix}{path.name}", path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            errors.append(QuirkFileError(file=path.name, line=1, key="YAML", reason="it is not UTF-8; save it as that"))
        except OSError as err:
            errors.append(QuirkFileError(file=path.name, line=1, key="YAML", reason=str(err)))
        except ExceptionGroup as err:
            errors += (one.error for one in err.exceptions if isinstance(one, _Wrong))
    return quirks, errors


def read_text(file: str, text: str) -> list[Quirk]:
    """Return the quirks of a file's text; raises an ExceptionGroup of what is wrong, in the order of the lines."""
    try:
        document = LinedYaml(text)
    except YamlProblem as err:
        error = QuirkFileError(file=file, line=err.line, key=err.key, reason=err.reason)
        raise ExceptionGroup(file, [_Wrong(error)]) from err
    try:
        said = quirk_list(document.value)
    except vol.Invalid as err:
        raise ExceptionGroup(file, [_Wrong(one) for one in _errors(file, document, err)]) from err
    several = isinstance(said, list)
    return [
        _quirk(f"{file}:{document.line((index,) if several else ())}", one)
        for index, one in enumerate(said if several else [said])
    ]


class _Wrong(Exception):
    """Carries what is wrong in a file."""

    def __init__(self, error: QuirkFileError) -> None:
        self.error = error
        super().__init__(str(error))


def _errors(file: str, document: LinedYaml, err: vol.Invalid) -> list[QuirkFileError]:
    found = []
    for one in err.errors if isinstance(err, vol.MultipleInvalid) else [err]:
        path = tuple(part if isinstance(part, int) else str(part) for part in one.path)
        keys = [str(part) for part in path if isinstance(part, str)]
        found.append(
            QuirkFileError(
                file=file, line=document.line(path), key=" > ".join(keys) or "the quirk", reason=one.error_message
            )
        )
    return sorted(found, key=lambda error: error.line)


def _quirk(place: str, said: Mapping[str, Any]) -> Quirk:
    """Return a quirk of what a file says, which is checked already."""
    name = said.get("name")
    match = {key: value for key, value in said["match"].items() if key != "spec"}
    return Quirk(
        name=f"{place} {name}" if name else place,
        match=Match(
            **match, spec={code: SpecMatch(**_fields(spec)) for code, spec in said["match"].get("spec", {}).items()}
        ),
        category=said.get("category"),
        points={code: _point(point) for code, point in said.get("data_points", {}).items()},
    )


def _point(said: Mapping[str, Any]) -> PointChange:
    fields = _fields(said)
    entity = fields.pop("entity", None)
    return PointChange(**fields, entity=None if entity is None else EntityChange(**entity))


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    return {_FIELDS.get(key, key): value for key, value in said.items()}


def _read_all(folder: Path) -> tuple[tuple[Quirk, ...], list[QuirkFileError]]:
    """Read everything; the user's quirks come last, so that they have the last word."""
    shipped, shipped_errors = read_folder(SHIPPED, "shipped/")
    own, errors = read_folder(folder)
    return (*shipped, *own), shipped_errors + errors


def _report(hass: HomeAssistant, errors: Iterable[QuirkFileError]) -> None:
    """Have a repair for the first error of each broken file, and none for others."""
    first: dict[str, QuirkFileError] = {}
    for error in errors:
        first.setdefault(f"{ISSUE_QUIRK_FILE}_{error.file}", error)
    for domain, issue in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue.startswith(f"{ISSUE_QUIRK_FILE}_") and issue not in first:
            ir.async_delete_issue(hass, DOMAIN, issue)
    for issue, error in first.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue,
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=ISSUE_QUIRK_FILE,
            translation_placeholders={
                "file": error.file,
                "line": str(error.line),
                "key": error.key,
                "reason": error.reason,
            },
        )
