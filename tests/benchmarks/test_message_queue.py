"""benchmarks.message_queue: a short run of it all, its limits, and what it calls lost and doubled."""

import asyncio
from dataclasses import replace
import json
from pathlib import Path
import sys
from typing import Any
from unittest.mock import Mock

import pytest

from benchmarks.message_queue import Delivery, Measured, Round, Told, delivery, print_limits
from benchmarks.queue_simulation import QueueState
from custom_components.iot_gateway.clients.tuya_cloud.message_queue import QueueStatistics

ROOT = Path(__file__).parents[2]
MESSAGES = 1200
"""More than the queue sends ahead."""

FINE = Delivery(told=3, taken=3, lost=0, doubled=0, disordered=0, redelivered=0, unacknowledged=0, connections=1)
GOOD = Measured(
    entities=1000,
    rounds=[Round(gateway=20e-6, path=70e-6, client=40e-6)],
    path=FINE,
    client=FINE,
    block_path=12.0,
    block_client=12.0,
)
TOLD: Told = [("lamp", "on", True), ("lamp", "level", 7), ("lamp", "on", False)]


def test_limits_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_limits(GOOD)
    assert capsys.readouterr().out.count(" ok\n") == 6


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, rounds=[replace(GOOD.rounds[0], path=101e-6)]),
        replace(GOOD, rounds=[replace(GOOD.rounds[0], client=51e-6)]),
        replace(GOOD, block_path=51.0),
        replace(GOOD, block_client=51.0),
        replace(GOOD, client=replace(FINE, lost=1)),
        *(
            replace(GOOD, path=replace(FINE, **{wrong: number}))
            for wrong, number in {
                "told": 4,
                "taken": 2,
                "lost": 1,
                "doubled": 1,
                "disordered": 1,
                "redelivered": 1,
                "unacknowledged": 1,
                "connections": 2,
            }.items()
        ),
        replace(GOOD, path=replace(FINE, told=0, taken=0)),
    ],
)
def test_limit_missed(bad: Measured, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them is looked at, and the others are printed all the same."""
    assert not print_limits(bad)
    assert capsys.readouterr().out.count(" ok\n") == 5


@pytest.mark.parametrize(
    ("taken", "found"),
    [
        (TOLD, {}),
        # Other devices may come in between
        ([TOLD[1], TOLD[0], TOLD[2]], {}),
        (TOLD[:2], {"taken": 2, "lost": 1, "disordered": 1}),
        ([*TOLD, TOLD[1]], {"taken": 4, "doubled": 1, "disordered": 1}),
        ([TOLD[2], TOLD[1], TOLD[0]], {"disordered": 1}),
        ([], {"taken": 0, "lost": 3, "disordered": 2}),
    ],
)
def test_what_became_of_a_burst(taken: Told, found: dict[str, int]) -> None:
    state = QueueState(published=3, acked=3, redelivered=0, frames=3, connections=1, left=0)
    consumer = Mock(statistics=QueueStatistics(connects=1))
    assert delivery(TOLD, taken, state, consumer) == replace(FINE, **found)


def test_what_the_queue_says_of_it() -> None:
    state = QueueState(published=3, acked=2, redelivered=1, frames=4, connections=1, left=1)
    consumer = Mock(statistics=QueueStatistics(connects=2, duplicates=1))
    assert delivery(TOLD, TOLD, state, consumer) == replace(
        FINE, doubled=1, redelivered=2, unacknowledged=1, connections=2
    )


@pytest.mark.timeout(180)
async def test_short_run(socket_enabled: None) -> None:
    """All is delivered once whatever the machine does; how much CPU it takes is not our business here."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.message_queue", "--json"),
        *("--messages", str(MESSAGES), "--rounds", "1"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await process.communicate()
    assert process.returncode in (0, 1), complaints.decode()
    measured: dict[str, Any] = json.loads(said.splitlines()[-1])
    assert measured["entities"] == 1000
    for one in (measured["path"], measured["client"]):
        assert Delivery(**one) == replace(FINE, told=MESSAGES, taken=MESSAGES)
    (one,) = measured["rounds"]
    assert one["path"] > one["client"] > 0
    assert one["gateway"] > 0
    assert measured["block_path"] > 0
    assert measured["block_client"] > 0
