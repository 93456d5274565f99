#!/usr/bin/env python3
"""A burst of the message queue: none lost, none doubled, the loop never held; and CPU per message against a gateway's report.

    .venv/bin/python -m benchmarks.message_queue [--messages 5000] [--rounds 5] [--json]

Home Assistant runs in this process, with 1,000 entities of 50 devices behind a simulated gateway and as many of the same kind
behind a simulated cloud, whose message queue tells what they do. Gateway and queue are other processes. Measured in turns are:
the gateway's event path, from frame to state written (benchmarks/event_path.py); the queue's, from frame to state written and
acknowledged; and its client alone, which hands the messages to nobody. A burst is published all at once: there is a backlog of
it from its first message on.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
import gc
import json
import logging
import statistics
import sys
from typing import Any, Self

import aiohttp
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from pytest_homeassistant_custom_component.common import MockConfigEntry

from benchmarks.event_path import DATA_POINTS, DEVICES, entities_by_data_point, flood
from benchmarks.harness import (
    LoopWatch,
    cpu_seconds,
    gateway_entry,
    running_home_assistant,
    set_up,
    simulated_gateway,
    verdict,
)
from benchmarks.queue_simulation import Queue, QueueSimulation, QueueState, queue_simulation
from custom_components.iot_gateway.clients.tuya_cloud.message_queue import Message, QueueConsumer, StateReported
from custom_components.iot_gateway.connections.tuya_cloud import TuyaCloudConnection
from custom_components.iot_gateway.const import (
    CONF_ACCESS_ID,
    CONF_ACCESS_SECRET,
    CONF_ENDPOINT,
    CONF_MESSAGE_QUEUE,
    CONF_QUEUE_URL,
    DOMAIN,
)
from custom_components.iot_gateway.hub import Hub

PATH_LIMIT = 5.0
CLIENT_LIMIT = 2.5
BLOCK_LIMIT = 50.0
_PATIENCE = 120.0
_LOOK = 0.01

type Told = list[tuple[str, str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """CPU seconds of one message, or one report."""

    gateway: float
    path: float
    client: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of a burst."""

    told: int
    taken: int
    lost: int
    doubled: int
    disordered: int
    """Values of one data point that are not in the order in which they were told."""
    redelivered: int
    """By the queue's own count."""
    unacknowledged: int
    connections: int
    """That were made; 1 if none was lost."""

    @property
    def holds(self) -> bool:
        """Return whether it is as it must be."""
        wrong = self.lost + self.doubled + self.disordered + self.redelivered + self.unacknowledged
        return wrong == 0 and self.told == self.taken > 0 and self.connections == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All of it."""

    entities: int
    rounds: list[Round]
    path: Delivery
    client: Delivery
    block_path: float
    """Milliseconds for which the event loop was kept at most, of its thread's CPU time."""
    block_client: float


class _Client:
    """The client alone; `taken` is what it handed over."""

    def __init__(self, session: aiohttp.ClientSession, line: Mapping[str, Any]) -> None:
        self.taken: Told = []
        self.consumer = QueueConsumer(
            session, **line, on_message=self._take, on_connected=lambda: None, on_lost=lambda _: None
        )

    def _take(self, message: Message, _redelivered: bool) -> None:
        assert isinstance(message, StateReported)
        self.taken.extend((message.device_id, value.code or "", value.value) for value in message.values)


class _States:
    """Notes every state that an entity of the cloud gets, by the raw value that it comes of, as `taken`."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        self.taken: Told = []
        self._devices = hub.devices
        self._points = {
            entity.entity_id: point for point, entity in entities_by_data_point(hass).items() if point[0] in hub.devices
        }
        self._stop = hass.bus.async_listen(EVENT_STATE_CHANGED, self._note)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @callback
    def _note(self, event: Event[EventStateChangedData]) -> None:
        if (point := self._points.get(event.data["entity_id"])) is not None:
            device_id, code = point
            self.taken.append((device_id, code, self._devices[device_id].state.get(code)))


async def burst(simulation: QueueSimulation, queue: Queue, consumer: QueueConsumer, count: int) -> tuple[float, Told]:
    """Have a burst; return the CPU seconds until the last message is acknowledged, and what was told."""
    target = consumer.statistics.acknowledged + count
    started = cpu_seconds()
    told = await simulation.burst(queue, count)
    async with asyncio.timeout(_PATIENCE):
        while consumer.statistics.acknowledged < target:
            await asyncio.sleep(_LOOK)
    return cpu_seconds() - started, told


async def settled(simulation: QueueSimulation, queue: Queue) -> QueueState:
    """Return a queue's own account, once it has the last acknowledgement, or no other came for long."""
    state = await simulation.state(queue)
    for _ in range(500):
        if not state.left:
            break
        await asyncio.sleep(_LOOK)
        state = await simulation.state(queue)
    return state


def delivery(told: Told, taken: Told, state: QueueState, consumer: QueueConsumer) -> Delivery:
    """Compare what was told with what was taken.

    A message is known by device, data point and value; every value differs from the one before it.
    """
    taken_by_point = _by_point(taken)
    missing, surplus = Counter(told), Counter(taken)
    missing.subtract(taken)
    surplus.subtract(told)
    return Delivery(
        told=len(told),
        taken=len(taken),
        lost=sum(count for count in missing.values() if count > 0),
        doubled=sum(count for count in surplus.values() if count > 0)
        + consumer.statistics.duplicates
        + consumer.statistics.repeats,
        disordered=sum(taken_by_point.get(point) != values for point, values in _by_point(told).items()),
        redelivered=state.redelivered + consumer.statistics.redeliveries + (state.frames - state.published),
        unacknowledged=state.left,
        connections=consumer.statistics.connects,
    )


def _by_point(reports: Told) -> dict[tuple[str, str], list[Any]]:
    values: dict[tuple[str, str], list[Any]] = {}
    for device_id, code, value in reports:
        values.setdefault((device_id, code), []).append(value)
    return values


@asynccontextmanager
async def consuming(client: _Client) -> AsyncGenerator[None]:
    """Run the client alone; begins once it is connected."""
    task = asyncio.create_task(client.consumer.run())
    try:
        async with asyncio.timeout(_PATIENCE):
            while not client.consumer.connected:
                await asyncio.sleep(_LOOK)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def cloud_entry(line: Mapping[str, Any]) -> MockConfigEntry:
    """Return the config entry of the simulated cloud, its queue turned on."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Cloud",
        unique_id=line["access_id"],
        data={
            "connection": "tuya_cloud",
            CONF_ENDPOINT: line["endpoint"],
            CONF_ACCESS_ID: line["access_id"],
            CONF_ACCESS_SECRET: line["access_secret"],
        },
        options={CONF_MESSAGE_QUEUE: True, CONF_QUEUE_URL: line["queue"]},
    )


async def measure(messages: int, rounds: int) -> Measured:
    """Run it all."""
    async with (
        simulated_gateway("--devices", str(DEVICES)) as gateway,
        queue_simulation(DEVICES, DATA_POINTS) as simulation,
        running_home_assistant() as hass,
        aiohttp.ClientSession() as session,
    ):
        local, cloud = gateway_entry(gateway), cloud_entry(simulation.line)
        await set_up(hass, local)
        await set_up(hass, cloud)
        local_hub: Hub = local.runtime_data
        hub: Hub = cloud.runtime_data
        consumer = await consumer_of(hub)
        client = _Client(session, simulation.line["alone"])
        async with consuming(client):
            done = []
            for number in range(-1, rounds):
                one = await take_turns(gateway["control"], local_hub, simulation, consumer, client, messages)
                # What is imported or made with the first burst of all is nobody's
                if number >= 0:
                    done.append(one)
                    print_round(one)
            gc.collect()
            with LoopWatch() as watch_client:
                client.taken.clear()
                _, told = await burst(simulation, "alone", client.consumer, messages)
            alone = delivery(told, client.taken, await settled(simulation, "alone"), client.consumer)
        gc.collect()
        with _States(hass, hub) as states:
            with LoopWatch() as watch:
                _, told = await burst(simulation, "cloud", consumer, messages)
            whole = delivery(told, states.taken, await settled(simulation, "cloud"), consumer)
        entities = sum(device_id in hub.devices for device_id, _ in entities_by_data_point(hass))
        for entry in (cloud, local):
            await hass.config_entries.async_unload(entry.entry_id)
    return Measured(
        entities=entities,
        rounds=done,
        path=whole,
        client=alone,
        block_path=watch.worst * 1000,
        block_client=watch_client.worst * 1000,
    )


async def consumer_of(hub: Hub) -> QueueConsumer:
    """Return the consumer of the cloud's connection, once it is connected."""
    connection = hub.connection
    assert isinstance(connection, TuyaCloudConnection)
    assert connection.queue is not None
    async with asyncio.timeout(_PATIENCE):
        while not connection.queue.connected:
            await asyncio.sleep(_LOOK)
    (consumer,) = connection.queue.consumers
    return consumer


async def take_turns(
    control: str, local_hub: Hub, simulation: QueueSimulation, consumer: QueueConsumer, client: _Client, messages: int
) -> Round:
    """Measure each of the three once."""
    gc.collect()
    gateway = await flood(control, local_hub, messages, 0)
    gc.collect()
    path, _ = await burst(simulation, "cloud", consumer, messages)
    gc.collect()
    alone, _ = await burst(simulation, "alone", client.consumer, messages)
    client.taken.clear()
    return Round(gateway=gateway / messages, path=path / messages, client=alone / messages)


def print_round(one: Round) -> None:
    """Print what a round took."""
    print(
        f"  a gateway's report {one.gateway * 1e6:.1f} µs, a message {one.path * 1e6:.1f} µs,"
        f" of it the client {one.client * 1e6:.1f} µs; ratios {one.path / one.gateway:.2f} and"
        f" {one.client / one.gateway:.2f}",
        flush=True,
    )


def print_limits(measured: Measured) -> bool:
    """Print the rest, each number beside its limit; return whether all limits hold."""
    rounds = measured.rounds
    print(f"{measured.entities} entities behind the cloud, medians of {len(rounds)} rounds:")
    return all(
        [
            verdict(
                "CPU per message, to state written",
                _median(rounds, lambda one: one.path),
                PATH_LIMIT,
                "× a gateway's report",
            ),
            verdict(
                "CPU per message, client alone",
                _median(rounds, lambda one: one.client),
                CLIENT_LIMIT,
                "× a gateway's report",
            ),
            delivered("to state written", measured.path),
            delivered("client alone", measured.client),
            verdict("event loop kept, to state written", measured.block_path, BLOCK_LIMIT, "ms"),
            verdict("event loop kept, client alone", measured.block_client, BLOCK_LIMIT, "ms"),
        ]
    )


def delivered(name: str, one: Delivery) -> bool:
    """Print what became of a burst; return whether it is as it must be."""
    print(
        f"burst, {name}: {one.told} told, {one.taken} taken, {one.lost} lost, {one.doubled} doubled,"
        f" {one.disordered} out of order, {one.redelivered} redelivered, {one.unacknowledged} unacknowledged,"
        f" {one.connections} connection(s) {'ok' if one.holds else 'NOT AS IT MUST BE'}"
    )
    return one.holds


def _median(rounds: Iterable[Round], of: Callable[[Round], float]) -> float:
    return statistics.median(of(one) / one.gateway for one in rounds)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=5000, help="of each burst (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median counts (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print all that was measured as the last line")
    arguments = parser.parse_args()
    logging.getLogger("homeassistant.loader").setLevel(logging.ERROR)
    measured = asyncio.run(measure(arguments.messages, arguments.rounds))
    holds = print_limits(measured)
    if arguments.json:
        found: dict[str, Any] = asdict(measured)
        print(json.dumps(found))
    sys.exit(not holds)


if __name__ == "__main__":
    main()
