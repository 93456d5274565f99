"""JSON that is not quite JSON: all that comes of it can be stored and reckoned with."""

from typing import Any

import orjson
import pytest

from custom_components.iot_gateway.clients.tuya_cloud.lenient_json import loads, loads_object


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            r'{"name": "Lamp \ud83d", "\udca1": ["\ud83d\udca1", "\udca1\ud83d"]}',
            {"name": "Lamp \ufffd", "\ufffd": ["💡", "\ufffd\ufffd"]},
        ),
        ("[NaN, Infinity, -Infinity, 1e400, -1e400, 1, 1.5, true]", [None] * 5 + [1, 1.5, True]),
        # As orjson takes them where nothing else is odd
        (f"[NaN, {2**63}, {-(2**63)}, {2**64 - 1}, {2**70}]", [None, 2**63, -(2**63), 2**64 - 1, float(2**70)]),
        (f"[1{'0' * 400}, -1{'0' * 5000}, 1]", [None, None, 1]),
    ],
)
def test_values_can_be_stored(text: str, value: Any) -> None:
    """Half of a character, as where a name was cut, is none; a number without an end is unknown."""
    assert loads(text) == loads(text.encode()) == value
    assert orjson.loads(orjson.dumps(loads(text))) == value


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000 + "]" * 200_000, b"\xff", "{'a': 1}"])
def test_no_json(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="it is no JSON"):
        loads(text)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"{}"'])
def test_no_object(text: str) -> None:
    with pytest.raises(ValueError, match="no object"):
        loads_object(text)
