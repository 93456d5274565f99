"""The flows of a TuyaLink device: adding, reauthentication, reconfiguration, options."""

from collections.abc import Generator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_schema_suggested_value

from custom_components.iot_gateway.clients.tuyalink import (
    AnswerTimeout,
    CannotConnect,
    CloudRefused,
    CredentialsRefused,
    LinkError,
    LinkLost,
    MessageInvalid,
    TakenOver,
)
from custom_components.iot_gateway.config_flow_tuyalink import TuyaLinkOptionsFlow
from custom_components.iot_gateway.const import DOMAIN, TUYALINK_REGIONS
from simulators.tuyalink_cloud import DEMO_DEVICE_ID, DEMO_DEVICE_SECRET, GATEWAY_PRODUCT, TuyaLinkCloudSimulator

pytestmark = pytest.mark.usefixtures("socket_enabled")
"""The menu listens for gateways meanwhile."""

FLOW = "custom_components.iot_gateway.config_flow_tuyalink"
DATA = {
    "connection": "tuyalink",
    "host": "m1.tuyaeu.com",
    "port": 8883,
    "tls": True,
    "product_id": "gwdemo0000000001",
    "device_id": "6c51a0d3c0de71aa01gwxx",
    "device_secret": "51a0d3c0de71f00d",
}
ERRORS = [
    (CannotConnect("no answer"), "tuyalink_unreachable"),
    (CannotConnect("self-signed", certificate_invalid=True), "tuyalink_certificate_invalid"),
    (CredentialsRefused("not authorised"), "tuyalink_credentials_refused"),
    (TakenOver("twice"), "tuyalink_taken_over"),
    (LinkLost("gone"), "tuyalink_not_connected"),
    (AnswerTimeout("late"), "tuyalink_no_answer"),
    (CloudRefused(1002, "bind"), "tuyalink_refused"),
    (MessageInvalid("what?"), "tuyalink_error"),
]


@pytest.fixture
def probe() -> Generator[AsyncMock]:
    """Connect to nobody; a test may give it a side effect."""
    with patch(f"{FLOW}.async_probe") as mock:
        yield mock


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return an entry that is not set up."""
    mock_entry = MockConfigEntry(domain=DOMAIN, title="TuyaLink gwxx", unique_id=DATA["device_id"], data=DATA)
    mock_entry.add_to_hass(hass)
    return mock_entry


def typed(port: int = 8883, tls: bool = True, **changes: str) -> dict[str, Any]:
    """Return what a user types to add a device."""
    given = {key: DATA[key] for key in ("host", "product_id", "device_id", "device_secret")}
    return {**given, **changes, "server": {"port": port, "tls": tls}}


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Go through the menu; return the form of a device."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "tuyalink"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tuyalink"
    assert not result["errors"]
    return result


async def configure(hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]) -> ConfigFlowResult:
    """Submit the form of a flow."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


def suggested(result: ConfigFlowResult, field: str) -> Any:
    """Return what is filled in in a form."""
    schema = result["data_schema"]
    assert schema is not None
    return get_schema_suggested_value(schema.schema, field)


# Adding


@pytest.mark.usefixtures("mock_setup")
async def test_user_adds_device(hass: HomeAssistant, probe: AsyncMock) -> None:
    """The flow connects with what was typed, and the entry holds it."""
    result = await begin(hass)
    assert result["description_placeholders"] == {"error": "", "console": "https://platform.tuya.com"}
    result = await configure(hass, result, typed())
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "TuyaLink gwxx"
    assert result["data"] == DATA
    assert result["result"].unique_id == DATA["device_id"]
    assert {key: probe.call_args.args[1][key] for key in DATA if key != "connection"} == {
        key: value for key, value in DATA.items() if key != "connection"
    }


@pytest.mark.usefixtures("mock_setup")
async def test_added_from_the_simulated_cloud(hass: HomeAssistant) -> None:
    """The real client says that a wrong secret is wrong, and that the right one is right."""
    async with TuyaLinkCloudSimulator() as cloud:
        given = typed(
            cloud.port,
            tls=False,
            host=cloud.host,
            product_id=GATEWAY_PRODUCT,
            device_id=DEMO_DEVICE_ID,
            device_secret="f" * 16,
        )
        result = await configure(hass, await begin(hass), given)
        assert result["errors"] == {"base": "tuyalink_credentials_refused"}
        result = await configure(hass, result, {**given, "device_secret": f" {DEMO_DEVICE_SECRET}\n"})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["data"]["device_secret"] == DEMO_DEVICE_SECRET
        assert cloud.violations == []


@pytest.mark.usefixtures("mock_setup", "probe")
@pytest.mark.parametrize(
    ("choice", "host", "port"),
    [
        *((host, host, 8883) for host in TUYALINK_REGIONS.values()),
        ("us_east", "m1-ueaz.tuyaus.com", 8883),
        (" mqtt.example.com ", "mqtt.example.com", 8883),
        ("mqtt.example.com:1883", "mqtt.example.com", 1883),
        ("mqtts://mqtt.example.com:1883/", "mqtt.example.com", 1883),
        ("192.0.2.7", "192.0.2.7", 8883),
        ("[2001:db8::1]:1883", "2001:db8::1", 1883),
        ("2001:db8::1", "2001:db8::1", 8883),
    ],
)
async def test_host(hass: HomeAssistant, choice: str, host: str, port: int) -> None:
    """Chosen from the list, or typed, with a port where it has another one."""
    result = await configure(hass, await begin(hass), typed(host=choice))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (result["data"]["host"], result["data"]["port"]) == (host, port)


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"host": ""}, {"host": "invalid_host"}),
        ({"host": "a b"}, {"host": "invalid_host"}),
        ({"host": "https://example.com"}, {"host": "invalid_host"}),
        ({"host": "example.com:99999"}, {"host": "invalid_host"}),
        ({"product_id": "a/b"}, {"product_id": "invalid_id"}),
        ({"product_id": " "}, {"product_id": "invalid_id"}),
        ({"device_id": "6c51#"}, {"device_id": "invalid_id"}),
        ({"device_secret": " "}, {"device_secret": "secret_needed"}),
    ],
)
async def test_cannot_be_right(
    hass: HomeAssistant, probe: AsyncMock, changes: dict[str, str], errors: dict[str, str]
) -> None:
    """What makes no sense is said at its field, before anybody is asked; then it goes on."""
    result = await configure(hass, await begin(hass), {**typed(), **changes})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    assert probe.call_count == 0
    result = await configure(hass, result, typed())
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize(("err", "key"), ERRORS, ids=[key for _, key in ERRORS])
async def test_does_not_connect(hass: HomeAssistant, probe: AsyncMock, err: LinkError, key: str) -> None:
    """Each cause is told, what was typed stays, and once mended, it goes on."""
    probe.side_effect = err
    result = await configure(hass, await begin(hass), typed(product_id="p1"))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": key}
    assert (result["description_placeholders"] or {})["error"] == str(err)
    assert suggested(result, "product_id") == "p1"
    probe.side_effect = None
    result = await configure(hass, result, typed())
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_known_device(hass: HomeAssistant, probe: AsyncMock, entry: MockConfigEntry) -> None:
    """One device, one entry: a second connection would throw the first one out."""
    result = await configure(hass, await begin(hass), typed(host="m1.tuyaus.com"))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert probe.call_count == 0


@pytest.mark.parametrize(
    ("country", "host"),
    [("DE", "m1.tuyaeu.com"), ("US", "m1.tuyaus.com"), ("CN", "m1.tuyacn.com"), ("IN", "m1.tuyain.com")],
)
async def test_suggested_data_center(hass: HomeAssistant, country: str, host: str) -> None:
    """The one of the country's accounts is filled in, and all can be chosen by name."""
    hass.config.country = country
    result = await begin(hass)
    assert suggested(result, "host") == host
    schema = result["data_schema"]
    assert schema is not None
    options = schema.schema["host"].config["options"]
    assert [option["value"] for option in options] == list(TUYALINK_REGIONS.values())
    assert options[0]["label"] == "China"


# Reauthentication


async def test_reauth(hass: HomeAssistant, probe: AsyncMock, entry: MockConfigEntry, mock_setup: AsyncMock) -> None:
    """The new secret is tried before it is taken, and the entry is loaded with it."""
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "tuyalink_reauth"
    assert result["description_placeholders"] == {
        "error": "",
        "name": "TuyaLink gwxx",
        "device_id": DATA["device_id"],
    }
    probe.side_effect = CredentialsRefused("not authorised")
    result = await configure(hass, result, {"device_secret": "wrong"})
    assert result["errors"] == {"base": "tuyalink_credentials_refused"}
    assert entry.data == DATA
    probe.side_effect = None
    result = await configure(hass, result, {"device_secret": " new "})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.data == {**DATA, "device_secret": "new"}
    await hass.async_block_till_done()
    assert mock_setup.call_count == 1


async def test_reauth_with_the_same_secret(
    hass: HomeAssistant, probe: AsyncMock, entry: MockConfigEntry, mock_setup: AsyncMock
) -> None:
    """Where the cloud was wrong, or the clock, the entry is loaded anew, although it is as it was."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    entry.add_update_listener(AsyncMock())
    result = await entry.start_reauth_flow(hass)
    with patch("custom_components.iot_gateway.async_unload_entry", return_value=True):
        result = await configure(hass, result, {"device_secret": DATA["device_secret"]})
        assert result["reason"] == "reauth_successful"
        await hass.async_block_till_done()
    assert mock_setup.call_count == 2


async def test_reauth_of_what_runs(
    hass: HomeAssistant, probe: AsyncMock, entry: MockConfigEntry, mock_setup: AsyncMock
) -> None:
    """A connection that runs watches its entry: it is not for the flow to load it anew."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    listener = AsyncMock()
    entry.add_update_listener(listener)
    result = await entry.start_reauth_flow(hass)
    result = await configure(hass, result, {"device_secret": "new"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert listener.await_count == 1
    assert mock_setup.call_count == 1


# Reconfiguration


async def test_reconfigure(
    hass: HomeAssistant, probe: AsyncMock, entry: MockConfigEntry, mock_setup: AsyncMock
) -> None:
    """Another host is tried first; the secret stays where none is typed, and the device is the same."""
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "tuyalink_reconfigure"
    assert suggested(result, "host") == "m1.tuyaeu.com"
    probe.side_effect = CannotConnect("no answer")
    given = {"host": "mqtt.example.com:1883", "server": {"port": 8883, "tls": False}}
    result = await configure(hass, result, given)
    assert result["errors"] == {"base": "tuyalink_unreachable"}
    assert entry.data == DATA
    probe.side_effect = None
    result = await configure(hass, result, given)
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {**DATA, "host": "mqtt.example.com", "port": 1883, "tls": False}
    assert entry.unique_id == DATA["device_id"]
    await hass.async_block_till_done()
    assert mock_setup.call_count == 1


@pytest.mark.usefixtures("mock_setup", "probe")
async def test_reconfigure_secret(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A secret that is typed is taken; a host that is none is said so."""
    result = await entry.start_reconfigure_flow(hass)
    given = {"host": "?", "device_secret": "new", "server": {"port": 8883, "tls": True}}
    result = await configure(hass, result, given)
    assert result["errors"] == {"host": "invalid_host"}
    result = await configure(hass, result, {**given, "host": "m1.tuyaeu.com"})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {**DATA, "device_secret": "new"}


# Options


@pytest.mark.usefixtures("mock_setup")
async def test_options(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What is set is kept; the flow loads nothing anew itself."""
    assert not hasattr(TuyaLinkOptionsFlow, "automatic_reload")
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["step_id"] == "tuyalink"
    assert suggested(result, "reports_per_minute") == 30
    assert suggested(result, "history_limit") == 5000
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(
            result["flow_id"], {"reports_per_minute": 0, "history_limit": 10}
        )
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"reports_per_minute": 60.0, "history_limit": 0}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"reports_per_minute": 60, "history_limit": 0}
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(result, "reports_per_minute") == 60


async def test_other_connections_expose_nothing(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Subentries are for TuyaLink only."""
    assert set(entry.supported_subentry_types) == {"entity", "sub_device", "action"}
    other = MockConfigEntry(domain=DOMAIN, data={"connection": "tuya_cloud"})
    other.add_to_hass(hass)
    assert other.supported_subentry_types == {}
