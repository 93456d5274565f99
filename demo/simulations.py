"""What the demo simulates: one entry of a list for each system.

A further system is a further `Simulation` in `DEMO`: how its simulator starts, and what a user types to add it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
import contextlib
from dataclasses import dataclass, field
import json
from pathlib import Path
import random
import socket
from typing import Any, Self

import aiohttp

from simulators.mqtt_broker import MosquittoMissing, find_mosquitto

from .exposing import expose
from .home_assistant import Api
from .processes import ROOT, Child, DemoFailed

type Announced = Mapping[str, Any]
"""What a simulator prints when it is ready."""
type Inputs = Callable[[Announced], list[dict[str, Any]]]
"""Makes, of what a simulator announced, what a user types into a flow, step by step."""
type Options = Callable[[Announced], Mapping[str, Any]]
"""Makes, of what a simulator announced, what a user sets in the options."""
type Finish = Callable[[Api, str, Mapping[str, str]], Awaitable[None]]
"""Does what a user does at the end, when all devices are there: `(api, entry_id, names of devices by id)`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    """A simulated system."""

    name: str
    """Of the simulator in the demo's own memory and log."""
    title: str
    """What a person would call it."""
    arguments: Sequence[str]
    """Of `python -m simulators`."""
    add: Inputs | None = None
    """How a user adds it; None: it is left for Home Assistant to discover."""
    reconfigure: Inputs | None = None
    """How a user tells that it is at another place now."""
    options: Mapping[str, Any] | Options = field(default_factory=dict)
    """What a user then sets in the entry's options; a function makes it of what the simulator announced."""
    device: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    """Makes, of what the simulator tells of a device, the same with the id that Home Assistant has for it and a name."""
    brings_devices: bool = True
    """Whether what the simulator has are devices that Home Assistant gets."""
    finish: Finish | None = None
    """What a user does once the devices of all simulators are there and named, each time that the demo starts."""
    remembered: Mapping[str, str] = field(default_factory=dict)
    """Which keys of what it announced are to be the same at the next start, by the argument that asks for it."""
    told: Sequence[str] = ("host", "port", "path", "uuid", "device_key", "control")
    """Which keys of what it announced people need."""
    lacking: Callable[[], str | None] = lambda: None
    """Says what this machine lacks for it, if anything."""

    def options_for(self, announced: Announced) -> dict[str, Any]:
        """Return what a user sets in the options of a simulator that announced this."""
        return dict(self.options(announced) if callable(self.options) else self.options)


def add_tuya_gateway(announced: Announced) -> list[dict[str, Any]]:
    """Return what a user types to add a gateway."""
    keys = ("host", "port", "path", "uuid", "device_key")
    return [{"next_step_id": "tuya_gateway"}, {key: announced[key] for key in keys}]


def move_tuya_gateway(announced: Announced) -> list[dict[str, Any]]:
    """Return what a user types to say where a gateway is now."""
    return [{key: announced[key] for key in ("host", "port", "path")}]


def tuya_gateway(*, living: bool = True, options: Mapping[str, Any] | None = None) -> Simulation:
    """Return the gateway of the demo home; `living`: its values change by themselves."""
    return Simulation(
        name="tuya_gateway",
        title="Tuya gateway",
        arguments=("tuya-gateway", *(() if living else ("--still",))),
        add=add_tuya_gateway,
        reconfigure=move_tuya_gateway,
        options=options or {},
        remembered={"--port": "port"},
    )


def second_tuya_gateway(announce_to: str, interval: float = 5.0) -> Simulation:
    """Return the gateway of the workshop, which announces itself and waits to be added."""
    return Simulation(
        name="tuya_gateway_workshop",
        title="Tuya gateway of the workshop",
        arguments=(
            "tuya-gateway",
            *("--uuid", "b7c204e9d1f84a6f93c5", "--device-key", "Wd83kZpQ5mTn1xYa"),
            *("--home", str(Path(__file__).parent / "homes" / "workshop.json")),
            *("--broadcast", announce_to, "--announce-interval", str(interval)),
        ),
        remembered={"--port": "port"},
    )


def add_tuya_cloud(announced: Announced) -> list[dict[str, Any]]:
    """Return what a user types to add a cloud project."""
    keys = ("endpoint", "access_id", "access_secret")
    return [{"next_step_id": "tuya_cloud"}, {key: announced[key] for key in keys}]


def move_tuya_cloud(announced: Announced) -> list[dict[str, Any]]:
    """Return what a user types to say where a cloud is now; without a secret it stays the same."""
    return [{key: announced[key] for key in ("endpoint", "access_id")}]


def tuya_cloud_options(announced: Announced) -> dict[str, Any]:
    """Return what a user sets in a cloud project's options: to be told by its queue, and to read often until it is there."""
    url = announced.get("queue")
    queue = {"message_queue": url is not None, "queue_environment": "event", "queue_url": url or ""}
    # As often as can be: nobody pays for these calls
    return {"poll_interval": 1, "call_budget": 100_000, "queue": queue}


def tuya_cloud(*, living: bool = True) -> Simulation:
    """Return the cloud project of the demo home, with its cameras; `living`: something happens by itself."""
    return Simulation(
        name="tuya_cloud",
        title="Tuya cloud project",
        arguments=("tuya-cloud", *(() if living else ("--still",))),
        add=add_tuya_cloud,
        reconfigure=move_tuya_cloud,
        options=tuya_cloud_options,
        remembered={"--port": "port", "--mqtt-port": "mqtt_port"},
        told=("endpoint", "access_id", "access_secret", "control"),
        lacking=no_broker,
    )


def add_tuyalink(announced: Announced) -> list[dict[str, Any]]:
    """Return what a user types to connect as a TuyaLink device."""
    keys = ("host", "product_id", "device_id", "device_secret")
    server = {"port": announced["port"], "tls": announced["tls"]}
    return [{"next_step_id": "tuyalink"}, {key: announced[key] for key in keys} | {"server": server}]


def move_tuyalink(announced: Announced) -> list[dict[str, Any]]:
    """Return what a user types to say where the cloud is now; without a secret it stays the same."""
    return [{"host": announced["host"], "server": {"port": announced["port"], "tls": announced["tls"]}}]


def tuyalink() -> Simulation:
    """Return the other way round: the Tuya cloud in which a gateway of ours is, with entities of the demo home."""
    return Simulation(
        name="tuyalink",
        title="TuyaLink",
        arguments=("tuyalink-cloud",),
        add=add_tuyalink,
        reconfigure=move_tuyalink,
        brings_devices=False,
        finish=expose,
        remembered={"--port": "port"},
        told=("host", "port", "product_id", "device_id", "device_secret", "control"),
        lacking=no_broker,
    )


def add_tencent_video(announced: Announced) -> list[dict[str, Any]]:
    """Return what a user types to add an account of Tencent's IoT Video, and the agent for its cameras."""
    keys = ("secret_id", "secret_key")
    account = {key: announced[key] for key in keys} | {"server": {"endpoint": announced["endpoint"]}}
    return [{"next_step_id": "tencent_video"}, account, {"agent_url": announced["agent"]}]


def move_tencent_video(announced: Announced) -> list[dict[str, Any]]:
    """Return what a user types to say where cloud and agent are now; without a key it stays the same."""
    return [{"server": {"endpoint": announced["endpoint"]}}, {"agent_url": announced["agent"]}]


def tencent_device(device: Mapping[str, Any]) -> dict[str, Any]:
    """Return a device of Tencent's with its id, "product/name", and the name that the demo's user gives it."""
    name: str = device["device"].split("/")[1]
    return {**device, "devid": device["device"], "name": TENCENT_NAMES.get(name, name.replace("_", " ").capitalize())}


TENCENT_NAMES = {
    "garage_camera": "Carport camera",
    "attic_camera": "Loft camera",
    "boxed_camera": "Spare camera",
    "front_door": "Gate",
    "bird_feeder": "Nest box",
}
"""Where others of the home are called so."""


def tencent_video(*, living: bool = True) -> Simulation:
    """Return the account of Tencent's IoT Video, with its cameras behind an agent; `living`: something happens by itself."""
    return Simulation(
        name="tencent_video",
        title="Tencent IoT Video",
        arguments=("tencent-cloud", *(() if living else ("--still",))),
        add=add_tencent_video,
        reconfigure=move_tencent_video,
        device=tencent_device,
        remembered={"--port": "port"},
        told=("endpoint", "secret_id", "secret_key", "agent", "control"),
    )


def no_broker() -> str | None:
    """Return why there can be no simulated cloud on this machine, None if there can."""
    try:
        find_mosquitto()
    except MosquittoMissing as err:
        return str(err)
    return None


DEMO = (
    tuya_gateway(),
    tuya_cloud(),
    tencent_video(),
    tuyalink(),
    # The whole loopback network hears it, whoever else listens on the port that Tuya's gateways use.
    second_tuya_gateway("127.255.255.255:6667"),
)


class Control:
    """The remote control of a simulator."""

    def __init__(self, title: str, url: str, session: aiohttp.ClientSession) -> None:
        """Control what `title` names, at a URL."""
        self.title = title
        self._url = url
        self._session = session

    async def look(self, what: str) -> Any:
        """Return what the control API tells under a path: state, commands, requests."""
        async with self._session.get(f"{self._url}/{what}") as response:
            return await response.json()

    async def do(self, action: str, **content: Any) -> Any:
        """Do something by the control API (report, online, add, remove, faults, stop, start ...); raises DemoFailed."""
        async with self._session.post(f"{self._url}/{action}", json=content) as response:
            answer = await response.json()
        if response.status >= 400:
            raise DemoFailed(f"{self.title}: {action}: {answer}")
        return answer


class RunningSimulator(Control):
    """A simulator that runs, and its remote control."""

    def __init__(
        self, simulation: Simulation, child: Child, announced: Announced, session: aiohttp.ClientSession
    ) -> None:
        """Use `start` to make one."""
        super().__init__(simulation.title, announced["control"], session)
        self.simulation = simulation
        self.announced = announced
        self._child = child

    @classmethod
    async def start(
        cls, simulation: Simulation, session: aiohttp.ClientSession, log: Path, before: Announced | None = None
    ) -> Self:
        """Start a simulation, where that can be at the place where it was `before`; raises DemoFailed."""
        arguments = ["-m", "simulators", *simulation.arguments]
        for argument, key in simulation.remembered.items():
            port = free_port()
            if before:
                # Someone else may have taken the place meanwhile
                with contextlib.suppress(OSError):
                    port = free_port(before["host"], before[key])
            # The first time too a port that nobody is given by chance: it is to be free the next time
            arguments += [argument, str(port)]
        child = Child(f"the simulator {simulation.name}", arguments, log)
        return cls(simulation, child, await child.start_announced(), session)

    async def stop(self) -> None:
        """End it."""
        await self._child.stop()

    def camera(self, title: str) -> Control:
        """Return the remote control of the camera that people call so; raises DemoFailed."""
        for camera in self.announced.get("cameras", ()):
            if camera["title"] == title:
                return Control(title, camera["control"], self._session)
        raise DemoFailed(f"{self.title} has no camera {title!r} that can be reached")

    @property
    def agent(self) -> Control:
        """The remote control of the agent beside an account of Tencent's."""
        return Control(f"{self.title}'s agent", self.announced["agent_control"], self._session)

    async def devices(self) -> dict[str, dict[str, Any]]:
        """Return the devices {"devid", "name", "category", "online", "values"} by id; not all simulators tell all of it."""
        devices = map(self.simulation.device, (await self.look("state"))["devices"])
        return {device["devid"]: device for device in devices}

    async def device_id(self, name: str) -> str:
        """Return the id of the device that people call so; raises DemoFailed."""
        for devid, device in (await self.devices()).items():
            if device["name"] == name:
                return devid
        raise DemoFailed(f"{self.simulation.title} has no {name!r}")


def free_port(host: str = "127.0.0.1", port: int = 0, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return `port` if it is free at this moment, for 0 any that is; raises OSError.

    What it returns is bound later, by another process. So it's none of those that the system hands out meanwhile, to whoever
    asks for any and to each outgoing connection.
    """
    candidates = [port] if port else [*random.sample(_below_ephemeral(), 20), 0]
    for candidate in candidates:
        with socket.socket(type=kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                if candidate == candidates[-1]:
                    raise
            else:
                free: int = probe.getsockname()[1]
                return free
    raise AssertionError


def _below_ephemeral() -> range:
    """Return ports that the system gives to nobody who does not ask for them."""
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except OSError, ValueError:
        first = 32768
    return range(max(first - 12_000, 1024), max(first, 2048))


def workshop() -> list[dict[str, Any]]:
    """Return the devices of the workshop in the gateway's own form."""
    devices: list[dict[str, Any]] = json.loads((ROOT / "demo" / "homes" / "workshop.json").read_text(encoding="utf-8"))
    return devices
