"""The live view over a real broker, with a camera that was written from the protocol's description alone."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
import gc
from itertools import count
import re
import ssl
from typing import Any
from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.iot_gateway.clients.tuya_cloud import SessionTimings
from custom_components.iot_gateway.hub import Hub
from custom_components.iot_gateway.live_view import LiveView
from simulators.ipc_camera import IpcCameraSimulator
from simulators.ipc_camera.quirks import QUIRKS, Quirk
from simulators.mqtt_broker import MosquittoBroker
from simulators.tuya_cloud import Camera, CloudDevice, TuyaCloudSimulator, make_device
from tests.clients.tuya_cloud.chromium import check_strictly
from tests.clients.tuya_cloud.sdp_samples import CHROMIUM_OFFER, FIREFOX_OFFER, FRONTEND_TAIL, SAFARI_OFFER
from tests.helpers import wait_until
from tests.live_view_helpers import Player, live_entity, prepared, watched

pytestmark = pytest.mark.usefixtures("socket_enabled", "entity_registry_enabled_by_default")

_numbers = count(1_000_000_000)


def fresh(offer: str = CHROMIUM_OFFER) -> str:
    """Return an offer as another peer connection of the same browser makes it."""
    number = next(_numbers)
    offer = re.sub(r"(?m)^(o=\S+) \d+ ", rf"\1 {number} ", offer)
    return re.sub(r"a=ice-ufrag:\S+", f"a=ice-ufrag:u{number}", offer)


@pytest.fixture(autouse=True)
async def parts(hass: HomeAssistant) -> None:
    """Have what cameras of Home Assistant need."""
    assert await async_setup_component(hass, "http", {})


@dataclass
class House:
    """A cloud with its broker, cameras, and what the integration makes of them."""

    hass: HomeAssistant
    broker: MosquittoBroker
    cloud: TuyaCloudSimulator
    cameras: dict[str, IpcCameraSimulator]
    hub: Hub
    live_view: LiveView
    hass_ws_client: WebSocketGenerator

    async def player(self, device: CloudDevice) -> Player:
        """Return a browser that is about to watch."""
        return Player(await self.hass_ws_client(self.hass), live_entity(self.hass, Platform.CAMERA, device, "camera"))

    async def viewer(self, device: CloudDevice, offer: str = CHROMIUM_OFFER) -> Player:
        """Return a browser that watches."""
        player = await self.player(device)
        await player.offer(fresh(offer))
        answer = await player.event()
        assert answer["type"] == "answer", answer
        return player

    @property
    def accounts(self) -> list[dict[str, Any]]:
        accounts: list[dict[str, Any]] = self.live_view.diagnostics()["accounts"]
        return accounts

    def used(self, device: CloudDevice) -> int:
        """Return how many places of a camera are taken."""
        return self.cameras[device.id].slots.in_use

    async def freed(self, device: CloudDevice, used: int = 0) -> None:
        """Wait until so many places of a camera are taken."""
        await self.cameras[device.id].wait_for(lambda: self.used(device) == used)


@asynccontextmanager
async def house(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    *devices: CloudDevice,
    tls: bool = False,
    trusted: bool = True,
    connected: bool = True,
    slots: int = 2,
    **cloud: Any,
) -> AsyncGenerator[House]:
    """Have cameras at a broker and a cloud that leads there."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(MosquittoBroker(tls=tls))
        if tls and trusted:
            stack.enter_context(
                patch(
                    "custom_components.iot_gateway.live_view.account.client_context",
                    return_value=broker.client_context(),
                )
            )
        simulator = TuyaCloudSimulator(devices, broker=broker, **cloud)
        cameras = {}
        for device in devices:
            assert device.camera is not None
            user = await simulator.camera_user(device.id)
            cameras[device.id] = await stack.enter_async_context(
                IpcCameraSimulator(
                    f"{'mqtts' if tls else 'mqtt'}://{user.username}:{user.password}@{broker.host}:{broker.port}",
                    device_id=device.id,
                    moto_id=device.camera.moto_id or "",
                    local_key=device.local_key,
                    p2p_password=device.camera.p2p_password,
                    slots=slots,
                    tls_context=broker.client_context(),
                )
            )
        _, hub = await stack.enter_async_context(
            watched(hass, cloud=simulator, platforms=[Platform.CAMERA], scripted=False)
        )
        live_view = await prepared(hub)
        made = House(hass, broker, simulator, cameras, hub, live_view, hass_ws_client)
        if connected:
            await wait_until(lambda: all(account["connected"] for account in made.accounts))
        yield made


def camera(name: str = "Hall", **said: Any) -> CloudDevice:
    """Return a camera on mains power."""
    uid = {"uid": said.pop("uid")} if "uid" in said else {}
    return make_device(name, "sp", camera=Camera(**said), **uid)


@pytest.fixture
def impatient() -> Any:
    """Have sessions try again after a moment, and a busy camera not for long."""
    timings = partial(SessionTimings, retry_after=0.2, give_up_after=15.0, busy_waits=(0.1, 0.2))
    with patch("custom_components.iot_gateway.clients.tuya_cloud.camera_sessions.SessionTimings", timings):
        yield


@pytest.mark.parametrize("offer", [CHROMIUM_OFFER, FIREFOX_OFFER, SAFARI_OFFER], ids=["chromium", "firefox", "safari"])
async def test_view(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, offer: str) -> None:
    """A camera with one place serves one viewer after the other, of whatever browser, without a call of the cloud."""
    device = camera()
    async with house(hass, hass_ws_client, device, slots=1) as home:
        calls = home.cloud.calls.total()
        simulated = home.cameras[device.id]
        for number in range(3):
            player = await home.viewer(device, offer)
            assert home.used(device) == 1
            candidate = await player.event()
            assert candidate["type"] == "candidate"
            if number == 2:
                # Home Assistant's player never says that it has told all its candidates
                await simulated.wait_for(lambda: simulated.statistics.last_candidates_received == 1)
            await player.leave()
            await home.freed(device)
        assert home.cloud.calls.total() == calls
        seen = simulated.statistics
        assert (seen.offers, seen.answers, seen.disconnects_received) == (3, 3, 3)
        assert not seen.rejected
        assert seen.largest_offer < 7500


async def test_in_and_out(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Twenty who come and go within a moment leave no place taken, and the one after them is served."""
    device = camera()
    async with house(hass, hass_ws_client, device, slots=1) as home:
        simulated = home.cameras[device.id]
        player = await home.player(device)
        for _ in range(20):
            await player.offer(fresh())
            await player.leave()
        await home.freed(device)
        staying = await home.viewer(device)
        assert home.used(device) == 1
        await staying.leave()
        await home.freed(device)
        assert simulated.statistics.slots_leaked == 0
        assert simulated.statistics.busy == 0
        diagnostics = home.live_view.diagnostics()["cameras"][device.id]["sessions"]
        assert (diagnostics["opened"], diagnostics["open"]) == (21, [])


async def test_tls(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """The broker is reached by `ssl://`, and has to be who it says."""
    device = camera()
    async with house(hass, hass_ws_client, device, tls=True) as home:
        assert home.broker.url.startswith("ssl://")
        player = await home.viewer(device)
        await player.leave()
        await home.freed(device)


# paho leaves the socket of a handshake that failed to the garbage collector
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored while finalizing socket:pytest.PytestUnraisableExceptionWarning")
async def test_broker_that_nobody_vouches_for(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """It gets neither a password nor a viewer's offer."""
    device = camera()
    async with house(hass, hass_ws_client, device, tls=True, trusted=False, connected=False) as home:
        await wait_until(lambda: home.accounts[0]["statistics"]["failed_attempts"] > 0)
        assert "CERTIFICATE_VERIFY_FAILED" in home.accounts[0]["last_error"]
        assert not home.accounts[0]["connected"]
        player = await home.player(device)
        await player.offer(fresh())
        assert home.used(device) == 0
        await player.leave()
    _ = gc.collect()


async def test_trust(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """The certificates are checked, and the name in them too."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        (account,) = home.live_view._accounts.values()
        context = account.signalling._tls_context
        assert context is not None
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


@pytest.mark.parametrize("username_per", ["user", "link"])
async def test_renewal_of_the_access(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, username_per: str
) -> None:
    """Who watches across it hears of the camera's end, frees their place, and nobody notices it."""
    device = camera()
    async with house(hass, hass_ws_client, device, access_ttl=8.0, username_per=username_per) as home:
        staying = await home.viewer(device)
        (before,) = home.accounts
        ended = await home.viewer(device)
        await wait_until(lambda: home.accounts[0]["statistics"]["renewals"] > before["statistics"]["renewals"])
        # By the new connection, or by the old one where the camera answers to that
        _, one = home.cameras[device.id].sessions
        home.cameras[device.id].disconnect(one)
        while (event := await ended.event())["type"] == "candidate":
            pass
        assert event["type"] == "error"
        await home.freed(device, 1)
        # A new view while the old one goes on, and after the end of the access that it began with
        another = await home.viewer(device, SAFARI_OFFER)
        renewals = home.accounts[0]["statistics"]["renewals"]
        await wait_until(lambda: home.accounts[0]["statistics"]["renewals"] > renewals)
        await staying.leave()
        await home.freed(device, 1)
        await another.leave()
        await home.freed(device)
        assert home.accounts[0]["statistics"]["losses"] == 0
        assert home.accounts[0]["statistics"]["unconfirmed"] == 0


async def test_broker_restarts(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Pictures go on, places are freed afterwards, and neither that nor the next view costs a call of the cloud."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        calls = home.cloud.calls.total()
        watching = await home.viewer(device)
        leaving = await home.viewer(device)
        await home.broker.stop()
        await wait_until(lambda: not home.accounts[0]["connected"])
        # Nobody hears that now; it is said as soon as somebody does
        await leaving.leave()
        await home.broker.start()
        await wait_until(lambda: home.accounts[0]["connected"])
        await home.freed(device, 1)
        again = await home.viewer(device, SAFARI_OFFER)
        assert home.used(device) == 2
        await watching.leave()
        await again.leave()
        await home.freed(device)
        assert home.cloud.calls.total() == calls
        assert home.accounts[0]["statistics"]["losses"] == 1


async def test_broker_is_away_while_somebody_comes(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """The viewer waits for it, and does not see more of it than that."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        await home.broker.stop()
        await wait_until(lambda: not home.accounts[0]["connected"])
        player = await home.player(device)
        await player.offer(fresh())
        await home.broker.start()
        assert (await player.event())["type"] == "answer"
        await player.leave()
        await home.freed(device)


async def test_cloud_refuses_while_a_view_begins(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """What is known of the camera does, also when its time is over and nothing new is to be had."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        home.cloud.faults.fail("*", 28841004)
        home.hub.set_connected(False)
        entry = home.live_view.configs._entries[device.id]
        entry.good_until = entry.not_before = 0.0
        player = await home.viewer(device)
        await wait_until(lambda: home.live_view.configs.failures == 1)
        assert (await player.event())["type"] == "candidate"
        await player.leave()
        await home.freed(device)


@pytest.mark.usefixtures("impatient")
async def test_camera_has_moved(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """One that listens elsewhere by now is found there, before the viewer hears of anything."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        home.cloud.move_moto(device.id, "signaling14901")
        await home.cameras[device.id].move_to("signaling14901")
        home.live_view.configs._entries[device.id].fetched_at -= 61
        asked = home.cloud.calls["webrtc_configs"]
        player = await home.viewer(device)
        assert home.cloud.calls["webrtc_configs"] == asked + 1
        await player.leave()
        await home.freed(device)
        # The next one knows
        player = await home.viewer(device)
        assert home.cloud.calls["webrtc_configs"] == asked + 1
        await player.leave()
        await home.freed(device)


@pytest.mark.usefixtures("impatient")
async def test_all_places_taken(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Who comes too late is told so; who comes as another leaves gets that place."""
    device = camera()
    async with house(hass, hass_ws_client, device, slots=1) as home:
        first = await home.viewer(device)
        second = await home.player(device)
        await second.offer(fresh())
        error = await second.event()
        assert error["type"] == "error"
        assert "as many viewers as it can" in error["message"]
        # Who waits for a place gets one, however long it takes the other one to be gone
        live = home.live_view.get(device.id)
        assert live is not None
        live._sessions._timings = SessionTimings(give_up_after=20.0, busy_waits=(0.5,) * 40)
        third = await home.player(device)
        await third.offer(fresh())
        await first.leave()
        assert (await third.event())["type"] == "answer"
        await third.leave()
        await home.freed(device)


async def test_two_accounts(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Each has its own connection, as its cameras answer to no other; all are told of the end."""
    mine, yours = camera("Mine"), camera("Yours", uid="eu1700000000002other")
    async with house(hass, hass_ws_client, mine, yours) as home:
        assert len(home.accounts) == 2
        players = [await home.viewer(mine), await home.viewer(yours)]
        assert (home.used(mine), home.used(yours)) == (1, 1)
        await home.hass.config_entries.async_reload(home.hub.entry.entry_id)
        await home.freed(mine)
        await home.freed(yours)
        assert players


async def test_given_to_another_account(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """The view by the old account ends, and says so; its connection too, and the camera is watched by the new one."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        watching = await home.viewer(device)
        (before,) = home.live_view._accounts.values()
        listed = home.hub.connection.devices[device.id]  # type: ignore[attr-defined]
        device.uid = "eu1700000000002other"
        home.live_view.add_camera(replace(listed, uid=device.uid))
        while (event := await watching.event())["type"] == "candidate":
            pass
        assert event["type"] == "error"
        assert "interrupted" in event["message"]
        await home.freed(device)
        await wait_until(lambda: not before.signalling.connected)
        await wait_until(lambda: [one["connected"] for one in home.accounts] == [True])
        player = await home.viewer(device)
        await player.leave()
        await home.freed(device)


async def test_what_is_kept(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, hass_storage: Any) -> None:
    """Of cameras that went while Home Assistant was not running nothing stays."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        gone = {"auth": "x", "moto_id": "m", "supports_webrtc": True}
        home.live_view.configs.restore({"version": 1, "cameras": {"gone": gone}})
        assert home.live_view.configs.peek("gone") is not None
        home.live_view.keep_quality(device.id, "sd")
        await hass.config_entries.async_reload(home.hub.entry.entry_id)
        (stored,) = (content["data"] for name, content in hass_storage.items() if ".live_view." in name)
        assert list(stored["configurations"]["cameras"]) == [device.id]
        assert stored["qualities"] == {device.id: "sd"}


async def test_option_of_the_quality(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """It holds for all cameras from when it is changed on, also for those for which another was chosen before."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:

        async def live_view() -> LiveView:
            await hass.config_entries.async_reload(home.hub.entry.entry_id)
            return await prepared(home.hub.entry.runtime_data)

        for option, chosen in (("hd", "sd"), ("sd", "hd"), ("hd", "sd")):
            hass.config_entries.async_update_entry(home.hub.entry, options={"stream_quality": option})
            view = await live_view()
            assert view.wanted_quality(device.id) == option
            view.keep_quality(device.id, chosen)
            assert (await live_view()).wanted_quality(device.id) == chosen
        # Nor does what was chosen come back with the option
        for option in ("sd", "hd"):
            hass.config_entries.async_update_entry(home.hub.entry, options={"stream_quality": option})
            assert (await live_view()).wanted_quality(device.id) == option


@pytest.mark.parametrize("end", ["leave", "close", "unload", "stop"])
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_ended_before_the_answer(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, end: str) -> None:
    """A camera that has just been offered to is told that nobody wants it any more, whoever ended it."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        simulated = home.cameras[device.id]
        simulated.faults.answer_delay = 30.0
        player = await home.player(device)
        await player.offer(fresh())
        await home.freed(device, 1)
        match end:
            case "leave":
                await player.leave()
            case "close":
                await player.client.close()
            case "unload":
                await hass.config_entries.async_unload(home.hub.entry.entry_id)
            case "stop":
                hass.bus.async_fire("homeassistant_stop")
        await home.freed(device)
        assert simulated.statistics.disconnects_received == 1
        if end == "unload":
            await hass.config_entries.async_setup(home.hub.entry.entry_id)
            await hass.async_block_till_done()


@pytest.mark.parametrize("quirk", QUIRKS)
async def test_quirks_of_cameras(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, quirk: Quirk) -> None:
    """Whatever a camera makes of its answer, the browser gets one that it takes, at once."""
    device = camera()
    async with house(hass, hass_ws_client, device) as home:
        simulated = home.cameras[device.id]
        simulated.faults.quirks = {quirk}
        simulated.faults.answer_twice = True
        simulated.faults.stray_messages = True
        simulated.faults.candidates_before_answer = 2
        player = await home.player(device)
        offer = fresh() + FRONTEND_TAIL
        await player.offer(offer)
        answer = await player.event()
        assert answer["type"] == "answer", answer
        _ = check_strictly(offer, answer["answer"])
        candidate = await player.event()
        assert candidate["type"] == "candidate"
        assert simulated.statistics.offers == 1
        assert not simulated.statistics.rejected
        await player.leave()
        await home.freed(device)
