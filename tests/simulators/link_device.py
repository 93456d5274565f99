"""A TuyaLink device, as little of one as will do; it signs by itself, from tuya_message_queue_and_tuyalink.md, B1."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import hashlib
import hmac
import itertools
import json
import socket
import time
from typing import Any

import aiomqtt

from simulators.tuyalink_cloud import LinkDevice, TuyaLinkCloudSimulator

TIMEOUT = 20
_IDS = itertools.count(1)


def ms() -> int:
    return time.time_ns() // 1_000_000


def credentials(device_id: str, secret: str, timestamp: int | str) -> dict[str, Any]:
    """Return what a client needs to log in."""
    content = f"deviceId={device_id},timestamp={timestamp},secureMode=1,accessType=1"
    return {
        "identifier": f"tuyalink_{device_id}",
        "username": f"{device_id}|signMethod=hmacSha256,timestamp={timestamp},secureMode=1,accessType=1",
        "password": hmac.new(secret.encode(), content.encode(), hashlib.sha256).hexdigest(),
    }


class RawDevice:
    """A device that is connected and reads all of its topics."""

    def __init__(self, client: aiomqtt.Client, device_id: str) -> None:
        self.client = client
        self.id = device_id

    async def subscribe(self, device_id: str) -> None:
        await self.client.subscribe(f"tylink/{device_id}/#", qos=1)

    async def send(self, function: str, data: Any = None, *, device_id: str = "", **more: Any) -> str:
        """Publish a message; return its msgId."""
        body = {"msgId": f"m{next(_IDS)}", "time": ms(), **({} if data is None else {"data": data}), **more}
        await self.publish(function, json.dumps(body).encode(), device_id=device_id)
        return str(body["msgId"])

    async def publish(self, function: str, payload: bytes, *, device_id: str = "", qos: int = 1) -> None:
        await self.client.publish(f"tylink/{device_id or self.id}/{function}", payload, qos=qos)

    async def receive_payload(self, function: str, *, device_id: str = "") -> bytes:
        """Return the payload of the next message of a function."""
        async with asyncio.timeout(TIMEOUT):
            async for one in self.client.messages:
                if str(one.topic) == f"tylink/{device_id or self.id}/{function}":
                    return bytes(one.payload)
        raise ConnectionError

    async def receive(self, function: str, *, device_id: str = "") -> dict[str, Any]:
        """Return the next message of a function."""
        body = json.loads(await self.receive_payload(function, device_id=device_id))
        assert isinstance(body, dict)
        return body

    async def ask(self, function: str, data: Any = None, *, device_id: str = "", **more: Any) -> dict[str, Any]:
        """Return the answer to a message."""
        msg_id = await self.send(function, data, device_id=device_id, **more)
        response = {"ext/time/request": "ext/time/response"}.get(function, f"{function}_response")
        answer = await self.receive(response, device_id=device_id)
        assert answer["msgId"] == msg_id
        return answer

    async def report(self, values: dict[str, Any], *, device_id: str = "", when: int | None = None) -> int:
        """Report values; return the code."""
        stamp = ms() if when is None else when
        data = {code: {"value": value, "time": stamp} for code, value in values.items()}
        answer = await self.ask("thing/property/report", data, device_id=device_id, sys={"ack": 1})
        assert set(answer) == {"msgId", "time", "code"}
        return int(answer["code"])

    async def bind(self, product_id: str, client_id: str = "a") -> str:
        """Bind a sub-device, subscribe to its topics and log it in; return its id."""
        answer = await self.ask("device/sub/bind", [{"productId": product_id, "clientId": client_id}])
        device_id = str(answer["data"][0]["deviceId"])
        await self.subscribe(device_id)
        await self.send("device/sub/login", [device_id])
        return device_id

    async def answer_set(self, code: int = 0, *, device_id: str = "") -> dict[str, Any]:
        """Answer the next property/set; return what it was."""
        command = await self.receive("thing/property/set", device_id=device_id)
        body = {"msgId": command["msgId"], "time": ms(), "code": code}
        await self.publish("thing/property/set_response", json.dumps(body).encode(), device_id=device_id)
        return command


def client_of(simulator: TuyaLinkCloudSimulator, device: LinkDevice | None = None, **more: Any) -> aiomqtt.Client:
    """Return a client that may log in as a device, unless `more` says otherwise."""
    device = device or simulator.gateway
    return aiomqtt.Client(
        simulator.host,
        simulator.port,
        **{
            **credentials(device.id, device.secret, ms()),
            "protocol": aiomqtt.ProtocolVersion.V311,
            "tls_context": simulator.client_context(),
            "socket_options": [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            "timeout": TIMEOUT,
            **more,
        },
    )


@asynccontextmanager
async def connected(
    simulator: TuyaLinkCloudSimulator, device: LinkDevice | None = None, **more: Any
) -> AsyncIterator[RawDevice]:
    """Be a device of a simulated cloud."""
    device = device or simulator.gateway
    async with client_of(simulator, device, **more) as client:
        raw = RawDevice(client, device.id)
        await raw.subscribe(device.id)
        yield raw


async def connack(simulator: TuyaLinkCloudSimulator, **more: Any) -> int:
    """Try to connect; return the return code of the CONNACK."""
    before = len(simulator.gate.attempts)
    try:
        async with client_of(simulator, **more):
            pass
    except aiomqtt.MqttError:
        pass
    await simulator.wait_for(lambda: len(simulator.gate.attempts) > before)
    return simulator.gate.attempts[-1].code
