"""Tuya cameras, live in the dashboard: what is seen and heard, and what is said where nothing can be.

The cameras are simulated; the rest is what a user has: the frontend's own player, Chromium's WebRTC, a real message broker.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
import re
import time
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("playwright", reason="playwright is not installed; scripts/setup browser installs it")

from playwright.async_api import Browser, BrowserContext, Page, expect

from demo.home_assistant import ApiRefused
from demo.household import entities
from demo.stage import Stage

from .cameras import BOARD, DOORBELL, DRIVEWAY, GARDEN, GLANCE, LIVING_ROOM, STILL, Cameras, view_path
from .conftest import FAILED, FAILURES, NO_BROKER, PATIENCE_MS
from .live_player import PATIENCE, LivePlayer, bear_witness
from .many_viewers import ENDS, close_pages, open_and_close

pytestmark = pytest.mark.skipif(NO_BROKER is not None, reason=f"no cameras: {NO_BROKER}")

_HD, _SD = (1280, 720), (640, 360)
_SLOW = 3.0
"""Seconds from a click to the first picture that nobody would call live any more; on a quiet machine it is a third of one."""
_LOSE_HOME_ASSISTANT = "document.querySelector('home-assistant').hass.connection.socket.close()"
_LOST_AFTER = 180.0
"""Seconds, at most, until the player tells of a camera whose power went: the cloud's list is read each minute here."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cameras(stage: Stage) -> AsyncIterator[Cameras]:
    """The cameras, with a dashboard, the preview of two-way audio, and a list that is read each minute."""
    async with AsyncExitStack() as stack:
        cameras = await Cameras.find(stage)
        board = await cameras.make_dashboard()
        stack.push_async_callback(cameras.remove_dashboard, board)
        await cameras.preview_two_way_audio(enabled=True)
        stack.push_async_callback(cameras.preview_two_way_audio, enabled=False)
        await cameras.poll_each(minutes=1)
        stack.push_async_callback(cameras.poll_each, minutes=5)
        yield cameras


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def context(browser: Browser, stage: Stage) -> AsyncIterator[BrowserContext]:
    """Somebody's browser, in which all pages of this file are but `other_page`."""
    context = await browser.new_context(base_url=stage.url, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def other_context(browser: Browser, stage: Stage) -> AsyncIterator[BrowserContext]:
    """Somebody else's browser, which may use the microphone."""
    context = await browser.new_context(base_url=stage.url, locale="en-US", permissions=["microphone"])
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lost(cameras: Cameras, context: BrowserContext) -> AsyncIterator[tuple[LivePlayer, float]]:
    """The view of a camera whose power went while it was watched, and when that was: the first in this file, to save time."""
    page = await context.new_page()
    player = await _watch(page, view_path(DRIVEWAY))
    await player.plays()
    await cameras.control(DRIVEWAY).do("power", on=False)
    await cameras.cloud.do("online", devid=cameras.device_id(DRIVEWAY), online=False)
    yield player, time.monotonic()
    await cameras.cloud.do("online", devid=cameras.device_id(DRIVEWAY), online=True)
    await cameras.control(DRIVEWAY).do("power", on=True)
    await page.close()


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def all_places_are_free(cameras: Cameras, lost: object) -> AsyncIterator[None]:
    """After each test, and once its pages are closed, no camera has a viewer left and none waited for a leak's end."""
    watched = [title for title in cameras.titles if title != DRIVEWAY]
    for title in watched:
        await cameras.control(title).do("reset")
    yield
    for title in watched:
        state = await cameras.free(title)
        assert state["statistics"]["slots_leaked"] == 0, title
        assert state["statistics"]["rejected"] == {}, title


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    all_places_are_free: None, context: BrowserContext, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """A page; a picture of it is kept where the test fails."""
    page = await context.new_page()
    yield page
    if request.node.stash.get(FAILED, False):
        FAILURES.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=FAILURES / f"{request.node.name}.png")
    await page.close()


@pytest_asyncio.fixture(loop_scope="session")
async def other_page(all_places_are_free: None, other_context: BrowserContext) -> AsyncIterator[Page]:
    """A page in somebody else's browser."""
    page = await other_context.new_page()
    yield page
    await page.close()


async def _watch(page: Page, view: str) -> LivePlayer:
    """Open a view of the dashboard."""
    await bear_witness(page)
    await page.goto(f"/{BOARD}/{view}")
    return LivePlayer(page)


async def _click_picture(page: Page) -> LivePlayer:
    """Click on the still of the living room's camera; return the player of the dialog."""
    await page.locator("hui-picture-entity-card").first.click()
    return LivePlayer(page.locator("ha-more-info-dialog"))


async def _close_dialog(page: Page) -> None:
    """Close that dialog, and wait until nothing of it is left: neither its player nor what keeps clicks from the page."""
    await page.keyboard.press("Escape")
    await expect(page.locator("ha-more-info-dialog").locator("ha-web-rtc-player")).to_have_count(0)


# It plays


@pytest.mark.parametrize("view", [view_path(LIVING_ROOM), GLANCE])
async def test_card_plays(page: Page, cameras: Cameras, view: str) -> None:
    """A picture card plays by itself, by WebRTC and by nothing else; the sound comes too, which the card keeps silent."""
    player = await _watch(page, view)
    frame = await player.plays()
    assert (frame.width, frame.height) == _HD
    before = await player.traffic_until(lambda now: now["received"].keys() == {"audio", "video"})
    await player.plays()
    after = await player.traffic_until(
        lambda now: all(
            now["received"][kind][count] > before["received"][kind][count] > 0
            for kind in ("audio", "video")
            for count in ("packetsReceived", "bytesReceived")
        )
    )
    assert after["peers"] == 1
    assert after["sent"] == {}
    await expect(player.other).to_have_count(0)
    assert await player.video.evaluate("video => video.muted")
    state = await cameras.state(LIVING_ROOM)
    assert [(one["state"], one["talk"]) for one in state["sessions"]] == [("connected", False)]
    # As browsers do that may not use the microphone, this one hid its addresses, which no camera could find
    assert state["statistics"]["candidates_received"] == 0


async def test_dialog_plays_at_a_click(page: Page, cameras: Cameras) -> None:
    """A click on a still opens the dialog, in which it plays at once and can be heard; closing that frees the camera."""
    await _watch(page, STILL)
    times: list[float] = []
    # A machine that does something else at that very moment takes longer: then the next click has to do
    while sum(seconds < _SLOW for seconds in times) < 3 and len(times) < 9:
        player = await _click_picture(page)
        await player.plays()
        times.append(await player.seconds_to_first_frame())
        first = await player.traffic_until(lambda now: "audio" in now["received"])
        before = first["received"]["audio"]["totalAudioEnergy"]
        await player.frames(4)
        await player.traffic_until(partial(_heard_more, before))
        assert await player.video.evaluate("video => !video.muted && video.srcObject.getAudioTracks().length === 1")
        await expect(player.other).to_have_count(0)
        await _close_dialog(page)
        await cameras.free(LIVING_ROOM)
    assert sum(seconds < _SLOW for seconds in times) >= 3, times


def _heard_more(before: float, traffic: Mapping[str, Any]) -> bool:
    return bool(traffic["received"]["audio"]["totalAudioEnergy"] > before)


@pytest.mark.parametrize("title", ["Garage camera", "Attic camera"], ids=["without WebRTC", "H.265 only"])
async def test_by_way_of_the_cloud(page: Page, cameras: Cameras, stage: Stage, title: str) -> None:
    """What no browser plays by itself plays in its dialog too: Home Assistant reads the stream that the cloud's relay sends."""
    device_id = await cameras.cloud.device_id(title)
    [entity_id] = [one["entity_id"] for one in await entities(stage.api) if one["unique_id"] == f"{device_id}_camera"]
    await page.goto(f"/{BOARD}/{STILL}?more-info-entity-id={entity_id}")
    player = LivePlayer(page.locator("ha-more-info-dialog"), hls=True)
    frame = await player.plays(seconds=180)
    assert (frame.width, frame.height) == (640, 360)
    await expect(player.error).to_have_count(0)


async def test_talking(other_page: Page, cameras: Cameras) -> None:
    """The button for the microphone sends its sound to the camera, in packets that cameras play, and stops again."""
    await _watch(other_page, STILL)
    player = await _click_picture(other_page)
    await player.plays()
    dialog = other_page.locator("ha-more-info-dialog")
    await dialog.get_by_role("button", name="Start talking").click()
    await cameras.until(LIVING_ROOM, lambda state: state["statistics"]["talk_packets"] > 20)
    await player.plays()
    stop = dialog.get_by_role("button", name="Stop talking")
    await expect(stop).to_be_visible()

    # The session without sound, which this one took the place of, ends by itself
    state = await cameras.until(
        LIVING_ROOM,
        lambda state: [(one["state"], one["talk"]) for one in state["sessions"]] == [("connected", True)],
    )
    assert state["statistics"]["talk_unheard"] == 0
    sizes = {int(size): count for size, count in state["statistics"]["talk_sizes"].items()}
    # 30 ms: what cameras play with the least delay (section 5.3)
    assert sizes.keys() == {240}

    await stop.click()
    await expect(dialog.get_by_role("button", name="Start talking")).to_be_visible()
    # The button changes first, then the sending ends
    async with asyncio.timeout(PATIENCE):
        before, now = -1, (await player.traffic())["sent"]["audio"]["packetsSent"]
        while before != now:
            await player.plays()
            before, now = now, (await player.traffic())["sent"]["audio"]["packetsSent"]


async def test_only_a_camera_with_a_speaker_can_be_talked_to(cameras: Cameras, stage: Stage) -> None:
    """No button where nobody could hear it."""
    for title, speaks in {LIVING_ROOM: True, GARDEN: False}.items():
        capabilities = await stage.api.command("camera/capabilities", entity_id=cameras.entity_id(title))
        assert capabilities == {"frontend_stream_types": ["web_rtc"], "two_way_audio": speaks}


async def test_two_viewers_and_one_too_many(page: Page, other_page: Page, cameras: Cameras) -> None:
    """Two people watch the same camera at the same time; a third is told that it serves no more; one goes, one watches on."""
    one, other = await asyncio.gather(*(_watch(each, view_path(LIVING_ROOM)) for each in (page, other_page)))
    await asyncio.gather(one.plays(), other.plays())
    assert (await cameras.state(LIVING_ROOM))["slots"]["in_use"] == 2
    third_page = await page.context.new_page()
    third = await _watch(third_page, view_path(LIVING_ROOM))
    await expect(third.error).to_contain_text(f"{cameras.name(LIVING_ROOM)} serves as many viewers as it can")
    await other.plays()
    await other_page.close()
    await cameras.until(LIVING_ROOM, lambda state: state["slots"]["in_use"] == 1)
    await one.plays()
    await third_page.reload()
    await third.plays()
    await third_page.close()


async def test_sleeping_doorbell_wakes_for_a_viewer(page: Page, cameras: Cameras) -> None:
    """A battery camera is woken by whoever wants to watch, and by nothing else."""
    await _watch(page, STILL)
    # All stills of the page are there, the doorbell's among them
    stills = page.locator("hui-picture-entity-card img")
    await expect(stills).to_have_count(2)
    for number in range(2):
        await expect(stills.nth(number)).to_have_js_property("complete", True)
        await expect(stills.nth(number)).not_to_have_js_property("naturalWidth", 0)
    state = await cameras.state(DOORBELL)
    assert (state["sleep"], state["statistics"]["wakes"], state["statistics"]["offers"]) == ("asleep", 0, 0)
    player = await _watch(page, view_path(DOORBELL))
    frame = await player.plays()
    assert (frame.width, frame.height) == _HD
    assert (await cameras.state(DOORBELL))["statistics"]["wakes"] >= 1
    await page.goto("about:blank")
    await cameras.free(DOORBELL)
    await cameras.control(DOORBELL).do("sleep")


# It says why not


async def test_camera_ends_the_view(page: Page, cameras: Cameras) -> None:
    """The camera says that it ends: the player does not stand still, it says so."""
    player = await _watch(page, view_path(LIVING_ROOM))
    await player.plays()
    await cameras.control(LIVING_ROOM).do("disconnect", close_reason=6)
    await expect(player.error).to_contain_text(f"{cameras.name(LIVING_ROOM)} ended the view.")
    # As a user does it
    await page.reload()
    await player.plays()


async def test_camera_without_power(page: Page, cameras: Cameras) -> None:
    """A camera that is off, which nobody knows of before somebody wants to watch it; it plays once it is on again."""
    await cameras.control(GARDEN).do("power", on=False)
    try:
        player = await _watch(page, view_path(GARDEN))
        await expect(player.error).to_contain_text(f"{cameras.name(GARDEN)} does not answer. Check that it is on")
    finally:
        await cameras.control(GARDEN).do("power", on=True)
    await page.reload()
    frame = await player.plays()
    # Its HD is H.265, which browsers don't play
    assert (frame.width, frame.height) == _SD


async def test_privacy(page: Page, cameras: Cameras, stage: Stage) -> None:
    """Privacy mode ends the view, and the camera is off for whoever comes then; turned off, it plays again."""
    player = await _watch(page, view_path(LIVING_ROOM))
    await player.plays()
    await cameras.act("camera.turn_off", LIVING_ROOM)
    try:
        # The camera may be the first to tell, and gives no reason
        await expect(player.error).to_contain_text(
            re.compile(r"ended the view\. Turn its privacy mode off, if it is on|Privacy mode of .* is on")
        )
        await page.reload()
        # Home Assistant itself shows a camera that is off so
        await expect(page.locator("hui-picture-entity-card")).to_contain_text("Idle")
        with pytest.raises(ApiRefused, match="Camera is off"):
            await stage.api.command("camera/capabilities", entity_id=cameras.entity_id(LIVING_ROOM))
        await expect(player.element).to_have_count(0)
    finally:
        await cameras.act("camera.turn_on", LIVING_ROOM)
    await page.reload()
    await player.plays()


# It goes on


async def test_broker_restarts(page: Page, other_page: Page, cameras: Cameras) -> None:
    """The picture needs no broker once it is there, and whoever comes after its restart sees one too."""
    player = await _watch(page, view_path(LIVING_ROOM))
    await player.plays()
    await cameras.cloud.do("broker", do="stop")
    try:
        await cameras.until_broker_is_missed(LIVING_ROOM)
        await player.plays()
    finally:
        await cameras.cloud.do("broker", do="start")
    await cameras.loaded()
    await cameras.until(LIVING_ROOM, lambda state: state["online"])
    await player.plays()
    later = await _watch(other_page, view_path(LIVING_ROOM))
    await later.plays()
    await player.plays()
    await expect(player.error).to_have_count(0)


async def test_home_assistant_is_lost_for_a_moment(page: Page, cameras: Cameras) -> None:
    """A card begins anew by itself; the dialog does not, and says so instead of a picture that stands."""
    player = await _watch(page, view_path(LIVING_ROOM))
    await player.plays()
    await page.evaluate(_LOSE_HOME_ASSISTANT)
    await page.wait_for_function("live.peers.length >= 2")
    await player.plays()

    await page.get_by_role("tab", name=STILL).click()
    player = await _click_picture(page)
    await player.plays()
    await page.evaluate(_LOSE_HOME_ASSISTANT)
    await expect(player.error).to_contain_text("The connection to Home Assistant was interrupted")
    await cameras.free(LIVING_ROOM)
    await _close_dialog(page)
    player = await _click_picture(page)
    await player.plays()


async def test_quality(page: Page, cameras: Cameras) -> None:
    """The quality changes while it plays, without another session, and stays for who comes later."""
    player = await _watch(page, view_path(LIVING_ROOM))
    await player.plays()
    try:
        for quality, size in (("sd", _SD), ("hd", _HD), ("sd", _SD)):
            await cameras.act("iot_gateway.set_stream_quality", LIVING_ROOM, quality=quality)
            await page.wait_for_function("size => live.video.videoWidth === size", arg=size[0])
            frame = await player.plays()
            assert (frame.width, frame.height) == size
        assert (await cameras.state(LIVING_ROOM))["statistics"]["sessions"] == 1
        await page.reload()
        frame = await player.plays()
        assert (frame.width, frame.height) == _SD
    finally:
        await cameras.act("iot_gateway.set_stream_quality", LIVING_ROOM, quality="hd")


async def test_moving_the_head(page: Page, cameras: Cameras) -> None:
    """Buttons and the action move the head for as long as they say, and it always stops."""
    await _watch(page, STILL)

    async def moved(go: Callable[[], Awaitable[None]], direction: str, wanted: float) -> None:
        took: list[float] = []
        # A busy machine brings the command that begins it, or the one that ends it, late: then the next has to do
        while not took or not (wanted - 0.1 < took[-1] < wanted + 1.0):
            assert len(took) < 5, took
            before = len((await cameras.state(LIVING_ROOM))["ptz"]["moves"])
            await go()
            [move] = (await cameras.until(LIVING_ROOM, partial(_has_moved, before)))["ptz"]["moves"][before:]
            assert move["direction"] == direction
            took.append(move["seconds"])

    await moved(page.get_by_role("button", name="Move left").click, "left", 0.5)
    await moved(page.get_by_role("button", name="Move up").click, "up", 0.5)
    down_right = partial(cameras.act, "iot_gateway.ptz", LIVING_ROOM, direction="down_right", duration=1.5)
    await moved(down_right, "down_right", 1.5)
    position = (await cameras.state(LIVING_ROOM))["ptz"]["position"]
    await asyncio.sleep(0.3)  # not for something to happen: nothing may
    assert (await cameras.state(LIVING_ROOM))["ptz"]["position"] == position


def _has_moved(before: int, state: Mapping[str, Any]) -> bool:
    return len(state["ptz"]["moves"]) > before and state["ptz"]["moving"] is None


async def test_two_hundred_viewers(page: Page, cameras: Cameras) -> None:
    """200 views are opened and closed, at every moment there is: no place stays taken, and the camera still plays."""
    entity_id = cameras.entity_id(LIVING_ROOM)
    opened = (await cameras.sessions(LIVING_ROOM))["opened"]
    await page.goto(f"/{BOARD}/{STILL}")
    await page.locator("hui-picture-entity-card").first.wait_for()
    assert await open_and_close(page, entity_id, 176) == dict.fromkeys(ENDS, 44)
    await close_pages(page, entity_id, 24)
    state = await cameras.free(LIVING_ROOM)
    assert (await cameras.sessions(LIVING_ROOM))["opened"] == opened + 200
    assert state["statistics"]["slots_leaked"] == 0
    player = await _watch(page, view_path(LIVING_ROOM))
    await player.plays()


async def test_camera_whose_power_goes(lost: tuple[LivePlayer, float], page: Page, cameras: Cameras) -> None:
    """A camera that dies says nothing, and Chromium does not mind: what the cloud knows is told, instead of a picture that stands."""
    player, since = lost
    await expect(player.error).to_contain_text(
        f"{cameras.name(DRIVEWAY)} is offline.", timeout=max(1.0, _LOST_AFTER - (time.monotonic() - since)) * 1000
    )
    await cameras.until_none_open(DRIVEWAY)
    # Whoever comes later is told the same, at once
    later = await _watch(page, view_path(DRIVEWAY))
    await expect(later.error).to_contain_text(f"{cameras.name(DRIVEWAY)} is offline.")
