"""Views that are opened and closed in a hurry, at every moment at which that can be.

No player is needed for that: the page makes real offers and hands them to Home Assistant as the player does.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

ENDS = ("playing", "answered", "offered", "at_once")
"""When a view is closed: while it plays, after the answer, once the offer has a session, and before anything came back."""

_OFFER = """
async () => {
    const peer = new RTCPeerConnection();
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addTransceiver("video", { direction: "recvonly" });
    await peer.setLocalDescription();
    return peer;
}
"""

_OPEN_AND_CLOSE = """
async ({ entity_id, count, ends }) => {
    const makeOffer = OFFER;
    const { connection } = document.querySelector("home-assistant").hass;
    const done = Object.fromEntries(ends.map(end => [end, 0]));
    for (let number = 0; number < count; number++) {
        const end = ends[number % ends.length];
        const peer = await makeOffer();
        const seen = Object.fromEntries(["session", "answer", "connected", "error"].map(one => [one, Promise.withResolvers()]));
        const candidates = [];
        let session;
        const tell = candidate => connection.sendMessagePromise(
            { type: "camera/webrtc/candidate", entity_id, session_id: session, candidate: candidate.toJSON() });
        peer.onicecandidate = ({ candidate }) => {
            if (candidate?.candidate) session ? tell(candidate) : candidates.push(candidate);
        };
        peer.onconnectionstatechange = () => peer.connectionState === "connected" && seen.connected.resolve();
        const heard = async event => {
            if (event.type === "session") {
                session = event.session_id;
                if (end === "playing") candidates.splice(0).forEach(tell);
            } else if (event.type === "answer" && end === "playing") {
                await peer.setRemoteDescription({ type: "answer", sdp: event.answer });
            } else if (event.type === "candidate" && end === "playing") {
                await peer.addIceCandidate(event.candidate);
            }
            event.type === "error" ? seen.error.reject(new Error(event.message)) : seen[event.type]?.resolve();
        };
        seen.error.promise.catch(() => {});
        const opening = connection.subscribeMessage(
            heard, { type: "camera/webrtc/offer", entity_id, offer: peer.localDescription.sdp });
        const moment = { playing: seen.connected, answered: seen.answer, offered: seen.session }[end];
        if (moment) await Promise.race([moment.promise, seen.error.promise]);
        await (await opening)();
        peer.close();
        done[end]++;
    }
    return done;
}
""".replace("OFFER", _OFFER)

# In a page without Home Assistant's frontend, which has loaded before one has said a word.
_OPEN = """
async ({ token, entity_id, until }) => {
    const makeOffer = OFFER;
    const peer = window.peer = await makeOffer();
    const socket = window.socket = new WebSocket(`ws://${location.host}/api/websocket`);
    await new Promise((resolve, reject) => {
        socket.onclose = () => reject(new Error("the connection is closed"));
        socket.onmessage = ({ data }) => {
            const message = JSON.parse(data);
            if (message.type === "auth_required") {
                socket.send(JSON.stringify({ type: "auth", access_token: token }));
            } else if (message.type === "auth_ok") {
                const offer = { id: 1, type: "camera/webrtc/offer", entity_id, offer: peer.localDescription.sdp };
                socket.send(JSON.stringify(offer));
            } else if (message.event?.type === until) {
                resolve();
            } else if (message.event?.type === "error" || message.success === false) {
                reject(new Error(data));
            }
        };
    });
}
""".replace("OFFER", _OFFER)

_TOKEN = "document.querySelector('home-assistant').hass.auth.data.access_token"


async def open_and_close(page: Page, entity_id: str, count: int) -> dict[str, int]:
    """Open so many views one after the other on a page of the frontend and close each; return how many at which of `ENDS`."""
    parameters = {"entity_id": entity_id, "count": count, "ends": ENDS}
    done: dict[str, int] = await page.evaluate(_OPEN_AND_CLOSE, parameters)
    return done


async def close_pages(page: Page, entity_id: str, count: int) -> None:
    """Open so many views in pages of their own and close the pages, every other one before the answer is there.

    `page` is one of the frontend, logged in.
    """
    token = await page.evaluate(_TOKEN)
    for number in range(count):
        until = ("session", "answer")[number % 2]
        await _close_page(page.context, {"token": token, "entity_id": entity_id, "until": until})


async def _close_page(context: BrowserContext, parameters: dict[str, str]) -> None:
    page = await context.new_page()
    await page.goto("/manifest.json")
    await page.evaluate(_OPEN, parameters)
    await page.close()
