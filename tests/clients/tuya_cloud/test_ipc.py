"""What the cloud tells of cameras."""

from collections.abc import AsyncIterator, Mapping
import json
from typing import Any, Final, override

import aiohttp
from aiohttp import web
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.api import TuyaCloudApi
from custom_components.iot_gateway.clients.tuya_cloud.errors import (
    CannotReachCloud,
    CloudError,
    PermissionDenied,
    QuotaExhausted,
    error_of,
)
from custom_components.iot_gateway.clients.tuya_cloud.event_picture import EventFile, EventPicture, PictureUnreadable
from custom_components.iot_gateway.clients.tuya_cloud.ipc import (
    HD,
    SD,
    IceServer,
    MqttAccess,
    MqttAccessSource,
    StreamInfo,
    WebRtcConfig,
    allocate_stream,
    fetch_event_file,
    fetch_event_picture,
    get_mqtt_access,
    get_webrtc_config,
    move_ptz,
    parse_mqtt_access,
    parse_webrtc_config,
)
from custom_components.iot_gateway.clients.tuya_cloud.ptz import PtzDirection

from .test_event_picture import IV, JPEG, KEY, LOCAL_KEY, encrypt, file_of

DEVICE: Final = "6cf2b6d2b09a2f8597"
UID: Final = "ay1564026880284v"
NOW: Final = 1600847205.437

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

ACCESS: Final[dict[str, Any]] = {
    "client_id": "cloud_7ef68bc84629ea3f51152760cdf20000",
    "expire_time": 7200,
    "password": "0426d6917bfd8b88f037c4a598a00000",
    "sink_topic": {"ipc": "/av/moto/moto_id/u/{device_id}"},
    "source_topic": {"ipc": "/av/u/d09735be24f4b7eb3583b30bcaa20000"},
    "url": "ssl://m1-cn.example.com:8883",
    "username": "cloud_d09735be24f4b7eb3583b30bcaa20000",
}


class FakeApi(TuyaCloudApi):
    """Answers calls by their method and path, and notes them."""

    def __init__(self, **answers: Any) -> None:
        self.calls: list[tuple[str, str, Any, Any, str | None]] = []
        self.answers: dict[str, Any] = answers

    @override
    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Any:
        self.calls.append((method, path, query, body, name))
        answer = self.answers.get(f"{method} {path}", error_of(1108, "uri path invalid"))
        if isinstance(answer, CloudError):
            raise answer
        return answer

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _, _ in self.calls]


# webrtc-configs


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


# Access to the broker


def test_access_of_the_page() -> None:
    access = parse_mqtt_access(ACCESS, now=NOW)
    assert access == MqttAccess(
        url="ssl://m1-cn.example.com:8883",
        client_id="cloud_7ef68bc84629ea3f51152760cdf20000",
        username="cloud_d09735be24f4b7eb3583b30bcaa20000",
        password="0426d6917bfd8b88f037c4a598a00000",
        source_topic="/av/u/d09735be24f4b7eb3583b30bcaa20000",
        sink_topic="/av/moto/moto_id/u/{device_id}",
        expires_at=NOW + 7200,
    )
    assert (access.host, access.port, access.tls) == ("m1-cn.example.com", 8883, True)
    assert access.sender == "d09735be24f4b7eb3583b30bcaa20000"
    assert access.topic_of("moto_5f685396jK", DEVICE) == f"/av/moto/moto_5f685396jK/u/{DEVICE}"


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("ssl://h", "h", 8883, True),
        ("tcp://127.0.0.1:1883", "127.0.0.1", 1883, False),
        ("mqtt://h", "h", 1883, False),
        ("mqtts://[::1]:9", "::1", 9, True),
    ],
)
def test_urls(url: str, host: str, port: int, tls: bool) -> None:
    access = parse_mqtt_access(ACCESS | {"url": url}, now=NOW)
    assert (access.host, access.port, access.tls) == (host, port, tls)


@pytest.mark.parametrize(
    ("expire_time", "expires_at"),
    [(60, NOW + 60), ("60", NOW + 60), (None, NOW + 7200), (0, NOW + 7200), (1700000000, 1700000000.0)],
)
def test_end_of_access(expire_time: Any, expires_at: float) -> None:
    assert parse_mqtt_access(ACCESS | {"expire_time": expire_time}, now=NOW).expires_at == expires_at


def test_topics_as_texts() -> None:
    access = parse_mqtt_access(
        ACCESS | {"source_topic": "/av/u/x", "sink_topic": "/av/moto/moto_id/u/{device_id}"}, now=NOW
    )
    assert (access.source_topic, access.topic_of("m", "d")) == ("/av/u/x", "/av/moto/m/u/d")


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "text",
        {},
        ACCESS | {"url": ""},
        ACCESS | {"url": "ssl://h:port"},
        ACCESS | {"source_topic": {}},
        ACCESS | {"source_topic": ""},
        ACCESS | {"sink_topic": None},
        {name: value for name, value in ACCESS.items() if name != "password"},
    ],
)
def test_no_access(result: Any) -> None:
    with pytest.raises(CannotReachCloud):
        parse_mqtt_access(result, now=NOW)


def test_nothing_secret_is_shown() -> None:
    shown = repr(parse_mqtt_access(ACCESS, now=NOW)) + repr(parse_webrtc_config(CONFIG, now=NOW))
    for secret in ("0426d", "cloud_", "d09735", "kb/EA2", "h85L4", DEVICE):
        assert secret not in shown


OPEN_HUB: Final = "/v1.0/open-hub/access/config"
OPEN_IOT_HUB: Final = "/v2.0/open-iot-hub/access/config"


async def test_get_mqtt_access() -> None:
    api = FakeApi(**{f"POST {OPEN_HUB}": ACCESS})
    assert (await get_mqtt_access(api, UID, "a1b2c3d4", now=lambda: NOW)).expires_at == NOW + 7200
    body = {"uid": UID, "link_id": "a1b2c3d4", "link_type": "mqtt", "topics": "ipc"}
    assert api.calls == [("POST", OPEN_HUB, None, body, "access-config")]


async def test_get_mqtt_access_the_other_way() -> None:
    api = FakeApi(**{f"POST {OPEN_IOT_HUB}": ACCESS})
    _ = await get_mqtt_access(api, UID, "a1b2c3d4")
    assert api.paths == [OPEN_HUB, OPEN_IOT_HUB]
    assert api.calls[1][3] == {"uid": UID, "unique_id": "a1b2c3d4", "link_type": "mqtt", "topics": "ipc"}


async def test_no_other_way_for_nothing() -> None:
    api = FakeApi(**{f"POST {OPEN_HUB}": error_of(1109, "no")})
    with pytest.raises(CloudError):
        await get_mqtt_access(api, UID, "a1b2c3d4")
    assert api.paths == [OPEN_HUB]


async def test_link_ids_take_turns() -> None:
    """A failure doesn't use an id up: the connection that stands keeps its own."""
    api = FakeApi(**{f"POST {OPEN_HUB}": ACCESS})
    source = MqttAccessSource(api, UID, ("first", "second"))
    _ = await source()
    api.answers[f"POST {OPEN_HUB}"] = error_of(1110, "busy")
    with pytest.raises(CloudError):
        await source()
    api.answers[f"POST {OPEN_HUB}"] = ACCESS
    _ = await source()
    _ = await source()
    assert [call[3]["link_id"] for call in api.calls] == ["first", "second", "second", "first"]


# Streams and movements


async def test_allocate_stream() -> None:
    path = f"/v1.0/users/{UID}/devices/{DEVICE}/stream/actions/allocate"
    api = FakeApi(**{f"POST {path}": {"url": "rtsps://eu.example.com:443/v1?signInfo=x"}})
    assert await allocate_stream(api, UID, DEVICE, "rtsp") == "rtsps://eu.example.com:443/v1?signInfo=x"
    assert api.calls == [("POST", path, None, {"type": "rtsp"}, "stream-allocate")]


async def test_allocate_stream_the_other_way() -> None:
    path = f"/v1.0/devices/{DEVICE}/stream/actions/allocate"
    api = FakeApi(**{f"POST {path}": {"url": "https://x"}})
    assert await allocate_stream(api, UID, DEVICE, "hls") == "https://x"


@pytest.mark.parametrize("result", [None, {}, {"url": ""}, {"url": 1}, []])
async def test_no_stream(result: Any) -> None:
    api = FakeApi(**{f"POST /v1.0/devices/{DEVICE}/stream/actions/allocate": result})
    with pytest.raises(CannotReachCloud):
        await allocate_stream(api, "", DEVICE, "rtsp")


async def test_move_ptz() -> None:
    path = f"/v1.0/cameras/{DEVICE}/configs/ptz"
    api = FakeApi(**{f"POST {path}": True})
    await move_ptz(api, DEVICE, PtzDirection.UP_RIGHT)
    await move_ptz(api, DEVICE, None)
    assert [call[3] for call in api.calls] == [{"value": "RIGHT_UP"}, {"value": "STOP"}]


# Pictures of events


class Storage:
    """The storage behind signed addresses."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.raw_path)
        content = self.files.get(request.path)
        return web.Response(status=403) if content is None else web.Response(body=content)


@pytest.fixture
async def storage(socket_enabled: None) -> AsyncIterator[Storage]:
    storage = Storage()
    app = web.Application()
    app.router.add_get("/{path:.*}", storage.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    storage.url = f"http://{host}:{port}"
    yield storage
    await runner.cleanup()


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


MOVEMENT: Final = f"GET /v1.0/devices/{DEVICE}/movement-configs"


@pytest.mark.parametrize("wrap", [lambda url: url, lambda url: {"url": url}], ids=["text", "object"])
async def test_event_file(storage: Storage, session: aiohttp.ClientSession, wrap: Any) -> None:
    """The signed address is used as it is, quoted as it came."""
    storage.files["/b/1.jpeg"] = file_of(JPEG)
    api = FakeApi(**{MOVEMENT: wrap(f"{storage.url}/b/1.jpeg?sig=a%2Bb%2Fc%3D&x=%20")})
    assert await fetch_event_file(api, session, DEVICE, "ty-eu", "/p?param=x", KEY) == JPEG
    assert storage.asked == ["/b/1.jpeg?sig=a%2Bb%2Fc%3D&x=%20"]
    assert api.calls[0][2] == {"bucket": "ty-eu", "file_path": "/p?param=x"}


@pytest.mark.parametrize("result", [None, {}, "", "ftp://x", {"url": 1}])
async def test_event_file_without_address(session: aiohttp.ClientSession, result: Any) -> None:
    with pytest.raises(CannotReachCloud, match="address"):
        await fetch_event_file(FakeApi(**{MOVEMENT: result}), session, DEVICE, "b", "/p", KEY)


async def test_event_file_that_is_gone(storage: Storage, session: aiohttp.ClientSession) -> None:
    """Errors name neither the address nor its signature."""
    api = FakeApi(**{MOVEMENT: f"{storage.url}/gone?sig=secret"})
    with pytest.raises(CannotReachCloud) as caught:
        await fetch_event_file(api, session, DEVICE, "b", "/p", KEY)
    assert str(caught.value) == "The picture's storage answers with HTTP status 403"
    api = FakeApi(**{MOVEMENT: "http://127.0.0.1:1/gone?sig=secret"})
    with pytest.raises(CannotReachCloud) as caught:
        await fetch_event_file(api, session, DEVICE, "b", "/p", KEY)
    assert str(caught.value).startswith("The picture's storage is not reachable: Client")
    assert "secret" not in str(caught.value)


async def test_event_file_too_large(
    storage: Storage, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.iot_gateway.clients.tuya_cloud.ipc._MOST_BYTES", 100)
    storage.files["/b/1.jpeg"] = JPEG
    with pytest.raises(PictureUnreadable, match="too large"):
        await fetch_event_file(FakeApi(**{MOVEMENT: f"{storage.url}/b/1.jpeg"}), session, DEVICE, "b", "/p", "")


async def test_event_picture_inline(session: aiohttp.ClientSession) -> None:
    """What the event holds costs no call."""
    api = FakeApi()
    picture = EventPicture(files=(EventFile(data=encrypt(JPEG, LOCAL_KEY.encode(), IV), iv=IV),))
    assert await fetch_event_picture(api, session, DEVICE, picture, local_key=LOCAL_KEY) == JPEG
    assert api.calls == []


async def test_event_picture_at_address(storage: Storage, session: aiohttp.ClientSession) -> None:
    storage.files["/1.jpeg"] = file_of(JPEG)
    picture = EventPicture(files=(EventFile(url=f"{storage.url}/1.jpeg", key=KEY),))
    assert await fetch_event_picture(FakeApi(), session, DEVICE, picture) == JPEG


async def test_event_picture_beside_a_video(storage: Storage, session: aiohttp.ClientSession) -> None:
    """The first file that is a picture is the picture."""
    storage.files |= {"/1.mp4": file_of(bytes(100)), "/1.jpeg": file_of(JPEG)}
    picture = EventPicture(
        files=(EventFile(url=f"{storage.url}/1.mp4", key=KEY), EventFile(url=f"{storage.url}/1.jpeg", key=KEY))
    )
    assert await fetch_event_picture(FakeApi(), session, DEVICE, picture) == JPEG
    with pytest.raises(PictureUnreadable):
        await fetch_event_picture(FakeApi(), session, DEVICE, EventPicture(files=picture.files[:1]))


async def test_event_picture_without_file(session: aiohttp.ClientSession) -> None:
    picture = EventPicture(files=(EventFile(data=b"x"),))
    with pytest.raises(PictureUnreadable, match="holds no picture"):
        await fetch_event_picture(FakeApi(), session, DEVICE, picture, local_key=LOCAL_KEY)
