"""A camera that answers without media, for views by the thousand: aiortc would take a hundred times as long as all the rest."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
import secrets
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import aiomqtt

from simulators.ipc_camera.quirks import answer_text
from simulators.ipc_camera.sdp import Transport, build_answer, read_offer
from simulators.ipc_camera.signalling import PROTOCOL_SESSION, Message, read_message, write_message

_QOS = 1
_CANDIDATES = (
    "a=candidate:1 1 udp 2130706431 127.0.0.1 41234 typ host\r\n",
    "a=candidate:2 1 udp 2130706175 127.0.0.2 41234 typ host\r\n",
    "",
)


class StandIn:
    """Answers offers; `places` are the sessions that it was offered and that nobody has ended."""

    def __init__(self, client: aiomqtt.Client, credentials: Mapping[str, Any]) -> None:
        """Answer over a connection."""
        self.places: set[str] = set()
        self.offers = 0
        self._client = client
        self._credentials = credentials

    async def run(self) -> None:
        """Answer until cancelled."""
        async for received in self._client.messages:
            message = read_message(bytes(received.payload))
            match message.type:
                case "offer":
                    self.offers += 1
                    self.places.add(message.session_id)
                    await self._answer(message)
                case "disconnect":
                    self.places.discard(message.session_id)

    async def _answer(self, message: Message) -> None:
        """Send a candidate, the answer, another candidate and their end, as cameras do."""
        offer = read_offer(message.body["sdp"], audio_codec="PCMU", accept_extmap=True)
        assert message.body["auth"] == self._credentials["auth"]
        transport = Transport(
            ufrag=secrets.token_hex(2),
            password=secrets.token_hex(12),
            fingerprint=":".join(f"{one:02X}" for one in secrets.token_bytes(32)),
        )
        answer = answer_text(build_answer(offer, transport, (1, 2)), (), offer.sections[1].payload_types)
        first, *others = _CANDIDATES
        messages: list[tuple[str, dict[str, Any]]] = [
            ("candidate", {"candidate": first}),
            ("answer", {"sdp": answer}),
            *(("candidate", {"candidate": one}) for one in others),
        ]
        for kind, body in messages:
            payload = write_message(
                PROTOCOL_SESSION,
                kind,
                device_id=message.to,
                to=message.sender,
                sub_dev_id=message.sub_dev_id,
                session_id=message.session_id,
                moto_id=message.moto_id,
                **body,
            )
            await self._client.publish(f"/av/u/{message.sender}", payload, qos=0)


@asynccontextmanager
async def stand_in(credentials: Mapping[str, Any], context: ssl.SSLContext) -> AsyncGenerator[StandIn]:
    """Run one at the broker, with what the simulated cloud's remote control tells of a camera."""
    broker = urlsplit(credentials["url"])
    async with aiomqtt.Client(
        broker.hostname or "",
        broker.port or 8883,
        identifier="stand-in",
        username=credentials["username"],
        password=credentials["password"],
        tls_context=context,
        socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
    ) as client:
        client.pending_calls_threshold = 1000
        await client.subscribe(f"/av/moto/{credentials['moto_id']}/u/{credentials['devid']}", qos=_QOS)
        camera = StandIn(client, credentials)
        task = asyncio.create_task(camera.run())
        try:
            yield camera
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()
