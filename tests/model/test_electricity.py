"""Voltage, current and power out of one data point; the values are what real meters reported."""

from base64 import b64decode

import pytest

from custom_components.iot_gateway.model.electricity import QUANTITIES, phase_part

BREAKER = b64decode("CKMAAn0AAGw=")
LONG = bytes.fromhex("08fc 00d264 00254c 000001 0025 4d 4d")
JSON = {
    "voltage": 230.1,
    "electricCurrent": 53.86,
    "power": 9.548,
    "reactivePower": 0.0,
    "apparentPower": 0.0,
    "powerFactor": 0.77,
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (BREAKER, (221.1, 0.637, 0.108, None, None, None)),
        (LONG, (230.0, 53.86, 9.548, 0.001, 9.549, 0.77)),
        (JSON, (230.1, 53.86, 9.548, 0.0, 0.0, 0.77)),
        ({"electricCurrent": 5.62, "power": 1, "voltage": "much"}, (None, 5.62, 1, None, None, None)),
        (b"", (None,) * 6),
        (b"\x08\xfc", (230.0, None, None, None, None, None)),
        (bytes.fromhex("010f") + LONG[:15], (230.0, 53.86, 9.548, 0.001, 9.549, 0.77)),
        (bytes.fromhex("020f") + LONG[:15] + b"\x0b", (230.0, -53.86, -9.548, 0.001, 9.549, -0.77)),
        (bytes.fromhex("020f") + LONG[:15] + b"\x04", (230.0, 53.86, 9.548, -0.001, 9.549, 0.77)),
        (BREAKER.hex(), (221.1, 0.637, 0.108, None, None, None)),
        ("CKMAAn0AAGw=", (221.1, 0.637, 0.108, None, None, None)),
        ('{"voltage":230.5,"current":1.5,"activePower":0.3}', (230.5, 1.5, 0.3, None, None, None)),
        ({"power_factor": 0.9, "reactive_power": 0.1}, (None, None, None, 0.1, None, 0.9)),
        ("null", (None,) * 6),
        ("", (None,) * 6),
        ("not decoded", (None,) * 6),
        (7, (None,) * 6),
        ({"power": True}, (None,) * 6),
    ],
)
def test_parts(value: object, expected: tuple[float | None, ...]) -> None:
    """Both forms give volts, amperes, kilowatts, kilovars, kilovolt-amperes and the factor; what is short gives None."""
    assert tuple(phase_part(quantity)(value) for quantity in QUANTITIES) == expected  # type: ignore[arg-type]


def test_unknown_quantity() -> None:
    """A misspelt quantity in a table is found when the table is loaded."""
    with pytest.raises(KeyError):
        phase_part("colour")
