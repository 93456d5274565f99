"""A simulated account of Tencent's IoT Video cloud, for tests, benchmarks and the demo.

A model of the documented API, not of the real cloud; written from tencent_iot_video.md and the official SDK's models, without a
look at the client. `python -m simulators tencent-cloud` runs it.
"""

from simulators.settable_faults import BadFault

from .account import Account, BadReport, UnknownDevice
from .demo import demo_devices, demo_products
from .devices import NEVER_ACTIVATED, OFFLINE, ONLINE, UNKNOWN, Device, Product
from .faults import ENDPOINTS, GROUPS, Failure, Faults
from .policy import Policy
from .push import Channel, Push, Pusher
from .server import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY, Request, TencentCloudSimulator
from .storage import CloudStorage, StoredEvent

__all__ = [
    "DEFAULT_SECRET_ID",
    "DEFAULT_SECRET_KEY",
    "ENDPOINTS",
    "GROUPS",
    "NEVER_ACTIVATED",
    "OFFLINE",
    "ONLINE",
    "UNKNOWN",
    "Account",
    "BadFault",
    "BadReport",
    "Channel",
    "CloudStorage",
    "Device",
    "Failure",
    "Faults",
    "Policy",
    "Product",
    "Push",
    "Pusher",
    "Request",
    "StoredEvent",
    "TencentCloudSimulator",
    "UnknownDevice",
    "demo_devices",
    "demo_products",
]
