"""Pictures of events in the storage of the cloud."""

from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
from aiohttp import web
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.errors import CannotReachCloud
from custom_components.iot_gateway.clients.tuya_cloud.event_picture import EventFile, EventPicture, PictureUnreadable
from custom_components.iot_gateway.clients.tuya_cloud.picture_storage import fetch_event_file, fetch_event_picture

from .fake_api import DEVICE, FakeApi
from .test_event_picture import IV, JPEG, KEY, LOCAL_KEY, encrypt, file_of


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
    monkeypatch.setattr("custom_components.iot_gateway.clients.tuya_cloud.picture_storage._MOST_BYTES", 100)
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
