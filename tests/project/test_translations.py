"""What users read: translations/en.json, icons.json and services.yaml fit the code, with nothing missing and nothing left over."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
import re
from string import Formatter
from typing import Any

from homeassistant.const import Platform
from homeassistant.data_entry_flow import section
import pytest
import voluptuous as vol
import yaml

from custom_components.iot_gateway import tuya_cloud_errors
from custom_components.iot_gateway.clients.tencent_video import errors as tencent_errors
from custom_components.iot_gateway.clients.tuya_cloud import errors as cloud_errors
from custom_components.iot_gateway.clients.tuya_gateway import errors
from custom_components.iot_gateway.connections import tencent_video_errors, tencent_video_troubles, tuya_cloud_troubles
from custom_components.iot_gateway.connections.tuya_gateway import error_key
from custom_components.iot_gateway.const import TUYA_REGIONS

from .source import (
    INTEGRATION,
    PACKAGE,
    argument,
    called_name,
    calls,
    literals,
    module,
    python_files,
    read_json,
    text,
    tree,
)

ENGLISH = read_json(INTEGRATION / "translations" / "en.json")
CONFIG_FLOW = INTEGRATION / "config_flow.py"
# A connection's flows are a module or a package of that name.
CONFIG_FLOWS = [
    path for path in python_files(INTEGRATION) if path.relative_to(INTEGRATION).parts[0].startswith("config_flow")
]
REPAIRS = INTEGRATION / "repairs.py"

# What Home Assistant's own helpers of a flow abort with.
ABORTING_HELPERS = {
    "_abort_if_unique_id_configured": {"already_configured"},
    "_async_abort_entries_match": {"already_configured"},
    "async_set_unique_id": {"already_in_progress"},
    "async_update_reload_and_abort": {"reauth_successful", "reconfigure_successful"},
    "async_update_and_abort": {"reauth_successful", "reconfigure_successful"},
}

LITERALS = literals(INTEGRATION)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of everything that users read."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    else:
        assert isinstance(value, str), path
        yield path, value


def placeholders(message: str) -> set[str]:
    """Return the names in braces in a text."""
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def test_texts_are_texts() -> None:
    """No text is empty, has blanks around it, refers to another one, or has braces that don't match."""
    assert len(list(leaves(ENGLISH))) > 50
    for path, message in leaves(ENGLISH):
        assert message, path
        assert message == message.strip(), path
        assert "[%key:" not in message, path
        assert "  " not in message, path
        assert all(name.isidentifier() for name in placeholders(message)), path


# --- exceptions -------------------------------------------------------------------------------------------------------


def raised_with() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield place, translation key and placeholders (None: not known before it runs) of the errors that the code makes.

    An error is made with translation_key=, or by a class or function of errors.py that takes the key first and the placeholders by name.
    """
    own = {
        node.name for node in tree(INTEGRATION / "errors.py").body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    for path in python_files(INTEGRATION):
        for call in calls(path):
            place = f"{path.name}:{call.lineno}"
            if argument(call, "translation_domain") is not None:
                if (key := text(argument(call, "translation_key"), path)) is not None:
                    given = argument(call, "translation_placeholders")
                    names = (
                        {str(name.value) for name in given.keys if isinstance(name, ast.Constant)}
                        if isinstance(given, ast.Dict)
                        else None
                    )
                    yield place, key, set() if given is None else names
            elif called_name(call) in own and call.args and (key := text(call.args[0], path)) is not None:
                yield place, key, {keyword.arg for keyword in call.keywords if keyword.arg is not None}


def test_exceptions_are_translated() -> None:
    """Every error that is raised has its text, and that text asks for no placeholder that is not given."""
    found = list(raised_with())
    assert found
    for place, key, given in found:
        assert key in ENGLISH["exceptions"], f"{place} raises {key}, which has no text"
        if given is not None:
            assert placeholders(ENGLISH["exceptions"][key]["message"]) <= given, place


def test_no_exception_is_left_over() -> None:
    """Every text of an error belongs to an error that the code can raise."""
    assert {key for key in ENGLISH["exceptions"] if key not in LITERALS} == set()
    assert all(list(entry) == ["message"] for entry in ENGLISH["exceptions"].values())


def test_every_error_of_the_client_has_texts() -> None:
    """Whatever the gateway's client raises, the form and the log of the entry say it in words."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.GatewayError)]
    assert len(kinds) >= 8
    keys = {error_key(Exception.__new__(kind)) for kind in kinds}
    assert len(keys) >= 5
    assert keys <= set(ENGLISH["config"]["error"])
    assert keys <= set(ENGLISH["exceptions"])
    assert keys == set(ENGLISH["issues"]["device_key_refused"]["fix_flow"]["error"])


def test_every_error_of_the_cloud_has_texts() -> None:
    """The same of Tuya's cloud; what only the user can mend in its console is a repair as well."""
    kinds = {
        kind
        for kind in vars(cloud_errors).values()
        if isinstance(kind, type) and issubclass(kind, cloud_errors.CloudError)
    }
    assert len(kinds) >= 15
    keys = {tuya_cloud_errors.error_key(Exception.__new__(kind)) for kind in kinds}
    assert len(keys) >= 10
    assert keys <= set(ENGLISH["config"]["error"])
    assert keys <= set(ENGLISH["exceptions"])
    repairs = {*tuya_cloud_troubles._OF_DEVICES.values(), *tuya_cloud_troubles._OF_VIDEO.values()}
    for issue in (*repairs, tuya_cloud_troubles.NO_DEVICES):
        texts = ENGLISH["issues"][issue]
        assert placeholders(texts["title"]) == {"name"}, issue
        assert {"console"} <= placeholders(texts["description"]) <= {"name", "console", "error"}, issue
        assert "1. " in texts["description"], issue


def test_every_error_of_tencent_has_texts() -> None:
    """The same of Tencent's cloud, in both flows: the options talk to it, too."""
    kinds = {
        kind
        for kind in vars(tencent_errors).values()
        if isinstance(kind, type) and issubclass(kind, tencent_errors.TencentError)
    }
    assert len(kinds) >= 15
    keys = {tencent_video_errors.error_key(Exception.__new__(kind)) for kind in kinds}
    assert len(keys) >= 8
    assert keys <= set(ENGLISH["config"]["error"])
    assert keys <= set(ENGLISH["options"]["error"])
    assert keys <= set(ENGLISH["exceptions"])
    given = {
        tencent_video_troubles.AGENT_AWAY: {"url", "error"},
        tencent_video_troubles.CLOCK_WRONG: {"offset", "error"},
        tencent_video_troubles.PERMISSION_DENIED: {"actions", "policy"},
        tencent_video_troubles.PRODUCTS_GONE: {"products"},
        tencent_video_troubles.PUSH_REFUSED: set(),
        tencent_video_troubles.PUSH_SILENT: set(),
        tencent_video_troubles.REGION_INVALID: {"region", "error"},
        tencent_video_troubles.STORAGE_EXPIRED: {"devices"},
    }
    assert set(given) == tencent_video_troubles._ALL
    for issue, names in given.items():
        texts = ENGLISH["issues"][issue]
        assert placeholders(texts["title"]) <= {"name"}, issue
        assert names <= placeholders(texts["description"]) <= names | {"name", "console"}, issue
        assert "1. " in texts["description"], issue


# --- flows ------------------------------------------------------------------------------------------------------------


def flows() -> Iterator[tuple[Path, ast.ClassDef, str]]:
    """Yield file and class of each flow in the config_flow*, and the name of its part of the translations.

    The steps of one connection are in a class of their own, which the integration's config flow inherits.
    """
    for path in CONFIG_FLOWS:
        for node in tree(path).body:
            if not isinstance(node, ast.ClassDef):
                continue
            bases = " ".join(ast.unparse(base) for base in node.bases)
            if "OptionsFlow" in bases:
                yield path, node, "options"
            elif "ConfigFlow" in bases or "ConfigFlow" in node.name:
                yield path, node, "config"


def calls_in(node: ast.AST) -> list[ast.Call]:
    """Return the calls in a part of a file."""
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]


def schemas_in(node: ast.AST | None, path: Path) -> list[vol.Schema]:
    """Return the module's schemas that an expression in it names."""
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} if node is not None else set()
    found = (getattr(module(path), name, None) for name in sorted(names))
    return [value for value in found if isinstance(value, vol.Schema)]


def test_flows_are_there() -> None:
    """There is a config flow and an options flow of each connection for the tests below to look at.

    Those of subentries are looked at in `test_subentry_translations`.
    """
    places = {path: path.relative_to(INTEGRATION).parts[0] for path in CONFIG_FLOWS}
    found = [(places[path], part) for path, _, part in flows()]
    assert sorted(found) == [
        (place, part)
        for place in sorted(set(places.values()))
        if place != "config_flow_exposures"
        for part in ("config", "options")
    ]
    assert len(found) >= 8


def test_steps() -> None:
    """Every step that is shown has its texts, each field with its description; and no step has texts that is never shown."""
    steps: dict[str, set[str]] = {"config": set(), "options": set()}
    for path, flow, part in flows():
        translations = ENGLISH[part]
        shown = {}
        for call in calls_in(flow):
            if called_name(call) in {"async_show_form", "async_show_menu"}:
                step = text(argument(call, "step_id"), path)
                assert step is not None, f"{path.name}:{call.lineno} shows a step whose id is not to be read"
                shown[step] = call
        # a step's id is its method's name
        methods = {node.name for node in flow.body if isinstance(node, ast.AsyncFunctionDef)}
        assert {f"async_step_{step}" for step in shown} <= methods
        assert not steps[part] & set(shown), part
        steps[part] |= set(shown)

        for step, call in shown.items():
            texts = translations["step"][step]
            assert texts.get("title"), f"{part}.{step}"
            fields = {
                str(field.schema): selector
                for schema in schemas_in(argument(call, "data_schema"), path)
                for field, selector in schema.schema.items()
            }
            sections = {name: fields.pop(name) for name, one in list(fields.items()) if isinstance(one, section)}
            assert set(texts.get("data", {})) == set(fields), f"{part}.{step}"
            assert set(texts.get("data_description", {})) == set(fields), f"{part}.{step}"
            assert set(texts.get("sections", {})) == set(sections), f"{part}.{step}"
            for name, one in sections.items():
                within = {str(field.schema) for field in one.schema.schema}
                assert texts["sections"][name]["name"], f"{part}.{step}.{name}"
                assert set(texts["sections"][name]["data"]) == within, f"{part}.{step}.{name}"
                assert set(texts["sections"][name]["data_description"]) == within, f"{part}.{step}.{name}"
            menu = argument(call, "menu_options")
            options = {text(option, path) for option in menu.elts} if isinstance(menu, ast.List | ast.Tuple) else set()
            assert set(texts.get("menu_options", {})) == options, f"{part}.{step}"
            given = argument(call, "description_placeholders")
            names = (
                {str(name.value) for name in given.keys if isinstance(name, ast.Constant)}
                if isinstance(given, ast.Dict)
                else set()
            )
            for place, message in leaves({key: value for key, value in texts.items() if key != "menu_options"}):
                assert placeholders(message) <= names, f"{part}.{step}.{place}"
            if "error" in translations and argument(call, "errors") is not None and part == "config":
                asked = set().union(*(placeholders(message) for message in translations["error"].values()))
                assert asked <= names, f"{part}.{step}: the errors' placeholders"
    for part, names in steps.items():
        assert names == set(ENGLISH[part]["step"]), part


def test_errors_of_forms() -> None:
    """Every error that a form can show has its text, and every text is one of an error that it can show."""
    for path, flow, part in flows():
        texts = ENGLISH[part].get("error", {})
        assert {key for key in texts if key not in LITERALS} == set(), part
        for node in ast.walk(flow):
            # errors["field"] = "key"
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Subscript)
                and ast.unparse(node.targets[0].value) == "errors"
            ):
                if (key := text(node.value, path)) is not None:
                    assert key in texts, f"{path.name}:{node.lineno}"
            # {"base": "key"}
            elif isinstance(node, ast.Dict) and [text(name, path) for name in node.keys] == ["base"]:
                if (key := text(node.values[0], path)) is not None:
                    assert key in texts, f"{path.name}:{node.lineno}"


def test_aborts() -> None:
    """Every way in which a flow ends without an entry has its text, and no text is left over."""
    reasons: dict[str, set[str]] = {"config": set(), "options": set()}
    for path, flow, part in flows():
        for call in calls_in(flow):
            name = called_name(call)
            if name == "async_abort":
                reason = text(argument(call, "reason"), path)
                assert reason is not None, f"{path.name}:{call.lineno}"
                reasons[part].add(reason)
            elif name == "_abort_if_unique_id_mismatch":
                reasons[part].add(text(argument(call, "reason"), path) or "unique_id_mismatch")
            elif name == "async_set_unique_id" and isinstance(
                given := argument(call, "raise_on_progress"), ast.Constant
            ):
                if given.value:
                    reasons[part] |= ABORTING_HELPERS[name]
            else:
                reasons[part] |= ABORTING_HELPERS.get(name, set())
    for part, found in reasons.items():
        assert set(ENGLISH[part].get("abort", {})) == found, part


def fields_of(schema: vol.Schema) -> Iterator[Any]:
    """Yield what the fields of a form take, those within sections too."""
    for field in schema.schema.values():
        if isinstance(field, section):
            yield from fields_of(field.schema)
        else:
            yield field


def test_selectors() -> None:
    """Every choice that forms offer by a key has its text, and no text is left over."""
    translated = {
        key: set(selector["options"])
        for path in CONFIG_FLOWS
        for schema in vars(module(path)).values()
        if isinstance(schema, vol.Schema)
        for selector in (field.config for field in fields_of(schema) if hasattr(field, "config"))
        if (key := selector.get("translation_key")) is not None
    }
    assert translated["tuya_region"] == set(TUYA_REGIONS)
    services = (INTEGRATION / "services.yaml").read_text(encoding="utf-8")
    of_services = {
        select["translation_key"]: set(select["options"])
        for service in yaml.safe_load(services).values()
        for field in service["fields"].values()
        if "translation_key" in (select := (field["selector"].get("select") or {}))
    }
    assert len(of_services) >= 4
    for key in translated.keys() | of_services.keys():
        # A form and an action may share a choice, of which each offers what it can
        assert set(ENGLISH["selector"][key]["options"]) == translated.get(key, set()) | of_services.get(key, set()), key
    code = "".join(path.read_text(encoding="utf-8") for path in python_files(INTEGRATION))
    assert {
        key
        for key in ENGLISH["selector"]
        if key not in translated
        and key not in of_services
        and f".selector.{key}.options." not in code
        and not key.startswith("exposure")
    } == set()


def test_flow_title() -> None:
    """The title of a discovered gateway's flow asks for what the flow gives."""
    asked = placeholders(ENGLISH["config"]["flow_title"])
    given: set[str] = set()
    for node in ast.walk(tree(CONFIG_FLOW)):
        if (
            isinstance(node, ast.Assign)
            and "title_placeholders" in ast.unparse(node.targets[0])
            and isinstance(node.value, ast.Dict)
        ):
            given |= {str(name.value) for name in node.value.keys if isinstance(name, ast.Constant)}
    assert asked <= given


# --- repairs ----------------------------------------------------------------------------------------------------------


def test_issues() -> None:
    """Every repair has title and either a description or a flow whose steps exist; none is left over."""
    assert ENGLISH["issues"]
    for key, issue in ENGLISH["issues"].items():
        assert key in LITERALS, key
        assert issue["title"], key
        assert ("description" in issue) != ("fix_flow" in issue), key
    steps = {step for issue in ENGLISH["issues"].values() for step in issue.get("fix_flow", {}).get("step", {})}
    shown = {
        text(argument(call, "step_id"), REPAIRS)
        for call in calls(REPAIRS)
        if called_name(call) in {"async_show_form", "async_show_menu"}
    }
    assert steps == shown
    for path in python_files(INTEGRATION):
        for call in calls(path):
            if (
                called_name(call) == "async_create_issue"
                and (key := text(argument(call, "translation_key"), path)) is not None
            ):
                assert key in ENGLISH["issues"], f"{path.name}:{call.lineno}"


# --- service actions --------------------------------------------------------------------------------------------------


def registered_services() -> set[str]:
    """Return the names of the service actions that the code registers."""
    # The place of the name among the arguments, by file and function
    places = {
        "services.py": {"async_register": 1, "async_register_platform_entity_service": 2},
        "agent_services.py": {"register": 0},
    }
    names = {
        text(call.args[place], INTEGRATION / name)
        for name, by_function in places.items()
        for call in calls(INTEGRATION / name)
        if (place := by_function.get(called_name(call) or "")) is not None
    }
    assert None not in names
    return {name for name in names if name is not None}


def test_services() -> None:
    """Each service action is registered, described, translated and has an icon; and so are its fields."""
    described = yaml.safe_load((INTEGRATION / "services.yaml").read_text(encoding="utf-8"))
    names = registered_services()
    assert "set_data_point" in names
    assert set(described) == names
    assert set(ENGLISH["services"]) == names
    assert set(read_json(INTEGRATION / "icons.json")["services"]) == names
    for name, description in described.items():
        texts = ENGLISH["services"][name]
        assert texts["name"], name
        assert texts["description"], name
        assert set(texts["fields"]) == set(description["fields"]), name
        for field in texts["fields"].values():
            assert field["name"], name
            assert field["description"], name


# --- entities ---------------------------------------------------------------------------------------------------------


def tables() -> dict[str, list[Any]]:
    """Return the rows of every table of the mapping, by platform."""
    rows = import_module(f"{PACKAGE}.mapping.rows")
    found: dict[str, list[Any]] = {}
    for platform in Platform:
        if not (INTEGRATION / "mapping" / f"{platform}.py").exists():
            continue
        found[str(platform)] = [
            row
            for value in vars(import_module(f"{PACKAGE}.mapping.{platform}")).values()
            if isinstance(value, dict)
            for entry in value.values()
            if isinstance(entry, tuple)
            for row in entry
            if isinstance(row, rows.Row)
        ]
    return found


def test_tables_are_there() -> None:
    """There are rows for the tests below."""
    assert sum(len(rows) for rows in tables().values()) > 100


def test_entity_names() -> None:
    """Every name in the tables has its text with the placeholders that the row gives, and no text is left over."""
    used: set[tuple[str, str]] = set()
    for platform, rows in tables().items():
        for row in rows:
            if row.translation_key is None:
                continue
            used.add((platform, row.translation_key))
            entry = ENGLISH["entity"].get(platform, {}).get(row.translation_key)
            assert entry is not None, f"entity.{platform}.{row.translation_key} ({row.key}) has no text"
            assert placeholders(entry.get("name", "")) <= set(row.translation_placeholders or {}), (
                f"{platform}.{row.key}"
            )
    left_over = {
        f"{platform}.{key}"
        for platform, entries in ENGLISH["entity"].items()
        for key in entries
        # A recorder's channels have the names of a camera's entities, with the channel's before
        if (platform, key) not in used and key.removesuffix("_of_channel") not in LITERALS
    }
    assert left_over == set()


def test_device_names() -> None:
    """Every category that has a name has its text, also those of unknown categories; none is left over."""
    names = import_module(f"{PACKAGE}.model.device_names")
    categories = import_module(f"{PACKAGE}.model.categories").CATEGORY_KEYS
    assert len(categories) > 30
    keys = {names.device_translation_key(category) for category in [*categories, "no such category"]}
    keys |= {names.gang_translation_key(category) for category in [*categories, "no such category"]}
    assert keys <= set(ENGLISH["device"])
    assert {key for key in set(ENGLISH["device"]) - keys if key not in LITERALS} == set()


def test_icons() -> None:
    """Every icon belongs to something that has a name, and is one of Home Assistant's set by its look."""
    icons = read_json(INTEGRATION / "icons.json")
    assert set(icons) <= {"entity", "services"}
    for platform, entries in icons.get("entity", {}).items():
        for key in entries:
            assert key in ENGLISH["entity"].get(platform, {}), f"{platform}.{key}"
    for path, icon in leaves(icons):
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon), path


@pytest.mark.parametrize("name", ["_attr_icon", "icon"])
def test_no_icon_in_the_code(name: str) -> None:
    """Icons are in icons.json, where a user's theme and state can change them."""
    for path in python_files(INTEGRATION):
        for node in ast.walk(tree(path)):
            assert not (isinstance(node, ast.keyword) and node.arg == name and name == "icon"), path.name
            assert not (
                isinstance(node, ast.Attribute | ast.Name) and name == "_attr_icon" and ast.unparse(node).endswith(name)
            ), path.name
