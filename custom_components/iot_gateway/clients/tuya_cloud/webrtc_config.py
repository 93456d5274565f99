"""What the cloud tells of how to view a camera over WebRTC (seed 000; protocols page, section 2).

Everything that a camera or the cloud may leave out is optional here; what is there but odd is taken as if it was left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
import json
import re
import time
from typing import Any, Final

from .api import TuyaCloudApi
from .device_paths import call_device
from .errors import INTERNAL_ERROR, PermissionDenied, UnknownCloudError
from .loose import as_integer, as_integers, as_mapping, as_number, as_text

HD: Final = 0
"""The main stream, as offers name it."""
SD: Final = 1
"""The sub-stream, as offers name it."""

_STREAM_TYPES: Final = {2: HD, 4: SD}
"""How `skill` and `vedio_clarity` number the streams."""
_CODECS: Final = {2: "h264", 4: "h265"}

_SPEAKER: Final = 1 << 4
_CLARITY: Final = 1 << 5
_RECORD: Final = 1 << 6

_ICE_URL: Final = re.compile(
    r"(?:stuns?:HOST(?::PORT)?|turns?:HOST(?::PORT)?(?:\?transport=(?:udp|tcp))?)".replace(
        "HOST", r"(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)"
    ).replace("PORT", r"[0-9]{1,5}"),
    re.IGNORECASE,
)
"""What Chromium's RTCPeerConnection takes; for anything else its constructor throws, and the player stays black."""
_CLOCK_TOLERANCE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IceServer:
    """A STUN or TURN server, as RTCPeerConnection takes it.

    `username` and `credential` are there for TURN only. `expires_at` is when they end, seconds since the epoch; None
    where nothing ends.
    """

    urls: str
    username: str | None = field(default=None, repr=False)
    credential: str | None = field(default=None, repr=False)
    expires_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """One of a camera's streams; `stream_type` as in offers, sizes in pixels, 0 where unknown.

    `codec` is `h264`, `h265`, `other`, or "" where the camera doesn't say.
    """

    stream_type: int
    width: int = 0
    height: int = 0
    codec: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRtcConfig:
    """How a camera is viewed over WebRTC.

    Attributes:
        auth: what an offer proves with that we may view; good until the camera is paired anew.
        moto_id: the signalling server that the camera listens to, part of the topic. It may change.
        ice_servers: only those a browser takes; see `usable_ice_servers`.
        supports_webrtc: false also where `auth` or `moto_id` is missing.
        streams: the main one first; empty where the camera doesn't list them.
        two_way: the camera has a speaker, and may talk both ways.
        can_switch_clarity: it takes `resolution` messages.
        low_power: it sleeps to save its battery. Some sleep without saying so here.
        has_speaker_control: it takes `speaker` messages.
        can_record: bit 6 of the skill.
        default_stream: the stream it starts with where nobody says which.
        sub_dev_id: node id below the device that is offered to, for recorders and gateways; empty otherwise.
        expires_at: when the first of the TURN credentials ends, seconds since the epoch; None without TURN.
    """

    auth: str = field(default="", repr=False)
    moto_id: str = ""
    ice_servers: tuple[IceServer, ...] = ()
    supports_webrtc: bool = False
    streams: tuple[StreamInfo, ...] = ()
    two_way: bool = False
    can_switch_clarity: bool = False
    low_power: bool = False
    has_speaker_control: bool = False
    can_record: bool = False
    default_stream: int = SD
    sub_dev_id: str = ""
    expires_at: float | None = None

    def usable_ice_servers(self, now: float) -> tuple[IceServer, ...]:
        """Return the servers whose credentials hold at `now` (seconds since the epoch)."""
        return tuple(server for server in self.ice_servers if server.expires_at is None or now < server.expires_at)

    def choose_stream(self, wanted: int | None = None) -> int | None:
        """Return the stream to ask for: the wanted one, or another where that is not H.264; None where none is.

        Browsers play H.265 of a camera neither over WebRTC nor at all (section 6).
        """
        wanted = self.default_stream if wanted is None else wanted
        if not self.streams:
            return wanted
        playable = [stream.stream_type for stream in self.streams if stream.codec in ("h264", "")]
        if wanted in playable:
            return wanted
        return playable[0] if playable else None


def parse_webrtc_config(result: Any, *, now: float) -> WebRtcConfig:
    """Return what an answer to `webrtc-configs` says; `now` in seconds since the epoch, for what ends after a while."""
    if not isinstance(result, dict):
        return WebRtcConfig()
    skill = _skill(result.get("skill"))
    flags = as_integer(skill.get("webrtc")) or 0
    auth = as_text(result.get("auth"))
    moto_id = as_text(result.get("moto_id"))
    audio = as_mapping(result.get("audio_attributes"))
    hardware = as_integers(audio.get("hardware_capability"))
    servers = tuple(_ice_servers(as_mapping(result.get("p2p_config")).get("ices"), now))
    return WebRtcConfig(
        auth=auth,
        moto_id=moto_id,
        ice_servers=servers,
        supports_webrtc=bool(auth and moto_id) and result.get("supports_webrtc", True) in (True, 1, "true"),
        streams=_streams(skill.get("videos")),
        # 2 is "two-way" of the one and "speaker" of the other
        two_way=2 in as_integers(audio.get("call_mode")) and (2 in hardware or not hardware),
        can_switch_clarity=bool(flags & _CLARITY),
        low_power=(as_integer(skill.get("lowPower")) or 0) > 0,
        has_speaker_control=bool(flags & _SPEAKER),
        can_record=bool(flags & _RECORD),
        default_stream=_STREAM_TYPES.get(as_integer(result.get("vedio_clarity")) or 0, SD),
        sub_dev_id=as_text(result.get("nodeId")) if result.get("sub") is True else "",
        expires_at=min((server.expires_at for server in servers if server.expires_at is not None), default=None),
    )


async def get_webrtc_config(
    api: TuyaCloudApi, uid: str, device_id: str, *, now: Callable[[], float] = time.time
) -> WebRtcConfig:
    """Fetch how to view a camera; raises CloudError.

    A camera that cannot be viewed this way either is refused by the cloud or has `supports_webrtc` false.
    """
    try:
        result = await call_device(
            api,
            "GET",
            uid,
            device_id,
            "webrtc-configs",
            name="webrtc-configs",
            also_after=(PermissionDenied, UnknownCloudError),
        )
    except UnknownCloudError as err:
        if err.code != INTERNAL_ERROR:
            raise
        # As of doorbells behind a gateway: what is left are the streams that the cloud opens
        result = None
    return parse_webrtc_config(result, now=now())


def _ice_servers(ices: Any, now: float) -> Iterator[IceServer]:
    """Yield the servers that a browser takes, each once."""
    seen: set[tuple[str, str, str]] = set()
    for ice in ices if isinstance(ices, list) else []:
        if not isinstance(ice, dict):
            continue
        urls = ice.get("urls", ice.get("url"))
        for url in urls if isinstance(urls, list) else [urls]:
            if not isinstance(url, str) or not _ICE_URL.fullmatch(url := url.strip()):
                continue
            relays = url.lower().startswith("turn")
            username, credential = as_text(ice.get("username")), as_text(ice.get("credential"))
            if relays and not (username and credential):
                continue
            if not relays:
                username = credential = ""
            if (key := (url, username, credential)) in seen:
                continue
            seen.add(key)
            yield IceServer(
                urls=url,
                username=username or None,
                credential=credential or None,
                expires_at=_turn_end(username, ice.get("ttl"), now) if relays else None,
            )


def _turn_end(username: str, ttl: Any, now: float) -> float | None:
    """Return when a TURN credential ends: as its user name says, or after `ttl` seconds where our clocks disagree."""
    said = as_integer(username.partition(":")[0])
    lifetime = as_number(ttl)
    ends = None if lifetime is None or lifetime <= 0 else now + lifetime
    if said is None or said < 1e9:
        return ends
    if ends is not None and not now < said <= ends + _CLOCK_TOLERANCE:
        return ends
    return float(said)


def _skill(value: Any) -> Mapping[str, Any]:
    """Return the skill, a JSON text in most answers."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return as_mapping(value)


def _streams(videos: Any) -> tuple[StreamInfo, ...]:
    """Return the streams of a skill, the main one first; those with numbers unknown to us go by their size."""
    entries = [video for video in videos if isinstance(video, dict)] if isinstance(videos, list) else []
    by_size = sorted(
        entries,
        key=lambda video: (as_integer(video.get("width")) or 0) * (as_integer(video.get("height")) or 0),
        reverse=True,
    )
    if not any(as_integer(video.get("streamType")) in _STREAM_TYPES for video in entries):
        numbered: Iterable[tuple[int, dict[str, Any]]] = zip((HD, SD), by_size, strict=False)
    else:
        numbered = (
            (_STREAM_TYPES[number], video)
            for video in by_size
            if (number := as_integer(video.get("streamType"))) in _STREAM_TYPES and number is not None
        )
    streams: dict[int, StreamInfo] = {}
    for stream_type, video in numbered:
        codec = as_integer(video.get("codecType"))
        streams.setdefault(
            stream_type,
            StreamInfo(
                stream_type=stream_type,
                width=as_integer(video.get("width")) or 0,
                height=as_integer(video.get("height")) or 0,
                codec="" if codec is None else _CODECS.get(codec, "other"),
            ),
        )
    return tuple(streams[stream_type] for stream_type in sorted(streams))
