"""A recording on a camera's card that is being watched: what the camera sends is packed into HLS while it comes.

Home Assistant's own stream is for what goes on for ever: of a recording that ends it keeps back the last seconds, so that one of a
few seconds never plays, and begins it again and again. Nothing is encoded anew here, and the files go with the recording.
"""

import asyncio
from collections.abc import Callable
import logging
from pathlib import Path
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant

from ..const import DOMAIN

if TYPE_CHECKING:
    import av

_LOGGER = logging.getLogger(__name__)

PLAYLIST: Final = "index.m3u8"
_SEGMENT_SECONDS: Final = 2
_SEGMENTS_KEPT: Final = 450
"""A quarter of an hour to seek in while it goes on; a bound of the disk that it takes."""
_OPEN_TIMEOUT: Final = 15.0
_READ_TIMEOUT: Final = 60.0
"""Seconds without anything after which it is over: longer than anybody would pause the camera itself."""
_FIRST_WAIT: Final = 20.0
IDLE: Final = 60.0
"""Seconds after which a recording that nobody fetches any more is ended: it takes one of the camera's few places."""
_LOOK: Final = 5.0
_AUDIO: Final = frozenset({"aac", "mp3"})
"""What browsers hear in HLS."""
_GAP: Final = 3.0
"""Seconds by which times may differ from those before, also of sound from picture; by more, the playback has jumped."""
_STEP: Final = 0.04
"""Seconds from what came before a jump to what comes after."""


class CardUnreadable(Exception):
    """The camera sends nothing that can be played; the text has no address."""


class CardShow:
    """What is played from the address `source` into `folder`, which goes with it."""

    def __init__(self, hass: HomeAssistant, source: str, folder: Path) -> None:
        """Be ready to play."""
        self.seen = time.monotonic()
        self._hass = hass
        self._source = source
        self.folder = folder
        self._stop = threading.Event()
        self._work: asyncio.Future[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to play; returns once there is something to see. Raises CardUnreadable."""
        work = self._work = self._hass.async_add_executor_job(pack, self._source, self.folder, self._stop.is_set)
        playlist = self.folder / PLAYLIST
        until = time.monotonic() + _FIRST_WAIT
        while not await self._hass.async_add_executor_job(playlist.exists):
            if work.done():
                work.result()
                raise CardUnreadable("The camera sends nothing")
            if time.monotonic() > until:
                self._stop.set()
                raise CardUnreadable("The camera sends nothing in time")
            _ = await asyncio.wait((work,), timeout=0.2)
        work.add_done_callback(_ended)
        self._watch = self._hass.async_create_background_task(self._look(), f"{DOMAIN} recording on a card")

    async def close(self) -> None:
        """End it and remove its files."""
        self._stop.set()
        if self._watch is not None:
            self._watch.cancel()
        if self._work is not None:
            _ = await asyncio.wait((self._work,), timeout=_LOOK)
        await self._hass.async_add_executor_job(lambda: shutil.rmtree(self.folder, ignore_errors=True))

    async def _look(self) -> None:
        """End it when nobody watches any more; what is there stays for who comes back."""
        while self._work is not None and not self._work.done():
            await asyncio.sleep(_LOOK)
            if time.monotonic() - self.seen > IDLE:
                self._stop.set()
                return


def pack(source: str, folder: Path, stopped: Callable[[], bool]) -> None:
    """Pack what comes from `source` into HLS until it ends; runs as long as it is played, so not in the event loop.

    Raises CardUnreadable where nothing of it could be.
    """
    import av

    options = {
        "hls_segment_type": "fmp4",
        "hls_time": str(_SEGMENT_SECONDS),
        "hls_list_size": str(_SEGMENTS_KEPT),
        "hls_flags": "delete_segments+independent_segments",
        "hls_fmp4_init_filename": "init.mp4",
        "hls_segment_filename": str(folder / "%d.m4s"),
    }
    packed = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            av.open(source, "r", timeout=(_OPEN_TIMEOUT, _READ_TIMEOUT)) as coming,
            av.open(str(folder / PLAYLIST), "w", format="hls", options=options) as output,
        ):
            tracks = _tracks(coming, output)
            times = _Times()
            for packet in coming.demux(*(coming.streams[index] for index in tracks)):
                if stopped():
                    break
                if packet.dts is None or packet.size == 0:
                    continue
                if times.correct(packet):
                    packet.stream = tracks[packet.stream.index]
                    output.mux(packet)
                    packed = True
    except (av.FFmpegError, ValueError, OSError) as err:
        # FFmpeg's own text has the address. The end may come as an error, too
        if not packed:
            raise CardUnreadable(type(err).__name__) from None
        _LOGGER.debug("A recording on a card ended with %s", type(err).__name__)


def _tracks(
    coming: av.container.InputContainer, output: av.container.OutputContainer
) -> dict[int, av.VideoStream | av.AudioStream]:
    """Return the tracks of what is written, by the numbers of the streams that they are of."""
    tracks: dict[int, av.VideoStream | av.AudioStream] = {}
    for stream in coming.streams.video[:1]:
        tracks[stream.index] = output.add_stream_from_template(stream)
        if stream.codec_context.name == "hevc":
            # The form that all browsers take that play it at all
            tracks[stream.index].codec_context.codec_tag = "hvc1"
    if not tracks:
        raise CardUnreadable("There is no picture")
    for sound in coming.streams.audio[:1]:
        if sound.codec_context.name in _AUDIO:
            tracks[sound.index] = output.add_stream_from_template(sound)
    return tracks


class _Times:
    """Makes one time line of what the camera sends, which jumps where its playback is told to seek."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._latest = 0.0
        self._last: dict[int, int] = {}

    def correct(self, packet: av.Packet[Any]) -> bool:
        """Move a packet to where it belongs; return whether there is a place for it."""
        assert packet.dts is not None
        assert packet.time_base is not None
        base = float(packet.time_base)
        at = packet.dts * base + self._offset
        if not self._last:
            # A recording begins at 0, whatever the camera's clock says
            self._offset = -at
        elif abs(at - self._latest) > _GAP:
            self._offset += self._latest + _STEP - at
        shift = round(self._offset / base)
        dts = packet.dts + shift
        if packet.pts is not None:
            packet.pts += shift
        packet.dts = dts
        self._latest = max(self._latest, dts * base)
        last = self._last.get(packet.stream.index)
        if last is not None and dts <= last:
            return False
        self._last[packet.stream.index] = dts
        return True


def _ended(work: asyncio.Future[None]) -> None:
    """Look at how it ended; nobody waits any more."""
    if not work.cancelled() and (err := work.exception()) is not None:
        _LOGGER.debug("A recording on a card ended: %s", err)
