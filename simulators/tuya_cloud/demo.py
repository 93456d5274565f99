"""What is in the demo's cloud: cameras of every kind and some ordinary devices, of two app accounts.

A model, not a recording: the data points follow Tuya's standard instruction sets, the devices are made up.
"""

import hashlib
import json
from pathlib import Path

from simulators.tuya_gateway.demo import demo_home
from simulators.tuya_gateway.demo.points import Point, ro, rw, wo
from simulators.tuya_gateway.device import BadDescription
from simulators.tuya_gateway.schema import boolean, enum, integer, raw, string

from .devices import DEFAULT_UID, H264, H265, Camera, CloudDevice, make_skill

SECOND_UID = "eu1700000000002demo"
SHARED_WITH_GATEWAY = "Living room ceiling light"
"""What is behind the demo home's gateway, too: the same device, with its id."""

_EIGHT_WAYS = ("0", "1", "2", "3", "4", "5", "6", "7")


def demo_cloud() -> list[CloudDevice]:
    """Return the demo's devices, new objects with every call; one of them is offline."""
    return [*demo_cameras(), *ordinary_devices()]


def demo_cameras() -> list[CloudDevice]:
    """Return cameras of every kind, and a recorder that one of them is behind.

    Mains with PTZ; battery doorbell; HEVC with an H264 sub-stream; HEVC only; without WebRTC; a channel of the recorder; and a
    battery camera of another account that says nothing of its streams.
    """
    recorder = make_device(
        "Network video recorder",
        "nvr",
        ro(string("sd_storge"), "976762584|402653184|574109400"),
        ro(integer("sd_status", 1, 5), 1),
        model="NVR-4",
    )
    return [
        make_device(
            "Living room camera",
            "sp",
            *_basics(),
            *_ptz(),
            *_card(),
            rw(boolean("motion_tracking"), False),
            rw(boolean("siren_switch"), False),
            camera=Camera(),
            model="IPC-PT-2MP",
            product_name="Indoor Pan/Tilt Camera",
        ),
        make_device(
            "Front door",
            "dghsxj",
            rw(boolean("basic_indicator"), True),
            rw(boolean("basic_private"), False),
            rw(enum("basic_nightvision", "0", "1", "2"), "0"),
            rw(integer("basic_device_volume", 1, 10), 6),
            rw(enum("pir_switch", "0", "1", "2", "3"), "2"),
            ro(boolean("wireless_awake"), False),
            ro(integer("wireless_electricity", 0, 100, "%"), 78),
            ro(enum("wireless_powermode", "0", "1"), "0"),
            rw(integer("wireless_lowpower", 10, 50, "%"), 20),
            ro(string("doorbell_active"), ""),
            ro(raw("doorbell_pic"), ""),
            ro(raw("movement_detect_pic"), ""),
            ro(string("alarm_message"), ""),
            camera=Camera(low_power=True, skill=make_skill(low_power=1, main=(1280, 720, H264))),
            model="DB-200",
            product_name="Video Doorbell",
        ),
        make_device(
            "Garden camera",
            "sp",
            *_basics(),
            *_card(),
            rw(boolean("floodlight_switch"), False),
            rw(integer("floodlight_lightness", 1, 100), 80),
            ro(string("initiative_message", 40_000), ""),
            camera=Camera(skill=make_skill(main=(2560, 1440, H265)), call_mode=(1,), hardware=(1,)),
            model="IPC-OUT-4MP",
            product_name="Outdoor Camera 2K",
        ),
        make_device(
            "Attic camera",
            "sp",
            *_basics(),
            camera=Camera(skill=make_skill(main=(2880, 1620, H265), sub=(640, 360, H265))),
            model="IPC-5MP",
            product_name="Indoor Camera 3K",
        ),
        make_device(
            "Garage camera",
            "sp",
            *_basics(),
            camera=Camera(
                supports_webrtc=False, moto_id=None, skill=None, call_mode=(1,), hardware=(1,), clarities=(4,)
            ),
            model="IPC-OLD",
            product_name="Smart Camera",
        ),
        recorder,
        make_device(
            "Driveway camera",
            "sp",
            rw(boolean("motion_switch"), True),
            rw(boolean("basic_osd"), True),
            ro(raw("movement_detect_pic"), ""),
            camera=Camera(skill=make_skill(webrtc=3), call_mode=(1,), hardware=(1,)),
            gateway_id=recorder.id,
            node_id="channel_2",
            model="NVR-CAM",
            product_name="NVR Channel",
        ),
        make_device(
            "Bird feeder",
            "sp_wnq",
            rw(boolean("motion_switch"), True),
            ro(integer("wireless_electricity", 0, 100, "%"), 55),
            ro(raw("movement_detect_pic"), ""),
            # Nothing of its streams, and no word of low power though it has a battery.
            camera=Camera(low_power=True, skill={"webrtc": 3}, moto_id="signaling14901"),
            uid=SECOND_UID,
            model="BF-1",
            product_name="Smart Bird Feeder",
        ),
    ]


def ordinary_devices() -> list[CloudDevice]:
    """Return a lamp, a plug, a sensor (offline), and one device that is behind the demo home's gateway, too."""
    shared = next(device for device in demo_home() if device.name == SHARED_WITH_GATEWAY)
    return [
        make_device(
            "Desk lamp",
            "dj",
            rw(boolean("switch_led"), True),
            rw(enum("work_mode", "white", "scene"), "white"),
            rw(integer("bright_value_v2", 10, 1000), 620),
            rw(integer("temp_value_v2", 0, 1000), 300),
            rw(integer("countdown_1", 0, 86400, "s"), 0),
            product_name="LED Desk Lamp",
        ),
        make_device(
            "Garage plug",
            "cz",
            rw(boolean("switch_1"), True),
            rw(integer("countdown_1", 0, 86400, "s"), 0),
            ro(integer("add_ele", 0, 50000, "kW·h", scale=3, step=100), 45),
            ro(integer("cur_current", 0, 30000, "mA"), 412),
            ro(integer("cur_power", 0, 80000, "W", scale=1), 921),
            ro(integer("cur_voltage", 0, 5000, "V", scale=1), 2301),
            product_name="Smart Plug 16A",
        ),
        make_device(
            "Shed climate",
            "wsdcg",
            ro(integer("va_temperature", -200, 600, "℃", scale=1), 87),
            ro(integer("va_humidity", 0, 100, "%"), 71),
            ro(integer("battery_percentage", 0, 100, "%"), 34),
            online=False,
            uid=SECOND_UID,
            product_name="Temperature and Humidity Sensor",
        ),
        CloudDevice(
            id=shared.id,
            category=shared.category,
            function=shared.function,
            status=shared.status,
            value=shared.value,
            name="Ceiling light (app)",
            product_name="Zigbee Ceiling Light RGBCW",
            model="CL-24W",
            gateway_id=_id("Zigbee gateway"),
            node_id=shared.id,
        ),
    ]


def make_device(
    name: str,
    category: str,
    *points: Point,
    camera: Camera | None = None,
    uid: str = DEFAULT_UID,
    online: bool = True,
    model: str = "",
    product_name: str = "",
    gateway_id: str = "",
    node_id: str = "",
) -> CloudDevice:
    """Return a device with an id as Wi-Fi devices have, always the same for the same name."""
    return CloudDevice(
        id=_id(name),
        category=category,
        function=[point.entry for point in points if point.writable],
        status=[point.entry for point in points if point.reported],
        value={point.entry["code"]: point.value for point in points if point.reported},
        online=online,
        name=name,
        uid=uid,
        model=model,
        product_name=product_name,
        gateway_id=gateway_id,
        node_id=node_id,
        camera=camera,
    )


def load_cloud(path: str | Path) -> list[CloudDevice]:
    """Return the devices of a JSON file (one device or a list) or of all *.json files of a directory, by file name.

    Each is a dump, see CloudDevice.from_dump; those of one id after the first are left out, as a cloud has each once. Raises
    BadDescription, which names the file, and OSError.
    """
    path = Path(path)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        message = f"{path}: no *.json in it"
        raise BadDescription(message)
    devices: dict[str, CloudDevice] = {}
    for file in files:
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            for dump in content if isinstance(content, list) else [content]:
                device = CloudDevice.from_dump(dump)
                devices.setdefault(device.id, device)
        except ValueError as err:
            message = f"{file}: {err}"
            raise BadDescription(message) from err
    return list(devices.values())


def _id(name: str) -> str:
    return "bf" + hashlib.sha256(name.encode()).hexdigest()[:20]


def _basics() -> tuple[Point, ...]:
    return (
        rw(boolean("basic_private"), False),
        rw(boolean("basic_flip"), False),
        rw(boolean("basic_indicator"), True),
        rw(boolean("basic_osd"), True),
        rw(enum("basic_nightvision", "0", "1", "2"), "0"),
        rw(boolean("motion_switch"), True),
        rw(enum("motion_sensitivity", "0", "1", "2"), "1"),
        ro(raw("movement_detect_pic"), ""),
        wo(boolean("device_restart")),
    )


def _ptz() -> tuple[Point, ...]:
    return (
        rw(enum("ptz_control", *_EIGHT_WAYS), "0"),
        rw(boolean("ptz_stop"), True),
        rw(enum("zoom_control", "0", "1"), "0"),
        rw(boolean("zoom_stop"), True),
        wo(boolean("ptz_calibration")),
    )


def _card() -> tuple[Point, ...]:
    return (
        rw(boolean("record_switch"), True),
        rw(enum("record_mode", "1", "2"), "1"),
        ro(string("sd_storge"), "31154688|8912896|22241792"),
        ro(integer("sd_status", 1, 5), 1),
        wo(boolean("sd_format")),
    )
