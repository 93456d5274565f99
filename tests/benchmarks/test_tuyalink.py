"""benchmarks.tuyalink: a short run of it all, its limits, and what it calls lost."""

import asyncio
from dataclasses import replace
import json
from pathlib import Path
import sys
from typing import Any

import pytest

from benchmarks.tuyalink import ENTITIES, Measured, Outage, Reports, compare, p95, print_limits

ROOT = Path(__file__).parents[2]
CHANGES = 600

REPORTS = Reports(changes=2000, seconds=6.0, messages=35, allowed=36, largest=4000, wrong=0, coalesced=0)
OUTAGE = Outage(changes=2000, history=1800, lost=0, doubled=0, disordered=0, wrong=0, dropped=0)
GOOD = Measured(
    entities=200,
    gateway=[20e-6],
    bare=[10e-6],
    exposed=[60e-6],
    reports=REPORTS,
    outage=OUTAGE,
    answers=[5.0] * 95 + [60.0] * 5,
    refused=0,
    block=10.0,
    violations=[],
)
TOLD = [("a", 1), ("b", 2), ("a", 3), ("a", 4)]
STATE: dict[str, Any] = {"values": {"a": 4, "b": 2}, "history": [["a", 1, 10], ["a", 3, 11]]}


def test_limits_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_limits(GOOD)
    assert capsys.readouterr().out.count(" ok\n") == 7


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, exposed=[71e-6]),
        replace(GOOD, answers=[5.0] * 94 + [60.0] * 6),
        replace(GOOD, refused=1),
        replace(GOOD, block=51.0),
        replace(GOOD, violations=["a violation"]),
        replace(GOOD, reports=replace(REPORTS, messages=37)),
        replace(GOOD, reports=replace(REPORTS, messages=0)),
        replace(GOOD, reports=replace(REPORTS, largest=10_001)),
        replace(GOOD, reports=replace(REPORTS, wrong=1)),
        replace(GOOD, outage=replace(OUTAGE, history=0)),
        *(
            replace(GOOD, outage=replace(OUTAGE, **{wrong: 1}))
            for wrong in ("lost", "doubled", "disordered", "wrong", "dropped")
        ),
    ],
)
def test_limit_missed(bad: Measured, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them is looked at, and the others are printed all the same."""
    assert not print_limits(bad)
    assert capsys.readouterr().out.count(" ok\n") == 6


@pytest.mark.parametrize(
    ("values", "history", "found"),
    [
        ({}, None, {}),
        # The last came as history too
        ({}, [["a", 1, 10], ["a", 3, 11], ["a", 4, 12]], {"history": 3}),
        ({}, [["a", 3, 11]], {"history": 1, "lost": 1}),
        ({}, [["a", 3, 11], ["a", 1, 10]], {"disordered": 1}),
        ({}, [["a", 1, 10], ["a", 1, 10], ["a", 3, 11]], {"history": 3, "doubled": 1, "disordered": 1}),
        ({}, [["a", 1, 10], ["a", 3, 11], ["c", 1, 10]], {"history": 3, "doubled": 1}),
        ({"a": 3}, None, {"wrong": 1}),
    ],
)
def test_what_became_of_an_outage(values: dict[str, int], history: list[Any] | None, found: dict[str, int]) -> None:
    state = {
        "values": {**STATE["values"], **values},
        "history": STATE["history"] if history is None else history,
    }
    assert compare(TOLD, state, 0) == replace(OUTAGE, **{"changes": 4, "history": 2, **found})


def test_p95() -> None:
    assert p95(list(range(1, 101))) == 95
    assert p95([7.0]) == 7.0
    assert p95([1.0, 9.0]) == 9.0


@pytest.mark.timeout(240)
async def test_short_run(socket_enabled: None) -> None:
    """Nothing is lost whatever the machine does; how much CPU and time it takes is not our business here."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.tuyalink", "--json"),
        *("--changes", str(CHANGES), "--compress", "20", "--commands", "40", "--rounds", "1"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await process.communicate()
    assert process.returncode in (0, 1), complaints.decode()
    measured: dict[str, Any] = json.loads(said.splitlines()[-1])
    assert measured["entities"] == ENTITIES
    reports, away = Reports(**measured["reports"]), Outage(**measured["outage"])
    assert reports.holds, reports
    assert reports.changes == CHANGES
    assert away.holds, away
    assert away.history == CHANGES - ENTITIES
    assert len(measured["answers"]) == 40
    assert (measured["refused"], measured["violations"]) == (0, [])
    assert measured["exposed"][0] > measured["bare"][0] > 0
    assert measured["gateway"][0] > 0
