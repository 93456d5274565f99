"""A simulated TuyaLink cloud (Tuya's MQTT standard protocol), for tests, benchmarks and the demo.

A model of the documented protocol, not of the real cloud; written from tuya_message_queue_and_tuyalink.md, part B, and the pages that
it names, without a look at the client. `python -m simulators tuyalink-cloud` runs it; it needs mosquitto and aiomqtt.
"""

from simulators.settable_faults import BadFault

from .codes import Refused
from .demo import (
    COVER_PRODUCT,
    DEMO_DEVICE_ID,
    DEMO_DEVICE_SECRET,
    GATEWAY_PRODUCT,
    LIGHT_PRODUCT,
    LOCK_PRODUCT,
    SENSOR_PRODUCT,
    SOCKET_PRODUCT,
    THERMOSTAT_PRODUCT,
    demo_devices,
    demo_products,
    make_model,
    synthetic_product,
)
from .devices import Desired, Event, HistoryEntry, LinkDevice, Product, Reported, sub_device_id
from .faults import Failure, Faults
from .gate import Attempt
from .rival import Rival
from .server import MALFORMED, Answer, DeviceOffline, Malformed, NoAnswer, TuyaLinkCloudSimulator, UnknownDevice, Uplink
from .thing_model import BadModel, ThingModel

__all__ = [
    "COVER_PRODUCT",
    "DEMO_DEVICE_ID",
    "DEMO_DEVICE_SECRET",
    "GATEWAY_PRODUCT",
    "LIGHT_PRODUCT",
    "LOCK_PRODUCT",
    "MALFORMED",
    "SENSOR_PRODUCT",
    "SOCKET_PRODUCT",
    "THERMOSTAT_PRODUCT",
    "Answer",
    "Attempt",
    "BadFault",
    "BadModel",
    "Desired",
    "DeviceOffline",
    "Event",
    "Failure",
    "Faults",
    "HistoryEntry",
    "LinkDevice",
    "Malformed",
    "NoAnswer",
    "Product",
    "Refused",
    "Reported",
    "Rival",
    "ThingModel",
    "TuyaLinkCloudSimulator",
    "UnknownDevice",
    "Uplink",
    "demo_devices",
    "demo_products",
    "make_model",
    "sub_device_id",
    "synthetic_product",
]
