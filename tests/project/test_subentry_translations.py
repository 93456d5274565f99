"""What users read in the flows of subentries fits the code, with nothing missing and nothing left over."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from custom_components.iot_gateway.clients.tuyalink import errors
from custom_components.iot_gateway.config_flow_exposures import SUBENTRY_FLOWS
from custom_components.iot_gateway.connections import tuyalink_errors, tuyalink_troubles

from .source import INTEGRATION, argument, called_name, calls, literals, python_files, read_json, text, tree
from .test_translations import ENGLISH, calls_in, leaves, placeholders, schemas_in

FLOWS = INTEGRATION / "config_flow_exposures"
EXPOSURES = INTEGRATION / "exposures"
CLASSES = {
    node.name: (path, node)
    for path in python_files(FLOWS)
    for node in tree(path).body
    if isinstance(node, ast.ClassDef)
}
KINDS = sorted(SUBENTRY_FLOWS)
# Home Assistant's own helpers say so
CORE_ABORTS = {"already_configured"}
# Between facets of one sort and functions of the other no tie is offered, and what is gone is not in the form
NEVER_IN_A_FORM = {"event_only", "property_only", "facet_gone", "code_gone", "parameter_unknown", "parameter_type"}


def flow_of(kind: str) -> list[tuple[Path, ast.ClassDef]]:
    """Return the class of a flow and those of ours that it inherits, each with its file."""
    return [CLASSES[one.__name__] for one in SUBENTRY_FLOWS[kind].__mro__ if one.__name__ in CLASSES]


def shown_in(kind: str) -> dict[str, tuple[Path, ast.Call]]:
    """Return the forms that a flow shows, with their files, by their steps; a class's own before those that it inherits."""
    shown: dict[str, tuple[Path, ast.Call]] = {}
    for path, node in reversed(flow_of(kind)):
        for call in calls_in(node):
            if called_name(call) == "async_show_form":
                step = text(argument(call, "step_id"), path)
                assert step is not None, f"{path.name}:{call.lineno}"
                shown[step] = path, call
    return shown


def given_to(call: ast.Call) -> set[str]:
    """Return the placeholders that a form or an abort is given."""
    given = argument(call, "description_placeholders")
    return (
        {str(name.value) for name in given.keys if isinstance(name, ast.Constant)}
        if isinstance(given, ast.Dict)
        else set()
    )


def remarks(name: str) -> Iterator[str]:
    """Yield the keys of all obstacles or notes that the code makes."""
    for path in python_files(EXPOSURES):
        for call in calls(path):
            if called_name(call) == name and (key := argument(call, "key")) is not None:
                if isinstance(key, ast.Constant):
                    yield str(key.value)
                elif isinstance(key, ast.Name) and (found := text(key, path)) is not None:
                    yield found


def test_kinds() -> None:
    """Each type of subentry has its texts, and no other has."""
    assert set(ENGLISH["config_subentries"]) == set(KINDS)
    for texts in ENGLISH["config_subentries"].values():
        assert texts["entry_type"]
        assert set(texts["initiate_flow"]) == {"user", "reconfigure"}


@pytest.mark.parametrize("kind", KINDS)
def test_steps(kind: str) -> None:
    """Every step that is shown has its texts, each field with its description, and asks for no placeholder that is not given."""
    texts = ENGLISH["config_subentries"][kind]
    shown = shown_in(kind)
    assert len(shown) >= 4
    assert set(shown) == set(texts["step"])
    methods = {
        inner.name for _, node in flow_of(kind) for inner in node.body if isinstance(inner, ast.AsyncFunctionDef)
    }
    assert {f"async_step_{step}" for step in shown} <= methods
    for step, (path, call) in shown.items():
        own = texts["step"][step]
        assert own["title"], step
        if step not in {"pairs", "choices"}:
            fields = {
                str(field.schema)
                for schema in schemas_in(argument(call, "data_schema"), path)
                for field in schema.schema
            }
            assert fields, step
            assert set(own["data"]) == fields, step
            assert set(own["data_description"]) == fields, step
        for place, message in leaves(own):
            assert placeholders(message) <= given_to(call), f"{kind}.{step}.{place}"


@pytest.mark.parametrize("kind", KINDS)
def test_errors(kind: str) -> None:
    """Every error that a flow sets has its text, which the forms that may show it give what it asks for."""
    texts = ENGLISH["config_subentries"][kind]["error"]
    known = literals(INTEGRATION)
    assert {key for key in texts if key not in known} == set()
    for path, node in flow_of(kind):
        for inner in ast.walk(node):
            if (
                isinstance(inner, ast.Assign)
                and isinstance(inner.targets[0], ast.Subscript)
                and ast.unparse(inner.targets[0].value) == "errors"
                and (key := text(inner.value, path)) is not None
            ):
                assert key in texts, f"{kind}: {key}"
    with_error = [given_to(call) for _, call in shown_in(kind).values() if "error" in given_to(call)]
    if any("error" in placeholders(message) for message in texts.values()):
        assert with_error


def test_aborts() -> None:
    """Every way in which a flow ends without a subentry has its text, and no text is left over."""
    for kind in KINDS:
        found = set(CORE_ABORTS)
        for path, node in flow_of(kind):
            for call in calls_in(node):
                if called_name(call) == "async_abort":
                    reason = text(argument(call, "reason"), path)
                    assert reason is not None, f"{path.name}:{call.lineno}"
                    found.add(reason)
                    message = ENGLISH["config_subentries"][kind]["abort"][reason]
                    assert placeholders(message) <= given_to(call), f"{kind}.{reason}"
                elif called_name(call) == "AbortFlow":
                    found |= {
                        str(inner.value)
                        for inner in ast.walk(call.args[0])
                        if isinstance(inner, ast.Constant)
                        if isinstance(inner.value, str)
                    }
        assert set(ENGLISH["config_subentries"][kind]["abort"]) == found, kind


def test_facets() -> None:
    """Everything that an entity may offer has a name, the same one in both forms that show it."""
    names = ENGLISH["config_subentries"]["entity"]["step"]["pairs"]["data"]
    assert names == ENGLISH["config_subentries"]["sub_device"]["step"]["pairs"]["data"]
    made = {
        str(key.value)
        for path in python_files(EXPOSURES / "domains")
        for call in calls(path)
        if called_name(call) == "Facet" and isinstance(key := argument(call, "key"), ast.Constant)
    }
    assert len(made) > 20
    assert made <= set(names)
    assert {key for key in names if key not in literals(EXPOSURES)} == set()


def test_remarks() -> None:
    """Every reason why two things don't go together, and everything to know where they do, has its text."""
    for name, selector, left_out in (
        ("Obstacle", "exposure_obstacle", NEVER_IN_A_FORM),
        ("Note", "exposure_note", set()),
    ):
        made = set(remarks(name)) - left_out
        texts = set(ENGLISH["selector"][selector]["options"])
        assert made, name
        assert made <= texts, name
        assert {key for key in texts if key not in literals(EXPOSURES)} == set(), name


def test_words() -> None:
    """Every word of the forms has its text, and none is left over."""
    said = {
        str(call.args[0].value)
        for path in python_files(FLOWS)
        for call in calls(path)
        if called_name(call) == "word" and isinstance(call.args[0], ast.Constant)
    }
    assert set(ENGLISH["selector"]["exposure"]["options"]) == said | {"not_exposed"}


def test_every_error_of_tuyalink_has_texts() -> None:
    """Whatever the client raises, the form, the log of the entry and the repair of a sub-device say it in words."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LinkError)]
    assert len(kinds) >= 9
    raised = [
        errors.CannotConnect("x", certificate_invalid=True),
        errors.BindRefused(0, "x", {}),
        errors.BindRefused(1002, "x", {}),
        errors.CloudRefused(1002, "x"),
        errors.CloudRefused(2002, "x"),
        *(kind("x") for kind in kinds if kind not in {errors.BindRefused, errors.CloudRefused}),
    ]
    keys = {tuyalink_errors.error_key(err) for err in raised}
    assert len(keys) >= 10
    assert keys <= set(ENGLISH["exceptions"])
    of_binding = {"tuyalink_not_bound", "tuyalink_bind_refused", "tuyalink_no_model"}
    assert keys - of_binding <= set(ENGLISH["config"]["error"])
    # Those of the first connection are not met once there is one
    of_connecting = {
        "tuyalink_unreachable",
        "tuyalink_certificate_invalid",
        "tuyalink_credentials_refused",
        "tuyalink_taken_over",
        "tuyalink_no_model",
    }
    assert keys - of_connecting <= set(ENGLISH["config_subentries"]["sub_device"]["error"])
    assert keys - of_connecting <= set(ENGLISH["issues"]["sub_device_unbound"]["fix_flow"]["error"])


def test_repairs() -> None:
    """Each repair of a TuyaLink entry is explained, with what the code gives it."""
    given = {
        tuyalink_troubles.CERTIFICATE_USED_TWICE: {"name"},
        tuyalink_troubles.ENTITY_GONE: {"name", "entry", "entity"},
        tuyalink_troubles.OUTDATED: {"name", "entry", "codes"},
        tuyalink_troubles.UNBOUND: {"name", "entry", "error"},
    }
    for key, names in given.items():
        for place, message in leaves(ENGLISH["issues"][key]):
            assert placeholders(message) <= names, f"{key}.{place}"


@pytest.mark.parametrize("path", sorted((INTEGRATION / "translations").glob("*.json")), ids=lambda path: path.stem)
def test_facets_can_be_told_apart(path: Path) -> None:
    """No two facets of a form have one name."""
    names = read_json(path)["config_subentries"]["entity"]["step"]["pairs"]["data"]
    assert len(set(names.values())) == len(names)
