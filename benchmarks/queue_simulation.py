"""A simulated cloud project with its message queue, and a queue without a cloud, in a process of their own: not counted as ours.

Reads one JSON object a line and answers each with another; the first line it writes tells where everything is. {"do": "burst",
"queue": "alone" or "cloud", "count": n} publishes at once, with nothing sent in between, so that a backlog is there from the
beginning; {"do": "state", "queue": …} tells what became of it.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import sys
from typing import Any, Literal

from simulators.tuya_cloud import CloudDevice, TuyaCloudSimulator
from simulators.tuya_gateway import synthetic_home
from simulators.tuya_gateway.flood import changing_reports
from simulators.tuya_queue import TuyaQueueSimulator
from simulators.tuya_queue.beside_cloud import queue_beside

type Queue = Literal["alone", "cloud"]

_ROOT = Path(__file__).parent.parent
_START_TIMEOUT = 60.0
_LINE_LIMIT = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """What a queue knows of its messages."""

    published: int
    acked: int
    redelivered: int
    frames: int
    """How many were sent, each time that one was."""
    connections: int
    left: int
    """What some subscription has not acknowledged."""


class QueueSimulation:
    """The process, as seen from another; `line` is what it told of itself."""

    def __init__(self, process: asyncio.subprocess.Process, line: Mapping[str, Any]) -> None:
        """Talk to it."""
        self._process = process
        self.line = line

    async def burst(self, queue: Queue, count: int) -> list[tuple[str, str, Any]]:
        """Publish so many reports, of one value each that differs from the one before; return device, code and value of each.

        Sending begins when all are published and this has been answered.
        """
        return [(device, code, value) for device, code, value in await self._ask(do="burst", queue=queue, count=count)]

    async def state(self, queue: Queue) -> QueueState:
        """Return what became of the messages."""
        return QueueState(**await self._ask(do="state", queue=queue))

    async def _ask(self, **question: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            sys.exit("the process of the simulated queues has ended")
        return json.loads(line)


@asynccontextmanager
async def queue_simulation(devices: int, data_points: int) -> AsyncGenerator[QueueSimulation]:
    """Run the process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.queue_simulation", str(devices), str(data_points)),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_START_TIMEOUT):
            line = await process.stdout.readline()
        if not line:
            sys.exit("the process of the simulated queues did not start")
        yield QueueSimulation(process, json.loads(line))
    finally:
        if process.returncode is None:
            assert process.stdin is not None
            process.stdin.close()
        await process.wait()


def cloud_home(devices: int, data_points: int) -> list[CloudDevice]:
    """Return the home that the gateway's benchmarks use, behind the cloud: the ids are others, so that nobody has two of one."""
    return [
        CloudDevice(
            id=f"c1{device.id[2:]}",
            category=device.category,
            name=device.name,
            function=device.function,
            status=device.status,
            value=dict(device.value),
        )
        for device in synthetic_home(devices, data_points)
    ]


class _Work:
    """What the process does."""

    def __init__(self, cloud: TuyaCloudSimulator, queues: Mapping[str, TuyaQueueSimulator]) -> None:
        self._queues = queues
        # What each queue's consumers were told last; the cloud's own devices must agree with its queue
        self._homes: dict[str, dict[str, CloudDevice]] = {
            "alone": {device.id: device for device in cloud_home(*_sizes())},
            "cloud": cloud.devices,
        }

    def do(self, question: dict[str, Any]) -> Any:
        queue = self._queues[question["queue"]]
        if question["do"] == "burst":
            return self._burst(queue, self._homes[question["queue"]], question["count"])
        return {
            "published": len(queue.published),
            "acked": len(queue.acked),
            "redelivered": len(queue.redelivered),
            "frames": queue.frames,
            "connections": queue.connections,
            "left": sum(one.backlog for one in queue.subscriptions.values()),
        }

    def _burst(self, queue: TuyaQueueSimulator, home: dict[str, CloudDevice], count: int) -> list[tuple[str, str, Any]]:
        reports = changing_reports(home.values(), count)
        for device_id, values in reports:
            device = home[device_id]
            device.value.update(values)
            queue.report(queue.subject(device_id, product_id=device.product_id, uid=device.uid), values)
        return [(device_id, code, value) for device_id, values in reports for code, value in values.items()]


def _sizes() -> tuple[int, int]:
    return int(sys.argv[1]), int(sys.argv[2])


async def _main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with (
        TuyaCloudSimulator(cloud_home(*_sizes())) as cloud,
        queue_beside(cloud) as queue,
        TuyaQueueSimulator() as alone,
    ):
        work = _Work(cloud, {"alone": alone, "cloud": queue})
        line = {
            "endpoint": cloud.endpoint,
            "access_id": cloud.access_id,
            "access_secret": cloud.access_secret,
            "queue": queue.url,
            "alone": {"url": alone.url, "access_id": alone.access_id, "access_secret": alone.access_secret},
        }
        print(json.dumps(line), flush=True)
        while question := await reader.readline():
            print(json.dumps(work.do(json.loads(question))), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
    sys.stdout.flush()
    os._exit(0)
