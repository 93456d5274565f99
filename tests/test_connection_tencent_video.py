"""The connection `tencent_video` against a simulated cloud: devices, states, commands, actions, trouble and the budget."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from itertools import pairwise
import json
import logging
import time
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.clients.tencent_video import (
    ControlResult,
    Product as ListedProduct,
    control_device_data,
)
from custom_components.iot_gateway.connections.tencent_video_probe import product_choices
from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.diagnostics import async_get_config_entry_diagnostics
from simulators.tencent_cloud import (
    NEVER_ACTIVATED,
    OFFLINE,
    UNKNOWN,
    CloudStorage,
    Device,
    Policy,
    TencentCloudSimulator,
)
from simulators.tencent_cloud.thing_model import boolean, model, property_
from tests.tencent_video_helpers import (
    CAMERA,
    CAMERA_PRODUCT,
    PRODUCT,
    SMALL,
    THING,
    camera_product,
    connection_of,
    entity_of,
    loaded,
    registered,
    state_of,
    tencent_entry,
    thing,
    thing_product,
    turn,
    until,
)

DAY = 86400


@pytest.fixture(autouse=True)
def small() -> Generator[None]:
    """Set up only the platforms that these tests look at."""
    with patch("custom_components.iot_gateway.PLATFORMS", SMALL):
        yield


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[TencentCloudSimulator]:
    """A cloud with a thing."""
    async with TencentCloudSimulator([thing_product()], [thing()]) as simulator:
        yield simulator


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: TencentCloudSimulator) -> MockConfigEntry:
    """Its entry, loaded."""
    return await loaded(hass, tencent_entry(cloud))


def issue(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Return a repair of an entry."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


def calls(cloud: TencentCloudSimulator, action: str) -> list[dict[str, Any]]:
    """Return the parameters of all calls of an action."""
    return [dict(request.params) for request in cloud.requests if request.action == action]


def sent(cloud: TencentCloudSimulator) -> list[Any]:
    """Return what devices were told, in order."""
    return [json.loads(params["Data"]) for params in calls(cloud, "ControlDeviceData")]


async def call(hass: HomeAssistant, domain: str, service: str, entity_id: str, **data: Any) -> None:
    """Call a service action of an entity."""
    await hass.services.async_call(domain, service, {"entity_id": entity_id, **data}, blocking=True)


async def set_data_point(hass: HomeAssistant, entry: MockConfigEntry, code: str, value: object) -> None:
    """Set a data point of the thing."""
    device = registered(hass, entry, THING)
    assert device is not None
    await hass.services.async_call(
        DOMAIN, "set_data_point", {"device": device.id, "code": code, "value": value}, blocking=True
    )


async def call_action(hass: HomeAssistant, entry: MockConfigEntry, action: str, **inputs: Any) -> Any:
    """Call an action of the thing and return its response."""
    device = registered(hass, entry, THING)
    assert device is not None
    return await hass.services.async_call(
        DOMAIN,
        "call_action",
        {"device": device.id, "action": action, "inputs": inputs},
        blocking=True,
        return_response=True,
    )


# Devices and states


async def test_set_up(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """Nothing is read twice."""
    assert dict(cloud.calls) == {
        "DescribeProducts": 1,
        "DescribeModelDefinition": 1,
        "DescribeDevices": 1,
        "DescribeDeviceData": 1,
    }
    due = connection_of(entry)._readings.next
    assert due is not None
    assert due > time.time() + 60


async def test_states(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Every type of property is shown by the entity that its type asks for."""
    assert state_of(hass, "switch", "power") == "off"
    assert state_of(hass, "number", "level") == "50"
    assert state_of(hass, "number", "heat") == "20.5"
    assert state_of(hass, "select", "mode") == "slow"
    assert state_of(hass, "select", "plan") == "Saving"
    assert state_of(hass, "text", "label") == "Home"
    assert state_of(hass, "sensor", "seen") == "2025-10-09T08:53:20+00:00"
    assert state_of(hass, "binary_sensor", "wet") == "off"
    assert state_of(hass, "sensor", "state") == "idle"
    assert state_of(hass, "number", "place.x") == "1"
    assert state_of(hass, "number", "place.y") == "2"
    assert state_of(hass, "event", "event:alarm") == "unknown"
    assert state_of(hass, "button", "action:reset") == "unknown"
    level = hass.states.get(entity_of(hass, "number", THING, "level"))
    assert level is not None
    assert (level.attributes["min"], level.attributes["max"], level.attributes["step"]) == (0, 100, 5)
    assert level.attributes["unit_of_measurement"] == "%"


async def test_names_and_device(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Entities bear the model's names; the device that of its product and its own, behind the account."""
    state = hass.states.get(entity_of(hass, "number", THING, "place.x"))
    assert state is not None
    assert state.name == "Thing thing_1 Place X"
    device = registered(hass, entry, THING)
    root = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    assert device is not None
    assert root is not None
    assert (device.manufacturer, device.model, device.model_id) == ("Tencent", "Thing", PRODUCT)
    assert device.via_device_id == root.id
    assert root.entry_type is dr.DeviceEntryType.SERVICE


async def test_lists_are_disabled(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A list is there for who wants to see everything, and among the diagnostics."""
    found = er.async_get(hass).async_get(entity_of(hass, "sensor", THING, "zones"))
    assert found is not None
    assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entry.runtime_data.devices[THING].state["zones"] == [1, 2]


async def test_system_properties_are_hidden(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The platform's own properties have no entities and no values: among them are secrets."""
    device = entry.runtime_data.devices[THING]
    assert "_sys_userid" in device.schema.points
    assert not [code for code in device.state if code.startswith("_sys_")]
    assert not [one for one in er.async_get(hass).entities.values() if "_sys_" in one.unique_id]


async def test_no_secrets_get_out(hass: HomeAssistant, socket_enabled: None, caplog: pytest.LogCaptureFixture) -> None:
    """Diagnostics and logs have neither keys nor tokens nor how a device is reached, nor what callers are called."""
    caplog.set_level(logging.DEBUG)
    camera = Device(product_id=CAMERA_PRODUCT, name="camera_1", p2p=True)
    async with TencentCloudSimulator([thing_product(), camera_product()], [thing(), camera]) as cloud:
        entry = await loaded(hass, tencent_entry(cloud, push=True, agent_url="http://127.0.0.1:9"))
        await turn(hass, entry)
        text = json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
    for secret in (cloud.secret_key, camera.psk, camera.p2p_info, "token-of-the-test"):
        assert secret not in caplog.text
    for secret in (
        cloud.secret_id,
        cloud.secret_key,
        camera.psk,
        camera.p2p_info,
        "somebody",
        "token-of-the-test",
        "webhook-of-the-test",
        entry.data["webhook_id"],
        "127.0.0.1:9",
    ):
        assert secret not in text
    assert '"region": "ap-guangzhou"' in text
    assert '"reset"' in text


async def test_read_again(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """What devices report is read after a while."""
    cloud.account.report(THING, {"level": 75, "place": {"x": 3, "y": 4}})
    await turn(hass, entry)
    assert state_of(hass, "number", "level") == "75"
    assert state_of(hass, "number", "place.x") == "3"


async def test_unknown_property(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """What the model lacks is shown too, to who wants to see everything."""
    cloud.account.device(THING).data["extra"] = (7, 1_760_000_000_000)
    await turn(hass, entry)
    found = er.async_get(hass).async_get(entity_of(hass, "sensor", THING, "extra"))
    assert found is not None
    assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION


async def test_availability(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """A device that goes is unavailable by the next list; one that comes back is read at once."""
    cloud.account.set_online(THING, online=False)
    await turn(hass, entry)
    assert state_of(hass, "number", "level") == "unavailable"
    assert state_of(hass, "button", "action:reset") == "unavailable"
    # It is not read as long as it is away
    before = cloud.calls["DescribeDeviceData"]
    connection = connection_of(entry)
    assert connection._readings.next is not None
    assert connection._readings.next > time.time() + DAY - 60
    cloud.account.set_online(THING, online=True)
    cloud.account.report(THING, {"level": 10})
    await turn(hass, entry, read=False)
    assert cloud.calls["DescribeDeviceData"] == before + 1
    assert state_of(hass, "number", "level") == "10"


@pytest.mark.parametrize(("online", "available"), [(UNKNOWN, True), (OFFLINE, False), (NEVER_ACTIVATED, False)])
async def test_online(hass: HomeAssistant, cloud: TencentCloudSimulator, online: int, available: bool) -> None:
    """A device of which the cloud does not know whether it is there may be; one never activated is not read."""
    cloud.account.device(THING).online = online
    await loaded(hass, tencent_entry(cloud))
    assert (state_of(hass, "number", "level") != "unavailable") is available
    assert cloud.calls["DescribeDeviceData"] == (0 if online == NEVER_ACTIVATED else 1)


async def test_disabled_device(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """A device that is switched off in the console is not there."""
    cloud.account.device(THING).enabled = False
    await loaded(hass, tencent_entry(cloud))
    assert state_of(hass, "number", "level") == "unavailable"


async def test_devices_come_and_go(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """A new device is brought by the next list; one that two lists lack is removed."""
    cloud.account.add(thing("thing_2"))
    await turn(hass, entry)
    assert state_of(hass, "number", "level", f"{PRODUCT}/thing_2") == "50"
    cloud.account.remove(THING)
    await turn(hass, entry)
    assert state_of(hass, "number", "level") == "unavailable"
    await turn(hass, entry)
    assert registered(hass, entry, THING) is None
    assert registered(hass, entry, f"{PRODUCT}/thing_2") is not None


async def test_empty_list_removes_nothing(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """An account that has lost all of its devices has a trouble, not new habits."""
    cloud.account.remove(THING)
    for _ in range(3):
        await turn(hass, entry)
    assert registered(hass, entry, THING) is not None
    assert state_of(hass, "number", "level") == "unavailable"


async def test_empty_account_at_start_removes_nothing(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """Nor does an account that is found empty when Home Assistant starts."""
    cloud.account.remove(THING)
    await hass.config_entries.async_reload(entry.entry_id)
    for _ in range(3):
        await turn(hass, entry)
    assert registered(hass, entry, THING) is not None


async def test_product_that_goes_takes_no_devices(hass: HomeAssistant, socket_enabled: None) -> None:
    """Of a product that is not listed any more the user is told; its devices leave once it is not chosen any more."""
    camera = Device(product_id=CAMERA_PRODUCT, name="camera_1")
    async with TencentCloudSimulator([thing_product(), camera_product()], [thing(), camera]) as cloud:
        entry = await loaded(hass, tencent_entry(cloud))
        product = cloud.account.products.pop(CAMERA_PRODUCT)
        cloud.account.remove(CAMERA)
        await hass.config_entries.async_reload(entry.entry_id)
        for _ in range(3):
            await turn(hass, entry)
        assert issue(hass, entry, "tencent_products_gone") is not None
        assert registered(hass, entry, CAMERA) is not None
        assert registered(hass, entry, THING) is not None

        # It is looked for again, and its device with it
        cloud.account.products[CAMERA_PRODUCT] = product
        connection_of(entry)._catalogue._read_at = time.time() - 3601
        await turn(hass, entry)
        assert issue(hass, entry, "tencent_products_gone") is None
        await turn(hass, entry)
        assert registered(hass, entry, CAMERA) is None


async def test_other_products_are_left_out(hass: HomeAssistant, socket_enabled: None) -> None:
    """Only what the user has chosen is there."""
    products = [thing_product(), thing_product("THG0TEST99")]
    async with TencentCloudSimulator(products, [thing(), Device(product_id="THG0TEST99", name="other")]) as cloud:
        entry = await loaded(hass, tencent_entry(cloud, product_ids=[PRODUCT]))
        assert set(entry.runtime_data.devices) == {THING}


async def test_many_pages(hass: HomeAssistant, socket_enabled: None) -> None:
    """All devices of a product with several pages of them are there, each read once."""
    devices = [thing(f"thing_{number}") for number in range(25)]
    async with TencentCloudSimulator([thing_product()], devices) as cloud:
        cloud.faults.page_size = 10
        entry = await loaded(hass, tencent_entry(cloud))
        assert len(entry.runtime_data.devices) == 25
        assert cloud.calls["DescribeDeviceData"] == 25
        # All of them share what is derived from their model
        assert len({id(device.schema) for device in entry.runtime_data.devices.values()}) == 1
        connection = connection_of(entry)
        due = sorted(connection._readings._due.values())
        # One after the other, and not all at once
        assert due[-1] - due[0] > 200
        assert max(later - earlier for earlier, later in pairwise(due)) < 30


async def test_changed_model(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """A model that has changed has the entry loaded again, so that entities come and go."""
    product = cloud.account.products[PRODUCT]
    product.model = model(PRODUCT, 0, property_("fresh", "Fresh", boolean(), "rw"))
    connection_of(entry)._catalogue._read_at = 0.0
    first = entry.runtime_data
    with patch("homeassistant.config_entries.ConfigEntries.async_schedule_reload") as reload:
        await turn(hass, entry)
    reload.assert_called_once_with(entry.entry_id)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data is not first
    assert state_of(hass, "switch", "fresh") == "unknown"


async def test_unload_and_remove(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """Nothing is read any more, and nothing is left."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert await hass.config_entries.async_setup(entry.entry_id)
    # The count goes on
    await hass.async_block_till_done()
    count = connection_of(entry).usage.calls.today
    assert count == sum(cloud.calls.values())
    await hass.config_entries.async_remove(entry.entry_id)
    assert not er.async_get(hass).entities
    assert not dr.async_get(hass).devices


async def test_product_choices() -> None:
    """A form calls products by their names, and by their ids too where that is not enough."""
    products = [
        ListedProduct(id="A", name="Camera"),
        ListedProduct(id="B", name="Bell"),
        ListedProduct(id="C", name="Bell"),
    ]
    choices = product_choices([*products, ListedProduct(id="D")])
    assert choices == {"A": "Camera", "B": "Bell (B)", "C": "Bell (C)", "D": "D"}


# Commands


async def test_set(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """What is set goes out in the form that the model has, and is the state at once."""
    await call(hass, "switch", "turn_on", entity_of(hass, "switch", THING, "power"))
    await call(hass, "number", "set_value", entity_of(hass, "number", THING, "level"), value=60)
    await call(hass, "number", "set_value", entity_of(hass, "number", THING, "heat"), value=21.5)
    await call(hass, "select", "select_option", entity_of(hass, "select", THING, "mode"), option="fast")
    await call(hass, "select", "select_option", entity_of(hass, "select", THING, "plan"), option="Comfort")
    await call(hass, "text", "set_value", entity_of(hass, "text", THING, "label"), value="Attic")
    assert sent(cloud) == [
        {"power": 1},
        {"level": 60},
        {"heat": 21.5},
        {"mode": 2},
        {"plan": "max"},
        {"label": "Attic"},
    ]
    # True is not 1 to everybody
    assert type(sent(cloud)[0]["power"]) is int
    assert state_of(hass, "switch", "power") == "on"
    assert state_of(hass, "select", "mode") == "fast"
    assert state_of(hass, "select", "plan") == "Comfort"


async def test_state_is_read_back(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """Soon after a command the device is read: it may have done something else."""
    with patch("custom_components.iot_gateway.connections.tencent_video._RESULT_AFTER", 0.0):
        before = cloud.calls["DescribeDeviceData"]
        await call(hass, "number", "set_value", entity_of(hass, "number", THING, "level"), value=60)
        await until(lambda: cloud.calls["DescribeDeviceData"] > before)


async def test_member_of_struct(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """A member goes out with the others, as they are."""
    x, y = (entity_of(hass, "number", THING, f"place.{member}") for member in "xy")
    await call(hass, "number", "set_value", x, value=5)
    await call(hass, "number", "set_value", y, value=6)
    assert sent(cloud) == [{"place": {"x": 5, "y": 2}}, {"place": {"x": 5, "y": 6}}]
    assert entry.runtime_data.devices[THING].state["place"] == {"x": 5, "y": 6}


async def test_members_of_struct_at_once(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """A member that is set while another one is under way does not undo it."""
    x, y = (entity_of(hass, "number", THING, f"place.{member}") for member in "xy")
    may_go = asyncio.Event()

    async def slow(*args: Any, **more: Any) -> ControlResult:
        await may_go.wait()
        return await control_device_data(*args, **more)

    with patch("custom_components.iot_gateway.connections.tencent_video_commands.control_device_data", slow):
        first = hass.async_create_task(call(hass, "number", "set_value", x, value=5))
        await asyncio.sleep(0.05)
        second = hass.async_create_task(call(hass, "number", "set_value", y, value=6))
        await asyncio.sleep(0.05)
        may_go.set()
        await asyncio.gather(first, second)
    assert sent(cloud) == [{"place": {"x": 5, "y": 2}}, {"place": {"x": 5, "y": 6}}]
    assert entry.runtime_data.devices[THING].state["place"] == {"x": 5, "y": 6}


async def test_order_of_commands(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """What a device is told last arrives last, also where the call before takes longer."""
    waits = [0.2, 0.0]

    async def uneven(*args: Any, **more: Any) -> ControlResult:
        await asyncio.sleep(waits.pop(0))
        return await control_device_data(*args, **more)

    power = entity_of(hass, "switch", THING, "power")
    with patch("custom_components.iot_gateway.connections.tencent_video_commands.control_device_data", uneven):
        first = hass.async_create_task(call(hass, "switch", "turn_on", power))
        await asyncio.sleep(0.05)
        await asyncio.gather(first, call(hass, "switch", "turn_off", power))
    assert sent(cloud) == [{"power": 1}, {"power": 0}]
    assert state_of(hass, "switch", "power") == "off"


async def test_whole_struct(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """An object sets the members that it has; one of the model's that nobody knows is none."""
    await set_data_point(hass, entry, "place", {"y": 9})
    await set_data_point(hass, entry, "place", '{"x": 0, "y": 1}')
    assert sent(cloud) == [{"place": {"x": 1, "y": 9}}, {"place": {"x": 0, "y": 1}}]
    assert state_of(hass, "number", "place.y") == "1"
    for wrong in ({"z": 1}, {"x": 99}, "[1]", "words", 3):
        with pytest.raises(ServiceValidationError):
            await set_data_point(hass, entry, "place", wrong)
    assert len(sent(cloud)) == 2


@pytest.mark.parametrize(
    ("code", "value"),
    [("level", 101), ("mode", "faster"), ("label", "x" * 17), ("heat", "warm"), ("wet", 1), ("seen", 5)],
)
async def test_not_allowed(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, code: str, value: object
) -> None:
    """What the model does not allow is not sent."""
    with pytest.raises(ServiceValidationError):
        await set_data_point(hass, entry, code, value)
    assert sent(cloud) == []


async def test_raw_choice(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """A choice may be given as it travels, too."""
    await set_data_point(hass, entry, "mode", 2)
    await set_data_point(hass, entry, "plan", "max")
    assert sent(cloud) == [{"mode": 2}, {"plan": "max"}]


async def test_not_delivered(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """A command that the device did not get is an error, and nothing is shown that is not so."""
    cloud.account.device(THING).subscribed = False
    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, "switch", "turn_on", entity_of(hass, "switch", THING, "power"))
    assert raised.value.translation_key == "command_not_delivered"
    assert state_of(hass, "switch", "power") == "off"


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("InvalidParameterValue", "command_refused"),
        ("ResourceNotFound", "command_refused"),
        ("InternalError", "tencent_failed"),
        ("AuthFailure.SignatureFailure", "tencent_credentials_refused"),
        ("UnauthorizedOperation", "tencent_permission_denied"),
        ("FailedOperation.Whatever", "command_refused"),
    ],
)
async def test_refused(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, code: str, key: str
) -> None:
    """Why a command was refused is said."""
    cloud.faults.fail("ControlDeviceData", code)
    with pytest.raises(HomeAssistantError) as raised:
        await call(hass, "switch", "turn_on", entity_of(hass, "switch", THING, "power"))
    assert raised.value.translation_key == key


async def test_several_devices(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """Of a command to several devices those get it that can."""
    cloud.account.add(thing("thing_2"))
    entry = await loaded(hass, tencent_entry(cloud))
    cloud.faults.fail("ControlDeviceData", "InvalidParameterValue", device=THING)
    switches = [entity_of(hass, "switch", f"{PRODUCT}/{name}", "power") for name in ("thing_1", "thing_2")]
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call("switch", "turn_on", {"entity_id": switches}, blocking=True)
    await hass.async_block_till_done()
    assert state_of(hass, "switch", "power", f"{PRODUCT}/thing_2") == "on"
    assert state_of(hass, "switch", "power") == "off"
    assert entry.state is ConfigEntryState.LOADED


# Actions


async def test_button(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """An action without inputs is done by a button; one with inputs has none."""
    await call(hass, "button", "press", entity_of(hass, "button", THING, "action:reset"))
    assert [one.id for one in cloud.account.device(THING).actions] == ["reset"]
    assert er.async_get(hass).async_get_entity_id("button", DOMAIN, f"{THING}_action:play") is None


async def test_call_action(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """Inputs go out in the model's form, what the device answers comes back."""
    cloud.account.device(THING).answers["play"] = {"result": 4}
    assert await call_action(hass, entry, "play", tune="bird", volume=3) == {"outputs": {"result": 4}}
    assert dict(cloud.account.device(THING).actions[0].inputs) == {"tune": 1, "volume": 3}
    assert await call_action(hass, entry, "reset") == {"outputs": {}}


@pytest.mark.parametrize(
    ("action", "inputs", "key"),
    [
        ("play", {"tune": "cat", "volume": 3}, "input_not_allowed"),
        ("play", {"tune": "bird", "volume": 11}, "input_not_allowed"),
        ("play", {"tune": "bird"}, "input_not_allowed"),
        ("play", {"tune": "bird", "volume": 3, "more": 1}, "input_not_allowed"),
        ("sing", {}, "unknown_action"),
    ],
)
async def test_inputs_are_checked(
    hass: HomeAssistant,
    cloud: TencentCloudSimulator,
    entry: MockConfigEntry,
    action: str,
    inputs: dict[str, Any],
    key: str,
) -> None:
    """What the model does not allow is not sent."""
    with pytest.raises(ServiceValidationError) as raised:
        await call_action(hass, entry, action, **inputs)
    assert raised.value.translation_key == key
    assert cloud.calls["CallDeviceActionSync"] == 0


@pytest.mark.parametrize(("status", "key"), [("offline", "device_offline"), ("timeout", "action_failed")])
async def test_action_fails(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, status: str, key: str
) -> None:
    """What the device says in the answer's status is an error: the cloud itself reports none."""
    cloud.faults.offline_status = status
    cloud.account.device(THING).online = OFFLINE
    with pytest.raises(HomeAssistantError) as raised:
        await call_action(hass, entry, "reset")
    assert raised.value.translation_key == key


async def test_action_of_device_that_is_away(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """A device that is known to be away is not called."""
    cloud.account.set_online(THING, online=False)
    await turn(hass, entry)
    with pytest.raises(HomeAssistantError) as raised:
        await call_action(hass, entry, "reset")
    assert raised.value.translation_key == "device_offline"
    assert cloud.calls["CallDeviceActionSync"] == 0


# Trouble


async def start_failing(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Try to set an entry up."""
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def test_wrong_key(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """A key that is refused is asked for anew, and not tried again and again."""
    entry = tencent_entry(cloud)
    cloud.secret_key = "another"
    with patch("homeassistant.config_entries.ConfigEntry.async_start_reauth") as reauth:
        await start_failing(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "tencent_credentials_refused"
    reauth.assert_called_once()
    assert entry.data["secret_key"] not in str(entry.reason)


async def test_key_that_is_refused_later(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """The same while it runs; all is unavailable meanwhile."""
    cloud.secret_key = "another"
    with patch("homeassistant.config_entries.ConfigEntry.async_start_reauth") as reauth:
        await turn(hass, entry)
    reauth.assert_called_once()
    assert state_of(hass, "number", "level") == "unavailable"


async def test_denied_at_start(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """What the policy lacks is named, as it has to be written there; it goes away once it is allowed."""
    cloud.faults.policy = Policy(allow=("iotvideo:DescribeProducts",))
    await start_failing(hass, entry := tencent_entry(cloud))
    assert entry.state is ConfigEntryState.SETUP_RETRY
    found = issue(hass, entry, "tencent_permission_denied")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["policy"] == '"iotvideo:DescribeModelDefinition"'
    cloud.faults.policy = Policy()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue(hass, entry, "tencent_permission_denied") is None


async def test_denied_data(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """Devices whose data may not be read are there all the same: they may push, and take commands."""
    cloud.faults.policy = Policy(deny=("iotvideo:DescribeDeviceData",))
    entry = await loaded(hass, tencent_entry(cloud))
    assert state_of(hass, "number", "level") == "unknown"
    assert issue(hass, entry, "tencent_permission_denied") is not None
    cloud.faults.policy = Policy()
    await turn(hass, entry)
    assert state_of(hass, "number", "level") == "50"
    await turn(hass, entry)
    assert issue(hass, entry, "tencent_permission_denied") is None


async def test_denied_command(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """What only commands need is looked at anew by a reload, as the repair says: nothing else would call it."""
    cloud.faults.policy = Policy(deny=("iotvideo:ControlDeviceData",))
    with pytest.raises(HomeAssistantError, match="policy"):
        await call(hass, "switch", "turn_on", entity_of(hass, "switch", THING, "power"))
    assert issue(hass, entry, "tencent_permission_denied") is not None
    cloud.faults.policy = Policy()
    await turn(hass, entry)
    assert issue(hass, entry, "tencent_permission_denied") is not None
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue(hass, entry, "tencent_permission_denied") is None


async def test_clock(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """A clock that is off and cannot be put right is no wrong key."""
    cloud.faults.clock_offset = 4000
    cloud.faults.no_date = True
    with patch("homeassistant.config_entries.ConfigEntry.async_start_reauth") as reauth:
        await start_failing(hass, entry := tencent_entry(cloud))
    reauth.assert_not_called()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert issue(hass, entry, "tencent_clock_wrong") is not None
    cloud.faults.no_date = False
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue(hass, entry, "tencent_clock_wrong") is None
    assert state_of(hass, "number", "level") == "50"


async def test_region(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """A region without the service is named."""
    entry = tencent_entry(cloud)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "region": "ap-nowhere"})
    assert not await hass.config_entries.async_setup(entry.entry_id)
    found = issue(hass, entry, "tencent_region_invalid")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["region"] == "ap-nowhere"


async def test_products_gone(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """A product that the account does not have is named; the others work."""
    entry = await loaded(hass, tencent_entry(cloud, product_ids=[PRODUCT, "GONE000001"]))
    found = issue(hass, entry, "tencent_products_gone")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["products"] == "GONE000001"
    assert state_of(hass, "number", "level") == "50"


async def test_lost_and_back(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """One failure is none; after two all is unavailable, and after a reading that went well it is there again."""
    failure = cloud.faults.fail("DescribeDevices", "InternalError")
    with patch.object(connection_of(entry).api, "_jitter", lambda low, high: 0.0):
        await turn(hass, entry)
        assert state_of(hass, "number", "level") == "50"
        assert connection_of(entry)._turns._not_before > time.time()
        await turn(hass, entry)
        assert state_of(hass, "number", "level") == "unavailable"
        cloud.faults.failures.remove(failure)
        await turn(hass, entry)
    assert state_of(hass, "number", "level") == "50"


async def test_failures_of_devices_alone(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """Where a device could not be read, the list soon says whether the cloud is there: two failures hours apart are not in a row."""
    connection = connection_of(entry)
    with patch.object(connection.api, "_jitter", lambda low, high: 0.0):
        for _ in range(2):
            connection._list_due = time.time() + 3600
            failure = cloud.faults.fail("DescribeDeviceData", "InternalError")
            await turn(hass, entry, listed=False)
            cloud.faults.failures.remove(failure)
            assert connection.diagnostics()["failures"] == 1
            assert connection._list_due == pytest.approx(time.time() + 15, abs=10)
            await turn(hass, entry, read=False)
            assert connection.diagnostics()["failures"] == 0
    assert state_of(hass, "number", "level") == "50"


async def test_not_reachable_at_start(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """Set-up is tried again."""
    entry = tencent_entry(cloud)
    await cloud.stop()
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "tencent_unreachable"


async def test_one_device_that_cannot_be_read(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """The others are read all the same."""
    cloud.account.add(thing("thing_2"))
    cloud.faults.fail("DescribeDeviceData", "ResourceNotFound", device=THING)
    await loaded(hass, tencent_entry(cloud))
    assert state_of(hass, "number", "level") == "unknown"
    assert state_of(hass, "number", "level", f"{PRODUCT}/thing_2") == "50"


# The budget


async def test_budget_stretches_readings(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """Readings are as far apart as the budget asks for."""
    entry = await loaded(hass, tencent_entry(cloud, call_budget=60, poll_interval=1))
    connection = connection_of(entry)
    left = DAY - time.time() % DAY
    readings = (60 - connection.usage.calls.today) // 2
    assert connection._due_reader.wait() == pytest.approx(max(60, left / readings), rel=0.02)


async def test_budget_used_up(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """Nothing is read any more that day, also not what a command led to; commands go out."""
    connection = connection_of(entry)
    connection.usage.calls.restore(int(time.time() // DAY), 10_000)
    before = cloud.calls["DescribeDeviceData"]
    await call(hass, "switch", "turn_on", entity_of(hass, "switch", THING, "power"))
    await turn(hass, entry, listed=False)
    assert cloud.calls["DescribeDeviceData"] == before
    assert connection._readings.next is not None
    assert connection._readings.next >= time.time() + DAY - time.time() % DAY
    assert state_of(hass, "switch", "power") == "on"


async def test_list_within_budget(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """Nor is the list read any more, whoever asks for it; a connection that is lost is looked for all the same."""
    connection = connection_of(entry)
    connection.usage.calls.restore(int(time.time() // DAY), 10_000)
    before = cloud.calls["DescribeDevices"]
    connection.device_unknown(f"{PRODUCT}/thing_2")
    await turn(hass, entry)
    assert cloud.calls["DescribeDevices"] == before
    assert connection._list_due >= time.time() + DAY - time.time() % DAY
    entry.runtime_data.set_connected(False)
    await turn(hass, entry)
    assert cloud.calls["DescribeDevices"] == before + 1
    assert entry.runtime_data.connected


async def test_calls_are_measured(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """How many calls were made today is shown, with what a day may have."""
    connection_of(entry)._tell_measures()
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{entry.entry_id}_measure_calls_today")
    state = hass.states.get(entity_id or "")
    assert state is not None
    assert int(state.state) == sum(cloud.calls.values())
    assert state.attributes["daily_budget"] == 10_000


# Cloud storage


def plan(kind: int, expires: int) -> CloudStorage:
    """Return cloud storage whose plan ends at a time."""
    return CloudStorage(plan=kind, expires=expires, title="Test")


async def test_storage_plan(hass: HomeAssistant, socket_enabled: None) -> None:
    """What a plan records and when it ends are shown of cameras; of a plan that has ended the user is told."""
    now = int(time.time())
    good = Device(product_id=CAMERA_PRODUCT, name="camera_1", storage={None: plan(1, now + DAY)})
    over = Device(product_id=CAMERA_PRODUCT, name="camera_2", storage={None: plan(2, now - DAY)})
    async with TencentCloudSimulator([thing_product(), camera_product()], [thing(), good, over]) as cloud:
        entry = await loaded(hass, tencent_entry(cloud))
        await until(lambda: state_of(hass, "sensor", "_storage_plan", f"{CAMERA_PRODUCT}/camera_2") == "none")
        await until(lambda: state_of(hass, "sensor", "_storage_plan", CAMERA) == "full_time")
        assert state_of(hass, "sensor", "_storage_expires", CAMERA).startswith("20")
        assert er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{THING}__storage_plan") is None
        await until(lambda: issue(hass, entry, "tencent_storage_expired") is not None)
        found = issue(hass, entry, "tencent_storage_expired")
        assert found is not None
        assert found.translation_placeholders is not None
        assert found.translation_placeholders["devices"] == "Camera camera_2"
        # It is read once a day
        view = connection_of(entry).agent_view
        await until(lambda: all(one.asked_plans for one in view._devices.values()))
        await turn(hass, entry)
        assert cloud.calls["DescribeCloudStorage"] == 2
        over.storage[None] = replace(over.storage[None], expires=now + DAY)
        connection_of(entry)._plans._due.clear()
        view.plans._plans.clear()
        await turn(hass, entry)
        assert state_of(hass, "sensor", "_storage_plan", f"{CAMERA_PRODUCT}/camera_2") == "event"
        assert issue(hass, entry, "tencent_storage_expired") is None


async def test_storage_of_recorder(hass: HomeAssistant, socket_enabled: None) -> None:
    """A recorder has a plan for each channel, not for itself."""
    product = camera_product()
    product.features = ("nvr",)
    recorder = Device(
        product_id=CAMERA_PRODUCT,
        name="camera_1",
        storage={channel: plan(2, int(time.time()) + DAY) for channel in range(2)},
    )
    async with TencentCloudSimulator([product], [recorder]) as cloud:
        await loaded(hass, tencent_entry(cloud))
        await until(lambda: state_of(hass, "sensor", "_storage_plan", CAMERA) == "event")


async def test_storage_may_not_be_read(hass: HomeAssistant, socket_enabled: None) -> None:
    """Without the permission for it the rest works, and the permission is named."""
    camera = Device(product_id=CAMERA_PRODUCT, name="camera_1")
    async with TencentCloudSimulator([camera_product()], [camera]) as cloud:
        cloud.faults.policy = Policy(deny=("iotvideo:DescribeCloudStorage*",))
        entry = await loaded(hass, tencent_entry(cloud))
        await until(lambda: issue(hass, entry, "tencent_permission_denied") is not None)
        assert state_of(hass, "switch", "night", CAMERA) == "unknown"
        assert entry.runtime_data.connected


async def test_agent_away(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """An agent that does not answer is told of when it has not for a while, and not in the way of the rest."""
    entry = await loaded(hass, tencent_entry(cloud, agent_url="http://me:pass-word@127.0.0.1:9"))
    connection = connection_of(entry)
    assert connection._agent is not None
    await until(lambda: connection.diagnostics()["agent"]["there"] is False)
    entity_id = er.async_get(hass).async_get_entity_id("binary_sensor", DOMAIN, f"{entry.entry_id}_measure_xp2p_agent")
    state = hass.states.get(entity_id or "")
    assert state is not None
    assert state.state == "off"
    assert issue(hass, entry, "tencent_agent_away") is None
    for _ in range(2):
        await connection._agent.look()
    found = issue(hass, entry, "tencent_agent_away")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["url"] == "http://127.0.0.1:9"
    assert "pass-word" not in str(found)
    with patch.object(connection._agent._agent, "health", return_value="1.0"):
        await connection._agent.look()
    assert issue(hass, entry, "tencent_agent_away") is None
    assert state_of(hass, "number", "level") == "50"
