"""A simulated TuyaLink cloud in a process of its own, so that its work is not counted as ours.

Reads one JSON object a line and answers each with another; the first line it writes tells where it is. {"do": "state"} tells what it
has, {"do": "forget"} begins the counts anew, {"do": "stop"} and {"do": "start"} are an outage, {"do": "set", "count": n} sets one
property after the other and tells the seconds until each answer.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import sys
from typing import Any

from simulators.tuyalink_cloud import (
    DEMO_DEVICE_ID,
    DEMO_DEVICE_SECRET,
    LinkDevice,
    TuyaLinkCloudSimulator,
    synthetic_product,
)

_ROOT = Path(__file__).parent.parent
_LINE_LIMIT = 1 << 24
_START_TIMEOUT = 60.0
_REPORTS = frozenset({"thing/property/report", "thing/data/batch_report", "thing/data/history_report"})


class LinkSimulation:
    """The process, as seen from another; `line` is what it told of itself."""

    def __init__(self, process: asyncio.subprocess.Process, line: dict[str, Any]) -> None:
        """Talk to it."""
        self._process = process
        self.line = line

    async def ask(self, do: str, **more: Any) -> Any:
        """Have something done; return what it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def link_simulation(entities: int) -> AsyncGenerator[LinkSimulation]:
    """Run the process: a cloud with one device of so many properties."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.tuyalink_simulation", str(entities)),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_START_TIMEOUT):
            line = json.loads(await process.stdout.readline())
        yield LinkSimulation(process, line)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


class _Cloud:
    """Does what is asked for."""

    def __init__(self, simulator: TuyaLinkCloudSimulator, device: LinkDevice, entities: int) -> None:
        self._simulator = simulator
        self._device = device
        self._entities = entities

    async def do(self, do: str, **more: Any) -> Any:
        match do:
            case "state":
                return self._state()
            case "forget":
                self._simulator.received.clear()
                self._device.history.clear()
                return {}
            case "stop":
                await self._simulator.stop()
                return {}
            case "start":
                await self._simulator.start()
                return {}
            case "set":
                return [await self._set(number) for number in range(more["count"])]
        message = f"cannot {do}"
        raise ValueError(message)

    def _state(self) -> dict[str, Any]:
        reports = [one for one in self._simulator.received if one.function in _REPORTS]
        return {
            "values": {code: one.value for code, one in self._device.values.items()},
            "history": [[one.code, one.value, one.time] for one in self._device.history],
            "messages": dict(Counter(one.function for one in reports)),
            "times": [one.time for one in reports],
            "largest": max((len(one.payload) for one in reports), default=0),
            "violations": list(self._simulator.violations),
            "connections": len(self._simulator.gate.attempts),
        }

    async def _set(self, number: int) -> list[float]:
        code = f"number_{number % self._entities + 1}"
        answer = await self._simulator.set_property(self._device.id, {code: number * 37 % 20_001 - 10_000}, timeout=30)
        return [answer.code, answer.seconds]


async def _run(entities: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    device = LinkDevice(id=DEMO_DEVICE_ID, product=synthetic_product(entities), secret=DEMO_DEVICE_SECRET)
    async with TuyaLinkCloudSimulator([device]) as simulator:
        cloud = _Cloud(simulator, device, entities)
        _say(
            {
                "host": simulator.host,
                "port": simulator.port,
                "product_id": device.product.id,
                "device_id": device.id,
                "device_secret": device.secret,
            }
        )
        while line := await reader.readline():
            _say(await cloud.do(**json.loads(line)))


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
