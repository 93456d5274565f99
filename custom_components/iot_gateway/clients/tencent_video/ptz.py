"""Moving a camera, in the dialects that makers use (protocol page 2.1; seed 002, "操作云台").

A camera that is told to move may move until it is told to stop. So whatever happens after a command to move that has a
command to stop, that one is sent: after an error, and also where nobody waits for it any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
import json
from typing import Final

from .agent import CameraChannel
from .errors import AgentError
from .loose import as_mapping, as_number, as_text, from_json

_RELEASE_ATTEMPTS: Final = 3


class PtzDirection(StrEnum):
    """Where to."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, kw_only=True, slots=True)
class PtzDialect:
    """How a maker's cameras are told to move and to stop.

    In both texts `{direction}`, `{speed}` and `{id}` (a number that counts up) are replaced. `stop` is empty for cameras that
    move one step by one command.
    """

    move: str
    stop: str = ""

    def move_command(self, direction: PtzDirection, speed: int, message_id: int) -> str:
        """Return the command to move."""
        return _filled(self.move, direction, speed, message_id)

    def stop_command(self, direction: PtzDirection, speed: int, message_id: int) -> str:
        """Return the command to stop, empty where there is none."""
        return _filled(self.stop, direction, speed, message_id)


def _panel(cmd: str) -> str:
    text = json.dumps({"topic": "ptz", "message_id": 0, "data": {"cmd": cmd}}, separators=(",", ":"))
    return text.replace('"message_id":0', '"message_id":{id}')


TEXT: Final = PtzDialect(move="ptz_{direction}")
"""Tencent's apps for Android."""
TEXT_WITH_SPEED: Final = PtzDialect(move="ptz_{direction}_speed_{speed}")
"""The example of the document."""
PANEL: Final = PtzDialect(move=_panel("ptz_{direction}_press"), stop=_panel("ptz_release_pre"))
"""The standard panel of Tencent's mini program."""
DIALECTS: Final = {"text": TEXT, "text_with_speed": TEXT_WITH_SPEED, "panel": PANEL}


@dataclass(frozen=True, kw_only=True, slots=True)
class PtzPosition:
    """Where a camera looks, in its own units, None for what it does not tell; `at_limit` says that it goes no further."""

    x: float | None = None
    y: float | None = None
    min_x: float | None = None
    max_x: float | None = None
    min_y: float | None = None
    max_y: float | None = None
    at_limit: bool | None = None


class PtzRefused(AgentError):
    """The camera answered that it does not move."""


class Ptz:
    """Moves one camera, one movement after the other."""

    def __init__(
        self,
        camera: CameraChannel,
        dialect: PtzDialect = PANEL,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Move `camera` by `dialect`."""
        self._camera = camera
        self._dialect = dialect
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._message_id = 0
        self._releases: set[asyncio.Task[str]] = set()

    async def move(self, direction: PtzDirection, *, speed: int = 1, duration: float = 0.5) -> PtzPosition | None:
        """Move for `duration` seconds, and return where the camera looks then, None where it does not tell.

        Raises PtzRefused or another AgentError; the camera was told to stop also then, if its dialect has a command for it.
        """
        async with self._lock:
            pressed = ""
            released = ""
            try:
                pressed = await self._camera.ask(
                    "user_define", self._dialect.move_command(direction, speed, self._next_id())
                )
                _check(pressed)
                if self._dialect.stop:
                    await self._sleep(duration)
            finally:
                if self._dialect.stop:
                    task = asyncio.create_task(self._release(direction, speed))
                    self._releases.add(task)
                    task.add_done_callback(self._released)
                    # Goes on where we are cancelled meanwhile
                    released = await asyncio.shield(task)
        return parse_ptz_position(released) or parse_ptz_position(pressed)

    async def aclose(self) -> None:
        """Wait for commands to stop that are under way."""
        await asyncio.gather(*self._releases, return_exceptions=True)

    async def _release(self, direction: PtzDirection, speed: int) -> str:
        """Tell the camera to stop, a few times where it does not answer."""
        for attempt in range(1, _RELEASE_ATTEMPTS + 1):
            try:
                return await self._camera.ask(
                    "user_define", self._dialect.stop_command(direction, speed, self._next_id())
                )
            except AgentError:
                if attempt == _RELEASE_ATTEMPTS:
                    raise
                await self._sleep(0.2)
        raise AssertionError("unreachable")

    def _released(self, task: asyncio.Task[str]) -> None:
        self._releases.discard(task)
        if not task.cancelled():
            # Where nobody waits for it any more, nobody else does so
            task.exception()

    def _next_id(self) -> int:
        self._message_id += 1
        return self._message_id


def parse_ptz_position(reply: str) -> PtzPosition | None:
    """Return the position in a camera's reply, None where there is none."""
    told = as_mapping(from_json(reply))
    names = {"x": "current_x", "y": "current_y", "min_x": "min_x", "max_x": "max_x", "min_y": "min_y", "max_y": "max_y"}
    numbers = {name: as_number(told.get(key)) for name, key in names.items()}
    apex = {"yes": True, "no": False}.get(as_text(told.get("apex")).lower())
    if apex is None and all(number is None for number in numbers.values()):
        return None
    return PtzPosition(**numbers, at_limit=apex)


def _check(reply: str) -> None:
    """Raise PtzRefused where a camera says so; most say nothing of use."""
    told = as_mapping(from_json(reply))
    result = as_number(told.get("result", told.get("status", 0)))
    if result:
        raise PtzRefused(f"The camera does not move (result {result:g})")


def _filled(template: str, direction: PtzDirection, speed: int, message_id: int) -> str:
    # Not str.format: the templates have braces of JSON
    for name, value in (("direction", direction.value), ("speed", str(speed)), ("id", str(message_id))):
        template = template.replace(f"{{{name}}}", value)
    return template
