"""What a consumer asks for in its URL: the topic, the subscription and Pulsar's query parameters, checked as Pulsar does (A2).

From the page, and from ConsumerHandler and AbstractWebSocketHandler of apache/pulsar, which it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import random
import string
from typing import Literal, get_args
from urllib.parse import unquote

type SubscriptionType = Literal["Exclusive", "Shared", "Failover", "Key_Shared"]
SUBSCRIPTION_TYPES: tuple[SubscriptionType, ...] = get_args(SubscriptionType.__value__)

LEAST_ACK_TIMEOUT_MS = 1000
MOST_RECEIVER_QUEUE = 1000
DEFAULT_NACK_DELAY = 60.0
_LEAST_NACK_DELAY = 0.1
_MOST_INT = 2**31 - 1
_PARTS = 5


class BadQuery(ValueError):
    """A parameter can't be that: 400."""


class BadTopic(ValueError):
    """The path is none of a topic: 500, as it breaks Pulsar's servlet before it can say what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPath:
    """What the path names: /ws/v2/consumer/{domain}/{tenant}/{namespace}/{topic}/{subscription}."""

    domain: str
    tenant: str
    namespace: str
    topic: str
    subscription: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerOptions:
    """What the query asks for, with Pulsar's defaults; times in seconds."""

    type: SubscriptionType = "Exclusive"
    ack_timeout: float = 0.0
    """0: messages may wait for their acknowledgement forever."""
    receiver_queue: int = MOST_RECEIVER_QUEUE
    pull: bool = False
    name: str = ""
    priority: int = 0
    nack_delay: float = DEFAULT_NACK_DELAY
    durable: bool = True


def parse_path(rest: str) -> TopicPath:
    """Return what the path after /ws/v2/consumer/ names, still URL-encoded. Raises BadQuery and BadTopic."""
    parts = rest.split("/")
    if len(parts) < _PARTS - 1 or parts[0] not in ("persistent", "non-persistent"):
        message = "Invalid topic name format"
        raise BadTopic(message)
    if len(parts) != _PARTS:
        message = "Invalid topic name format"
        raise BadQuery(message)
    domain, tenant, namespace, topic, subscription = parts
    if not subscription:
        message = "Empty subscription name"
        raise BadQuery(message)
    return TopicPath(
        domain=domain, tenant=tenant, namespace=namespace, topic=unquote(topic), subscription=unquote(subscription)
    )


def parse_query(
    query: Mapping[str, str],
    *,
    least_ack_timeout_ms: int = LEAST_ACK_TIMEOUT_MS,
    default_nack_delay: float = DEFAULT_NACK_DELAY,
) -> ConsumerOptions:
    """Return what a query asks for; raises BadQuery. A dead letter topic is checked and does nothing: only Shared has one."""
    ack_timeout = _integer(query, "ackTimeoutMillis", 0)
    if ack_timeout and ack_timeout < least_ack_timeout_ms:
        message = f"Ack timeout should be greater than {least_ack_timeout_ms} ms"
        raise BadQuery(message)
    receiver_queue = min(_integer(query, "receiverQueueSize", MOST_RECEIVER_QUEUE), MOST_RECEIVER_QUEUE)
    if receiver_queue < 0:
        message = "receiverQueueSize needs to be >= 0"
        raise BadQuery(message)
    name = query.get("consumerName")
    if name is not None and not name.strip():
        message = "consumerName cannot be blank"
        raise BadQuery(message)
    if (priority := _integer(query, "priorityLevel", 0)) < 0:
        message = "priorityLevel needs to be >= 0"
        raise BadQuery(message)
    if "maxRedeliverCount" in query and _integer(query, "maxRedeliverCount", 1) <= 0:
        message = "MaxRedeliverCount must be > 0."
        raise BadQuery(message)
    nack_delay = default_nack_delay
    if "negativeAckRedeliveryDelay" in query:
        if (milliseconds := _integer(query, "negativeAckRedeliveryDelay", 0)) < 0:
            message = "redeliveryDelay needs to be >= 0"
            raise BadQuery(message)
        nack_delay = max(milliseconds / 1000, _LEAST_NACK_DELAY)
    mode = query.get("subscriptionMode", "Durable")
    if mode not in ("Durable", "NonDurable"):
        message = f"Invalid subscriptionMode {mode}"
        raise BadQuery(message)
    return ConsumerOptions(
        type=_type(query),
        ack_timeout=ack_timeout / 1000,
        # A queue for none would never get any.
        receiver_queue=max(receiver_queue, 1),
        pull=query.get("pullMode", "").lower() == "true",
        name=name or _random_name(),
        priority=priority,
        nack_delay=nack_delay,
        durable=mode == "Durable",
    )


def _type(query: Mapping[str, str]) -> SubscriptionType:
    given = query.get("subscriptionType", "Exclusive")
    for known in SUBSCRIPTION_TYPES:
        if known == given:
            return known
    message = f"Invalid subscriptionType {given}"
    raise BadQuery(message)


def _integer(query: Mapping[str, str], name: str, default: int) -> int:
    """Return an int of Java's, which is more particular than Python's."""
    text = query.get(name)
    if text is None:
        return default
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdecimal()) or not -_MOST_INT - 1 <= int(text) <= _MOST_INT:
        message = f'For input string: "{text}"'
        raise BadQuery(message)
    return int(text)


def _random_name() -> str:
    return "".join(random.choices(string.ascii_letters + string.digits, k=5))
