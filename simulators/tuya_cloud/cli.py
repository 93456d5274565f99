"""The command line: `python -m simulators tuya-cloud`."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
import json
from pathlib import Path
from typing import Any

from simulators.command_line import add_life, add_verbose, non_negative, not_empty, parse, port, run, stop_signal
from simulators.mqtt_broker import BrokerFailed, MosquittoBroker, MosquittoMissing
from simulators.tuya_gateway.device import BadDescription

from .access import ACCESS_TTL
from .control import ControlServer
from .demo import demo_cloud, load_cloud
from .devices import CloudDevice
from .faults import Faults
from .gate import TOKEN_TTL
from .life import CloudLife
from .server import DEFAULT_ACCESS_ID, DEFAULT_ACCESS_SECRET, TuyaCloudSimulator

NAME = "tuya-cloud"

type Companion = Callable[[TuyaCloudSimulator, MosquittoBroker | None], AbstractAsyncContextManager[Mapping[str, Any]]]
"""What else runs beside the cloud, such as its cameras; what it gives goes into the line that is printed."""

COMPANIONS: list[Companion] = []
"""Who wants to run something beside every cloud adds it here, before `main`."""


def main(arguments: Sequence[str], companions: Sequence[Companion] = ()) -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    parser = _parser()
    options = parse(parser, arguments)
    try:
        devices = _devices(options.home)
    except BadDescription as err:
        parser.error(str(err))
    return run(parser, _run(devices, options, [*COMPANIONS, *companions]), errors=(BrokerFailed, MosquittoMissing))


async def _run(devices: list[CloudDevice], options: argparse.Namespace, companions: Sequence[Companion]) -> None:
    stopped = stop_signal()
    async with AsyncExitStack() as stack:
        broker = None
        if not options.no_broker:
            broker = MosquittoBroker(
                tls=options.tls, host=options.host, port=options.mqtt_port, rtt=options.rtt if options.rtt > 0 else None
            )
            await stack.enter_async_context(broker)
        simulator = TuyaCloudSimulator(
            devices,
            broker=broker,
            host=options.host,
            port=options.port,
            tls=options.tls,
            access_id=options.access_id,
            access_secret=options.access_secret,
            token_ttl=options.token_ttl,
            access_ttl=options.access_ttl,
            username_per=options.username_per,
            # TCP's handshake takes one round trip more, TLS's another.
            faults=Faults(latency=options.rtt, connect_latency=options.rtt * (2 if options.tls else 1)),
        )
        await stack.enter_async_context(simulator)
        life = CloudLife(simulator, seed=options.seed, rate=options.rate)
        control = ControlServer(simulator, life=life, port=options.control_port)
        stack.push_async_callback(control.stop)
        await control.start()
        line: dict[str, Any] = {
            "simulator": NAME,
            "host": simulator.host,
            "port": simulator.port,
            "endpoint": simulator.endpoint,
            "access_id": simulator.access_id,
            "access_secret": simulator.access_secret,
            "mqtt": None if broker is None else broker.url,
            "mqtt_port": None if broker is None else broker.port,
            "authority": None if simulator.certificate is None else simulator.certificate.authority,
            "control": control.url,
        }
        for companion in companions:
            line |= await stack.enter_async_context(companion(simulator, broker))
        # Only now: what happens reaches all that run beside the cloud
        stack.push_async_callback(life.stop)
        if not options.still:
            life.start()
        print(json.dumps(line), flush=True)
        await stopped.wait()


def _devices(home: str) -> list[CloudDevice]:
    if home == "demo":
        return demo_cloud()
    try:
        return load_cloud(Path(home))
    except OSError as err:
        message = f"{home}: {err.strerror}"
        raise BadDescription(message) from err


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m simulators {NAME}",
        description="A Tuya cloud project with its OpenAPI, cameras and other devices, and a mosquitto for the cameras' "
        "signalling: a model of the documented API, not of the real cloud. Prints one line of JSON once it listens.",
    )
    listen = parser.add_argument_group("where it listens")
    listen.add_argument("--host", default="127.0.0.1", help="address of API and broker (%(default)s)")
    listen.add_argument("--port", type=port(), default=0, help="port of the API, 0 for any (%(default)s)")
    listen.add_argument("--mqtt-port", type=port(), default=0, help="port of the broker, 0 for any (%(default)s)")
    listen.add_argument(
        "--control-port", type=port(), default=0, help="port of the control API on 127.0.0.1, 0 for any"
    )
    listen.add_argument("--tls", action="store_true", help="speak TLS, with a certificate of an authority of its own")
    listen.add_argument("--no-broker", action="store_true", help="run no mosquitto")
    listen.add_argument(
        "--rtt", type=non_negative(), default=0.0, metavar="SECONDS", help="round trip time to both (%(default)s)"
    )

    identity = parser.add_argument_group("who may use it")
    identity.add_argument("--access-id", type=not_empty, default=DEFAULT_ACCESS_ID, help="Access ID (%(default)s)")
    identity.add_argument("--access-secret", type=not_empty, default=DEFAULT_ACCESS_SECRET, help="Access Secret")
    identity.add_argument(
        "--token-ttl", type=non_negative(), default=TOKEN_TTL, metavar="SECONDS", help="of a token (%(default)s)"
    )
    identity.add_argument(
        "--access-ttl",
        type=non_negative(),
        default=ACCESS_TTL,
        metavar="SECONDS",
        help="of MQTT credentials (%(default)s)",
    )
    identity.add_argument(
        "--username-per", choices=("user", "link"), default="user", help="whose an MQTT user name is (%(default)s)"
    )
    parser.add_argument(
        "--home", type=not_empty, default="demo", help="demo, a JSON file, or a directory of them (%(default)s)"
    )
    add_life(parser)
    add_verbose(parser)
    return parser
