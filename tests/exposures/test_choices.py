"""Which choice stands for which option, by their names."""

import pytest

from custom_components.iot_gateway.exposures.choices import normalized, propose_choices


@pytest.mark.parametrize(
    ("options", "choices", "expected"),
    [
        (("heat", "cool", "fan_only", "dry", "auto"), ("auto", "cold", "hot", "wet", "wind"), {"heat": "hot", "cool": "cold", "fan_only": "wind", "dry": "wet", "auto": "auto"}),
        (("heat_cool", "heat"), ("auto", "hot"), {"heat_cool": "auto", "heat": "hot"}),
        (("on", "off"), ("opened", "closed"), {"on": "opened", "off": "closed"}),
        (("on", "off"), ("pir", "none"), {"on": "pir", "off": "none"}),
        (("on", "off"), ("1", "0"), {"on": "1", "off": "0"}),
        (("on", "off"), ("presence", "none"), {"on": "presence", "off": "none"}),
        (("on", "off"), ("alarm", "normal"), {"on": "alarm", "off": "normal"}),
        (("locked", "unlocked"), ("open", "close"), {"locked": "close", "unlocked": "open"}),
        (("home", "not_home"), ("presence", "none"), {"home": "presence", "not_home": "none"}),
        (("open", "stop", "close"), ("open", "stop", "close", "continue"), {"open": "open", "stop": "stop", "close": "close"}),
        (("open", "stop", "close"), ("FZ", "STOP", "ZZ"), {"open": "FZ", "stop": "STOP", "close": "ZZ"}),
        (("low", "medium", "high"), ("low", "middle", "high", "auto"), {"low": "low", "medium": "middle", "high": "high"}),
        (("disarmed", "armed_home", "armed_away"), ("disarmed", "arm", "home", "sos"), {"disarmed": "disarmed", "armed_home": "home", "armed_away": "arm"}),
        (("start", "pause", "return_to_base"), ("smart", "chargego", "pause"), {"start": "smart", "pause": "pause", "return_to_base": "chargego"}),
        (("single", "double", "long"), ("single_click", "double_click", "long_press"), {"single": "single_click", "double": "double_click", "long": "long_press"}),
        (("white", "color"), ("white", "colour", "scene"), {"white": "white", "color": "colour"}),
        (("Light Speed",), ("lightSpeed",), {"Light Speed": "lightSpeed"}),
        (("red", "blue"), ("green",), {}),
        ((), ("green",), {}),
        (("red",), (), {}),
    ],
)  # fmt: skip
def test_propose(options: tuple[str, ...], choices: tuple[str, ...], expected: dict[str, str]) -> None:
    """By the same name first, then by one for the same thing; no choice twice."""
    found = propose_choices(options, choices)
    assert found == expected
    assert list(found) == [option for option in options if option in expected]
    assert len(set(found.values())) == len(found)


def test_normalized() -> None:
    """Case, camels, blanks and hyphens are no difference."""
    assert {normalized(name) for name in ("FanOnly", "fan_only", "Fan only", "fan-only", "FAN ONLY ")} == {"fan_only"}
