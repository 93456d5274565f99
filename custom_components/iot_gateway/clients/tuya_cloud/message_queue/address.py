"""Where the message queue of a project is (protocols page, A1)."""

from collections.abc import Mapping
import re
from typing import Final, Literal
from urllib.parse import quote

from yarl import URL

type Environment = Literal["event", "event-test"]
"""The topic: what the console calls production, and test."""

REGION_BASES: Final[Mapping[str, str]] = {
    "cn": "wss://mqe.tuyacn.com:8285/",
    "us": "wss://mqe.tuyaus.com:8285/",
    "us_east": "wss://mqe.tuyaus.com:8285/",
    "eu": "wss://mqe.tuyaeu.com:8285/",
    "eu_west": "wss://mqe.tuyaeu.com:8285/",
    "in": "wss://mqe.tuyain.com:8285/",
    "sg": "wss://mqe-sg.iotbing.com:8285/",
}
"""The queue of each data center; those of a continent share one. Singapore's is known from other programs only."""

_SCHEMES: Final = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss", "pulsar": "ws", "pulsar+ssl": "wss"}
_PORT: Final = 8285
_BINARY_PORT: Final = 7285
"""Where the same servers speak Pulsar's binary protocol; the documentation names only these addresses."""
_SUBSCRIPTION: Final = re.compile(r"[A-Za-z0-9._~-]{1,200}")
_ENVIRONMENTS: Final = ("event", "event-test")


def parse_base(text: str) -> str:
    """Return the queue's address, as a user may have typed it, as `ws://host:port/` or `wss://host:port/`.

    The documentation's `pulsar+ssl://host:7285/` is the same host's other port. Without a scheme it is TLS, without a
    port it is 8285.

    Raises:
        ValueError: that is no address.
    """
    typed = text.strip()
    try:
        url = URL(typed if "://" in typed else f"wss://{typed}")
        port = url.explicit_port
    except ValueError:
        raise ValueError("this is no address of a message queue") from None
    scheme = _SCHEMES.get(url.scheme)
    if scheme is None or not url.host or url.user is not None or url.query_string or url.fragment:
        raise ValueError("this is no address of a message queue")
    if url.scheme.startswith("pulsar") and port == _BINARY_PORT:
        port = None
    path = url.raw_path.strip("/")
    return str(URL.build(scheme=scheme, host=url.host, port=port or _PORT, path=f"/{path}/" if path else "/"))


def queue_url(
    base: str,
    *,
    access_id: str,
    environment: Environment = "event",
    subscription: str | None = None,
    ack_timeout: float = 30.0,
) -> URL:
    """Return the URL of a project's consumer.

    Args:
        base: as `parse_base` takes it.
        access_id: of the project; the tenant of its queue.
        environment: `event` or `event-test`.
        subscription: `{access_id}-sub` if None, the only one that a project has of itself.
        ack_timeout: seconds after which the queue sends everything again that was not acknowledged. Its clock begins
            before we see a message, and one late acknowledgement brings all of them: so not the SDKs' 3 seconds (A2).

    Raises:
        ValueError: one of them cannot be part of the URL.
    """
    name = f"{access_id}-sub" if subscription is None else subscription
    # The proxy takes the name as it stands in the path, so nothing of it may need an escape
    if not _SUBSCRIPTION.fullmatch(name):
        raise ValueError("a subscription's name is made of letters, digits and . _ ~ -")
    if environment not in _ENVIRONMENTS:
        raise ValueError("the environment is event or event-test")
    if not access_id:
        raise ValueError("there is no access ID")
    path = f"ws/v2/consumer/persistent/{quote(access_id, safe='')}/out/{environment}/{name}"
    query = f"ackTimeoutMillis={round(ack_timeout * 1000)}&subscriptionType=Failover"
    return URL(f"{parse_base(base)}{path}?{query}", encoded=True)
