"""The other side: the cloud, played by hand, and the owner of a link, who notes what it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from typing import Any, Final, Self

import aiomqtt

from custom_components.iot_gateway.clients.tuyalink.commands import ActionCall, PropertySet
from custom_components.iot_gateway.clients.tuyalink.errors import CredentialsRefused, LinkError
from custom_components.iot_gateway.clients.tuyalink.firmware import FirmwareIssued
from custom_components.iot_gateway.clients.tuyalink.link import LinkTimings, TuyaLink
from custom_components.iot_gateway.clients.tuyalink.subdevices import TopologyChange
from tests.clients.mosquitto import HOST, TIMEOUT

from .broker import DEVICE, NOW, SECRET, Broker

UPLINKS: Final = {
    # function that a device publishes: the one on which it is answered, written out here from table B2
    "thing/model/get": "thing/model/get_response",
    "thing/property/report": "thing/property/report_response",
    "thing/property/set_response": None,
    "thing/property/desired/get": "thing/property/desired/get_response",
    "thing/property/desired/delete": "thing/property/desired/delete_response",
    "thing/data/batch_report": "thing/data/batch_report_response",
    "thing/data/history_report": "thing/data/history_report_response",
    "thing/event/trigger": "thing/event/trigger_response",
    "thing/action/execute_response": None,
    "device/sub/login": None,
    "device/sub/logout": None,
    "device/sub/bind": "device/sub/bind_response",
    "device/topo/delete": "device/topo/delete_response",
    "device/topo/get": "device/topo/get_response",
    "ota/firmware/report": None,
    "ota/progress/report": None,
    "ext/time/request": "ext/time/response",
    "ext/config/get": "ext/config/get_response",
}

TIMINGS: Final = LinkTimings(
    connect_within=5.0,
    confirm_within=5.0,
    backoff_first=0.01,
    backoff_most=0.05,
    refused_first=0.05,
    refused_most=0.1,
    taken_over_first=0.2,
    taken_over_most=0.4,
    takeover_within=0.6,
    takeover_count=3,
)


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition that something in the background brings about."""
    async with asyncio.timeout(TIMEOUT):
        while not condition():
            await asyncio.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Uplink:
    """A message of a device."""

    device_id: str
    function: str
    body: dict[str, Any]
    size: int


type Answer = Callable[[Uplink], Mapping[str, Any] | None]


class Cloud:
    """Notes what devices publish, and answers by `answers`: a function of each uplink that gives the answer's fields."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.uplinks: list[Uplink] = []
        self.answers: dict[str, Answer] = {}

    def of(self, function: str) -> list[Uplink]:
        return [uplink for uplink in self.uplinks if uplink.function == function]

    async def one(self, function: str) -> Uplink:
        """Wait for the only message on a function."""
        await until(lambda: self.of(function))
        (uplink,) = self.of(function)
        return uplink

    def answer(self, function: str, code: int = 0, data: Any = None) -> None:
        """Answer a function always the same."""
        self.answers[function] = lambda _: {"code": code} | ({} if data is None else {"data": data})

    async def send(self, function: str, body: Any, device_id: str = DEVICE) -> None:
        payload = body if isinstance(body, (bytes, str)) else json.dumps(body)
        await self._client.publish(f"tylink/{device_id}/{function}", payload, qos=1)

    async def run(self) -> None:
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            _, device_id, function = message.topic.value.split("/", 2)
            uplink = Uplink(device_id, function, json.loads(message.payload), len(message.payload))
            self.uplinks.append(uplink)
            back = UPLINKS[function]
            if back is None or (reply := self.answers.get(function)) is None or (fields := reply(uplink)) is None:
                continue
            await self.send(back, {"msgId": uplink.body["msgId"], "time": 1626197189640, **fields}, device_id)

    @classmethod
    @asynccontextmanager
    async def at(cls, broker: Broker) -> AsyncIterator[Self]:
        async with broker.cloud_client() as client:
            await client.subscribe([(f"tylink/+/{function}", 1) for function in UPLINKS])
            cloud = cls(client)
            task = asyncio.create_task(cloud.run())
            try:
                yield cloud
            finally:
                task.cancel()
                # What went wrong in it fails the test; the broker's end does not
                with contextlib.suppress(asyncio.CancelledError, aiomqtt.MqttError):
                    await task


class Owner:
    """Keeps a link and notes what it is told, in `log`."""

    def __init__(self, port: int, **arguments: Any) -> None:
        options: dict[str, Any] = {
            "host": HOST,
            "port": port,
            "device_id": DEVICE,
            "device_secret": SECRET,
            "tls": None,
            "now": lambda: NOW,
            "timings": TIMINGS,
        }
        self.log: list[str] = []
        self.errors: list[LinkError] = []
        self.sets: list[PropertySet] = []
        self.calls: list[ActionCall] = []
        self.changes: list[TopologyChange] = []
        self.issued: list[FirmwareIssued] = []
        self.link = TuyaLink(**(options | arguments))
        self.link.on_connected = self._connected
        self.link.on_lost = self._lost
        self.link.on_refused = self._refused
        self.link.on_failed = self._failed
        self.link.on_property_set = self._set
        self.link.on_action = self._called
        self.link.on_topology_change = self.changes.append
        self.link.on_firmware_issued = self.issued.append

    @property
    def statistics(self) -> dict[str, Any]:
        return self.link.statistics.as_dict()

    def _connected(self) -> None:
        self.log.append("connected")

    def _lost(self, err: LinkError) -> None:
        self.log.append(type(err).__name__)
        self.errors.append(err)

    def _refused(self, err: CredentialsRefused) -> None:
        self.log.append(type(err).__name__)
        self.errors.append(err)

    def _failed(self, err: LinkError) -> None:
        self.errors.append(err)

    async def _set(self, command: PropertySet) -> None:
        self.sets.append(command)

    async def _called(self, call: ActionCall) -> None:
        self.calls.append(call)

    @asynccontextmanager
    async def running(self, *, connected: bool = True) -> AsyncIterator[Self]:
        task = asyncio.create_task(self.link.run())
        try:
            if connected:
                async with asyncio.timeout(TIMEOUT):
                    await self.link.wait_connected()
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
