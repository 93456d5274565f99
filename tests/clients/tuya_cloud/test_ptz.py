"""Directions of a camera's head."""

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.ptz import PtzDirection, cloud_value, move_ptz, ptz_values

from .fake_api import DEVICE, FakeApi


def test_standard_range() -> None:
    """Digits go clockwise from above."""
    assert ptz_values(["1", "2", "3", "4", "5", "6", "7", "0"]) == {
        PtzDirection.UP: "0",
        PtzDirection.UP_RIGHT: "1",
        PtzDirection.RIGHT: "2",
        PtzDirection.DOWN_RIGHT: "3",
        PtzDirection.DOWN: "4",
        PtzDirection.DOWN_LEFT: "5",
        PtzDirection.LEFT: "6",
        PtzDirection.UP_LEFT: "7",
    }


def test_order() -> None:
    """What is returned goes clockwise, whatever the range does."""
    assert list(ptz_values(["6", "0", "4", "2"])) == [
        PtzDirection.UP,
        PtzDirection.RIGHT,
        PtzDirection.DOWN,
        PtzDirection.LEFT,
    ]


@pytest.mark.parametrize(
    ("option", "direction"),
    [
        ("up", PtzDirection.UP),
        ("UP", PtzDirection.UP),
        ("top", PtzDirection.UP),
        ("down_left", PtzDirection.DOWN_LEFT),
        ("LEFT_DOWN", PtzDirection.DOWN_LEFT),
        ("rightUp", PtzDirection.UP_RIGHT),
        ("upright", PtzDirection.UP_RIGHT),
        ("bottom-right", PtzDirection.DOWN_RIGHT),
        ("left top", PtzDirection.UP_LEFT),
    ],
)
def test_words(option: str, direction: PtzDirection) -> None:
    assert ptz_values([option]) == {direction: option}


@pytest.mark.parametrize("option", ["8", "stop", "", "up_down", "left_right", "upset", "_"])
def test_no_direction(option: str) -> None:
    """A value that says no direction is none, and not the nearest."""
    assert ptz_values([option]) == {}


def test_first_of_two() -> None:
    assert ptz_values(["up", "0"]) == {PtzDirection.UP: "up"}


def test_cloud_values() -> None:
    """The names of the cloud's own call (section 9)."""
    assert [cloud_value(direction) for direction in PtzDirection] == [
        "UP",
        "RIGHT_UP",
        "RIGHT",
        "RIGHT_DOWN",
        "DOWN",
        "LEFT_DOWN",
        "LEFT",
        "LEFT_UP",
    ]


async def test_move_ptz() -> None:
    path = f"/v1.0/cameras/{DEVICE}/configs/ptz"
    api = FakeApi(**{f"POST {path}": True})
    await move_ptz(api, DEVICE, PtzDirection.UP_RIGHT)
    await move_ptz(api, DEVICE, None)
    assert [call[3] for call in api.calls] == [{"value": "RIGHT_UP"}, {"value": "STOP"}]
