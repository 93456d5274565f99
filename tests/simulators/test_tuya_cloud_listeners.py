"""What the simulated cloud tells those that run beside it, such as its message queue."""

from collections.abc import AsyncIterator

import pytest

from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator, UnknownDevice, demo_cloud
from simulators.tuya_cloud.control import ControlServer

from .cloud_client import calling

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def cloud() -> AsyncIterator[TuyaCloudSimulator]:
    async with TuyaCloudSimulator(demo_cloud()) as simulator:
        yield simulator


def lamp_of(cloud: TuyaCloudSimulator) -> CloudDevice:
    return next(device for device in cloud.devices.values() if device.name == "Desk lamp")


def test_online_is_told_when_it_changes(cloud: TuyaCloudSimulator) -> None:
    told: list[tuple[str, bool]] = []
    cloud.online_listeners.append(lambda device: told.append((device.id, device.online)))
    lamp = lamp_of(cloud)
    for online in (True, False, False, True):
        cloud.set_online(lamp.id, online)
    assert told == [(lamp.id, False), (lamp.id, True)]


def test_devices_that_come_and_go(cloud: TuyaCloudSimulator) -> None:
    told: list[tuple[str, str, bool]] = []
    cloud.add_listeners.append(lambda device: told.append(("add", device.id, device.id in cloud.devices)))
    cloud.remove_listeners.append(lambda device: told.append(("remove", device.id, device.id in cloud.devices)))
    lamp = lamp_of(cloud)
    cloud.remove_device(lamp.id)
    cloud.add_device(lamp)
    cloud.add_device(lamp)
    assert told == [("remove", lamp.id, False), ("add", lamp.id, True), ("add", lamp.id, True)]
    with pytest.raises(UnknownDevice):
        cloud.remove_device("nobody")
    assert len(told) == 3


async def test_rename(cloud: TuyaCloudSimulator) -> None:
    told: list[tuple[str, str]] = []
    cloud.rename_listeners.append(lambda device: told.append((device.id, device.name)))
    lamp = lamp_of(cloud)
    cloud.rename(lamp.id, "Küche")
    assert told == [(lamp.id, "Küche")]
    async with calling(cloud) as client:
        assert (await client.get(f"/v1.0/devices/{lamp.id}"))["name"] == "Küche"
    with pytest.raises(UnknownDevice):
        cloud.rename("nobody", "x")


async def test_rename_from_another_process(cloud: TuyaCloudSimulator) -> None:
    control = ControlServer(cloud)
    await control.start()
    try:
        async with calling(cloud, log_in=False) as client:
            lamp = lamp_of(cloud)
            body = {"devid": lamp.id, "name": "Hall"}
            for sent, status in ((body, 200), (body | {"name": ""}, 400), (body | {"devid": "nobody"}, 404)):
                async with client.session.post(f"{control.url}/rename", json=sent) as response:
                    assert response.status == status
            assert lamp.name == "Hall"
    finally:
        await control.stop()
