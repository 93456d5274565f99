"""What the tests of the Tencent connection do."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from homeassistant.components import webhook
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iot_gateway.connections.tencent_video import TencentVideoConnection
from custom_components.iot_gateway.const import DOMAIN
from simulators.tencent_cloud import Device, Product, TencentCloudSimulator
from simulators.tencent_cloud.thing_model import (
    action,
    array,
    boolean,
    choice,
    decimal,
    event,
    integer,
    model,
    param,
    property_,
    spec,
    string,
    string_choice,
    struct,
    timestamp,
)
from tests.helpers import load, wait_until

TITLE = "Tencent account"
until = partial(wait_until, timeout=30)
"""Wait until a condition holds, also on a busy machine."""
SMALL = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TEXT,
]
"""The platforms that things have: with the others each test would take twice as long."""
PRODUCT = "THG0TEST01"
CAMERA_PRODUCT = "CAM0TEST02"
THING = f"{PRODUCT}/thing_1"
CAMERA = f"{CAMERA_PRODUCT}/camera_1"
WEBHOOK_ID = "webhook-of-the-test-0123456789"
TOKEN = "token-of-the-test"
VALUES: Mapping[str, Any] = {
    "power": 0,
    "level": 50,
    "heat": 20.5,
    "mode": 1,
    "plan": "eco",
    "label": "Home",
    "seen": 1_760_000_000,
    "wet": 0,
    "state": 0,
    "place": {"x": 1, "y": 2},
    "zones": [1, 2],
    "_sys_userid": "somebody",
}


def thing_product(product_id: str = PRODUCT) -> Product:
    """Return a product with every type of property, read and set, an event and actions."""
    return Product(
        id=product_id,
        name="Thing",
        category_id=0,
        model=model(
            product_id,
            0,
            property_("power", "Power", boolean(), "rw"),
            property_("level", "Level", integer(0, 100, "%", step=5), "rw"),
            property_("heat", "Heat", decimal(5, 35, "°C", step=0.5), "rw"),
            property_("mode", "Mode", choice("off", "slow", "fast"), "rw"),
            property_("plan", "Plan", string_choice({"eco": "Saving", "max": "Comfort"}), "rw"),
            property_("label", "Label", string(16), "rw"),
            property_("seen", "Seen", timestamp()),
            property_("wet", "Wet", boolean({"0": "dry", "1": "wet"})),
            property_("state", "State", choice("idle", "busy")),
            property_("place", "Place", struct(spec("x", "X", integer(0, 9)), spec("y", "Y", integer(0, 9))), "rw"),
            property_("zones", "Zones", array(integer(0, 9))),
            event("alarm", "Alarm", param("level", "Level", integer(0, 9)), kind="alert"),
            action("reset", "Reset"),
            action(
                "play",
                "Play",
                [param("tune", "Tune", choice("bell", "bird")), param("volume", "Volume", integer(0, 10))],
                [param("result", "Result", integer(0, 9))],
            ),
        ),
        category_model=model("", 0, property_("_sys_userid", "Caller", string(64))),
    )


def camera_product() -> Product:
    """Return a product of cameras."""
    return Product(
        id=CAMERA_PRODUCT,
        name="Camera",
        features=("p2p",),
        model=model(CAMERA_PRODUCT, 113, property_("night", "Night vision", boolean(), "rw")),
        category_model=model("", 113, property_("_sys_xp2p_info", "P2P", string(1024))),
    )


def thing(name: str = "thing_1", **more: Any) -> Device:
    """Return a device with a value for everything."""
    at = 1_760_000_000_000
    return Device(product_id=PRODUCT, name=name, data={code: (value, at) for code, value in VALUES.items()}, **more)


def tencent_entry(simulator: TencentCloudSimulator, *, push: bool = False, **more: Any) -> MockConfigEntry:
    """Return the entry of a simulated account, as the flow would make it; `more` are options, but agent_url and product_ids."""
    data = {key: more.pop(key) for key in ("agent_url", "product_ids") if key in more}
    options = {"push": {"enabled": True, "webhook_id": WEBHOOK_ID, "token": TOKEN}} if push else {}
    return MockConfigEntry(
        domain=DOMAIN,
        title=TITLE,
        unique_id=simulator.secret_id,
        data={
            "connection": "tencent_video",
            "endpoint": simulator.endpoint,
            "region": "ap-guangzhou",
            "secret_id": simulator.secret_id,
            "secret_key": simulator.secret_key,
            "product_ids": list(simulator.account.products),
        }
        | data,
        options=options | more,
    )


async def loaded(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return an entry once it is loaded."""
    await load(hass, entry)
    return entry


def connection_of(entry: MockConfigEntry) -> TencentVideoConnection:
    """Return an entry's connection."""
    connection = entry.runtime_data.connection
    assert isinstance(connection, TencentVideoConnection)
    return connection


async def turn(hass: HomeAssistant, entry: MockConfigEntry, *, listed: bool = True, read: bool = True) -> None:
    """Let the list and the devices be read now, and wait until that has been done and the next time is set."""
    connection = connection_of(entry)
    turns = connection._turns
    await until(lambda: not turns._turning)
    if listed:
        connection._list_due = 0.0
    if read:
        for device_id in entry.runtime_data.devices:
            connection._readings.retry(device_id, -10.0)
    turns.end_pause()
    if turns._cancel is not None:
        turns._cancel()
        turns._cancel = None
    turns._turning = True
    await connection._turn()
    await hass.async_block_till_done()


def entity_of(hass: HomeAssistant, platform: str, device_id: str, key: str) -> str:
    """Return the id of an entity."""
    entity_id = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{device_id}_{key}")
    assert entity_id is not None, (platform, key)
    return entity_id


def state_of(hass: HomeAssistant, platform: str, key: str, device_id: str = THING) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity_of(hass, platform, device_id, key))
    assert state is not None
    return state.state


def registered(hass: HomeAssistant, entry: MockConfigEntry, device_id: str) -> dr.DeviceEntry | None:
    """Return what the device registry has of an entry's device."""
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, device_id), entry.entry_id)


def webhook_path(webhook_id: str = WEBHOOK_ID) -> str:
    """Return the path of a webhook."""
    return webhook.async_generate_path(webhook_id)
