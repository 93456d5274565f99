"""Home Assistant's live player in the browser, and what proves that it plays: drawn pictures, and what came over the network."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import time
from typing import TYPE_CHECKING, Any

from simulators.picture import COUNTER_BITS, STRIP

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

PATIENCE = 60.0
"""Seconds for what takes one on a machine with nothing else to do."""

# Keeps the page's peer connections, and when was clicked and the first picture after that drawn. It changes nothing of
# what they do.
_WITNESS = """
(() => {
    if (window.live) return;
    const live = (window.live = { peers: [], video: null, clickedAt: null, drawnAt: null });
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
        constructor(...parameters) {
            super(...parameters);
            live.peers.push(this);
        }
    };
    addEventListener("click", event => { live.clickedAt = event.timeStamp; live.drawnAt = null; }, true);
    const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
    Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
        ...source,
        set(stream) {
            source.set.call(this, stream);
            if (stream && live.video !== this) {
                live.video = this;
                this.requestVideoFrameCallback(now => { live.drawnAt ??= now; });
            }
        },
    });
})();
"""

# Reads the number that the camera writes into each of its pictures as a strip of black and white cells. Until there are `count`
# pictures, and `distinct` different ones after the first; with what there is when time is up, or when the player was replaced.
_FRAMES = """
(video, { count, distinct, seconds, bits, strip }) => new Promise(resolve => {
    const frames = [];
    const canvas = new OffscreenCanvas(1, 1);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const describe = () =>
        `ready state ${video.readyState}, paused ${video.paused}, ${video.videoWidth}x${video.videoHeight}`;
    const end = state => {
        clearTimeout(timer);
        clearInterval(watch);
        resolve({ frames, state, seen: describe() });
    };
    const timer = setTimeout(() => end("late"), seconds * 1000);
    const watch = setInterval(() => video.isConnected || end("replaced"), 100);
    const drawn = (now, { presentedFrames: presented, width, height }) => {
        canvas.width = width;
        context.drawImage(video, 0, Math.round(height * (1 - 0.5 / strip)), width, 1, 0, 0, width, 1);
        const row = context.getImageData(0, 0, width, 1).data;
        let number = 0;
        for (let bit = 0; bit < bits; bit++)
            number = number * 2 + (row[4 * Math.round((bit + 0.5) * width / bits)] > 125 ? 1 : 0);
        frames.push({ presented, width, height, number });
        if (frames.length >= count && new Set(frames.slice(1).map(one => one.number)).size >= distinct) end("done");
        else video.requestVideoFrameCallback(drawn);
    };
    video.requestVideoFrameCallback(drawn);
})
"""

_TRAFFIC = """
async () => {
    const peers = live.peers.filter(one => one.signalingState !== "closed");
    const found = { peers: peers.length, received: {}, sent: {} };
    for (const one of peers.length ? (await peers.at(-1).getStats()).values() : [])
        if (one.type === "inbound-rtp") found.received[one.kind] = one;
        else if (one.type === "outbound-rtp") found.sent[one.kind] = one;
    return found;
}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """A picture that the browser has drawn."""

    presented: int
    """How many the player had drawn with it."""
    width: int
    height: int
    number: int
    """What the camera wrote into it."""


async def bear_witness(page: Page) -> None:
    """Have a page keep what `LivePlayer` asks for, from its next address on."""
    await page.add_init_script(_WITNESS)


class LivePlayer:
    """The player within a page, a card, or the dialog with more of an entity; there may be none yet."""

    def __init__(self, within: Page | Locator, *, hls: bool = False) -> None:
        """Look for it there; `hls`: the one of streams that Home Assistant itself reads."""
        self.element = within.locator("ha-hls-player" if hls else "ha-web-rtc-player")
        self.video = self.element.locator("video")
        self.error = self.element.locator("ha-alert[alert-type=error]")
        self.other = within.locator("ha-hls-player, ha-camera-stream > img")
        """What it would be that plays without WebRTC."""

    async def frames(self, count: int = 8, *, distinct: int = 0, seconds: float = PATIENCE) -> list[Frame]:
        """Return the next pictures that are drawn, and more of them until so many after the first are different ones.

        Fails where they don't come within so many seconds.
        """
        parameters = {"count": count, "distinct": distinct, "bits": COUNTER_BITS, "strip": STRIP}
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            await self.video.wait_for(state="attached", timeout=left * 1000)
            found = await self.video.evaluate(_FRAMES, parameters | {"seconds": max(1.0, end - time.monotonic())})
            if found["state"] == "done":
                return [Frame(**frame) for frame in found["frames"]]
            assert found["state"] == "replaced", f"not within {seconds} s: {found}"
        raise AssertionError(f"not within {seconds} s: the player is always replaced")

    async def plays(self, *, seconds: float = PATIENCE) -> Frame:
        """See pictures move, and return the last of them; fails where they don't."""
        # The first may not be painted yet when it is announced; and one may be read that the next has replaced already
        frames = await self.frames(distinct=6, seconds=seconds)
        presented = [frame.presented for frame in frames]
        assert presented == sorted(set(presented)), frames
        return frames[-1]

    async def traffic(self) -> Mapping[str, Any]:
        """Return what the page's newest peer connection took in and gave out, and how many are open.

        {"peers": 1, "received": {"audio": {"packetsReceived": …}, "video": …}, "sent": {"audio": …}}, as getStats tells them.
        """
        traffic: Mapping[str, Any] = await self.element.page.evaluate(_TRAFFIC)
        return traffic

    async def traffic_until(self, condition: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """Wait until a condition over the traffic holds, and return that; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not condition(traffic := await self.traffic()):
                await asyncio.sleep(0.05)
        return traffic

    async def seconds_to_first_frame(self) -> float:
        """Return how long it took from the last click to the first picture, which has to be there."""
        clicked, drawn = await self.element.page.evaluate("[live.clickedAt, live.drawnAt]")
        return float(drawn - clicked) / 1000
