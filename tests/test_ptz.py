"""The heads of cameras: buttons, the action, and that every movement ends."""

import asyncio
from typing import Any
from unittest.mock import patch

from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
import voluptuous as vol

from custom_components.iot_gateway.const import DOMAIN
from custom_components.iot_gateway.mapping import plan_entities
from simulators.tuya_cloud import Camera, CloudDevice, TuyaCloudSimulator, make_device
from simulators.tuya_gateway.demo.points import Point, device as gateway_device, rw
from simulators.tuya_gateway.schema import boolean, enum
from tests.helpers import entity_id, loaded, wait_until
from tests.live_view_helpers import live_entity, prepared, watched
from tests.tuya_cloud_helpers import held

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

PLATFORMS = [Platform.BUTTON, Platform.CAMERA]
DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7")
STOPPED = {"ptz_stop": True}


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what cameras of Home Assistant need."""
    assert await async_setup_component(hass, "http", {})


@pytest.fixture(autouse=True)
def fast() -> Any:
    """Wait less between two attempts to stop a head."""
    with patch("custom_components.iot_gateway.ptz._STOP_RETRY", 0.02):
        yield


@pytest.fixture
def by_the_cloud() -> Any:
    """Have no data point that moves a head."""
    with patch("custom_components.iot_gateway.ptz._CONTROL", "what no specification names"):
        yield


def camera(*options: str, stop: bool = True, more: tuple[Point, ...] = ()) -> CloudDevice:
    """Return a camera that moves into these directions."""
    points = (rw(enum("ptz_control", *options), options[0]),) if options else ()
    stops = (rw(boolean("ptz_stop"), False),) if stop else ()
    return make_device("Hall", "sp", *points, *stops, *more, camera=Camera())


def moves(cloud: TuyaCloudSimulator) -> list[dict[str, Any]]:
    """Return the commands that were done."""
    return [values for _, values in cloud.commands]


async def press(hass: HomeAssistant, device: CloudDevice, direction: str) -> None:
    """Press one of the buttons."""
    entity = live_entity(hass, Platform.BUTTON, device, f"ptz_{direction}")
    await hass.services.async_call("button", "press", {ATTR_ENTITY_ID: entity}, blocking=True)


async def ptz(hass: HomeAssistant, device: CloudDevice, direction: str, **data: Any) -> None:
    """Call the action."""
    entity = live_entity(hass, Platform.CAMERA, device, "camera")
    await hass.services.async_call(
        DOMAIN, "ptz", {ATTR_ENTITY_ID: entity, "direction": direction, **data}, blocking=True
    )


@pytest.mark.parametrize(("direction", "value"), [("up", "0"), ("right", "2"), ("down", "4"), ("left", "6")])
async def test_buttons(hass: HomeAssistant, direction: str, value: str) -> None:
    """A press moves a step, and is followed by the order to stop."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await press(hass, device, direction)
        assert moves(cloud) == [{"ptz_control": value}]
        await wait_until(lambda: moves(cloud) == [{"ptz_control": value}, STOPPED])


@pytest.mark.parametrize(
    ("options", "direction", "value"),
    [(("up", "down", "left", "right"), "left", "left"), (("LEFT", "RIGHT", "LEFT_UP"), "up_left", "LEFT_UP")],
)
async def test_words(hass: HomeAssistant, options: tuple[str, ...], direction: str, value: str) -> None:
    """Cameras that name directions in words are moved by those, and have buttons for what they know only."""
    device = camera(*options)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        buttons = [entity for entity in hass.states.async_entity_ids("button") if "_move_" in entity]
        assert len(buttons) == sum(option.lower() in ("up", "down", "left", "right") for option in options)
        await ptz(hass, device, direction, duration=0.1)
        assert moves(cloud) == [{"ptz_control": value}]
        await wait_until(lambda: moves(cloud)[1:] == [STOPPED])


async def test_duration(hass: HomeAssistant) -> None:
    """It moves for as long as it is told."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        begun = asyncio.get_running_loop().time()
        await ptz(hass, device, "up_right", duration=0.4)
        await wait_until(lambda: len(moves(cloud)) == 2)
        assert asyncio.get_running_loop().time() - begun >= 0.4
        assert moves(cloud) == [{"ptz_control": "1"}, STOPPED]


async def test_another_movement(hass: HomeAssistant) -> None:
    """One that follows while the head moves takes its place: there is one stop, after its own time."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await ptz(hass, device, "up", duration=30)
        await ptz(hass, device, "left", duration=0.1)
        await wait_until(lambda: len(moves(cloud)) == 3)
        assert moves(cloud) == [{"ptz_control": "0"}, {"ptz_control": "6"}, STOPPED]


@pytest.mark.parametrize("end", ["unload", "stop"])
async def test_stopped_at_the_end(hass: HomeAssistant, end: str) -> None:
    """Neither unloading nor Home Assistant's own end leaves a head that turns."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await ptz(hass, device, "up", duration=30)
        if end == "stop":
            hass.bus.async_fire("homeassistant_stop")
            await hass.async_block_till_done()
        else:
            await hass.config_entries.async_reload(hub.entry.entry_id)
        assert moves(cloud) == [{"ptz_control": "0"}, STOPPED]


async def test_stop_that_fails(hass: HomeAssistant) -> None:
    """The order to stop is given until it is taken."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await ptz(hass, device, "up", duration=0.1)
        cloud.faults.fail("commands", 1106, count=2)
        await wait_until(lambda: moves(cloud)[1:] == [STOPPED])


async def test_start_that_fails(hass: HomeAssistant) -> None:
    """Whether a head moves whose order failed is unknown, so it is stopped."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        cloud.faults.fail("commands", 1106, count=1)
        with pytest.raises(HomeAssistantError):
            await ptz(hass, device, "up", duration=0.1)
        await wait_until(lambda: moves(cloud) == [STOPPED])


async def test_by_the_cloud(hass: HomeAssistant) -> None:
    """A camera without data points for it is moved, and stopped, by the cloud's own call."""
    device = camera(*DIGITS, stop=False)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        with patch("custom_components.iot_gateway.ptz._CONTROL", "what no specification names"):
            await ptz(hass, device, "down_left", duration=0.1)
        await wait_until(lambda: cloud.ptz_moves == [(device.id, "LEFT_DOWN"), (device.id, "STOP")])
        assert not cloud.commands


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (2008, "The eye cannot be moved"),
        (1108, "The eye cannot be moved"),
        (2001, "The eye is offline"),
        (28841004, "The calls that the plan of Cloud includes are used up"),
        (28841106, "The project Cloud lacks the API service for this"),
        (1106, "The project Cloud may not see the devices"),
        (1110, "Tuya's cloud is busy"),
        (999, "Tuya's cloud refused a call of Cloud: "),
    ],
)
@pytest.mark.usefixtures("by_the_cloud")
async def test_refused_by_the_cloud(hass: HomeAssistant, code: int, told: str) -> None:
    """What is said is about the movement, and calls the camera what the user does."""
    device = camera(*DIGITS, stop=False)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        _ = dr.async_get(hass).async_update_device(hub.registry_id(device.id), name_by_user="The eye")
        cloud.faults.fail("ptz", code, count=1)
        with pytest.raises(HomeAssistantError, match=told):
            await ptz(hass, device, "up", duration=0.1)
        hub.connection.api._pauses.clear()  # type: ignore[attr-defined]
        stopped = [] if "cannot be moved" in told else [(device.id, "STOP")]
        await wait_until(lambda: cloud.ptz_moves == stopped)


@pytest.mark.usefixtures("by_the_cloud")
async def test_camera_without_a_head(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be moved need not be stopped, which would take call after call."""
    device = camera(*DIGITS, stop=False)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        cloud.faults.fail("ptz", 2008)
        with pytest.raises(HomeAssistantError, match="cannot be moved"):
            await ptz(hass, device, "up", duration=0.1)
        await asyncio.sleep(0.3)
        assert cloud.calls["ptz"] == 1
        assert "could not be told to stop" not in caplog.text


@pytest.mark.usefixtures("by_the_cloud")
async def test_way_that_a_head_lacks(hass: HomeAssistant) -> None:
    """A movement that is under way ends all the same."""
    device = camera(*DIGITS, stop=False)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await ptz(hass, device, "left", duration=30)
        cloud.faults.fail("ptz", 2008, count=1)
        with pytest.raises(HomeAssistantError, match="cannot be moved"):
            await ptz(hass, device, "up", duration=30)
        await wait_until(lambda: cloud.ptz_moves == [(device.id, "LEFT"), (device.id, "STOP")])


async def test_stopped_by_the_cloud(hass: HomeAssistant) -> None:
    """A camera that has only the data point that moves it is stopped by the cloud's call."""
    device = camera(*DIGITS, stop=False)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await press(hass, device, "down")
        await wait_until(lambda: cloud.ptz_moves == [(device.id, "STOP")])
        assert moves(cloud) == [{"ptz_control": "4"}]


async def test_buttons_come_first(hass: HomeAssistant) -> None:
    """A select that moves a head without ever stopping it is for those only who enable it themselves."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (_, hub):
        plans = {
            (plan.platform, plan.key): plan.row.entity_registry_enabled_default
            for plan in plan_entities(hub.devices[device.id].schema)
            if "ptz_control" in plan.codes
        }
        assert plans == {
            (Platform.SELECT, "ptz_control"): False,
            **{(Platform.BUTTON, f"ptz_{way}"): True for way in ("up", "down", "left", "right")},
        }


async def test_impossible(hass: HomeAssistant) -> None:
    """A direction that a camera does not know is refused with those that it does; so are lengths that are none."""
    device = camera("0", "4")
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        with pytest.raises(ServiceValidationError, match="up, down"):
            await ptz(hass, device, "left")
        for direction, duration in (("up", 0), ("up", 31), ("north", 1)):
            with pytest.raises(vol.Invalid):
                await ptz(hass, device, direction, duration=duration)
        assert not cloud.commands


async def test_cancelled(hass: HomeAssistant) -> None:
    """Whoever gives up while the order to move is on its way has the head stopped at once, however long it was to move."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        with held(cloud, "commands"):
            order = asyncio.create_task(ptz(hass, device, "up", duration=30))
            await wait_until(lambda: cloud.calls["commands"] == 1)
            order.cancel()
            with pytest.raises(asyncio.CancelledError):
                await order
        await wait_until(lambda: moves(cloud)[-1:] == [STOPPED])


async def test_stopped_before_it_is_handed_over(hass: HomeAssistant) -> None:
    """An entry that gives a camera up stops it first."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await ptz(hass, device, "up", duration=30)
        await hub.release([device.id])
        assert moves(cloud) == [{"ptz_control": "0"}, STOPPED]
        assert device.id not in hub.devices


async def test_removed_while_it_moves(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """A camera that is gone is no reason to wait, nor to complain; the cloud's own call may still reach it."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await ptz(hass, device, "up", duration=30)
        hub.remove_device(device.id)
        await wait_until(lambda: cloud.ptz_moves == [(device.id, "STOP")])
        await hass.async_block_till_done()
        assert "could not be told" not in caplog.text


async def test_movement_while_a_stop_is_tried_again(hass: HomeAssistant) -> None:
    """A stop that failed gives way to a new movement, and that one is stopped when its own time is over."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        with patch("custom_components.iot_gateway.ptz._STOP_RETRY", 30.0):
            await ptz(hass, device, "up", duration=0.1)
            cloud.faults.fail("commands", 1106, count=1)
            await wait_until(lambda: cloud.calls["commands"] == 2)
            await ptz(hass, device, "left", duration=0.1)
            await wait_until(lambda: moves(cloud) == [{"ptz_control": "0"}, {"ptz_control": "6"}, STOPPED])


async def test_stop_that_never_works(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Who looks for the reason finds it in the log, once."""
    device = camera(*DIGITS)
    async with watched(hass, device, platforms=PLATFORMS) as (cloud, hub):
        await prepared(hub)
        await ptz(hass, device, "up", duration=0.1)
        cloud.faults.fail("commands", 1106)
        await wait_until(lambda: "Hall could not be told to stop moving" in caplog.text)
        await hass.async_block_till_done()
        assert cloud.calls["commands"] == 5
        # Others may say that the machine is slow
        warnings = [one for one in caplog.records if one.levelname == "WARNING" and DOMAIN in one.name]
        assert len(warnings) == 1
        assert "could not be told to stop moving" in warnings[0].getMessage()


async def test_behind_a_gateway(hass: HomeAssistant) -> None:
    """A gateway's camera is moved too; not one that nothing would stop."""
    good = gateway_device("Porch", "sp", rw(enum("ptz_control", *DIGITS), "0"), rw(boolean("ptz_stop"), False))
    bad = gateway_device("Attic", "sp", rw(enum("ptz_control", *DIGITS), "0"))
    async with loaded(hass, good, bad, platforms=[Platform.BUTTON]):
        target = {ATTR_ENTITY_ID: entity_id(hass, Platform.BUTTON, good, "ptz_left")}
        await hass.services.async_call("button", "press", target, blocking=True)
        assert good.value["ptz_control"] == "6"
        await wait_until(lambda: good.value["ptz_stop"] is True)
        target = {ATTR_ENTITY_ID: entity_id(hass, Platform.BUTTON, bad, "ptz_left")}
        with pytest.raises(HomeAssistantError, match="not be stopped"):
            await hass.services.async_call("button", "press", target, blocking=True)
        assert bad.value["ptz_control"] == "0"
