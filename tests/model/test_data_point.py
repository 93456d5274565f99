"""Values in and out of data points."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.iot_gateway.model import Access, DataPoint, DataType, InvalidValue, is_secret


def point(data_type: DataType, **limits: Any) -> DataPoint:
    """Return a data point that can be read and set."""
    return DataPoint(**({"code": "dp", "type": data_type, "access": Access.READ_WRITE} | limits))


@pytest.mark.parametrize(
    ("raw", "value"),
    [(True, True), (False, False), ("true", True), ("False", False), ("1", True), (0, False), (1, True), ("on", True)],
)
def test_boolean_decodes_every_spelling(raw: Any, value: bool) -> None:
    """Devices send Booleans as themselves, as numbers and as text."""
    assert point(DataType.BOOLEAN).decode(raw) is value


@pytest.mark.parametrize("raw", ["maybe", 2, [], {}, ""])
def test_boolean_refuses_what_is_none(raw: Any) -> None:
    """What is neither is no Boolean."""
    with pytest.raises(InvalidValue, match="true or false"):
        point(DataType.BOOLEAN).decode(raw)


@pytest.mark.parametrize(
    ("scale", "raw", "value"),
    [(0, 5, 5), (1, 235, 23.5), (2, 2230, 22.3), (3, -5, -0.005), (0, "12", 12), (1, "7", 0.7)],
)
def test_integer_is_scaled(scale: int, raw: Any, value: float) -> None:
    """Shown is raw / 10^scale; the example of Tuya's page is cur_voltage 2230 at scale 2."""
    assert point(DataType.INTEGER, scale=scale).decode(raw) == value


def test_integer_without_scale_stays_an_integer() -> None:
    """A count of 5 is not 5.0."""
    assert repr(point(DataType.INTEGER).decode(5)) == "5"
    assert repr(point(DataType.INTEGER).decode(5.0)) == "5"


@pytest.mark.parametrize("raw", [True, "warm", None, [], float("nan"), float("inf"), "nan", "1e999"])
def test_integer_refuses_what_is_no_number(raw: Any) -> None:
    """A Boolean is no number either, although Python thinks so."""
    with pytest.raises(InvalidValue, match="a number"):
        point(DataType.INTEGER).decode(raw)


def test_integer_outside_its_range_has_no_value() -> None:
    """The range that counts is the reported one."""
    limited = point(DataType.INTEGER, minimum=10, maximum=20, lowest=0, highest=30)
    assert limited.decode(25) == 25
    with pytest.raises(InvalidValue) as caught:
        limited.decode(31)
    assert caught.value.reason == "range"
    with pytest.raises(InvalidValue):
        limited.decode(-1)


def test_integer_is_set_within_its_own_range() -> None:
    """What may be set is what the function says, in raw; errors speak in the unit."""
    limited = point(DataType.INTEGER, minimum=50, maximum=350, scale=1, unit="℃")
    assert limited.encode(23.5) == 235
    assert limited.encode("21") == 210
    assert limited.encode(0.1 + 22.9) == 230
    assert isinstance(limited.encode(23.5), int)
    with pytest.raises(InvalidValue, match="a number from 5 to 35 ℃"):
        limited.encode(36)
    with pytest.raises(InvalidValue, match="a number from 5 to 35 ℃"):
        limited.encode("hot")


def test_float_keeps_its_fraction() -> None:
    """A Float has no scale."""
    assert point(DataType.FLOAT).decode(1.25) == 1.25
    assert point(DataType.FLOAT).encode(1.25) == 1.25
    with pytest.raises(InvalidValue, match="from -∞ to ∞"):
        point(DataType.FLOAT).encode(None)


def test_enum_knows_its_options() -> None:
    """What may be reported can be more than what may be set."""
    enum = point(DataType.ENUM, options=("open", "close"), known=("open", "close", "opening"))
    assert enum.decode("opening") == "opening"
    assert enum.encode("open") == "open"
    with pytest.raises(InvalidValue, match="one of open, close$"):
        enum.encode("opening")
    with pytest.raises(InvalidValue, match="one of open, close, opening"):
        enum.decode("ajar")


def test_enum_with_numbers_for_options() -> None:
    """Some devices report the option's text as a number."""
    enum = point(DataType.ENUM, options=("0", "1"), known=("0", "1"))
    assert enum.decode(1) == "1"
    assert enum.encode(0) == "0"
    assert point(DataType.ENUM).decode("anything") == "anything"
    assert point(DataType.ENUM).encode("anything") == "anything"


def test_string_has_a_length() -> None:
    """Characters are counted."""
    text = point(DataType.STRING, maxlen=5)
    assert text.decode("längerer") == "längerer"
    assert text.encode("fünf") == "fünf"
    assert text.encode(12345) == "12345"
    with pytest.raises(InvalidValue, match="at most 5 characters"):
        text.encode("sechs!")
    assert point(DataType.STRING).describe_allowed() == "a text"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('{"h":0,"s":1000}', {"h": 0, "s": 1000}),
        ({"h": 0}, {"h": 0}),
        ("[1,2]", [1, 2]),
        ("no json", "no json"),
        ("", ""),
        ("null", "null"),
    ],
)
def test_json_comes_as_text_or_object(raw: Any, value: Any) -> None:
    """The seed allows an Object for v; Tuya's standard has JSON text."""
    assert point(DataType.JSON).decode(raw) == value
    assert point(DataType.STRUCT).decode(raw) == value


def test_json_goes_out_in_the_form_that_the_device_uses() -> None:
    """Text where that is not known."""
    json_point = point(DataType.JSON)
    assert json_point.encode({"h": 1, "s": 2}) == '{"h":1,"s":2}'
    assert json_point.encode({"h": 1}, like={"h": 0}) == {"h": 1}
    assert json_point.encode({"h": 1}, like='{"h":0}') == '{"h":1}'
    assert json_point.encode('{"h":1}', like={"h": 0}) == '{"h":1}'


def test_raw_is_base64() -> None:
    """Bytes in, text out, and the other way round."""
    raw = point(DataType.RAW)
    assert raw.decode("CPwAAEg=") == b"\x08\xfc\x00\x00\x48"
    assert raw.encode(b"\x08\xfc\x00\x00\x48") == "CPwAAEg="
    assert raw.encode("CPwAAEg=") == "CPwAAEg="
    for wrong in ("not base64!", 5, None):
        with pytest.raises(InvalidValue, match="base64"):
            raw.decode(wrong)
        with pytest.raises(InvalidValue, match="base64"):
            raw.encode(wrong)


def test_bitmap_names_its_bits() -> None:
    """Bit i is label i; bits beyond the labels are not lost."""
    bitmap = point(DataType.BITMAP, labels=("tankfull", "defrost"))
    assert bitmap.decode(0) == 0
    assert bitmap.faults(0) == ()
    assert bitmap.faults(0b1001) == ("tankfull", "bit_3")
    assert bitmap.encode(2) == 2
    for wrong in (-1, 1.5, "x"):
        with pytest.raises(InvalidValue):
            bitmap.decode(wrong)


def test_timestamp_in_seconds_and_milliseconds() -> None:
    """Both are met; which one the device uses is what it is answered in."""
    timestamp = point(DataType.TIMESTAMP)
    moment = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
    seconds = int(moment.timestamp())
    assert timestamp.decode(seconds) == moment
    assert timestamp.decode(seconds * 1000) == moment
    assert timestamp.encode(moment) == seconds
    assert timestamp.encode(moment, like=seconds * 1000) == seconds * 1000
    assert timestamp.encode(seconds) == seconds
    with pytest.raises(InvalidValue):
        timestamp.decode(10**30)


def test_read_only_points_cannot_be_set() -> None:
    """Whatever the value."""
    with pytest.raises(InvalidValue) as caught:
        point(DataType.BOOLEAN, access=Access.READ).encode(True)
    assert caught.value.reason == "read_only"
    assert not point(DataType.BOOLEAN, access=Access.READ).writable
    assert not point(DataType.BOOLEAN, access=Access.WRITE).reported


def test_errors_cut_long_values() -> None:
    """A picture in base64 has no place in a log."""
    with pytest.raises(InvalidValue) as caught:
        point(DataType.BOOLEAN).decode("x" * 500)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("code", "secret"),
    [
        ("remote_no_dp_key", True),
        ("temporary_password_creat", True),
        ("unlock_pwd", True),
        ("password1", True),
        ("keypad_lock", False),
        ("switch_1", False),
        ("key_tone", True),
        ("monkey_mode", False),
        ("spin", False),
    ],
)
def test_secrets_are_known_by_their_codes(code: str, secret: bool) -> None:
    """What opens a door has no place in an error, a log or a bug report."""
    assert is_secret(code) is secret
    with pytest.raises(InvalidValue) as caught:
        point(DataType.BOOLEAN, code=code).decode("4711")
    assert ("4711" in str(caught.value)) is not secret
    assert ("4711" in caught.value.value) is not secret


@pytest.mark.parametrize("data_type", list(DataType))
def test_every_type_says_what_it_allows(data_type: DataType) -> None:
    """For the errors that users read."""
    assert point(data_type).describe_allowed()


@pytest.mark.parametrize(
    ("data_type", "raw", "typed"),
    [
        (DataType.BOOLEAN, "true", True),
        (DataType.BOOLEAN, "False", False),
        (DataType.BOOLEAN, "perhaps", "perhaps"),
        (DataType.BOOLEAN, True, True),
        (DataType.INTEGER, "235", 235),
        (DataType.INTEGER, "-1.5", -1.5),
        (DataType.INTEGER, "nan", "nan"),
        (DataType.INTEGER, "warm", "warm"),
        (DataType.FLOAT, "1e2", 100.0),
        (DataType.BITMAP, "5", 5),
        (DataType.TIMESTAMP, "1589767589137", 1589767589137),
        (DataType.ENUM, "1", "1"),
        (DataType.STRING, "true", "true"),
        (DataType.JSON, '{"a": 1}', '{"a": 1}'),
        (DataType.RAW, "AQ==", "AQ=="),
    ],
)
def test_texts_take_the_form_of_their_type(data_type: DataType, raw: Any, typed: Any) -> None:
    """The message queue writes values as texts (seed 004); what the type cannot be stays what it came as."""
    taken = point(data_type).typed(raw)
    assert taken == typed
    assert type(taken) is type(typed)
