"""Announcements: unknown gateways become discoveries, known ones are followed once they have authenticated."""

from collections.abc import AsyncGenerator
import socket
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntryState, ConfigFlowResult
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway import discovery
from custom_components.iot_gateway.clients.tuya_gateway import Announcement
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_gateway import TuyaGatewaySimulator
from simulators.tuya_gateway.announce import ANNOUNCEMENTS, Announcer
from tests.helpers import listening_on, load, make_entry, plug, state_now, stays, wait_until

pytestmark = pytest.mark.usefixtures("socket_enabled")


def flows(hass: HomeAssistant) -> list[ConfigFlowResult]:
    """Return the flows under way."""
    return hass.config_entries.flow.async_progress()


def free_udp_port() -> int:
    """Return a UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def announce(hass: HomeAssistant, simulator: TuyaGatewaySimulator, **changes: Any) -> None:
    """Take in an announcement of a simulator as if it had been heard."""
    discovery._announced(
        hass,
        Announcement(**{"uuid": simulator.uuid, "host": simulator.host, "port": simulator.port, **changes}),
    )


@pytest.fixture
async def elsewhere(socket_enabled: None) -> AsyncGenerator[TuyaGatewaySimulator]:
    """Return a second gateway, with the uuid and the key of the first, at another address."""
    async with TuyaGatewaySimulator([plug()]) as running:
        yield running


@pytest.fixture
async def impostor(socket_enabled: None) -> AsyncGenerator[TuyaGatewaySimulator]:
    """Return somebody who claims to be the gateway but does not know the key."""
    async with TuyaGatewaySimulator([plug()], device_key="0123456789abcdef") as running:
        yield running


@pytest.mark.parametrize("form", ANNOUNCEMENTS)
async def test_unknown_gateway(hass: HomeAssistant, simulator: TuyaGatewaySimulator, form: Any) -> None:
    """A gateway that nobody added becomes a discovery, by what it sends over UDP; once, however often it does."""
    assert await async_setup_component(hass, DOMAIN, {})
    async with Announcer(simulator, [("127.0.0.1", listening_on(hass))], form=form, interval=0.01) as announcer:
        await wait_until(lambda: flows(hass))
        sent = announcer.sent
        await wait_until(lambda: announcer.sent > sent + 5)
    await hass.async_block_till_done()
    (flow,) = flows(hass)
    assert flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    assert flow["context"]["unique_id"] == simulator.uuid
    assert flow["step_id"] == "discovery_confirm"
    assert discovery.async_heard(hass) == [Announcement(uuid=simulator.uuid, host=simulator.host, port=simulator.port)]
    assert simulator.opened == 0


async def test_noise_on_the_port(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """Whatever else is sent to the port is passed over."""
    assert await async_setup_component(hass, DOMAIN, {})
    target = ("127.0.0.1", listening_on(hass))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for noise in (b"", b"{", b"\0" * 2000, b'{"uuid": 5, "port": "x"}', b'{"gwId": "a device", "version": "3.3"}'):
            sender.sendto(noise, target)
    async with Announcer(simulator, [target]):
        await wait_until(lambda: flows(hass))
    assert len(flows(hass)) == 1


async def test_made_up_gateways(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """Who floods the network with announcements fills neither the memory nor the page."""
    assert await async_setup_component(hass, DOMAIN, {})
    for number in range(100):
        announce(hass, simulator, uuid=f"made-up-{number:012}")
    await hass.async_block_till_done()
    assert len(flows(hass)) == len(discovery.async_heard(hass)) == 32
    # One that is known moves all the same
    announce(hass, simulator, uuid="made-up-000000000000", port=1)
    assert discovery.async_heard(hass)[0].port == 1


async def test_before_anything_is_set_up(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """Nothing has been heard then."""
    assert discovery.async_heard(hass) == []


async def test_port_in_use(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A port that another program has for itself is no error; the others are listened on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        free = free_udp_port()
        entry = make_entry(simulator, options={"discovery_ports": [taken.getsockname()[1], free]})
        await load(hass, entry)
        assert state_now(entry) is ConfigEntryState.LOADED
        assert listening_on(hass) == free
    assert not [
        record for record in caplog.records if record.levelname in ("WARNING", "ERROR") and DOMAIN in record.name
    ]
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_port_is_shared(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """Another integration that shares its port leaves it to us too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        entry = make_entry(simulator, options={"discovery_ports": [other.getsockname()[1]]})
        await load(hass, entry)
        assert listening_on(hass) == other.getsockname()[1]
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_ports_follow_the_options(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """The ports of all entries are listened on, and what has been heard is not forgotten with a change."""
    assert await async_setup_component(hass, DOMAIN, {})
    before = hass.data[discovery._KEY]
    announce(hass, simulator, uuid="another")
    await discovery.async_listen(hass)
    assert hass.data[discovery._KEY] is before

    ports = {free_udp_port(), free_udp_port()}
    make_entry(simulator, options={"discovery_ports": sorted(ports)}).add_to_hass(hass)
    await discovery.async_listen(hass)
    assert set(hass.data[discovery._KEY].listener.ports_open) == ports
    assert before.listener.ports_open == ()
    assert [heard.uuid for heard in discovery.async_heard(hass)] == ["another"]


async def test_stop(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """With Home Assistant the listening ends."""
    assert await async_setup_component(hass, DOMAIN, {})
    listener = hass.data[discovery._KEY].listener
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert listener.ports_open == ()


@pytest.mark.usefixtures("unloading")
async def test_gateway_of_a_removed_entry(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """A gateway whose entry was removed is discovered again, although it had been heard before."""
    assert await async_setup_component(hass, DOMAIN, {})
    announce(hass, simulator)
    await hass.async_block_till_done()
    (flow,) = flows(hass)
    hass.config_entries.flow.async_abort(flow["flow_id"])
    announce(hass, simulator)
    await hass.async_block_till_done()
    assert not flows(hass)  # the user has seen it

    entry = make_entry(simulator)
    await load(hass, entry)
    announce(hass, simulator)
    await hass.config_entries.async_remove(entry.entry_id)
    announce(hass, simulator)
    await hass.async_block_till_done()
    assert len(flows(hass)) == 1


# A known gateway at a new address


@pytest.mark.usefixtures("unloading")
async def test_moved_while_running(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, elsewhere: TuyaGatewaySimulator
) -> None:
    """A gateway that is away is looked for where it announces itself; the new address is kept."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    async with Announcer(elsewhere, [("127.0.0.1", listening_on(hass))]):
        await wait_until(lambda: entry.runtime_data.connected)
    assert entry.data == {**make_entry(simulator).data, "port": elsewhere.port}
    assert state_now(entry) is ConfigEntryState.LOADED
    assert elsewhere.connections == 1
    assert not flows(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("unloading")
async def test_moved_before_set_up(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, elsewhere: TuyaGatewaySimulator
) -> None:
    """The same while its set-up is being tried."""
    await simulator.stop()
    entry = make_entry(simulator)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    async with Announcer(elsewhere, [("127.0.0.1", listening_on(hass))]):
        await wait_until(lambda: state_now(entry) is ConfigEntryState.LOADED)
    assert entry.data["port"] == elsewhere.port
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("unloading")
@pytest.mark.link(backoff_first=30.0, backoff_most=30.0, uniform=lambda low, high: high)
async def test_back_at_the_old_address(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator
) -> None:
    """A gateway that announces itself where it was is reconnected at once, without waiting for the next attempt."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    await simulator.start()
    before = dict(entry.data)
    announce(hass, simulator)
    await wait_until(lambda: entry.runtime_data.connected)
    assert dict(entry.data) == before


@pytest.mark.usefixtures("unloading")
async def test_impostor(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, impostor: TuyaGatewaySimulator
) -> None:
    """Who announces the gateway's uuid without knowing the key is not believed, and not asked all the time."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    before = dict(entry.data)
    for _ in range(5):
        announce(hass, impostor)
    await impostor.wait_for(lambda: impostor.opened == 1)
    await stays(lambda: impostor.opened == 1, 0.05)
    assert dict(entry.data) == before
    assert entry.runtime_data.connection.address.port == simulator.port
    await simulator.start()
    await wait_until(lambda: entry.runtime_data.connected)


@pytest.mark.usefixtures("unloading")
async def test_connected_gateway_is_not_followed(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, elsewhere: TuyaGatewaySimulator
) -> None:
    """While the link is up, nobody's announcement matters."""
    announce(hass, elsewhere)
    await stays(lambda: elsewhere.opened == 0, 0.05)
    assert entry.data["port"] == simulator.port


@pytest.mark.usefixtures("unloading")
async def test_unloaded_entry_is_not_followed(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, elsewhere: TuyaGatewaySimulator
) -> None:
    """Nor for an entry that is not to be loaded."""
    await hass.config_entries.async_unload(entry.entry_id)
    announce(hass, elsewhere)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert elsewhere.opened == 0
    assert not flows(hass)


@pytest.mark.usefixtures("unloading")
async def test_unloaded_while_following(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator, elsewhere: TuyaGatewaySimulator
) -> None:
    """An entry that is unloaded while its gateway is being looked for stays as it is."""
    elsewhere.faults.delays = {"get_devices": 5.0}
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    announce(hass, elsewhere)
    await elsewhere.wait_for_request("get_devices")
    await hass.config_entries.async_unload(entry.entry_id)
    await elsewhere.wait_for_disconnection()
    assert entry.data["port"] == simulator.port


# The uuid of an entry that was added without


@pytest.mark.usefixtures("unloading")
@pytest.mark.parametrize("heard_before", [False, True])
async def test_uuid_is_adopted(
    hass: HomeAssistant,
    simulator: TuyaGatewaySimulator,
    device_registry: dr.DeviceRegistry,
    heard_before: bool,
) -> None:
    """An entry without a uuid takes that of the gateway that it is connected with; its devices stay the same."""
    assert await async_setup_component(hass, DOMAIN, {})
    if heard_before:
        announce(hass, simulator)
        await hass.async_block_till_done()
        assert len(flows(hass)) == 1
    entry = make_entry(simulator, uuid=False)
    await load(hass, entry)
    devices = {device.id for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)}

    announce(hass, simulator, uuid="a stranger", port=simulator.port + 1)  # not where we are connected
    assert not entry.unique_id
    announce(hass, simulator)
    assert entry.unique_id == simulator.uuid
    assert entry.data == make_entry(simulator).data
    await hass.async_block_till_done()
    assert [flow["context"].get("unique_id") for flow in flows(hass)] == ["a stranger"]

    root = device_registry.async_get_device_by_identifier((DOMAIN, simulator.uuid), entry.entry_id)
    assert root is not None
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert devices == {device.id for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id)}
    assert simulator.opened == 2


@pytest.mark.usefixtures("unloading")
async def test_uuid_is_not_adopted_without_a_link(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """Without a link nobody knows who announces itself there."""
    entry = make_entry(simulator, uuid=False)
    await load(hass, entry)
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    announce(hass, simulator)
    assert entry.unique_id is None


@pytest.mark.usefixtures("unloading")
async def test_identify_before_there_is_a_root(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The hub of another connection may have no root."""
    hub = entry.runtime_data
    with patch.object(hub, "_root", None):
        hub.identify_root("x")
        assert hub._root is None
        assert not hub.owns("x")
