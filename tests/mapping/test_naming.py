"""Readable names of codes."""

import pytest

from custom_components.iot_gateway.mapping.naming import readable_name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("cur_power_2", "Current power 2"),
        ("tempSet", "Temperature set"),
        ("va_humidity", "Current humidity"),
        ("pm25_value", "PM2.5 value"),
        ("ch2o_value", "CH₂O value"),
        ("co2", "CO₂"),
        ("switch_led", "Switch LED"),
        ("basicWDR", "Basic wdr"),
        ("temper_alarm", "Tamper alarm"),
        ("-/--", "-/--"),
        ("Channel+", "Channel +"),
        ("Channel-", "Channel -"),
        ("开关", "开关"),
        ("", ""),
        ("_", "_"),
    ],
)
def test_readable_name(code: str, name: str) -> None:
    """Words are split, abbreviations written out, and a code with no word in it stays what it is."""
    assert readable_name(code) == name
