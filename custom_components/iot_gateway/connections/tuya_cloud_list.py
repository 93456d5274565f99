"""What a cloud's list says of a device, beside what is known of it."""

from dataclasses import replace

from ..clients.tuya_cloud.devices import CloudDevice
from ..model import Device
from ..sharing import Description
from .freshness import NAME, ONLINE, Freshness


def describe(device: CloudDevice) -> Description:
    """Return what a device is called; its model is the product's name, and what its maker calls it."""
    model = device.product_name or device.model
    if device.product_name and device.model and device.model not in device.product_name:
        model = f"{device.product_name} ({device.model})"
    return Description(name=device.name, model=model, product_id=device.product_id)


def is_news(listed: CloudDevice, present: Device | None, freshness: Freshness, asked_at: float) -> bool:
    """Whether a list that was asked for at a time says of a device what nobody told: see `QueueWatch`.

    `present` is the hub's device, None where it has none: then nothing is known of it that could be otherwise.
    """
    if present is None:
        return False
    known = present.schema.sent(present.state)
    points, renamed = present.schema.points, present.schema.renamed
    return any(
        code in known
        and known[code] != points[renamed.get(code, code)].typed(raw)
        and freshness.is_older(listed.id, code, asked_at)
        for code, raw in listed.status.items()
    )


def without_old(
    listed: CloudDevice, before: CloudDevice | None, present: Device | None, freshness: Freshness, asked_at: float
) -> CloudDevice:
    """Return a listed device without what messages told otherwise since the list was asked for.

    `before` is what was known of it by the list before and by messages, `present` the hub's device.
    """
    fresh = freshness.note_reading(listed.id, (*listed.status, ONLINE, NAME), asked_at)
    if len(fresh) == len(listed.status) + 2 or before is None:
        return listed
    known = before.status if present is None else present.schema.sent(present.state)
    return replace(
        listed,
        status={code: raw if code in fresh else known.get(code, raw) for code, raw in listed.status.items()},
        online=listed.online if ONLINE in fresh else before.online,
        name=listed.name if NAME in fresh else before.name,
    )
