"""The flows: adding a gateway by hand and by discovery, reauthentication, reconfiguration, options."""

from collections.abc import Callable
import socket
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import (
    SOURCE_DHCP,
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_schema_suggested_value

from custom_components.iot_gateway.clients.tuya_gateway import GatewayClient, RequestTimeout
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_gateway import Codec, TuyaGatewaySimulator
from simulators.tuya_gateway.announce import Announcer
from simulators.tuya_gateway.demo.points import device as simulated_device, rw
from simulators.tuya_gateway.schema import enum, integer
from tests.helpers import TITLE, entity_id, find_entity, listening_on, load, make_entry, state_now, state_of, wait_until

pytestmark = pytest.mark.usefixtures("unloading")

WRONG_KEY = "0123456789abcdef"


def typed(simulator: TuyaGatewaySimulator, **changes: object) -> dict[str, Any]:
    """Return what a user types to add a simulator."""
    return {
        "host": simulator.host,
        "port": simulator.port,
        "path": simulator.path,
        "uuid": simulator.uuid,
        "device_key": simulator.device_key,
        **changes,
    }


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Go through the menu; return the form of a gateway."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "user"
    assert result["menu_options"] == ["tuya_gateway", "tuya_cloud", "tencent_video", "tuyalink"]
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "tuya_gateway"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tuya_gateway"
    assert not result["errors"]
    return result


async def discover(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> ConfigFlowResult:
    """Let a gateway be discovered."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={"uuid": simulator.uuid, "host": simulator.host, "port": simulator.port},
    )


async def configure(hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]) -> ConfigFlowResult:
    """Submit the form of a flow."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


@pytest.mark.usefixtures("mock_setup")
async def test_user_adds_gateway(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """The flow connects, and the entry holds what it connected with."""
    result = await configure(hass, await begin(hass), typed(simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Tuya gateway 127.0.0.1"
    assert result["data"] == {
        "connection": "tuya_gateway",
        "host": "127.0.0.1",
        "port": simulator.port,
        "path": "/",
        "uuid": simulator.uuid,
        "device_key": simulator.device_key,
    }
    assert result["result"].unique_id == simulator.uuid
    assert [request["type"] for request in simulator.requests] == ["get_devices"]
    await simulator.wait_for_disconnection()


@pytest.mark.usefixtures("mock_setup")
async def test_user_input_is_cleaned(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """Stray blanks go, the path gets its slash, and a uuid left empty is none."""
    blanks = typed(simulator, host=" 127.0.0.1 ", path="", uuid=" ", device_key=f" {simulator.device_key}\n")
    result = await configure(hass, await begin(hass), blanks)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {
        "connection": "tuya_gateway",
        "host": "127.0.0.1",
        "port": simulator.port,
        "path": "/",
        "device_key": simulator.device_key,
    }
    assert result["result"].unique_id is None


@pytest.mark.usefixtures("socket_enabled", "mock_setup")
@pytest.mark.parametrize(
    "codec", [Codec(key_form="hex"), Codec(framing="text", encoding="base64", key_form="base64")], ids=str
)
async def test_key_in_every_form(hass: HomeAssistant, codec: Codec) -> None:
    """The form of the key and of the frames is found out, not asked for."""
    async with TuyaGatewaySimulator(codec=codec) as simulator:
        result = await configure(hass, await begin(hass), typed(simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["device_key"] == simulator.device_key


async def _elsewhere(simulator: TuyaGatewaySimulator) -> dict[str, Any]:
    """Return a port where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return {"port": unused.getsockname()[1]}


async def _wrong_key(simulator: TuyaGatewaySimulator) -> dict[str, Any]:
    return {"device_key": WRONG_KEY}


async def _blank_key(simulator: TuyaGatewaySimulator) -> dict[str, Any]:
    return {"device_key": "  "}


async def _http_only(simulator: TuyaGatewaySimulator) -> dict[str, Any]:
    simulator.faults.http_status = 404
    return {}


async def _refusing(simulator: TuyaGatewaySimulator) -> dict[str, Any]:
    simulator.faults.refuse_auth = True
    return {}


async def _impostor(simulator: TuyaGatewaySimulator) -> dict[str, Any]:
    simulator.faults.wrong_proof = True
    return {}


async def _listless(simulator: TuyaGatewaySimulator) -> dict[str, Any]:
    simulator.faults.reject = {"get_devices"}
    return {}


CAUSES: list[Any] = [
    pytest.param(_elsewhere, "cannot_connect", id="no_answer"),
    pytest.param(_http_only, "not_tuya_gateway", id="another_protocol"),
    pytest.param(_wrong_key, "wrong_device_key", id="wrong_key"),
    pytest.param(_blank_key, "wrong_device_key", id="blank_key"),
    pytest.param(_refusing, "refused", id="refused"),
    pytest.param(_impostor, "wrong_proof", id="impostor"),
    pytest.param(_listless, "connection_lost", id="no_list"),
]


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize(("cause", "error"), CAUSES)
async def test_user_error_and_recovery(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, cause: Callable[..., Any], error: str
) -> None:
    """Each failure names its cause, keeps what was typed, and can be mended in the same form."""
    user_input = typed(simulator, **await cause(simulator))
    result = await configure(hass, await begin(hass), user_input)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tuya_gateway"
    assert result["errors"] == {"base": error}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["error"]
    assert user_input["device_key"] not in placeholders["error"]
    assert result["data_schema"] is not None
    assert get_schema_suggested_value(result["data_schema"].schema, "host") == "127.0.0.1"

    simulator.faults.reset()
    result = await configure(hass, result, typed(simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_user_gateway_known_by_uuid(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """The same uuid at another address is the same gateway."""
    make_entry(simulator, host="192.0.2.7").add_to_hass(hass)
    result = await configure(hass, await begin(hass), typed(simulator))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert simulator.opened == 0


async def test_user_gateway_known_by_address(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """The same address is the same gateway, also where no uuid was given."""
    make_entry(simulator).add_to_hass(hass)
    user_input = typed(simulator)
    del user_input["uuid"]
    result = await configure(hass, await begin(hass), user_input)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


@pytest.mark.usefixtures("mock_setup")
async def test_user_withdraws_uuid(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """A uuid of an earlier attempt in the same form leaves no trace."""
    result = await configure(hass, await begin(hass), typed(simulator, device_key=WRONG_KEY))
    result = await configure(hass, result, typed(simulator, uuid=""))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id is None


@pytest.mark.usefixtures("mock_setup")
async def test_user_is_offered_what_was_heard(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """The address of the one gateway that announces itself is filled in; of several, none."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    async with Announcer(simulator, [("127.0.0.1", listening_on(hass))]):
        await wait_until(lambda: len(hass.config_entries.flow.async_progress()) == 2)
    result = await configure(hass, result, {"next_step_id": "tuya_gateway"})
    assert result["data_schema"] is not None
    suggested = {
        key: get_schema_suggested_value(result["data_schema"].schema, key) for key in ("host", "port", "uuid", "path")
    }
    assert suggested == {"host": "127.0.0.1", "port": simulator.port, "uuid": simulator.uuid, "path": None}

    async with (
        TuyaGatewaySimulator(uuid="another") as other,
        Announcer(other, [("127.0.0.1", listening_on(hass))]),
    ):
        await wait_until(lambda: len(hass.config_entries.flow.async_progress()) == 3)
    second = await begin(hass)
    assert second["data_schema"] is not None
    assert get_schema_suggested_value(second["data_schema"].schema, "host") is None

    result = await configure(hass, result, typed(simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    # What is added need not be offered any more
    uuids = {flow["context"].get("unique_id") for flow in hass.config_entries.flow.async_progress()}
    assert uuids == {None, "another"}


@pytest.mark.usefixtures("mock_setup")
async def test_port_is_a_port(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """The form takes no number that is no port."""
    result = await begin(hass)
    with pytest.raises(InvalidData):
        await configure(hass, result, typed(simulator, port=65536))
    assert simulator.opened == 0


# Discovery


@pytest.mark.usefixtures("mock_setup")
async def test_discovery(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """A gateway that announces itself needs its key only."""
    result = await discover(hass, simulator)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "discovery_confirm"
    assert result["description_placeholders"] == {
        "error": "",
        "host": "127.0.0.1",
        "port": str(simulator.port),
        "uuid": simulator.uuid,
    }
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "Tuya gateway 127.0.0.1"}
    assert simulator.opened == 0  # nothing is sent before the user wants it

    result = await configure(hass, result, {"device_key": f" {simulator.device_key} "})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {
        "connection": "tuya_gateway",
        "host": "127.0.0.1",
        "port": simulator.port,
        "path": "/",
        "uuid": simulator.uuid,
        "device_key": simulator.device_key,
    }
    assert result["result"].unique_id == simulator.uuid


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize(("cause", "error"), [cause for cause in CAUSES if cause.id != "no_answer"])
async def test_discovery_error_and_recovery(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, cause: Callable[..., Any], error: str
) -> None:
    """Each failure names its cause and can be mended."""
    changes = await cause(simulator)
    result = await discover(hass, simulator)
    result = await configure(hass, result, {"device_key": simulator.device_key, **changes})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "discovery_confirm"
    assert result["errors"] == {"base": error}

    simulator.faults.reset()
    result = await configure(hass, result, {"device_key": simulator.device_key})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_discovery_of_a_known_gateway(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """A known gateway is no discovery; its entry's address is not touched by what anybody may claim."""
    entry = make_entry(simulator, host="192.0.2.7")
    entry.add_to_hass(hass)
    result = await discover(hass, simulator)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert entry.data["host"] == "192.0.2.7"


async def test_discovery_of_an_ignored_gateway(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """What the user ignored is not shown again."""
    result = await discover(hass, simulator)
    await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_IGNORE}, data={"unique_id": simulator.uuid, "title": "Not this one"}
    )
    result = await discover(hass, simulator)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_discovery_twice(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """One gateway is one discovery."""
    await discover(hass, simulator)
    result = await discover(hass, simulator)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_in_progress"


async def test_discovery_of_what_was_added_by_address(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """An entry without a uuid at the same address is that gateway."""
    result = await discover(hass, simulator)
    make_entry(simulator, uuid=False).add_to_hass(hass)
    result = await configure(hass, result, {"device_key": simulator.device_key})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_tuya_device_on_the_network(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """A device of Tuya's that asks for an address is no gateway yet: it has to announce itself as one."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_DHCP},
        data=DhcpServiceInfo(ip="127.0.0.1", hostname="wlan0", macaddress="105a17000000"),
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "listening"
    async with Announcer(simulator, [("127.0.0.1", listening_on(hass))]):
        await wait_until(hass.config_entries.flow.async_progress)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "discovery_confirm"


# Reauthentication


@pytest.mark.parametrize(("cause", "error"), [cause for cause in CAUSES if cause.id != "no_answer"])
async def test_reauth(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, cause: Callable[..., Any], error: str
) -> None:
    """The key is asked for until one works; everything else stays, and the entry is loaded."""
    entry = make_entry(simulator, device_key=WRONG_KEY)
    await load(hass, entry)
    assert state_now(entry) is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["step_id"] == "reauth_confirm"

    changes = await cause(simulator)
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"device_key": simulator.device_key, **changes}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    assert result["description_placeholders"] is not None
    assert result["description_placeholders"]["name"] == TITLE

    simulator.faults.reset()
    result = await configure(hass, result, {"device_key": simulator.device_key})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.data == make_entry(simulator).data
    assert state_now(entry) is ConfigEntryState.LOADED
    assert not hass.config_entries.flow.async_progress()


# Reconfiguration


async def test_reconfigure(hass: HomeAssistant, simulator: TuyaGatewaySimulator, entry: MockConfigEntry) -> None:
    """Address and key can be changed; the form begins with what is, but never shows the key."""
    async with TuyaGatewaySimulator(path="/lan", device_key=WRONG_KEY) as moved:
        result = await entry.start_reconfigure_flow(hass)
        assert result["type"] is FlowResultType.FORM
        assert result["step_id"] == "reconfigure"
        assert result["description_placeholders"] == {"error": "", "name": TITLE}
        assert result["data_schema"] is not None
        schema = result["data_schema"].schema
        assert get_schema_suggested_value(schema, "port") == simulator.port
        assert simulator.device_key not in str([(key, key.description) for key in schema])

        result = await configure(
            hass, result, {"host": "127.0.0.1", "port": moved.port, "path": "lan", "device_key": WRONG_KEY}
        )
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
        assert state_now(entry) is ConfigEntryState.LOADED
        assert dict(entry.data) == {
            **make_entry(simulator).data,
            "port": moved.port,
            "path": "/lan",
            "device_key": WRONG_KEY,
        }
        assert entry.unique_id == simulator.uuid
        assert moved.connections == 1
        assert simulator.connections == 0
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("empty", [{}, {"device_key": ""}, {"device_key": " "}], ids=str)
async def test_reconfigure_keeps_key(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, entry: MockConfigEntry, empty: dict[str, str]
) -> None:
    """A key left empty is the one there is."""
    result = await entry.start_reconfigure_flow(hass)
    result = await configure(hass, result, {"host": "127.0.0.1", "port": simulator.port, "path": "", **empty})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["path"] == "/"
    assert entry.data["device_key"] == simulator.device_key


@pytest.mark.parametrize(("cause", "error"), CAUSES[:-1])
async def test_reconfigure_error_and_recovery(
    hass: HomeAssistant,
    simulator: TuyaGatewaySimulator,
    entry: MockConfigEntry,
    cause: Callable[..., Any],
    error: str,
) -> None:
    """A place where the gateway is not changes nothing."""
    before = dict(entry.data)
    result = await entry.start_reconfigure_flow(hass)
    user_input = {"host": "127.0.0.1", "port": simulator.port, "path": "/", **await cause(simulator)}
    if not user_input.get("device_key", "x").strip():
        user_input["device_key"] = "x"
    result = await configure(hass, result, user_input)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "reconfigure"
    assert result["errors"] == {"base": error}
    assert dict(entry.data) == before
    assert state_now(entry) is ConfigEntryState.LOADED

    simulator.faults.reset()
    result = await configure(hass, result, {"host": "127.0.0.1", "port": simulator.port, "path": "/"})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()


async def test_reconfigure_to_where_another_is(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, entry: MockConfigEntry
) -> None:
    """Two entries never share one gateway."""
    make_entry(simulator, uuid=False, port=1).add_to_hass(hass)
    result = await entry.start_reconfigure_flow(hass)
    result = await configure(hass, result, {"host": "127.0.0.1", "port": 1, "path": "/"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert entry.data["port"] == simulator.port


# Options


async def test_options(hass: HomeAssistant, simulator: TuyaGatewaySimulator, entry: MockConfigEntry) -> None:
    """The options begin with what is in force, refuse what is no port, and are in force at once."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "init"
    assert result["data_schema"] is not None
    schema = result["data_schema"].schema
    assert get_schema_suggested_value(schema, "discovery_ports") == ["6666", "6667", "7000"]
    assert get_schema_suggested_value(schema, "idle_interval") == 30
    assert get_schema_suggested_value(schema, "show_all") is False
    # There is no cover to choose
    assert "inverted_covers" not in schema

    for ports in (["http"], ["0"], ["65536", "6666"]):
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"discovery_ports": ports, "idle_interval": 5}
        )
        assert result["type"] is FlowResultType.FORM
        assert result["errors"] == {"discovery_ports": "invalid_port"}
        assert result["data_schema"] is not None
        assert get_schema_suggested_value(result["data_schema"].schema, "discovery_ports") == ports

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"discovery_ports": [str(port), str(port)], "idle_interval": 7}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == {"discovery_ports": [port], "idle_interval": 7, "show_all": False}
    assert listening_on(hass) == port
    await wait_until(lambda: simulator.opened == 2 and simulator.connections == 1)

    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["data_schema"] is not None
    assert get_schema_suggested_value(result["data_schema"].schema, "discovery_ports") == [str(port)]
    assert get_schema_suggested_value(result["data_schema"].schema, "idle_interval") == 7


async def choose(hass: HomeAssistant, entry: MockConfigEntry, **options: object) -> None:
    """Choose options, leaving the others as they are."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"discovery_ports": ["6666"], "idle_interval": 30, **options}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert state_now(entry) is ConfigEntryState.LOADED


async def test_show_all(
    hass: HomeAssistant, simulator: TuyaGatewaySimulator, entity_registry: er.EntityRegistry
) -> None:
    """It enables what no table knows, old and new, and takes just that back; a user's own choice stays."""
    gadget = next(iter(simulator.devices.values()))
    entry = make_entry(simulator)
    await load(hass, entry)
    generic = {
        code: entity_id(hass, platform, gadget, code)
        for code, platform in {
            "relay": Platform.SWITCH,
            "lamp": Platform.SWITCH,
            "target": Platform.NUMBER,
            "contact": Platform.BINARY_SENSOR,
        }.items()
    }

    def disabled(code: str) -> er.RegistryEntryDisabler | None:
        return entity_registry.entities[generic[code]].disabled_by

    assert {code: disabled(code) for code in generic} == dict.fromkeys(generic, er.RegistryEntryDisabler.INTEGRATION)
    entity_registry.async_update_entity(generic["relay"], disabled_by=None)
    entity_registry.async_update_entity(generic["lamp"], disabled_by=er.RegistryEntryDisabler.USER)

    await choose(hass, entry, show_all=True)
    assert entry.options["show_all"] is True
    assert [disabled(code) for code in ("relay", "target", "contact")] == [None] * 3
    assert disabled("lamp") is er.RegistryEntryDisabler.USER
    assert state_of(hass, generic["target"]) == "50"

    # One that comes while it is on
    await simulator.report(gadget.id, {"unheard_of": 5})
    await wait_until(lambda: find_entity(hass, Platform.SENSOR, gadget, "unheard_of"))
    await hass.async_block_till_done()
    generic["unheard_of"] = entity_id(hass, Platform.SENSOR, gadget, "unheard_of")
    assert state_of(hass, generic["unheard_of"]) == "5"
    entity_registry.async_update_entity(generic["contact"], disabled_by=er.RegistryEntryDisabler.USER)

    await choose(hass, entry, show_all=False)
    assert {code: disabled(code) for code in generic} == {
        "relay": None,
        "lamp": er.RegistryEntryDisabler.USER,
        "target": er.RegistryEntryDisabler.INTEGRATION,
        "contact": er.RegistryEntryDisabler.USER,
        "unheard_of": er.RegistryEntryDisabler.INTEGRATION,
    }
    assert hass.states.get(generic["target"]) is None
    assert all(DOMAIN not in entity_registry.entities[entity].options for entity in generic.values())

    # And once more, so that nothing of it was for one time only
    await choose(hass, entry, show_all=True)
    assert disabled("target") is None
    await choose(hass, entry, show_all=False)
    assert disabled("target") is er.RegistryEntryDisabler.INTEGRATION


async def test_inverted_covers(
    hass: HomeAssistant,
    simulator: TuyaGatewaySimulator,
    entity_registry: er.EntityRegistry,
    area_registry: ar.AreaRegistry,
) -> None:
    """Covers are chosen by name; one that is away meanwhile stays chosen."""
    curtains = [
        simulated_device(
            name,
            "cl",
            rw(enum("control", "open", "stop", "close"), "stop"),
            rw(integer("percent_control", 0, 100, "%"), 30),
        )
        for name in ("Bedroom", "Attic")
    ]
    simulator.devices = {curtain.id: curtain for curtain in curtains}
    entry = make_entry(simulator)
    await load(hass, entry)
    covers = [entity_id(hass, Platform.COVER, curtain, "control") for curtain in curtains]
    entity_registry.async_update_entity(
        covers[0], name="Blind", area_id=area_registry.async_get_or_create("Guest room").id
    )
    position = hass.states.get(covers[0])
    assert position is not None

    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["data_schema"] is not None
    options = result["data_schema"].schema["inverted_covers"].config["options"]
    assert {option["value"] for option in options} == {f"{curtain.id}_control" for curtain in curtains}
    labels = {option["value"]: option["label"] for option in options}
    assert labels[f"{curtains[0].id}_control"].endswith("Blind (Guest room)")
    assert len(set(labels.values())) == 2
    hass.config_entries.options.async_abort(result["flow_id"])

    await choose(hass, entry, inverted_covers=[f"{curtains[0].id}_control"])
    assert entry.options["inverted_covers"] == [f"{curtains[0].id}_control"]
    inverted = hass.states.get(covers[0])
    assert inverted is not None
    assert inverted.attributes["current_position"] == 100 - position.attributes["current_position"]

    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["data_schema"] is not None
    suggested = get_schema_suggested_value(result["data_schema"].schema, "inverted_covers")
    assert suggested == [f"{curtains[0].id}_control"]
    hass.config_entries.options.async_abort(result["flow_id"])

    # A cover whose entity is not registered any more is not shown, and not forgotten either
    entity_registry.async_remove(covers[0])
    result = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(
        result["flow_id"],
        {"discovery_ports": ["6666"], "idle_interval": 30, "inverted_covers": [f"{curtains[1].id}_control"]},
    )
    await hass.async_block_till_done()
    assert set(entry.options["inverted_covers"]) == {f"{curtain.id}_control" for curtain in curtains}


async def test_probe_closes_what_it_opens(hass: HomeAssistant, simulator: TuyaGatewaySimulator) -> None:
    """Also where the gateway authenticates but does not answer then."""
    result = await begin(hass)
    with patch.object(GatewayClient, "get_devices", side_effect=RequestTimeout("no answer")):
        result = await configure(hass, result, typed(simulator))
    assert result["errors"] == {"base": "connection_lost"}
    await simulator.wait_for_disconnection()
