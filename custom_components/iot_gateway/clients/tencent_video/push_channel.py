"""Where the cloud pushes what devices of a product report (DescribePushChannel, ModifyPushChannel; protocol page 1.4).

A product has one channel. One that is there belongs to somebody: nothing here replaces it.
"""

from dataclasses import dataclass, field

from .api import TencentApi
from .errors import NotFound, TencentError
from .loose import as_text


class ChannelTaken(TencentError):
    """The product already pushes to somewhere else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PushChannel:
    """Where a product pushes to: `type` is `forward` (HTTP) or `ckafka`. `token` signs what is forwarded."""

    type: str
    address: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


async def get_push_channel(api: TencentApi, product_id: str) -> PushChannel | None:
    """Return the channel of a product, None where it has none; raises TencentError."""
    try:
        answer = await api.call("DescribePushChannel", {"ProductId": product_id})
    except NotFound:
        return None
    channel = PushChannel(
        type=as_text(answer.get("Type")),
        address=as_text(answer.get("ForwardAddress")),
        token=as_text(answer.get("ForwardKey")),
    )
    # A queue counts also where the cloud does not tell which: what is there must not be overwritten
    queue = channel.type not in {"", "forward"} or any(
        as_text(answer.get(name)) for name in ("CKafkaInstance", "CKafkaTopic")
    )
    return channel if queue or channel.address else None


async def set_forward(api: TencentApi, product_id: str, address: str, token: str) -> None:
    """Have a product that pushes nowhere yet push to `address`, signed by `token`.

    Raises ChannelTaken where it pushes to another address, or another TencentError. Where it is ours already the token is set.
    """
    channel = await get_push_channel(api, product_id)
    if channel is not None and (channel.type != "forward" or channel.address != address):
        raise ChannelTaken("The product already has a push channel")
    await api.call(
        "ModifyPushChannel",
        {"ProductId": product_id, "Type": "forward", "ForwardAddress": address, "ForwardKey": token},
    )
