"""A cloud with cameras in Home Assistant, whose message broker is a script of the test's own."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from custom_components.iot_gateway.clients.tuya_cloud import (
    CloudError,
    IpcSignalling,
    MqttAccess,
    SignallingDown,
    SignallingStatistics,
)
from custom_components.iot_gateway.clients.tuya_cloud.signals import WEBRTC, Signal, SignalTarget
from custom_components.iot_gateway.const import (
    CONF_ACCESS_ID,
    CONF_ACCESS_SECRET,
    CONF_CONNECTION,
    CONF_ENDPOINT,
    CONNECTION_TUYA_CLOUD,
    DOMAIN,
    PLATFORMS,
)
from custom_components.iot_gateway.hub import Hub
from custom_components.iot_gateway.live_view import LiveView
from simulators.tuya_cloud import TuyaCloudSimulator
from simulators.tuya_cloud.devices import CloudDevice
from tests.clients.tuya_cloud.sdp_samples import ANSWER
from tests.helpers import load, wait_until

CAMERA_CANDIDATE = "a=candidate:4 1 udp 2130706431 10.0.0.7 41234 typ host\r\n"


class ScriptedSignalling:
    """Stands in for `IpcSignalling`: notes what goes out, and lets the test speak for the cameras."""

    all: list[ScriptedSignalling]
    """Those of the entry that is set up, one an account."""

    def __init__(
        self, access: Callable[[], Any], *, on_error: Callable[[CloudError], None] | None = None, **_: object
    ) -> None:
        self.access = access
        self.on_error = on_error
        self.statistics = SignallingStatistics()
        self.last_error: str | None = None
        self.connected = False
        self.running = False
        self.flushed = 0
        self.credentials: MqttAccess | None = None
        self.sent: list[tuple[str, str, str, dict[str, Any]]] = []
        """Device id, session id, type, body."""
        self.answers = True
        self.handlers: dict[str, Callable[[Signal], None]] = {}
        self.listeners: list[Callable[[bool], None]] = []
        type(self).all.append(self)

    async def run(self) -> None:
        self.running = True
        try:
            self.credentials = await self.access()
            self.set_connected(True)
            await asyncio.Event().wait()
        except CloudError as err:
            if self.on_error is not None:
                self.on_error(err)
            self.last_error = str(err)
            await asyncio.Event().wait()
        finally:
            self.running = self.connected = False

    def set_connected(self, up: bool) -> None:
        self.connected = up
        for listener in tuple(self.listeners):
            listener(up)

    def add_listener(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def register(self, session_id: str, handler: Callable[[Signal], None]) -> Callable[[], None]:
        self.handlers[session_id] = handler
        return lambda: self.handlers.pop(session_id, None) and None

    def publish(
        self,
        target: SignalTarget,
        session_id: str,
        kind: str,
        msg: Mapping[str, Any],
        *,
        protocol: int = WEBRTC,
        keep: bool = False,
    ) -> None:
        if not self.connected and not keep:
            raise SignallingDown("not connected")
        self.sent.append((target.device_id, session_id, kind, dict(msg)))
        if kind == "offer" and self.answers:
            asyncio.get_running_loop().call_soon(self.answer, session_id)

    def wake(self, device_id: str, local_key: str) -> bool:
        return True

    def retry_soon(self) -> None:
        """There is no wait to end."""

    async def flush(self, timeout: float = 2.0) -> None:
        self.flushed += 1

    # What the camera says

    def say(self, session_id: str, kind: str, **body: Any) -> None:
        if (handler := self.handlers.get(session_id)) is not None:
            handler(Signal(protocol=WEBRTC, kind=kind, session_id=session_id, sender="camera", msg=body))

    def answer(self, session_id: str) -> None:
        """A candidate comes before the answer, as cameras have it."""
        self.say(session_id, "candidate", candidate=CAMERA_CANDIDATE)
        self.say(session_id, "answer", sdp=ANSWER)

    def kinds(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """Return session ids and bodies of what went out of a type."""
        return [(session_id, msg) for _, session_id, sent, msg in self.sent if sent == kind]

    @property
    def open(self) -> set[str]:
        """Session ids that were offered and not disconnected: places that a camera has taken."""
        return {one for one, _ in self.kinds("offer")} - {one for one, _ in self.kinds("disconnect")}


@asynccontextmanager
async def watched(
    hass: HomeAssistant,
    *devices: CloudDevice,
    platforms: list[Platform] | None = None,
    options: Mapping[str, object] | None = None,
    cloud: TuyaCloudSimulator | None = None,
    scripted: bool = True,
) -> AsyncGenerator[tuple[TuyaCloudSimulator, Hub]]:
    """Have a cloud with these devices set up, with a scripted broker unless it has its own, and unload it afterwards."""
    ScriptedSignalling.all = []
    signalling = ScriptedSignalling if scripted else IpcSignalling
    with (
        patch("custom_components.iot_gateway.PLATFORMS", platforms or PLATFORMS),
        patch("custom_components.iot_gateway.live_view.account.IpcSignalling", signalling),
    ):
        async with cloud or TuyaCloudSimulator(devices) as simulator:
            entry = MockConfigEntry(
                domain=DOMAIN,
                title="Cloud",
                data={
                    CONF_CONNECTION: CONNECTION_TUYA_CLOUD,
                    CONF_ENDPOINT: simulator.endpoint,
                    CONF_ACCESS_ID: simulator.access_id,
                    CONF_ACCESS_SECRET: simulator.access_secret,
                },
                options=dict(options or {}),
            )
            await load(hass, entry)
            assert entry.state is ConfigEntryState.LOADED, entry.reason
            hub: Hub = entry.runtime_data
            yield simulator, hub
            await hass.async_block_till_done()
            assert await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_block_till_done()
            assert not any(one.running or one.open for one in ScriptedSignalling.all), "a camera's place was not freed"


async def prepared(hub: Hub) -> LiveView:
    """Return the live view once all cameras' configurations are known and the brokers are connected."""
    live_view = hub.connection.live_view
    assert live_view is not None

    def known() -> bool:
        cameras = live_view.configs.as_dict()["cameras"].values()
        return bool(cameras) and all(camera["known"] for camera in cameras)

    await wait_until(known)
    await wait_until(lambda: all(one.connected or one.last_error for one in ScriptedSignalling.all if one.running))
    return live_view


def live_entity(hass: HomeAssistant, platform: Platform, device: CloudDevice, key: str) -> str:
    """Return the entity id of a camera, an image or a button."""
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{device.id}_{key}")
    assert found is not None, f"{device.name} has no {platform} {key}"
    return found


class Player:
    """A browser's side of the WebSocket API."""

    def __init__(self, client: MockHAClientWebSocket, entity_id: str) -> None:
        self.client = client
        self.entity_id = entity_id
        self.subscription = 0
        self.session_id = ""
        self._events: deque[dict[str, Any]] = deque()

    async def call(self, command: str, **data: Any) -> Any:
        """Make a call and return its answer."""
        return await self._call({"type": command, "entity_id": self.entity_id, **data})

    async def _call(self, command: dict[str, Any]) -> Any:
        await self.client.send_json_auto_id(command)
        while (message := await self._receive())["type"] == "event":
            self._events.append(message)
        return message

    async def _receive(self) -> dict[str, Any]:
        async with asyncio.timeout(30):
            message: dict[str, Any] = await self.client.receive_json()
        return message

    async def offer(self, sdp: str) -> None:
        """Offer; the first events are to be asked for with `event`."""
        answer = await self.call("camera/webrtc/offer", offer=sdp)
        assert answer["success"], answer
        self.subscription = answer["id"]
        first = await self.event()
        assert first["type"] == "session"
        self.session_id = first["session_id"]

    async def event(self) -> dict[str, Any]:
        """Return the next event of the view."""
        message = self._events.popleft() if self._events else await self._receive()
        assert message["type"] == "event", message
        assert message["id"] == self.subscription
        event: dict[str, Any] = message["event"]
        return event

    async def candidate(self, candidate: str) -> Any:
        """Tell a candidate."""
        return await self.call(
            "camera/webrtc/candidate",
            session_id=self.session_id,
            candidate={"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0},
        )

    async def leave(self) -> None:
        """Unsubscribe."""
        assert (await self._call({"type": "unsubscribe_events", "subscription": self.subscription}))["success"]
        self._events.clear()
