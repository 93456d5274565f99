"""A simulated X-P2P agent: the program that a user runs beside Home Assistant, with the devices behind it.

A model of docs/protocols/xp2p-agent.openapi.yaml, of the seed documents' signals and of tencent_iot_video.md, section 2; not of
Tencent's own proxy. Written without a look at the client. `python -m simulators xp2p-agent` runs it.
"""

from simulators.settable_faults import BadFault

from .calls import CALL_COMMANDS, Call
from .card import CHINA, CONTINUOUS, MOTION, Card, Record, demo_card
from .demo import demo_agent_devices
from .devices import AgentDevice, Camera, Signal, Stream
from .faults import ENDPOINTS, GROUPS, Failure, Faults
from .feedback import Delivery
from .flv import BadFlv, Tag, TagReader
from .pictures import SIZES
from .playback import Playback
from .ptz import Ptz
from .server import Devices, Request, UnknownDevice, Xp2pAgentSimulator
from .voice import Voice

__all__ = [
    "CALL_COMMANDS",
    "CHINA",
    "CONTINUOUS",
    "ENDPOINTS",
    "GROUPS",
    "MOTION",
    "SIZES",
    "AgentDevice",
    "BadFault",
    "BadFlv",
    "Call",
    "Camera",
    "Card",
    "Delivery",
    "Devices",
    "Failure",
    "Faults",
    "Playback",
    "Ptz",
    "Record",
    "Request",
    "Signal",
    "Stream",
    "Tag",
    "TagReader",
    "UnknownDevice",
    "Voice",
    "Xp2pAgentSimulator",
    "demo_agent_devices",
    "demo_card",
]
