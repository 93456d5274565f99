"""The calls about cameras: webrtc-configs, MQTT credentials, stream allocation, event pictures and PTZ.

tuya_ipc_webrtc.md, sections 2, 3, 8 and 9.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
import hashlib
import hmac
import secrets
from typing import Any

from .access import MqttAccess
from .calls import Call, Endpoint, permitted
from .devices import CloudDevice, webrtc_config
from .errors import DATA_NOT_EXIST, DEVICE_OFFLINE, NOT_SUPPORTED, PARAM_ILLEGAL, PERMISSION_DENY, ApiError
from .faults import Faults

TURN_TTL = 36000
FILE_TTL = 60.0
ICE_URLS = ("stun:127.0.0.1:3478", "nat:127.0.0.1:3478", "turn:127.0.0.1:3478")
"""Nobody listens there: on loopback cameras are reached without."""
STREAM_KINDS = ("rtsp", "hls", "flv", "rtmp")
PTZ_DIRECTIONS = ("UP", "RIGHT_UP", "RIGHT", "RIGHT_DOWN", "DOWN", "LEFT_DOWN", "LEFT", "LEFT_UP", "STOP")
_LONGEST_STRICT_LINK_ID = 8

type StreamUrl = Callable[[CloudDevice, str], str]
"""Makes the URL of a stream, of the camera and the kind (rtsp, hls, flv, rtmp)."""
type Woken = Callable[[CloudDevice], Awaitable[None]]
type PtzMoved = Callable[[CloudDevice, str], None]


@dataclass(slots=True)
class _File:
    content: bytes
    expires: float


class Files:
    """The cloud's storage: pictures of devices, and links to them that are good for a while."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Store nothing yet; `now` in seconds."""
        self.ttl = FILE_TTL
        self.stored: dict[tuple[str, str, str], bytes] = {}
        """What there is, by device, bucket and path."""
        self._now = now
        self._links: dict[str, _File] = {}

    def link(self, content: bytes) -> str:
        """Return the last part of a link to something."""
        token = secrets.token_urlsafe(24)
        self._links[token] = _File(content, self._now() + self.ttl)
        return token

    def fetch(self, token: str) -> bytes | None:
        """Return what is behind a link; None: nothing, or nothing any more."""
        file = self._links.get(token)
        return None if file is None or self._now() >= file.expires else file.content


class IpcApi:
    """Answers for the cameras among some devices, which may change at any time.

    `link_of` makes a URL of the last part of a link; `woken` wakes a camera that sleeps.
    """

    def __init__(
        self,
        devices: Mapping[str, CloudDevice],
        faults: Faults,
        access: MqttAccess,
        files: Files,
        *,
        now: Callable[[], float],
        link_of: Callable[[str], str],
        woken: Woken,
        ptz_moved: PtzMoved,
    ) -> None:
        """Answer for cameras."""
        self.turn_ttl = TURN_TTL
        self.ice_urls: Sequence[str] = ICE_URLS
        self.stream_url: StreamUrl = _usual_stream_url
        self._devices = devices
        self._faults = faults
        self._access = access
        self._files = files
        self._now = now
        self._link_of = link_of
        self._woken = woken
        self._ptz_moved = ptz_moved
        self._turn_secret = secrets.token_bytes(16)

    def endpoints(self) -> Sequence[Endpoint]:
        """Return what this answers."""
        return (
            Endpoint(
                "webrtc_configs",
                "GET",
                ("/v1.0/users/{uid}/devices/{device_id}/webrtc-configs", "/v1.0/devices/{device_id}/webrtc-configs"),
                self._webrtc_configs,
            ),
            Endpoint("access_config", "POST", ("/v1.0/open-hub/access/config",), self._access_by_link_id),
            Endpoint("access_config", "POST", ("/v2.0/open-iot-hub/access/config",), self._access_by_unique_id),
            Endpoint(
                "allocate",
                "POST",
                (
                    "/v1.0/users/{uid}/devices/{device_id}/stream/actions/allocate",
                    "/v1.0/devices/{device_id}/stream/actions/allocate",
                ),
                self._allocate,
            ),
            Endpoint("movement_configs", "GET", ("/v1.0/devices/{device_id}/movement-configs",), self._movement),
            Endpoint("ptz", "POST", ("/v1.0/cameras/{device_id}/configs/ptz",), self._ptz),
        )

    def ices(self, device: CloudDevice) -> list[dict[str, Any]]:
        """Return ICE servers as webrtc-configs has them; TURN's user name says until when it is good."""
        username = f"{int(self._now()) + self.turn_ttl}:{device.id}"
        credential = b64encode(hmac.digest(self._turn_secret, username.encode(), hashlib.sha1)).decode()
        ices: list[dict[str, Any]] = []
        for url in self.ice_urls:
            if url.startswith(("turn:", "turns:")):
                ices.append({"urls": url, "username": username, "credential": credential, "ttl": self.turn_ttl})
            else:
                ices.append({"urls": url})
        if self._faults.odd_ices:
            ices += [
                {},
                {"urls": ""},
                {"urls": None},
                {"urls": ["stun:127.0.0.1:3479", "nat:127.0.0.1:3479"]},
                {"urls": "turn:127.0.0.1:3479"},
                {"urls": "turn:127.0.0.1:3480", "username": "", "credential": ""},
                {"urls": "stun:127.0.0.1:3481", "username": None, "credential": None, "ttl": None},
            ]
        return ices

    def _camera(self, call: Call) -> CloudDevice:
        device = permitted(self._devices, call)
        if device.camera is None:
            raise ApiError(NOT_SUPPORTED)
        return device

    async def _webrtc_configs(self, call: Call) -> dict[str, Any]:
        device = self._camera(call)
        if device.camera is not None and device.camera.config_code is not None:
            raise ApiError(device.camera.config_code)
        return webrtc_config(device, self.ices(device))

    async def _access_by_link_id(self, call: Call) -> dict[str, Any]:
        return await self._grant(call, "link_id")

    async def _access_by_unique_id(self, call: Call) -> dict[str, Any]:
        return await self._grant(call, "unique_id")

    async def _grant(self, call: Call, id_name: str) -> dict[str, Any]:
        uid, link_id = call.text("uid"), call.text(id_name)
        if call.text("link_type").lower() != "mqtt" or call.text("topics") != "ipc":
            raise ApiError(PARAM_ILLEGAL)
        if self._faults.strict_link_id and len(link_id) > _LONGEST_STRICT_LINK_ID:
            raise ApiError(PARAM_ILLEGAL)
        # The project's own uid, which the token came with, is nobody's.
        if all(device.uid != uid for device in self._devices.values()):
            raise ApiError(PERMISSION_DENY)
        return await self._access.grant(uid, link_id)

    async def _allocate(self, call: Call) -> dict[str, Any]:
        device = self._camera(call)
        kind = call.text("type").lower()
        if kind not in STREAM_KINDS:
            raise ApiError(PARAM_ILLEGAL)
        if not device.online:
            raise ApiError(DEVICE_OFFLINE)
        await self._woken(device)
        return {"url": self.stream_url(device, kind)}

    async def _movement(self, call: Call) -> str:
        device = permitted(self._devices, call)
        content = self._files.stored.get((device.id, call.text("bucket"), call.text("file_path")))
        if content is None:
            raise ApiError(DATA_NOT_EXIST)
        return self._link_of(self._files.link(content))

    async def _ptz(self, call: Call) -> bool:
        device = self._camera(call)
        direction = call.text("value")
        if direction not in PTZ_DIRECTIONS:
            raise ApiError(PARAM_ILLEGAL)
        if device.writable("ptz_control") is None:
            raise ApiError(NOT_SUPPORTED)
        if not device.online:
            raise ApiError(DEVICE_OFFLINE)
        self._ptz_moved(device, direction)
        return True


def _usual_stream_url(device: CloudDevice, kind: str) -> str:
    """Return an address at which nothing listens: for rtsp there is simulators.tuya_relay, beside the cloud."""
    sign = secrets.token_hex(8)
    if kind == "hls":
        return f"http://127.0.0.1:8888/{device.id}/index.m3u8?signInfo={sign}"
    port = {"rtsp": 8554, "rtmp": 1935}.get(kind, 8889)
    return f"{'http' if kind == 'flv' else kind}://127.0.0.1:{port}/{device.id}?signInfo={sign}"
