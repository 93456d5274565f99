"""The devices that an agent reaches."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
import secrets
from typing import Any, Literal

from .calls import Call
from .card import Card
from .flv import VideoCodec
from .panorama import View
from .pictures import Quality
from .playback import Playback
from .ptz import Ptz
from .slots import Slots
from .sound import SoundCodec
from .voice import Voice

type StreamKind = Literal["live", "live-mjpg", "live-audio", "playback", "download"]
STREAM_KINDS: tuple[StreamKind, ...] = ("live", "live-mjpg", "live-audio", "playback", "download")


@dataclass(slots=True, kw_only=True)
class Camera:
    """What is behind one channel of a device."""

    title: str
    codec: VideoCodec = "h264"
    sound: SoundCodec = "aac"
    ptz: Ptz | None = None
    name: str = ""
    """Of an NVR's camera: what it is called there."""
    online: bool = True
    """Of an NVR's camera: it is there."""

    @property
    def view(self) -> View:
        """Return where it looks."""
        return View() if self.ptz is None else self.ptz.view


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """An own signal that came (user_define)."""

    channel: int
    text: str


@dataclass(eq=False, slots=True, kw_only=True)
class Stream:
    """Somebody who watches, hears or downloads."""

    kind: StreamKind
    channel: int
    quality: str
    task: asyncio.Task[None]
    sent: int = 0
    """Bytes."""
    aborted: bool = False
    """It ended by a cut with which the connection breaks."""

    def cut(self, *, abort: bool = False) -> None:
        """End it: as at the end of a file, or by breaking the connection."""
        self.aborted = abort
        self.task.cancel()


@dataclass(slots=True, kw_only=True)
class AgentDevice:
    """A device with its cameras, its card and what was said to it."""

    product_id: str
    name: str
    cameras: dict[int, Camera]
    nvr: bool = False
    """Its cameras are told by get_nvr_list."""
    qualities: tuple[Quality, ...] = ("standard", "high", "super")
    talks: bool = True
    """It has a loudspeaker."""
    pictures: bool = False
    """It sends pictures and sound apart (live-mjpg, live-audio), and no live video."""
    low_power: bool = False
    """It is asleep when it isn't online."""
    online: bool = True
    card: Card | None = None
    p2p_info: str = field(default="", repr=False)
    replies: dict[str, str] = field(default_factory=dict)
    """What it replies to own signals."""

    slots: Slots = field(default_factory=Slots)
    call: Call = field(default_factory=Call)
    signals: list[Signal] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    playbacks: list[tuple[int, Playback]] = field(default_factory=list)
    """Those that run, by channel; the latest last."""
    talking: asyncio.Task[Any] | None = None
    """Who talks to it."""

    def __post_init__(self) -> None:
        """Give it X-P2P information if it has none."""
        if not self.p2p_info:
            self.renew_p2p()

    @property
    def key(self) -> str:
        """Return what tells it from all others: product and name with a slash."""
        return f"{self.product_id}/{self.name}"

    @property
    def asleep(self) -> bool:
        """Tell whether it can be woken up."""
        return self.low_power and not self.online

    def renew_p2p(self) -> None:
        """Give it other X-P2P information, as every start of it does (section 2.4)."""
        self.p2p_info = f"XP2P{base64.b64encode(secrets.token_bytes(33)).decode()}==%2.4.19"

    def playback(self, channel: int) -> Playback | None:
        """Return what commands about playback are about: the latest that runs on a channel."""
        return next((one for number, one in reversed(self.playbacks) if number == channel), None)

    def cut(self, *, abort: bool = False) -> None:
        """End all that goes through its P2P channels."""
        for stream in self.streams:
            stream.cut(abort=abort)
        if self.talking is not None:
            self.talking.cancel()

    def as_json(self) -> Mapping[str, Any]:
        """Return what a person wants to know of it; nothing secret."""
        return {
            "device": self.key,
            "online": self.online,
            "asleep": self.asleep,
            "channels": {
                str(number): {
                    "title": camera.title,
                    "codec": camera.codec,
                    "online": camera.online,
                    "ptz": None if camera.ptz is None else camera.ptz.as_json(),
                }
                for number, camera in self.cameras.items()
            },
            "p2p_channels": {"own": self.slots.own, "others": self.slots.others, "total": self.slots.total},
            "streams": [
                {"kind": one.kind, "channel": one.channel, "quality": one.quality, "sent": one.sent}
                for one in self.streams
            ],
            "playbacks": [{"channel": channel, **one.as_json()} for channel, one in self.playbacks],
            "call": self.call.state,
            "call_commands": [{"command": command, "fits": fits} for command, fits in self.call.commands],
            "signals": [{"channel": one.channel, "text": one.text} for one in self.signals],
            "voices": [one.as_json() for one in self.voices],
            "card": None if self.card is None else self.card.as_json(),
        }
