"""The command line: `python -m simulators tuya-queue`."""

import argparse
from collections.abc import Sequence
from contextlib import AsyncExitStack
import json
from typing import Any

from simulators.command_line import add_verbose, non_negative, not_empty, number, parse, port, run, stop_signal

from .authentication import BadSecret, payload_key
from .bodies import FAMILIES
from .control import ControlServer
from .options import DEFAULT_NACK_DELAY
from .publisher import ENVIRONMENTS
from .server import DEFAULT_ACCESS_ID, DEFAULT_ACCESS_SECRET, PARTITIONS, TuyaQueueSimulator
from .topic import RETENTION

NAME = "tuya-queue"
STOCK_FAILOVER_DELAY = 1.0


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    parser = _parser()
    options = parse(parser, arguments)
    return run(parser, _run(options))


async def _run(options: argparse.Namespace) -> None:
    stopped = stop_signal()
    simulator = TuyaQueueSimulator(
        access_id=options.access_id,
        access_secret=options.access_secret,
        host=options.host,
        port=options.port,
        environment=options.environment,
        partitions=options.partitions,
        tls=options.tls,
        families=options.family or ("core",),
        gcm=options.gcm,
        retention=options.retention,
        failover_delay=options.failover_delay,
        nack_delay=options.nack_delay,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(simulator)
        control = ControlServer(simulator, port=options.control_port)
        stack.push_async_callback(control.stop)
        await control.start()
        print(json.dumps(line_of(simulator, control)), flush=True)
        await stopped.wait()


def line_of(simulator: TuyaQueueSimulator, control: ControlServer) -> dict[str, Any]:
    """Return what is printed once it listens."""
    return {
        "simulator": NAME,
        "host": simulator.host,
        "port": simulator.port,
        "url": simulator.url,
        "environment": simulator.environment,
        "access_id": simulator.access_id,
        "access_secret": simulator.access_secret,
        "authority": None if simulator.certificate is None else simulator.certificate.authority,
        "control": control.url,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m simulators {NAME}",
        description="The message queue of a Tuya cloud project (Pulsar's WebSocket API): a model of the documented queue, not of "
        "the real one. Nothing is in it by itself: see the control API. Prints one line of JSON once it listens.",
    )
    listen = parser.add_argument_group("where it listens")
    listen.add_argument("--host", default="127.0.0.1", help="address (%(default)s)")
    listen.add_argument("--port", type=port(), default=0, help="port, 0 for any (%(default)s)")
    listen.add_argument(
        "--control-port", type=port(), default=0, help="port of the control API on 127.0.0.1, 0 for any"
    )
    listen.add_argument("--tls", action="store_true", help="speak TLS, with a certificate of an authority of its own")

    identity = parser.add_argument_group("who may consume")
    identity.add_argument("--access-id", type=not_empty, default=DEFAULT_ACCESS_ID, help="Access ID (%(default)s)")
    identity.add_argument("--access-secret", type=_secret, default=DEFAULT_ACCESS_SECRET, help="Access Secret")

    queue = parser.add_argument_group("the queue")
    queue.add_argument("--environment", choices=ENVIRONMENTS, default="event", help="whose messages (%(default)s)")
    queue.add_argument(
        "--partitions", type=number(1, 1000), default=PARTITIONS, metavar="N", help="of the topic event (%(default)s)"
    )
    queue.add_argument(
        "--family", choices=FAMILIES, action="append", default=[], help="of messages (core); may be repeated"
    )
    queue.add_argument("--gcm", action="store_true", help="encrypt with AES-GCM")
    for name, default, words in (
        ("retention", RETENTION, "that what isn't acknowledged is kept"),
        ("failover-delay", STOCK_FAILOVER_DELAY, "before another consumer begins to get a partition"),
        ("nack-delay", DEFAULT_NACK_DELAY, "before a negative acknowledgement brings a message back"),
    ):
        queue.add_argument(
            f"--{name}", type=non_negative(), default=default, metavar="SECONDS", help=f"{words} (%(default)s)"
        )
    add_verbose(parser)
    return parser


def _secret(text: str) -> str:
    try:
        payload_key(text)
    except BadSecret as err:
        raise argparse.ArgumentTypeError(str(err)) from err
    return text
