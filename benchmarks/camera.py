#!/usr/bin/env python3
"""Time to the first picture of a camera, against a view that begins from nothing; and what a thousand views leave behind.

    .venv/bin/python -m benchmarks.camera [--runs 30] [--views 1000] [--rtt 20 100 300] [--json]

Home Assistant runs in this process, with its WebSocket API on a port; the simulated cloud with a real mosquitto and a camera
on aiortc in another; the viewers, on aiortc too, in a third. API and broker speak TLS and are a round trip time away from
everybody, also from the camera, which is at home as Home Assistant is. So is the viewer: media go over loopback and take no
time, except in the views "from afar", where each packet between viewer and camera takes half a round trip time too.

"Warm" is a view as a browser makes it, through the integration: from the offer, sent over the WebSocket, to the first picture,
complete and decoded. "Serial" is the same viewer with the same offer that gets token, configuration and credentials, connects,
subscribes and offers by itself (benchmarks/serial_viewer.py). They take turns. The integration's own share is measured at its
edges: the camera entity, and the socket of its MQTT client. The views by the thousand are answered by a camera without media.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
import json
import logging
import math
import statistics
import sys
import time
import tracemalloc
from typing import Any

from benchmarks.camera_cloud import SimulatedCloud, simulated_cloud
from benchmarks.camera_home import allocated, home_with_camera, leftovers, moments, quiet
from benchmarks.camera_viewers import Viewers, viewers
from benchmarks.harness import resident_bytes, verdict

RATIO_LIMIT = 5.0
RATIO_AT = 300
SHARE_LIMIT = 20.0
GROWTH_LIMIT = 50.0
RESIDENT_LIMIT = 2048.0
_REHEARSALS = 2
_FAR_VIEWS = 5
_FREE_TIMEOUT = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """What was measured at one round trip time; seconds from the offer, a list entry a view."""

    round_trip: int
    """Milliseconds."""
    from_afar: bool
    warm: list[float]
    serial: list[float]
    warm_answers: list[float]
    serial_answers: list[float]
    serial_offers: list[float]
    """When the serial flow had come to its offer."""
    calls: int
    """Of the cloud, in all warm views together."""

    @property
    def ratio(self) -> float:
        """Return how many times shorter the warm view is."""
        return statistics.median(self.serial) / statistics.median(self.warm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The integration's own share of each warm view, in milliseconds; and Home Assistant's WebSocket added, both ways."""

    published: list[float] = field(default_factory=list)
    """From the offer's coming to its being on its way to the broker."""
    sent: list[float] = field(default_factory=list)
    """From the answer's coming from the broker to its being on its way to the browser."""
    together: list[float] = field(default_factory=list)
    with_home_assistant: list[float] = field(default_factory=list)
    """From the browser's sending to its receiving, without the time between Home Assistant and the camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is there after a part of the views and after all of them, in bytes, and what is left of them then."""

    views: tuple[int, int]
    traced: tuple[int, int]
    resident: tuple[int, int]
    left: dict[str, int]
    calls: int
    """Of the cloud, in all of the views."""
    seconds: float

    @property
    def growth(self) -> float:
        """Return by how many bytes a view what Python has allocated grows."""
        return (self.traced[1] - self.traced[0]) / (self.views[1] - self.views[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All of it."""

    distances: list[Distance]
    shares: Shares
    memory: Memory


async def watch_in_turns(
    cloud: SimulatedCloud, crowd: Viewers, shares: Shares, round_trip: int, runs: int, *, from_afar: bool = False
) -> Distance:
    """Have warm and serial views, in turns."""
    seconds = round_trip / 1000
    await cloud.set_round_trip(seconds)
    distance = Distance(
        round_trip=round_trip,
        from_afar=from_afar,
        warm=[],
        serial=[],
        warm_answers=[],
        serial_answers=[],
        serial_offers=[],
        calls=0,
    )
    media_rtt = seconds if from_afar else 0.0
    calls = 0
    with moments() as seen:
        for _ in range(runs):
            before = await cloud.calls()
            warm = await crowd.ask(do="warm", media_rtt=media_rtt)
            published, sent = seen.published - seen.offer_in, seen.sent - seen.answer_in
            between = seen.answer_in - seen.published
            await free(cloud)
            calls += await cloud.calls() - before
            serial = await crowd.ask(do="serial", media_rtt=media_rtt)
            await free(cloud)
            distance.warm.append(warm["picture"] - warm["begun"])
            distance.warm_answers.append(warm["answer"] - warm["begun"])
            distance.serial.append(serial["picture"] - serial["begun"])
            distance.serial_answers.append(serial["answer"] - serial["begun"])
            distance.serial_offers.append(serial["published"] - serial["begun"])
            shares.published.append(published * 1000)
            shares.sent.append(sent * 1000)
            shares.together.append((published + sent) * 1000)
            shares.with_home_assistant.append((warm["answer"] - warm["begun"] - between) * 1000)
    return Distance(**asdict(distance) | {"calls": calls})


async def free(cloud: SimulatedCloud) -> None:
    """Wait until the camera knows that the viewer has left."""
    async with asyncio.timeout(_FREE_TIMEOUT):
        while await cloud.viewers():
            await asyncio.sleep(0.02)


async def views_by_the_thousand(cloud: SimulatedCloud, crowd: Viewers, views: int) -> Memory:
    """Open and close views, and see what they leave behind."""
    await cloud.set_round_trip(0.0)
    await crowd.ask(do="stand_in", camera=await cloud.silence_camera())
    some = max(1, views // 5)
    started = time.monotonic()
    # What grows with the very first views is no leak
    await crowd.ask(do="glances", count=min(10, some))
    before = leftovers()
    calls = await cloud.calls()
    tracemalloc.start()
    traced, resident = [], []
    for count in (some, views - some):
        await crowd.ask(do="glances", count=count)
        await quiet(before)
        traced.append(allocated())
        resident.append(resident_bytes())
    tracemalloc.stop()
    left = (await quiet(before)).since(before)
    return Memory(
        views=(some, views),
        traced=(traced[0], traced[1]),
        resident=(resident[0], resident[1]),
        left=left,
        calls=await cloud.calls() - calls,
        seconds=time.monotonic() - started,
    )


async def measure(runs: int, views: int, round_trips: Sequence[int]) -> Measured:
    """Run it all."""
    async with (
        simulated_cloud() as cloud,
        home_with_camera(cloud) as home,
        viewers(
            url=home.url,
            token=home.token,
            entity_id=home.entity_id,
            uid=cloud.uid,
            device_id=cloud.device_id,
            **{key: cloud.line[key] for key in ("endpoint", "access_id", "access_secret", "authority")},
        ) as crowd,
    ):
        # What is imported or made with the first view of all is nobody's
        await watch_in_turns(cloud, crowd, Shares(), min(round_trips), _REHEARSALS)
        shares = Shares()
        distances = []
        for round_trip in round_trips:
            distances.append(await watch_in_turns(cloud, crowd, shares, round_trip, runs))
            print_distance(distances[-1])
        far = await watch_in_turns(cloud, crowd, Shares(), max(round_trips), min(runs, _FAR_VIEWS), from_afar=True)
        print_distance(far)
        memory = await views_by_the_thousand(cloud, crowd, views)
    return Measured(distances=[*distances, far], shares=shares, memory=memory)


def p95(values: Sequence[float]) -> float:
    """Return what 95 of 100 values don't exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def of(values: Sequence[float]) -> str:
    """Return median and p95 of seconds, as milliseconds."""
    return f"{statistics.median(values) * 1000:.0f} ms (p95 {p95(values) * 1000:.0f})"


def print_distance(distance: Distance) -> None:
    """Print what was measured at a round trip time."""
    where = ", from afar" if distance.from_afar else ""
    print(f"round trip {distance.round_trip} ms{where}, {len(distance.warm)} views each:")
    print(f"  first picture: warm {of(distance.warm)}, serial {of(distance.serial)}, {distance.ratio:.2f} × shorter")
    print(
        f"  answer: warm {of(distance.warm_answers)}, serial {of(distance.serial_answers)};"
        f" the serial offer leaves after {of(distance.serial_offers)}",
        flush=True,
    )


def print_limits(measured: Measured) -> bool:
    """Print the rest, each number beside its limit; return whether all limits hold."""
    shares, memory = measured.shares, measured.memory
    print("own share of a warm view:")
    for name, values in asdict(shares).items():
        print(f"  {name.replace('_', ' ')}: {statistics.median(values):.1f} ms (p95 {p95(values):.1f})")
    kib = [round(value / 1024) for value in (*memory.traced, *memory.resident)]
    print(f"{memory.views[1]} views in {memory.seconds:.0f} s, memory after {memory.views[0]} and after all of them:")
    print(f"  allocated {kib[0]} and {kib[1]} KiB since the first, resident {kib[2]} and {kib[3]} KiB in all")
    calls = sum(one.calls for one in measured.distances)
    holds = [
        at_least(f"first picture at {one.round_trip} ms, shorter", one.ratio, RATIO_LIMIT)
        for one in measured.distances
        if one.round_trip == RATIO_AT and not one.from_afar
    ]
    return all(
        [
            *holds,
            verdict("own share, offer to broker, p95", p95(shares.published), SHARE_LIMIT, "ms"),
            verdict("own share, answer to browser, p95", p95(shares.sent), SHARE_LIMIT, "ms"),
            verdict("own share, both together, p95", p95(shares.together), SHARE_LIMIT, "ms"),
            none("calls of the cloud in warm views", {"with media": calls, "without": memory.calls}),
            verdict("memory per view", memory.growth, GROWTH_LIMIT, "bytes"),
            verdict("resident memory", kib[3] - kib[2], RESIDENT_LIMIT, "KiB more"),
            none("left of the views", memory.left),
        ]
    )


def none(name: str, counts: Mapping[str, int]) -> bool:
    """Print numbers that may be nothing but 0; return whether that holds."""
    holds = max(counts.values()) <= 0
    said = ", ".join(f"{count} {what}".rstrip() for what, count in counts.items())
    print(f"{name}: {said} {'ok' if holds else 'TOO MUCH'}")
    return holds


def at_least(name: str, measured: float, limit: float, unit: str = "×") -> bool:
    """Print one measured number beside its limit; return whether it holds."""
    holds = measured >= limit
    print(f"{name}: {measured:.2f} {unit} (at least {limit:g} {unit}) {'ok' if holds else 'TOO LITTLE'}")
    return holds


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30, help="views of each kind and distance (%(default)s)")
    parser.add_argument("--views", type=int, default=1000, help="views without media (%(default)s)")
    parser.add_argument("--rtt", type=int, nargs="+", default=[20, 100, 300], metavar="MS", help="round trip times")
    parser.add_argument("--json", action="store_true", help="print all that was measured as the last line")
    arguments = parser.parse_args()
    logging.getLogger("homeassistant.loader").setLevel(logging.ERROR)
    measured = asyncio.run(measure(arguments.runs, arguments.views, arguments.rtt))
    holds = print_limits(measured)
    if arguments.json:
        found: dict[str, Any] = asdict(measured)
        print(json.dumps(found))
    sys.exit(not holds)


if __name__ == "__main__":
    main()
