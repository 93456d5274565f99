"""The flows of a Tuya cloud project: adding, reauthentication, reconfiguration, options."""

from collections.abc import AsyncGenerator, Generator
import socket
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_schema_suggested_value

from custom_components.iot_gateway.const import DOMAIN, TUYA_REGIONS
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator, make_device
from simulators.tuya_gateway.demo.points import rw
from simulators.tuya_gateway.schema import enum
from tests.helpers import entity_id, load, state_now, state_of, wait_until
from tests.tuya_cloud_helpers import SMALL, cloud_entry, cloud_plug

pytestmark = pytest.mark.usefixtures("few_platforms", "unload")

WRONG = "f" * 32


@pytest.fixture
def few_platforms() -> Generator[None]:
    """Set few platforms up, which is faster."""
    with patch("custom_components.iot_gateway.PLATFORMS", SMALL):
        yield


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[TuyaCloudSimulator]:
    """Return a running project with one device."""
    async with TuyaCloudSimulator([cloud_plug()]) as running:
        yield running


@pytest.fixture
async def unload(hass: HomeAssistant, cloud: TuyaCloudSimulator, few_platforms: None) -> AsyncGenerator[None]:
    """Unload afterwards what a test has set up."""
    yield
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        if hasattr(entry, "runtime_data"):
            assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def entry(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entity_registry_enabled_by_default: None
) -> MockConfigEntry:
    """Return the loaded entry of the project."""
    mock_entry = cloud_entry(cloud)
    await load(hass, mock_entry)
    assert mock_entry.state is ConfigEntryState.LOADED
    return mock_entry


def typed(cloud: TuyaCloudSimulator, **changes: str) -> dict[str, Any]:
    """Return what a user types to add a project."""
    return {
        "endpoint": cloud.endpoint,
        "access_id": cloud.access_id,
        "access_secret": cloud.access_secret,
        **changes,
    }


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Go through the menu; return the form of a project."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "tuya_cloud"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tuya_cloud"
    assert not result["errors"]
    return result


async def configure(hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]) -> ConfigFlowResult:
    """Submit the form of a flow."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


# Adding


@pytest.mark.usefixtures("mock_setup")
async def test_user_adds_project(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """The flow tries what was typed with two calls, and the entry holds it."""
    result = await begin(hass)
    assert result["description_placeholders"] == {"error": "", "console": "https://platform.tuya.com"}
    result = await configure(hass, result, typed(cloud))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Tuya cloud"
    assert result["data"] == {
        "connection": "tuya_cloud",
        "endpoint": cloud.endpoint,
        "access_id": cloud.access_id,
        "access_secret": cloud.access_secret,
    }
    assert result["result"].unique_id == cloud.access_id
    assert cloud.calls == {"token": 1, "devices": 1}


@pytest.mark.usefixtures("mock_setup")
async def test_second_project_has_another_title(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """Two that are called the same could not be told apart where entries are listed."""
    MockConfigEntry(domain=DOMAIN, title="Tuya cloud", unique_id="another").add_to_hass(hass)
    result = await configure(hass, await begin(hass), typed(cloud))
    assert result["title"] == f"Tuya cloud ({cloud.access_id[-4:]})"


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_added_project_is_set_up(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """When the flow is done, the devices are there."""
    result = await configure(hass, await begin(hass), typed(cloud))
    await hass.async_block_till_done()
    assert state_now(result["result"]) is ConfigEntryState.LOADED  # type: ignore[arg-type]
    assert state_of(hass, entity_id(hass, Platform.SENSOR, cloud_plug(), "reading")) == "21.5"


@pytest.mark.usefixtures("mock_setup")
async def test_input_is_cleaned(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """Stray blanks go, and of the URL all but where the API is."""
    blanks = typed(
        cloud,
        endpoint=f" {cloud.endpoint}/v1.0/token?x=1 ",
        access_id=f" {cloud.access_id}\n",
        access_secret=f"\t{cloud.access_secret} ",
    )
    result = await configure(hass, await begin(hass), blanks)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert {key: value for key, value in result["data"].items() if key != "connection"} == typed(cloud)


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize(
    ("choice", "endpoint"),
    [
        *TUYA_REGIONS.items(),
        ("api.example.com", "https://api.example.com"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("https://user:secret@api.example.com", "https://api.example.com"),
    ],
)
async def test_data_center(hass: HomeAssistant, cloud: TuyaCloudSimulator, choice: str, endpoint: str) -> None:
    """Chosen from the list, or typed."""
    with patch("custom_components.iot_gateway.config_flow_tuya_cloud.async_probe") as probe:
        result = await configure(hass, await begin(hass), typed(cloud, endpoint=choice))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["endpoint"] == endpoint
    assert probe.call_args.args[1]["endpoint"] == endpoint


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize("choice", ["", "ftp://x", "https://", "http://x:port", "http://x:99999", "https://[", "a b"])
async def test_no_data_center(hass: HomeAssistant, cloud: TuyaCloudSimulator, choice: str) -> None:
    """What is no URL is no place to ask."""
    result = await configure(hass, await begin(hass), typed(cloud, endpoint=choice))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"endpoint": "invalid_endpoint"}
    assert cloud.calls == {}
    result = await configure(hass, result, typed(cloud))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize("endpoint", ["token", "devices"])
@pytest.mark.parametrize(
    ("code", "key"),
    [
        (1004, "cloud_credentials_refused"),
        (1106, "cloud_permission_denied"),
        (1114, "cloud_ip_not_allowed"),
        (2007, "cloud_wrong_data_center"),
        (28841107, "cloud_data_center_suspended"),
        (28841105, "cloud_not_subscribed"),
        (28841002, "cloud_subscription_expired"),
        (28841004, "cloud_quota_exhausted"),
        (1111, "cloud_busy"),
        (4711, "cloud_error"),
    ],
)
async def test_refused(hass: HomeAssistant, cloud: TuyaCloudSimulator, endpoint: str, code: int, key: str) -> None:
    """Each cause is told, in the cloud's own words too; what was typed stays; and once mended, it goes on."""
    failure = cloud.faults.fail(endpoint, code, msg="no way")
    result = await configure(hass, await begin(hass), typed(cloud))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": key}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["error"] == f"no way (code {code})"
    schema = result["data_schema"]
    assert schema is not None
    assert get_schema_suggested_value(schema.schema, "access_id") == cloud.access_id
    cloud.faults.failures.remove(failure)
    result = await configure(hass, result, typed(cloud))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("mock_setup")
async def test_wrong_secret(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    result = await configure(hass, await begin(hass), typed(cloud, access_secret=WRONG))
    assert result["errors"] == {"base": "cloud_credentials_refused"}


@pytest.mark.usefixtures("mock_setup")
async def test_nobody_there(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = await configure(hass, await begin(hass), typed(cloud, endpoint=nowhere))
    assert result["errors"] == {"base": "cloud_unreachable"}
    result = await configure(hass, result, typed(cloud))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("mock_setup")
async def test_project_without_devices(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """It may be added: a repair says what it lacks."""
    for device_id in list(cloud.devices):
        cloud.remove_device(device_id)
    result = await configure(hass, await begin(hass), typed(cloud))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_known_project(hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry) -> None:
    """One project, one entry; nothing is asked of the cloud."""
    cloud.calls.clear()
    result = await configure(hass, await begin(hass), typed(cloud, access_id=f" {cloud.access_id} "))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert cloud.calls == {}


# Reauthentication


async def test_reauth(hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry) -> None:
    """The new secret is tried before it is taken."""
    cloud.access_secret = "1" * 32
    result = await entry.start_reauth_flow(hass)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tuya_cloud_reauth"
    assert result["description_placeholders"] == {"error": "", "name": "Tuya cloud"}
    result = await configure(hass, result, {"access_secret": WRONG})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": "cloud_credentials_refused"}
    result = await configure(hass, result, {"access_secret": f" {'1' * 32}\n"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.data["access_secret"] == "1" * 32
    await hass.async_block_till_done()
    await wait_until(lambda: entry.state is ConfigEntryState.LOADED)


# Reconfiguration


async def test_reconfigure_data_center(hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry) -> None:
    """The same project elsewhere; the secret stays where none is typed."""
    async with TuyaCloudSimulator([cloud_plug()]) as other:
        result = await entry.start_reconfigure_flow(hass)
        assert result["type"] is FlowResultType.FORM
        assert result["step_id"] == "tuya_cloud_reconfigure"
        schema = result["data_schema"]
        assert schema is not None
        assert get_schema_suggested_value(schema.schema, "endpoint") == cloud.endpoint
        assert get_schema_suggested_value(schema.schema, "access_id") == cloud.access_id
        assert get_schema_suggested_value(schema.schema, "access_secret") is None
        result = await configure(hass, result, {"endpoint": "no such", "access_id": cloud.access_id})
        assert result["errors"] == {"endpoint": "invalid_endpoint"}
        result = await configure(
            hass, result, {"endpoint": other.endpoint, "access_id": cloud.access_id, "access_secret": " "}
        )
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
        assert entry.data == {"connection": "tuya_cloud", **typed(cloud, endpoint=other.endpoint)}
        assert state_now(entry) is ConfigEntryState.LOADED
        assert other.calls["devices"] == 2
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("country", "region"),
    [("NL", "eu"), ("AU", "eu"), ("US", "us"), ("JP", "us"), ("CN", "cn"), ("IN", "in"), (None, "us")],
)
async def test_data_center_of_the_country_is_suggested(hass: HomeAssistant, country: str | None, region: str) -> None:
    """What most people have need not be looked for; that of another country would not be noticed."""
    hass.config.country = country
    schema = (await begin(hass))["data_schema"]
    assert schema is not None
    assert get_schema_suggested_value(schema.schema, "endpoint") == TUYA_REGIONS[region]


@pytest.mark.parametrize(("language", "name"), [("en", "Central Europe"), ("de", "Mitteleuropa")])
async def test_data_centers_are_chosen_by_name(hass: HomeAssistant, language: str, name: str) -> None:
    """In the language of Home Assistant; what is typed is taken too."""
    hass.config.language = language
    schema = (await begin(hass))["data_schema"]
    assert schema is not None
    (choice,) = (field for key, field in schema.schema.items() if key == "endpoint")
    assert {"value": TUYA_REGIONS["eu"], "label": name} in choice.config["options"]
    assert [option["value"] for option in choice.config["options"]] == list(TUYA_REGIONS.values())
    assert choice.config["custom_value"] is True


async def test_reconfigure_suggests_what_it_was(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """The endpoint, also one of the list."""
    entry = cloud_entry(cloud)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "endpoint": TUYA_REGIONS["eu"]})
    result = await entry.start_reconfigure_flow(hass)
    schema = result["data_schema"]
    assert schema is not None
    assert get_schema_suggested_value(schema.schema, "endpoint") == TUYA_REGIONS["eu"]


async def test_reconfigure_another_project(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry
) -> None:
    """A new project for the same devices: they, and what the user made of them, stay."""
    sensor = entity_id(hass, Platform.SENSOR, cloud_plug(), "reading")
    async with TuyaCloudSimulator([cloud_plug()], access_id="another0000000000000", access_secret="2" * 32) as other:
        result = await entry.start_reconfigure_flow(hass)
        result = await configure(hass, result, {"endpoint": other.endpoint, "access_id": other.access_id})
        assert result["type"] is FlowResultType.FORM
        assert result["errors"] == {"access_secret": "new_secret_needed"}
        result = await configure(hass, result, typed(other, access_secret=WRONG))
        assert result["errors"] == {"base": "cloud_credentials_refused"}
        result = await configure(hass, result, typed(other))
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
        assert entry.unique_id == other.access_id
        assert state_of(hass, sensor) == "21.5"
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_reconfigure_to_a_known_project(
    hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry
) -> None:
    other = MockConfigEntry(domain=DOMAIN, unique_id="another0000000000000", data=entry.data)
    other.add_to_hass(hass)
    result = await entry.start_reconfigure_flow(hass)
    result = await configure(hass, result, typed(cloud, access_id="another0000000000000"))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


# Options


NO_QUEUE = {"message_queue": False, "queue_environment": "event", "queue_subscriptions": [], "queue_url": ""}


async def test_options(hass: HomeAssistant, cloud: TuyaCloudSimulator, entry: MockConfigEntry) -> None:
    """They have defaults, and saving loads the entry again."""
    hub = entry.runtime_data
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tuya_cloud"
    schema = result["data_schema"]
    assert schema is not None
    suggested = {
        str(key): get_schema_suggested_value(schema.schema, str(key)) for key in schema.schema if key != "queue"
    }
    assert suggested == {"show_all": False, "stream_quality": "hd", "poll_interval": 5, "call_budget": 800}
    section = schema.schema["queue"].schema.schema
    assert {str(key): get_schema_suggested_value(section, str(key)) for key in section} == NO_QUEUE
    chosen = {"show_all": True, "stream_quality": "sd", "poll_interval": 30, "call_budget": 300}
    result = await hass.config_entries.options.async_configure(result["flow_id"], {**chosen, "queue": NO_QUEUE})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == chosen | NO_QUEUE
    assert entry.runtime_data is not hub
    assert entry.runtime_data.connection.diagnostics()["poll_interval"] == 1800


@pytest.mark.parametrize(
    "changes",
    [
        {"poll_interval": 0},
        {"poll_interval": 1441},
        {"stream_quality": "4k"},
        {"call_budget": 49},
        {"queue": NO_QUEUE | {"queue_environment": "staging"}},
    ],
)
async def test_options_out_of_range(hass: HomeAssistant, entry: MockConfigEntry, changes: dict[str, Any]) -> None:
    result = await hass.config_entries.options.async_init(entry.entry_id)
    chosen = {"show_all": False, "stream_quality": "hd", "poll_interval": 5, "queue": NO_QUEUE}
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(result["flow_id"], chosen | changes)
    hass.config_entries.options.async_abort(result["flow_id"])


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"queue_url": ""}, "queue_url_needed"),
        ({"queue_url": "gopher://nowhere"}, "invalid_queue_url"),
        ({"queue_subscriptions": ["good", "bad name"]}, "invalid_subscription"),
    ],
)
async def test_options_of_the_queue(
    hass: HomeAssistant, entry: MockConfigEntry, given: dict[str, Any], error: str
) -> None:
    """What cannot be a queue is told, and what was typed stays; the rest is taken without blanks."""
    typed = {
        "message_queue": True,
        "queue_environment": "event-test",
        "queue_subscriptions": [" one ", "", "one", "two"],
        "queue_url": " ws://127.0.0.1:9 ",
    }
    others = {"show_all": False, "stream_quality": "hd", "poll_interval": 5, "call_budget": 800}
    result = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(result["flow_id"], {**others, "queue": typed | given})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    schema = result["data_schema"]
    assert schema is not None
    section = schema.schema["queue"].schema.schema
    assert get_schema_suggested_value(section, "queue_environment") == "event-test"
    result = await hass.config_entries.options.async_configure(result["flow_id"], {**others, "queue": typed})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == others | {
        "message_queue": True,
        "queue_environment": "event-test",
        "queue_subscriptions": ["one", "two"],
        "queue_url": "ws://127.0.0.1:9",
    }


async def test_option_of_covers(hass: HomeAssistant, cloud: TuyaCloudSimulator) -> None:
    """Where there are covers, they can be turned round; one that is away stays as it was chosen to be."""
    curtain: CloudDevice = make_device("Curtain", "cl", rw(enum("control", "open", "stop", "close"), "stop"))
    cloud.add_device(curtain)
    entry = cloud_entry(cloud, inverted_covers=["away"])
    await load(hass, entry)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    schema = result["data_schema"]
    assert schema is not None
    (selector,) = (value for key, value in schema.schema.items() if key == "inverted_covers")
    (choice,) = selector.config["options"]
    chosen = {
        "show_all": False,
        "stream_quality": "hd",
        "poll_interval": 5,
        "inverted_covers": [choice["value"]],
        "queue": NO_QUEUE,
    }
    result = await hass.config_entries.options.async_configure(result["flow_id"], chosen)
    await hass.async_block_till_done()
    assert entry.options["inverted_covers"] == [choice["value"], "away"]
