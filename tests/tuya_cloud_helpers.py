"""What the tests of the Tuya cloud connection do."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch
from weakref import WeakKeyDictionary

from aiohttp import web
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.iot_gateway.connections.tuya_cloud_timer import ListTimer
from custom_components.iot_gateway.const import DOMAIN
from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator, make_device
from simulators.tuya_gateway import SimulatedDevice
from simulators.tuya_gateway.demo.points import ro, rw
from simulators.tuya_gateway.schema import boolean, enum, integer
from tests.helpers import UNKNOWN_CATEGORY, wait_until

CLOUD_TITLE = "Tuya cloud"
SMALL = [Platform.BINARY_SENSOR, Platform.COVER, Platform.NUMBER, Platform.SELECT, Platform.SENSOR, Platform.SWITCH]
"""Platforms enough for what these tests look at."""
_PLANNED: WeakKeyDictionary[ListTimer, float] = WeakKeyDictionary()


def cloud_plug(name: str = "Garage plug", *, online: bool = True, **more: str) -> CloudDevice:
    """Return a device of the cloud, with one data point for each of the commonest platforms."""
    return make_device(
        name,
        UNKNOWN_CATEGORY,
        rw(boolean("relay"), False),
        rw(integer("target", 0, 100, "%"), 50),
        rw(enum("phase", "idle", "busy", "done"), "idle"),
        ro(integer("reading", -400, 1000, "℃", scale=1), 215),
        ro(boolean("contact"), False),
        online=online,
        **more,  # type: ignore[arg-type]
    )


def copy_of(local: SimulatedDevice, name: str, **more: str) -> CloudDevice:
    """Return what the cloud has of a device that a gateway has too."""
    return CloudDevice(
        id=local.id,
        category=local.category,
        function=local.function,
        status=local.status,
        value=dict(local.value),
        name=name,
        **more,  # type: ignore[arg-type]
    )


def cloud_entry(simulator: TuyaCloudSimulator, **options: object) -> MockConfigEntry:
    """Return the entry of a simulated project, as the flow would make it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=CLOUD_TITLE,
        unique_id=simulator.access_id,
        data={
            "connection": "tuya_cloud",
            "endpoint": simulator.endpoint,
            "access_id": simulator.access_id,
            "access_secret": simulator.access_secret,
        },
        options=options,
    )


def after(hass: HomeAssistant, seconds: float) -> None:
    """Let Home Assistant's timers that are due within so many seconds fire now."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds + 1))


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the list of devices be read again now, and wait until that has been done and the next time is set."""
    timer = entry.runtime_data.connection._timer
    assert timer._cancel_reading is not None
    timer._cancel_reading()
    timer._read_now(dt_util.utcnow())
    await wait_until(lambda: timer._cancel_reading is not None)
    await hass.async_block_till_done()


@contextmanager
def readings_noted() -> Iterator[None]:
    """Note in how many seconds lists are to be read again, for `next_poll`."""
    plan = ListTimer.plan

    def noted(timer: ListTimer, seconds: float) -> None:
        _PLANNED[timer] = seconds
        plan(timer, seconds)

    with patch.object(ListTimer, "plan", noted):
        yield


def next_poll(entry: MockConfigEntry) -> float:
    """Return for how many seconds after its last reading, or what else moved it, the next reading of the list was planned.

    That is not what is left of them now, which depends on how fast the machine is.
    """
    timer = entry.runtime_data.connection._timer
    assert timer._cancel_reading is not None
    return _PLANNED[timer]


@contextmanager
def held(cloud: TuyaCloudSimulator, endpoint: str) -> Iterator[Callable[[], None]]:
    """Have calls of an endpoint arrive, but not be answered before the test calls what this yields, or its block ends."""
    released = asyncio.Event()
    take_time = cloud._take_time

    async def hold(name: str, request: web.Request) -> None:
        if name == endpoint:
            await released.wait()
        await take_time(name, request)

    with patch.object(cloud, "_take_time", hold):
        try:
            yield released.set
        finally:
            released.set()


def registered(hass: HomeAssistant, entry: MockConfigEntry, device_id: str) -> dr.DeviceEntry | None:
    """Return what the device registry has of an entry's device."""
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, device_id), entry.entry_id)
