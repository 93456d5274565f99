"""Sensors of air, light, presence and plants; one of them is out of reach."""

from ..device import SimulatedDevice
from ..schema import boolean, enum, integer
from .points import device, ro, rw


def sensors() -> list[SimulatedDevice]:
    """Return hjjcy, co2bj, wsdcg, ldcg, pir, hps and zwjcy devices."""
    return [
        device(
            "Living room air quality",
            "hjjcy",
            ro(enum("air_quality_index", "level_1", "level_2", "level_3", "level_4"), "level_1"),
            ro(integer("temp_current", -400, 2000, "℃", scale=1), 214),
            ro(integer("humidity_value", 0, 1000, "%", scale=1), 462),
            ro(integer("co2_value", 0, 10000, "ppm"), 612),
            ro(integer("ch2o_value", 0, 9999, "mg/m³", scale=3), 12),
            ro(integer("voc_value", 0, 9999, "mg/m³", scale=3), 96),
            ro(integer("pm25_value", 0, 999, "ug/m³"), 8),
            ro(integer("pm1", 0, 999, "ug/m³"), 5),
            ro(integer("pm10", 0, 999, "ug/m³"), 11),
            rw(enum("alarm_volume", "low", "middle", "high", "mute"), "middle"),
            ro(integer("battery_percentage", 0, 100, "%"), 100),
            ro(boolean("charge_state"), True),
        ),
        device(
            "Office CO2 detector",
            "co2bj",
            ro(enum("co2_state", "alarm", "normal"), "normal"),
            ro(integer("co2_value", 0, 5000, "ppm"), 734),
            ro(integer("temp_current", -9, 199, "℃"), 22),
            ro(integer("humidity_value", 0, 100, "%"), 44),
            rw(enum("alarm_volume", "low", "middle", "high", "mute"), "low"),
            rw(integer("alarm_time", 1, 60, "s"), 10),
            rw(boolean("alarm_switch"), True),
            ro(enum("checking_result", "checking", "check_success", "check_failure", "others"), "check_success"),
            ro(integer("battery_percentage", 0, 100, "%"), 82),
        ),
        device(
            "Nursery climate",
            "wsdcg",
            ro(integer("va_temperature", -200, 600, "℃", scale=1), 218),
            ro(integer("va_humidity", 0, 100, "%"), 45),
            ro(integer("battery_percentage", 0, 100, "%"), 93),
            rw(enum("temp_unit_convert", "c", "f"), "c"),
            rw(integer("maxtemp_set", -200, 600, "℃", scale=1), 390),
            rw(integer("minitemp_set", -200, 600, "℃", scale=1), 0),
            rw(integer("maxhum_set", 0, 100, "%"), 60),
            rw(integer("minihum_set", 0, 100, "%"), 20),
            ro(enum("temp_alarm", "loweralarm", "upperalarm", "cancel"), "cancel"),
            ro(enum("hum_alarm", "loweralarm", "upperalarm", "cancel"), "cancel"),
            rw(integer("temp_sensitivity", 3, 20, "℃", scale=1), 6),
        ),
        device(
            "Balcony climate",
            "wsdcg",
            ro(integer("va_temperature", -200, 600, "℃", scale=1), 94),
            ro(integer("va_humidity", 0, 100, "%"), 71),
            ro(enum("battery_state", "low", "middle", "high"), "high"),
        ),
        device(
            "Attic climate",
            "wsdcg",
            ro(integer("va_temperature", -200, 600, "℃", scale=1), 131),
            ro(integer("va_humidity", 0, 100, "%"), 58),
            ro(integer("battery_percentage", 0, 100, "%"), 3),
            online=False,
        ),
        device(
            "Terrace light sensor",
            "ldcg",
            ro(integer("bright_value", 0, 10000, "lux"), 2300),
            ro(integer("battery_percentage", 0, 100, "%"), 86),
        ),
        device(
            "Hallway motion",
            "pir",
            ro(enum("pir", "pir", "none"), "none"),
            ro(integer("battery_percentage", 0, 100, "%"), 74),
            ro(boolean("temper_alarm"), False),
            rw(enum("pir_sensitivity", "low", "middle", "high"), "middle"),
            rw(enum("pir_time", "30s", "60s", "120s"), "30s"),
        ),
        device(
            "Office presence",
            "hps",
            ro(enum("presence_state", "none", "presence"), "presence"),
            ro(integer("illuminance_value", 0, 10000, "lux"), 320),
            ro(integer("target_dis_closest", 0, 1000, "cm"), 142),
            rw(integer("sensitivity", 0, 9), 7),
            rw(integer("near_detection", 0, 1000, "cm", step=5), 0),
            rw(integer("far_detection", 0, 1000, "cm", step=5), 600),
        ),
        device(
            "Ficus",
            "zwjcy",
            ro(integer("humidity", 0, 100, "%"), 41),
            ro(integer("temp_current", -200, 1400, "℃", scale=1), 207),
            rw(enum("temp_unit_convert", "c", "f"), "c"),
            ro(enum("battery_state", "low", "middle", "high"), "middle"),
            ro(integer("battery_percentage", 0, 100, "%"), 52),
        ),
    ]
