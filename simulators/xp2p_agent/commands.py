"""What a device replies to commands (seed documents 5 and 6; tencent_iot_video.md, section 2.1, where they disagree).

A reply is text; the agent hands it on as it is. In JSON of the documents, numbers are texts.
"""

import asyncio
from collections.abc import Mapping
import json
from typing import Any

from .calls import CALL_COMMANDS
from .devices import AgentDevice, Camera, Signal
from .faults import REQUEST_TYPES, Faults
from .files import FILE_TYPES, CardFile, make_files
from .pictures import SIZES
from .playback import Playback

ACCEPTED, REJECTED, BAD_REQUEST, TOO_MANY, UNSUPPORTED = "0", "1", "404", "405", "406"
"""What get_device_st answers (section 2.1); of other commands, 0 is good and anything else is not."""
_FILE_TIME = "%Y-%m-%d_%H-%M-%S"

type Query = Mapping[str, str]


class _Bad(ValueError):
    """A parameter is missing or is nothing of the kind."""


async def reply_to_inner(device: AgentDevice, channel: int, query: Query, faults: Faults) -> str:
    """Do what an inner command says and return the reply; it may take time."""
    command = query["cmd"]
    try:
        if command in CALL_COMMANDS:
            # mypy knows what it is by now.
            return _status(device.call.command(command) or faults.lenient_calls, faults)
        if command.startswith("playback_"):
            return _playback(device.playback(channel), command, query, faults)
        match command:
            case "get_device_st":
                return _device_status(device, query, faults)
            case "get_nvr_list" if device.nvr:
                return _nvr_list(device, faults)
            case "get_record_index":
                return _record_index(device, channel, query, faults)
            case "get_month_record":
                return _month(device, channel, query, faults)
            case "get_file_list":
                return await _file_list(device, channel, query, faults)
    except _Bad:
        pass
    return _json({"status": BAD_REQUEST}, faults)


def reply_to_own(device: AgentDevice, channel: int, camera: Camera | None, text: str, faults: Faults) -> str:
    """Do what an own signal says: move, or be kept; return the reply."""
    if camera is not None and camera.ptz is not None:
        reply = camera.ptz.command(text, deaf_to_release=faults.deaf_to_release)
        if reply is not None:
            known = ("confirmation_topic", "result", "message_id")
            if faults.no_positions:
                reply = {name: value for name, value in reply.items() if name in known}
            return json.dumps(reply)
    device.signals.append(Signal(channel=channel, text=text))
    return device.replies.get(text, _status(True, faults))


async def files_of(device: AgentDevice, channel: int, start: float = 0, end: float = 1e11) -> list[CardFile]:
    """Return the files that a channel of a device has from between two times; makes clips in a thread."""
    camera, card = device.cameras.get(channel), device.card
    if camera is None or card is None:
        return []
    return await asyncio.to_thread(
        make_files, card, channel, camera.title, camera.codec, card.between(channel, start, end)
    )


def _device_status(device: AgentDevice, query: Query, faults: Faults) -> str:
    kind, quality = query.get("type", ""), query.get("quality", "")
    if kind not in REQUEST_TYPES or (kind == "live" and quality not in SIZES):
        status = BAD_REQUEST
    elif (told := faults.device_status.get(kind)) is not None:
        status = told
    elif (
        (kind == "live" and quality not in device.qualities)
        or (kind == "voice" and not device.talks)
        or (kind == "playback" and device.card is None)
    ):
        status = UNSUPPORTED
    elif kind == "voice" and device.talking is not None:
        status = REJECTED
    elif device.slots.full:
        status = TOO_MANY
    else:
        status = ACCEPTED
    slots = device.slots
    return _json([{"status": status, "appConnectNum": slots.in_use, "maxConnectNum": slots.total}], faults)


def _nvr_list(device: AgentDevice, faults: Faults) -> str:
    return _json(
        [
            {"DeviceName": camera.name or camera.title, "Channel": number, "Online": int(camera.online)}
            for number, camera in device.cameras.items()
        ],
        faults,
    )


def _record_index(device: AgentDevice, channel: int, query: Query, faults: Faults) -> str:
    start, end = _number(query, "start_time"), _number(query, "end_time")
    records = [] if device.card is None else device.card.between(channel, start, end)
    # The type is a number in the documents, too.
    entries: list[dict[str, str | int]] = [
        {"type": one.type, "start_time": _figure(one.start, faults), "end_time": _figure(one.end, faults)}
        for one in records
    ]
    return json.dumps({"video_list": entries})


def _month(device: AgentDevice, channel: int, query: Query, faults: Faults) -> str:
    time = query.get("time", "")
    if len(time) != 6 or not time.isascii() or not time.isdecimal() or not 1 <= int(time[4:]) <= 12:
        raise _Bad
    mask = 0 if device.card is None else device.card.month(channel, int(time[:4]), int(time[4:]))
    return _json({"video_list": mask}, faults)


async def _file_list(device: AgentDevice, channel: int, query: Query, faults: Faults) -> str:
    start = _number(query, "start_time") if "start_time" in query else 0
    end = _number(query, "end_time") if "end_time" in query else 1 << 40
    kinds = query.get("file_type", "")
    files = [
        one
        for one in await files_of(device, channel, start, end)
        if kinds in ("", one.type) or kinds == str(FILE_TYPES.index(one.type))
    ]
    assert device.card is not None or not files
    return json.dumps({"file_list": [_file(device, one, faults) for one in files]})


def _file(device: AgentDevice, file: CardFile, faults: Faults) -> dict[str, Any]:
    if faults.file_list_form == "app":
        times: dict[str, Any] = {"start_time": file.start, "end_time": file.end}
        kind: str | int = FILE_TYPES.index(file.type)
    else:
        assert device.card is not None
        times = {
            "start_time": f"{device.card.local(file.start):{_FILE_TIME}}",
            "end_time": f"{device.card.local(file.end):{_FILE_TIME}}",
        }
        kind = file.type
    extra = {"extra_info": {"seconds": _figure(file.end - file.start, faults)}} if file.type == "video" else {}
    return {"file_type": kind, "file_name": file.name, "file_size": _figure(file.size, faults), **times, **extra}


def _playback(playback: Playback | None, command: str, query: Query, faults: Faults) -> str:
    if playback is None:
        return _status(False, faults)
    match command:
        case "playback_pause":
            done = playback.pause()
        case "playback_resume":
            done = playback.resume()
        case "playback_seek" if "time" in query:
            done = playback.seek_time(_number(query, "time"))
        case "playback_seek":
            done = playback.seek(_number(query, "progress"))
        case "playback_speed":
            done = playback.speed(_number(query, "speed"))
        case "playback_ff":
            done = playback.fast_forward(_number(query, "value"))
        case "playback_rewind":
            done = playback.rewind(_number(query, "start_time"), _number(query, "end_time"))
        case "playback_progress":
            return _json({"status": ACCEPTED, "progress": playback.progress}, faults)
        case _:
            raise _Bad
    return _status(done, faults)


def _status(good: bool, faults: Faults) -> str:
    return _json({"status": ACCEPTED if good else REJECTED}, faults)


def _number(query: Query, name: str) -> int:
    text = query.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 13:
        raise _Bad
    return int(text)


def _figure(value: int, faults: Faults) -> str | int:
    return value if faults.plain_numbers else str(value)


def _json(value: dict[str, Any] | list[dict[str, Any]], faults: Faults) -> str:
    """Return JSON whose numbers are all texts, or numbers, also of what is written as text here."""

    def plain(one: Any) -> Any:
        if isinstance(one, list):
            return [plain(part) for part in one]
        if isinstance(one, dict):
            return {name: plain(part) for name, part in one.items()}
        if isinstance(one, int):
            return _figure(one, faults)
        return int(one) if faults.plain_numbers and one.isdecimal() else one

    return json.dumps(plain(value))
