"""benchmarks.camera: a short run of it all, and its limits."""

import asyncio
from dataclasses import replace
import json
from pathlib import Path
import sys
from typing import Any

import pytest

from benchmarks.camera import Distance, Measured, Memory, Shares, p95, print_limits
from simulators.mqtt_broker import MosquittoMissing, find_mosquitto

ROOT = Path(__file__).parents[2]
ROUND_TRIP = 50
BEFORE_THE_OFFER = 9
"""Round trips: TCP, TLS and three calls; TCP, TLS, CONNECT and SUBSCRIBE."""
TO_THE_CAMERA_AND_BACK = 2
"""Each goes to the broker and from there to the other one, half a round trip each."""


def has_mosquitto() -> bool:
    """Tell whether there is a broker to measure with."""
    try:
        find_mosquitto()
    except MosquittoMissing:
        return False
    return True


GOOD = Measured(
    distances=[
        Distance(
            round_trip=300,
            from_afar=False,
            warm=[0.65],
            serial=[3.4],
            warm_answers=[0.6],
            serial_answers=[3.3],
            serial_offers=[2.7],
            calls=0,
        ),
        Distance(
            round_trip=300,
            from_afar=True,
            warm=[1.6],
            serial=[4.3],
            warm_answers=[0.6],
            serial_answers=[3.3],
            serial_offers=[2.7],
            calls=0,
        ),
    ],
    shares=Shares(published=[1.0] * 20, sent=[1.0] * 20, together=[2.0] * 20, with_home_assistant=[30.0] * 20),
    memory=Memory(
        views=(200, 1000),
        traced=(10_000, 20_000),
        resident=(200_000_000, 200_500_000),
        left={"sessions": 0, "tasks": -1},
        calls=0,
        seconds=10.0,
    ),
)


def test_limits_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """What is far away, and what Home Assistant adds, is said but has no limit."""
    assert print_limits(GOOD)
    said = capsys.readouterr().out
    assert "TOO" not in said
    assert said.count(" ok\n") == 8


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, distances=[replace(GOOD.distances[0], warm=[0.69])]),
        replace(GOOD, distances=[replace(GOOD.distances[0], calls=1)]),
        replace(GOOD, distances=[*GOOD.distances[:1], replace(GOOD.distances[1], calls=1)]),
        replace(GOOD, shares=replace(GOOD.shares, published=[1.0] * 18 + [21.0] * 2)),
        replace(GOOD, shares=replace(GOOD.shares, sent=[1.0] * 18 + [21.0] * 2)),
        replace(GOOD, shares=replace(GOOD.shares, together=[1.0] * 18 + [21.0] * 2)),
        replace(GOOD, memory=replace(GOOD.memory, traced=(10_000, 60_000))),
        replace(GOOD, memory=replace(GOOD.memory, resident=(200_000_000, 203_000_000))),
        replace(GOOD, memory=replace(GOOD.memory, calls=1)),
        replace(GOOD, memory=replace(GOOD.memory, left={"sessions": 0, "tasks": 1})),
    ],
)
def test_limit_missed(bad: Measured, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them is looked at, and the others are printed all the same."""
    assert not print_limits(bad)
    assert capsys.readouterr().out.count("TOO") == 1


@pytest.mark.parametrize(("count", "number"), [(1, 1), (19, 19), (20, 19), (30, 29), (90, 86), (100, 95)])
def test_p95(count: int, number: int) -> None:
    """Of few values it is the greatest."""
    assert p95([float(one) for one in range(count, 0, -1)]) == number


@pytest.mark.timeout(180)
@pytest.mark.skipif(not has_mosquitto(), reason="mosquitto is not installed")
async def test_short_run(socket_enabled: None) -> None:
    """Everything is measured, over the round trips that there are; how long it takes beyond them is not our business here."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.camera", "--json"),
        *("--runs", "1", "--views", "30", "--rtt", str(ROUND_TRIP)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await process.communicate()
    assert process.returncode in (0, 1), complaints.decode()
    measured: dict[str, Any] = json.loads(said.splitlines()[-1])
    near, far = measured["distances"]
    assert (near["from_afar"], far["from_afar"]) == (False, True)
    round_trip = ROUND_TRIP / 1000
    for distance in (near, far):
        assert distance["calls"] == 0
        (warm,), (warm_answer,) = distance["warm"], distance["warm_answers"]
        (serial,), (serial_answer,) = distance["serial"], distance["serial_answers"]
        (serial_offer,) = distance["serial_offers"]
        assert warm_answer >= TO_THE_CAMERA_AND_BACK * round_trip
        assert serial_offer >= BEFORE_THE_OFFER * round_trip
        assert serial_answer >= serial_offer + TO_THE_CAMERA_AND_BACK * round_trip
        media = 0 if distance is near else round_trip
        assert warm > warm_answer + media
        assert serial > serial_answer + media
    shares = measured["shares"]
    assert shares["published"][0] > 0
    assert shares["sent"][0] > 0
    assert shares["with_home_assistant"][0] > shares["together"][0] > shares["sent"][0]
    memory = measured["memory"]
    assert memory["views"] == [6, 30]
    assert min(memory["traced"]) > 0
    assert set(memory["left"].values()) == {0}
    assert memory["calls"] == 0
