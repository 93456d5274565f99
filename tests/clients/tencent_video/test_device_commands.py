"""Inner commands: what is asked, and what is read of replies in the forms that the document and real apps have."""

from datetime import date, timedelta, timezone
from typing import Any

import pytest

from custom_components.iot_gateway.clients.tencent_video import device_commands as commands
from custom_components.iot_gateway.clients.tencent_video.agent import CameraChannel, CommandInvalid
from custom_components.iot_gateway.clients.tencent_video.calls import CallSignal, send_call_signal
from custom_components.iot_gateway.clients.tencent_video.device_commands import (
    DeviceStatus,
    FileKind,
    NvrChannel,
    RecordedFile,
    Recording,
    ReplyInvalid,
)
from custom_components.iot_gateway.clients.tencent_video.errors import AgentError, AgentRefused, ViewerLimit
from custom_components.iot_gateway.clients.tencent_video.signals import send_signal

from .fake_agent import FakeAgent, in_turn


def inner(cmd: str, **params: str) -> dict[str, str]:
    """Return what an inner command has."""
    return {"action": "inner_define", "channel": "2", "cmd": cmd, **params}


# The device


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            [{"status": "0", "appConnectNum": "2", "maxConnectNum": "3"}],
            DeviceStatus(status=0, viewers=2, most_viewers=3),
        ),
        ({"status": 405, "appConnectNum": 4}, DeviceStatus(status=405, viewers=4)),
        ([{"status": "1"}], DeviceStatus(status=1)),
    ],
)
async def test_device_status(fake_agent: FakeAgent, camera: CameraChannel, reply: Any, expected: DeviceStatus) -> None:
    fake_agent.answers["get_device_st"] = reply
    assert await commands.get_device_st(camera, quality="super") == expected
    assert await commands.get_device_st(camera, "playback") == expected
    assert fake_agent.commands == [
        inner("get_device_st", type="live", quality="super"),
        inner("get_device_st", type="playback"),
    ]


def test_what_a_status_means() -> None:
    DeviceStatus(status=0).check()
    with pytest.raises(ViewerLimit):
        DeviceStatus(status=405).check()
    for status in (1, 404, 406, 17):
        with pytest.raises(AgentRefused) as info:
            DeviceStatus(status=status).check()
        assert info.value.status == status


@pytest.mark.parametrize("reply", ["", "ok", "5", "[]", "{}", '[{"status":"<code>"}]', "[" * 100_000])
@pytest.mark.parametrize(
    "ask",
    [
        commands.get_device_st,
        commands.playback_pause,
        commands.playback_progress,
        lambda camera: commands.get_month_record(camera, 2024, 1),
        lambda camera: send_call_signal(camera, CallSignal.BUSY),
    ],
    ids=["get_device_st", "playback_pause", "playback_progress", "get_month_record", "call_busy"],
)
async def test_odd_replies(fake_agent: FakeAgent, camera: CameraChannel, ask: Any, reply: str) -> None:
    names = ("get_device_st", "playback_pause", "playback_progress", "get_month_record", "call_busy")
    fake_agent.answers |= dict.fromkeys(names, reply)
    with pytest.raises(ReplyInvalid):
        await ask(camera)


async def test_nvr_list(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    fake_agent.answers["get_nvr_list"] = [
        {"DeviceName": "name2", "Channel": "2", "Online": "1"},
        {"DeviceName": "name1", "Channel": "1", "Online": "0"},
        {"DeviceName": "no channel"},
        {"DeviceName": "odd", "Channel": -1},
    ]
    assert await commands.get_nvr_list(camera) == [
        NvrChannel(name="name1", channel=1, online=False),
        NvrChannel(name="name2", channel=2, online=True),
    ]
    assert fake_agent.commands == [inner("get_nvr_list")]


# Recordings


@pytest.mark.parametrize(
    ("value", "year", "month", "days"),
    [
        # The document's own example
        ("8320", 2024, 1, [8, 14]),
        (8320, 2024, 1, [8, 14]),
        (0, 2024, 1, []),
        (2**32 - 1, 2024, 2, list(range(1, 30))),
        (-1, 2023, 2, list(range(1, 29))),
        (1 << 30, 2024, 12, [31]),
        (1 << 30, 2024, 11, []),
    ],
)
async def test_month(
    fake_agent: FakeAgent, camera: CameraChannel, value: Any, year: int, month: int, days: list[int]
) -> None:
    fake_agent.answers["get_month_record"] = {"video_list": value}
    assert await commands.get_month_record(camera, year, month) == [date(year, month, day) for day in days]
    assert fake_agent.commands == [inner("get_month_record", time=f"{year}{month:02}")]


async def test_record_index(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    fake_agent.answers["get_record_index"] = {
        "video_list": [
            {"type": 0, "start_time": "1633060900", "end_time": "1633060960"},
            {"type": "1", "start_time": 1633060850, "end_time": 1633060880},
            {"type": 0, "start_time": 5, "end_time": 5},
            {"type": 0, "start_time": 5},
        ]
    }
    assert await commands.get_record_index(camera, 1633060800, 1633061000) == [
        Recording(start=1633060850, end=1633060880, type=1),
        Recording(start=1633060900, end=1633060960),
    ]
    assert fake_agent.commands == [inner("get_record_index", start_time="1633060800", end_time="1633061000")]


async def test_files(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    """As in the document (texts), and as in Tencent's own app (numbers)."""
    fake_agent.answers["get_file_list"] = {
        "file_list": [
            {
                "file_type": "video",
                "file_name": "1234.mp4",
                "file_size": "1024000",
                "start_time": "2024-01-23_12-34-00",
                "end_time": "2024-01-23_12-34-59",
                "extra_info": {"md5": "abvdefg"},
            },
            {"file_type": 1, "file_name": "abcd.jpg", "file_size": 10240, "start_time": 1706013296},
            {"file_type": "odd", "file_name": "x", "start_time": "yesterday", "extra_info": "odd"},
            {"file_type": "video"},
        ]
    }
    zone = timezone(timedelta(hours=8))
    video, picture, other = await commands.get_file_list(camera, zone=zone)
    assert video == RecordedFile(
        name="1234.mp4",
        kind=FileKind.VIDEO,
        size=1024000,
        # 04:34:00 UTC
        start=1705984440,
        end=1705984499,
        extra={"md5": "abvdefg"},
    )
    assert picture == RecordedFile(name="abcd.jpg", kind=FileKind.PICTURE, size=10240, start=1706013296)
    assert other == RecordedFile(name="x", kind=FileKind.OTHER)
    assert fake_agent.commands == [inner("get_file_list")]
    # A device that does not heed the kind
    assert await commands.get_file_list(camera, start=1, end=2, kind=FileKind.PICTURE) == [picture, other]
    assert fake_agent.commands[-1] == inner("get_file_list", start_time="1", end_time="2", file_type="1")


# Playing


@pytest.mark.parametrize(
    ("play", "params"),
    [
        (commands.playback_pause, inner("playback_pause")),
        (commands.playback_resume, inner("playback_resume")),
        (lambda camera: commands.playback_seek(camera, 5000), inner("playback_seek", progress="5000")),
        (
            lambda camera: commands.playback_seek(camera, 0, at=1633060855),
            inner("playback_seek", progress="0", time="1633060855"),
        ),
        (lambda camera: commands.playback_speed(camera, 1), inner("playback_speed", speed="40")),
        (lambda camera: commands.playback_speed(camera, 4), inner("playback_speed", speed="10")),
        (lambda camera: commands.playback_speed(camera, 0.5, fps=20), inner("playback_speed", speed="100")),
        (lambda camera: commands.playback_speed(camera, 1000), inner("playback_speed", speed="1")),
        (lambda camera: commands.playback_fast_forward(camera, 3), inner("playback_ff", value="3")),
        (
            lambda camera: commands.playback_rewind(camera, end=100, start=200),
            inner("playback_rewind", start_time="100", end_time="200"),
        ),
    ],
)
async def test_playing(fake_agent: FakeAgent, camera: CameraChannel, play: Any, params: dict[str, str]) -> None:
    fake_agent.answers[params["cmd"]] = in_turn({"status": "0"}, {"status": 0}, {"status": "7"})
    await play(camera)
    await play(camera)
    assert fake_agent.commands == [params, params]
    with pytest.raises(AgentRefused, match=params["cmd"]) as info:
        await play(camera)
    assert info.value.status == 7


async def test_progress(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    fake_agent.answers["playback_progress"] = in_turn({"status": "0", "progress": "123456"}, {"status": "0"})
    assert await commands.playback_progress(camera) == 123456
    with pytest.raises(ReplyInvalid):
        await commands.playback_progress(camera)


async def test_values_that_make_no_sense(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    for factor, fps in ((0, 25), (-1, 25), (1, 0)):
        with pytest.raises(ValueError, match="above 0"):
            await commands.playback_speed(camera, factor, fps=fps)
    with pytest.raises(ValueError, match="below 0"):
        await commands.playback_fast_forward(camera, -1)
    assert fake_agent.commands == []


# Calls and signals


@pytest.mark.parametrize(
    ("signal", "cmd"),
    [
        (CallSignal.HANG_UP, "call_hang_up"),
        (CallSignal.REJECT, "call_reject"),
        (CallSignal.CANCEL, "call_cancel"),
        (CallSignal.BUSY, "call_busy"),
        (CallSignal.TIMEOUT, "call_timeout"),
    ],
)
async def test_calls(fake_agent: FakeAgent, camera: CameraChannel, signal: CallSignal, cmd: str) -> None:
    fake_agent.answers[cmd] = in_turn({"status": "0"}, {"status": "1"})
    await send_call_signal(camera, signal)
    assert fake_agent.commands == [inner(cmd)]
    with pytest.raises(AgentRefused):
        await send_call_signal(camera, signal)


async def test_signal_that_only_devices_send(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    with pytest.raises(ValueError, match="Only devices"):
        await send_call_signal(camera, CallSignal.RECEIVING_STOPPED)
    assert fake_agent.commands == []


async def test_signals(fake_agent: FakeAgent, camera: CameraChannel) -> None:
    text = "36D7F336 " + "ü" * 500
    fake_agent.answers[text] = "any \x00 reply"
    assert await send_signal(camera, text) == "any \x00 reply"
    assert fake_agent.commands == [{"action": "user_define", "channel": "2", "cmd": text}]


@pytest.mark.parametrize("text", ["", "a&b", "a\nb", "a\x7f", "x" * 1025, "ü" * 513])
async def test_signals_that_cannot_be_sent(fake_agent: FakeAgent, camera: CameraChannel, text: str) -> None:
    with pytest.raises(CommandInvalid) as info:
        await send_signal(camera, text)
    assert isinstance(info.value, AgentError)
    assert fake_agent.commands == []
