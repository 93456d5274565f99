#!/usr/bin/env python3
"""What it costs to decide which entities devices get, from nothing: schemas are parsed and entities planned.

    .venv/bin/python -m benchmarks.mapping_time DUMPS [--rounds N]

DUMPS is a folder of dumps (see docs/development/simulators.md). Printed are the CPU time of mapping all of them with every
cache empty (median of the rounds), its ratio to only reading the same dumps as JSON, and the time with warm caches, which
is what a second device of the same kind costs. The exit status says whether the former stays under its limit of 50 ms for 161
devices (0.31 ms a device).
"""

import argparse
from collections.abc import Callable
import json
from pathlib import Path
from statistics import median
import sys
import time
from typing import Any

from custom_components.iot_gateway.mapping import plan, plan_entities
from custom_components.iot_gateway.model import parse_tuya_schema, tuya_schema

_LIMIT = 0.050 / 161


def cpu_time(work: Callable[[], object]) -> float:
    """Return the CPU seconds that some work takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dumps", type=Path, help="a folder of dumps, one JSON file a device")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    texts = [path.read_bytes() for path in sorted(arguments.dumps.glob("*.json"))]
    dumps: list[dict[str, Any]] = [json.loads(text) for text in texts]

    def map_all() -> None:
        for dump in dumps:
            plan_entities(parse_tuya_schema(dump["category"], dump["function"], dump["status"]))

    def map_all_anew() -> None:
        tuya_schema._cache.clear()  # noqa: SLF001 - to measure without it
        plan._plans.clear()  # noqa: SLF001
        map_all()

    map_all_anew()
    cold = median(cpu_time(map_all_anew) for _ in range(arguments.rounds))
    warm = median(cpu_time(map_all) for _ in range(arguments.rounds))
    reading = median(cpu_time(lambda: [json.loads(text) for text in texts]) for _ in range(arguments.rounds))
    print(
        f"{len(dumps)} devices mapped from nothing: {cold * 1000:.1f} ms of CPU, {cold / reading:.1f} x reading their JSON"
    )
    print(f"again, with what is remembered: {warm * 1000:.1f} ms, {warm / cold:.2f} x")
    print(f"limit: {_LIMIT * len(dumps) * 1000:.1f} ms")
    sys.exit(cold > _LIMIT * len(dumps))


if __name__ == "__main__":
    main()
