"""How to view a camera, as the cloud tells it."""

import json
from typing import Any, Final

import pytest

from custom_components.iot_gateway.clients.tuya_cloud.errors import (
    CloudError,
    PermissionDenied,
    QuotaExhausted,
    error_of,
)
from custom_components.iot_gateway.clients.tuya_cloud.webrtc_config import (
    HD,
    SD,
    IceServer,
    StreamInfo,
    WebRtcConfig,
    get_webrtc_config,
    parse_webrtc_config,
)

from .fake_api import DEVICE, NOW, UID, FakeApi

# The example of Tuya's page (seed 000), with the asterisks filled in
CONFIG: Final[dict[str, Any]] = {
    "audio_attributes": {"call_mode": [1, 2], "hardware_capability": [1, 2]},
    "auth": "h85L4pljbuHFR0a/iTgViwA35xi3yTl3NyMsFQL5abc=",
    "id": DEVICE,
    "moto_id": "moto_cnpre002",
    "p2p_config": {
        "ices": [
            {"urls": "stun:49.234.141.77:3478"},
            {"urls": "stun:tx1stun.tuyacn.com:3478"},
            {"urls": "nat:tx1nat.tuyacn.com:3478"},
            {"urls": "nat:tx2nat.tuyacn.com:3478"},
            {
                "credential": "kb/EA2whGCcNSM5FjXV2dxAM1MU=",
                "ttl": 36000,
                "urls": "turn:49.234.141.77:3478",
                "username": f"1600883205:{DEVICE}",
            },
            {
                "credential": "kb/EA2whGCcNSM5FjXV2dxAM1MU=",
                "ttl": 36000,
                "urls": "turn:tx1turn.tuyacn.com:3478",
                "username": f"1600883205:{DEVICE}",
            },
        ]
    },
    "skill": (
        '{"webrtc":3,"audios":[{"channels":1,"dataBit":16,"codecType":101,"sampleRate":8000}],"videos":[{"streamType":2,'
        '"profileId":"","width":1920,"codecType":2,"sampleRate":90000,"height":1080},{"streamType":4,"width":640,'
        '"codecType":2,"height":360}]}'
    ),
    "supports_webrtc": True,
    "vedio_clarity": 4,
}


def test_example_of_the_page() -> None:
    config = parse_webrtc_config(CONFIG, now=NOW)
    turn: dict[str, Any] = {
        "username": f"1600883205:{DEVICE}",
        "credential": "kb/EA2whGCcNSM5FjXV2dxAM1MU=",
        "expires_at": 1600883205.0,
    }
    assert config == WebRtcConfig(
        auth="h85L4pljbuHFR0a/iTgViwA35xi3yTl3NyMsFQL5abc=",
        moto_id="moto_cnpre002",
        ice_servers=(
            IceServer(urls="stun:49.234.141.77:3478"),
            IceServer(urls="stun:tx1stun.tuyacn.com:3478"),
            IceServer(urls="turn:49.234.141.77:3478", **turn),
            IceServer(urls="turn:tx1turn.tuyacn.com:3478", **turn),
        ),
        supports_webrtc=True,
        streams=(
            StreamInfo(stream_type=HD, width=1920, height=1080, codec="h264"),
            StreamInfo(stream_type=SD, width=640, height=360, codec="h264"),
        ),
        two_way=True,
        default_stream=SD,
        expires_at=1600883205.0,
    )


@pytest.mark.parametrize("result", [None, [], "text", 0, True, {}])
def test_no_config(result: Any) -> None:
    assert parse_webrtc_config(result, now=NOW) == WebRtcConfig()


@pytest.mark.parametrize("odd", [None, 0, "", "x", [], {}, [None], [0], ["x"], [{}], {"ices": 0}, "{", "[]", "null"])
@pytest.mark.parametrize("name", [*CONFIG, "sub", "nodeId"])
def test_odd_values(name: str, odd: Any) -> None:
    """Whatever the cloud writes for one thing, the others are there."""
    config = parse_webrtc_config({**CONFIG, name: odd}, now=NOW)
    if name not in ("auth", "moto_id", "supports_webrtc"):
        assert config.supports_webrtc
        assert config.auth


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"supports_webrtc": False}, False),
        ({"supports_webrtc": None}, False),
        ({"moto_id": ""}, False),
        ({"auth": ""}, False),
        ({"supports_webrtc": "true"}, True),
    ],
)
def test_support(changes: dict[str, Any], expected: bool) -> None:
    assert parse_webrtc_config(CONFIG | changes, now=NOW).supports_webrtc is expected


def test_support_unsaid() -> None:
    """The lack of the moto_id is what says that WebRTC is not supported (seed 000)."""
    config = {name: value for name, value in CONFIG.items() if name != "supports_webrtc"}
    assert parse_webrtc_config(config, now=NOW).supports_webrtc
    del config["moto_id"]
    assert not parse_webrtc_config(config, now=NOW).supports_webrtc


@pytest.mark.parametrize(
    ("flags", "speaker", "clarity", "record"),
    [(3, False, False, False), (115, True, True, True), (16, True, False, False), (32, False, True, False)],
)
def test_flags(flags: int, speaker: bool, clarity: bool, record: bool) -> None:
    """115 is the example of the protocols page; bits 4, 5 and 6."""
    config = parse_webrtc_config(CONFIG | {"skill": json.dumps({"webrtc": flags})}, now=NOW)
    assert (config.has_speaker_control, config.can_switch_clarity, config.can_record) == (speaker, clarity, record)
    assert config.streams == ()


@pytest.mark.parametrize(("low_power", "expected"), [(0, False), (1, True), (2, True), ("1", True), (None, False)])
def test_low_power(low_power: Any, expected: bool) -> None:
    config = parse_webrtc_config(CONFIG | {"skill": {"lowPower": low_power}}, now=NOW)
    assert config.low_power is expected


@pytest.mark.parametrize(
    ("audio", "expected"),
    [
        ({"call_mode": [1, 2], "hardware_capability": [1, 2]}, True),
        ({"call_mode": [1], "hardware_capability": [1, 2]}, False),
        ({"call_mode": [1, 2], "hardware_capability": [1]}, False),
        ({"call_mode": 2, "hardware_capability": 2}, True),
        ({"call_mode": [2]}, True),
        ({"hardware_capability": [2]}, False),
        ({}, False),
    ],
)
def test_two_way(audio: dict[str, Any], expected: bool) -> None:
    assert parse_webrtc_config(CONFIG | {"audio_attributes": audio}, now=NOW).two_way is expected


def test_default_stream() -> None:
    assert parse_webrtc_config(CONFIG | {"vedio_clarity": 2}, now=NOW).default_stream == HD
    assert parse_webrtc_config(CONFIG | {"vedio_clarity": 8}, now=NOW).default_stream == SD


def video(stream_type: Any, codec: Any, width: Any = 0, height: Any = 0) -> dict[str, Any]:
    return {"streamType": stream_type, "codecType": codec, "width": width, "height": height}


@pytest.mark.parametrize(
    ("videos", "wanted", "chosen"),
    [
        ([video(2, 2), video(4, 2)], HD, HD),
        ([video(2, 2), video(4, 2)], SD, SD),
        ([video(2, 2), video(4, 2)], None, SD),
        ([video(2, 4), video(4, 2)], HD, SD),
        ([video(2, 2), video(4, 4)], SD, HD),
        ([video(2, 4), video(4, 4)], HD, None),
        ([video(2, 2)], SD, HD),
        ([video(2, 9), video(4, 2)], HD, SD),
        ([video(2, None), video(4, 2)], HD, HD),
        ([], HD, HD),
        ([], None, SD),
        # Numbers unknown to us: the larger is the main stream
        ([video(7, 2, 640, 360), video(8, 4, 2304, 1296)], HD, SD),
        ([video(7, 2, 640, 360), video(8, 2, 2304, 1296)], HD, HD),
        # Twice the same: the larger
        ([video(2, 2, 10, 10), video(2, 4, 20, 20)], HD, None),
    ],
)
def test_streams(videos: list[dict[str, Any]], wanted: int | None, chosen: int | None) -> None:
    """Browsers play H.264 only."""
    config = parse_webrtc_config(CONFIG | {"skill": json.dumps({"videos": videos})}, now=NOW)
    assert config.choose_stream(wanted) == chosen


def test_sub_device() -> None:
    assert parse_webrtc_config(CONFIG | {"sub": True, "nodeId": "0102"}, now=NOW).sub_dev_id == "0102"
    assert parse_webrtc_config(CONFIG | {"sub": False, "nodeId": "0102"}, now=NOW).sub_dev_id == ""


def ices(*entries: Any) -> dict[str, Any]:
    return CONFIG | {"p2p_config": {"ices": list(entries)}}


@pytest.mark.parametrize(
    "ice",
    [
        {"urls": "nat:tx1nat.tuyacn.com:3478"},
        {"urls": "stun:"},
        {"urls": "stun:host:port"},
        {"urls": "stun:host?transport=udp"},
        {"urls": "turn:host:3478"},
        {"urls": "turn:host:3478", "username": "u"},
        {"urls": "turn:host:3478", "username": "u", "credential": ""},
        {"urls": "turn:host:3478", "username": None, "credential": None},
        {"urls": "turn:host?transport=sctp", "username": "u", "credential": "c"},
        {"urls": "turn:ho st", "username": "u", "credential": "c"},
        {"urls": "https://host"},
        {"urls": None},
        {"urls": [None, 1]},
        {},
        None,
    ],
)
def test_servers_that_break_the_player(ice: Any) -> None:
    """For these, RTCPeerConnection's constructor throws, and the player shows nothing at all."""
    assert parse_webrtc_config(ices(ice), now=NOW).ice_servers == ()


@pytest.mark.parametrize(
    "url", ["stun:host", "STUN:Host:3478", "stuns:h-1.example.com:5349", "stun:[2001:db8::1]:3478", "stun:10.0.0.1"]
)
def test_stun_servers(url: str) -> None:
    """Credentials of a STUN server mean nothing and are not passed on."""
    config = parse_webrtc_config(ices({"urls": url, "username": "u", "credential": "c", "ttl": 5}), now=NOW)
    assert config.ice_servers == (IceServer(urls=url),)
    assert config.expires_at is None


def test_several_servers() -> None:
    """Lists are taken apart, and what is there twice is there once."""
    config = parse_webrtc_config(
        ices(
            {"urls": ["stun:a", "nat:b", "turn:c?transport=tcp"], "username": "u", "credential": "c", "ttl": 60},
            {"url": "stun:a"},
            {"urls": "turns:d:443", "username": "u", "credential": "c", "ttl": 30},
        ),
        now=1000.0,
    )
    assert [server.urls for server in config.ice_servers] == ["stun:a", "turn:c?transport=tcp", "turns:d:443"]
    assert config.expires_at == 1030.0
    assert [server.urls for server in config.usable_ice_servers(1029.0)] == [
        "stun:a",
        "turn:c?transport=tcp",
        "turns:d:443",
    ]
    assert [server.urls for server in config.usable_ice_servers(1030.0)] == ["stun:a", "turn:c?transport=tcp"]
    assert [server.urls for server in config.usable_ice_servers(1060.0)] == ["stun:a"]


@pytest.mark.parametrize(
    ("username", "ttl", "now", "expires_at"),
    [
        ("1600883205:dev", 36000, NOW, 1600883205.0),
        ("1600883205:dev:more", None, NOW, 1600883205.0),
        # The cloud had it in stock: it ends sooner than after its ttl
        ("1600850000:dev", 36000, NOW, 1600850000.0),
        # Our clock is wrong: by the cloud's word it would have ended, or would hold for years
        ("1600883205:dev", 36000, NOW + 90000, NOW + 90000 + 36000),
        ("1600883205:dev", 36000, NOW - 90000, NOW - 90000 + 36000),
        ("dev", 36000, NOW, NOW + 36000),
        ("12:dev", 36000, NOW, NOW + 36000),
        ("dev", None, NOW, None),
        ("dev", 0, NOW, None),
        ("dev", "soon", NOW, None),
    ],
)
def test_end_of_turn(username: str, ttl: Any, now: float, expires_at: float | None) -> None:
    """The user name says when the credential ends (section 2)."""
    ice = {"urls": "turn:host:3478", "username": username, "credential": "c", "ttl": ttl}
    assert parse_webrtc_config(ices(ice), now=now).expires_at == expires_at


USER_PATH: Final = f"/v1.0/users/{UID}/devices/{DEVICE}/webrtc-configs"
DEVICE_PATH: Final = f"/v1.0/devices/{DEVICE}/webrtc-configs"


async def test_get_webrtc_config() -> None:
    api = FakeApi(**{f"GET {USER_PATH}": CONFIG})
    config = await get_webrtc_config(api, UID, DEVICE, now=lambda: NOW)
    assert config == parse_webrtc_config(CONFIG, now=NOW)
    assert api.calls == [("GET", USER_PATH, None, None, "webrtc-configs")]


@pytest.mark.parametrize("code", [1108, 1106])
async def test_other_path(code: int) -> None:
    """A project that lacks the user's path, or a user who is another's, has the device's own."""
    api = FakeApi(**{f"GET {USER_PATH}": error_of(code, "no"), f"GET {DEVICE_PATH}": CONFIG})
    assert (await get_webrtc_config(api, UID, DEVICE)).supports_webrtc
    assert api.paths == [USER_PATH, DEVICE_PATH]


async def test_without_a_user() -> None:
    api = FakeApi(**{f"GET {DEVICE_PATH}": CONFIG})
    assert (await get_webrtc_config(api, "", DEVICE)).supports_webrtc
    assert api.paths == [DEVICE_PATH]


@pytest.mark.parametrize(("code", "kind"), [(28841004, QuotaExhausted), (1109, CloudError)])
async def test_no_second_call_for_nothing(code: int, kind: type[CloudError]) -> None:
    api = FakeApi(**{f"GET {USER_PATH}": error_of(code, "no"), f"GET {DEVICE_PATH}": CONFIG})
    with pytest.raises(kind):
        await get_webrtc_config(api, UID, DEVICE)
    assert api.paths == [USER_PATH]


async def test_denied_both_ways() -> None:
    api = FakeApi(
        **{f"{method} {path}": error_of(1106, "no") for method in ["GET"] for path in [USER_PATH, DEVICE_PATH]}
    )
    with pytest.raises(PermissionDenied):
        await get_webrtc_config(api, UID, DEVICE)


def test_nothing_secret_is_shown() -> None:
    shown = repr(parse_webrtc_config(CONFIG, now=NOW))
    for secret in ("kb/EA2", "h85L4", DEVICE):
        assert secret not in shown


async def test_internal_error_on_one_path() -> None:
    api = FakeApi(**{f"GET {USER_PATH}": error_of(-9999999, "internal error"), f"GET {DEVICE_PATH}": CONFIG})
    assert (await get_webrtc_config(api, UID, DEVICE)).supports_webrtc
    assert api.paths == [USER_PATH, DEVICE_PATH]


async def test_internal_error_on_both_paths() -> None:
    """A camera that the cloud cannot tell of has the streams that the cloud opens."""
    error = error_of(-9999999, "internal error")
    api = FakeApi(**{f"GET {USER_PATH}": error, f"GET {DEVICE_PATH}": error})
    assert await get_webrtc_config(api, UID, DEVICE) == WebRtcConfig()


async def test_unknown_error() -> None:
    """Of another one nothing is known, so nothing is made of it."""
    error = error_of(4711, "no")
    api = FakeApi(**{f"GET {USER_PATH}": error, f"GET {DEVICE_PATH}": error})
    with pytest.raises(CloudError):
        await get_webrtc_config(api, UID, DEVICE)
