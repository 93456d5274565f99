"""Homes from files, and homes of any size.

A model of the documented protocol, not of a real gateway.
"""

import json
from pathlib import Path

from .device import BadDescription, SimulatedDevice
from .schema import Entry, boolean, enum, integer, string


def load_home(path: str | Path) -> list[SimulatedDevice]:
    """Return the devices of a JSON file (one device or a list) or of all *.json files of a directory, by file name.

    Each is an object in the gateway's own form, see SimulatedDevice.from_dump. Raises BadDescription, which names the file,
    also for two devices of one id, and OSError.
    """
    path = Path(path)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        message = f"{path}: no *.json in it"
        raise BadDescription(message)
    devices: dict[str, SimulatedDevice] = {}
    for file in files:
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            loaded = [SimulatedDevice.from_dump(dump) for dump in (content if isinstance(content, list) else [content])]
        except ValueError as err:
            message = f"{file}: {err}"
            raise BadDescription(message) from err
        for device in loaded:
            if device.id in devices:
                message = f"{file}: a second device {device.id}"
                raise BadDescription(message)
            devices[device.id] = device
    return list(devices.values())


def synthetic_home(devices: int, data_points: int = 20) -> list[SimulatedDevice]:
    """Return `devices` devices of `data_points` data points each, for benchmarks.

    The category is one that nobody knows ("synth"), so that each data point becomes an entity of its type and nothing else.
    In turn they are: sensor (Integer, read-only), switch (Boolean), number (Integer), enum sensor, binary sensor, select,
    sensor with a scale, text; their codes end in their index.
    """
    return [_synthetic_device(index, data_points) for index in range(devices)]


def _synthetic_device(index: int, data_points: int) -> SimulatedDevice:
    device = SimulatedDevice(id=f"5e{index:014x}", category="synth", name=f"Synthetic {index}")
    for point in range(data_points):
        entry, value, writable = _synthetic_point(point)
        device.status.append(entry)
        if writable:
            device.function.append(entry)
        device.value[entry["code"]] = value
    return device


def _synthetic_point(point: int) -> tuple[Entry, object, bool]:
    match point % 8:
        case 0:
            return integer(f"level_{point}", 0, 1000), 100 + point, False
        case 1:
            return boolean(f"relay_{point}"), False, True
        case 2:
            return integer(f"target_{point}", 0, 100, "%"), 50, True
        case 3:
            return enum(f"phase_{point}", "idle", "busy", "done"), "idle", False
        case 4:
            return boolean(f"contact_{point}"), False, False
        case 5:
            return enum(f"choice_{point}", "low", "middle", "high"), "low", True
        case 6:
            return integer(f"reading_{point}", -400, 1000, "℃", scale=1), 215, False
        case _:
            return string(f"label_{point}", 64), f"text {point}", True
