"""The devices of the simulated cloud live by themselves; its cameras do by what simulates them."""

from simulators.tuya_cloud import TuyaCloudSimulator, demo_cloud
from simulators.tuya_cloud.life import CloudLife


def value_of(cloud: TuyaCloudSimulator, name: str) -> dict[str, object]:
    return next(dict(device.value) for device in cloud.devices.values() if device.name == name)


async def lived(seed: int, seconds: int) -> TuyaCloudSimulator:
    """Return a cloud that nobody calls, after a while."""
    cloud = TuyaCloudSimulator(demo_cloud())
    life = CloudLife(cloud, seed=seed)
    for _ in range(seconds // 10):
        await life.step(10)
    return cloud


async def test_ordinary_devices_live_and_cameras_do_not() -> None:
    """What a camera sees comes with pictures, which only a camera has."""
    before, after = TuyaCloudSimulator(demo_cloud()), await lived(1, 3600)
    assert value_of(after, "Garage plug")["cur_power"] != value_of(before, "Garage plug")["cur_power"]
    # It is offline
    assert value_of(after, "Shed climate") == value_of(before, "Shed climate")
    assert value_of(after, "Front door") == value_of(before, "Front door")


async def test_a_camera_that_nobody_can_watch() -> None:
    """What it sees comes with pictures of the cloud's own; none while it is not to look."""
    cloud = TuyaCloudSimulator(device for device in demo_cloud() if device.name == "Garage camera")
    (camera,) = cloud.devices.values()
    life = CloudLife(cloud)

    async def pictures() -> int:
        before = len(cloud.files.stored)
        reports = sum([await life.step(15) for _ in range(200)])
        assert len(cloud.files.stored) - before == reports
        return reports

    assert 12 <= await pictures() <= 30
    assert camera.value["movement_detect_pic"]
    for name, value in (("motion_switch", False), ("basic_private", True)):
        cloud.report(camera.id, {name: value})
        assert await pictures() == 0
        cloud.report(camera.id, {name: not value})
    cloud.set_online(camera.id, False)
    assert await pictures() == 0


async def test_life_is_the_same_for_the_same_seed() -> None:
    first, second, other = await lived(5, 600), await lived(5, 600), await lived(6, 600)
    plugs = [value_of(cloud, "Garage plug") for cloud in (first, second, other)]
    assert plugs[0] == plugs[1] != plugs[2]


async def test_commands_are_told_to_behaviours() -> None:
    """A plug that is switched off needs no power."""
    cloud = TuyaCloudSimulator(demo_cloud())
    life = CloudLife(cloud)
    plug = next(device for device in cloud.devices.values() if device.name == "Garage plug")
    cloud.report(plug.id, {"switch_1": False})
    for listener in cloud.command_listeners:
        listener(plug, {"switch_1": False})
    await life.step(60)
    assert plug.value["cur_power"] == 0


async def test_whoever_lives_beside_the_cloud_is_told_of_the_time() -> None:
    cloud = TuyaCloudSimulator()
    passed: list[float] = []

    def live(seconds: float) -> int:
        passed.append(seconds)
        return 2

    cloud.life_listeners.append(live)
    assert await CloudLife(cloud).step(7.5) == 2
    assert passed == [7.5]
