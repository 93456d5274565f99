"""Devices as the cloud knows them: what a gateway tells about one, and what only the cloud knows; and cameras.

tuya_ipc_webrtc.md, sections 1.4 (devices), 2 (webrtc-configs) and 6 (codecs).
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
import hashlib
import hmac
import json
from typing import Any, Literal, Self, override

from simulators.tuya_gateway.device import BadDescription, SimulatedDevice

H264 = 2
H265 = 4
MAIN_STREAM = 2
SUB_STREAM = 4

# Bits of skill.webrtc
SPEAKER_BIT = 4
CLARITY_BIT = 5
RECORD_BIT = 6
ALL_SKILLS = 115
"""What a camera with all three bits says."""

DEFAULT_UID = "eu1700000000001demo"
_BORN = 1_700_000_000


def make_skill(
    *,
    webrtc: int = ALL_SKILLS,
    low_power: int = 0,
    main: tuple[int, int, int] | None = (1920, 1080, H264),
    sub: tuple[int, int, int] | None = (640, 360, H264),
) -> dict[str, Any]:
    """Return what a camera can do; a stream is its width, height and codec, None leaves it out."""
    videos = [
        {"streamType": kind, "profileId": "", "width": stream[0], "height": stream[1], "codecType": stream[2]}
        | {"sampleRate": 90000}
        for kind, stream in ((MAIN_STREAM, main), (SUB_STREAM, sub))
        if stream is not None
    ]
    audios = [{"channels": 1, "dataBit": 16, "codecType": 101, "sampleRate": 8000}]
    return {"webrtc": webrtc, "lowPower": low_power, "audios": audios, "videos": videos}


@dataclass(kw_only=True)
class Camera:
    """What makes a device a camera.

    `skill` is sent as JSON text; a str as it is, None leaves it out. `moto_id` None: the camera can't be reached by WebRTC.
    `config_code`: webrtc-configs fails with this, as it is seen for some cameras behind a gateway. `clarities` are the numbers
    of "vedio_claritys"; the first is the usual one.
    """

    p2p_password: str = field(default="", repr=False)
    moto_id: str | None = "moto_eupre001"
    skill: Mapping[str, Any] | str | None = field(default_factory=make_skill)
    supports_webrtc: bool = True
    call_mode: tuple[int, ...] = (1, 2)
    hardware: tuple[int, ...] = (1, 2)
    clarities: tuple[int, ...] = (4, 2)
    low_power: bool = False
    """It sleeps, and is woken by what is published to m/w/, by stream allocation and by commands."""
    config_code: int | None = None

    def skill_text(self) -> str | None:
        """Return the skill as webrtc-configs carries it."""
        if self.skill is None or isinstance(self.skill, str):
            return self.skill
        return json.dumps(self.skill, separators=(",", ":"))


@dataclass(kw_only=True)
class CloudDevice(SimulatedDevice):
    """A device of an app account that is linked to the project.

    `node_id` and `gateway_id` are those of a sub-device; a device is one if it has a gateway. `local_key` has 16 characters.
    What isn't given is made up from the id, always the same.
    """

    uid: str = DEFAULT_UID
    local_key: str = field(default="", repr=False)
    product_id: str = ""
    product_name: str = ""
    model: str = ""
    node_id: str = ""
    gateway_id: str = ""
    ip: str = field(default="", repr=False)
    uuid: str = ""
    time_zone: str = "+01:00"
    camera: Camera | None = None

    def __post_init__(self) -> None:
        """Make up what isn't given."""
        self.local_key = self.local_key or _made_up(self.id, "local key", 16)
        self.product_id = self.product_id or _made_up(
            f"{self.category}:{self.model}:{self.product_name}", "product", 16
        )
        self.product_name = self.product_name or self.name
        self.uuid = self.uuid or _made_up(self.id, "uuid", 20)
        if not self.ip and not self.sub:
            self.ip = f"203.0.113.{1 + int(_made_up(self.id, 'ip', 4), 36) % 254}"
        if self.camera is not None and not self.camera.p2p_password:
            self.camera.p2p_password = _made_up(self.id, "p2p", 8)

    @property
    def sub(self) -> bool:
        """Tell whether it is a sub-device."""
        return bool(self.gateway_id)

    @property
    def owner_id(self) -> str:
        """Return the id of its home: one for each account."""
        return str(int(_made_up(self.uid, "home", 6), 36))

    def listed(self) -> dict[str, Any]:
        """Return it as an element of associated-users/devices, which has no word of a sub-device's gateway."""
        return {
            "active_time": _BORN,
            "biz_type": 18,
            "category": self.category,
            "create_time": _BORN,
            "icon": f"smart/icon/{self.product_id}.png",
            "id": self.id,
            "ip": self.ip,
            "lat": "0.0",
            "local_key": self.local_key,
            "lon": "0.0",
            "model": self.model,
            "name": self.name,
            "online": self.online,
            "owner_id": self.owner_id,
            "product_id": self.product_id,
            "product_name": self.product_name,
            "status": self.status_list(),
            "sub": self.sub,
            "time_zone": self.time_zone,
            "uid": self.uid,
            "update_time": _BORN,
            "uuid": self.uuid,
        }

    def detailed(self) -> dict[str, Any]:
        """Return it as GET /v1.0/devices/{id} does: with the node id of a sub-device."""
        return self.listed() | ({"node_id": self.node_id} if self.sub else {})

    def as_thing(self) -> dict[str, Any]:
        """Return it as the iot-03 calls do: with gateway and node (empty without), without account and status."""
        without = ("uid", "owner_id", "biz_type", "status")
        kept = {name: value for name, value in self.listed().items() if name not in without}
        return kept | {"gateway_id": self.gateway_id, "node_id": self.node_id, "asset_id": ""}

    def status_list(self) -> list[dict[str, Any]]:
        """Return the state as [{"code", "value"}]."""
        return [{"code": code, "value": value} for code, value in self.value.items()]

    @override
    def as_dump(self) -> dict[str, Any]:
        """Return it in the form of a dump, without what is secret."""
        return super().as_dump() | {
            "product_id": self.product_id,
            "product_name": self.product_name,
            "model": self.model,
            "uid": self.uid,
            "node_id": self.node_id,
            "gateway_id": self.gateway_id,
        }

    @classmethod
    @override
    def from_dump(cls, dump: object) -> Self:
        """Return the device that a dump describes: a gateway's own form, and any of the further texts of this class.

        "camera" may be an object with any of: moto_id (null for none), skill (an object, text or null), supports_webrtc,
        low_power; {} is a camera with everything usual. Raises BadDescription.
        """
        basic = SimulatedDevice.from_dump(dump)
        assert isinstance(dump, Mapping)
        texts = {name: _text(dump, name) for name in _TEXTS if name in dump}
        camera = dump.get("camera")
        return cls(
            id=basic.id,
            category=basic.category,
            function=basic.function,
            status=basic.status,
            value=basic.value,
            online=basic.online,
            name=basic.name,
            camera=None if camera is None else _camera(camera),
            **texts,
        )


def camera_auth(device: CloudDevice) -> str:
    """Return the "auth" of a camera's webrtc-configs: the camera itself knows the same."""
    if device.camera is None:
        message = f"{device.id} is no camera"
        raise ValueError(message)
    key = f"{device.camera.p2p_password}:{device.local_key}"
    return b64encode(hmac.digest(key.encode(), device.id.encode(), "sha256")).decode()


def webrtc_config(device: CloudDevice, ices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the result of webrtc-configs for a camera (section 2; "vedio" is the cloud's own spelling)."""
    camera = device.camera
    assert camera is not None
    config: dict[str, Any] = {
        "audio_attributes": {"call_mode": list(camera.call_mode), "hardware_capability": list(camera.hardware)},
        "auth": camera_auth(device),
        "id": device.id,
        "moto_id": camera.moto_id,
        "p2p_config": {"ices": ices},
        "protocol_version": "2.2",
        "skill": camera.skill_text(),
        "support_webrtc_record": True,
        "supports_webrtc": camera.supports_webrtc,
        "vedio_clarity": camera.clarities[0] if camera.clarities else None,
        "vedio_claritys": sorted(camera.clarities),
    }
    return {name: value for name, value in config.items() if value is not None}


_TEXTS = (
    *("uid", "local_key", "product_id", "product_name", "model"),
    *("node_id", "gateway_id", "ip", "uuid", "time_zone"),
)


def _made_up(seed: str, what: str, length: int) -> str:
    digest = int(hashlib.sha256(f"{what}:{seed}".encode()).hexdigest(), 16)
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    for _ in range(length):
        digest, digit = divmod(digest, 36)
        text += digits[digit]
    return text


def _text(dump: Mapping[str, Any], key: str) -> str:
    if not isinstance(value := dump[key], str):
        message = f"{key} is text"
        raise BadDescription(message)
    return value


def _camera(dump: object) -> Camera:
    if not isinstance(dump, Mapping) or not set(dump) <= {"moto_id", "skill", "supports_webrtc", "low_power"}:
        message = "camera is an object with moto_id, skill, supports_webrtc and low_power"
        raise BadDescription(message)
    camera = Camera()
    for name, kinds in _CAMERA_KINDS.items():
        if name in dump:
            if not isinstance(dump[name], kinds):
                message = f"camera's {name} can't be {dump[name]!r}"
                raise BadDescription(message)
            setattr(camera, name, dump[name])
    return camera


_CAMERA_KINDS: dict[Literal["moto_id", "skill", "supports_webrtc", "low_power"], tuple[type, ...]] = {
    "moto_id": (str, type(None)),
    "skill": (str, dict, type(None)),
    "supports_webrtc": (bool,),
    "low_power": (bool,),
}
