"""Moving a camera: the dialects, the positions, and that a camera is never left moving."""

import asyncio
import json

from aiohttp import web
import pytest

from custom_components.iot_gateway.clients.tencent_video.agent import CameraChannel
from custom_components.iot_gateway.clients.tencent_video.errors import AgentError
from custom_components.iot_gateway.clients.tencent_video.ptz import (
    DIALECTS,
    PANEL,
    TEXT,
    TEXT_WITH_SPEED,
    Ptz,
    PtzDialect,
    PtzDirection,
    PtzPosition,
    PtzRefused,
    parse_ptz_position,
)

from .fake_agent import FakeAgent

LEFT = '{"topic":"ptz","message_id":1,"data":{"cmd":"ptz_left_press"}}'
STOP = '{"topic":"ptz","message_id":2,"data":{"cmd":"ptz_release_pre"}}'
REPLY = {
    "confirmation_topic": "ptz",
    "result": "0",
    "apex": "yes",
    "current_x": 10,
    "current_y": "20.5",
    "max_x": 100,
    "max_y": 50,
    "min_x": -100,
    "min_y": 0,
    "message_id": 0,
}
POSITION = PtzPosition(x=10, y=20.5, min_x=-100, max_x=100, min_y=0, max_y=50, at_limit=True)


class Camera:
    """A camera that is told to move and to stop, and whose commands may fail, in order."""

    def __init__(self, fake: FakeAgent, channel: CameraChannel) -> None:
        self.sent: list[str] = []
        self.slept: list[float] = []
        self.failures: list[bool | str] = []
        self.sleeping = asyncio.Event()
        self.wake: asyncio.Event | None = None
        fake.any_command = self.answer
        self.channel = channel
        self.fake = fake

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.sleeping.set()
        if self.wake is not None:
            await self.wake.wait()

    def answer(self, cmd: str) -> web.Response:
        self.sent.append(cmd)
        failure = self.failures.pop(0) if self.failures else False
        if failure is True:
            return web.Response(status=500)
        return web.Response(text=failure or json.dumps(REPLY))


@pytest.fixture(name="moving")
def moving_fixture(fake_agent: FakeAgent, camera: CameraChannel) -> Camera:
    return Camera(fake_agent, camera)


def ptz(moving: Camera, dialect: PtzDialect = PANEL) -> Ptz:
    return Ptz(moving.channel, dialect, sleep=moving.sleep)


# Dialects


@pytest.mark.parametrize("direction", list(PtzDirection))
def test_dialects(direction: PtzDirection) -> None:
    assert TEXT.move_command(direction, 3, 1) == f"ptz_{direction}"
    assert TEXT_WITH_SPEED.move_command(direction, 3, 1) == f"ptz_{direction}_speed_3"
    assert json.loads(PANEL.move_command(direction, 3, 7)) == {
        "topic": "ptz",
        "message_id": 7,
        "data": {"cmd": f"ptz_{direction}_press"},
    }
    assert json.loads(PANEL.stop_command(direction, 3, 8)) == {
        "topic": "ptz",
        "message_id": 8,
        "data": {"cmd": "ptz_release_pre"},
    }
    assert (TEXT.stop_command(direction, 1, 1), TEXT_WITH_SPEED.stop_command(direction, 1, 1)) == ("", "")
    assert set(DIALECTS) == {"text", "text_with_speed", "panel"}


async def test_press_and_release(moving: Camera) -> None:
    assert await ptz(moving).move(PtzDirection.LEFT, duration=0.7) == POSITION
    assert moving.sent == [LEFT, STOP]
    assert moving.slept == [0.7]
    assert moving.fake.commands[0]["action"] == "user_define"


async def test_one_step(moving: Camera) -> None:
    """There is nothing to stop, and nothing to wait for."""
    assert await ptz(moving, TEXT_WITH_SPEED).move(PtzDirection.UP, speed=5) == POSITION
    assert moving.sent == ["ptz_up_speed_5"]
    assert moving.slept == []


async def test_own_dialect(moving: Camera) -> None:
    dialect = PtzDialect(move='go {"{direction}":{speed}} {id} {other}', stop="stop {direction}")
    await ptz(moving, dialect).move(PtzDirection.DOWN, speed=2)
    assert moving.sent == ['go {"down":2} 1 {other}', "stop down"]


# Always released


async def test_released_after_a_failure(moving: Camera) -> None:
    """The command to move may have arrived, though its answer did not."""
    moving.failures = [True]
    with pytest.raises(AgentError):
        await ptz(moving).move(PtzDirection.LEFT)
    assert moving.sent == [LEFT, STOP]


async def test_released_after_a_refusal(moving: Camera) -> None:
    moving.failures = ['{"result":"-1"}']
    with pytest.raises(PtzRefused, match="-1"):
        await ptz(moving).move(PtzDirection.LEFT)
    assert moving.sent == [LEFT, STOP]


async def test_release_is_tried_again(moving: Camera) -> None:
    moving.failures = [False, True, True, False]
    assert await ptz(moving).move(PtzDirection.LEFT) == POSITION
    assert [json.loads(sent)["data"]["cmd"] for sent in moving.sent[1:]] == ["ptz_release_pre"] * 3


async def test_release_that_fails_is_told(moving: Camera) -> None:
    moving.failures = [False, True, True, True]
    with pytest.raises(AgentError):
        await ptz(moving).move(PtzDirection.LEFT)
    assert len(moving.sent) == 4


async def test_released_when_cancelled(moving: Camera) -> None:
    moving.wake = asyncio.Event()
    mover = ptz(moving)
    task = asyncio.create_task(mover.move(PtzDirection.LEFT))
    await asyncio.wait_for(moving.sleeping.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await mover.aclose()
    assert moving.sent == [LEFT, STOP]


async def test_released_when_cancelled_twice(moving: Camera) -> None:
    """Also where even the release is not waited for."""
    moving.wake = asyncio.Event()
    mover = ptz(moving)
    task = asyncio.create_task(mover.move(PtzDirection.LEFT))
    await asyncio.wait_for(moving.sleeping.wait(), 20)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(mover.aclose(), 20)
    assert moving.sent == [LEFT, STOP]


async def test_one_after_the_other(moving: Camera) -> None:
    """A release does not stop somebody else's movement."""
    mover = ptz(moving)
    await asyncio.gather(mover.move(PtzDirection.LEFT), mover.move(PtzDirection.UP), mover.move(PtzDirection.LEFT))
    cmds = [json.loads(sent)["data"]["cmd"] for sent in moving.sent]
    release = "ptz_release_pre"
    assert cmds == ["ptz_left_press", release, "ptz_up_press", release, "ptz_left_press", release]
    assert [json.loads(sent)["message_id"] for sent in moving.sent] == [1, 2, 3, 4, 5, 6]


# Positions


@pytest.mark.parametrize(
    ("reply", "position"),
    [
        (json.dumps(REPLY), POSITION),
        ('{"apex":"no"}', PtzPosition(at_limit=False)),
        ('{"current_x":1}', PtzPosition(x=1)),
        ('{"result":"0"}', None),
        ("ok", None),
        ("", None),
        ("[1]", None),
    ],
)
def test_positions(reply: str, position: PtzPosition | None) -> None:
    assert parse_ptz_position(reply) == position


async def test_position_of_either_answer(moving: Camera) -> None:
    moving.failures = ["ok", "ok"]
    assert await ptz(moving).move(PtzDirection.LEFT) is None
    moving.failures = [json.dumps(REPLY), "ok"]
    assert await ptz(moving).move(PtzDirection.LEFT) == POSITION
