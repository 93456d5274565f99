"""`python -m demo`, which `scripts/demo` runs: see there."""

import argparse
import asyncio
from collections.abc import Callable, Sequence
import contextlib
from pathlib import Path
import signal
import sys
import tempfile
import time

import aiohttp

from .household import entities
from .processes import DemoFailed
from .simulations import RunningSimulator, free_port
from .stage import Stage

DEFAULT_PORT = 8123
_PUSH_TIMEOUT = 30.0
"""Seconds; far less than the shortest interval of reading."""
_THERE_TIMEOUT = 60.0
"""Seconds for all states to be there, and for the cloud's message queue to be connected."""

type Say = Callable[[str], None]


def main(arguments: Sequence[str]) -> int:
    """Run the demo; return the exit status."""
    options = _parser().parse_args(arguments)
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {text}", flush=True)

    with contextlib.ExitStack() as stack:
        directory = options.dir or stack.enter_context(tempfile.TemporaryDirectory(prefix="iot_gateway_demo_"))
        stage = Stage(
            Path(directory).resolve(),
            host=options.host,
            port=options.port or _port(options.host),
            home_assistant=options.home_assistant,
            say=say,
        )
        try:
            asyncio.run(_run(stage, say, check=options.check))
        except DemoFailed as err:
            print(f"error: {err}", file=sys.stderr)
            return 1
        except KeyboardInterrupt, asyncio.CancelledError:
            return 130
    return 0


async def _run(stage: Stage, say: Say, *, check: bool) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    stopped = asyncio.Event()

    def stop() -> None:
        # The first signal while all is starting, or a second one, is in a hurry
        if stopped.is_set() or stage_starts:
            if task is not None:
                task.cancel()
        stopped.set()

    stage_starts = True
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    async with stage:
        stage_starts = False
        if check:
            await _check(stage, say)
        else:
            await _tell(stage)
            await _until_end(stage, stopped)
        say("stopping")


async def _tell(stage: Stage) -> None:
    """Print what people need."""
    print()
    if stage.home_assistant is not None:
        memory = stage.memory
        print(f"  Home Assistant      {stage.url}")
        print("                      opened on this machine it is logged in;")
        print(f"                      elsewhere: user {memory['username']}, password {memory['password']}")
        print(f"  its directory       {stage.directory}")
    for simulator in stage.simulators.values():
        announced = simulator.announced
        print(f"  {simulator.simulation.title}")
        for key in simulator.simulation.told:
            print(f"    {key.replace('_', ' '):<18}{announced[key]}")
        for camera in announced.get("cameras", ()):
            print(f"    its camera        {camera['control']}  {camera['title']}")
        if not simulator.simulation.add and stage.home_assistant is not None:
            print(f"    to add             it shows as discovered: {stage.url}/config/integrations/dashboard")
    print("\n  Ctrl-C stops everything\n", flush=True)


async def _until_end(stage: Stage, stopped: asyncio.Event) -> None:
    """Wait for a signal; raise DemoFailed if Home Assistant ends by itself."""
    if stage.home_assistant is None:
        await stopped.wait()
        return
    process = stage.home_assistant.process
    waiting = asyncio.create_task(stopped.wait())
    ended = asyncio.create_task(process.ended())
    await asyncio.wait((waiting, ended), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    ended.cancel()
    if not stopped.is_set():
        raise DemoFailed(f"Home Assistant ended:\n{process.last_words()}")


async def _check(stage: Stage, say: Say) -> None:
    """Look whether a user would see what there is to see; raise DemoFailed if not."""
    if stage.home_assistant is None:
        for simulator in stage.simulators.values():
            if not await simulator.devices():
                raise DemoFailed(f"{simulator.simulation.name} has no devices")
        say("the simulators answer")
        return
    async with aiohttp.ClientSession() as session, session.get(stage.url) as response:
        page = await response.text()
    if response.status != 200 or "<home-assistant" not in page:
        raise DemoFailed(f"the page answers with {response.status}: {page[:200]}")
    say("the page answers")
    if stage.missing:
        raise DemoFailed("the dashboard lacks: " + "; ".join(stage.missing))
    # What a device is asked for, and what it says by itself, comes a moment after the device
    end = time.monotonic() + _THERE_TIMEOUT
    while True:
        ours = [entry["entity_id"] for entry in await entities(stage.api) if entry["disabled_by"] is None]
        states = await stage.api.states()
        absent = [entity_id for entity_id in ours if entity_id not in states]
        away = [entity_id for entity_id in ours if entity_id in states and states[entity_id]["state"] == "unavailable"]
        if not (bad := absent or len(away) > len(ours) / 4) or time.monotonic() > end:
            break
        await asyncio.sleep(0.1)
    offline = [
        device["name"]
        for simulator in stage.simulators.values()
        if simulator.simulation.add
        for device in (await simulator.devices()).values()
        if not device["online"]
    ]
    say(
        f"{len(ours)} entities of {len(await stage.names())} devices; {len(away)} unavailable; offline: {', '.join(offline)}"
    )
    if bad:
        raise DemoFailed(f"not there: {absent}; unavailable: {away}")

    if (cloud := stage.simulators.get("tuya_cloud")) is not None and cloud.announced.get("queue"):
        seconds = await _push(stage, cloud)
        say(f"the cloud's message queue brings a change within {seconds:.2f} s")


async def _push(stage: Stage, cloud: RunningSimulator) -> float:
    """Let a device of the cloud change; return after how many seconds Home Assistant has it. Raises DemoFailed."""
    device_id = await cloud.device_id("Garage plug")
    plug, connected = (
        f"{device_id}_cur_power",
        f"{stage.memory['simulators']['tuya_cloud']['entry_id']}_measure_message_queue",
    )
    ours = {one["unique_id"]: one["entity_id"] for one in await entities(stage.api)}

    async def until(unique_id: str, state: str, timeout: float) -> None:
        entity_id = ours[unique_id]
        try:
            async with asyncio.timeout(timeout):
                while (await stage.api.states()).get(entity_id, {}).get("state") != state:
                    await asyncio.sleep(0.05)
        except TimeoutError as err:
            raise DemoFailed(f"{entity_id} does not become {state} by the cloud's message queue") from err

    # What changes before is not told by it
    await until(connected, "on", _THERE_TIMEOUT)
    began = time.monotonic()
    await cloud.do("report", devid=device_id, values={"cur_power": 12345})
    await until(plug, "1234.5", _PUSH_TIMEOUT)
    return time.monotonic() - began


def _port(host: str) -> int:
    """Return Home Assistant's usual port, or one that the system picks if it is taken."""
    try:
        return free_port(host, port=DEFAULT_PORT)
    except OSError:
        return free_port(host)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="A simulated home behind simulated gateways and in a simulated cloud, with cameras, and a real Home "
        "Assistant with its own frontend that shows it. Prints the address of the page, which opens logged in, and runs until Ctrl-C.",
    )
    parser.add_argument("--port", type=int, help=f"port of the page (default: {DEFAULT_PORT} if it is free, else any)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address of the page (%(default)s); 0.0.0.0 to open it from elsewhere"
    )
    parser.add_argument(
        "--dir",
        type=Path,
        help="Home Assistant's configuration directory, kept for the next time (default: one that is removed at the end)",
    )
    parser.add_argument("--no-home-assistant", dest="home_assistant", action="store_false", help="only the simulators")
    parser.add_argument(
        "--check", action="store_true", help="look whether all is there, stop, and tell by the exit status"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
