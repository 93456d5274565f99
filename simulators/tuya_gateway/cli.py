"""The command line: `python -m simulators tuya-gateway`."""

import argparse
from collections.abc import Sequence
from contextlib import AsyncExitStack
import json
from pathlib import Path

from simulators.command_line import add_verbose, not_empty, number, parse, port, positive, run, stop_signal

from .announce import ANNOUNCEMENTS, INTERVAL, Announcer
from .codec import ENCODINGS, FRAMINGS, KEY_FORMS, Codec, Encoding
from .control import ControlServer
from .demo import demo_home
from .device import BadDescription, SimulatedDevice
from .home import load_home, synthetic_home
from .life import Life
from .server import DEFAULT_UUID, TuyaGatewaySimulator

NAME = "tuya-gateway"


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    parser = _parser()
    options = parse(parser, arguments)
    encoding: Encoding = options.encoding or ("raw" if options.framing == "binary" else "base64")
    try:
        simulator = TuyaGatewaySimulator(
            _devices(options),
            host=options.host,
            port=options.port,
            path=options.path,
            uuid=options.uuid,
            device_key=options.device_key,
            codec=Codec(options.framing, encoding, options.key_form),
        )
    except (BadDescription, ValueError) as err:
        parser.error(str(err))
    return run(parser, _run(simulator, options))


async def _run(simulator: TuyaGatewaySimulator, options: argparse.Namespace) -> None:
    stopped = stop_signal()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(simulator)
        life = Life(simulator, seed=options.seed, rate=options.rate)
        stack.push_async_callback(life.stop)
        if not options.still:
            life.start()
        announcer = Announcer(simulator, options.broadcast, form=options.announce, interval=options.announce_interval)
        if options.broadcast:
            await stack.enter_async_context(announcer)
        control = ControlServer(simulator, life=life, announcer=announcer, port=options.control_port)
        stack.push_async_callback(control.stop)
        await control.start()
        line = {
            "simulator": NAME,
            "host": simulator.host,
            "port": simulator.port,
            "path": simulator.path,
            "uuid": simulator.uuid,
            "device_key": simulator.device_key,
            "control": control.url,
        }
        print(json.dumps(line), flush=True)
        await stopped.wait()


def _devices(options: argparse.Namespace) -> list[SimulatedDevice]:
    if options.devices is not None:
        return synthetic_home(options.devices, options.data_points)
    if options.home == "demo":
        return demo_home()
    try:
        return load_home(Path(options.home))
    except OSError as err:
        message = f"{options.home}: {err.strerror}"
        raise BadDescription(message) from err


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m simulators {NAME}",
        description="A Tuya gateway with its LAN WebSocket and a home full of sub-devices: a model of the documented "
        "protocol, not of a real gateway. Prints one line of JSON once it listens.",
    )
    listen = parser.add_argument_group("where it listens")
    listen.add_argument("--host", default="127.0.0.1", help="address of the WebSocket (%(default)s)")
    listen.add_argument("--port", type=port(), default=0, help="its port, 0 for any (%(default)s)")
    listen.add_argument("--path", type=_path, default="/", help="its path (%(default)s)")
    listen.add_argument(
        "--control-port", type=port(), default=0, help="port of the control API on 127.0.0.1, 0 for any"
    )

    identity = parser.add_argument_group("who it is")
    identity.add_argument("--uuid", type=not_empty, default=DEFAULT_UUID, help="its UUID (%(default)s)")
    identity.add_argument("--device-key", help="its device key, in the form that --key-form names")
    identity.add_argument("--key-form", choices=KEY_FORMS, default="ascii", help="how the key is written (%(default)s)")
    identity.add_argument("--framing", choices=FRAMINGS, default="binary", help="WebSocket opcode (%(default)s)")
    identity.add_argument(
        "--encoding", choices=ENCODINGS, help="of the ciphertext (raw in binary, base64 in text frames)"
    )

    udp = parser.add_argument_group("how it is found")
    udp.add_argument(
        "--broadcast",
        type=_target,
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="announce to; may be repeated",
    )
    udp.add_argument(
        "--announce", choices=ANNOUNCEMENTS, default="plain", help="form of the announcement (%(default)s)"
    )
    udp.add_argument(
        "--announce-interval", type=positive(), default=INTERVAL, metavar="SECONDS", help="between two (%(default)s)"
    )

    home = parser.add_argument_group("what is behind it")
    which = home.add_mutually_exclusive_group()
    which.add_argument(
        "--home", type=not_empty, default="demo", help="demo, a JSON file, or a directory of them (%(default)s)"
    )
    which.add_argument("--devices", type=number(1, 100_000), metavar="N", help="N synthetic devices instead")
    home.add_argument(
        "--data-points", type=number(1, 1000), default=20, metavar="N", help="of each of them (%(default)s)"
    )
    home.add_argument("--still", action="store_true", help="let nothing happen by itself")
    home.add_argument("--seed", type=int, default=0, help="of what happens by chance (%(default)s)")
    home.add_argument("--rate", type=positive(), default=1.0, help="how fast time goes by (%(default)s)")
    add_verbose(parser)
    return parser


def _target(text: str) -> tuple[str, int]:
    host, separator, its_port = text.rpartition(":")
    if not separator or not host:
        message = f"{text!r} is not HOST:PORT"
        raise argparse.ArgumentTypeError(message)
    return host, port(1)(its_port)


def _path(text: str) -> str:
    if not text.startswith("/"):
        message = f"{text!r} doesn't begin with /"
        raise argparse.ArgumentTypeError(message)
    return text
