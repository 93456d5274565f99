"""The command line: `python -m simulators xp2p-agent`."""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
import json
import logging
import signal
import sys

from .control import ControlServer
from .demo import demo_agent_devices
from .faults import Faults
from .server import LOOP_SECONDS, Xp2pAgentSimulator

NAME = "xp2p-agent"


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING, stream=sys.stderr)
    try:
        asyncio.run(_run(options))
    except OSError as err:
        print(f"{parser.prog}: {err.strerror or err}", file=sys.stderr)
        return 1
    return 0


async def _run(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    agent = Xp2pAgentSimulator(
        demo_agent_devices(),
        host=options.host,
        port=options.port,
        feedback_url=options.webhook,
        loop_seconds=options.loop,
        faults=Faults(latency=options.rtt),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(agent)
        control = ControlServer(agent, port=options.control_port)
        stack.push_async_callback(control.stop)
        await control.start()
        line = {
            "simulator": NAME,
            "host": agent.host,
            "port": agent.port,
            "base_url": agent.base_url,
            "devices": [
                {
                    "product_id": device.product_id,
                    "device_name": device.name,
                    "channels": sorted(device.cameras),
                    "p2p_info": device.p2p_info,
                }
                for device in agent.devices.all()
            ],
            "control": control.url,
        }
        print(json.dumps(line), flush=True)
        await stopped.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m simulators {NAME}",
        description="The X-P2P agent that a user runs, with devices behind it: a model of "
        "docs/protocols/xp2p-agent.openapi.yaml, not of a real agent. Prints one line of JSON once it listens. With a cloud over "
        "the same devices it is part of tencent-cloud.",
    )
    listen = parser.add_argument_group("where it listens")
    listen.add_argument("--host", default="127.0.0.1", help="(%(default)s)")
    listen.add_argument("--port", type=_number(0, 65535), default=0, help="0 for any (%(default)s)")
    listen.add_argument(
        "--control-port", type=_number(0, 65535), default=0, help="port of the control API on 127.0.0.1, 0 for any"
    )
    parser.add_argument("--webhook", default="", metavar="URL", help="post the devices' messages there")
    parser.add_argument("--rtt", type=_seconds, default=0.0, metavar="SECONDS", help="that each request takes")
    parser.add_argument(
        "--loop",
        type=_number(1, 240),
        default=LOOP_SECONDS,
        metavar="SECONDS",
        help="after which live pictures come again (%(default)s; so, their clock is right)",
    )
    parser.add_argument("--verbose", action="store_true", help="log to stderr what happens")
    return parser


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            message = f"{text!r} is no number from {least} to {most}"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return parse


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 3600:
        message = f"{text!r} is no number from 0 to 3600"
        raise argparse.ArgumentTypeError(message)
    return value
