"""A simulated Tuya gateway with its LAN WebSocket ("LAN Control"), for tests, benchmarks and the demo.

A model of the documented protocol, not of a real gateway: what the protocol's page leaves open (frames, encodings, the
form of the key, the error object, the UDP announcement) can be chosen, or is our own choice and said to be so.
"""

from simulators.settable_faults import BadFault

from .codec import Codec, all_codecs
from .demo import demo_home
from .device import BadDescription, SimulatedDevice
from .faults import PREDICTED_NONCE, Faults
from .home import load_home, synthetic_home
from .server import DEFAULT_DEVICE_KEYS, DEFAULT_UUID, TuyaGatewaySimulator, UnknownDevice

__all__ = [
    "DEFAULT_DEVICE_KEYS",
    "DEFAULT_UUID",
    "PREDICTED_NONCE",
    "BadDescription",
    "BadFault",
    "Codec",
    "Faults",
    "SimulatedDevice",
    "TuyaGatewaySimulator",
    "UnknownDevice",
    "all_codecs",
    "demo_home",
    "load_home",
    "synthetic_home",
]
