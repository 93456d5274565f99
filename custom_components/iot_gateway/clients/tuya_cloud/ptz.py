"""Which way a camera's head goes (protocols page, section 9)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from .api import TuyaCloudApi


class PtzDirection(StrEnum):
    """A direction, clockwise from above."""

    UP = "up"
    UP_RIGHT = "up_right"
    RIGHT = "right"
    DOWN_RIGHT = "down_right"
    DOWN = "down"
    DOWN_LEFT = "down_left"
    LEFT = "left"
    UP_LEFT = "up_left"


_STOP: Final = "STOP"
"""What the cloud's own PTZ call takes to end a movement."""

_CLOUD_VALUES: Final = {
    PtzDirection.UP: "UP",
    PtzDirection.UP_RIGHT: "RIGHT_UP",
    PtzDirection.RIGHT: "RIGHT",
    PtzDirection.DOWN_RIGHT: "RIGHT_DOWN",
    PtzDirection.DOWN: "DOWN",
    PtzDirection.DOWN_LEFT: "LEFT_DOWN",
    PtzDirection.LEFT: "LEFT",
    PtzDirection.UP_LEFT: "LEFT_UP",
}

_STANDARD_VALUES: Final = {str(number): direction for number, direction in enumerate(PtzDirection)}
"""Values of `ptz_control` by Tuya's standard: "0" up, then clockwise to "7" up-left."""

_WORDS: Final = {
    "up": "up",
    "top": "up",
    "down": "down",
    "bottom": "down",
    "left": "left",
    "right": "right",
}


def ptz_values(options: Iterable[str]) -> dict[PtzDirection, str]:
    """Return which value of `ptz_control` moves into which direction, by the data point's own range.

    Args:
        options: the range of the enum as its specification gives it. Digits are read by Tuya's standard, and so are
            ranges of words in either order (`up_right`, `RIGHT_UP`, `rightUp`). What says no direction is left out.
    """
    values: dict[PtzDirection, str] = {}
    for option in options:
        direction = _STANDARD_VALUES.get(option.strip()) or _direction_of_words(option)
        if direction is not None:
            values.setdefault(direction, option)
    return dict(sorted(values.items(), key=lambda item: list(PtzDirection).index(item[0])))


def cloud_value(direction: PtzDirection) -> str:
    """Return what the cloud's own PTZ call names a direction, for cameras without `ptz_control`."""
    return _CLOUD_VALUES[direction]


async def move_ptz(api: TuyaCloudApi, device_id: str, direction: PtzDirection | None) -> None:
    """Start to move a camera's head, or stop it (None), by the cloud's own call; raises CloudError.

    For cameras without `ptz_control`. It moves until it is stopped.
    """
    await api.call(
        "POST",
        f"/v1.0/cameras/{device_id}/configs/ptz",
        body={"value": _STOP if direction is None else cloud_value(direction)},
        name="camera-ptz",
    )


def _direction_of_words(option: str) -> PtzDirection | None:
    text = option.lower()
    said: set[str] = set()
    while text:
        for word, meaning in _WORDS.items():
            if text.startswith(word):
                said.add(meaning)
                text = text.removeprefix(word)
                break
        else:
            if text[0] not in "_- ":
                return None
            text = text[1:]
    name = "_".join(word for word in ("up", "down", "left", "right") if word in said)
    try:
        return PtzDirection(name)
    except ValueError:
        return None
