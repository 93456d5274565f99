"""The command line: `python -m simulators tuyalink-cloud`."""

import argparse
from collections.abc import Sequence
from contextlib import AsyncExitStack
import json
from typing import Any

from simulators.command_line import add_verbose, non_negative, not_empty, number, parse, port, run, stop_signal
from simulators.mqtt_broker import BrokerFailed, MosquittoMissing

from .control import ControlServer
from .demo import DEMO_DEVICE_ID, DEMO_DEVICE_SECRET, demo_products
from .devices import LinkDevice
from .server import MOST_PAYLOAD, TuyaLinkCloudSimulator

NAME = "tuyalink-cloud"


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    parser = _parser()
    options = parse(parser, arguments)
    return run(parser, _run(options), errors=(BrokerFailed, MosquittoMissing))


async def _run(options: argparse.Namespace) -> None:
    stopped = stop_signal()
    products = demo_products()
    gateway = LinkDevice(
        id=options.device_id, product=next(one for one in products if one.gateway), secret=options.device_secret
    )
    simulator = TuyaLinkCloudSimulator(
        [gateway],
        products=products,
        host=options.host,
        port=options.port,
        tls=options.tls,
        timestamp_tolerance=options.timestamp_tolerance,
        most_payload=options.most_payload,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(simulator)
        control = ControlServer(simulator, port=options.control_port)
        stack.push_async_callback(control.stop)
        await control.start()
        print(json.dumps(line_of(simulator, control)), flush=True)
        await stopped.wait()


def line_of(simulator: TuyaLinkCloudSimulator, control: ControlServer) -> dict[str, Any]:
    """Return what is printed once it listens."""
    gateway = simulator.gateway
    return {
        "simulator": NAME,
        "host": simulator.host,
        "port": simulator.port,
        "tls": simulator.certificate is not None,
        "product_id": gateway.product.id,
        "device_id": gateway.id,
        "device_secret": gateway.secret,
        "sub_products": {one.name: one.id for one in simulator.products.values() if one.sub_device},
        "authority": None if simulator.certificate is None else simulator.certificate.authority,
        "control": control.url,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m simulators {NAME}",
        description="A TuyaLink cloud (Tuya's MQTT standard protocol) with a gateway and products for its sub-devices: a model of "
        "the documented protocol, not of the real cloud. Prints one line of JSON once it listens.",
    )
    listen = parser.add_argument_group("where it listens")
    listen.add_argument("--host", default="127.0.0.1", help="address (%(default)s)")
    listen.add_argument("--port", type=port(), default=0, help="port, 0 for any (%(default)s)")
    listen.add_argument(
        "--control-port", type=port(), default=0, help="port of the control API on 127.0.0.1, 0 for any"
    )
    listen.add_argument(
        "--tls", action="store_true", help="speak TLS 1.2, with a certificate of an authority of its own"
    )

    identity = parser.add_argument_group("who may connect")
    identity.add_argument("--device-id", type=_device_id, default=DEMO_DEVICE_ID, help="DeviceID (%(default)s)")
    identity.add_argument("--device-secret", type=not_empty, default=DEMO_DEVICE_SECRET, help="DeviceSecret")
    identity.add_argument(
        "--timestamp-tolerance",
        type=non_negative(),
        metavar="SECONDS",
        help="by how much a user name's time may be off; any time without it",
    )
    parser.add_argument(
        "--most-payload",
        type=number(1024, 1 << 20),
        default=MOST_PAYLOAD,
        metavar="BYTES",
        help="of a message (%(default)s)",
    )
    add_verbose(parser)
    return parser


def _device_id(text: str) -> str:
    # It is a part of topics and of the user name.
    if not text.isascii() or not text.isalnum():
        message = f"{text!r} has other characters than letters and digits"
        raise argparse.ArgumentTypeError(message)
    return text
