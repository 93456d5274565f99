"""The command line: `python -m simulators ipc-camera`."""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
import json
import logging
from typing import Any

import aiohttp

from simulators.command_line import add_verbose, number, parse, positive, run, stop_signal

from .camera import DEFAULT_DEVICE_ID, DEFAULT_LOCAL_KEY, DEFAULT_MOTO_ID, DEFAULT_P2P_PASSWORD, IpcCameraSimulator
from .control import ControlServer
from .faults import Faults
from .link import BadBroker
from .quirks import QUIRKS
from .sleep import SleepTimes

NAME = "ipc-camera"
_LOGGER = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    parser = _parser()
    options = parse(parser, arguments)
    # Whatever is asked for, these write down addresses, packets and credentials.
    for library in ("aioice", "aiortc", "aiomqtt", "mqtt"):
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        return run(parser, _run(options), errors=(ConnectionError,))
    except BadBroker as err:
        parser.error(str(err))


async def _run(options: argparse.Namespace) -> None:
    stopped = stop_signal()
    camera = _camera(options)
    async with AsyncExitStack() as stack:
        if options.report_to:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            reporter = Reporter(session, options.report_to)
            camera.report_listeners.append(reporter.report)
            stack.push_async_callback(reporter.stop)
        await stack.enter_async_context(camera)
        control = ControlServer(camera, port=options.control_port)
        stack.push_async_callback(control.stop)
        await control.start()
        line = {
            "simulator": NAME,
            "device_id": camera.device_id,
            "moto_id": camera.moto_id,
            "auth": camera.auth,
            "local_key": camera.local_key,
            "title": camera.title,
            "webrtc_config": camera.webrtc_config(),
            "functions": camera.functions,
            "status": camera.status,
            "control": control.url,
        }
        print(json.dumps(line), flush=True)
        await stopped.wait()


class Reporter:
    """Tells another program, such as the simulated cloud, what the camera reports, one report after the other.

    As POST with {"devid", "values"}; what can't be delivered is lost.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Post to a URL."""
        self._session = session
        self._url = url
        self._queue: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())

    def report(self, camera: IpcCameraSimulator, values: Mapping[str, Any]) -> None:
        """Tell of new values, soon."""
        self._queue.put_nowait({"devid": camera.device_id, "values": dict(values)})

    async def stop(self) -> None:
        """Tell nothing more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            report = await self._queue.get()
            try:
                timeout = aiohttp.ClientTimeout(total=5)
                async with self._session.post(self._url, json=report, timeout=timeout) as response:
                    if not response.ok:
                        _LOGGER.warning("A report wasn't taken: HTTP %s", response.status)
            except (aiohttp.ClientError, TimeoutError) as err:
                _LOGGER.warning("A report can't be delivered: %s", err)


def _camera(options: argparse.Namespace) -> IpcCameraSimulator:
    sleep = SleepTimes(boot=options.boot, idle=options.idle) if options.sleeping else None
    return IpcCameraSimulator(
        options.broker,
        device_id=options.device_id,
        moto_id=options.moto_id,
        local_key=options.local_key,
        p2p_password=options.p2p_password,
        sub_dev_id=options.sub_dev_id,
        title=options.title,
        slots=options.slots,
        leak_seconds=options.leak,
        jam_after=options.jam_after,
        hevc={"none": (), "hd": (0,), "both": (0, 1)}[options.hevc],
        audio_codec=options.audio,
        skill=options.skill,
        two_way=not options.one_way,
        sleep=sleep,
        clip_seconds=options.clip,
        ice_addresses=options.ice_address or ("127.0.0.1", "127.0.0.2"),
        ca_file=options.ca,
        faults=Faults(quirks=set(options.quirk), answer_delay=options.answer_delay),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m simulators {NAME}",
        description="A Tuya IP camera that speaks WebRTC, signalled over MQTT: a model of what is known of such cameras, not "
        "of a real one. Prints one line of JSON once it can be called.",
    )
    broker = parser.add_argument_group("where it listens")
    broker.add_argument("--broker", required=True, metavar="URL", help="mqtt[s]://[user:password@]host[:port]")
    broker.add_argument("--ca", metavar="FILE", help="certificates to trust with mqtts, instead of the system's")
    broker.add_argument(
        "--ice-address",
        action="append",
        metavar="ADDRESS",
        help="of this machine, for media; may be repeated (127.0.0.1 and 127.0.0.2)",
    )
    broker.add_argument("--control-port", type=number(0, 65535), default=0, help="of the control API, 0 for any")
    broker.add_argument("--report-to", metavar="URL", help="POST what the camera reports there")

    identity = parser.add_argument_group("who it is")
    identity.add_argument("--device-id", type=_level, default=DEFAULT_DEVICE_ID, help="(%(default)s)")
    identity.add_argument("--moto-id", type=_level, default=DEFAULT_MOTO_ID, help="(%(default)s)")
    identity.add_argument("--local-key", default=DEFAULT_LOCAL_KEY, help="16 characters")
    identity.add_argument("--p2p-password", default=DEFAULT_P2P_PASSWORD, help="what its auth follows from")
    identity.add_argument("--sub-dev-id", default="", help="node id, of a camera behind a recorder")
    identity.add_argument("--title", default="CAMERA", help="what stands in the picture (%(default)s)")

    ability = parser.add_argument_group("what it can")
    ability.add_argument("--slots", type=number(0, 100), default=2, help="viewers at once (%(default)s)")
    ability.add_argument(
        "--leak",
        type=positive(),
        default=30.0,
        metavar="SECONDS",
        help="until a lost viewer's slot is free (%(default)s)",
    )
    ability.add_argument("--jam-after", type=number(1, 1000), metavar="N", help="refuse all after N offers a minute")
    ability.add_argument("--hevc", choices=("none", "hd", "both"), default="none", help="streams that are H265")
    ability.add_argument("--audio", choices=("PCMU", "PCMA"), default="PCMU", help="(%(default)s)")
    ability.add_argument("--skill", type=number(0, 1023), default=115, help="flags of skill.webrtc (%(default)s)")
    ability.add_argument("--one-way", action="store_true", help="it can't be talked to")
    ability.add_argument(
        "--clip", type=positive(), default=20.0, metavar="SECONDS", help="until pictures repeat (%(default)s)"
    )

    sleep = parser.add_argument_group("battery")
    sleep.add_argument("--sleeping", action="store_true", help="it sleeps until it's woken")
    sleep.add_argument(
        "--boot", type=positive(), default=3.0, metavar="SECONDS", help="from wake to ready (%(default)s)"
    )
    sleep.add_argument("--idle", type=positive(), default=180.0, metavar="SECONDS", help="till sleep (%(default)s)")

    trouble = parser.add_argument_group("what is wrong with it")
    trouble.add_argument("--quirk", choices=QUIRKS, action="append", default=[], help="of answers; may be repeated")
    trouble.add_argument("--answer-delay", type=_seconds_or_none, default=0.0, metavar="SECONDS", help="(%(default)s)")
    add_verbose(parser)
    return parser


def _seconds_or_none(text: str) -> float:
    return 0.0 if text == "0" else positive()(text)


def _level(text: str) -> str:
    if not text or set(text) & set("/+#"):
        message = f"{text!r} is no level of an MQTT topic"
        raise argparse.ArgumentTypeError(message)
    return text
