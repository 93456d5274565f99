"""What a gateway's JSON says, the specification's slips included."""

import json
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuya_gateway import (
    CommandRejected,
    DeviceStatus,
    OnlineUpdated,
    RegistryUpdated,
    StateChanged,
    UnexpectedAnswer,
)
from custom_components.iot_gateway.clients.tuya_gateway.messages import (
    command_data,
    parse_descriptions,
    parse_device_ids,
    parse_event,
    parse_statuses,
    result_id,
    take_result,
)

from . import seed

ID = "000d6ffffe67e2ca"


def event(event_type: str, data: Any) -> dict[str, Any]:
    return {"id": 7, "type": "event", "event_type": event_type, "data": data}


def test_the_seeds_events() -> None:
    problems: list[str] = []
    assert parse_event(json.loads(seed.STATE_CHANGED), problems) == StateChanged(id=ID, values={"switch_1": True})
    assert parse_event(json.loads(seed.ONLINE_UPDATED), problems) == OnlineUpdated(id=ID, online=True, values={})
    assert parse_event(json.loads(seed.REGISTRY_UPDATED), problems) == RegistryUpdated(id=ID, state=1)
    assert not problems


@pytest.mark.parametrize(("given", "number"), [(7, 7), ("7", 7), (7.0, 7), (True, None), ("x", None), (None, None)])
def test_number_of_a_report(given: object, number: int | None) -> None:
    """It tells one report from another, and does not make two that say the same differ."""
    told = parse_event({**event("state_changed", {"devid": ID}), "id": given}, [])
    assert isinstance(told, StateChanged)
    assert told.number == number
    assert told == StateChanged(id=ID, values={})


def test_the_seeds_results() -> None:
    problems: list[str] = []
    result = take_result(json.loads(seed.GET_SCHEMA_RESULT), "get_schema")
    (description,) = parse_descriptions(result, problems)
    assert (description.id, description.category) == (ID, "kg")
    assert [entry["code"] for entry in description.function] == ["switch_1", "countdown_1"]
    assert description.status == description.function
    assert description.function[1]["values"] == '{"unit":"s","min":0,"max":43200,"scale":0,"step":1}'
    result = take_result(json.loads(seed.GET_STATUS_RESULT), "get_status")
    assert list(parse_statuses(result, problems)) == [DeviceStatus(id=ID, online=True, values={"switch_1": True})]
    assert take_result(json.loads(seed.SET_VALUE_RESULT), "set_value") is None
    assert not problems


def test_the_seeds_command() -> None:
    assert command_data({ID: {"switch_1": True}}) == json.loads(seed.SET_VALUE)["data"]


def test_the_seeds_list() -> None:
    """The sample lacks a quotation mark; with it, it is what it means to be."""
    result = json.loads(seed.GET_DEVICES_RESULT.replace('"type: ', '"type": '))["result"]
    assert parse_device_ids(result, []) == result
    assert len(result) == 5


@pytest.mark.parametrize(
    ("message", "expected", "count"),
    [
        (
            event("state_changed", {"device": ID, "value": [{"k": "a", "v": 1}]}),
            StateChanged(id=ID, values={"a": 1}),
            0,
        ),
        (event("state_changed", {"devid": 12, "value": []}), StateChanged(id="12", values={}), 0),
        (event("state_changed", {"devid": ID}), StateChanged(id=ID, values={}), 0),
        (event("state_changed", {"devid": ID, "value": None, "t": 5}), StateChanged(id=ID, values={}), 0),
        (event("state_changed", {"devid": ID, "value": {"a": 1}}), StateChanged(id=ID, values={}), 1),
        (
            event(
                "state_changed",
                {
                    "devid": ID,
                    "value": [
                        {"k": "object", "v": {"h": 1}},
                        {"k": "text", "v": '{"h":1}'},
                        {"k": "null", "v": None, "t": 1},
                        {"k": 5, "v": 2.5},
                        {"k": "no v"},
                        {"v": "no k"},
                        {"k": "", "v": 1},
                        {"k": True, "v": 1},
                        "nothing",
                        {"k": "object", "v": {"h": 2}},
                    ],
                },
            ),
            StateChanged(id=ID, values={"object": {"h": 2}, "text": '{"h":1}', "null": None, "5": 2.5}),
            5,
        ),
        (event("state_changed", {"value": [{"k": "a", "v": 1}]}), None, 1),
        (event("state_changed", {"devid": "", "value": []}), None, 1),
        (event("state_changed", {"devid": True}), None, 1),
        (event("state_changed", [ID]), None, 1),
        (
            event("online_updated", {"devid": ID, "state": False, "value": [{"k": "a", "v": 1}]}),
            OnlineUpdated(id=ID, online=False, values={"a": 1}),
            0,
        ),
        (event("online_updated", {"device": ID, "state": 1}), OnlineUpdated(id=ID, online=True, values={}), 0),
        (event("online_updated", {"device": ID, "state": 0}), OnlineUpdated(id=ID, online=False, values={}), 0),
        (event("online_updated", {"devid": ID, "state": "False "}), OnlineUpdated(id=ID, online=False, values={}), 0),
        (event("online_updated", {"devid": ID, "state": "true"}), OnlineUpdated(id=ID, online=True, values={}), 0),
        (event("online_updated", {"devid": ID, "state": "maybe"}), None, 1),
        (event("online_updated", {"devid": ID, "state": 2}), None, 1),
        (event("online_updated", {"devid": ID}), None, 1),
        (event("online_updated", {"state": True}), None, 1),
        (event("registry_updated", {"devid": ID, "state": 0}), RegistryUpdated(id=ID, state=0), 0),
        (event("registry_updated", {"state": True}), RegistryUpdated(id=None, state=1), 0),
        (event("registry_updated", {"devid": ID, "state": "1"}), RegistryUpdated(id=ID, state=None), 0),
        ({"type": "event", "event_type": "registry_updated"}, RegistryUpdated(id=None, state=None), 0),
        (event("something_new", {"devid": ID}), None, 0),
        (event(None, {"devid": ID}), None, 0),  # type: ignore[arg-type]
        ({"type": "event", "event_type": ["state_changed"]}, None, 0),
    ],
)
def test_events(message: dict[str, Any], expected: object, count: int) -> None:
    problems: list[str] = []
    assert parse_event(message, problems) == expected
    assert len(problems) == count


def test_device_ids() -> None:
    problems: list[str] = []
    found = parse_device_ids(
        ["a", 5, {"devid": "b", "name": "x"}, {"device": "c"}, "a", "", None, True, {}, 1.5], problems
    )
    assert found == ["a", "5", "b", "c"]
    assert len(problems) == 5
    assert parse_device_ids([], []) == []


@pytest.mark.parametrize("result", [None, {}, "a", 5, True, [None], [{}, ""]])
def test_a_list_of_devices_that_is_none(result: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        parse_device_ids(result, [])


@pytest.mark.parametrize("result", [None, {}, "a", 5])
def test_results_that_are_no_list(result: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="get_schema"):
        list(parse_descriptions(result, []))
    with pytest.raises(UnexpectedAnswer, match="get_status"):
        list(parse_statuses(result, []))


def test_schemas() -> None:
    problems: list[str] = []
    entries = [{"code": "a", "type": "Boolean"}, {"code": 5, "type": "Raw"}, {"code": ""}, {"type": "Enum"}, None]
    first, second, third = parse_descriptions(
        [
            {"devid": "1", "category": "kg", "functions": entries, "extra": 1},
            {"device": 2, "category": None, "function": None, "status": "{}"},
            {"devid": "3", "function": [], "functions": entries},
            {"category": "kg"},
            "4",
        ],
        problems,
    )
    assert first.function == ({"code": "a", "type": "Boolean"}, {"code": "5", "type": "Raw"})
    assert first.status == ()
    assert (second.id, second.category, second.function, second.status) == ("2", "", (), ())
    assert third.function == ()
    assert len(problems) == 3 + 1 + 2


def test_statuses() -> None:
    problems: list[str] = []
    found = list(
        parse_statuses(
            [
                {"devid": "1", "online": False, "value": [{"k": "a", "v": 1}]},
                {"device": "2", "online": 1},
                {"devid": "3", "value": []},
                {"devid": "4", "online": "what"},
                {"online": True},
            ],
            problems,
        )
    )
    assert found == [
        DeviceStatus(id="1", online=False, values={"a": 1}),
        DeviceStatus(id="2", online=True, values={}),
        DeviceStatus(id="3", online=True, values={}),
        DeviceStatus(id="4", online=True, values={}),
    ]
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"success": True, "result": [1]}, [1]),
        ({"success": True}, None),
        ({"success": 1, "result": 2}, 2),
        ({"success": "true", "result": 2}, 2),
        ({"result": 2}, 2),
    ],
)
def test_success(message: dict[str, Any], expected: Any) -> None:
    assert take_result(message, "get_devices") == expected


@pytest.mark.parametrize(
    ("message", "said", "code"),
    [
        ({"success": False}, "the gateway rejected set_value", None),
        ({"success": False, "error": {"code": 7, "msg": "no  such\ndevice"}}, "no such device (code 7)", 7),
        ({"success": False, "error": {"error_code": "E1", "message": "bad"}}, "bad (code E1)", "E1"),
        ({"success": False, "error": {"code": {}, "msg": 5}}, "the gateway rejected set_value", None),
        ({"success": False, "error": "busy"}, "busy", None),
        ({"success": False, "error": ["busy"]}, "the gateway rejected set_value", None),
        ({"success": 0, "error": None}, "the gateway rejected set_value", None),
        ({"error": {"msg": "x" * 1000}}, "x" * 200, None),
    ],
)
def test_rejections(message: dict[str, Any], said: str, code: object) -> None:
    with pytest.raises(CommandRejected) as caught:
        take_result(message, "set_value")
    assert str(caught.value) == said
    assert caught.value.code == code
    assert caught.value.error == message.get("error")


@pytest.mark.parametrize("message", [{}, {"success": None}, {"success": "perhaps"}, {"success": 2}])
def test_neither_success_nor_failure(message: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer):
        take_result(message, "set_value")


@pytest.mark.parametrize(
    ("given", "expected"),
    [(3, 3), (3.0, 3), ("3", 3), (3.5, None), (True, None), (None, None), ([3], None), ("x", None), ("9" * 30, None)],
)
def test_result_ids(given: Any, expected: int | None) -> None:
    assert result_id({"id": given}) == expected
