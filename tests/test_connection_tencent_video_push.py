"""What a simulated cloud pushes to the connection `tencent_video`, and what devices say through the agent."""

from collections.abc import AsyncGenerator, Callable, Generator
import json
import time
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.clients.tencent_video import ChannelTaken, forward_signature, set_forward
from custom_components.iot_gateway.connections.tencent_video_push import push_settings
from custom_components.iot_gateway.connections.tencent_video_push_watch import PushWatch
from custom_components.iot_gateway.connections.tencent_video_reading import Reading
from custom_components.iot_gateway.connections.tencent_video_readings import Readings
from custom_components.iot_gateway.connections.tencent_video_usage import PushHistory
from custom_components.iot_gateway.const import DOMAIN
from simulators.tencent_cloud import Channel, Device, TencentCloudSimulator
from simulators.xp2p_agent.beside_cloud import agent_beside
from tests.tencent_video_helpers import (
    CAMERA,
    CAMERA_PRODUCT,
    PRODUCT,
    SMALL,
    THING,
    TOKEN,
    WEBHOOK_ID,
    camera_product,
    connection_of,
    entity_of,
    loaded,
    state_of,
    tencent_entry,
    thing,
    thing_product,
    turn,
    until,
    webhook_path,
)

DAY = 86400.0


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
    """Its entry, loaded, with pushes."""
    return await loaded(hass, tencent_entry(cloud, push=True))


@pytest.fixture
async def client(entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator) -> TestClient[Any, Any]:
    """Home Assistant as the internet sees it."""
    return await hass_client_no_auth()


@pytest.fixture
async def pushing(cloud: TencentCloudSimulator, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """A cloud that pushes to Home Assistant, set up as the console does it: it checks the address first."""
    await set_forward(connection_of(entry).api, PRODUCT, str(client.make_url(webhook_path())), TOKEN)
    assert cloud.pusher.checks == 1


def headers(token: str = TOKEN, *, age: float = 0, nonce: str = "nonce-1", **more: str) -> dict[str, str]:
    """Return the headers that show who pushes."""
    timestamp = str(int(time.time() - age))
    return {
        "Signature": forward_signature(token, timestamp, nonce),
        "Timestamp": timestamp,
        "Nonce": nonce,
        **more,
    }


def body(**payload: Any) -> dict[str, Any]:
    """Return what is pushed of the thing."""
    return {
        "deviceName": "thing_1",
        "productId": PRODUCT,
        "topic": f"$thing/up/property/{THING}",
        "timestamp": int(time.time()),
        "payload": {"method": "report", "params": payload},
    }


async def pushed(cloud: TencentCloudSimulator) -> None:
    """Wait until all is pushed."""
    await cloud.pusher.drained()


def issue(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Return a repair of an entry."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


def taken(entry: MockConfigEntry) -> dict[str, int]:
    """Return what became of the pushes."""
    push = connection_of(entry).push
    assert push is not None
    return push.diagnostics()["taken"]  # type: ignore[no-any-return]


# What is pushed


@pytest.mark.usefixtures("pushing")
@pytest.mark.parametrize("form", ["iotvideo", "rule_engine", "flat"])
async def test_properties(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, form: Any) -> None:
    """What a device reports is shown at once, in all forms that a push may have, and need not be read any more."""
    cloud.faults.push_form = form
    reads = cloud.calls["DescribeDeviceData"]
    cloud.account.report(THING, {"level": 75, "mode": 2, "place": {"x": 8, "y": 9}})
    await pushed(cloud)
    await hass.async_block_till_done()
    assert [push.status for push in cloud.pusher.pushes] == [200]
    assert state_of(hass, "number", "level") == "75"
    assert state_of(hass, "select", "mode") == "fast"
    assert state_of(hass, "number", "place.y") == "9"
    assert cloud.calls["DescribeDeviceData"] == reads
    due = connection_of(entry)._readings.next
    assert due is not None
    assert due > time.time() + DAY - 60


@pytest.mark.usefixtures("pushing")
async def test_status(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """A device that goes and comes does so at once; when it is back it is read, as pushes may have been lost."""
    cloud.account.set_online(THING, online=False)
    await pushed(cloud)
    assert state_of(hass, "number", "level") == "unavailable"
    cloud.account.set_online(THING, online=True)
    await pushed(cloud)
    assert state_of(hass, "number", "level") == "50"
    due = connection_of(entry)._readings.next
    assert due is not None
    assert due < time.time() + 10


@pytest.mark.usefixtures("pushing")
async def test_event(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """An event fires with its parameters, once however often it is pushed."""
    cloud.faults.push_twice = True
    fired = []
    entity_id = entity_of(hass, "event", THING, "event:alarm")
    hass.bus.async_listen("state_changed", lambda event: fired.append(event.data["entity_id"]))
    cloud.account.event(THING, "alarm", {"level": 4})
    await pushed(cloud)
    await hass.async_block_till_done()
    assert [push.status for push in cloud.pusher.pushes] == [200, 200]
    state = hass.states.get(entity_id)
    assert state is not None
    assert (state.attributes["event_type"], state.attributes["level"]) == ("triggered", 4)
    assert fired.count(entity_id) == 1
    assert taken(entry) == {"EventPush": 2, "repeated": 1}


async def test_old_event(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """What happened minutes ago fires nothing: nobody rings now."""
    old = {
        "deviceName": "thing_1",
        "productId": PRODUCT,
        "topic": f"$thing/up/event/{THING}",
        "payload": {
            "method": "event_post",
            "eventId": "alarm",
            "timestamp": int((time.time() - 120) * 1000),
            "params": {"level": 1},
        },
    }
    response = await client.post(webhook_path(), json=old, headers=headers())
    assert response.status == 200
    assert state_of(hass, "event", "event:alarm") == "unknown"
    assert taken(entry) == {"EventPush": 1, "events that are history": 1}


async def test_late_properties(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, client: TestClient[Any, Any]
) -> None:
    """The cloud repeats what it could not deliver: what is so by now is read, not undone."""
    late = body(level=5) | {"timestamp": int(time.time()) - 600}
    response = await client.post(webhook_path(), json=late, headers=headers())
    assert response.status == 200
    assert state_of(hass, "number", "level") == "50"
    assert taken(entry) == {"PropertyPush": 1, "late": 1}
    planned = connection_of(entry)._readings.next
    assert planned is not None
    assert planned < time.time() + 10


async def test_late_status(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """That a device was away some time ago makes it be looked for."""
    late = {
        "deviceName": "thing_1",
        "productId": PRODUCT,
        "topic": f"$state/report/{THING}",
        "timestamp": int(time.time()) - 600,
        "payload": {"event": "EV_OFFLINE"},
    }
    await client.post(webhook_path(), json=late, headers=headers())
    assert state_of(hass, "number", "level") == "50"
    assert taken(entry) == {"StatusPush": 1, "late": 1}
    assert connection_of(entry)._list_due < time.time() + 10


async def test_pushes_overtake(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """Of two pushes the later one counts, in whatever order they come; what only the earlier one tells counts too."""
    now = int(time.time())
    second, first = body(level=60), body(level=40, heat=25)
    second["timestamp"], first["timestamp"] = now, now - 1
    for number, pushed_body in enumerate((second, first)):
        response = await client.post(webhook_path(), json=pushed_body, headers=headers(nonce=f"nonce-{number}"))
        assert response.status == 200
    assert state_of(hass, "number", "level") == "60"
    assert state_of(hass, "number", "heat") == "25"


@pytest.mark.usefixtures("pushing")
async def test_unknown_event_and_custom_message(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """Messages in the maker's own form become an event that is there from the first on."""
    cloud.account.custom(THING, {"hello": "world"})
    await pushed(cloud)
    await hass.async_block_till_done()
    cloud.account.custom(THING, {"hello": "again"})
    await pushed(cloud)
    await hass.async_block_till_done()
    state = hass.states.get(entity_of(hass, "event", THING, "event:feedback"))
    assert state is not None
    assert state.attributes["message"] == {"hello": "again"}
    assert state.attributes["source"] == "cloud"


@pytest.mark.usefixtures("pushing")
async def test_new_device(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """A device that pushes and is not listed has the list read, and is brought; not for each push of one that never is."""
    with patch("custom_components.iot_gateway.connections.tencent_video._LOOK_AFTER", 0.0):
        cloud.account.add(thing("thing_2"))
        cloud.account.report(f"{PRODUCT}/thing_2", {"level": 5})
        await pushed(cloud)
        await until(lambda: f"{PRODUCT}/thing_2" in entry.runtime_data.devices)
    connection = connection_of(entry)
    # Of a product that nobody has chosen
    connection.device_unknown("ELSE000000/thing")
    assert connection._list_due > time.time() + 60
    connection.device_unknown(f"{PRODUCT}/nobody")
    assert connection._list_due < time.time() + 60
    await turn(hass, entry)
    connection.device_unknown(f"{PRODUCT}/nobody")
    assert connection._list_due > time.time() + 60


async def test_system_properties_are_dropped(
    hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]
) -> None:
    """How a device is reached comes by push too, and goes nowhere."""
    response = await client.post(webhook_path(), json=body(_sys_xp2p_info="XP2Psecret", level=9), headers=headers())
    assert response.status == 200
    device = entry.runtime_data.devices[THING]
    assert "XP2Psecret" not in str(device.state)
    assert state_of(hass, "number", "level") == "9"


async def test_push_brings_device_back(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, client: TestClient[Any, Any]
) -> None:
    """What says something is there."""
    cloud.account.set_online(THING, online=False)
    await turn(hass, entry)
    assert state_of(hass, "number", "level") == "unavailable"
    await client.post(webhook_path(), json=body(level=9), headers=headers())
    assert state_of(hass, "number", "level") == "9"


async def test_reading_does_not_undo_push(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, client: TestClient[Any, Any]
) -> None:
    """What was pushed while a reading was under way is not undone by it."""
    connection = connection_of(entry)
    asked_at = connection.api.cloud_time
    await client.post(webhook_path(), json=body(level=9), headers=headers())
    connection._due_reader.take(
        THING, Reading(asked_at=asked_at, values={"level": 50, "label": "Cellar"}, times={"level": None, "label": None})
    )
    assert state_of(hass, "number", "level") == "9"
    assert state_of(hass, "text", "label") == "Cellar"


# Who may push


async def test_address_check(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """The console's check gets back what it sent, as text."""
    response = await client.get(webhook_path(), headers=headers(Echostr="echo-123"))
    assert response.status == 200
    assert await response.text() == "echo-123"
    assert response.content_type == "text/plain"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda: headers("another"), "signature"),
        (lambda: headers(age=400), "stale"),
        (lambda: headers(age=-400), "stale"),
        (dict, "headers"),
        (lambda: {"Signature": "0" * 40, "Timestamp": "1", "Nonce": ""}, "headers"),
    ],
    ids=["token", "old", "early", "unsigned", "without nonce"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_refused(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    wrong: Callable[[], dict[str, str]],
    reason: str,
    method: str,
) -> None:
    """Who does not show to be the cloud, now, gets nothing and changes nothing."""
    response = await client.request(method, webhook_path(), headers={**wrong(), "Echostr": "echo"}, json=body(level=1))
    assert response.status == 401
    assert "echo" not in await response.text()
    assert state_of(hass, "number", "level") == "50"
    push = connection_of(entry).push
    assert push is not None
    assert push.diagnostics()["refused"] == {reason: 1}


async def test_replayed(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """What was sent before is refused, also after a reload."""
    used = headers()
    assert (await client.post(webhook_path(), json=body(level=1), headers=used)).status == 200
    assert (await client.post(webhook_path(), json=body(level=2), headers=used)).status == 401
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert (await client.post(webhook_path(), json=body(level=2), headers=used)).status == 401


async def test_replayed_after_start(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """What was signed before Home Assistant was started may have been seen before."""
    response = await client.post(webhook_path(), json=body(level=60), headers=headers(age=60))
    assert response.status == 401
    assert state_of(hass, "number", "level") == "50"


@pytest.mark.usefixtures("pushing")
async def test_wrong_token(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """Of another token than ours the user is told, until a push is signed right."""
    cloud.faults.push_wrong_token = True
    cloud.account.report(THING, {"level": 75})
    cloud.account.report(THING, {"level": 80})
    await pushed(cloud)
    assert [push.status for push in cloud.pusher.pushes] == [401, 401]
    assert issue(hass, entry, "tencent_push_refused") is not None
    assert caplog.text.count("wrong signature") == 1
    assert TOKEN not in caplog.text
    cloud.faults.push_wrong_token = False
    cloud.account.report(THING, {"level": 85})
    await pushed(cloud)
    assert issue(hass, entry, "tencent_push_refused") is None


async def test_strange_bodies(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """What cannot be read, or is too long, is refused; a method that no push has too."""
    for number, content in enumerate(("", "[]", "words", '{"payload": {}}')):
        response = await client.post(webhook_path(), data=content, headers=headers(nonce=f"n{number}"))
        assert response.status == 400
    response = await client.post(webhook_path(), data=b"x" * 300_000, headers=headers(nonce="long"))
    assert response.status == 413
    response = await client.put(webhook_path(), json=body(level=1), headers=headers(nonce="put"))
    assert response.status == 405
    assert state_of(hass, "number", "level") == "50"


async def test_without_push(
    hass: HomeAssistant, cloud: TencentCloudSimulator, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """An entry without pushes listens to none."""
    await loaded(hass, tencent_entry(cloud))
    assert await async_setup_component(hass, "webhook", {})
    client = await hass_client_no_auth()
    await client.post(webhook_path(), json=body(level=1), headers=headers())
    assert state_of(hass, "number", "level") == "50"


async def test_unloaded(hass: HomeAssistant, entry: MockConfigEntry, client: TestClient[Any, Any]) -> None:
    """An unloaded entry does not listen."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    response = await client.get(webhook_path(), headers=headers(Echostr="echo-123"))
    assert await response.text() != "echo-123"


@pytest.mark.parametrize(
    "channel",
    [Channel(type="ckafka"), Channel(type="forward", address="http://127.0.0.1:9/mine")],
    ids=["queue", "forward"],
)
async def test_existing_channel_is_left(
    hass: HomeAssistant,
    cloud: TencentCloudSimulator,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    channel: Channel,
) -> None:
    """A channel that is there belongs to somebody."""
    cloud.pusher.channels[PRODUCT] = channel
    with pytest.raises(ChannelTaken):
        await set_forward(connection_of(entry).api, PRODUCT, str(client.make_url(webhook_path())), TOKEN)
    assert cloud.pusher.channels[PRODUCT] is channel


def test_settings() -> None:
    """Pushes are on only with all that they take."""
    for push in (None, {}, {"enabled": False, "webhook_id": "w", "token": "t"}, {"enabled": True, "webhook_id": "w"}):
        assert push_settings(MockConfigEntry(options={"push": push})) is None
    full = {"enabled": True, "webhook_id": "w", "token": "t"}
    assert push_settings(MockConfigEntry(options={"push": full})) == ("w", "t")


# Whether pushes tell all


class Clock:
    """A clock that stands."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


def test_watch_of_pushes() -> None:
    """A device is relied on from its first push on, until something is found that none had told."""
    clock = Clock()
    history = PushHistory(webhook_id="w", began=clock.time)
    watch = PushWatch(history, clock)
    assert not watch.told("a")
    watch.heard("a")
    assert watch.told("a")
    changed = clock.time + 10

    def missed(raw: int, when: float, asked_at: float) -> bool:
        reading = Reading(asked_at=asked_at, values={"level": raw}, times={"level": int(when * 1000)})
        return watch.compare("a", reading, {"level": 1})

    # Its push may be under way
    assert not missed(2, changed, clock.time + 30)
    # It is known
    assert not missed(1, changed, clock.time + 600)
    # It is from before anybody listened
    assert not missed(2, clock.time - 5, clock.time + 600)
    assert watch.told("a")
    clock.time += 600
    assert missed(2, changed, clock.time)
    assert not watch.told("a")
    assert [watch.silent] == [False]
    clock.time += DAY
    assert [watch.silent] == [True]
    history.last = clock.time
    assert [watch.silent] == [False]


async def test_silent_pushes(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """Of pushes that do not come for a day, while devices report something, the user is told."""
    connection = connection_of(entry)
    assert connection._watch is not None
    now = time.time()
    connection._watch._began = now - 2 * DAY
    connection._watch.history.began = now - 2 * DAY
    cloud.account.report(THING, {"level": 75}, at=int((now - 600) * 1000))
    await turn(hass, entry)
    assert state_of(hass, "number", "level") == "75"
    assert issue(hass, entry, "tencent_push_silent") is not None


@pytest.mark.usefixtures("pushing")
async def test_silence_ends(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """One push, and all is well."""
    connection_of(entry).troubles.push_silent(silent=True)
    cloud.account.report(THING, {"level": 75})
    await pushed(cloud)
    assert issue(hass, entry, "tencent_push_silent") is None
    assert connection_of(entry).usage.pushes_today == 1


def test_readings() -> None:
    """Devices take turns; who tells by itself is looked at once a day, however often it tells."""
    clock = Clock()
    begin = clock.time
    readings = Readings(clock)
    assert [readings.next] == [None]
    readings.spread("abcd", 100)
    assert [readings._due[one] - begin for one in "abcd"] == [25, 50, 75, 100]
    clock.time += 50
    assert readings.due == ["a", "b"]
    readings.was_read("a", 100)
    readings.retry("b", 10)
    assert readings.due == []
    assert readings.next == begin + 60
    readings.soon("c", 5)
    readings.soon("b", 100)
    assert readings.next == begin + 55
    for _ in range(3):
        clock.time += 10
        readings.leave("a")
    assert readings._due["a"] == begin + 50 + DAY
    readings.drop("c")
    readings.drop("b")
    assert readings.next == begin + 100


# What devices say through the agent


@pytest.fixture
async def agent_entry(hass: HomeAssistant, cloud: TencentCloudSimulator) -> MockConfigEntry:
    """An entry with an agent."""
    return await loaded(hass, tencent_entry(cloud, agent_url="http://127.0.0.1:9"))


async def test_call_from_device(
    hass: HomeAssistant, agent_entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """What a device says about a call is an event; what it says otherwise another one."""
    client = await hass_client_no_auth()
    path = webhook_path(agent_entry.data["webhook_id"])
    query = {"product_id": PRODUCT, "device_name": "thing_1", "_token": "123"}

    async def say(**message: Any) -> None:
        response = await client.post(path, params=query, json=message)
        assert response.status == 200
        assert json.loads(await response.text()) == {"status": "0"}
        await hass.async_block_till_done()

    # The first have the entities made, which then have those that follow
    await say(iv_private_cmd="call_cancel")
    await say(my_message="first")
    for signal, event_type in (
        ("call_hang_up", "hung_up"),
        ("call_reject", "rejected"),
        ("recv_stop", "receiving_stopped"),
    ):
        await say(iv_private_cmd=signal)
        state = hass.states.get(entity_of(hass, "event", THING, "event:call"))
        assert state is not None
        assert state.attributes["event_type"] == event_type
        assert state.attributes["signal"] == signal
    for message in ({"my_message": "hello"}, {"iv_private_cmd": "something_new"}):
        await say(**message)
    state = hass.states.get(entity_of(hass, "event", THING, "event:feedback"))
    assert state is not None
    assert state.attributes["command"] == "something_new"
    assert state.attributes["source"] == "agent"


@pytest.mark.parametrize("twice", [False, True])
async def test_simulated_agent(
    hass: HomeAssistant, socket_enabled: None, hass_client_no_auth: ClientSessionGenerator, twice: bool
) -> None:
    """The agent is there, and what it passes on is heard, once however often it does."""
    camera = Device(product_id=CAMERA_PRODUCT, name="camera_1", p2p=True)
    async with (
        TencentCloudSimulator([camera_product()], [camera]) as cloud,
        agent_beside(cloud) as agent,
    ):
        agent.faults.feedback_twice = twice
        entry = await loaded(hass, tencent_entry(cloud, agent_url=agent.base_url))
        client = await hass_client_no_auth()
        agent.feedback.url = str(client.make_url(webhook_path(entry.data["webhook_id"])))
        fired = []
        entity_id = entity_of(hass, "event", CAMERA, "event:call")
        hass.bus.async_listen("state_changed", lambda event: fired.append(event.data["entity_id"]))
        delivery = agent.tell(agent.devices.get(CAMERA), {"iv_private_cmd": "call_hang_up"})
        await agent.feedback.delivered()
        await hass.async_block_till_done()
        assert (delivery.status, json.loads(delivery.reply)) == (200, {"status": "0"})
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["event_type"] == "hung_up"
        assert fired.count(entity_id) == 1
        await until(lambda: connection_of(entry).diagnostics()["agent"] == {"there": True, "version": "1.0.0"})
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_camera_can_call_from_the_start(
    hass: HomeAssistant, socket_enabled: None, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """What can be reached through the agent has the events of that before the first; what was heard once stays known."""
    camera = Device(product_id=CAMERA_PRODUCT, name="camera_1", p2p=True)
    async with TencentCloudSimulator([thing_product(), camera_product()], [thing(), camera]) as cloud:
        entry = await loaded(hass, tencent_entry(cloud, agent_url="http://127.0.0.1:9"))
        assert state_of(hass, "event", "event:call", CAMERA) == "unknown"
        client = await hass_client_no_auth()
        path = webhook_path(entry.data["webhook_id"])
        query = {"product_id": CAMERA_PRODUCT, "device_name": "camera_1"}
        await client.post(path, params=query, json={"iv_private_cmd": "call_busy"})
        state = hass.states.get(entity_of(hass, "event", CAMERA, "event:call"))
        assert state is not None
        assert state.attributes["event_type"] == "busy"
        # Of a thing that no model tells of
        await client.post(path, params={"product_id": PRODUCT, "device_name": "thing_1"}, json={"hello": 1})
        await hass.async_block_till_done()
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        await client.post(path, params={"product_id": PRODUCT, "device_name": "thing_1"}, json={"hello": 2})
        state = hass.states.get(entity_of(hass, "event", THING, "event:feedback"))
        assert state is not None
        assert state.attributes["message"] == {"hello": 2}


async def test_strange_feedback(
    hass: HomeAssistant, agent_entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Who is unknown, or says nothing that could be read, is told so."""
    client = await hass_client_no_auth()
    path = webhook_path(agent_entry.data["webhook_id"])
    known = {"product_id": PRODUCT, "device_name": "thing_1"}
    for query, content, status in (
        ({"product_id": PRODUCT, "device_name": "other"}, "{}", 404),
        ({}, "{}", 400),
        (known, "words", 400),
        (known, "[]", 400),
        (known, '{"long": "' + "x" * 17_000 + '"}', 413),
    ):
        response = await client.post(path, params=query, data=content)
        assert response.status == status
        assert json.loads(await response.text()) != {"status": "0"}


async def test_feedback_address_stays(hass: HomeAssistant, agent_entry: MockConfigEntry) -> None:
    """The address that the user gave to the agent is the same after a reload, and not that of the cloud's pushes."""
    before = agent_entry.data["webhook_id"]
    assert before
    assert before != WEBHOOK_ID
    assert await hass.config_entries.async_reload(agent_entry.entry_id)
    assert agent_entry.data["webhook_id"] == before
