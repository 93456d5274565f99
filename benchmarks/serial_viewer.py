"""What a view takes where nothing is kept for it: the flow of go2rtc, of Tuya's own demonstration and of others.

Written from the protocols page alone (tuya_ipc_webrtc.md, sections 1.2, 2, 3, 4 and 10.3), without anything of the integration.
Each view gets a token, the camera's configuration and credentials of the broker, one after the other over one HTTPS
connection; then it connects to the broker, subscribes, and offers. To its favour: the user's id is known, names need no
resolving, TLS 1.3 takes one round trip, the HTTPS connection serves all three calls, and the picture counts when it has
come here: go2rtc still has to make a second WebRTC connection then, to its viewer.
"""

import asyncio
from dataclasses import dataclass, field
import hashlib
import hmac
import json
import re
import secrets
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit
import uuid

import aiohttp
import aiomqtt

from benchmarks.camera_peer import Peer

_QOS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialViewer:
    """A viewer that knows the keys of a project and which camera it wants, and begins anew each time."""

    endpoint: str
    access_id: str
    access_secret: str = field(repr=False)
    uid: str
    device_id: str
    context: ssl.SSLContext

    async def watch(self, peer: Peer) -> dict[str, float]:
        """Go the whole way to the first picture, with an offer that is made already; return when what was done (monotonic)."""
        times = {"begun": time.monotonic()}
        connector = aiohttp.TCPConnector(ssl=self.context)
        async with aiohttp.ClientSession(connector=connector) as session:
            token = (await self._call(session, "", "GET", "/v1.0/token?grant_type=1"))["access_token"]
            times["token"] = time.monotonic()
            path = f"/v1.0/users/{self.uid}/devices/{self.device_id}/webrtc-configs"
            config = await self._call(session, token, "GET", path)
            times["configuration"] = time.monotonic()
            wanted = {"uid": self.uid, "unique_id": str(uuid.uuid4()), "link_type": "mqtt", "topics": "ipc"}
            hub = await self._call(session, token, "POST", "/v2.0/open-iot-hub/access/config", wanted)
            times["credentials"] = time.monotonic()
            broker = urlsplit(hub["url"])
            async with aiomqtt.Client(
                broker.hostname or "",
                broker.port or 8883,
                identifier=hub["client_id"],
                username=hub["username"],
                password=hub["password"],
                tls_context=self.context,
                # As Go has it by itself, which go2rtc is written in
                socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
            ) as client:
                times["connected"] = time.monotonic()
                topic = hub["source_topic"]["ipc"]
                await client.subscribe(topic, qos=_QOS)
                times["subscribed"] = time.monotonic()
                camera = hub["sink_topic"]["ipc"]
                camera = camera.replace("moto_id", config["moto_id"]).replace("{device_id}", self.device_id)
                signalling = _Signalling(
                    client, camera, sender=topic.split("/")[3], device_id=self.device_id, moto_id=config["moto_id"]
                )
                try:
                    await signalling.view(peer, config["auth"], times)
                finally:
                    await signalling.send("disconnect", {})
        return times

    async def _call(
        self, session: aiohttp.ClientSession, token: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Any:
        """Make a call and return its result; section 1.2."""
        content = b"" if body is None else json.dumps(body).encode()
        now = str(int(time.time() * 1000))
        signed = f"{method}\n{hashlib.sha256(content).hexdigest()}\n\n{path}"
        text = f"{self.access_id}{token}{now}{signed}"
        headers = {
            "client_id": self.access_id,
            "sign": hmac.digest(self.access_secret.encode(), text.encode(), "sha256").hex().upper(),
            "sign_method": "HMAC-SHA256",
            "t": now,
            "Content-Type": "application/json",
        }
        if token:
            headers["access_token"] = token
        async with session.request(method, self.endpoint + path, data=content, headers=headers) as response:
            answer = await response.json()
        if not answer["success"]:
            message = f"{method} {path.split('?', maxsplit=1)[0]}: {answer['code']} {answer['msg']}"
            raise RuntimeError(message)
        return answer["result"]


class _Signalling:
    """One session with a camera, over a connection of its own; sections 4 and 5."""

    def __init__(self, client: aiomqtt.Client, topic: str, *, sender: str, device_id: str, moto_id: str) -> None:
        self._client = client
        self._topic = topic
        self._header = {
            "from": sender,
            "to": device_id,
            "sub_dev_id": "",
            "sessionid": secrets.token_hex(3),
            "moto_id": moto_id,
            "tid": "",
        }

    async def view(self, peer: Peer, auth: str, times: dict[str, float]) -> None:
        """Offer, and take what the camera says, until the first picture is there."""
        lines = re.split(r"\r\n", peer.offer)
        candidates = list(dict.fromkeys(line for line in lines if line.startswith("a=candidate:")))
        left_out = ("a=candidate:", "a=end-of-candidates", "a=extmap")
        offer = "\r\n".join(line for line in lines if not line.startswith(left_out))
        async with asyncio.TaskGroup() as group:
            messages = [("offer", {"sdp": offer, "stream_type": 0, "auth": auth})]
            messages += [("candidate", {"candidate": candidate}) for candidate in [*candidates, ""]]
            for kind, msg in messages:
                # One after the other, but not one after the other's confirmation: that is another round trip
                group.create_task(self.send(kind, msg))
            times["published"] = time.monotonic()
            receiving = group.create_task(self._receive(peer, times))
            times["packet"] = await peer.first_packet
            times["picture"] = await peer.first_picture
            receiving.cancel()

    async def send(self, kind: str, msg: dict[str, Any]) -> None:
        """Send a message, and return once the broker has it."""
        message = {
            "protocol": 302,
            "pv": "2.2",
            "t": int(time.time()),
            "data": {"header": {"type": kind, **self._header}, "msg": {"mode": "webrtc", **msg}},
        }
        await self._client.publish(self._topic, json.dumps(message, separators=(",", ":")), qos=_QOS)

    async def _receive(self, peer: Peer, times: dict[str, float]) -> None:
        early: list[str] = []
        async for message in self._client.messages:
            data = json.loads(bytes(message.payload))["data"]
            if data["header"]["sessionid"] != self._header["sessionid"]:
                continue
            match data["header"]["type"], data["msg"]:
                case "answer", {"sdp": str(sdp)}:
                    times["answer"] = time.monotonic()
                    await peer.accept(sdp)
                    for one in early:
                        await peer.add_candidate(one)
                case "candidate", {"candidate": str(text)} if text:
                    candidate = text.strip().removeprefix("a=")
                    if "answer" in times:
                        await peer.add_candidate(candidate)
                    else:
                        early.append(candidate)
                case "disconnect", msg:
                    message_ = f"the camera refuses: {msg}"
                    raise RuntimeError(message_)
