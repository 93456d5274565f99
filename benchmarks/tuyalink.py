#!/usr/bin/env python3
"""200 exposed entities that change 2,000 times a minute: what reaches the TuyaLink cloud, at what cost; and commands back.

    .venv/bin/python -m benchmarks.tuyalink [--changes 2000] [--compress 10] [--commands 500] [--rounds 3] [--json]

Home Assistant runs in this process, the simulated cloud with its mosquitto in others. A minute is compressed: with 10, the 2,000
changes come within six seconds, and the limit of 30 messages a minute is 300 for that time, so that changes per message are what
they are in reality. Then the cloud is away while as many changes happen, and back. Last, the cloud sets properties one after the
other while entities go on to change 2,000 times a minute; what counts is the time from the set's being sent to its answer, with
the service call and the entity's new state in between.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
import gc
import json
import logging
import statistics
import sys
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from benchmarks.event_path import DEVICES, flood
from benchmarks.harness import (
    LoopWatch,
    cpu_seconds,
    gateway_entry,
    running_home_assistant,
    set_up,
    simulated_gateway,
    verdict,
)
from benchmarks.tuyalink_simulation import LinkSimulation, link_simulation
from custom_components.iot_gateway.const import (
    CONF_DEVICE_SECRET,
    CONF_HISTORY_LIMIT,
    CONF_PRODUCT_ID,
    CONF_REPORTS_PER_MINUTE,
    CONF_TLS,
    DEFAULT_HISTORY_LIMIT,
    DEFAULT_REPORTS_PER_MINUTE,
    DOMAIN,
)
from custom_components.iot_gateway.hub import Hub

ENTITIES = 200
CHANGES_A_MINUTE = 2000
MOST_BYTES = 10_000
BURST = 5
CPU_LIMIT = 3.0
BLOCK_LIMIT = 50.0
ANSWER_LIMIT = 50.0
_AT_ONCE = 20
_PATIENCE = 120.0
_LOOK = 0.02

type Told = list[tuple[str, int]]
"""Code and raw value of each change, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """What became of a minute's changes."""

    changes: int
    seconds: float
    messages: int
    allowed: int
    """Messages that the limit lets through in that time, the burst included."""
    largest: int
    wrong: int
    """Properties whose last value is not the cloud's."""
    coalesced: int

    @property
    def holds(self) -> bool:
        """Return whether it is as it must be."""
        return self.wrong == 0 and 0 < self.messages <= self.allowed and self.largest <= MOST_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What became of changes while the cloud was away."""

    changes: int
    history: int
    """That came as history."""
    lost: int
    doubled: int
    disordered: int
    wrong: int
    """Properties whose last value is not the cloud's."""
    dropped: int

    @property
    def holds(self) -> bool:
        """Return whether it is as it must be."""
        return self.lost + self.doubled + self.disordered + self.wrong + self.dropped == 0 and self.history > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All of it; CPU in seconds of one change, or one report."""

    entities: int
    gateway: list[float]
    bare: list[float]
    exposed: list[float]
    reports: Reports
    outage: Outage
    answers: list[float]
    """Milliseconds from a command to its answer."""
    refused: int
    block: float
    violations: list[str]


def exposure(number: int) -> ConfigSubentryData:
    """Return the subentry of an entity."""
    return ConfigSubentryData(
        subentry_type="entity",
        title=f"Number {number}",
        unique_id=_entity(number),
        data={
            "entity": {"entity_id": _entity(number)},
            "pairs": [{"facet": "value", "kind": "property", "code": f"number_{number}"}],
            "confirmed": False,
        },
    )


def link_entry(line: dict[str, Any], compress: float) -> MockConfigEntry:
    """Return the entry that exposes all entities."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="TuyaLink",
        unique_id=line["device_id"],
        data={
            "connection": "tuyalink",
            "host": line["host"],
            "port": line["port"],
            CONF_TLS: False,
            CONF_PRODUCT_ID: line["product_id"],
            "device_id": line["device_id"],
            CONF_DEVICE_SECRET: line["device_secret"],
        },
        options={
            CONF_REPORTS_PER_MINUTE: round(DEFAULT_REPORTS_PER_MINUTE * compress),
            CONF_HISTORY_LIMIT: DEFAULT_HISTORY_LIMIT,
        },
        subentries_data=[exposure(number) for number in range(1, ENTITIES + 1)],
    )


class Changes:
    """Changes entities in turns, each to another value than before."""

    def __init__(self, hass: HomeAssistant, entity: str = "input_number.number_{}") -> None:
        """Change these."""
        self._hass = hass
        self._entity = entity
        self._count = 0

    async def make(self, count: int, seconds: float) -> Told:
        """Make so many, evenly over a time; return them."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        told: Told = []
        for index in range(count):
            if index % _AT_ONCE == 0:
                await asyncio.sleep(max(0.0, begun + seconds * index / count - loop.time()))
            self._count += 1
            number = self._count % ENTITIES + 1
            raw = self._count * 7919 % 20_001 - 10_000
            entity_id = self._entity.format(number)
            state = self._hass.states.get(entity_id)
            assert state is not None
            self._hass.states.async_set(entity_id, str(raw / 10), state.attributes)
            told.append((f"number_{number}", raw))
        await asyncio.sleep(max(0.0, begun + seconds - loop.time()))
        return told


def connection_of(entry: MockConfigEntry) -> dict[str, Any]:
    """Return what an entry's connection tells of itself."""
    found: dict[str, Any] = entry.runtime_data.connection.diagnostics()
    return found


async def delivered(entry: MockConfigEntry) -> None:
    """Wait until the cloud has all."""
    async with asyncio.timeout(_PATIENCE):
        while not entry.runtime_data.connected or connection_of(entry)["outbox"]["waiting"]:
            await asyncio.sleep(_LOOK)


def _last(told: Told) -> dict[str, int]:
    return dict(told)


def _wrong(told: Told, state: dict[str, Any]) -> int:
    return sum(state["values"].get(code) != raw for code, raw in _last(told).items())


async def report(
    cloud: LinkSimulation, entry: MockConfigEntry, changes: Changes, count: int, compress: float
) -> tuple[Reports, float]:
    """Let a minute's changes happen; return what became of them and the CPU seconds of one."""
    await delivered(entry)
    await cloud.ask("forget")
    before = connection_of(entry)["outbox"]["coalesced"]
    seconds = 60 / CHANGES_A_MINUTE * count / compress
    started = cpu_seconds()
    told = await changes.make(count, seconds)
    used = cpu_seconds() - started
    await delivered(entry)
    state = await cloud.ask("state")
    times = state["times"]
    rate = round(DEFAULT_REPORTS_PER_MINUTE * compress) / 60
    lasted = max(times) - min(times) if times else 0.0
    return (
        Reports(
            changes=count,
            seconds=seconds,
            messages=len(times),
            allowed=BURST + 1 + int(lasted * rate),
            largest=state["largest"],
            wrong=_wrong(told, state),
            coalesced=connection_of(entry)["outbox"]["coalesced"] - before,
        ),
        used / count,
    )


async def be_away(cloud: LinkSimulation, entry: MockConfigEntry, changes: Changes, count: int) -> Outage:
    """Let changes happen while the cloud is away; return what became of them."""
    await delivered(entry)
    await cloud.ask("forget")
    dropped = connection_of(entry)["outbox"]["dropped"]
    await cloud.ask("stop")
    async with asyncio.timeout(_PATIENCE):
        while entry.runtime_data.connected:
            await asyncio.sleep(_LOOK)
    told = await changes.make(count, 0.5)
    await cloud.ask("start")
    await delivered(entry)
    state = await cloud.ask("state")
    return compare(told, state, connection_of(entry)["outbox"]["dropped"] - dropped)


def compare(told: Told, state: dict[str, Any], dropped: int) -> Outage:
    """Compare what happened with the cloud's history and values: all but the last of each property has to be history."""
    expected: dict[str, list[int]] = {}
    for code, raw in told:
        expected.setdefault(code, []).append(raw)
    came: dict[str, list[int]] = {}
    for code, raw, _ in state["history"]:
        came.setdefault(code, []).append(raw)
    lost = doubled = disordered = 0
    for code, raws in expected.items():
        history = came.pop(code, [])
        # The last may come as history too, where it waited while the link was lost once more
        past = raws if history[-1:] == raws[-1:] else raws[:-1]
        missing = [raw for raw in past if raw not in history]
        lost += len(missing)
        doubled += len(history) - (len(past) - len(missing))
        disordered += [raw for raw in past if raw in history] != history
    return Outage(
        changes=len(told),
        history=len(state["history"]),
        lost=lost,
        doubled=doubled + sum(map(len, came.values())),
        disordered=disordered,
        wrong=_wrong(told, state),
        dropped=dropped,
    )


async def command(cloud: LinkSimulation, changes: Changes, count: int) -> tuple[list[float], int, float]:
    """Have the cloud set properties while entities change; return milliseconds, how many failed, and the longest block."""
    changing = asyncio.create_task(_change_on(changes))
    gc.collect()
    try:
        with LoopWatch() as watch:
            answers = await cloud.ask("set", count=count)
    finally:
        changing.cancel()
        await asyncio.gather(changing, return_exceptions=True)
    return [seconds * 1000 for _, seconds in answers], sum(code != 0 for code, _ in answers), watch.worst * 1000


async def _change_on(changes: Changes) -> None:
    while True:
        _ = await changes.make(_AT_ONCE, 60 / CHANGES_A_MINUTE * _AT_ONCE)


async def measure(changes: int, compress: float, commands: int, rounds: int) -> Measured:
    """Run it all."""
    async with (
        simulated_gateway("--devices", str(DEVICES)) as gateway,
        link_simulation(ENTITIES) as cloud,
        running_home_assistant() as hass,
    ):
        numbers = {"min": -1000, "max": 1000, "step": 0.1, "initial": 0}
        config = {f"number_{number}": numbers for number in range(1, ENTITIES + 1)}
        assert await async_setup_component(hass, "input_number", {"input_number": config})
        local, entry = gateway_entry(gateway), link_entry(cloud.line, compress)
        await set_up(hass, local)
        await set_up(hass, entry)
        hub: Hub = local.runtime_data
        exposed = Changes(hass)
        for number in range(1, ENTITIES + 1):
            # The same, but nobody is told
            state = hass.states.get(_entity(number))
            assert state is not None
            hass.states.async_set(f"input_number.bare_{number}", "0", state.attributes)
        bare = Changes(hass, "input_number.bare_{}")
        seconds = 60 / CHANGES_A_MINUTE * changes / compress
        used: dict[str, list[float]] = {"gateway": [], "bare": [], "exposed": []}
        all_reports: list[Reports] = []
        for number in range(-1, rounds):
            gc.collect()
            one = await flood(gateway["control"], hub, changes, 0) / changes
            gc.collect()
            started = cpu_seconds()
            _ = await bare.make(changes, seconds)
            without = (cpu_seconds() - started) / changes
            gc.collect()
            reports, through = await report(cloud, entry, exposed, changes, compress)
            all_reports.append(reports)
            # What is imported or made with the first of all is nobody's
            if number >= 0:
                for name, value in (("gateway", one), ("bare", without), ("exposed", through)):
                    used[name].append(value)
                print(
                    f"  a gateway's report {one * 1e6:.1f} µs, a change {through * 1e6:.1f} µs, of it without exposure"
                    f" {without * 1e6:.1f} µs; {reports.messages} messages",
                    flush=True,
                )
        away = await be_away(cloud, entry, exposed, changes)
        answers, refused, block = await command(cloud, exposed, commands)
        violations = (await cloud.ask("state"))["violations"]
        for one_entry in (entry, local):
            await hass.config_entries.async_unload(one_entry.entry_id)
    worst = next((one for one in all_reports if not one.holds), all_reports[-1])
    return Measured(
        entities=ENTITIES,
        **used,
        reports=worst,
        outage=away,
        answers=answers,
        refused=refused,
        block=block,
        violations=violations,
    )


def print_limits(measured: Measured) -> bool:
    """Print the rest, each number beside its limit; return whether all limits hold."""
    reports, away = measured.reports, measured.outage
    ratios = [
        (through - without) / one
        for one, without, through in zip(measured.gateway, measured.bare, measured.exposed, strict=True)
    ]
    print(f"{measured.entities} entities exposed, medians of {len(ratios)} rounds:")
    return all(
        [
            verdict("CPU that exposure adds to a change", statistics.median(ratios), CPU_LIMIT, "× a gateway's report"),
            said(
                f"{reports.changes} changes in {reports.seconds:g} s: {reports.messages} messages of at most"
                f" {reports.largest} bytes (at most {reports.allowed} of {MOST_BYTES}), {reports.coalesced} values"
                f" superseded, {reports.wrong} last values wrong",
                reports.holds,
            ),
            said(
                f"{away.changes} changes while the cloud was away: {away.history} came as history, {away.lost} lost,"
                f" {away.doubled} doubled, {away.disordered} out of order, {away.dropped} dropped,"
                f" {away.wrong} last values wrong",
                away.holds,
            ),
            verdict(f"command to answer, p95 of {len(measured.answers)}", p95(measured.answers), ANSWER_LIMIT, "ms"),
            said(f"commands refused: {measured.refused}", measured.refused == 0),
            verdict("event loop kept, with commands and changes", measured.block, BLOCK_LIMIT, "ms"),
            said(f"what the cloud complains of: {measured.violations[:3] or 'nothing'}", not measured.violations),
        ]
    )


def said(what: str, holds: bool) -> bool:
    """Print what must be so; return whether it is."""
    print(f"{what} {'ok' if holds else 'NOT AS IT MUST BE'}")
    return holds


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 % do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def _entity(number: int) -> str:
    return f"input_number.number_{number}"


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=CHANGES_A_MINUTE, help="of a round (%(default)s)")
    parser.add_argument("--compress", type=float, default=10, help="how much shorter a minute is (%(default)s)")
    parser.add_argument("--commands", type=int, default=500, help="of the cloud (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print all that was measured as the last line")
    arguments = parser.parse_args()
    logging.getLogger("homeassistant.loader").setLevel(logging.ERROR)
    measured = asyncio.run(measure(arguments.changes, arguments.compress, arguments.commands, arguments.rounds))
    holds = print_limits(measured)
    if arguments.json:
        print(json.dumps(asdict(measured)))
    sys.exit(not holds)


if __name__ == "__main__":
    main()
