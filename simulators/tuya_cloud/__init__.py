"""A simulated Tuya cloud project: its OpenAPI, and what of it cameras need, for tests, benchmarks and the demo.

A model of the documented API, not of the real cloud; written from tuya_ipc_webrtc.md and the pages that it names, without a
look at the client. `python -m simulators tuya-cloud` runs it with a mosquitto.
"""

from simulators.settable_faults import BadFault
from simulators.tuya_gateway.device import BadDescription

from .access import MqttAccess, UsernamePer
from .calls import Request
from .demo import SECOND_UID, SHARED_WITH_GATEWAY, demo_cameras, demo_cloud, load_cloud, make_device, ordinary_devices
from .devices import DEFAULT_UID, H264, H265, Camera, CloudDevice, camera_auth, make_skill
from .faults import ENDPOINTS, GROUPS, Failure, Faults
from .server import DEFAULT_ACCESS_ID, DEFAULT_ACCESS_SECRET, PROJECT_UID, TuyaCloudSimulator, UnknownDevice

__all__ = [
    "DEFAULT_ACCESS_ID",
    "DEFAULT_ACCESS_SECRET",
    "DEFAULT_UID",
    "ENDPOINTS",
    "GROUPS",
    "H264",
    "H265",
    "PROJECT_UID",
    "SECOND_UID",
    "SHARED_WITH_GATEWAY",
    "BadDescription",
    "BadFault",
    "Camera",
    "CloudDevice",
    "Failure",
    "Faults",
    "MqttAccess",
    "Request",
    "TuyaCloudSimulator",
    "UnknownDevice",
    "UsernamePer",
    "camera_auth",
    "demo_cameras",
    "demo_cloud",
    "load_cloud",
    "make_device",
    "make_skill",
    "ordinary_devices",
]
