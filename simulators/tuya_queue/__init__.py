"""A simulated message queue of a Tuya cloud project (Pulsar's WebSocket API), for tests, benchmarks and the demo.

A model of the documented queue, not of the real one; written from tuya_message_queue_and_tuyalink.md, part A, the seed's page and
the code of Apache Pulsar that the page names, without a look at the client. `python -m simulators tuya-queue` runs it.
"""

from simulators.settable_faults import BadFault

from .authentication import BadSecret, password, payload_key
from .bodies import FAMILIES, Family, Subject
from .consumer import Rival
from .envelope import DAMAGES, FORMS, Damage, Form, seal, sign
from .faults import Faults
from .message_id import MessageId
from .publisher import DEFAULT_UID, ENVIRONMENTS, Environment
from .server import DEFAULT_ACCESS_ID, DEFAULT_ACCESS_SECRET, PARTITIONS, TuyaQueueSimulator, UnknownSubscription
from .session import GARBAGE, Garbage, Session
from .topic import Busy

__all__ = [
    "DAMAGES",
    "DEFAULT_ACCESS_ID",
    "DEFAULT_ACCESS_SECRET",
    "DEFAULT_UID",
    "ENVIRONMENTS",
    "FAMILIES",
    "FORMS",
    "GARBAGE",
    "PARTITIONS",
    "BadFault",
    "BadSecret",
    "Busy",
    "Damage",
    "Environment",
    "Family",
    "Faults",
    "Form",
    "Garbage",
    "MessageId",
    "Rival",
    "Session",
    "Subject",
    "TuyaQueueSimulator",
    "UnknownSubscription",
    "password",
    "payload_key",
    "seal",
    "sign",
]
