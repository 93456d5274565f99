"""Readable names from the codes of data points that no table names."""

import re

_KNOWN = {
    "aqi": "AQI",
    "ch2o": "CH₂O",
    "ch4": "CH₄",
    "co": "CO",
    "co2": "CO₂",
    "dp": "DP",
    "f": "°F",
    "ip": "IP",
    "ir": "IR",
    "led": "LED",
    "lcd": "LCD",
    "pir": "PIR",
    "ph": "pH",
    "pm1": "PM1",
    "pm10": "PM10",
    "pm25": "PM2.5",
    "rgb": "RGB",
    "sd": "SD",
    "sn": "SN",
    "sos": "SOS",
    "tds": "TDS",
    "tvoc": "TVOC",
    "usb": "USB",
    "uv": "UV",
    "voc": "VOC",
    "wifi": "Wi-Fi",
    "abs": "absolute",
    "alm": "alarm",
    "bat": "battery",
    "bright": "brightness",
    "calibrate": "calibration",
    "coe": "coefficient",
    "cur": "current",
    "ele": "energy",
    "hum": "humidity",
    "humi": "humidity",
    "max": "maximum",
    "min": "minimum",
    "num": "number",
    "pct": "percent",
    "sensitivity": "sensitivity",
    "sta": "status",
    "temp": "temperature",
    "temper": "tamper",
    "va": "current",
    "vol": "volume",
}
_WORD = re.compile(r"[vV]\d+$|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")


def readable_name(code: str) -> str:
    """Return a name for a code: "cur_power_2" is "Current power 2", "tempSet" is "Temperature set"."""
    whole = code.lower().split("_")
    words: list[str] = []
    for part, lowered in zip(code.split("_"), whole, strict=True):
        if lowered in _KNOWN:
            words.append(_KNOWN[lowered])
        else:
            words.extend(_KNOWN.get(word.lower(), word.lower()) for word in _WORD.findall(part))
    name = " ".join(words) or code
    if words and code.endswith(("+", "-")):
        # Keys of remote controls: "Channel+" is not "Channel-"
        name += f" {code[-1:]}"
    return name[:1].upper() + name[1:]
