"""The demo's devices as the agent reaches them: those of the simulated cloud that have X-P2P."""

import time

from simulators.tencent_cloud import ONLINE, Device, Product, demo_devices, demo_products

from .card import demo_card
from .devices import AgentDevice, Camera
from .ptz import Ptz


def demo_agent_devices(now: float | None = None) -> list[AgentDevice]:
    """Return the devices, with records up to `now` (in seconds; None: now)."""
    at = time.time() if now is None else now
    products = {product.id: product for product in demo_products()}
    return [agent_device(products[one.product_id], one, at) for one in demo_devices(at) if one.p2p]


def agent_device(product: Product, device: Device, at: float) -> AgentDevice:
    """Return what is behind a device of the cloud: its cameras by its storage, all else by its product's features."""
    nvr = "nvr" in product.features
    pictures = "picture_stream" in product.features
    channels = device.channels or (0,)
    cameras = {}
    for channel in channels:
        storage = device.storage.get(channel if device.channels else None)
        words = device.name.replace("_", " ").capitalize()
        cameras[channel] = Camera(
            title=storage.title if nvr and storage is not None else words,
            name=f"{device.name}_{channel}" if nvr else "",
            codec="h264" if storage is None else storage.codec,
            ptz=Ptz() if "ptz" in product.features else None,
        )
    return AgentDevice(
        product_id=device.product_id,
        name=device.name,
        cameras=cameras,
        nvr=nvr,
        # An NVR sends what it records, and a smaller picture.
        qualities=("standard", "high") if nvr else ("standard", "high", "super"),
        talks=not pictures,
        pictures=pictures,
        low_power=device.low_power,
        online=device.online == ONLINE,
        card=None if pictures else demo_card(at, channels, seed=device.key),
        p2p_info=device.p2p_info,
    )
