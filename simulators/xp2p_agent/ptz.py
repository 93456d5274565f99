"""A camera's motors, in the dialects of the documents (seed document 6, and tencent_iot_video.md, section 2.1).

The panel's JSON presses and releases: what is pressed and never released goes on to the end of its way. Texts move by a step,
which is our choice: no page has a text that stops.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
import re
import time
from typing import Any

from .panorama import View

DIRECTIONS: dict[str, tuple[int, int]] = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}
"""By name: where x and y go."""
X = (-180.0, 180.0)
Y = (-45.0, 45.0)
UNITS_PER_SECOND = 60.0
STEP = 15.0
"""What a text without a speed moves, in units; with a speed, times that."""
MOST_SPEED = 10
_TEXT = re.compile(r"ptz_(left|right|up|down)(?:_speed_(\d{1,2}))?", re.ASCII)
_PRESS = re.compile(r"ptz_(left|right|up|down)_press")
_RELEASE = "ptz_release_pre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move that has ended; `released`: by a release, and not by another move or, of a step, by itself."""

    direction: str
    seconds: float
    released: bool


class Ptz:
    """Where a camera looks."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        """Look straight ahead."""
        self.moves: list[Move] = []
        """What has ended, the latest last."""
        self._now = now
        self._x = self._y = 0.0
        self._direction: str | None = None
        self._since = 0.0
        self._until: float | None = None

    @property
    def moving(self) -> str | None:
        """Return the direction in which the motors run, also at the end of the way; None while they don't."""
        self._settle_step()
        return self._direction

    @property
    def pressed(self) -> bool:
        """Tell whether something was pressed and not released yet."""
        return self._direction is not None and self._until is None

    @property
    def position(self) -> tuple[float, float]:
        """Return where it looks now."""
        self._settle_step()
        return self._at(self._now())

    @property
    def view(self) -> View:
        """Return that as the part of the scene that is seen."""
        x, y = self.position
        return View(round(x / X[1], 3), round(y / Y[1], 3))

    @property
    def target(self) -> tuple[float, float]:
        """Return where it stands after a step; if it isn't one, where it looks now."""
        self._settle_step()
        return self._at(self._now() if self._until is None else self._until)

    def press(self, direction: str) -> None:
        """Run in one of DIRECTIONS until it is released."""
        self._end(released=False)
        self._direction, self._since, self._until = direction, self._now(), None

    def step(self, direction: str, speed: int = 1) -> None:
        """Move a step."""
        self._end(released=False)
        now = self._now()
        self._direction, self._since, self._until = direction, now, now + STEP * speed / UNITS_PER_SECOND

    def release(self) -> None:
        """Stop."""
        self._settle_step()
        self._end(released=True)

    def command(self, text: str, *, deaf_to_release: bool = False) -> dict[str, Any] | None:
        """Do what a command says and return the device's reply; None if it's no command for motors."""
        if (found := _TEXT.fullmatch(text)) is not None:
            speed = int(found[2] or 1)
            if not 1 <= speed <= MOST_SPEED:
                return {"result": "-1"}
            self.step(found[1], speed)
            return self.reply()
        message = _message(text)
        if message is None or message.get("topic") != "ptz":
            return None
        data = message.get("data")
        command = data.get("cmd") if isinstance(data, Mapping) else None
        if not isinstance(command, str):
            return {"confirmation_topic": "ptz", "result": "-1", "message_id": message.get("message_id", 0)}
        if command == _RELEASE:
            if not deaf_to_release:
                self.release()
        elif (found := _PRESS.fullmatch(command)) is not None:
            self.press(found[1])
        else:
            return {"confirmation_topic": "ptz", "result": "-1", "message_id": message.get("message_id", 0)}
        return self.reply() | {"message_id": message.get("message_id", 0)}

    def reply(self) -> dict[str, Any]:
        """Return what the panel shows: the position, of a step the one to which it leads, and its limits."""
        x, y = self.target
        return {
            "confirmation_topic": "ptz",
            "result": "0",
            "apex": "yes" if x in X or y in Y else "no",
            "current_x": round(x),
            "current_y": round(y),
            "max_x": round(X[1]),
            "max_y": round(Y[1]),
            "min_x": round(X[0]),
            "min_y": round(Y[0]),
        }

    def as_json(self) -> dict[str, Any]:
        """Return what a person wants to know of it."""
        x, y = self.position
        return {
            "moving": self.moving,
            "pressed": self.pressed,
            "x": round(x, 1),
            "y": round(y, 1),
            "moves": [
                {"direction": move.direction, "seconds": round(move.seconds, 3), "released": move.released}
                for move in self.moves[-100:]
            ],
        }

    def _at(self, now: float) -> tuple[float, float]:
        if self._direction is None:
            return self._x, self._y
        way = UNITS_PER_SECOND * (now - self._since)
        x, y = DIRECTIONS[self._direction]
        return min(max(self._x + x * way, X[0]), X[1]), min(max(self._y + y * way, Y[0]), Y[1])

    def _settle_step(self) -> None:
        if self._until is not None and self._until <= self._now():
            self._end(released=False)

    def _end(self, *, released: bool) -> None:
        if self._direction is None:
            return
        end = self._now() if self._until is None else min(self._until, self._now())
        self._x, self._y = self._at(end)
        self.moves.append(Move(direction=self._direction, seconds=end - self._since, released=released))
        self._direction = self._until = None


def _message(text: str) -> Mapping[str, Any] | None:
    try:
        message = json.loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
