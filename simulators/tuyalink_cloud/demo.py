"""Products and a device for the demo, tests and benchmarks: a gateway for the home, and what can be bound to it."""

from collections.abc import Iterable, Sequence
from typing import Any

from .devices import LinkDevice, Product
from .thing_model import ThingModel

type Json = dict[str, Any]

# Made up.
GATEWAY_PRODUCT = "gwdemo0000000001"
LIGHT_PRODUCT = "ltdemo0000000002"
SENSOR_PRODUCT = "thdemo0000000003"
SOCKET_PRODUCT = "skdemo0000000004"
COVER_PRODUCT = "cvdemo0000000005"
THERMOSTAT_PRODUCT = "tmdemo0000000006"
LOCK_PRODUCT = "lkdemo0000000007"
DEMO_DEVICE_ID = "6c51a0d3c0de71aa01gwxx"
DEMO_DEVICE_SECRET = "51a0d3c0de71f00d"  # noqa: S105


def bool_spec() -> Json:
    """Return the type of what is true or false."""
    return {"type": "bool", "typeDefaultValue": False}


def value_spec(least: int, most: int, *, scale: int = 0, step: int = 1, unit: str = "") -> Json:
    """Return the type of integers; a shown value is the integer / 10^scale."""
    return {"type": "value", "min": least, "max": most, "step": step, "scale": scale, "unit": unit}


def float_spec(least: float, most: float, *, unit: str = "", kind: str = "float") -> Json:
    """Return the type of numbers with a point."""
    return {"type": kind, "min": least, "max": most, "unit": unit}


def enum_spec(*choices: str) -> Json:
    """Return the type of texts to choose from."""
    return {"type": "enum", "range": list(choices)}


def string_spec(most: int = 255) -> Json:
    """Return the type of texts."""
    return {"type": "string", "maxlen": most}


def bitmap_spec(*labels: str) -> Json:
    """Return the type of faults."""
    return {"type": "bitmap", "maxlen": len(labels), "label": list(labels)}


def prop(ability: int, code: str, mode: str, spec: Json, name: str = "") -> Json:
    """Return a property."""
    return {
        "abilityId": ability,
        "code": code,
        "accessMode": mode,
        "name": name or code.replace("_", " ").capitalize(),
        "description": "",
        "typeSpec": spec,
    }


def event(ability: int, code: str, outputs: dict[str, Json], kind: str = "info") -> Json:
    """Return an event."""
    return {
        "abilityId": ability,
        "code": code,
        "eventType": kind,
        "name": code.replace("_", " ").capitalize(),
        "description": "",
        "outputParams": _parameters(outputs),
    }


def action(ability: int, code: str, inputs: dict[str, Json], outputs: dict[str, Json]) -> Json:
    """Return an action."""
    return {
        "abilityId": ability,
        "code": code,
        "name": code.replace("_", " ").capitalize(),
        "description": "",
        "inputParams": _parameters(inputs),
        "outputParams": _parameters(outputs),
    }


def make_model(
    model_id: str, properties: Sequence[Json] = (), events: Sequence[Json] = (), actions: Sequence[Json] = ()
) -> ThingModel:
    """Return a model of one service, the default one without a code."""
    service = {"code": "", "properties": list(properties), "events": list(events), "actions": list(actions)}
    return ThingModel({"modelId": model_id, "services": [service]})


def demo_products() -> list[Product]:
    """Return the demo's products, new ones each time."""
    return [
        Product(id=GATEWAY_PRODUCT, name="Home", gateway=True, model=_home(), config=b'{"interval": 60}'),
        Product(id=LIGHT_PRODUCT, name="Light", sub_device=True, model=_light()),
        Product(id=SENSOR_PRODUCT, name="Climate sensor", sub_device=True, model=_sensor()),
        Product(id=SOCKET_PRODUCT, name="Socket", sub_device=True, model=_socket()),
        Product(id=COVER_PRODUCT, name="Cover", sub_device=True, model=_cover()),
        Product(id=THERMOSTAT_PRODUCT, name="Thermostat", sub_device=True, model=_thermostat()),
        Product(id=LOCK_PRODUCT, name="Lock", sub_device=True, model=_lock()),
    ]


def demo_devices(products: Iterable[Product] | None = None) -> list[LinkDevice]:
    """Return the demo's gateway, of the first of `products` that is for gateways."""
    product = next(one for one in products or demo_products() if one.gateway)
    return [LinkDevice(id=DEMO_DEVICE_ID, product=product, secret=DEMO_DEVICE_SECRET)]


def synthetic_product(count: int, *, product_id: str = "syndemo000000008") -> Product:
    """Return a gateway's product with `count` properties, "number_1" … from -1000 to 1000 with one decimal, reported and sent."""
    properties = [
        prop(index, f"number_{index}", "rw", value_spec(-10_000, 10_000, scale=1)) for index in range(1, count + 1)
    ]
    return Product(id=product_id, name="Numbers", gateway=True, model=make_model("0000sim008", properties))


def _parameters(specs: dict[str, Json]) -> list[Json]:
    return [{"code": code, "name": code, "typeSpec": spec} for code, spec in specs.items()]


def _home() -> ThingModel:
    return make_model(
        "0000sim001",
        [
            prop(1, "switch_1", "rw", bool_spec(), "Switch 1"),
            prop(2, "switch_2", "rw", bool_spec(), "Switch 2"),
            prop(3, "bright_value", "rw", value_spec(10, 1000), "Brightness"),
            prop(4, "work_mode", "rw", enum_spec("white", "colour", "scene", "music"), "Mode"),
            prop(5, "temp_current", "ro", value_spec(-400, 1250, scale=1, unit="℃"), "Temperature"),
            prop(6, "humidity_value", "ro", value_spec(0, 100, unit="%"), "Humidity"),
            prop(7, "temp_set", "rw", value_spec(50, 350, scale=1, step=5, unit="℃"), "Target temperature"),
            prop(8, "cur_power", "ro", value_spec(0, 99_999, scale=1, unit="W"), "Power"),
            prop(9, "illuminance", "ro", float_spec(0, 200_000, unit="lux"), "Illuminance"),
            prop(10, "air_pressure", "ro", float_spec(300, 1200, unit="hPa", kind="double"), "Pressure"),
            prop(11, "doorcontact_state", "ro", bool_spec(), "Door"),
            prop(12, "presence_state", "ro", enum_spec("none", "presence"), "Presence"),
            prop(13, "control", "rw", enum_spec("open", "stop", "close"), "Cover"),
            prop(14, "percent_control", "rw", value_spec(0, 100, unit="%"), "Cover position"),
            prop(15, "fan_speed_enum", "rw", enum_spec("low", "middle", "high"), "Fan speed"),
            prop(16, "lock_motor_state", "rw", bool_spec(), "Lock"),
            prop(17, "display_text", "rw", string_spec(64), "Text"),
            prop(18, "fault", "ro", bitmap_spec("e1", "e2", "e3"), "Fault"),
            prop(19, "last_seen", "ro", {"type": "date"}, "Last seen"),
            prop(20, "factory_reset", "wr", bool_spec(), "Factory reset"),
        ],
        [
            event(101, "button_pressed", {"kind": enum_spec("single", "double", "long")}),
            event(102, "doorbell", {}, "warn"),
            event(
                103, "alarm", {"zone": string_spec(32), "level": value_spec(0, 3), "time": {"type": "date"}}, "fault"
            ),
        ],
        [
            action(201, "run_scene", {"name": string_spec(64)}, {"started": bool_spec()}),
            action(202, "open_for", {"minutes": value_spec(1, 120)}, {"until": {"type": "date"}}),
            action(203, "restart", {}, {}),
        ],
    )


def _light() -> ThingModel:
    return make_model(
        "0000sim002",
        [
            prop(20, "switch_led", "rw", bool_spec(), "Light"),
            prop(21, "work_mode", "rw", enum_spec("white", "colour"), "Mode"),
            prop(22, "bright_value_v2", "rw", value_spec(10, 1000), "Brightness"),
            prop(23, "temp_value_v2", "rw", value_spec(0, 1000), "Colour temperature"),
        ],
    )


def _sensor() -> ThingModel:
    return make_model(
        "0000sim003",
        [
            prop(1, "va_temperature", "ro", value_spec(-200, 600, scale=1, unit="℃"), "Temperature"),
            prop(2, "va_humidity", "ro", value_spec(0, 1000, scale=1, unit="%"), "Humidity"),
            prop(3, "battery_percentage", "ro", value_spec(0, 100, unit="%"), "Battery"),
            prop(4, "battery_state", "ro", enum_spec("low", "middle", "high"), "Battery state"),
        ],
        [event(101, "moved", {"strength": float_spec(0, 10, unit="g")})],
    )


def _socket() -> ThingModel:
    return make_model(
        "0000sim004",
        [
            prop(1, "switch_1", "rw", bool_spec(), "Switch"),
            prop(9, "countdown_1", "rw", value_spec(0, 86_400, unit="s"), "Countdown"),
            prop(17, "add_ele", "ro", value_spec(0, 50_000, scale=3, unit="kW·h"), "Energy"),
            prop(18, "cur_current", "ro", value_spec(0, 30_000, unit="mA"), "Current"),
            prop(19, "cur_power", "ro", value_spec(0, 50_000, scale=1, unit="W"), "Power"),
            prop(20, "cur_voltage", "ro", value_spec(0, 5_000, scale=1, unit="V"), "Voltage"),
        ],
    )


def _cover() -> ThingModel:
    return make_model(
        "0000sim005",
        [
            prop(1, "control", "rw", enum_spec("open", "stop", "close"), "Control"),
            prop(2, "percent_control", "rw", value_spec(0, 100, unit="%"), "Target position"),
            prop(3, "percent_state", "ro", value_spec(0, 100, unit="%"), "Position"),
        ],
    )


def _thermostat() -> ThingModel:
    return make_model(
        "0000sim006",
        [
            prop(1, "switch", "rw", bool_spec(), "Switch"),
            prop(2, "mode", "rw", enum_spec("auto", "hot", "cold", "wind"), "Mode"),
            prop(16, "temp_set", "rw", value_spec(50, 350, scale=1, step=5, unit="℃"), "Target temperature"),
            prop(24, "temp_current", "ro", value_spec(-200, 600, scale=1, unit="℃"), "Temperature"),
        ],
    )


def _lock() -> ThingModel:
    return make_model(
        "0000sim007",
        [
            prop(1, "lock_motor_state", "rw", bool_spec(), "Unlocked"),
            prop(2, "residual_electricity", "ro", value_spec(0, 100, unit="%"), "Battery"),
        ],
        [event(101, "unlocked", {"who": string_spec(32)})],
        [action(201, "unlock_for", {"seconds": value_spec(1, 60)}, {"done": bool_spec()})],
    )
