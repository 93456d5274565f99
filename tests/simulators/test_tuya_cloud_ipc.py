"""The simulated cloud's cameras: webrtc-configs, MQTT credentials with a real broker, streams, pictures, PTZ."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
import hashlib
import hmac
import io
import json
import time
from typing import Any
import zlib

import aiohttp
import aiomqtt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
import pytest

from simulators.mqtt_broker import BrokerUser, MosquittoBroker
from simulators.tuya_cloud import (
    DEFAULT_UID,
    H264,
    H265,
    PROJECT_UID,
    SECOND_UID,
    Camera,
    CloudDevice,
    TuyaCloudSimulator,
    UnknownDevice,
    UsernamePer,
    camera_auth,
    demo_cloud,
    make_skill,
)
from simulators.tuya_cloud.pictures import LOCAL_KEY_FORMS, LocalKeyForm, event_picture, mosaic

from .cloud_client import CloudClient, calling

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def client() -> AsyncIterator[CloudClient]:
    async with TuyaCloudSimulator(demo_cloud()) as simulator, calling(simulator) as running:
        yield running


def named(simulator: TuyaCloudSimulator, name: str) -> CloudDevice:
    return next(device for device in simulator.devices.values() if device.name == name)


async def config(client: CloudClient, device: CloudDevice) -> dict[str, Any]:
    result: dict[str, Any] = await client.get(f"/v1.0/devices/{device.id}/webrtc-configs")
    return result


# webrtc-configs


async def test_config(client: CloudClient) -> None:
    camera = named(client.simulator, "Living room camera")
    before = int(time.time())
    result = await config(client, camera)
    username = result["p2p_config"]["ices"][2]["username"]
    expires, _, device_id = username.partition(":")
    assert before + 36000 <= int(expires) <= time.time() + 36000
    assert device_id == camera.id
    assert len(result["auth"]) == 44
    assert len(b64decode(result["p2p_config"]["ices"][2]["credential"])) == 20
    assert camera.camera is not None
    key = f"{camera.camera.p2p_password}:{camera.local_key}"
    auth = b64encode(hmac.new(key.encode(), camera.id.encode(), hashlib.sha256).digest()).decode()
    assert result == {
        "audio_attributes": {"call_mode": [1, 2], "hardware_capability": [1, 2]},
        "auth": auth,
        "id": camera.id,
        "moto_id": "moto_eupre001",
        "p2p_config": {
            "ices": [
                {"urls": "stun:127.0.0.1:3478"},
                {"urls": "nat:127.0.0.1:3478"},
                {
                    "urls": "turn:127.0.0.1:3478",
                    "username": username,
                    "credential": result["p2p_config"]["ices"][2]["credential"],
                    "ttl": 36000,
                },
            ]
        },
        "protocol_version": "2.2",
        "skill": result["skill"],
        "support_webrtc_record": True,
        "supports_webrtc": True,
        "vedio_clarity": 4,
        "vedio_claritys": [2, 4],
    }
    assert json.loads(result["skill"]) == {
        "webrtc": 115,
        "lowPower": 0,
        "audios": [{"channels": 1, "dataBit": 16, "codecType": 101, "sampleRate": 8000}],
        "videos": [
            {"streamType": 2, "profileId": "", "width": 1920, "height": 1080, "codecType": 2, "sampleRate": 90000},
            {"streamType": 4, "profileId": "", "width": 640, "height": 360, "codecType": 2, "sampleRate": 90000},
        ],
    }
    assert camera_auth(camera) == auth
    assert await client.get(f"/v1.0/users/{camera.uid}/devices/{camera.id}/webrtc-configs")
    assert client.simulator.calls["webrtc_configs"] == 2


async def test_auth_stays_and_turn_credentials_rotate() -> None:
    now = time.time()
    async with TuyaCloudSimulator(demo_cloud(), now=lambda: now) as simulator, calling(simulator) as client:
        simulator.ipc.turn_ttl = 3600
        camera = named(simulator, "Living room camera")
        first = await config(client, camera)
        now += 5
        client.clock += 5
        second = await config(client, camera)
        assert first["auth"] == second["auth"]
        turns = [one["p2p_config"]["ices"][2] for one in (first, second)]
        expiries = [int(turn["username"].partition(":")[0]) for turn in turns]
        assert expiries == [int(now) - 5 + 3600, int(now) + 3600]
        assert turns[0]["credential"] != turns[1]["credential"]
        assert [turn["ttl"] for turn in turns] == [3600, 3600]
        # Paired anew, it is another camera.
        camera.local_key = "another_key_here"
        assert (await config(client, camera))["auth"] != first["auth"]


async def test_configs_of_odd_cameras(client: CloudClient) -> None:
    simulator = client.simulator
    old = await config(client, named(simulator, "Garage camera"))
    assert old["supports_webrtc"] is False
    assert "moto_id" not in old and "skill" not in old
    bird = await config(client, named(simulator, "Bird feeder"))
    assert json.loads(bird["skill"]) == {"webrtc": 3}
    assert bird["moto_id"] == "signaling14901"
    codecs = {
        name: [
            video["codecType"]
            for video in json.loads((await config(client, named(simulator, name)))["skill"])["videos"]
        ]
        for name in ("Garden camera", "Attic camera")
    }
    assert codecs == {"Garden camera": [H265, H264], "Attic camera": [H265, H265]}
    door = json.loads((await config(client, named(simulator, "Front door")))["skill"])
    assert door["lowPower"] == 1


@pytest.mark.parametrize(
    ("skill", "text"),
    [(None, None), ("", ""), ("{}", "{}"), ({}, "{}"), ("no JSON", "no JSON"), (make_skill(main=None, sub=None), None)],
)
async def test_skills(client: CloudClient, skill: Any, text: str | None) -> None:
    camera = named(client.simulator, "Living room camera")
    camera.camera = Camera(skill=skill, clarities=())
    result = await config(client, camera)
    if isinstance(skill, dict) and skill:
        assert json.loads(result["skill"])["videos"] == []
    else:
        assert result.get("skill") == text
    assert "vedio_clarity" not in result
    assert result["vedio_claritys"] == []


async def test_moto_that_moves(client: CloudClient) -> None:
    simulator = client.simulator
    camera = named(simulator, "Living room camera")
    moved: list[tuple[str, str | None]] = []
    simulator.moto_listeners.append(lambda one: moved.append((one.id, one.camera.moto_id if one.camera else "")))
    simulator.move_moto(camera.id, "signaling7")
    assert (await config(client, camera))["moto_id"] == "signaling7"
    simulator.move_moto(camera.id, None)
    assert "moto_id" not in await config(client, camera)
    assert moved == [(camera.id, "signaling7"), (camera.id, None)]
    with pytest.raises(UnknownDevice):
        simulator.move_moto(named(simulator, "Desk lamp").id, "x")


async def test_odd_ice_servers(client: CloudClient) -> None:
    client.simulator.faults.odd_ices = True
    ices = (await config(client, named(client.simulator, "Living room camera")))["p2p_config"]["ices"]
    assert {} in ices
    assert {"urls": "turn:127.0.0.1:3479"} in ices
    assert any(isinstance(ice.get("urls"), list) for ice in ices)
    client.simulator.faults.odd_ices = False
    client.simulator.ipc.ice_urls = ()
    assert (await config(client, named(client.simulator, "Living room camera")))["p2p_config"] == {"ices": []}


async def test_configs_that_are_refused(client: CloudClient) -> None:
    simulator = client.simulator
    lamp, camera = named(simulator, "Desk lamp"), named(simulator, "Living room camera")
    assert await client.code("GET", f"/v1.0/devices/{lamp.id}/webrtc-configs") == 2008
    for uid in (PROJECT_UID, SECOND_UID, "nobody"):
        assert await client.code("GET", f"/v1.0/users/{uid}/devices/{camera.id}/webrtc-configs") == 1106
    assert camera.camera is not None
    camera.camera.config_code = -9999999
    assert await client.code("GET", f"/v1.0/devices/{camera.id}/webrtc-configs") == -9999999
    with pytest.raises(ValueError, match="is no camera"):
        camera_auth(lamp)


# MQTT credentials


def by_link_id(link_id: object, uid: str = DEFAULT_UID, **more: Any) -> dict[str, Any]:
    return {"uid": uid, "link_id": link_id, "link_type": "mqtt", "topics": "ipc", **more}


ACCESS = "/v1.0/open-hub/access/config"
ACCESS_V2 = "/v2.0/open-iot-hub/access/config"


async def test_access_config(client: CloudClient) -> None:
    result = await client.post(ACCESS, **by_link_id("12345678"))
    topic_end = result["username"].removeprefix("cloud_")
    assert len(topic_end) == 32
    assert result["client_id"].startswith("cloud_")
    assert result["client_id"] != result["username"]
    assert 7199 <= result["expire_time"] <= 7200
    assert result == {
        "client_id": result["client_id"],
        "expire_time": result["expire_time"],
        "password": result["password"],
        "sink_topic": {"ipc": "/av/moto/moto_id/u/{device_id}"},
        "source_topic": {"ipc": f"/av/u/{topic_end}"},
        "url": "tcp://127.0.0.1:1883",
        "username": result["username"],
    }
    # The same for the same; both forms of the call, and of the id.
    again = await client.post(ACCESS, **by_link_id(12345678, msg_encrypted_version="1.0"))
    unique = {"uid": DEFAULT_UID, "unique_id": "12345678", "link_type": "MQTT", "topics": "ipc"}
    for other in (again, await client.post(ACCESS_V2, **unique)):
        assert {**other, "expire_time": 0} == {**result, "expire_time": 0}
    assert client.simulator.access.granted == 3
    assert client.simulator.access.valid == 1
    assert client.simulator.calls["access_config"] == 3


@pytest.mark.parametrize(("username_per", "shared"), [("user", True), ("link", False)])
async def test_two_links_of_a_user(username_per: UsernamePer, shared: bool) -> None:
    async with (
        TuyaCloudSimulator(demo_cloud(), username_per=username_per) as simulator,
        calling(simulator) as client,
    ):
        one = await client.post(ACCESS, **by_link_id("one"))
        two = await client.post(ACCESS, **by_link_id("two"))
        other = await client.post(ACCESS, **by_link_id("one", SECOND_UID))
        assert len({each["client_id"] for each in (one, two, other)}) == 3
        for name in ("username", "password", "source_topic"):
            assert (one[name] == two[name]) is shared
            assert other[name] not in (one[name], two[name])


async def test_client_id_outlives_the_simulator() -> None:
    found = set()
    for _ in range(2):
        async with TuyaCloudSimulator(demo_cloud()) as simulator, calling(simulator) as client:
            result = await client.post(ACCESS, **by_link_id("one"))
            found.add((result["client_id"], result["username"]))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 1100),
        (by_link_id(""), 1100),
        (by_link_id(None), 1100),
        (by_link_id(["x"]), 1109),
        (by_link_id(True), 1109),
        (by_link_id("x", ""), 1100),
        (by_link_id("x", PROJECT_UID), 1106),
        (by_link_id("x", "nobody"), 1106),
        (by_link_id("x") | {"link_type": "websocket"}, 1109),
        (by_link_id("x") | {"topics": "device"}, 1109),
    ],
)
async def test_access_that_is_refused(client: CloudClient, body: dict[str, Any], code: int) -> None:
    assert await client.code("POST", ACCESS, body=body) == code
    assert client.simulator.access.valid == 0


async def test_long_link_ids(client: CloudClient) -> None:
    assert await client.post(ACCESS, **by_link_id("x" * 60))
    client.simulator.faults.strict_link_id = True
    assert await client.code("POST", ACCESS, body=by_link_id("x" * 9)) == 1109
    assert await client.post(ACCESS, **by_link_id("x" * 8))


# ... with a broker


def mqtt(broker: MosquittoBroker, access: dict[str, Any]) -> aiomqtt.Client:
    assert access["url"] == broker.url
    return aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=access["client_id"],
        username=access["username"],
        password=access["password"],
        tls_context=broker.client_context(),
        timeout=5,
    )


def camera_mqtt(broker: MosquittoBroker, user: BrokerUser) -> aiomqtt.Client:
    return aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=f"camera-{user.username}",
        username=user.username,
        password=user.password,
        tls_context=broker.client_context(),
        timeout=5,
    )


async def receive(connection: aiomqtt.Client) -> tuple[str, bytes]:
    async with asyncio.timeout(20):
        message = await anext(aiter(connection.messages))
    assert isinstance(message.payload, bytes)
    return str(message.topic), message.payload


async def ends(connection: aiomqtt.Client) -> None:
    """Wait until the broker ends a connection."""
    async with asyncio.timeout(20):
        with pytest.raises(aiomqtt.MqttError, match="Disconnected"):
            await anext(aiter(connection.messages))


async def left(broker: MosquittoBroker, access: dict[str, Any]) -> None:
    """Be connected until the broker ends it."""
    with pytest.raises(aiomqtt.MqttError, match="Disconnected"):  # noqa: PT012 - also how it is left
        async with mqtt(broker, access) as connection:
            async for _ in connection.messages:
                pass


@pytest.mark.parametrize("tls", [False, True])
async def test_signalling_over_the_broker(tls: bool) -> None:
    """With what the API says: client and camera reach each other, over the topics that it names."""
    async with (
        MosquittoBroker(tls=tls) as broker,
        TuyaCloudSimulator(demo_cloud(), broker=broker) as simulator,
        calling(simulator) as client,
    ):
        device = named(simulator, "Living room camera")
        access = await client.post(ACCESS, **by_link_id("one"))
        moto_id = (await config(client, device))["moto_id"]
        sink = access["sink_topic"]["ipc"].replace("moto_id", moto_id).replace("{device_id}", device.id)
        async with (
            camera_mqtt(broker, await simulator.camera_user(device.id)) as camera,
            mqtt(broker, access) as viewer,
        ):
            await camera.subscribe(f"/av/moto/{moto_id}/u/{device.id}", qos=1)
            await viewer.subscribe(access["source_topic"]["ipc"], qos=1)
            await viewer.publish(sink, b"offer", qos=1)
            assert await receive(camera) == (f"/av/moto/moto_eupre001/u/{device.id}", b"offer")
            await camera.publish(access["source_topic"]["ipc"], b"answer", qos=1)
            assert await receive(viewer) == (access["source_topic"]["ipc"], b"answer")
        # The camera's own stay what they are.
        assert await simulator.camera_user(device.id) == await simulator.camera_user(device.id)


async def test_credentials_end() -> None:
    """Their connection is dropped, they are good for nothing any more, and the next ones have another password."""
    async with (
        MosquittoBroker() as broker,
        TuyaCloudSimulator(demo_cloud(), broker=broker, access_ttl=0.5) as simulator,
        calling(simulator) as client,
    ):
        access = await client.post(ACCESS, **by_link_id("one"))
        assert access["expire_time"] == 1
        await left(broker, access)
        with pytest.raises(aiomqtt.MqttError, match="[Nn]ot authori[sz]ed"):
            async with mqtt(broker, access):
                pass
        assert simulator.access.valid == 0
        fresh = await client.post(ACCESS, **by_link_id("one"))
        assert fresh["client_id"] == access["client_id"]
        assert fresh["password"] != access["password"]
        async with mqtt(broker, fresh):
            pass


async def test_credentials_end_without_a_broker() -> None:
    async with TuyaCloudSimulator(demo_cloud(), access_ttl=0.05) as simulator, calling(simulator) as client:
        first = await client.post(ACCESS, **by_link_id("one"))
        async with asyncio.timeout(20):
            while simulator.access.valid:
                await asyncio.sleep(0.01)
        assert (await client.post(ACCESS, **by_link_id("one")))["password"] != first["password"]
        assert (await simulator.camera_user(named(simulator, "Front door").id)).read


async def test_stop_while_credentials_end() -> None:
    """It waits for nothing that a broker which hangs doesn't do."""
    async with MosquittoBroker() as broker:
        async with (
            TuyaCloudSimulator(demo_cloud(), broker=broker, access_ttl=0.2) as simulator,
            calling(simulator) as client,
        ):
            await client.post(ACCESS, **by_link_id("one"))
            await client.post(ACCESS, **by_link_id("two"))
            broker.freeze()
            async with asyncio.timeout(20):
                while simulator.access.valid == 2:
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(20):
            await broker.stop()


@pytest.mark.parametrize("username_per", ["user", "link"])
async def test_one_of_two_links_ends(username_per: UsernamePer) -> None:
    async with (
        MosquittoBroker() as broker,
        TuyaCloudSimulator(demo_cloud(), broker=broker, username_per=username_per) as simulator,
        calling(simulator) as client,
    ):
        one = await client.post(ACCESS, **by_link_id("one"))
        two = await client.post(ACCESS, **by_link_id("two"))
        async with mqtt(broker, two) as second:
            await second.subscribe(two["source_topic"]["ipc"], qos=1)
            task = asyncio.create_task(left(broker, one))
            await broker.wait_for(lambda: len(broker.clients) == 2)
            assert await simulator.expire_access("one") == 1
            await task
            await broker.publish(two["source_topic"]["ipc"], b"still there")
            assert (await receive(second))[1] == b"still there"
            assert await simulator.expire_access("one") == 0
            assert await simulator.expire_access() == 1
            await ends(second)
            assert broker.clients == {}


async def test_the_same_link_twice_is_a_takeover() -> None:
    async with (
        MosquittoBroker() as broker,
        TuyaCloudSimulator(demo_cloud(), broker=broker) as simulator,
        calling(simulator) as client,
    ):
        access = await client.post(ACCESS, **by_link_id("one"))
        task = asyncio.create_task(left(broker, access))
        await broker.wait_for_client(access["username"])
        async with mqtt(broker, access):
            await task
            assert broker.takeovers == {access["client_id"]: 1}


async def test_many_calls_at_once_have_one_answer() -> None:
    async with (
        MosquittoBroker() as broker,
        TuyaCloudSimulator(demo_cloud(), broker=broker) as simulator,
        calling(simulator) as client,
    ):
        results = await asyncio.gather(*(client.post(ACCESS, **by_link_id("one")) for _ in range(10)))
        assert len({result["password"] for result in results}) == 1
        async with mqtt(broker, results[0]):
            pass


async def test_broker_that_comes_back_knows_them() -> None:
    async with (
        MosquittoBroker() as broker,
        TuyaCloudSimulator(demo_cloud(), broker=broker) as simulator,
        calling(simulator) as client,
    ):
        access = await client.post(ACCESS, **by_link_id("one"))
        await broker.stop()
        assert await client.post(ACCESS, **by_link_id("two"))
        assert await simulator.expire_access("two") == 1
        await broker.start()
        async with mqtt(broker, access):
            pass


# Wake-up


async def test_the_cloud_wakes_a_camera_that_sleeps() -> None:
    async with (
        MosquittoBroker() as broker,
        TuyaCloudSimulator(demo_cloud(), broker=broker) as simulator,
        calling(simulator) as client,
    ):
        woken: list[str] = []
        simulator.wake_listeners.append(lambda device: woken.append(device.name))
        door, mains = named(simulator, "Front door"), named(simulator, "Living room camera")
        packet = zlib.crc32(door.local_key.encode()).to_bytes(4, "big")
        async with camera_mqtt(broker, await simulator.camera_user(door.id)) as camera:
            await camera.subscribe(f"m/w/{door.id}", qos=1)
            await client.post(f"/v1.0/devices/{mains.id}/stream/actions/allocate", type="rtsp")
            await client.post(f"/v1.0/devices/{door.id}/stream/actions/allocate", type="rtsp")
            assert await receive(camera) == (f"m/w/{door.id}", packet)
            await client.post(f"/v1.0/devices/{door.id}/commands", commands=[{"code": "basic_private", "value": True}])
            assert await receive(camera) == (f"m/w/{door.id}", packet)
            # Nothing else wakes it.
            await config(client, door)
            await client.get(f"/v1.0/devices/{door.id}/status")
        assert woken == ["Front door", "Front door"]
        assert broker.received == {f"m/w/{door.id}": 2}
        await broker.stop()
        assert await client.post(f"/v1.0/devices/{door.id}/stream/actions/allocate", type="rtsp")


# Streams


@pytest.mark.parametrize(("kind", "scheme"), [("rtsp", "rtsp"), ("hls", "http"), ("flv", "http"), ("rtmp", "rtmp")])
async def test_allocate(client: CloudClient, kind: str, scheme: str) -> None:
    camera = named(client.simulator, "Garage camera")
    urls = [
        (await client.post(path, type=kind))["url"]
        for path in (
            f"/v1.0/devices/{camera.id}/stream/actions/allocate",
            f"/v1.0/users/{camera.uid}/devices/{camera.id}/stream/actions/allocate",
        )
    ]
    assert all(url.startswith(f"{scheme}://127.0.0.1:") and camera.id in url for url in urls)
    # Good for one use only.
    assert urls[0] != urls[1]
    client.simulator.ipc.stream_url = lambda device, kind: f"rtsp://camera/{device.name}/{kind}"
    result = await client.post(f"/v1.0/devices/{camera.id}/stream/actions/allocate", type=kind)
    assert result == {"url": f"rtsp://camera/Garage camera/{kind}"}
    assert client.simulator.calls["allocate"] == 3


async def test_allocate_that_is_refused(client: CloudClient) -> None:
    camera, lamp = named(client.simulator, "Garage camera"), named(client.simulator, "Desk lamp")
    path = f"/v1.0/devices/{camera.id}/stream/actions/allocate"
    assert await client.code("POST", path, body={"type": "betamax"}) == 1109
    assert await client.code("POST", path, body={}) == 1100
    assert await client.code("POST", f"/v1.0/devices/{lamp.id}/stream/actions/allocate", body={"type": "hls"}) == 2008
    camera.online = False
    assert await client.code("POST", path, body={"type": "hls"}) == 2001


# PTZ


async def test_ptz(client: CloudClient) -> None:
    camera = named(client.simulator, "Living room camera")
    for direction in ("UP", "LEFT_DOWN", "STOP"):
        assert await client.post(f"/v1.0/cameras/{camera.id}/configs/ptz", value=direction) is True
    assert client.simulator.ptz_moves == [(camera.id, "UP"), (camera.id, "LEFT_DOWN"), (camera.id, "STOP")]
    path = f"/v1.0/cameras/{camera.id}/configs/ptz"
    assert await client.code("POST", path, body={"value": "SIDEWAYS"}) == 1109
    fixed = named(client.simulator, "Attic camera")
    assert await client.code("POST", f"/v1.0/cameras/{fixed.id}/configs/ptz", body={"value": "UP"}) == 2008
    camera.online = False
    assert await client.code("POST", path, body={"value": "UP"}) == 2001
    assert len(client.simulator.ptz_moves) == 3


# Pictures


def decrypted(key: bytes, iv: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()


def message(device: CloudDevice, code: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(b64decode(device.value[code], validate=True))
    return content


async def fetched(client: CloudClient, device: CloudDevice, code: str) -> tuple[bytes, str]:
    """Return what a v2 or v3 message's file holds, and its key."""
    content = message(device, code)
    [[path, key]] = content["files"]
    url = await client.get(f"/v1.0/devices/{device.id}/movement-configs", bucket=content["bucket"], file_path=path)
    assert url.startswith(f"{client.simulator.endpoint}/files/")
    async with client.session.get(url) as response:
        assert response.status == 200
        return await response.read(), key


@pytest.mark.parametrize("offset", [60, 64, 68, 72])
async def test_picture_of_v3(client: CloudClient, offset: int) -> None:
    simulator = client.simulator
    camera = named(simulator, "Living room camera")
    reported: list[dict[str, Any]] = []
    simulator.report_listeners.append(lambda _, values: reported.append(dict(values)))
    picture = simulator.picture_event(camera.id, offset=offset)
    assert reported == [{"movement_detect_pic": camera.value["movement_detect_pic"]}]
    content = message(camera, "movement_detect_pic")
    assert (content["v"], content["cmd"], content["bucket"]) == ("3.0", "ipc_motion", "ty-eu-storage30-pic")
    assert content["time"] == pytest.approx(time.time(), abs=5)
    blob, key = await fetched(client, camera, "movement_detect_pic")
    assert blob[:4] == b"\x01\x00\x00\x00"
    assert len(key) == 16
    assert decrypted(key.encode(), blob[4:20], blob[offset:]) == picture
    assert picture.startswith(b"\xff\xd8")
    # Another event, another picture, another key.
    assert simulator.picture_event(camera.id) != picture
    assert (await fetched(client, camera, "movement_detect_pic"))[1] != key
    assert simulator.calls["movement_configs"] == simulator.calls["file"] == 2


@pytest.mark.parametrize(("version", "encrypted"), [("3.0", False), ("2.0", True)])
async def test_picture_that_is_plain(client: CloudClient, version: Any, encrypted: bool) -> None:
    camera = named(client.simulator, "Front door")
    picture = client.simulator.picture_event(
        camera.id, "doorbell_pic", version=version, cmd="ipc_doorbell", encrypted=encrypted
    )
    content = message(camera, "doorbell_pic")
    assert (content["v"], content["cmd"]) == (version, "ipc_doorbell")
    assert await fetched(client, camera, "doorbell_pic") == (picture, "")


@pytest.mark.parametrize("form", LOCAL_KEY_FORMS)
async def test_picture_of_v4(client: CloudClient, form: LocalKeyForm) -> None:
    camera = named(client.simulator, "Garden camera")
    picture = client.simulator.picture_event(camera.id, "initiative_message", version="4.0", local_key_form=form)
    content = message(camera, "initiative_message")
    assert content["v"] == "4.0"
    [file] = content["files"]
    key = camera.local_key.encode()
    keys = {"raw": key, "md5": hashlib.md5(key).digest(), "sha256": hashlib.sha256(key).digest()[:16]}
    assert decrypted(keys[form], bytes.fromhex(file["iv"]), bytes.fromhex(file["data"])) == picture
    # It fits into the data point that the camera has for it.
    assert len(camera.value["initiative_message"]) <= 40_000


async def test_picture_by_url(client: CloudClient) -> None:
    camera = named(client.simulator, "Front door")
    picture = client.simulator.picture_event(camera.id, "alarm_message", version="url", picture=b"\xff\xd8 mine")
    assert picture == b"\xff\xd8 mine"
    async with client.session.get(b64decode(camera.value["alarm_message"]).decode()) as response:
        assert await response.read() == picture


async def test_links_end() -> None:
    now = time.time()
    async with TuyaCloudSimulator(demo_cloud(), now=lambda: now) as simulator, calling(simulator) as client:
        camera = named(simulator, "Living room camera")
        simulator.picture_event(camera.id)
        [[path, _]] = message(camera, "movement_detect_pic")["files"]
        query = {"bucket": "ty-eu-storage30-pic", "file_path": path}
        url = await client.get(f"/v1.0/devices/{camera.id}/movement-configs", **query)
        now += 59
        async with client.session.get(url) as response:
            assert response.status == 200
        now += 2
        async with client.session.get(url) as response:
            assert response.status == 403
        async with client.session.get(url + "x") as response:
            assert response.status == 403
        client.clock += 61
        # Of another device, or with the wrong query, there is nothing.
        other = named(simulator, "Attic camera")
        assert await client.code("GET", f"/v1.0/devices/{other.id}/movement-configs", query) == 1000
        assert await client.code("GET", f"/v1.0/devices/{camera.id}/movement-configs", {"bucket": "x"}) == 1100


async def test_files_that_fail(client: CloudClient) -> None:
    simulator = client.simulator
    camera = named(simulator, "Front door")
    simulator.picture_event(camera.id, "doorbell_pic", version="url")
    url = b64decode(camera.value["doorbell_pic"]).decode()
    for kind in ("http", "error"):
        simulator.faults.fail("file", kind=kind, status=404, count=1)
        async with client.session.get(url) as response:
            assert response.status == 404
    simulator.faults.fail("file", kind="drop", count=2)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.session.get(url)
    async with client.session.get(url) as response:
        assert response.status == 200


# JPEG


def test_pictures_are_jpegs() -> None:
    """Any decoder takes them: here that of Home Assistant's own environment."""
    image = pytest.importorskip("PIL.Image")
    with image.open(io.BytesIO(event_picture(0x0A3))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (80, 48))
        for position, colour in (((36, 20), (0x30, 0xA0, 0xFF)), ((0, 0), (16, 24, 40)), ((79, 47), (16, 24, 80))):
            found = picture.getpixel(position)
            assert all(abs(one - other) <= 3 for one, other in zip(found, colour, strict=True)), (position, found)
    with image.open(io.BytesIO(mosaic([[(255, 255, 255), (0, 0, 0)], [(255, 0, 0), (0, 0, 255)]]))) as picture:
        assert [tuple(level // 64 for level in picture.getpixel((x, y))) for y in (4, 12) for x in (4, 12)] == [
            (3, 3, 3),
            (0, 0, 0),
            (3, 0, 0),
            (0, 0, 3),
        ]


def test_pictures_differ() -> None:
    assert len({event_picture(number) for number in range(4096)}) == 4096
