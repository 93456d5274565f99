"""Access to the message broker of the cameras (seed 000; protocols page, section 3)."""

from collections.abc import Callable
from dataclasses import dataclass, field
import time
from typing import Any, Final
from urllib.parse import urlsplit

from .api import TuyaCloudApi
from .errors import NO_SUCH_PATH, RequestInvalid, UnknownCloudError
from .loose import as_number, as_text

_DEFAULT_LIFETIME: Final = 7200.0
_ENCRYPTED: Final = frozenset(("ssl", "tls", "mqtts"))
_PLAIN: Final = frozenset(("tcp", "mqtt"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttAccess:
    """Where and as whom to connect for signalling; `expires_at` in seconds since the epoch.

    The broker drops every connection when the access ends. A second connection with the same `client_id` ends the first.
    """

    url: str
    client_id: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)
    source_topic: str = field(repr=False)
    sink_topic: str = field(repr=False)
    expires_at: float

    @property
    def host(self) -> str:
        """The broker's name or address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The broker's port."""
        return urlsplit(self.url).port or (8883 if self.tls else 1883)

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return urlsplit(self.url).scheme in _ENCRYPTED

    @property
    def sender(self) -> str:
        """What `from` is in the headers of messages: what follows `/av/u/` in the topic (seed 000, FAQ)."""
        return self.source_topic.rpartition("/")[2]

    def topic_of(self, moto_id: str, device_id: str) -> str:
        """Return the topic that a camera listens to."""
        return "/".join(
            {"moto_id": moto_id, "{device_id}": device_id}.get(level, level) for level in self.sink_topic.split("/")
        )


def parse_mqtt_access(result: Any, *, now: float) -> MqttAccess:
    """Return the access that an answer grants; raises UnknownCloudError where it is none."""
    try:
        access = MqttAccess(
            url=str(result["url"]),
            client_id=str(result["client_id"]),
            username=str(result["username"]),
            password=str(result["password"]),
            source_topic=_ipc_topic(result["source_topic"]),
            sink_topic=_ipc_topic(result["sink_topic"]),
            expires_at=_end(result.get("expire_time"), now),
        )
        # A way to connect that we don't know must not become one without encryption
        known = urlsplit(access.url).scheme in _ENCRYPTED | _PLAIN
        usable = bool(known and access.host and access.port and access.source_topic and access.sink_topic)
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise UnknownCloudError("The answer to the request for the message broker is incomplete") from err
    if not usable:
        raise UnknownCloudError("The answer to the request for the message broker is incomplete")
    return access


async def get_mqtt_access(
    api: TuyaCloudApi, uid: str, link_id: str, *, now: Callable[[], float] = time.time
) -> MqttAccess:
    """Fetch the access to the broker for the cameras of a user; raises CloudError.

    Args:
        api: of the project.
        uid: the app user that the cameras belong to, as their records say; left out where they don't.
        link_id: which of several connections of the user this is, at most 8 characters. The same one twice gives the
            same client id.
        now: seconds since the epoch.
    """
    common = {**({"uid": uid} if uid else {}), "link_type": "mqtt", "topics": "ipc"}
    try:
        result = await api.call(
            "POST", "/v1.0/open-hub/access/config", body={**common, "link_id": link_id}, name="access-config"
        )
    except RequestInvalid as err:
        if err.code != NO_SUCH_PATH:
            raise
        # What Tuya's own demonstration calls
        result = await api.call(
            "POST", "/v2.0/open-iot-hub/access/config", body={**common, "unique_id": link_id}, name="access-config"
        )
    return parse_mqtt_access(result, now=now())


class MqttAccessSource:
    """Fetches accesses under two link ids in turn, so that a new connection never ends the one before it."""

    def __init__(
        self, api: TuyaCloudApi, uid: str, link_ids: tuple[str, str], *, now: Callable[[], float] = time.time
    ) -> None:
        """Use the two ids, at most 8 characters each, which no other installation may share: draw them once and keep them."""
        self._api = api
        self._uid = uid
        self._next, self._other = link_ids
        self._now = now

    async def __call__(self) -> MqttAccess:
        """Fetch an access under the other link id than last time; raises CloudError."""
        access = await get_mqtt_access(self._api, self._uid, self._next, now=self._now)
        self._next, self._other = self._other, self._next
        return access


def _ipc_topic(value: Any) -> str:
    """Return the topic for cameras of `{"ipc": "…"}`, or the only one there is."""
    return str(value["ipc"]) if isinstance(value, dict) else as_text(value)


def _end(lifetime: Any, now: float) -> float:
    """Return when something ends that lives for so many seconds, or until so many seconds since the epoch.

    What is given just now is not over: where it seems to be, our clock is not the cloud's.
    """
    number = as_number(lifetime)
    if number is None or number <= 0 or 1e9 < number <= now:
        return now + _DEFAULT_LIFETIME
    return number if number > 1e9 else now + number
