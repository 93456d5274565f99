"""The cloud's clock and the product's remote configuration (protocols page B2; "Time Service", "Remote Configuration").

The configuration comes as the address of a file; what the cloud would push it on is not documented.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
import time
from typing import TYPE_CHECKING, Any

from . import topics
from .errors import MessageInvalid
from .messages import milliseconds, to_integer, to_milliseconds

if TYPE_CHECKING:
    from .link import TuyaLink


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudTime:
    """The cloud's time in milliseconds since the epoch when its answer came, and by how many it is ahead of ours."""

    time: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The newest configuration file of the product: where it is, its size in bytes and its SHA-256 in lower-case hexadecimal.

    The address is signed, so it is a secret for as long as it is good.
    """

    file_name: str
    url: str = field(repr=False)
    size: int | None
    sha256: str
    product_id: str


async def ask_time(link: TuyaLink, *, now: Callable[[], float] = time.time, timeout: float = 10.0) -> CloudTime:
    """Ask for the cloud's time, network time taken into account; raises LinkError.

    As with NTP, our `dst` (device send time), the cloud's `srt` and `sst` (server receive and send time) and the time of the
    answer give (t4 - t1 + t3 + t2) / 2. One of the two has to do where the other is missing.
    """
    sent = milliseconds(now())
    data = await link.request(topics.TIME_REQUEST, {"bizType": "NTP", "dst": sent}, timeout=timeout)
    arrived = milliseconds(now())
    if not isinstance(data, dict):
        raise MessageInvalid("The cloud tells no time")
    left = to_milliseconds(data.get("sst"))
    came = to_milliseconds(data.get("srt")) or left
    left = left or came
    if not left:
        raise MessageInvalid("The cloud tells no time")
    cloud_time = (arrived - sent + left + came) // 2
    return CloudTime(time=cloud_time, offset=cloud_time - arrived)


async def get_config(link: TuyaLink, *, timeout: float = 10.0) -> ConfigFile | None:
    """Ask for the product's configuration file; None where it has none. Raises LinkError."""
    data: Any = await link.request(topics.CONFIG_GET, {"bizType": "PRODUCT_FILE"}, timeout=timeout)
    if not isinstance(data, dict) or not isinstance(data.get("url"), str) or not data["url"]:
        return None
    return ConfigFile(
        file_name=str(data.get("fileName", "")),
        url=data["url"],
        size=to_integer(data.get("size")),
        sha256=str(data.get("sha256", "")).lower(),
        product_id=str(data.get("pid", "")),
    )
