"""The command line: `python -m simulators tencent-cloud`."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
import json
from typing import Any

from simulators.command_line import add_life, add_verbose, non_negative, not_empty, parse, port, run, stop_signal

from .control import ControlServer
from .demo import demo_devices, demo_products
from .faults import Faults
from .life import CloudLife
from .server import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY, TencentCloudSimulator

NAME = "tencent-cloud"

type Companion = Callable[[TencentCloudSimulator], AbstractAsyncContextManager[Mapping[str, Any]]]
"""What else runs beside the cloud, such as an X-P2P agent; what it gives goes into the line that is printed."""


def main(arguments: Sequence[str], companions: Sequence[Companion] = ()) -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    parser = _parser()
    options = parse(parser, arguments)
    return run(parser, _run(options, companions))


async def _run(options: argparse.Namespace, companions: Sequence[Companion]) -> None:
    stopped = stop_signal()
    simulator = TencentCloudSimulator(
        demo_products(),
        demo_devices(),
        host=options.host,
        port=options.port,
        tls=options.tls,
        secret_id=options.secret_id,
        secret_key=options.secret_key,
        faults=Faults(latency=options.rtt),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(simulator)
        life = CloudLife(simulator.account, seed=options.seed, rate=options.rate)
        control = ControlServer(simulator, life=life, port=options.control_port)
        stack.push_async_callback(control.stop)
        await control.start()
        line: dict[str, Any] = {
            "simulator": NAME,
            "host": simulator.host,
            "port": simulator.port,
            "endpoint": simulator.endpoint,
            "secret_id": simulator.secret_id,
            "secret_key": simulator.secret_key,
            "products": {product.id: product.name for product in simulator.account.products.values()},
            "authority": None if simulator.certificate is None else simulator.certificate.authority,
            "control": control.url,
        }
        for companion in companions:
            line |= await stack.enter_async_context(companion(simulator))
        stack.push_async_callback(life.stop)
        if not options.still:
            life.start()
        print(json.dumps(line), flush=True)
        await stopped.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m simulators {NAME}",
        description="An account of Tencent's IoT Video cloud with its API, devices, recordings and message queues: a model of "
        "the documented API, not of the real cloud. Prints one line of JSON once it listens.",
    )
    listen = parser.add_argument_group("where it listens")
    listen.add_argument("--host", default="127.0.0.1", help="address of the API (%(default)s)")
    listen.add_argument("--port", type=port(), default=0, help="port of the API, 0 for any (%(default)s)")
    listen.add_argument(
        "--control-port", type=port(), default=0, help="port of the control API on 127.0.0.1, 0 for any"
    )
    listen.add_argument("--tls", action="store_true", help="speak TLS, with a certificate of an authority of its own")
    listen.add_argument(
        "--rtt", type=non_negative(), default=0.0, metavar="SECONDS", help="that each call takes (%(default)s)"
    )
    identity = parser.add_argument_group("who may use it")
    identity.add_argument("--secret-id", type=not_empty, default=DEFAULT_SECRET_ID, help="SecretId (%(default)s)")
    identity.add_argument("--secret-key", type=not_empty, default=DEFAULT_SECRET_KEY, help="SecretKey")
    add_life(parser)
    add_verbose(parser)
    return parser
