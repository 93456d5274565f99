"""`python -m simulators NAME ...`: run a simulator; without a name, list what there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
import sys


@dataclass(frozen=True, slots=True)
class Simulator:
    """An entry of the list: what it is, and the module whose `main(arguments) -> status` runs it."""

    summary: str
    module: str


SIMULATORS = {
    "ipc-camera": Simulator("a Tuya IP camera with WebRTC, at an MQTT broker", "simulators.ipc_camera.cli"),
    "tencent-cloud": Simulator(
        "an account of Tencent's IoT Video cloud: API, recordings, message queues, and its X-P2P agent",
        "simulators.xp2p_agent.beside_cloud",
    ),
    "tuya-cloud": Simulator(
        "a Tuya cloud project with its API, its devices, its message queue, its MQTT broker and its cameras",
        "simulators.ipc_camera.beside_cloud",
    ),
    "tuya-queue": Simulator("the message queue of a Tuya cloud project", "simulators.tuya_queue.cli"),
    "tuyalink-cloud": Simulator("Tuya's cloud for TuyaLink devices and gateways", "simulators.tuyalink_cloud.cli"),
    "tuya-gateway": Simulator("a Tuya gateway with its LAN WebSocket and sub-devices", "simulators.tuya_gateway.cli"),
    "xp2p-agent": Simulator("an X-P2P agent with cameras, a recorder and a doorbell", "simulators.xp2p_agent.cli"),
}


def main(arguments: Sequence[str]) -> int:
    """Run the simulator that the first argument names; return the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_list())
        return 0
    name, *rest = arguments
    if name not in SIMULATORS:
        print(f"python -m simulators: there is no simulator {name!r}\n\n{_list()}", file=sys.stderr)
        return 2
    # Imported only now: one simulator shouldn't need what another one imports.
    status: int = import_module(SIMULATORS[name].module).main(rest)
    return status


def _list() -> str:
    width = max(map(len, SIMULATORS))
    lines = [f"  {name:{width}}  {simulator.summary}" for name, simulator in SIMULATORS.items()]
    return "\n".join(["usage: python -m simulators NAME [options]; NAME --help tells the options", "", *lines])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
