"""Devices of the linked accounts: lists, gateways of sub-devices, specifications, states, commands."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.api import TuyaCloudApi
from custom_components.iot_gateway.clients.tuya_cloud.devices import (
    CloudDevice,
    Specification,
    get_specification,
    get_status,
    list_devices,
    send_commands,
)
from custom_components.iot_gateway.clients.tuya_cloud.errors import (
    CannotReachCloud,
    CloudError,
    DeviceOffline,
    NotSupported,
    QuotaExhausted,
    UnknownCloudError,
)

from .fake_cloud import FakeCloud, Raw, Refusal, Seen, in_turn, running

pytestmark = pytest.mark.usefixtures("socket_enabled")

LIST = "GET /v1.0/iot-01/associated-users/devices"
DETAILS = "GET /v1.0/iot-03/devices"
STATUS = "GET /v1.0/iot-03/devices/status"

ENTRY: dict[str, Any] = {
    "active_time": 1636597097,
    "biz_type": 18,
    "category": "cz",
    "create_time": 1636597097,
    "icon": "smart/icon.png",
    "id": "bf1",
    "ip": "198.51.100.7",
    "lat": "52.5",
    "local_key": "0123456789abcdef",
    "lon": "13.4",
    "model": "SP-1",
    "name": " Garage plug ",
    "online": True,
    "owner_id": "4367",
    "product_id": "prod1",
    "product_name": "Smart Plug",
    "status": [{"code": "switch_1", "value": True}, {"code": "cur_power", "value": 921}],
    "sub": False,
    "time_zone": "+01:00",
    "uid": "eu1",
    "update_time": 1638863657,
    "uuid": "tuyac11429d49505",
}


@pytest.fixture
async def both() -> AsyncIterator[tuple[FakeCloud, TuyaCloudApi]]:
    async with running() as pair:
        yield pair


@pytest.fixture
def cloud(both: tuple[FakeCloud, TuyaCloudApi]) -> FakeCloud:
    return both[0]


@pytest.fixture
def api(both: tuple[FakeCloud, TuyaCloudApi]) -> TuyaCloudApi:
    return both[1]


def page(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"devices": list(entries), "has_more": False, "last_row_key": "", "total": len(entries), **more}


def asked_for(cloud: FakeCloud, key: str) -> list[dict[str, str]]:
    return [seen.query for seen in cloud.requests if f"{seen.method} {seen.path}" == key]


# The list


async def test_list(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.replies[LIST] = page(ENTRY)
    assert await list_devices(api) == [
        CloudDevice(
            id="bf1",
            uid="eu1",
            category="cz",
            name="Garage plug",
            product_id="prod1",
            product_name="Smart Plug",
            model="SP-1",
            online=True,
            local_key="0123456789abcdef",
            ip="198.51.100.7",
            status={"switch_1": True, "cur_power": 921},
        )
    ]
    assert asked_for(cloud, LIST) == [{"size": "100"}]
    assert len(cloud.requests) == 2


async def test_secrets_of_a_device(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.replies[LIST] = page(ENTRY)
    (device,) = await list_devices(api)
    assert "0123456789abcdef" not in repr(device)
    assert "198.51.100.7" not in repr(device)


async def test_pages(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """The list is read to its end; a device that two pages have is one."""

    def reply(seen: Seen) -> Any:
        start = int(seen.query.get("last_row_key", "0").removeprefix("row "))
        entries = [{**ENTRY, "id": f"bf{number}"} for number in range(max(start - 1, 0), min(start + 100, 250))]
        return page(*entries, has_more=start + 100 < 250, last_row_key=f"row {start + 100}")

    cloud.replies[LIST] = reply
    devices = await list_devices(api)
    assert [device.id for device in devices] == [f"bf{number}" for number in range(250)]
    assert cloud.calls[LIST] == 3


@pytest.mark.parametrize("row_key", ["same", "", None])
async def test_list_without_end(cloud: FakeCloud, api: TuyaCloudApi, row_key: str | None) -> None:
    """More is promised, but no way there: what came is the list."""
    cloud.replies[LIST] = page(ENTRY, has_more=True, last_row_key=row_key)
    assert len(await list_devices(api)) == 1
    assert cloud.calls[LIST] <= 2


async def test_list_that_goes_on_and_on(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.replies[LIST] = lambda seen: page(ENTRY, has_more=True, last_row_key=f"{len(cloud.requests)}")
    assert len(await list_devices(api)) == 1
    assert cloud.calls[LIST] == 50


async def test_error_in_the_middle(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """A list of which a part is missing is none."""
    cloud.replies[LIST] = in_turn(page(ENTRY, has_more=True, last_row_key="row"), Raw(b"", 503))
    with pytest.raises(CannotReachCloud):
        await list_devices(api)


@pytest.mark.parametrize(
    "result",
    [None, [], {}, {"devices": None}, {"devices": [None, {}, {"id": 5}, {"id": ""}]}],
    ids=["null", "list", "empty", "null devices", "no devices"],
)
async def test_empty_list(cloud: FakeCloud, api: TuyaCloudApi, result: Any) -> None:
    cloud.replies[LIST] = result
    assert await list_devices(api) == []


async def test_sparse_entry(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """All but the id may be missing, or be something else than expected."""
    odd = {"id": "bf2", "name": None, "online": "yes", "sub": 1, "ip": 5, "status": [{"value": 1}, 7, {"code": "a"}]}
    cloud.replies[LIST] = page({"id": "bf1", "status": None}, odd)
    assert await list_devices(api) == [CloudDevice(id="bf1"), CloudDevice(id="bf2", status={"a": None})]


async def test_device_of_two_accounts(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """It is one device, and stays in the account that it was in, whatever the order of the list."""
    other = ENTRY | {"uid": "eu2"}
    third = ENTRY | {"uid": "eu3"}
    cloud.replies[LIST] = page(ENTRY, other, third)
    (device,) = await list_devices(api)
    assert device.uid == "eu1"
    cloud.replies[LIST] = page(other, third, ENTRY)
    for uid in ("eu1", "eu3"):
        (again,) = await list_devices(api, known={"bf1": CloudDevice(id="bf1", uid=uid)})
        assert again.uid == uid
    cloud.replies[LIST] = page(other, third)
    (moved,) = await list_devices(api, known={"bf1": device})
    assert moved.uid == "eu2"


async def test_list_without_states(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """They are read on their own then, twenty at a time."""
    entries = [{"id": f"bf{number}"} for number in range(25)] + [ENTRY | {"id": "full"}]
    cloud.replies[LIST] = page(*entries)
    cloud.replies[STATUS] = lambda seen: [
        {"id": device_id, "status": [{"code": "a", "value": device_id}]}
        for device_id in [*seen.query["device_ids"].split(","), "stranger"]
    ]
    devices = {device.id: device for device in await list_devices(api)}
    assert len(devices) == 26
    assert devices["bf24"].status == {"a": "bf24"}
    assert devices["full"].status == {"switch_1": True, "cur_power": 921}
    assert cloud.calls[STATUS] == 2


# Gateways of sub-devices


async def test_gateways(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """Sub-devices are asked for, twenty at a time, once."""
    subs = [ENTRY | {"id": f"sub{number}", "sub": True} for number in range(21)]
    cloud.replies[LIST] = page(ENTRY, *subs)
    cloud.replies[DETAILS] = lambda seen: {
        "list": [
            {"id": device_id, "gateway_id": "bfgate", "node_id": f"node {device_id}"}
            for device_id in seen.query["device_ids"].split(",")
        ]
    }
    devices = {device.id: device for device in await list_devices(api)}
    assert (devices["sub20"].gateway_id, devices["sub20"].node_id) == ("bfgate", "node sub20")
    assert devices["bf1"].gateway_id == ""
    assert [len(query["device_ids"].split(",")) for query in asked_for(cloud, DETAILS)] == [20, 1]
    again = {device.id: device for device in await list_devices(api, known=devices)}
    assert again == devices
    assert cloud.calls[DETAILS] == 2


async def test_gateway_in_the_list(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """What the list says itself is not asked for."""
    cloud.replies[LIST] = page(ENTRY | {"sub": True, "gateway_id": "bfgate", "node_id": "n"})
    (device,) = await list_devices(api)
    assert (device.gateway_id, device.node_id) == ("bfgate", "n")


@pytest.mark.parametrize("code", [1106, 1108, 28841105, 2009])
async def test_no_details(cloud: FakeCloud, api: TuyaCloudApi, code: int) -> None:
    """A project that may not ask for them has its devices all the same, and does not ask again and again."""
    cloud.replies |= {LIST: page(ENTRY | {"sub": True}), DETAILS: Refusal(code)}
    devices = {device.id: device for device in await list_devices(api)}
    assert devices["bf1"].gateway_id == ""
    await list_devices(api, known=devices)
    assert cloud.calls[DETAILS] == 1


@pytest.mark.parametrize("result", [None, {"list": None}, {"list": [{"id": "stranger"}, 5]}, [{"id": "bf1"}]])
async def test_odd_details(cloud: FakeCloud, api: TuyaCloudApi, result: Any) -> None:
    cloud.replies |= {LIST: page(ENTRY | {"sub": True}), DETAILS: result}
    (device,) = await list_devices(api)
    assert device.gateway_id == ""


async def test_details_when_the_quota_is_used_up(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """Trouble that all calls have is told."""
    cloud.replies |= {LIST: page(ENTRY | {"sub": True}), DETAILS: Refusal(28841004)}
    with pytest.raises(QuotaExhausted):
        await list_devices(api)


# Specifications

FIRST = "GET /v1.0/devices/bf1/specifications"
SECOND = "GET /v1.2/iot-03/devices/bf1/specification"
FUNCTION = {"code": "switch_1", "type": "Boolean", "values": "{}", "name": "Switch"}
SPECIFICATION = {"category": "cz", "functions": [FUNCTION], "status": [FUNCTION, {"code": "x", "type": "Raw"}]}


@pytest.mark.parametrize("refusal", [None, 1108, 1106, 2008, 28841105, 2009])
async def test_specification(cloud: FakeCloud, api: TuyaCloudApi, refusal: int | None) -> None:
    """It comes from the one path or the other."""
    cloud.replies[FIRST if refusal is None else SECOND] = SPECIFICATION
    if refusal is not None:
        cloud.replies[FIRST] = Refusal(refusal)
    assert await get_specification(api, "bf1") == Specification(
        category="cz", functions=(FUNCTION,), status=(FUNCTION, {"code": "x", "type": "Raw"})
    )


@pytest.mark.parametrize("result", [None, [], {}, {"functions": None, "status": [5]}])
async def test_empty_specification(cloud: FakeCloud, api: TuyaCloudApi, result: Any) -> None:
    cloud.replies[FIRST] = result
    assert await get_specification(api, "bf1") == Specification()


async def test_no_specification(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.replies |= {FIRST: Refusal(2009), SECOND: Refusal(2009)}
    assert await get_specification(api, "bf1") == Specification()


@pytest.mark.parametrize("path", [FIRST, SECOND])
async def test_trouble_is_no_specification(cloud: FakeCloud, api: TuyaCloudApi, path: str) -> None:
    """What may be otherwise later is told, not taken for a device without any."""
    cloud.replies |= {FIRST: Refusal(1108), SECOND: Refusal(1108)} | {path: Refusal(28841004)}
    with pytest.raises(QuotaExhausted):
        await get_specification(api, "bf1")


# States


async def test_status(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.replies[STATUS] = lambda seen: [
        {"id": device_id, "status": [{"code": "a", "value": {"h": 1}}]}
        for device_id in seen.query["device_ids"].split(",")
    ]
    ids = [f"bf{number}" for number in range(41)]
    assert await get_status(api, ids) == {device_id: {"a": {"h": 1}} for device_id in ids}
    assert [len(query["device_ids"].split(",")) for query in asked_for(cloud, STATUS)] == [20, 20, 1]
    assert await get_status(api, []) == {}
    assert cloud.calls[STATUS] == 3


@pytest.mark.parametrize("code", [1106, 1108, 28841105])
async def test_status_one_by_one(cloud: FakeCloud, api: TuyaCloudApi, code: int) -> None:
    """One device that the project may not see does not hide the others."""
    cloud.replies |= {
        STATUS: Refusal(code),
        "GET /v1.0/devices/bf1/status": [{"code": "a", "value": 1}],
        "GET /v1.0/devices/bf2/status": Refusal(1106),
    }
    assert await get_status(api, ["bf1", "bf2"]) == {"bf1": {"a": 1}}


async def test_status_in_trouble(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.replies[STATUS] = Refusal(28841004)
    with pytest.raises(QuotaExhausted):
        await get_status(api, ["bf1"])
    assert STATUS in cloud.calls
    assert len(cloud.calls) == 2


# Commands

COMMANDS = "POST /v1.0/devices/bf1/commands"
OTHER_COMMANDS = "POST /v1.0/iot-03/devices/bf1/commands"


async def test_commands(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    cloud.replies[COMMANDS] = True
    await send_commands(api, "bf1", {"switch_1": True, "colour_data": '{"h":1}'})
    assert cloud.requests[-1].json == {
        "commands": [{"code": "switch_1", "value": True}, {"code": "colour_data", "value": '{"h":1}'}]
    }


async def test_commands_by_another_path(cloud: FakeCloud, api: TuyaCloudApi) -> None:
    """Only where the first is none: what a device refuses is not sent again."""
    cloud.replies |= {COMMANDS: Refusal(1108), OTHER_COMMANDS: True}
    await send_commands(api, "bf1", {"switch_1": True})
    assert cloud.calls[OTHER_COMMANDS] == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Refusal(2008), NotSupported),
        (Refusal(2001), DeviceOffline),
        (Refusal(1109), CloudError),
        (Raw(b"", 503), CannotReachCloud),
        (False, UnknownCloudError),
    ],
    ids=str,
)
async def test_commands_refused(cloud: FakeCloud, api: TuyaCloudApi, reply: Any, kind: type[CloudError]) -> None:
    cloud.replies[COMMANDS] = reply
    with pytest.raises(kind):
        await send_commands(api, "bf1", {"switch_1": True})
    assert cloud.calls[COMMANDS] == 1
    assert OTHER_COMMANDS not in cloud.calls
