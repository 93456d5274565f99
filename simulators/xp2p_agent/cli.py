"""The command line: `python -m simulators xp2p-agent`."""

import argparse
from collections.abc import Sequence
from contextlib import AsyncExitStack
import json

from simulators.command_line import add_verbose, non_negative, number, parse, run, stop_signal

from .control import ControlServer
from .demo import demo_agent_devices
from .faults import Faults
from .server import LOOP_SECONDS, Xp2pAgentSimulator

NAME = "xp2p-agent"


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    parser = _parser()
    options = parse(parser, arguments)
    return run(parser, _run(options))


async def _run(options: argparse.Namespace) -> None:
    stopped = stop_signal()
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
    listen.add_argument("--port", type=number(0, 65535), default=0, help="0 for any (%(default)s)")
    listen.add_argument(
        "--control-port", type=number(0, 65535), default=0, help="port of the control API on 127.0.0.1, 0 for any"
    )
    parser.add_argument("--webhook", default="", metavar="URL", help="post the devices' messages there")
    parser.add_argument(
        "--rtt", type=non_negative(3600), default=0.0, metavar="SECONDS", help="that each request takes"
    )
    parser.add_argument(
        "--loop",
        type=number(1, 240),
        default=LOOP_SECONDS,
        metavar="SECONDS",
        help="after which live pictures come again (%(default)s; so, their clock is right)",
    )
    add_verbose(parser)
    return parser
