"""The demo's products: a camera, an NVR, a doorbell on a battery, a camera that stores pictures, a sensor and a plug."""

import random
import time
from typing import Any

from .devices import CAMERA, DOOR_LOCK, NEVER_ACTIVATED, OFFLINE, P2P_PROPERTY, Device, Product
from .storage import EVENT_ONLY, FULL_TIME, CloudStorage, StoredEvent
from .thing_model import (
    action,
    array,
    boolean,
    choice,
    decimal,
    event,
    initial,
    integer,
    model,
    param,
    property_,
    spec,
    string,
    string_choice,
    struct,
    timestamp,
)

CAMERA_PRODUCT = "CAM0SIM001"
NVR_PRODUCT = "NVR0SIM002"
DOORBELL_PRODUCT = "BEL0SIM003"
PICTURE_PRODUCT = "PIC0SIM004"
SENSOR_PRODUCT = "SEN0SIM005"
PLUG_PRODUCT = "PLG0SIM006"
OTHER_CATEGORY = 0

_DAY = 86_400
_HOUR = 3600
_YEAR = 365 * _DAY


def demo_products() -> list[Product]:
    """Return the products."""
    return [_camera(), _nvr(), _doorbell(), _picture_camera(), _sensor(), _plug()]


def demo_devices(now: float | None = None) -> list[Device]:
    """Return the devices, with recordings up to `now` (in seconds; None: now)."""
    at = int(time.time() if now is None else now)
    devices = [
        Device(
            product_id=CAMERA_PRODUCT,
            name="yard_camera",
            p2p=True,
            storage={None: _full_time("Yard", at)},
            answers={"format_sd_card": {"result": 0}, "locate": {"latitude": 48.2, "address": "Yard 1"}},
        ),
        Device(product_id=CAMERA_PRODUCT, name="garage_camera", p2p=True, storage={None: _expired("Garage", at)}),
        Device(product_id=CAMERA_PRODUCT, name="attic_camera", online=OFFLINE, p2p=True),
        Device(product_id=CAMERA_PRODUCT, name="boxed_camera", online=NEVER_ACTIVATED, login_time=0),
        Device(
            product_id=NVR_PRODUCT,
            name="hall_recorder",
            p2p=True,
            storage={channel: _events(f"Hall {channel}", at, "ts", channel=channel) for channel in range(3)},
        ),
        Device(
            product_id=DOORBELL_PRODUCT,
            name="front_door",
            p2p=True,
            low_power=True,
            online=OFFLINE,
            storage={None: _events("Front door", at, name="front_door", codec="hevc")},
        ),
        Device(product_id=PICTURE_PRODUCT, name="bird_feeder", p2p=True, storage={None: _pictures("Bird feeder", at)}),
        Device(product_id=SENSOR_PRODUCT, name="cellar_sensor"),
        Device(product_id=PLUG_PRODUCT, name="desk_plug"),
    ]
    products = {product.id: product for product in demo_products()}
    for device in devices:
        if device.online != NEVER_ACTIVATED:
            _fill(products[device.product_id], device, at)
    return devices


def _fill(product: Product, device: Device, at: int) -> None:
    """Give a device its first values."""
    for part in (product.model, product.category_model, product.net_type_model):
        for one in part.get("properties", ()):
            if one["id"] != P2P_PROPERTY:
                value = _START.get(one["id"], initial(one["define"]))
                device.data[one["id"]] = (value, at * 1000)
                device.history.append((one["id"], at * 1000, value))
    storage = next(iter(device.storage.values()), None)
    if storage is not None:
        device.data["_sys_cs_status"] = (int(storage.active(at)), at * 1000)
        device.data["_sys_cs_type"] = (storage.plan, at * 1000)
        device.data["_sys_cs_days"] = (storage.shift_duration // _DAY, at * 1000)
    device.statuses.append((at * 1000 - 5000, bool(device.online)))


_START: dict[str, Any] = {
    "dev_info": {"video_codec": "H264", "audio_codec": "AAC", "record_enable": 1},
    "battery": 87,
    "temperature": 18.5,
    "humidity": 62,
    "sd_card": {"total_mb": 30_436, "free_mb": 12_288, "status": 1},
    "volume": 40,
    "name_overlay": "Camera",
    "power_on": 1,
    "power": 12.4,
    "plan_mode": "eco",
    "last_seen": 1_760_000_000,
    "motion_zones": [1, 2],
    "firmware": "1.4.2",
}


# Products


def _system(category: int) -> dict[str, Any]:
    """Return what the category of cameras brings along: the system's own properties."""
    return model(
        "",
        category,
        property_(P2P_PROPERTY, "X-P2P information", string(1024)),
        property_("_sys_cs_status", "Cloud storage", boolean()),
        property_("_sys_cs_type", "Cloud storage plan", choice("none", "full time", "events")),
        property_("_sys_cs_days", "Cloud storage days", integer(0, 365, "d")),
        property_("_sys_video_call_status", "Video call", choice("idle", "calling", "talking"), "rw"),
        property_("_sys_audio_call_status", "Audio call", choice("idle", "calling", "talking"), "rw"),
        property_("_sys_userid", "Caller", string(64), "rw"),
    )


def _net() -> dict[str, Any]:
    return {"version": "1.0", "properties": [property_("signal", "Signal strength", integer(-120, 0, "dBm"))]}


def _camera_parts() -> tuple[dict[str, Any], ...]:
    return (
        property_("power_on", "Camera on", boolean(), "rw"),
        property_("motion_detection", "Motion detection", boolean(), "rw"),
        property_("sensitivity", "Sensitivity", choice("low", "medium", "high"), "rw"),
        property_("night_vision", "Night vision", choice("auto", "off", "on"), "rw"),
        property_("volume", "Volume", integer(0, 100, "%"), "rw"),
        property_("name_overlay", "Name in the picture", string(32), "rw"),
        property_("firmware", "Firmware", string(32)),
        property_("sd_card", "SD card", struct(
            spec("total_mb", "Size", integer(0, 1_000_000, "MB")),
            spec("free_mb", "Free", integer(0, 1_000_000, "MB")),
            spec("status", "Status", choice("none", "good", "broken")),
        )),
        property_("motion_zones", "Motion zones", array(integer(0, 9)), "rw"),
        property_("dev_info", "Codecs", struct(
            spec("video_codec", "Video codec", string(16)),
            spec("audio_codec", "Audio codec", string(16)),
            spec("record_enable", "Records", boolean()),
        )),
        event("motion", "Motion", param("zone", "Zone", integer(0, 9)), param("kind", "What", choice("object", "person", "animal")), kind="alert"),
        event("sd_fault", "SD card fault", param("code", "Code", integer(0, 99)), kind="fault"),
        event("started", "Started"),
        action("restart", "Restart"),
        action("format_sd_card", "Format the SD card", [param("quick", "Quick", boolean())], [param("result", "Result", choice("done", "failed"))]),
    )  # fmt: skip


def _camera() -> Product:
    return Product(
        id=CAMERA_PRODUCT,
        name="Pan and tilt camera",
        features=("ptz", "p2p", "cloud_storage"),
        description="Full-time storage",
        model=model(
            CAMERA_PRODUCT,
            CAMERA,
            *_camera_parts(),
            action("locate", "Where are you?", [], [param("latitude", "Latitude", decimal(-90, 90, "°")), param("address", "Address", string())]),
        ),
        category_model=_system(CAMERA),
        net_type_model=_net(),
    )  # fmt: skip


def _nvr() -> Product:
    return Product(
        id=NVR_PRODUCT,
        name="Recorder",
        net_type="ethernet",
        features=("nvr", "p2p", "cloud_storage"),
        model=model(NVR_PRODUCT, CAMERA, *_camera_parts(), property_("channels", "Channels", integer(0, 16))),
        category_model=_system(CAMERA),
    )


def _doorbell() -> Product:
    return Product(
        id=DOORBELL_PRODUCT,
        name="Doorbell",
        category_id=DOOR_LOCK,
        features=("p2p", "low_power", "cloud_storage"),
        model=model(
            DOORBELL_PRODUCT,
            DOOR_LOCK,
            property_("battery", "Battery", integer(0, 100, "%")),
            property_("locked", "Locked", boolean({"0": "open", "1": "locked"}), "rw"),
            property_("last_seen", "Last visitor", timestamp()),
            event("ring", "Doorbell", param("picture", "Picture", string(128))),
            event("battery_low", "Battery low", param("battery", "Battery", integer(0, 100, "%")), kind="alert"),
            action("chime", "Chime", [param("tune", "Tune", integer(1, 8)), param("volume", "Volume", integer(0, 100, "%"))], []),
        ),
        category_model=_system(DOOR_LOCK),
        net_type_model=_net(),
    )  # fmt: skip


def _picture_camera() -> Product:
    return Product(
        id=PICTURE_PRODUCT,
        name="Picture camera",
        net_type="cellular",
        features=("p2p", "picture_stream", "cloud_storage"),
        model=model(PICTURE_PRODUCT, CAMERA, *_camera_parts()),
        category_model=_system(CAMERA),
        net_type_model=_net(),
    )


def _sensor() -> Product:
    return Product(
        id=SENSOR_PRODUCT,
        name="Climate sensor",
        category_id=OTHER_CATEGORY,
        model=model(
            SENSOR_PRODUCT,
            OTHER_CATEGORY,
            property_("temperature", "Temperature", decimal(-40, 85, "°C")),
            property_("humidity", "Humidity", integer(0, 100, "%")),
            property_("leak", "Water", boolean({"0": "dry", "1": "wet"})),
            property_("battery", "Battery", integer(0, 100, "%")),
            property_("interval", "Interval", integer(10, 3600, "s", step=10), "rw"),
            event("leak_alarm", "Water alarm", param("level", "Level", decimal(0, 10, "mm")), kind="alert"),
        ),
    )


def _plug() -> Product:
    return Product(
        id=PLUG_PRODUCT,
        name="Plug",
        category_id=OTHER_CATEGORY,
        model=model(
            PLUG_PRODUCT,
            OTHER_CATEGORY,
            property_("power_on", "Plug", boolean(), "rw"),
            property_("power", "Power", decimal(0, 3680, "W")),
            property_("plan_mode", "Mode", string_choice({"eco": "Saving", "comfort": "Comfort"}), "rw"),
            property_("timer", "Timer", struct(spec("start", "Start", timestamp()), spec("enabled", "Enabled", boolean())), "rw"),
            action("toggle", "Toggle"),
        ),
        net_type_model=_net(),
    )  # fmt: skip


# Recordings


def _full_time(title: str, at: int) -> CloudStorage:
    """Three days of an hour after the other, without some, and today up to now; each event is recorded."""
    first = at - at % _HOUR - 3 * _DAY
    events = _motions("yard_camera", at, 40)
    hours = [(start, min(start + _HOUR - 60, at)) for start in range(first, at, _HOUR) if start // _HOUR % 7]
    between = [
        (one.start, one.end) for one in events if not any(start <= one.start and one.end <= end for start, end in hours)
    ]
    pieces: list[tuple[int, int]] = []
    for start, end in sorted(hours + between):
        if pieces and start <= pieces[-1][1]:
            pieces[-1] = pieces[-1][0], max(end, pieces[-1][1])
        else:
            pieces.append((start, end))
    return CloudStorage(plan=FULL_TIME, expires=at + _YEAR, title=title, pieces=pieces, events=events)


def _events(title: str, at: int, container: Any = "fmp4", *, channel: int | None = None, name: str = "", codec: Any = "h264") -> CloudStorage:  # fmt: skip
    storage = CloudStorage(
        plan=EVENT_ONLY, expires=at + _YEAR, title=title, container=container, codec=codec, shift_duration=30 * _DAY
    )
    for one in _motions(name or f"hall_recorder_{channel}", at, 12, seed=channel or 0):
        storage.add(one)
    return storage


def _pictures(title: str, at: int) -> CloudStorage:
    storage = CloudStorage(plan=EVENT_ONLY, expires=at + _YEAR, title=title, pictures=True)
    storage.events = _motions("bird_feeder", at, 8, seconds=8)
    return storage


def _expired(title: str, at: int) -> CloudStorage:
    """It had a plan until yesterday; what it recorded is still there."""
    storage = CloudStorage(plan=FULL_TIME, expires=at - _DAY, title=title)
    storage.pieces = [(at - 2 * _DAY, at - 2 * _DAY + _HOUR)]
    return storage


def _motions(name: str, at: int, count: int, *, seconds: int = 12, seed: int = 0) -> list[StoredEvent]:
    """Return events of the last three days, the more the nearer to now; the latest is two minutes ago."""
    chance = random.Random(f"{name}{seed}")
    ages = sorted({120, *(int(180 + 3 * _DAY * chance.random() ** 3) for _ in range(count - 1))}, reverse=True)
    return [
        StoredEvent(
            start=at - age,
            end=at - age + seconds,
            id="motion",
            thumbnail=f"{name}_{at - age}.jpg",
            status="Partial" if number % 9 == 4 else "Failed" if number % 9 == 7 else "Finished",
            data='{"zone": 1}' if number % 2 else "",
        )
        for number, age in enumerate(ages)
    ]
