"""What a device sends: live pictures with sound, as FLV without an end, at the pace of the clock."""

import asyncio
from collections.abc import Awaitable, Callable

from simulators.pace import Pace

from .devices import Camera
from .faults import Faults
from .flv import AUDIO, SCRIPT, VIDEO, file_header, metadata, video_body, video_configuration, write_tag
from .pictures import FRAMES_PER_SECOND, GROUP, Form, Picture, Quality, configuration, form_of, live_jpeg, pictures_of
from .sound import Sound, make_sound

JPEGS_PER_SECOND = 5

type Write = Callable[[bytes], Awaitable[None]]


class FlvWriter:
    """Writes one FLV: its beginning, then pictures with the sound that belongs to them."""

    def __init__(self, write: Write, faults: Faults, form: Form | None, sound: Sound | None) -> None:
        """Write what has this form; None: no pictures."""
        self._write = write
        self._faults = faults
        self._form = form
        self._sound = sound
        self._base = faults.first_timestamp
        self._hevc = faults.hevc_form
        self._heard = 0
        """Frames of sound that are written."""

    async def begin(self) -> None:
        """Write what goes before everything."""
        form, sound = self._form, self._sound
        parts = [file_header(sound=sound is not None, pictures=form is not None)]
        values: dict[str, float | bool | str] = {"encoder": "simulator"}
        if form is not None:
            values |= {"width": form.width, "height": form.height, "framerate": FRAMES_PER_SECOND}
        if not self._faults.no_metadata:
            parts.append(write_tag(SCRIPT, self._base, metadata(values)))
        if form is not None:
            record = await asyncio.to_thread(configuration, form)
            parts.append(write_tag(VIDEO, self._base, video_configuration(form.codec, record, self._hevc)))
        if sound is not None and sound.configuration:
            parts.append(write_tag(AUDIO, self._base, sound.configuration))
        await self._write(b"".join(parts))

    async def send(self, at: float, picture: Picture | None) -> None:
        """Write a picture that is due at a time, in milliseconds, and the sound up to then."""
        parts = []
        if picture is not None and self._form is not None:
            body = video_body(self._form.codec, picture.units, self._hevc, key=picture.key)
            parts.append(write_tag(VIDEO, self._time(at), body))
        if (sound := self._sound) is not None:
            while (heard := self._heard * sound.frame_milliseconds) <= at:
                parts.append(write_tag(AUDIO, self._time(heard), sound.frames[self._heard % len(sound.frames)]))
                self._heard += 1
        if parts:
            await self._write(b"".join(parts))

    def skip_sound(self, at: float) -> None:
        """Leave out the sound up to a time, in milliseconds."""
        if self._sound is not None:
            self._heard = max(self._heard, int(at // self._sound.frame_milliseconds) + 1)

    def _time(self, at: float) -> int:
        if restart := self._faults.timestamps_restart:
            at %= restart * 1000
        return self._base + round(at)


async def sound_of(camera: Camera, faults: Faults) -> Sound | None:
    """Return the sound of a camera."""
    return await asyncio.to_thread(make_sound, faults.sound or camera.sound)


async def send_live(write: Write, camera: Camera, quality: Quality, faults: Faults, loop_seconds: int) -> None:
    """Send live pictures and sound until cancelled.

    The pictures come again after `loop_seconds`; with 60, the clock in them is right. The time in the FLV goes on.
    """
    form = form_of(camera.codec, quality)
    writer = FlvWriter(write, faults, form, await sound_of(camera, faults))
    await writer.begin()
    total = loop_seconds * FRAMES_PER_SECOND
    pace, first = Pace(FRAMES_PER_SECOND), -1
    group: tuple[Picture, ...] = ()
    # Of the group: which of it is the next, and where the camera looked.
    following, view = 0, None
    ahead: asyncio.Task[tuple[Picture, ...]] | None = None
    try:
        while True:
            number = await pace.tick()
            joined, first = first < 0, number if first < 0 else first
            at = (number - first) * 1000 / FRAMES_PER_SECOND
            if faults.stall_after is not None and at >= faults.stall_after * 1000:
                await asyncio.Event().wait()
            place = number % total
            pictures = pictures_of(form, camera.title)
            index, before, view = place % GROUP, view, camera.view
            if joined and faults.late_key:
                group, following, before = await pictures.group(place - index, _seconds, view), index, view
            elif index == 0:
                group, following = (await pictures.group(place, _seconds, view) if view == before else ()), 0
                if group:
                    ahead = asyncio.create_task(pictures.group((place + GROUP) % total, _seconds, view))
            if group and index == following and view == before:
                picture = group[index]
                following += 1
            else:
                # It moves, or something was missed, or there was no beginning of a group yet.
                group, picture = (), await pictures.single(place, _seconds, view)
            await writer.send(at, picture)
    finally:
        if ahead is not None:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)


async def send_live_jpegs(write: Write, camera: Camera, loop_seconds: int) -> None:
    """Send live pictures as JPEGs, one after the other, until cancelled."""
    pace = Pace(JPEGS_PER_SECOND)
    while True:
        place = await pace.tick() % (loop_seconds * JPEGS_PER_SECOND)
        number = place * FRAMES_PER_SECOND // JPEGS_PER_SECOND
        await write(await asyncio.to_thread(live_jpeg, camera.title, number, _seconds(number)))


async def send_live_sound(write: Write, camera: Camera, faults: Faults) -> None:
    """Send live sound without pictures until cancelled."""
    writer = FlvWriter(write, faults, None, await sound_of(camera, faults))
    await writer.begin()
    pace, first = Pace(FRAMES_PER_SECOND), -1
    while True:
        number = await pace.tick()
        first = number if first < 0 else first
        await writer.send((number - first) * 1000 / FRAMES_PER_SECOND, None)


def _seconds(number: int) -> str:
    """Return what the clock of the live picture with a number shows: the seconds."""
    return f":{number / FRAMES_PER_SECOND:04.1f}"
