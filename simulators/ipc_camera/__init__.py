"""A simulated Tuya IP camera: WebRTC over aiortc, signalled over a real MQTT broker, for tests, benchmarks and the demo.

A model of what is known of such cameras (tuya_ipc_webrtc.md), not of a real one; what the page leaves open is our own choice
and said to be so. It needs aiortc, av and aiomqtt, which requirements_test.txt has.
"""

from simulators.picture import read_counter
from simulators.settable_faults import BadFault

from .camera import BUSY, CLOSED_BY_CLIENT, TORN_DOWN, IpcCameraSimulator
from .events import EVENT_KINDS, PICTURE_FORMS, CameraEvent, EventKind, PictureForm
from .faults import Faults
from .link import BadBroker
from .quirks import QUIRKS, Quirk
from .session import HD_STREAM, SD_STREAM, Session
from .sleep import SleepTimes, wake_packet
from .statistics import Statistics

__all__ = [
    "BUSY",
    "CLOSED_BY_CLIENT",
    "EVENT_KINDS",
    "HD_STREAM",
    "PICTURE_FORMS",
    "QUIRKS",
    "SD_STREAM",
    "TORN_DOWN",
    "BadBroker",
    "BadFault",
    "CameraEvent",
    "EventKind",
    "Faults",
    "IpcCameraSimulator",
    "PictureForm",
    "Quirk",
    "Session",
    "SleepTimes",
    "Statistics",
    "read_counter",
    "wake_packet",
]
