"""The flows of a Tencent IoT Video account: adding, reauthentication, reconfiguration, options and push."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import replace
import json
from pathlib import Path
import socket
from typing import Any
from unittest.mock import patch

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_schema_suggested_value
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iot_gateway.const import DOMAIN, TENCENT_ENDPOINT
from simulators.tencent_cloud import ENDPOINTS, Channel, Policy, Product, TencentCloudSimulator
from simulators.tencent_cloud.demo import SENSOR_PRODUCT, demo_devices, demo_products
from tests.helpers import load, state_now, wait_until
from tests.tuya_cloud_helpers import SMALL

pytestmark = pytest.mark.usefixtures("few_platforms", "unload")

FLOW = "custom_components.iot_gateway.config_flow_tencent_video"
WRONG = "f" * 32
PLUG = "PLG0SIM006"
ADDRESS_OF_OTHERS = "http://127.0.0.1:9/others"


@pytest.fixture
def few_platforms() -> Generator[None]:
    """Set few platforms up, which is faster."""
    with patch("custom_components.iot_gateway.PLATFORMS", SMALL):
        yield


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[TencentCloudSimulator]:
    """Return a running account with two products and a device of each."""
    ids = (SENSOR_PRODUCT, PLUG)
    products = [product for product in demo_products() if product.id in ids]
    devices = [device for device in demo_devices() if device.product_id in ids]
    async with TencentCloudSimulator(products, devices) as running:
        yield running


@pytest.fixture
async def agent(socket_enabled: None) -> AsyncGenerator[str]:
    """Return the address of what says that it is an agent."""
    app = web.Application()
    app.router.add_get("/here/v1/health", _healthy)
    app.router.add_get("/wrong/v1/health", _something_else)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}/here"


async def _healthy(_request: web.Request) -> web.Response:
    return web.json_response({"version": "1.0"})


async def _something_else(_request: web.Request) -> web.Response:
    return web.Response(text="<html>")


@pytest.fixture
async def unload(hass: HomeAssistant, cloud: TencentCloudSimulator, few_platforms: None) -> AsyncGenerator[None]:
    """Unload afterwards what a test has set up."""
    yield
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        if hasattr(entry, "runtime_data"):
            assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: TencentCloudSimulator) -> MockConfigEntry:
    """Return the loaded entry of the account."""
    mock_entry = make_entry(cloud)
    await load(hass, mock_entry)
    assert mock_entry.state is ConfigEntryState.LOADED
    return mock_entry


@pytest.fixture
async def on_the_internet(hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator) -> str:
    """Let Home Assistant be reachable, and know how; return the beginning of its addresses."""
    assert await async_setup_component(hass, "webhook", {})
    client = await hass_client_no_auth()
    base = f"http://127.0.0.1:{client.port}"
    hass.config.external_url = base
    return base


def make_entry(cloud: TencentCloudSimulator, **changes: Any) -> MockConfigEntry:
    """Return the entry of a simulated account, as the flow would make it."""
    return MockConfigEntry(
        domain=DOMAIN, title="Tencent IoT Video", unique_id=cloud.secret_id, data=stored(cloud) | changes
    )


def product(product_id: str, name: str) -> Product:
    """Return a product without devices."""
    return replace(demo_products()[-1], id=product_id, name=name)


def stored(cloud: TencentCloudSimulator) -> dict[str, Any]:
    """Return what an entry holds."""
    return {
        "connection": "tencent_video",
        "endpoint": cloud.endpoint,
        "region": "ap-guangzhou",
        "secret_id": cloud.secret_id,
        "secret_key": cloud.secret_key,
        "product_ids": [SENSOR_PRODUCT, PLUG],
    }


def typed(cloud: TencentCloudSimulator, **changes: str) -> dict[str, Any]:
    """Return what a user types to add an account."""
    given = {
        "region": "ap-guangzhou",
        "secret_id": cloud.secret_id,
        "secret_key": cloud.secret_key,
        "endpoint": cloud.endpoint,
        **changes,
    }
    endpoint = given.pop("endpoint")
    return {**given, "server": {"endpoint": endpoint}}


def suggested(result: ConfigFlowResult, field: str) -> Any:
    """Return what a form suggests for a field."""
    schema = result["data_schema"]
    assert schema is not None
    return get_schema_suggested_value(schema.schema, field)


def choices(result: ConfigFlowResult, field: str) -> list[dict[str, str]]:
    """Return what a form offers for a field."""
    schema = result["data_schema"]
    assert schema is not None
    found = [selector.config["options"] for key, selector in schema.schema.items() if key == field]
    return found[0] if found else []


def placeholders(result: ConfigFlowResult) -> Mapping[str, str]:
    """Return what a form puts into its texts."""
    found = result["description_placeholders"]
    assert found is not None
    return found


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Go through the menu; return the form of an account."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "tencent_video"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tencent_video"
    assert not result["errors"]
    return result


async def wait_for_load(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up again, as Home Assistant does, until it is."""
    async with asyncio.timeout(20):
        while not await hass.config_entries.async_reload(entry.entry_id):
            await asyncio.sleep(0.1)
    await hass.async_block_till_done()


async def configure(hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]) -> ConfigFlowResult:
    """Submit the form of a flow."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


async def to_products(hass: HomeAssistant, cloud: TencentCloudSimulator, **changes: str) -> ConfigFlowResult:
    """Type the account; return the form of its products."""
    result = await configure(hass, await begin(hass), typed(cloud, **changes))
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tencent_products"
    assert not result["errors"]
    return result


# Adding


@pytest.mark.usefixtures("mock_setup")
async def test_user_adds_account(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """The key is tried by reading the products, all of which are chosen; and the entry holds what was typed."""
    result = await begin(hass)
    assert placeholders(result) == {"error": "", "console": "https://console.cloud.tencent.com"}
    assert suggested(result, "region") == "ap-guangzhou"
    schema = result["data_schema"]
    assert schema is not None
    (endpoint,) = schema.schema["server"].schema.schema
    assert endpoint.default() == TENCENT_ENDPOINT
    result = await configure(hass, result, typed(cloud))
    assert result["step_id"] == "tencent_products"
    assert choices(result, "product_ids") == [
        {"value": SENSOR_PRODUCT, "label": "Climate sensor"},
        {"value": PLUG, "label": "Plug"},
    ]
    assert suggested(result, "product_ids") == [SENSOR_PRODUCT, PLUG]
    result = await configure(hass, result, {"product_ids": [PLUG, SENSOR_PRODUCT]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Tencent IoT Video"
    assert result["data"] == stored(cloud)
    assert result["result"].unique_id == cloud.secret_id
    assert cloud.calls == {"DescribeProducts": 1}


@pytest.mark.usefixtures("mock_setup")
async def test_some_products(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """At least one; one without a name is called by its id."""
    cloud.account.products["BARE"] = product("BARE", "")
    result = await to_products(hass, cloud)
    assert {"value": "BARE", "label": "BARE"} in choices(result, "product_ids")
    result = await configure(hass, result, {"product_ids": []})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"product_ids": "products_needed"}
    result = await configure(hass, result, {"product_ids": ["BARE"]})
    assert result["data"]["product_ids"] == ["BARE"]


@pytest.mark.usefixtures("mock_setup")
async def test_agent(hass: HomeAssistant, cloud: TencentCloudSimulator, agent: str) -> None:
    """It is asked whether it is one; what was typed stays where it is not."""
    result = await to_products(hass, cloud)
    everything = {"product_ids": [SENSOR_PRODUCT, PLUG]}
    for wrong in ("ftp://x", "http://", "a b", "http://x:port", "http://[", "http://host name/x"):
        result = await configure(hass, result, everything | {"agent_url": wrong})
        assert result["errors"] == {"agent_url": "invalid_agent_url"}, wrong
        assert suggested(result, "agent_url") == wrong
    result = await configure(hass, result, everything | {"agent_url": agent.replace("/here", "/wrong")})
    assert result["errors"] == {"agent_url": "agent_unreachable"}
    assert placeholders(result)["error"] == "There is something else than an agent"
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = await configure(
            hass, result, everything | {"agent_url": f"http://127.0.0.1:{unused.getsockname()[1]}"}
        )
    assert result["errors"] == {"agent_url": "agent_unreachable"}
    result = await configure(hass, result, everything | {"agent_url": f" {agent}/?x=1#y "})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == stored(cloud) | {"agent_url": agent}


@pytest.mark.usefixtures("mock_setup")
async def test_agent_without_scheme(hass: HomeAssistant, cloud: TencentCloudSimulator, agent: str) -> None:
    """Host and port are enough, as of other things in one's network."""
    result = await to_products(hass, cloud)
    result = await configure(hass, result, {"product_ids": [PLUG], "agent_url": agent.removeprefix("http://")})
    assert result["data"]["agent_url"] == agent


async def test_added_account_is_set_up(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """When the flow is done, the devices are there; those of products that were not chosen are not."""
    result = await configure(hass, await to_products(hass, cloud), {"product_ids": [PLUG]})
    await hass.async_block_till_done()
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    names = " ".join(device.name for device in entry.runtime_data.devices.values())
    assert "desk_plug" in names
    assert "cellar_sensor" not in names


@pytest.mark.usefixtures("mock_setup")
async def test_input_is_cleaned(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """Stray blanks go, and of the endpoint all but where the API is."""
    result = await to_products(
        hass,
        cloud,
        region=" AP-Guangzhou ",
        endpoint=f" {cloud.endpoint}/v3?x=1 ",
        secret_id=f" {cloud.secret_id}\n",
        secret_key=f"\t{cloud.secret_key} ",
    )
    result = await configure(hass, result, {"product_ids": [SENSOR_PRODUCT, PLUG]})
    assert result["data"] == stored(cloud)


@pytest.mark.usefixtures("mock_setup")
async def test_what_cannot_be_right(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """Nobody is asked, and each field says what it lacks; the section is open when the fault is in it."""
    result = await begin(hass)
    wrong = typed(cloud, region="Guangzhou!", secret_id=" ", secret_key="", endpoint="ftp://x")
    result = await configure(hass, result, wrong)
    assert result["errors"] == {
        "region": "invalid_region",
        "secret_id": "value_needed",
        "secret_key": "value_needed",
        "base": "invalid_tencent_endpoint",
    }
    schema = result["data_schema"]
    assert schema is not None
    assert schema.schema["server"].options == {"collapsed": False}
    result = await configure(hass, result, typed(cloud, secret_key=" "))
    schema = result["data_schema"]
    assert schema is not None
    assert schema.schema["server"].options == {"collapsed": True}
    assert cloud.calls == {}
    result = await configure(hass, result, typed(cloud))
    assert result["step_id"] == "tencent_products"


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("AuthFailure.SecretIdNotFound", "tencent_credentials_refused"),
        ("AuthFailure.SignatureFailure", "tencent_credentials_refused"),
        ("AuthFailure.SignatureExpire", "tencent_clock_wrong"),
        ("UnauthorizedOperation", "tencent_permission_denied"),
        ("UnsupportedRegion", "tencent_region_invalid"),
        ("RequestLimitExceeded", "tencent_busy"),
        ("InternalError", "tencent_failed"),
        ("FailedOperation", "tencent_error"),
    ],
)
async def test_refused(hass: HomeAssistant, cloud: TencentCloudSimulator, code: str, key: str) -> None:
    """Each cause is told, in the cloud's own words too; what was typed stays; and once mended, it goes on."""
    failure = cloud.faults.fail("DescribeProducts", code, message="no way")
    result = await configure(hass, await begin(hass), typed(cloud))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": key}
    assert placeholders(result)["error"] == f"no way ({code})"
    assert suggested(result, "secret_id") == cloud.secret_id
    cloud.faults.failures.remove(failure)
    result = await configure(hass, result, typed(cloud))
    assert result["step_id"] == "tencent_products"


@pytest.mark.usefixtures("mock_setup")
async def test_refused_by_the_cloud_itself(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """A wrong key, a region without the service, a policy that lacks the permission, and nobody there at all."""
    result = await configure(hass, await begin(hass), typed(cloud, secret_key=WRONG))
    assert result["errors"] == {"base": "tencent_credentials_refused"}
    result = await configure(hass, result, typed(cloud, region="sa-saopaulo"))
    assert result["errors"] == {"base": "tencent_region_invalid"}
    cloud.faults.policy = Policy(allow=("iotvideo:DescribeDevices",))
    result = await configure(hass, result, typed(cloud))
    assert result["errors"] == {"base": "tencent_permission_denied"}
    assert "iotvideo:DescribeProducts" in placeholders(result)["error"]
    cloud.faults.policy = Policy()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = await configure(hass, result, typed(cloud, endpoint=nowhere))
    assert result["errors"] == {"base": "tencent_unreachable"}
    result = await configure(hass, result, typed(cloud))
    assert result["step_id"] == "tencent_products"


@pytest.mark.usefixtures("mock_setup")
async def test_clock_that_is_off_does_no_harm(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """It is put right by the cloud's own answers; only where these tell no time it is the user's to do."""
    cloud.faults.clock_offset = 900
    cloud.faults.no_date = True
    result = await configure(hass, await begin(hass), typed(cloud))
    assert result["errors"] == {"base": "tencent_clock_wrong"}
    cloud.faults.no_date = False
    result = await configure(hass, result, typed(cloud))
    assert result["step_id"] == "tencent_products"


@pytest.mark.usefixtures("mock_setup")
async def test_account_without_products(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """There is nothing to choose from."""
    products = dict(cloud.account.products)
    cloud.account.products.clear()
    result = await configure(hass, await begin(hass), typed(cloud))
    assert result["errors"] == {"base": "tencent_no_products"}
    cloud.account.products.update(products)
    result = await configure(hass, result, typed(cloud))
    assert result["step_id"] == "tencent_products"


@pytest.mark.usefixtures("mock_setup")
async def test_known_account(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """One key, one entry; nothing is asked of the cloud."""
    make_entry(cloud).add_to_hass(hass)
    result = await configure(hass, await begin(hass), typed(cloud, secret_id=f" {cloud.secret_id} "))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert cloud.calls == {}


@pytest.mark.usefixtures("mock_setup")
async def test_products_of_another_key(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """An account has many keys: what one entry brings in, another does not bring in again."""
    other = MockConfigEntry(domain=DOMAIN, unique_id="AKIDother", data=stored(cloud) | {"product_ids": [PLUG]})
    other.add_to_hass(hass)
    MockConfigEntry(domain=DOMAIN, unique_id="tuya", data={"connection": "tuya_cloud"}).add_to_hass(hass)
    result = await to_products(hass, cloud)
    assert [choice["value"] for choice in choices(result, "product_ids")] == [SENSOR_PRODUCT]
    hass.config_entries.flow.async_abort(result["flow_id"])
    hass.config_entries.async_update_entry(other, data=stored(cloud))
    result = await configure(hass, await begin(hass), typed(cloud))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


# Reauthentication


async def test_reauth(hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry) -> None:
    """The new key is tried before it is taken, and has to see the products."""
    result = await entry.start_reauth_flow(hass)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tencent_video_reauth"
    assert placeholders(result)["name"] == "Tencent IoT Video"
    assert suggested(result, "secret_id") == cloud.secret_id
    assert suggested(result, "secret_key") is None
    result = await configure(hass, result, {"secret_id": cloud.secret_id, "secret_key": " "})
    assert result["errors"] == {"secret_key": "value_needed"}
    result = await configure(hass, result, {"secret_id": cloud.secret_id, "secret_key": WRONG})
    assert result["errors"] == {"base": "tencent_credentials_refused"}
    products = dict(cloud.account.products)
    cloud.account.products.clear()
    cloud.account.products["OTHER"] = product("OTHER", "Another account's")
    cloud.gate.secret_id, cloud.secret_key = "AKIDnew", "1" * 32
    result = await configure(hass, result, {"secret_id": " AKIDnew ", "secret_key": f"{'1' * 32}\n"})
    assert result["errors"] == {"base": "tencent_other_account"}
    cloud.account.products.update(products)
    result = await configure(hass, result, {"secret_id": " AKIDnew ", "secret_key": f"{'1' * 32}\n"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.data["secret_key"] == "1" * 32
    assert entry.data["product_ids"] == [SENSOR_PRODUCT, PLUG]
    assert entry.unique_id == "AKIDnew"
    await hass.async_block_till_done()
    await wait_until(lambda: entry.state is ConfigEntryState.LOADED)


@pytest.mark.usefixtures("mock_setup")
@pytest.mark.parametrize("kind", ["reauth", "reconfigure"])
async def test_key_of_another_entry(hass: HomeAssistant, cloud: TencentCloudSimulator, kind: str) -> None:
    """It stays there."""
    entry = make_entry(cloud)
    entry.add_to_hass(hass)
    MockConfigEntry(domain=DOMAIN, unique_id="AKIDother", data=entry.data).add_to_hass(hass)
    if kind == "reauth":
        result = await entry.start_reauth_flow(hass)
        result = await configure(hass, result, {"secret_id": "AKIDother", "secret_key": "x"})
    else:
        result = await entry.start_reconfigure_flow(hass)
        result = await configure(hass, result, typed(cloud, secret_id="AKIDother"))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert cloud.calls == {}


# Reconfiguration


async def test_reconfigure(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, agent: str
) -> None:
    """Another place, fewer products, an agent; the key stays where none is typed, and so does what the connection keeps."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, "webhook_id": "kept"})
    async with TencentCloudSimulator(cloud.account.products.values(), cloud.account.devices.values()) as other:
        result = await entry.start_reconfigure_flow(hass)
        assert result["type"] is FlowResultType.FORM
        assert result["step_id"] == "tencent_video_reconfigure"
        assert suggested(result, "region") == "ap-guangzhou"
        assert suggested(result, "secret_id") == cloud.secret_id
        assert suggested(result, "secret_key") is None
        schema = result["data_schema"]
        assert schema is not None
        assert get_schema_suggested_value(schema.schema["server"].schema.schema, "endpoint") == cloud.endpoint
        result = await configure(hass, result, typed(other, secret_id="AKIDnew", secret_key=""))
        assert result["errors"] == {"secret_key": "new_secret_key_needed"}
        result = await configure(hass, result, typed(other, secret_key="", region="eu-frankfurt"))
        assert result["step_id"] == "tencent_products"
        assert suggested(result, "product_ids") == [SENSOR_PRODUCT, PLUG]
        assert suggested(result, "agent_url") == ""
        result = await configure(hass, result, {"product_ids": [PLUG], "agent_url": agent})
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
        assert entry.data == stored(other) | {
            "region": "eu-frankfurt",
            "product_ids": [PLUG],
            "agent_url": agent,
            "webhook_id": "kept",
        }
        await wait_until(lambda: entry.state is ConfigEntryState.LOADED)
        # The agent goes when its address is taken out; a product that is new is not chosen, one that is gone is not offered
        other.account.products["NEW"] = product("NEW", "New")
        result = await configure(hass, await entry.start_reconfigure_flow(hass), typed(other, secret_key=""))
        assert suggested(result, "product_ids") == [PLUG]
        assert suggested(result, "agent_url") == agent
        result = await configure(hass, result, {"product_ids": [PLUG]})
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
        assert "agent_url" not in entry.data
        assert entry.data["region"] == "ap-guangzhou"
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("mock_setup")
async def test_reconfigure_with_another_key(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """The entry is then known by it."""
    entry = make_entry(cloud)
    entry.add_to_hass(hass)
    cloud.gate.secret_id, cloud.secret_key = "AKIDnew", "2" * 32
    result = await configure(hass, await entry.start_reconfigure_flow(hass), typed(cloud, secret_key=WRONG))
    assert result["errors"] == {"base": "tencent_credentials_refused"}
    result = await configure(hass, result, typed(cloud))
    result = await configure(hass, result, {"product_ids": [PLUG]})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.unique_id == "AKIDnew"
    assert entry.data == stored(cloud) | {"product_ids": [PLUG]}


# Options


CHOSEN = {
    "show_all": True,
    "stream_quality": "super",
    "ptz_dialect": "text",
    "poll_interval": 30,
    "call_budget": 3000,
}
OFF = {"push": {"enabled": False}}
ON = {"push": {"enabled": True}}


async def options_of(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the options."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tencent_video"
    return result


async def choose(hass: HomeAssistant, result: ConfigFlowResult, user_input: dict[str, Any]) -> ConfigFlowResult:
    """Submit a form of the options."""
    return await hass.config_entries.options.async_configure(result["flow_id"], user_input)


async def test_options(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """They have defaults, and saving loads the entry again."""
    hub = entry.runtime_data
    result = await options_of(hass, entry)
    schema = result["data_schema"]
    assert schema is not None
    found = {str(key): suggested(result, str(key)) for key in schema.schema if key != "push"}
    assert found == {
        "show_all": False,
        "stream_quality": "high",
        "ptz_dialect": "panel",
        "poll_interval": 5,
        "call_budget": 10_000,
    }
    assert get_schema_suggested_value(schema.schema["push"].schema.schema, "enabled") is False
    assert placeholders(result) == {"feedback": "–"}
    result = await choose(hass, result, CHOSEN | OFF)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == CHOSEN | OFF
    assert entry.runtime_data is not hub


@pytest.mark.parametrize(
    "changes",
    [
        {"poll_interval": 0},
        {"poll_interval": 1441},
        {"stream_quality": "hd"},
        {"ptz_dialect": "onvif"},
        {"call_budget": 49},
    ],
)
@pytest.mark.usefixtures("mock_setup")
async def test_options_out_of_range(hass: HomeAssistant, cloud: TencentCloudSimulator, changes: dict[str, Any]) -> None:
    entry = make_entry(cloud)
    entry.add_to_hass(hass)
    result = await options_of(hass, entry)
    with pytest.raises(InvalidData):
        await choose(hass, result, CHOSEN | OFF | changes)
    hass.config_entries.options.async_abort(result["flow_id"])


@pytest.mark.usefixtures("mock_setup")
async def test_address_for_the_agent(hass: HomeAssistant, cloud: TencentCloudSimulator) -> None:
    """Where there is an agent, the options tell where it passes on what devices say; one in the same network will do."""
    entry = make_entry(cloud, agent_url="http://127.0.0.1:9", webhook_id="feedback0id")
    entry.add_to_hass(hass)
    assert placeholders(await options_of(hass, entry)) == {"feedback": "–"}
    hass.config.internal_url = "http://192.168.1.2:8123"
    assert placeholders(await options_of(hass, entry)) == {
        "feedback": "`http://192.168.1.2:8123/api/webhook/feedback0id`"
    }


# Push


async def test_push_needs_an_address(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An address of the home network is none that the cloud reaches; nothing is saved, what was chosen stays."""
    hass.config.internal_url = "http://192.168.1.2:8123"
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": "no_external_url"}
    assert suggested(result, "ptz_dialect") == "text"
    assert entry.options == {}
    result = await choose(hass, result, CHOSEN | OFF)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == CHOSEN | OFF


async def test_push_by_hand(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, on_the_internet: str
) -> None:
    """The form shows address and token, and Home Assistant listens there while it is shown; both stay the same for good."""
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tencent_push"
    shown = placeholders(result)
    push = entry.options["push"]
    assert push == {"enabled": True, "webhook_id": push["webhook_id"], "token": shown["token"]}
    assert shown["address"] == f"{on_the_internet}/api/webhook/{push['webhook_id']}"
    assert len(shown["token"]) == 32
    assert shown["free"] == "Climate sensor, Plug"
    assert (shown["here"], shown["elsewhere"], shown["unknown"]) == ("–", "–", "–")
    assert suggested(result, "set_up") is None
    assert cloud.calls["ModifyPushChannel"] == 0
    # As the console does
    params = {
        "ProductId": PLUG,
        "Type": "forward",
        "ForwardAddress": shown["address"],
        "ForwardKey": shown["token"],
    }
    await cloud.pusher.modify(params)
    assert cloud.pusher.checks == 1
    result = await choose(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == CHOSEN | {"push": push}
    assert cloud.calls["ModifyPushChannel"] == 0
    # Off and on again
    result = await choose(hass, await options_of(hass, entry), CHOSEN | OFF)
    await hass.async_block_till_done()
    assert entry.options["push"] == push | {"enabled": False}
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    shown = placeholders(result)
    assert entry.options["push"] == push
    assert shown["here"] == "Plug"
    assert shown["free"] == "Climate sensor"


async def test_push_set_up_for_the_user(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, on_the_internet: str
) -> None:
    """Of what pushes nowhere yet the user may have it done; a channel of others is neither offered nor touched."""
    others = Channel(type="forward", address=ADDRESS_OF_OTHERS, token="others")
    cloud.pusher.channels[SENSOR_PRODUCT] = others
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    assert placeholders(result)["elsewhere"] == "Climate sensor"
    assert [choice["value"] for choice in choices(result, "set_up")] == [PLUG]
    with pytest.raises(InvalidData):
        await choose(hass, result, {"set_up": [SENSOR_PRODUCT]})
    result = await choose(hass, result, {"set_up": [PLUG]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    channel = cloud.pusher.channels[PLUG]
    push = entry.options["push"]
    assert channel.address == f"{on_the_internet}/api/webhook/{push['webhook_id']}"
    assert channel.token == push["token"]
    assert cloud.pusher.channels[SENSOR_PRODUCT] is others
    # A token that is not ours any more can be put right
    await cloud.pusher.modify(
        {"ProductId": PLUG, "Type": "ckafka", "CKafkaRegion": "x", "CKafkaInstance": "x", "CKafkaTopic": "x"}
    )
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    shown = placeholders(result)
    assert shown["elsewhere"] == "Climate sensor, Plug"
    assert result["data_schema"] is not None
    assert result["data_schema"].schema == {}
    hass.config_entries.options.async_abort(result["flow_id"])
    for token in ("old", "älter"):
        cloud.pusher.channels[PLUG] = Channel(type="forward", address=channel.address, token=token)
        result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
        result = await choose(hass, result, {"set_up": [PLUG]})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert cloud.pusher.channels[PLUG].token == push["token"]


async def test_push_is_not_set_up(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry, on_the_internet: str
) -> None:
    """Why not is told in words; what was done meanwhile by others stays as they did it."""
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    others = Channel(type="forward", address=ADDRESS_OF_OTHERS, token="others")
    cloud.pusher.channels[PLUG] = others
    result = await choose(hass, result, {"set_up": [PLUG]})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "tencent_push"
    assert result["errors"] == {"base": "tencent_channel_taken"}
    assert placeholders(result)["elsewhere"] == "Plug"
    assert cloud.pusher.channels[PLUG] is others
    assert [choice["value"] for choice in choices(result, "set_up")] == [SENSOR_PRODUCT]
    with patch(f"{FLOW}.options_flow.webhook_address", return_value="http://127.0.0.1:9/x"):
        result = await choose(hass, result, {"set_up": [SENSOR_PRODUCT]})
    assert result["errors"] == {"base": "tencent_address_refused"}
    assert placeholders(result)["error"] == "The address didn't answer the check. (FailedOperation)"
    cloud.faults.policy = Policy(deny=("iotvideo:ModifyPushChannel",))
    result = await choose(hass, result, {"set_up": [SENSOR_PRODUCT]})
    assert result["errors"] == {"base": "tencent_permission_denied"}
    assert SENSOR_PRODUCT not in cloud.pusher.channels
    cloud.faults.policy = Policy()
    result = await choose(hass, result, {"set_up": [SENSOR_PRODUCT]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (
        cloud.pusher.channels[SENSOR_PRODUCT].address
        == f"{on_the_internet}/api/webhook/{entry.options['push']['webhook_id']}"
    )


@pytest.mark.usefixtures("on_the_internet")
async def test_push_without_permission_to_look(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """Address and token are shown all the same, and nothing is offered; without names the ids do."""
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    token = placeholders(result)["token"]
    await choose(hass, result, {})
    cloud.faults.policy = Policy(deny=("iotvideo:DescribePushChannel", "iotvideo:DescribeProducts"))
    hub = entry.runtime_data
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    shown = placeholders(result)
    assert shown["token"] == token
    assert shown["unknown"] == f"{SENSOR_PRODUCT}, {PLUG}"
    assert shown["free"] == "–"
    assert choices(result, "set_up") == []
    result = await choose(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    # Nothing has changed, so nothing is loaded anew
    await hass.async_block_till_done()
    assert entry.runtime_data is hub


@pytest.mark.usefixtures("on_the_internet")
async def test_push_while_the_cloud_is_away(
    hass: HomeAssistant, cloud: TencentCloudSimulator, entry: MockConfigEntry
) -> None:
    """Nobody listens at the address then, and the form says so; once the cloud is back, it works."""
    failure = cloud.faults.fail("api", kind="http")
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    assert result["step_id"] == "tencent_push"
    assert result["errors"] == {"base": "not_listening"}
    assert placeholders(result)["unknown"] == f"{SENSOR_PRODUCT}, {PLUG}"
    assert state_now(entry) is ConfigEntryState.SETUP_RETRY
    hass.config_entries.options.async_abort(result["flow_id"])
    cloud.faults.failures.remove(failure)
    # Not before the pause that the API makes after a failure
    await wait_for_load(hass, entry)
    result = await choose(hass, await options_of(hass, entry), CHOSEN | ON)
    assert result["errors"] == {}
    result = await choose(hass, result, {"set_up": [PLUG]})
    assert result["type"] is FlowResultType.CREATE_ENTRY


# The policy


_CALLS = {
    "actions": {"call_action_sync": "CallDeviceActionSync", "call_action_async": "CallDeviceActionAsync"},
    "cloud_storage": {
        "get_plan": "DescribeCloudStorage",
        "list_days": "DescribeCloudStorageDate",
        "get_timeline": "DescribeCloudStorageTime",
        "list_events": "DescribeCloudStorageEvents",
        "get_thumbnail": "DescribeCloudStorageThumbnail",
        "get_thumbnails": "DescribeCloudStorageThumbnailList",
        "sign_url": "GenerateSignedVideoURL",
        "get_picture_stream": "DescribeCloudStorageStreamData",
    },
    "devices": {
        "list_devices": "DescribeDevices",
        "get_device_data": "DescribeDeviceData",
        "control_device_data": "ControlDeviceData",
    },
    "history": {
        "get_data_history": "DescribeDeviceDataHistory",
        "get_event_history": "DescribeDeviceEventHistory",
        "get_action_history": "DescribeDeviceActionHistory",
        "get_status_log": "DescribeDeviceStatusLog",
    },
    "messages": {"publish_message": "PublishMessage"},
    "model": {"get_model": "DescribeModelDefinition"},
    "p2p": {"get_p2p_info": "DescribeP2PInfo"},
    "products": {"list_products": "DescribeProducts"},
    "push_channel": {"get_push_channel": "DescribePushChannel", "set_forward": "ModifyPushChannel"},
    "wake": {"wake_up_device": "WakeUpDevice"},
}
"""The functions of the client that call, by their modules, and what each calls."""


def documented_actions() -> tuple[str, ...]:
    """Return the actions of the policy that users are told to give the key."""
    page = (Path(__file__).parent.parent / "docs" / "user" / "tencent_video.md").read_text(encoding="utf-8")
    policy = json.loads(page.split("```json\n")[1].split("```")[0])
    (statement,) = policy["statement"]
    assert policy["version"] == "2.0"
    assert statement["effect"] == "allow"
    return tuple(statement["action"])


async def test_documented_policy(hass: HomeAssistant, on_the_internet: str) -> None:
    """It is enough to add and read an account and to set push up, and has nothing in it that does not exist."""
    actions = documented_actions()
    assert {action.removeprefix("iotvideo:") for action in actions} <= set(ENDPOINTS)
    async with TencentCloudSimulator(demo_products(), demo_devices()) as cloud:
        cloud.faults.policy = Policy(allow=actions)
        result = await to_products(hass, cloud)
        result = await configure(hass, result, {"product_ids": list(cloud.account.products)})
        await hass.async_block_till_done()
        entry = result["result"]
        assert entry.state is ConfigEntryState.LOADED
        await wait_until(lambda: cloud.calls["DescribeCloudStorage"] > 0, 20)
        result = await hass.config_entries.options.async_init(entry.entry_id)
        result = await choose(hass, result, CHOSEN | ON)
        result = await choose(hass, result, {"set_up": [PLUG]})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert cloud.pusher.channels[PLUG].address.startswith(on_the_internet)
        assert [code for _, code in cloud.errors if code == "UnauthorizedOperation"] == []
        assert await hass.config_entries.async_unload(entry.entry_id)


def test_policy_has_all_that_is_called() -> None:
    """Each call that the integration makes is in it; that of some is left to the user, and named on the page."""
    root = Path(__file__).parent.parent / "custom_components" / "iot_gateway"
    used = {
        action
        for module, functions in _CALLS.items()
        for function, action in functions.items()
        if any(
            f"{function}(" in path.read_text(encoding="utf-8")
            for path in root.rglob("*.py")
            if "clients" not in path.parts
        )
        and action in (root / "clients" / "tencent_video" / f"{module}.py").read_text(encoding="utf-8")
    }
    assert {f"iotvideo:{action}" for action in used} == set(documented_actions())
