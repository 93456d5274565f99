"""A browser before Home Assistant's WebSocket API, as far as watching a camera goes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import time
from typing import Any, Self

import aiohttp

from benchmarks.camera_peer import Peer

_LARGEST = 1 << 24


class Browser:
    """One connection, that makes one view after the other; see `browser`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, entity_id: str) -> None:
        """Use a connection that is logged in."""
        self._socket = socket
        self._entity_id = entity_id
        self._number = 0

    @classmethod
    async def log_in(cls, socket: aiohttp.ClientWebSocketResponse, token: str, entity_id: str) -> Self:
        """Log in."""
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        answer = await socket.receive_json()
        assert answer["type"] == "auth_ok", answer
        return cls(socket, entity_id)

    async def watch(self, peer: Peer) -> dict[str, float]:
        """View until the first picture is there, and leave; return when what happened (monotonic)."""
        # A player asks for it before it makes its connection, and with it its offer
        await self._call("camera/webrtc/get_client_config")
        times = {"begun": time.monotonic()}
        number = await self._offer(peer.offer)
        done = False
        while not done:
            match await self._event(number):
                case {"type": "answer", "answer": str(sdp)}:
                    times["answer"] = time.monotonic()
                    await peer.accept(sdp)
                case {"type": "candidate", "candidate": {"candidate": str(text), "sdpMid": str(mid)}}:
                    await peer.add_candidate(text, mid)
                    # One is enough on loopback; the rest of what comes is for nobody
                    done = True
                case {"type": "error", "message": message}:
                    raise RuntimeError(message)
        times["packet"] = await peer.first_packet
        times["picture"] = await peer.first_picture
        await self._leave(number)
        return times

    async def glance(self, offer: str, candidate: str, *, patiently: bool = True) -> None:
        """Open a view and leave it, once the camera has answered and sent a candidate, or at once; no media."""
        await self._call("camera/webrtc/get_client_config")
        number = await self._offer(offer)
        session_id = ""
        kinds: set[str] = set()
        while not {"answer", "candidate"} <= kinds:
            event = await self._event(number)
            kinds.add(event["type"])
            assert event["type"] != "error", event
            if event["type"] == "session":
                session_id = event["session_id"]
                if not patiently:
                    break
        init = {"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0}
        await self._call("camera/webrtc/candidate", session_id=session_id, candidate=init)
        await self._leave(number)

    async def _offer(self, sdp: str) -> int:
        return await self._send("camera/webrtc/offer", entity_id=self._entity_id, offer=sdp)

    async def _leave(self, subscription: int) -> None:
        await self._answered(await self._send("unsubscribe_events", subscription=subscription))

    async def _call(self, command: str, **data: Any) -> None:
        await self._answered(await self._send(command, entity_id=self._entity_id, **data))

    async def _send(self, command: str, **data: Any) -> int:
        self._number += 1
        await self._socket.send_json({"id": self._number, "type": command, **data})
        return self._number

    async def _event(self, subscription: int) -> dict[str, Any]:
        """Return the next event of a subscription; what else comes is of one before."""
        while True:
            message = await self._socket.receive_json()
            if message["id"] == subscription:
                if message["type"] == "event":
                    event: dict[str, Any] = message["event"]
                    return event
                assert message["success"], message

    async def _answered(self, number: int) -> None:
        """Wait for the result of a command."""
        while True:
            message = await self._socket.receive_json()
            if message["id"] == number and message["type"] == "result":
                assert message["success"], message
                return


@asynccontextmanager
async def browser(url: str, token: str, entity_id: str) -> AsyncGenerator[Browser]:
    """Be logged in at Home Assistant."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/api/websocket", max_msg_size=_LARGEST) as socket,
    ):
        yield await Browser.log_in(socket, token, entity_id)
