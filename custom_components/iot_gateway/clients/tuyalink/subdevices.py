"""Sub-devices of a gateway: bound, on and off line, listed and unbound (protocols page B3, "Sub-devices").

Bound are they by dynamic discovery (flow 1 of three, which must not be mixed): registered and linked in one step, without a
certificate of their own. Their state online is the gateway's to tell, anew after each rejoin.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from . import topics
from .errors import BindRefused, CloudRefused, MessageInvalid
from .messages import Message, encode, to_integer
from .packing import ROOM, pack

if TYPE_CHECKING:
    from .link import TuyaLink

MOST_AT_ONCE: Final = 100
"""Sub-devices in one message of bind, login and logout."""
_SERVICE_ERROR: Final = 1001
_MOST_PAGES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SubDevice:
    """A sub-device as the cloud has it; `client_id` is what the gateway bound it by."""

    device_id: str
    product_id: str
    client_id: str
    index_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyChange:
    """Device ids of sub-devices that were linked to, or unlinked from, the gateway elsewhere: in the app or the console."""

    added: tuple[str, ...]
    deleted: tuple[str, ...]


def parse_topology_change(message: Message) -> TopologyChange:
    """Return what a message on `device/topo/change` says; raises MessageInvalid.

    Its payload is not documented. Tuya's own bridge reads `data.delDevIds`, of ids or of objects with a `deviceId`;
    `addDevIds` is what belongs to it.
    """
    data = message.data
    if not isinstance(data, dict):
        raise MessageInvalid("A change of the topology has no data")
    return TopologyChange(added=_device_ids(data.get("addDevIds")), deleted=_device_ids(data.get("delDevIds")))


async def bind(
    link: TuyaLink, devices: Iterable[tuple[str, str, str | None]], *, timeout: float = 20.0
) -> dict[tuple[str, str], str]:
    """Register sub-devices and link them to the gateway.

    Args:
        link: the gateway's.
        devices: product id, client id (unique within the product) and name of each; the name is an extension of Tuya's own
            bridge and left out where it is None.
        timeout: seconds that each answer may take; the cloud registers devices meanwhile.

    Returns:
        Device ids by product id and client id; those that the cloud did not bind are missing.

    Raises:
        BindRefused: the cloud refused, or bound none at all; it has those that were bound before.
        LinkLost, AnswerTimeout, MessageInvalid.
    """
    items = [
        {"productId": product_id, "clientId": client_id} | ({"deviceName": name} if name else {})
        for product_id, client_id, name in devices
    ]
    bound: dict[tuple[str, str], str] = {}
    for chunk in pack(((item, len(encode(item)) + 1) for item in items), room=ROOM, most=MOST_AT_ONCE):
        try:
            data = await _bind_chunk(link, chunk, timeout)
        except CloudRefused as err:
            raise BindRefused(err.code, err.what, bound) from None
        for entry in data if isinstance(data, list) else ():
            match entry:
                case {"productId": str(product_id), "clientId": str(client_id), "deviceId": str(device_id)}:
                    if topics.is_device_id(device_id):
                        bound[product_id, client_id] = device_id
    if items and not bound:
        raise BindRefused(0, "device/sub/bind", bound)
    return bound


async def _bind_chunk(link: TuyaLink, chunk: Sequence[Any], timeout: float) -> Any:
    try:
        return await link.request(topics.SUB_BIND, list(chunk), timeout=timeout)
    except CloudRefused as err:
        if err.code != _SERVICE_ERROR:
            raise
        # Tuya's own bridge tries once more
        return await link.request(topics.SUB_BIND, list(chunk), timeout=timeout)


async def login(link: TuyaLink, device_ids: Iterable[str]) -> None:
    """Tell that sub-devices are online, and hear what the cloud asks of them from before that; raises LinkLost.

    The cloud doesn't answer.
    """
    ids = list(dict.fromkeys(device_ids))
    await link.add_sub_devices(ids)
    await _tell(link, topics.SUB_LOGIN, ids)


async def logout(link: TuyaLink, device_ids: Iterable[str]) -> None:
    """Tell that sub-devices are offline; raises LinkLost. The cloud doesn't answer."""
    await _tell(link, topics.SUB_LOGOUT, list(dict.fromkeys(device_ids)))


async def get_topology(link: TuyaLink, *, page_size: int = 50, timeout: float = 10.0) -> list[SubDevice]:
    """Return the sub-devices that the cloud has linked to the gateway; raises LinkError.

    A page begins at `startId`, the `indexId` of the last device before. Whether that one comes again is not documented, so
    each device is taken once.
    """
    found: dict[str, SubDevice] = {}
    start: int | None = None
    for _ in range(_MOST_PAGES):
        data: dict[str, Any] = {"pageSize": page_size}
        if start is not None:
            data["startId"] = start
        answer = await link.request(topics.TOPO_GET, data, timeout=timeout)
        items = [item for item in answer if isinstance(item, dict)] if isinstance(answer, list) else []
        for item in items:
            if topics.is_device_id(device_id := item.get("deviceId")):
                _ = found.setdefault(
                    device_id,
                    SubDevice(
                        device_id=device_id,
                        product_id=str(item.get("productId") or ""),
                        client_id=str(item.get("clientId") or ""),
                        index_id=to_integer(item.get("indexId")),
                    ),
                )
        last = next((index for item in reversed(items) if (index := to_integer(item.get("indexId"))) is not None), None)
        if len(items) < page_size or last is None or (start is not None and last <= start):
            break
        start = last
    return list(found.values())


async def delete_topology(link: TuyaLink, device_ids: Iterable[str], *, timeout: float = 10.0) -> None:
    """Unlink sub-devices from the gateway; raises LinkError.

    The payload is not documented; it is taken to be a list of device ids, as in login and logout.
    """
    ids = list(dict.fromkeys(device_ids))
    for chunk in _chunks(ids):
        await link.request(topics.TOPO_DELETE, chunk, timeout=timeout)
        await link.remove_sub_devices(chunk)


async def _tell(link: TuyaLink, topic: topics.Topic, device_ids: list[str]) -> None:
    for chunk in _chunks(device_ids):
        await link.publish(topic, chunk)


def _chunks(device_ids: list[str]) -> list[list[str]]:
    return list(pack(((item, len(encode(item)) + 1) for item in device_ids), room=ROOM, most=MOST_AT_ONCE))


def _device_ids(items: Any) -> tuple[str, ...]:
    if not isinstance(items, list):
        return ()
    ids = (item.get("deviceId") if isinstance(item, dict) else item for item in items)
    return tuple(dict.fromkeys(item for item in ids if isinstance(item, str) and topics.is_device_id(item)))
