"""Home Assistant with a simulated cloud's camera: its WebSocket API on a port, what a view costs in it, and what stays of one."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
import gc
import heapq
import time
import tracemalloc
from typing import Any
from unittest.mock import patch

from aiohttp import web
from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN
from homeassistant.components.camera.webrtc import WebRTCAnswer, WebRTCMessage, WebRTCSendMessage
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.ssl import client_context, get_default_context
import paho.mqtt.client as mqtt
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from benchmarks.camera_cloud import SimulatedCloud
from benchmarks.harness import running_home_assistant, set_up
from custom_components.iot_gateway.camera import TuyaCamera
from custom_components.iot_gateway.clients.tuya_cloud.session import CameraSession
from custom_components.iot_gateway.clients.tuya_cloud.signalling import IpcSignalling
from custom_components.iot_gateway.const import CONF_POLL_INTERVAL, DOMAIN
from custom_components.iot_gateway.live_view import LiveView

_WARM_TIMEOUT = 30.0
_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Home Assistant, ready for viewers: `url` and `token` are what a browser needs, `entity_id` is the camera."""

    hass: HomeAssistant
    url: str
    token: str
    entity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What there is of views: sessions alive, who listens to the signalling, subscriptions of browsers, tasks, our timers."""

    sessions: int
    listeners: int
    subscriptions: int
    tasks: int
    timers: int

    def since(self, before: Leftovers) -> dict[str, int]:
        """Return what there is more than before, by name."""
        return {name: getattr(self, name) - getattr(before, name) for name in self.__slots__}


def leftovers() -> Leftovers:
    """Count what a view may leave behind."""
    gc.collect()
    things = gc.get_objects()
    signalling = [one for one in things if isinstance(one, IpcSignalling)]
    connections = [one for one in things if isinstance(one, ActiveConnection)]
    loop: Any = asyncio.get_running_loop()
    return Leftovers(
        sessions=sum(isinstance(one, CameraSession) for one in things),
        listeners=sum(len(one._handlers) + len(one._senders) + len(one._listeners) for one in signalling),  # noqa: SLF001
        subscriptions=sum(len(one.subscriptions) for one in connections),
        tasks=len(asyncio.all_tasks()),
        timers=sum(_is_ours(handle) for handle in loop._scheduled),  # noqa: SLF001
    )


async def quiet(before: Leftovers, timeout: float = 15.0) -> Leftovers:
    """Wait until no more is left of views than there was before them, or the time is up; return what is left."""
    deadline = time.monotonic() + timeout
    while True:
        now = leftovers()
        if max(now.since(before).values()) <= 0 or time.monotonic() > deadline:
            return now
        await asyncio.sleep(0.1)


def allocated() -> int:
    """Return how many bytes are allocated, as tracemalloc counts them, without what the event loop itself tidies up late.

    It keeps timers that were cancelled until their time comes, or until half of all are such: some kilobytes, now more, now less.
    """
    loop: Any = asyncio.get_running_loop()
    loop._scheduled[:] = [handle for handle in loop._scheduled if not handle.cancelled()]  # noqa: SLF001
    heapq.heapify(loop._scheduled)  # noqa: SLF001
    loop._timer_cancelled_count = 0  # noqa: SLF001
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _is_ours(handle: asyncio.TimerHandle) -> bool:
    """Tell whether a timer is the integration's own, and still to come."""
    function = getattr(handle, "_callback", None)
    while isinstance(function, partial):
        function = function.func
    return not handle.cancelled() and str(getattr(function, "__module__", "")).startswith("custom_components.")


@asynccontextmanager
async def home_with_camera(cloud: SimulatedCloud) -> AsyncGenerator[Home]:
    """Set the integration up with a cloud, and return when its camera can be watched without another call."""
    _trust(cloud.line["authority"])
    async with running_home_assistant() as hass:
        for component in ("http", "websocket_api"):
            assert await async_setup_component(hass, component, {})
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Benchmark",
            unique_id=cloud.line["access_id"],
            data={
                "connection": "tuya_cloud",
                **{key: cloud.line[key] for key in ("endpoint", "access_id", "access_secret")},
            },
            # The list of devices is read again every few minutes, which has nothing to do with who watches
            options={CONF_POLL_INTERVAL: _A_DAY},
        )
        await set_up(hass, entry)
        runner = web.AppRunner(hass.http.app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            live_view = entry.runtime_data.connection.live_view
            assert live_view is not None
            entity_id = er.async_get(hass).async_get_entity_id(Platform.CAMERA, DOMAIN, f"{cloud.device_id}_camera")
            assert entity_id is not None
            await _warm(live_view)
            yield Home(
                hass=hass,
                url=f"http://127.0.0.1:{runner.addresses[0][1]}",
                token=await _token(hass),
                entity_id=entity_id,
            )
        finally:
            await hass.config_entries.async_unload(entry.entry_id)
            await runner.cleanup()


class Moments:
    """When what happened to the last view within the integration, in seconds of the monotonic clock."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.offer_in = 0.0
        """The camera entity was given the offer."""
        self.published = 0.0
        """The offer was given to the socket to the broker."""
        self.answer_in = 0.0
        """The answer's first byte was read from that socket."""
        self.sent = 0.0
        """The answer was given to the browser's WebSocket."""


@contextmanager
def moments() -> Generator[Moments]:
    """Watch views at the integration's edges: the entity that Home Assistant calls, and the socket that the MQTT client has."""
    seen = Moments()
    offer, send, receive = (
        TuyaCamera.async_handle_async_webrtc_offer,
        mqtt.Client._sock_send,  # noqa: SLF001
        mqtt.Client._sock_recv,  # noqa: SLF001
    )

    async def watched_offer(
        camera: TuyaCamera, offer_sdp: str, session_id: str, send_message: WebRTCSendMessage
    ) -> None:
        def watched_message(message: WebRTCMessage) -> None:
            send_message(message)
            if isinstance(message, WebRTCAnswer):
                seen.sent = time.monotonic()

        seen.offer_in = time.monotonic()
        await offer(camera, offer_sdp, session_id, watched_message)

    def watched_send(client: mqtt.Client, buffer: bytes) -> int:
        count = send(client, buffer)
        if b'"type":"offer"' in buffer:
            seen.published = time.monotonic()
        return count

    def watched_receive(client: mqtt.Client, size: int) -> bytes:
        data = receive(client, size)
        if b'"type":"answer"' in data:
            seen.answer_in = time.monotonic()
        return data

    with (
        patch.object(TuyaCamera, "async_handle_async_webrtc_offer", watched_offer),
        patch.object(mqtt.Client, "_sock_send", watched_send),
        patch.object(mqtt.Client, "_sock_recv", watched_receive),
    ):
        yield seen


def _trust(authority: str) -> None:
    """Let this Home Assistant trust the simulator's certificates, over HTTP and MQTT."""
    for context in (get_default_context(), client_context()):
        context.load_verify_locations(cadata=authority)


async def _warm(live_view: LiveView) -> None:
    """Wait until the camera's configuration is known and the broker is connected."""
    async with asyncio.timeout(_WARM_TIMEOUT):
        while True:
            said: dict[str, Any] = live_view.diagnostics()
            known = said["configurations"]["cameras"].values()
            if known and all(one["known"] for one in known) and all(one["connected"] for one in said["accounts"]):
                return
            await asyncio.sleep(0.01)


async def _token(hass: HomeAssistant) -> str:
    """Return what an administrator's browser logs in with."""
    user = MockUser(is_owner=True).add_to_hass(hass)
    refresh_token = await hass.auth.async_create_refresh_token(
        user,
        client_name="Benchmark",
        token_type=TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN,
        access_token_expiration=timedelta(days=1),
    )
    return hass.auth.async_create_access_token(refresh_token)
