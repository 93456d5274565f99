"""Diagnostics, the system health page, and what must never be in either, nor in logs and errors."""

from base64 import b64decode, b64encode
import json
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_gateway import Codec, SimulatedDevice, TuyaGatewaySimulator
from simulators.tuya_gateway.demo.points import device as simulated_device, ro, rw, wo
from simulators.tuya_gateway.schema import boolean, raw
from tests.helpers import UNKNOWN_CATEGORY, entity_id, load, make_entry, plug, wait_until

pytestmark = pytest.mark.usefixtures("unloading")

CHANGING = props("port", "reported_at", "created_at", "modified_at", "entry_id", "last_received", "connected_since")


@pytest.fixture
def the_plug(simulator: TuyaGatewaySimulator) -> SimulatedDevice:
    """Return the plug of the simulator."""
    return next(iter(simulator.devices.values()))


async def test_entry_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: TuyaGatewaySimulator,
    entry: MockConfigEntry,
    the_plug: SimulatedDevice,
    snapshot: SnapshotAssertion,
) -> None:
    """All of the devices, their data points, values and entities, and how the link fares."""
    hub = entry.runtime_data
    await simulator.report(the_plug.id, {"reading": 9999})
    await simulator.report(the_plug.id, {"reading": 9998, "unannounced": [1]})
    await wait_until(lambda: "unannounced" in hub.devices[the_plug.id].state)
    await hass.async_block_till_done()
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics == snapshot(exclude=CHANGING)
    points = diagnostics["devices"][0]["data_points"]  # type: ignore[index, call-overload]
    assert points["reading"]["invalid_reports"] == 2  # type: ignore[index, call-overload]
    assert points["reading"]["reported_at"] > 1.7e9  # type: ignore[index, call-overload, operator]
    assert points["unannounced"]["inferred"] is True  # type: ignore[index, call-overload]


async def test_device_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    simulator: TuyaGatewaySimulator,
    entry: MockConfigEntry,
    the_plug: SimulatedDevice,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The same with one device; a gang stands for its device; the gateway itself has none."""
    device = device_registry.async_get_device_by_identifier((DOMAIN, the_plug.id), entry.entry_id)
    root = device_registry.async_get_device_by_identifier((DOMAIN, simulator.uuid), entry.entry_id)
    assert device is not None
    assert root is not None
    whole: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    part: Any = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert part["devices"] == whole["devices"][:1]
    assert part["entry"] == whole["entry"]

    sensor = part["devices"][0]["data_points"]["reading"]["entities"]
    assert sensor == [entity_id(hass, Platform.SENSOR, the_plug, "reading")]
    er.async_get(hass).async_remove(sensor[0])
    part = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert part["devices"][0]["data_points"]["reading"]["entities"] == []

    none: Any = await get_diagnostics_for_device(hass, hass_client, entry, root)
    assert none["devices"] == []


async def test_diagnostics_without_a_link(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, simulator: TuyaGatewaySimulator, entry: MockConfigEntry
) -> None:
    """They can be had while the gateway is away, which is when one needs them."""
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["connection"]["connected"] is False
    assert diagnostics["connection"]["codec"] is None
    assert len(diagnostics["devices"]) == 2


async def test_diagnostics_of_an_entry_that_fails(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, simulator: TuyaGatewaySimulator
) -> None:
    """And while it cannot be set up, with what there is."""
    await simulator.stop()
    entry = make_entry(simulator)
    await load(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["entry"]["data"]["port"] == simulator.port
    assert diagnostics["devices"] == []
    assert diagnostics["connection"] is None


async def test_system_health(hass: HomeAssistant, entry: MockConfigEntry, simulator: TuyaGatewaySimulator) -> None:
    """Numbers only."""
    assert await async_setup_component(hass, "system_health", {})
    make_entry(simulator, uuid=False, port=1).add_to_hass(hass)
    await simulator.set_online(next(iter(simulator.devices)), False)
    await wait_until(lambda: not entry.runtime_data.available(next(iter(simulator.devices))))
    assert await get_system_health_info(hass, DOMAIN) == {
        "connections": 2,
        "connected": 1,
        "devices": 2,
        "devices_online": 1,
        "data_points": 8,
    }
    await simulator.stop()
    await wait_until(lambda: not entry.runtime_data.connected)
    assert (await get_system_health_info(hass, DOMAIN))["connected"] == 0


def forms(key: str) -> set[str]:
    """Return all that a key of 16 bytes may look like in a text."""
    texts = {key}
    candidates = [key.encode()]
    for decode in (bytes.fromhex, b64decode):
        try:
            candidates.append(decode(key))
        except ValueError:
            continue
    for candidate in candidates:
        if len(candidate) == 16:
            texts |= {candidate.hex(), b64encode(candidate).decode(), repr(candidate)[2:-1], str(list(candidate))}
    return {form.lower() for form in texts}


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("codec", [Codec(), Codec(key_form="hex"), Codec("text", "base64", "base64")], ids=str)
async def test_secrets_stay_secret(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, codec: Codec, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever happens, the device key is in no log, no diagnostics, no error and no state, in none of its forms."""
    caplog.set_level(logging.DEBUG)
    lock = simulated_device("Lock", UNKNOWN_CATEGORY, rw(boolean("relay"), False), wo(raw("unlock_key", 64)))
    said: list[str] = []
    async with TuyaGatewaySimulator([plug(), lock], codec=codec) as simulator:
        hidden = forms(simulator.device_key)
        entry = make_entry(simulator)
        await load(hass, entry)
        hub = entry.runtime_data
        assert entry.state is ConfigEntryState.LOADED
        await hub.send(lock.id, {"unlock_key": "c2VjcmV0IG9mIGEgbG9jaw=="})
        simulator.faults.reject = {"set_value"}
        try:
            await hub.send(lock.id, {"relay": True})
        except HomeAssistantError as err:
            said += [str(err), repr(err), repr(err.__cause__)]
        await simulator.send_garbage(1)
        await simulator.send_garbage(1, "undecryptable")
        await simulator.report(lock.id, {"relay": 17})
        for fault in ("wrong_proof", "reflect_proof", "refuse_auth", "short_nonce", "plain_auth", "garbage_auth"):
            simulator.faults.reset()
            failed = hub.connection.diagnostics()["statistics"]["failed_attempts"]
            setattr(simulator.faults, fault, True)
            await simulator.drop()
            await wait_until(
                lambda: hub.connection.diagnostics()["statistics"]["failed_attempts"] > failed  # noqa: B023
            )
        simulator.faults.reset()
        await wait_until(lambda: hub.connected)
        diagnostics = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry))
        said += [diagnostics, repr(entry.runtime_data), repr(hub.connection), repr(hub.connection.__dict__)]
        said += [repr(state.as_dict()) for state in hass.states.async_all()]
        assert await hass.config_entries.async_unload(entry.entry_id)

    assert "c2VjcmV0" not in diagnostics
    assert simulator.uuid not in diagnostics
    assert '"127.0.0.1"' not in diagnostics
    ours = [
        f"{record.getMessage()} {record.exc_text}" for record in caplog.records if record.name.startswith("custom_comp")
    ]
    assert ours
    for text in (*said, *ours):
        found = [form for form in hidden if form in text.lower()]
        assert not found, f"{found} in: {text}"


async def test_wrong_key_stays_secret_too(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A key that is wrong here may be right elsewhere."""
    caplog.set_level(logging.DEBUG)
    entry = make_entry(simulator, device_key="0123456789abcdef")
    await load(hass, entry)
    assert entry.reason is not None
    # What Home Assistant's own flow manager logs of the entry at DEBUG is its own
    text = entry.reason + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("custom_components")
    )
    assert not [form for form in forms("0123456789abcdef") if form in text.lower()]


@pytest.mark.usefixtures("socket_enabled")
async def test_pictures_stay_at_home(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """What a camera saw is not in diagnostics: neither where its picture is, nor what opens it; what it told of is."""

    def message(**said: object) -> str:
        return b64encode(json.dumps({"cmd": "ipc_motion", **said}).encode()).decode()

    codes = ("movement_detect_pic", "doorbell_pic", "initiative_message", "alarm_message")
    values = {
        "movement_detect_pic": message(files=[["/somewhere/my.jpeg", "my picture's key"]]),
        "doorbell_pic": b64encode(b"https://127.0.0.1/my.jpeg?sign=x").decode(),
        "initiative_message": b64encode(b"\xff\xd8 my garden").decode(),
        "alarm_message": message(note="no picture"),
    }
    camera = simulated_device("Camera", "sp", *(ro(raw(code, 500), values[code]) for code in codes))
    async with TuyaGatewaySimulator([camera]) as simulator:
        entry = make_entry(simulator)
        await load(hass, entry)
        told: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
        (device,) = told["devices"]
        shown = {code: point["value"] for code, point in device["data_points"].items()}
        assert shown == {
            "movement_detect_pic": '{"cmd": "ipc_motion"}',
            "doorbell_pic": "**REDACTED**",
            "initiative_message": "**REDACTED**",
            "alarm_message": values["alarm_message"],
        }
        assert await hass.config_entries.async_unload(entry.entry_id)
