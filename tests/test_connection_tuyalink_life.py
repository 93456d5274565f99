"""A TuyaLink connection over outages, restarts, another client, and a new secret: nothing lost, and the user told what to do."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
import gc
import json
from pathlib import Path
import ssl
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STOP,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.ssl import get_default_context
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.clients.tuyalink import (
    DONE,
    BindRefused,
    CannotConnect,
    CloudRefused,
    CloudTime,
    CredentialsRefused,
    LinkError,
    LinkLost,
    MessageInvalid,
    TuyaLink,
)
from custom_components.iot_gateway.connections import tuyalink_joining, tuyalink_probe, tuyalink_store
from custom_components.iot_gateway.connections.tuyalink_errors import error_key
from custom_components.iot_gateway.connections.tuyalink_flows import async_model
from custom_components.iot_gateway.connections.tuyalink_probe import async_make_link, async_probe
from simulators.tuyalink_cloud import DEMO_DEVICE_ID, LinkDevice, TuyaLinkCloudSimulator
from tests.helpers import load, stays, wait_until
from tests.tuyalink_helpers import (
    PATIENCE,
    TIMINGS,
    booleans,
    connection_of,
    entity,
    event_pair,
    issues,
    link_entry,
    load_link,
    pair,
    quickly,
    unload_all,
)

pytestmark = pytest.mark.usefixtures("socket_enabled", "prepared")

SENSOR = {"unit_of_measurement": "°C", "device_class": "temperature"}
EVENT = {"event_types": ["single", "double", "long"], "device_class": "button"}


@pytest.fixture
async def prepared(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[None]:
    """Let the connection hurry, and unload it afterwards."""
    with quickly():
        yield
        await unload_all(hass)


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[TuyaLinkCloudSimulator]:
    """Return a running cloud, which must have nothing to complain of."""
    async with TuyaLinkCloudSimulator() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def device(cloud: TuyaLinkCloudSimulator) -> LinkDevice:
    """Return what the cloud has of us."""
    return cloud.device(DEMO_DEVICE_ID)


def temperature(hass: HomeAssistant, value: float) -> None:
    hass.states.async_set("sensor.attic", str(value), SENSOR)


def press(hass: HomeAssistant, kind: str) -> None:
    now = dt_util.utcnow().isoformat(timespec="microseconds")
    hass.states.async_set("event.bell", now, {**EVENT, "event_type": kind})


async def exposing(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, **options: Any) -> MockConfigEntry:
    """Load an entry that exposes a sensor, an event and a switch, and wait until the cloud knows them."""
    await booleans(hass, "lamp")
    temperature(hass, 20)
    hass.states.async_set("event.bell", "unknown", EVENT)
    entry = link_entry(
        cloud,
        entity("sensor.attic", pair("value", "temp_current")),
        entity("event.bell", event_pair("button_pressed", parameter="kind")),
        entity("input_boolean.lamp", pair("on", "switch_1")),
        options=options,
    )
    connection = await load_link(hass, entry)
    await cloud.wait_for(lambda: cloud.gateway.values.keys() == {"temp_current", "switch_1"}, PATIENCE)
    await wait_until(lambda: connection.diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
    return entry


async def lose(cloud: TuyaLinkCloudSimulator, entry: MockConfigEntry) -> None:
    """Stop the cloud, and wait until that was noticed."""
    await cloud.stop()
    await wait_until(lambda: not entry.runtime_data.connected, PATIENCE)


async def far_from_home(hass: HomeAssistant, count: int, start: int = 0) -> None:
    """Let things happen while the cloud is away."""
    for index in range(start, start + count):
        temperature(hass, 30 + index / 10)
        await hass.async_block_till_done()


# Outages


async def test_outage(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """Every change and event of an outage arrives: the last ones as news, the others as history with their times."""
    entry = await exposing(hass, cloud)
    await lose(cloud, entry)
    await far_from_home(hass, 50)
    for kind in ("single", "double", "long"):
        press(hass, kind)
        await hass.async_block_till_done()
    await cloud.start()
    await wait_until(lambda: entry.runtime_data.connected, PATIENCE)
    await cloud.wait_for(lambda: device.value("temp_current") == 349, PATIENCE)
    connection = connection_of(entry)
    await wait_until(lambda: connection.diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
    told = [one.value for one in device.history if one.code == "temp_current"]
    assert told == list(range(300, 349))
    times = [one.time for one in device.history if one.code == "temp_current"]
    assert None not in times
    assert times == sorted(time for time in times if time is not None)
    pressed = [one.value["kind"] for one in device.history if one.event] + [
        one.outputs["kind"] for one in device.events
    ]
    assert pressed == ["single", "double", "long"]
    assert device.value("temp_current") == 349
    assert connection.diagnostics()["outbox"]["dropped"] == 0
    # The exposures still work
    assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == DONE


async def test_bounded(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """More than the limit allows: the oldest are dropped, and counted."""
    entry = await exposing(hass, cloud, history_limit=10)
    await lose(cloud, entry)
    await far_from_home(hass, 50)
    await cloud.start()
    await cloud.wait_for(lambda: device.value("temp_current") == 349 and len(device.history) >= 10, PATIENCE)
    connection = connection_of(entry)
    await wait_until(lambda: connection.diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
    assert [one.value for one in device.history] == list(range(339, 349))
    assert connection.diagnostics()["outbox"]["dropped"] == 39


async def test_restart_during_an_outage(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """What was kept outlives a restart, and the entry is set up without the cloud, so that what follows is kept too."""
    entry = await exposing(hass, cloud)
    await lose(cloud, entry)
    await far_from_home(hass, 5)
    press(hass, "single")
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert not entry.runtime_data.connected
    await far_from_home(hass, 5, start=5)
    press(hass, "double")
    await hass.async_block_till_done()
    await cloud.start()
    await cloud.wait_for(lambda: device.value("temp_current") == 309, PATIENCE)
    connection = connection_of(entry)
    await wait_until(lambda: connection.diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
    assert [one.value for one in device.history if one.code == "temp_current"] == list(range(300, 309))
    pressed = [one.value["kind"] for one in device.history if one.event] + [
        one.outputs["kind"] for one in device.events
    ]
    assert pressed == ["single", "double"]


async def test_home_assistant_stops(
    hass: HomeAssistant, hass_storage: dict[str, Any], cloud: TuyaLinkCloudSimulator
) -> None:
    """Home Assistant unloads no entry when it stops; what is kept is written all the same, and the connection ended."""
    entry = await exposing(hass, cloud)
    await lose(cloud, entry)
    await far_from_home(hass, 5)
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done(wait_background_tasks=True)
    kept = hass_storage[f"iot_gateway.tuyalink.{entry.entry_id}"]["data"]["kept"]["outbox"]
    assert len(kept["history"]) == 4
    assert kept["pending"][0][2:4] == ["temp_current", 304]
    hass.set_state(CoreState.running)


async def test_power_cut(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    cloud: TuyaLinkCloudSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the cloud is away, what is kept is written now and then, although changes never stop."""
    monkeypatch.setattr(tuyalink_store, "_SAVE_DELAY", 0.05)
    entry = await exposing(hass, cloud)
    key = f"iot_gateway.tuyalink.{entry.entry_id}"
    await lose(cloud, entry)
    values = iter(range(1, 100_000))

    def written() -> bool:
        temperature(hass, 30 + next(values) % 90 / 10)
        kept = hass_storage.get(key, {}).get("data", {}).get("kept", {}).get("outbox", {})
        return len(kept.get("history", ())) >= 5

    await wait_until(written, PATIENCE)
    # Fit for a disk
    assert json.loads(json.dumps(hass_storage[key]["data"])) == hass_storage[key]["data"]
    # And what has arrived is not sent once more after the next one
    await cloud.start()
    await wait_until(lambda: entry.runtime_data.connected, PATIENCE)
    await wait_until(lambda: connection_of(entry).diagnostics()["outbox"]["waiting"] == 0, PATIENCE)
    await wait_until(lambda: not hass_storage[key]["data"]["kept"]["outbox"]["history"], PATIENCE)


async def test_cloud_answers_nothing_at_first(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice
) -> None:
    """What the cloud refuses at the moment of joining is asked for again."""
    await booleans(hass, "lamp")
    failure = cloud.faults.fail("thing/model/get", 1001, count=2)
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    await load(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    await cloud.wait_for(lambda: device.value("switch_1") is False, PATIENCE)
    assert failure.count == 0


async def test_cloud_that_tells_no_time(
    hass: HomeAssistant,
    cloud: TuyaLinkCloudSimulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The time is only for bug reports: without it nothing is asked for again and again."""

    async def ask_time(link: TuyaLink) -> CloudTime:
        raise MessageInvalid("The cloud tells no time")

    monkeypatch.setattr(tuyalink_joining, "ask_time", ask_time)
    connection = await load_link(hass, link_entry(cloud))
    assert connection._joining._task is not None
    async with asyncio.timeout(PATIENCE):
        await connection._joining._task
    assert cloud.calls["ota/firmware/report"] == 1
    assert "up to date" not in caplog.text
    assert connection.diagnostics()["clock_offset"] is None


async def test_product_without_a_model(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """Nothing can be shown, and nothing breaks."""
    await booleans(hass, "lamp")
    model, cloud.gateway.product.model = cloud.gateway.product.model, None
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    _ = await load_link(hass, entry)
    assert cloud.gateway.values == {}
    with pytest.raises(CloudRefused) as refused:
        _ = await async_model(hass, entry)
    assert error_key(refused.value) == "tuyalink_no_model"
    cloud.gateway.product.model = model
    cloud.violations.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await cloud.wait_for(lambda: cloud.gateway.value("switch_1") is False, PATIENCE)


# Wishes


async def test_wish_waits_for_its_entity(
    hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice
) -> None:
    """A wish for an entity that is not available is fulfilled when it is, and cleared only then."""
    await booleans(hass, "lamp")
    hass.states.async_set("input_boolean.lamp", STATE_UNAVAILABLE)
    await cloud.desire(DEMO_DEVICE_ID, {"switch_1": True})
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    connection = await load_link(hass, entry)
    assert device.desired.keys() == {"switch_1"}
    assert connection.diagnostics()["wishes"]["open"] == [DEMO_DEVICE_ID]
    hass.states.async_set("input_boolean.lamp", STATE_OFF)
    await wait_until(lambda: hass.states.is_state("input_boolean.lamp", STATE_ON), PATIENCE)
    await cloud.wait_for(lambda: not device.desired, PATIENCE)


async def test_wish_that_is_not_cleared(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """It is done once: with the next connection the cloud would undo what the user has done since."""
    _ = cloud.faults.fail("thing/property/desired/delete", 1001)
    await booleans(hass, "lamp")
    await cloud.desire(DEMO_DEVICE_ID, {"switch_1": True})
    entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")))
    connection = await load_link(hass, entry)
    assert hass.states.is_state("input_boolean.lamp", STATE_ON)
    await cloud.wait_for(lambda: device.value("switch_1") is True, PATIENCE)
    assert device.desired.keys() == {"switch_1"}
    await hass.services.async_call("input_boolean", "turn_off", {"entity_id": "input_boolean.lamp"}, blocking=True)
    await lose(cloud, entry)
    cloud.faults.failures.clear()
    await cloud.start()
    await cloud.wait_for(lambda: not device.desired, PATIENCE)
    await cloud.wait_for(lambda: device.value("switch_1") is False, PATIENCE)
    assert hass.states.is_state("input_boolean.lamp", STATE_OFF)
    assert connection.diagnostics()["wishes"] == {"total": 1, "open": []}
    # A new one is another
    await lose(cloud, entry)
    await cloud.start()
    await wait_until(lambda: entry.runtime_data.connected, PATIENCE)
    await wait_until(connection._joining.joined.is_set, PATIENCE)
    await cloud.desire(DEMO_DEVICE_ID, {"switch_1": True})
    await lose(cloud, entry)
    await cloud.start()
    await wait_until(lambda: hass.states.is_state("input_boolean.lamp", STATE_ON), PATIENCE)
    await cloud.wait_for(lambda: not device.desired, PATIENCE)


async def test_wishes_of_an_outage(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, device: LinkDevice) -> None:
    """The newest wish is fulfilled, reported and cleared; one that cannot be is cleared too."""
    entry = await exposing(hass, cloud)
    await lose(cloud, entry)
    await cloud.desire(DEMO_DEVICE_ID, {"switch_1": False})
    await cloud.desire(DEMO_DEVICE_ID, {"switch_1": True})
    await cloud.start()
    await wait_until(lambda: hass.states.is_state("input_boolean.lamp", STATE_ON), PATIENCE)
    await cloud.wait_for(lambda: not device.desired and device.value("switch_1") is True, PATIENCE)


# Certificates


async def test_taken_over(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program with our certificate: one repair, slow attempts, no ping-pong; gone when the other has gone."""
    # On a busy machine the other one takes a while to come back
    monkeypatch.setattr(tuyalink_probe, "LINK_TIMINGS", replace(TIMINGS, takeover_within=3.0))
    entry = await exposing(hass, cloud)
    rival = await cloud.take_over(DEMO_DEVICE_ID, persistent=True)
    await wait_until(lambda: "certificate_used_twice" in issues(hass), PATIENCE)
    assert not entry.runtime_data.connected
    connections = rival.connections
    # A rival that is left alone most of the time is not thrown out all the time
    await stays(lambda: rival.connections <= connections + 2, 0.5)
    assert entry.state is ConfigEntryState.LOADED
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == []
    await far_from_home(hass, 3)
    await cloud.release(DEMO_DEVICE_ID)
    await wait_until(lambda: "certificate_used_twice" not in issues(hass), PATIENCE)
    await cloud.wait_for(lambda: cloud.gateway.value("temp_current") == 302, PATIENCE)
    assert entry.runtime_data.connected


async def test_secret_reset(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """A secret that was reset in the console: the user is asked for the new one, once, and with it all goes on."""
    entry = await exposing(hass, cloud)
    await cloud.reset_secret(DEMO_DEVICE_ID, "fedcba9876543210")
    await wait_until(hass.config_entries.flow.async_progress, PATIENCE)
    await wait_until(lambda: connection_of(entry).diagnostics()["link"]["refused"] >= 2, PATIENCE)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    await far_from_home(hass, 3)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "device_secret": "fedcba9876543210"})
    await hass.async_block_till_done()
    await cloud.wait_for(lambda: cloud.gateway.value("temp_current") == 302, PATIENCE)
    # Of its own accord it is asked no more
    await wait_until(lambda: not hass.config_entries.flow.async_progress(), PATIENCE)
    assert cloud.gateway.online


async def test_other_options(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    """Options take a new connection; a new title does not."""
    entry = await exposing(hass, cloud)
    hass.config_entries.async_update_entry(entry, title="Another")
    await hass.async_block_till_done()
    assert len(cloud.gate.attempts) == 1
    hass.config_entries.async_update_entry(entry, options={**entry.options, "history_limit": 5})
    await hass.async_block_till_done()
    await cloud.wait_for(lambda: len(cloud.gate.attempts) == 2 and cloud.gateway.online, PATIENCE)


async def test_removed(hass: HomeAssistant, hass_storage: dict[str, Any], cloud: TuyaLinkCloudSimulator) -> None:
    """With the entry goes all that was kept, and its repairs."""
    entry = link_entry(cloud, entity("sensor.nowhere", pair("value", "temp_current")))
    _ = await load_link(hass, entry)
    assert issues(hass)
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert issues(hass) == {}
    assert not any("tuyalink" in key for key in hass_storage)


# What flows use


async def test_probe(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    data = dict(link_entry(cloud).data)
    await async_probe(hass, data)
    with pytest.raises(CredentialsRefused):
        await async_probe(hass, {**data, "device_secret": "0123456789abcdef"})
    with pytest.raises(MessageInvalid):
        _ = await async_make_link(hass, {**data, "device_id": "a/b"})
    await cloud.stop()
    with pytest.raises(CannotConnect):
        await async_probe(hass, data)


def ignore_refused_handshakes(hass: HomeAssistant) -> None:
    """Let the event loop say nothing of handshakes that our own client has ended: it tells the simulator, which is in it, why.

    For as long as the test lasts, because a busy loop may get to it long after the client has given up.
    """
    handler = hass.loop.get_exception_handler()
    assert handler is not None

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), (ssl.SSLError, ConnectionError)):
            handler(loop, context)

    # Home Assistant's fixture sets its own back
    hass.loop.set_exception_handler(handle)


async def test_tls(hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS is verified by what the system trusts, and Home Assistant's own context stays what it is."""
    shared = get_default_context()
    before = shared.minimum_version, shared.maximum_version
    async with TuyaLinkCloudSimulator(tls=True) as cloud:
        await booleans(hass, "lamp")
        entry = link_entry(cloud, entity("input_boolean.lamp", pair("on", "switch_1")), tls=True)
        ignore_refused_handshakes(hass)
        await load(hass, entry)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key == "tuyalink_certificate_invalid"
        assert cloud.certificate is not None
        trusted = tmp_path / "authority.pem"
        trusted.write_text(cloud.certificate.authority, encoding="ascii")
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert await hass.config_entries.async_reload(entry.entry_id)
        await cloud.wait_for(lambda: cloud.gateway.value("switch_1") is False, PATIENCE)
        assert (await cloud.set_property(DEMO_DEVICE_ID, {"switch_1": True}, timeout=PATIENCE)).code == DONE
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert (shared.minimum_version, shared.maximum_version) == before
    _ = gc.collect()


async def test_models(hass: HomeAssistant, cloud: TuyaLinkCloudSimulator) -> None:
    entry = link_entry(cloud)
    with pytest.raises(LinkLost):
        _ = await async_model(hass, entry)
    _ = await load_link(hass, entry)
    model = await async_model(hass, entry)
    assert model.properties["switch_1"].name == "Switch 1"
    await lose(cloud, entry)
    with pytest.raises(LinkLost):
        _ = await async_model(hass, entry)


@pytest.mark.parametrize(
    ("err", "key"),
    [
        (CannotConnect("x"), "tuyalink_unreachable"),
        (CannotConnect("x", certificate_invalid=True), "tuyalink_certificate_invalid"),
        (CredentialsRefused("x"), "tuyalink_credentials_refused"),
        (LinkLost("x"), "tuyalink_not_connected"),
        (BindRefused(0, "device/sub/bind", {}), "tuyalink_not_bound"),
        (BindRefused(1002, "device/sub/bind", {}), "tuyalink_bind_refused"),
        (CloudRefused(2002, "thing/model/get"), "tuyalink_no_model"),
        (CloudRefused(1001, "thing/model/get"), "tuyalink_refused"),
        (MessageInvalid("x"), "tuyalink_error"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_error_keys(err: LinkError, key: str) -> None:
    assert error_key(err) == key
