"""The client and the simulated cloud, which were written from the same pages without a look at each other.

Every function of table B2 goes through both; the simulator notes what it takes for a breach of the pages, and nothing may be.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import gc
import time
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tuyalink import (
    FAILED,
    NO_PROPERTY,
    ActionCall,
    BindRefused,
    CannotConnect,
    CloudRefused,
    CredentialsRefused,
    EventRecord,
    FirmwareIssued,
    LinkError,
    LinkTimings,
    MessageTooLarge,
    Outbox,
    PropertyRecord,
    PropertySet,
    SubDeviceData,
    TakenOver,
    TopologyChange,
    TuyaLink,
    answer_action,
    answer_not_supported,
    answer_set,
    ask_time,
    bind,
    delete_desired,
    delete_topology,
    get_config,
    get_desired,
    get_thing_model,
    get_topology,
    login,
    logout,
    parse_thing_model,
    report,
    report_batch,
    report_history,
    report_version,
    sender,
    tls_context,
    trigger_event,
)
from simulators.tuyalink_cloud import (
    DEMO_DEVICE_ID,
    DEMO_DEVICE_SECRET,
    GATEWAY_PRODUCT,
    LIGHT_PRODUCT,
    LOCK_PRODUCT,
    SENSOR_PRODUCT,
    LinkDevice,
    TuyaLinkCloudSimulator,
    synthetic_product,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

PATIENCE = 20.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncIterator[TuyaLinkCloudSimulator]:
    async with TuyaLinkCloudSimulator(timestamp_tolerance=60) as running:
        yield running


def make_link(cloud: TuyaLinkCloudSimulator, **more: Any) -> TuyaLink:
    return TuyaLink(
        **{
            "host": cloud.host,
            "port": cloud.port,
            "device_id": DEMO_DEVICE_ID,
            "device_secret": DEMO_DEVICE_SECRET,
            "tls": None,
            **more,
        }
    )


@pytest.fixture
async def link(cloud: TuyaLinkCloudSimulator) -> AsyncIterator[TuyaLink]:
    """Return a connected link; afterwards the cloud must have nothing to complain of."""
    async with make_link(cloud).opened() as link:
        yield link
        assert cloud.violations == []
        assert link.statistics.malformed == 0
        assert link.statistics.refused_subscriptions == 0
        assert link.statistics.handler_errors == 0


@asynccontextmanager
async def running(link: TuyaLink) -> AsyncIterator[asyncio.Task[None]]:
    """Run a link for as long as the block lasts."""
    task = asyncio.create_task(link.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


# Connecting


async def test_certificate(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    """Name and password, keepalive and session are what the gate asks for, and its clock is kept to."""
    (attempt,) = cloud.gate.attempts
    assert (attempt.code, attempt.device_id) == (0, DEMO_DEVICE_ID)
    assert attempt.keepalive == 60
    assert attempt.clean_session


@pytest.mark.parametrize("refusal", [4, 5])
async def test_wrong_secret(cloud: TuyaLinkCloudSimulator, refusal: int) -> None:
    cloud.faults.refusal = refusal
    with pytest.raises(CredentialsRefused):
        async with make_link(cloud, device_secret="0123456789abcdef").opened():
            pytest.fail("it must not connect")
    assert cloud.gate.attempts[-1].why == "another password"


async def test_clock_that_is_wrong(cloud: TuyaLinkCloudSimulator) -> None:
    """The time is signed, so a machine that is an hour off is refused as if its secret were wrong."""
    with pytest.raises(CredentialsRefused):
        async with make_link(cloud, now=lambda: time.time() - 3600).opened():
            pytest.fail("it must not connect")


async def test_tls() -> None:
    """TLS 1.2 against the simulator's own authority, and no connection without it."""
    async with TuyaLinkCloudSimulator(tls=True) as cloud:
        assert cloud.certificate is not None
        context = tls_context(authority=cloud.certificate.authority)
        async with make_link(cloud, tls=context).opened() as link:
            assert (await get_thing_model(link)).properties
        with pytest.raises(CannotConnect) as refused:
            async with make_link(cloud, tls=tls_context()).opened():
                pytest.fail("it must not connect")
        assert refused.value.certificate_invalid
        refused = None  # type: ignore[assignment]
        _ = gc.collect()


# Model, time, configuration, firmware


async def test_model(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    """All of the demo's model is read, and nothing of it is unknown."""
    expected = cloud.gateway.product.model
    assert expected is not None
    model = await get_thing_model(link)
    assert model == parse_thing_model(expected.document)
    assert model.properties.keys() == expected.properties.keys()
    assert model.events.keys() == expected.events.keys()
    assert model.actions.keys() == expected.actions.keys()
    assert model.unreadable == 0
    assert {one.type.kind for one in model.properties.values()} <= {
        "bool", "value", "enum", "float", "double", "bitmap", "string", "date",
    }  # fmt: skip
    assert model.properties["temp_current"].type.scale == 1
    simple = await get_thing_model(link, complete=False)
    assert simple.properties["temp_current"].name == ""
    assert simple.properties["temp_current"].type == model.properties["temp_current"].type


async def test_time_and_configuration(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    assert abs((await ask_time(link)).offset) < 5000
    config = await get_config(link)
    assert config is not None
    assert config.product_id == GATEWAY_PRODUCT
    assert config.size == len(b'{"interval": 60}')
    assert len(config.sha256) == 64
    cloud.gateway.product.config = None
    assert await get_config(link) is None


@pytest.mark.parametrize("firmware_topic", ["ota/issue", "ota/firmware/issue"])
async def test_firmware(cloud: TuyaLinkCloudSimulator, link: TuyaLink, firmware_topic: Any) -> None:
    await report_version(link, "1.2.3", product_id=GATEWAY_PRODUCT)
    await cloud.wait_for(lambda: cloud.gateway.versions == {0: "1.2.3"}, PATIENCE)
    issued: list[FirmwareIssued] = []
    link.on_firmware_issued = issued.append
    cloud.faults.firmware_topic = firmware_topic
    await cloud.issue_firmware(DEMO_DEVICE_ID, channel=9, version="7.0.0")
    await until(lambda: issued)
    assert (issued[0].channel, issued[0].version, issued[0].size) == (9, "7.0.0", 1048576)
    await answer_not_supported(link, issued[0])
    await cloud.wait_for(lambda: bool(cloud.gateway.progress), PATIENCE)
    assert cloud.gateway.progress[0]["errorCode"] == 40


# Properties and events


async def test_reports(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    at = now_ms()
    await report(link, DEMO_DEVICE_ID, {"switch_1": (True, at), "work_mode": ("scene", at)}, ack=True)
    assert cloud.gateway.value("switch_1") is True
    assert cloud.gateway.values["work_mode"].time == at
    await report(link, DEMO_DEVICE_ID, {"illuminance": (12.5, at)})
    await cloud.wait_for(lambda: cloud.gateway.value("illuminance") == 12.5, PATIENCE)
    await trigger_event(link, DEMO_DEVICE_ID, "button_pressed", {"kind": "double"}, at)
    assert (cloud.gateway.events[0].code, cloud.gateway.events[0].time) == ("button_pressed", at)


async def test_batch(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    """A gateway's own values, events, and those of its sub-devices, in one message."""
    at = now_ms()
    device_id = (await bind(link, [(SENSOR_PRODUCT, "attic", None)]))[SENSOR_PRODUCT, "attic"]
    await report_batch(
        link,
        DEMO_DEVICE_ID,
        {"temp_current": (215, at)},
        {"doorbell": ({}, at)},
        {device_id: SubDeviceData(properties={"va_temperature": (190, at)}, events={"moved": ({"strength": 1.5}, at)})},
        ack=True,
    )
    assert cloud.calls["thing/data/batch_report"] == 1
    assert cloud.gateway.value("temp_current") == 215
    assert cloud.gateway.events[0].code == "doorbell"
    assert cloud.device(device_id).value("va_temperature") == 190
    assert cloud.device(device_id).events[0].outputs == {"strength": 1.5}


async def test_history(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    """More than fits into a message arrives in several, in order, each piece with its time."""
    device_id = (await bind(link, [(SENSOR_PRODUCT, "attic", None)]))[SENSOR_PRODUCT, "attic"]
    start = now_ms() - 3_600_000
    records = [
        PropertyRecord(device_id=DEMO_DEVICE_ID, code="temp_current", value=index, time=start + index)
        for index in range(700)
    ]
    events = [
        EventRecord(device_id=device_id, code="moved", outputs={"strength": 1}, time=start + index)
        for index in range(3)
    ]
    await report_history(link, DEMO_DEVICE_ID, [*records, *events])
    assert [(one.value, one.time) for one in cloud.gateway.history] == [(one.value, one.time) for one in records]
    assert [one.time for one in cloud.device(device_id).history] == [one.time for one in events]
    assert cloud.calls["thing/data/history_report"] > 1


async def test_outbox(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    """What is offered arrives; a value that the model does not allow is found out, alone."""
    refused: list[str] = []
    outbox = Outbox(
        send=sender(link),
        rate=1000,
        burst=100,
        history_limit=100,
        on_refused=lambda record, _: refused.append(record.code),
    )
    task = asyncio.create_task(outbox.run())
    try:
        outbox.link_up()
        for index in range(20):
            _ = outbox.offer(DEMO_DEVICE_ID, "temp_current", index)
        _ = outbox.offer(DEMO_DEVICE_ID, "humidity_value", 101)
        _ = outbox.offer(DEMO_DEVICE_ID, "switch_2", True)
        outbox.happened(DEMO_DEVICE_ID, "doorbell", {})
        async with asyncio.timeout(PATIENCE):
            await outbox.join()
    finally:
        task.cancel()
        await asyncio.wait((task,))
    assert cloud.gateway.value("temp_current") == 19
    assert cloud.gateway.value("switch_2") is True
    assert len(cloud.gateway.events) == 1
    assert cloud.gateway.value("humidity_value") is None
    # It was in a batch, of which the cloud says no more than that some of it is bad
    assert outbox.statistics.partly_refused == 1
    assert refused == []
    assert [one for one in cloud.violations if "humidity_value" not in one] == []
    cloud.violations.clear()


async def test_most_at_once(socket_enabled: None) -> None:
    """400 properties changed at once are reported in messages that no broker refuses."""
    product = synthetic_product(400)
    device = LinkDevice(id=DEMO_DEVICE_ID, product=product, secret=DEMO_DEVICE_SECRET)
    async with TuyaLinkCloudSimulator([device]) as cloud, make_link(cloud).opened() as link:
        at = now_ms()
        await report(link, DEMO_DEVICE_ID, {f"number_{i}": (i, at) for i in range(1, 401)}, ack=True)
        assert [device.value(f"number_{i}") for i in range(1, 401)] == list(range(1, 401))
        assert max(len(one.payload) for one in cloud.received) <= 10_000
        assert (len(cloud.violations), link.statistics.losses) == (0, 0)


async def test_desired(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    await cloud.desire(DEMO_DEVICE_ID, {"switch_1": True, "work_mode": "music"})
    wishes = await get_desired(link, DEMO_DEVICE_ID, ["switch_1", "work_mode", "switch_2"])
    assert {code: wish.value for code, wish in wishes.items()} == {"switch_1": True, "work_mode": "music"}
    # Another wish meanwhile outlives the clearing of the one before
    await cloud.desire(DEMO_DEVICE_ID, {"work_mode": "white"})
    await delete_desired(link, DEMO_DEVICE_ID, {code: wish.version for code, wish in wishes.items()})
    assert {code: wish.value for code, wish in cloud.gateway.desired.items()} == {"work_mode": "white"}


async def test_property_set(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    commands: list[PropertySet] = []

    async def take(command: PropertySet) -> None:
        commands.append(command)
        await answer_set(link, command, NO_PROPERTY if "switch_2" in command.values else 0)

    link.on_property_set = take
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == 0
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_2": True}, timeout=PATIENCE)).code == NO_PROPERTY
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": False}, ack=False, timeout=PATIENCE)).code == 0
    assert [command.values for command in commands] == [{"switch_1": True}, {"switch_2": True}, {"switch_1": False}]
    assert [command.ack for command in commands] == [True, True, False]


async def test_action(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    async def take(call: ActionCall) -> None:
        if call.code == "open_for":
            await answer_action(link, call, 0, {"until": now_ms() + 60_000 * call.inputs["minutes"]})
        else:
            await answer_action(link, call, FAILED)

    link.on_action = take
    answer = await cloud.execute_action(DEMO_DEVICE_ID, "open_for", {"minutes": 5}, timeout=PATIENCE)
    assert answer.code == 0
    assert answer.outputs["until"] > now_ms()
    assert (await cloud.execute_action(DEMO_DEVICE_ID, "restart", timeout=PATIENCE)).code == FAILED


@pytest.mark.parametrize("kind", ["no_json", "no_object", "not_utf8", "no_msg_id", "no_data", "data_array", "huge"])
async def test_malformed(cloud: TuyaLinkCloudSimulator, kind: Any) -> None:
    """Nonsense is no command and ends no connection."""
    async with make_link(cloud).opened() as link:
        commands: list[PropertySet] = []
        link.on_property_set = commands.append
        received = link.statistics.received
        await cloud.send_malformed(DEMO_DEVICE_ID, kind)
        await until(lambda: link.statistics.received > received)
        assert (await get_thing_model(link)).properties
        assert all(kind == "huge" for _ in commands)
        assert link.statistics.losses == 0


# Sub-devices


async def test_sub_devices(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    """Bound, online, commanded, read, listed, offline, unbound."""
    commands: list[PropertySet] = []

    async def take(command: PropertySet) -> None:
        commands.append(command)
        await answer_set(link, command)

    link.on_property_set = take
    wanted = [(LIGHT_PRODUCT, f"lamp-{index}", f"Lamp {index}") for index in range(60)]
    bound = await bind(link, wanted)
    assert bound.keys() == {(product_id, client_id) for product_id, client_id, _ in wanted}
    ids = list(bound.values())
    await login(link, ids)
    for device_id in ids:
        await cloud.wait_for_device(device_id, timeout=PATIENCE)
    assert (await get_thing_model(link, ids[0])).properties.keys() == {
        "switch_led", "work_mode", "bright_value_v2", "temp_value_v2",
    }  # fmt: skip
    assert (await cloud.set_property(ids[7], {"switch_led": True}, timeout=PATIENCE)).code == 0
    assert commands[0].device_id == ids[7]
    await report(link, ids[7], {"switch_led": (True, now_ms())}, ack=True)
    assert cloud.device(ids[7]).value("switch_led") is True
    await cloud.desire(ids[3], {"switch_led": True})
    assert (await get_desired(link, ids[3], ["switch_led"]))["switch_led"].value is True
    # More than one page
    listed = await get_topology(link, page_size=25)
    assert [one.device_id for one in listed] == ids
    assert listed[0].client_id == "lamp-0"
    assert listed[0].product_id == LIGHT_PRODUCT
    await logout(link, ids[:30])
    for device_id in ids[:30]:
        await cloud.wait_for_device(device_id, online=False, timeout=PATIENCE)
    assert all(cloud.device(device_id).online for device_id in ids[30:])
    await delete_topology(link, ids[:59])
    assert [one.device_id for one in await get_topology(link)] == ids[59:]
    assert link.sub_devices == (ids[59],)


async def test_bind_refused(cloud: TuyaLinkCloudSimulator) -> None:
    async with make_link(cloud).opened() as link:
        cloud.products[LOCK_PRODUCT].licences = 0
        with pytest.raises(BindRefused) as no_licence:
            _ = await bind(link, [(LOCK_PRODUCT, "door", None)])
        assert (no_licence.value.code, no_licence.value.key) == (0, "not_bound")
        with pytest.raises(BindRefused) as no_product:
            _ = await bind(link, [("unknownproduct00", "door", None)])
        assert no_product.value.key == "invalid_parameter"
        # Once is busy, twice is no
        failure = cloud.faults.fail("device/sub/bind", 1001, count=1)
        assert await bind(link, [(LIGHT_PRODUCT, "lamp", None)])
        assert failure.count == 0


@pytest.mark.parametrize("form", ["ids", "objects"])
async def test_topology_changes(cloud: TuyaLinkCloudSimulator, link: TuyaLink, form: Any) -> None:
    cloud.faults.topology = form
    changes: list[TopologyChange] = []
    link.on_topology_change = changes.append
    (device_id,) = (await bind(link, [(LIGHT_PRODUCT, "lamp", None)])).values()
    await cloud.unbind(device_id)
    await cloud.bind(device_id, DEMO_DEVICE_ID)
    await until(lambda: len(changes) == 2)
    assert changes == [
        TopologyChange(added=(), deleted=(device_id,)),
        TopologyChange(added=(device_id,), deleted=()),
    ]


async def test_unbound_is_refused(cloud: TuyaLinkCloudSimulator) -> None:
    """What is not bound any more may not report: the code says so, and the connection stays."""
    async with make_link(cloud).opened() as link:
        (device_id,) = (await bind(link, [(LIGHT_PRODUCT, "lamp", None)])).values()
        await login(link, [device_id])
        await cloud.unbind(device_id)
        with pytest.raises(CloudRefused) as refused:
            await report(link, device_id, {"switch_led": (True, now_ms())}, ack=True)
        assert refused.value.key == "device_not_found"
        assert link.connected


# Trouble


async def test_codes(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    """The cloud's codes come as errors with names."""
    for code, key in ((1001, "service_error"), (2002, "model_not_defined"), (4711, "unknown")):
        cloud.faults.fail("thing/model/get", code, count=1)
        with pytest.raises(CloudRefused) as refused:
            _ = await get_thing_model(link)
        assert (refused.value.code, refused.value.key) == (code, key)
    with pytest.raises(MessageTooLarge):
        await report(link, DEMO_DEVICE_ID, {"display_text": ("x" * 11_000, now_ms())})


async def test_duplicate_and_stray_answers(cloud: TuyaLinkCloudSimulator, link: TuyaLink) -> None:
    cloud.faults.answer_twice = True
    assert (await get_thing_model(link)).properties
    cloud.faults.answer_twice = False
    cloud.faults.wrong_msg_id = True
    with pytest.raises(LinkError):
        _ = await get_thing_model(link, timeout=0.3)
    cloud.faults.wrong_msg_id = False
    assert (await get_thing_model(link)).properties


async def test_taken_over(cloud: TuyaLinkCloudSimulator) -> None:
    """Another client with our certificate: it is told once, and we come back when it has gone."""
    link = make_link(
        cloud,
        timings=LinkTimings(
            backoff_first=0.02, backoff_most=0.05, takeover_within=2.0, taken_over_first=0.3, taken_over_most=0.3
        ),
    )
    lost: list[LinkError] = []
    link.on_lost = lost.append
    async with running(link):
        await until(lambda: link.connected)
        rival = await cloud.take_over(DEMO_DEVICE_ID, persistent=True)
        await until(lambda: link.taken_over)
        assert isinstance(lost[-1], TakenOver)
        connections = rival.connections
        assert connections >= 2
        told = len([one for one in lost if isinstance(one, TakenOver)])
        await cloud.release(DEMO_DEVICE_ID)
        await until(lambda: link.connected and not link.taken_over)
        assert told == 1


async def test_rejoin(cloud: TuyaLinkCloudSimulator) -> None:
    """After a cut, own topics and those of sub-devices are heard again; the gateway has to log them in anew."""
    link = make_link(cloud, timings=LinkTimings(backoff_first=0.02, backoff_most=0.05, takeover_within=0.0))

    async def take(command: PropertySet) -> None:
        await answer_set(link, command)

    link.on_property_set = take
    async with running(link):
        await until(lambda: link.connected)
        (device_id,) = (await bind(link, [(LIGHT_PRODUCT, "lamp", None)])).values()
        await login(link, [device_id])
        await cloud.wait_for_device(device_id, timeout=PATIENCE)
        assert cloud.kick(DEMO_DEVICE_ID)
        await until(lambda: link.statistics.connections == 2 and link.connected)
        assert not cloud.device(device_id).online
        await login(link, [device_id])
        await cloud.wait_for_device(device_id, timeout=PATIENCE)
        assert (await cloud.set_property(device_id, {"switch_led": True}, timeout=PATIENCE)).code == 0
        assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == 0
    assert cloud.violations == []
