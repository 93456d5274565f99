"""What the cloud tells of cameras: how to view them over WebRTC, where their signalling goes, their streams and files.

Sources: seed 000 (Tuya's page on WebRTC for the IoT platform) and what real projects met, in the protocols page: section 2
(configuration), 3 (MQTT credentials), 8 (streams), 9 (PTZ and events). Everything that a camera or the cloud may leave out
is optional here; what is there but odd is taken as if it was left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
import json
import re
import time
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from .api import TuyaCloudApi
from .errors import CannotReachCloud, CloudError, PermissionDenied, RequestInvalid
from .event_picture import EventPicture, PictureUnreadable, decrypt_picture, inline_picture
from .ptz import STOP, PtzDirection, cloud_value

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

_DEFAULT_LIFETIME: Final = 7200.0
_CLOCK_TOLERANCE: Final = 60.0
_WRONG_PATH: Final = 1108
_MOST_BYTES: Final = 16 * 1024 * 1024
_DOWNLOAD_TIMEOUT: Final = aiohttp.ClientTimeout(total=30, connect=10)


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
    flags = _integer(skill.get("webrtc")) or 0
    auth = _text(result.get("auth"))
    moto_id = _text(result.get("moto_id"))
    audio = _mapping(result.get("audio_attributes"))
    hardware = _integers(audio.get("hardware_capability"))
    servers = tuple(_ice_servers(_mapping(result.get("p2p_config")).get("ices"), now))
    return WebRtcConfig(
        auth=auth,
        moto_id=moto_id,
        ice_servers=servers,
        supports_webrtc=bool(auth and moto_id) and result.get("supports_webrtc", True) in (True, 1, "true"),
        streams=_streams(skill.get("videos")),
        # 2 is "two-way" of the one and "speaker" of the other
        two_way=2 in _integers(audio.get("call_mode")) and (2 in hardware or not hardware),
        can_switch_clarity=bool(flags & _CLARITY),
        low_power=(_integer(skill.get("lowPower")) or 0) > 0,
        has_speaker_control=bool(flags & _SPEAKER),
        can_record=bool(flags & _RECORD),
        default_stream=_STREAM_TYPES.get(_integer(result.get("vedio_clarity")) or 0, SD),
        sub_dev_id=_text(result.get("nodeId")) if result.get("sub") is True else "",
        expires_at=min((server.expires_at for server in servers if server.expires_at is not None), default=None),
    )


async def get_webrtc_config(
    api: TuyaCloudApi, uid: str, device_id: str, *, now: Callable[[], float] = time.time
) -> WebRtcConfig:
    """Fetch how to view a camera; raises CloudError.

    A camera that cannot be viewed this way either is refused by the cloud or has `supports_webrtc` false.
    """
    result = await _call_either(
        api, "GET", uid, device_id, "webrtc-configs", name="webrtc-configs", also_after=PermissionDenied
    )
    return parse_webrtc_config(result, now=now())


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttAccess:
    """Where and as whom to connect for signalling; `expires_at` in seconds since the epoch.

    The broker drops every connection when the access ends. A second connection with the same `client_id` ends the first.
    """

    url: str
    client_id: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)
    source_topic: str = field(repr=False)
    sink_topic: str = field(repr=False)
    expires_at: float

    @property
    def host(self) -> str:
        """The broker's name or address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The broker's port."""
        return urlsplit(self.url).port or (8883 if self.tls else 1883)

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return urlsplit(self.url).scheme in ("ssl", "tls", "mqtts")

    @property
    def sender(self) -> str:
        """What `from` is in the headers of messages: what follows `/av/u/` in the topic (seed 000, FAQ)."""
        return self.source_topic.rpartition("/")[2]

    def topic_of(self, moto_id: str, device_id: str) -> str:
        """Return the topic that a camera listens to."""
        return "/".join(
            {"moto_id": moto_id, "{device_id}": device_id}.get(level, level) for level in self.sink_topic.split("/")
        )


def parse_mqtt_access(result: Any, *, now: float) -> MqttAccess:
    """Return the access that an answer grants; raises CannotReachCloud where it is none."""
    try:
        access = MqttAccess(
            url=str(result["url"]),
            client_id=str(result["client_id"]),
            username=str(result["username"]),
            password=str(result["password"]),
            source_topic=_ipc_topic(result["source_topic"]),
            sink_topic=_ipc_topic(result["sink_topic"]),
            expires_at=_end(result.get("expire_time"), now),
        )
        usable = bool(access.host and access.port and access.source_topic and access.sink_topic)
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise CannotReachCloud("The answer to the request for the message broker is incomplete") from err
    if not usable:
        raise CannotReachCloud("The answer to the request for the message broker is incomplete")
    return access


async def get_mqtt_access(
    api: TuyaCloudApi, uid: str, link_id: str, *, now: Callable[[], float] = time.time
) -> MqttAccess:
    """Fetch the access to the broker for the cameras of a user; raises CloudError.

    Args:
        api: of the project.
        uid: the app user that the cameras belong to, as their records say.
        link_id: which of several connections of the user this is, at most 8 characters. The same one twice gives the
            same client id.
        now: seconds since the epoch.
    """
    common = {"uid": uid, "link_type": "mqtt", "topics": "ipc"}
    try:
        result = await api.call(
            "POST", "/v1.0/open-hub/access/config", body={**common, "link_id": link_id}, name="access-config"
        )
    except RequestInvalid as err:
        if err.code != _WRONG_PATH:
            raise
        # What Tuya's own demonstration calls
        result = await api.call(
            "POST", "/v2.0/open-iot-hub/access/config", body={**common, "unique_id": link_id}, name="access-config"
        )
    return parse_mqtt_access(result, now=now())


class MqttAccessSource:
    """Fetches accesses under two link ids in turn, so that a new connection never ends the one before it."""

    def __init__(
        self, api: TuyaCloudApi, uid: str, link_ids: tuple[str, str], *, now: Callable[[], float] = time.time
    ) -> None:
        """Use the two ids, at most 8 characters each, which no other installation may share: draw them once and keep them."""
        self._api = api
        self._uid = uid
        self._next, self._other = link_ids
        self._now = now

    async def __call__(self) -> MqttAccess:
        """Fetch an access under the other link id than last time; raises CloudError."""
        access = await get_mqtt_access(self._api, self._uid, self._next, now=self._now)
        self._next, self._other = self._other, self._next
        return access


async def allocate_stream(api: TuyaCloudApi, uid: str, device_id: str, kind: str) -> str:
    """Have the cloud relay a camera's stream and return its address; raises CloudError.

    Args:
        api: of the project.
        uid: the app user that the camera belongs to; may be empty.
        device_id: of the camera, which this wakes.
        kind: `rtsp`, `hls`, `flv` or `rtmp`. An RTSP address must be opened within 30 s, once, and ends after some
            minutes (section 8).
    """
    result = await _call_either(
        api, "POST", uid, device_id, "stream/actions/allocate", name="stream-allocate", body={"type": kind}
    )
    url = _text(_mapping(result).get("url"))
    if not url:
        raise CannotReachCloud("The answer to the request for a stream holds no address")
    return url


async def move_ptz(api: TuyaCloudApi, device_id: str, direction: PtzDirection | None) -> None:
    """Start to move a camera's head, or stop it (None), by the cloud's own call; raises CloudError.

    For cameras without `ptz_control`. It moves until it is stopped.
    """
    await api.call(
        "POST",
        f"/v1.0/cameras/{device_id}/configs/ptz",
        body={"value": STOP if direction is None else cloud_value(direction)},
        name="camera-ptz",
    )


async def fetch_event_file(
    api: TuyaCloudApi, session: aiohttp.ClientSession, device_id: str, bucket: str, path: str, key: str
) -> bytes:
    """Fetch the picture of an event from the cloud's storage and decrypt it.

    Returns:
        A JPEG.

    Raises:
        PictureUnreadable: the file is no picture, or the key is not its.
        CloudError: it could not be fetched.
    """
    result = await api.call(
        "GET",
        f"/v1.0/devices/{device_id}/movement-configs",
        query={"bucket": bucket, "file_path": path},
        name="movement-configs",
    )
    url = _text(result) or _text(_mapping(result).get("url"))
    if not url.startswith(("https://", "http://")):
        raise CannotReachCloud("The answer to the request for a picture holds no address")
    return decrypt_picture(await _download(session, url), key)


async def fetch_event_picture(
    api: TuyaCloudApi,
    session: aiohttp.ClientSession,
    device_id: str,
    picture: EventPicture,
    *,
    local_key: str = "",
) -> bytes:
    """Return the JPEG of an event, wherever it is; raises CloudError, and PictureUnreadable where it has none."""
    if (inline := inline_picture(picture, local_key)) is not None:
        return inline
    error: CloudError = PictureUnreadable("The event holds no picture that can be read")
    for file in picture.files:
        try:
            if file.url:
                return decrypt_picture(await _download(session, file.url), file.key)
            if file.path:
                return await fetch_event_file(api, session, device_id, picture.bucket, file.path, file.key)
        except PictureUnreadable as err:
            # It may be the video beside the picture
            error = err
    raise error


async def _download(session: aiohttp.ClientSession, url: str) -> bytes:
    """Fetch a file of the cloud's storage; its address is signed, so no error names it."""
    try:
        # It is signed as it is: nothing in it may be quoted anew
        async with session.get(URL(url, encoded=True), timeout=_DOWNLOAD_TIMEOUT) as response:
            if response.status != 200:
                raise CannotReachCloud(f"The picture's storage answers with HTTP status {response.status}")
            content = bytearray()
            async for chunk in response.content.iter_chunked(65536):
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise PictureUnreadable("The picture of an event is too large to be one")
            return bytes(content)
    except TimeoutError as err:
        raise CannotReachCloud("The picture's storage does not answer in time") from err
    except (aiohttp.ClientError, ValueError) as err:
        raise CannotReachCloud(f"The picture's storage is not reachable: {type(err).__name__}") from None


async def _call_either(
    api: TuyaCloudApi,
    method: str,
    uid: str,
    device_id: str,
    action: str,
    *,
    name: str,
    body: Mapping[str, Any] | None = None,
    also_after: type[CloudError] | None = None,
) -> Any:
    """Call the user's path of a device, and the device's own where the project lacks that one (1108) or we lack the user.

    `also_after` is a refusal after which the second path is tried too: a device that was given to another user of the
    project is still the project's.
    """
    if uid:
        try:
            return await api.call(method, f"/v1.0/users/{uid}/devices/{device_id}/{action}", body=body, name=name)
        except RequestInvalid as err:
            if err.code != _WRONG_PATH:
                raise
        except CloudError as err:
            if also_after is None or not isinstance(err, also_after):
                raise
    return await api.call(method, f"/v1.0/devices/{device_id}/{action}", body=body, name=name)


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
            username, credential = _text(ice.get("username")), _text(ice.get("credential"))
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
    said = _integer(username.partition(":")[0])
    lifetime = _number(ttl)
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
    return _mapping(value)


def _streams(videos: Any) -> tuple[StreamInfo, ...]:
    """Return the streams of a skill, the main one first; those with numbers unknown to us go by their size."""
    entries = [video for video in videos if isinstance(video, dict)] if isinstance(videos, list) else []
    by_size = sorted(
        entries,
        key=lambda video: (_integer(video.get("width")) or 0) * (_integer(video.get("height")) or 0),
        reverse=True,
    )
    if not any(_integer(video.get("streamType")) in _STREAM_TYPES for video in entries):
        numbered: Iterable[tuple[int, dict[str, Any]]] = zip((HD, SD), by_size, strict=False)
    else:
        numbered = (
            (_STREAM_TYPES[number], video)
            for video in by_size
            if (number := _integer(video.get("streamType"))) in _STREAM_TYPES and number is not None
        )
    streams: dict[int, StreamInfo] = {}
    for stream_type, video in numbered:
        codec = _integer(video.get("codecType"))
        streams.setdefault(
            stream_type,
            StreamInfo(
                stream_type=stream_type,
                width=_integer(video.get("width")) or 0,
                height=_integer(video.get("height")) or 0,
                codec="" if codec is None else _CODECS.get(codec, "other"),
            ),
        )
    return tuple(streams[stream_type] for stream_type in sorted(streams))


def _ipc_topic(value: Any) -> str:
    """Return the topic for cameras of `{"ipc": "…"}`, or the only one there is."""
    return str(value["ipc"]) if isinstance(value, dict) else _text(value)


def _end(lifetime: Any, now: float) -> float:
    """Return when something ends that lives for so many seconds, or until so many seconds since the epoch."""
    number = _number(lifetime)
    if number is None or number <= 0:
        return now + _DEFAULT_LIFETIME
    return number if number > 1e9 else now + number


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except TypeError, ValueError:
        return None


def _integer(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None


def _integers(value: Any) -> set[int]:
    """Return the numbers of a list, or the only one: the documentation has the one, the cloud sends the other."""
    return {
        number for entry in (value if isinstance(value, list) else [value]) if (number := _integer(entry)) is not None
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
