"""Codecs of texts and of moments."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any, Final, override

from homeassistant.util import dt as dt_util

from ...clients.tuyalink import TypeSpec
from ..errors import Unconvertible
from ..facet import Facet, Value
from ..remarks import Note, Obstacle
from .base import Codec, Found, number, shown, tidy

_MILLISECONDS_FROM: Final = 100_000_000_000
"""A moment at or above this counts milliseconds; in seconds it would be the year 5138."""


class TextCodec(Codec):
    """A text as it is, no longer than both sides take it."""

    def __init__(self, facet: Facet, spec: TypeSpec) -> None:
        """Take the lengths."""
        self._least = facet.minimum or 0
        self._most = facet.maximum
        self._their_most = spec.max_length

    @override
    def encode(self, value: Value) -> Any:
        text = str(value)
        if self._their_most is not None and len(text) > self._their_most:
            raise Unconvertible("text_too_long", {"length": str(len(text)), "most": str(self._their_most)})
        return text

    @override
    def decode(self, raw: Any) -> Value:
        if not isinstance(raw, str):
            raise Unconvertible("not_a_text", {"value": shown(raw)})
        if not self._least <= len(raw) <= (len(raw) if self._most is None else self._most):
            raise Unconvertible(
                "text_length", {"length": str(len(raw)), "range": f"{int(self._least)}-{int(self._most or 0) or '…'}"}
            )
        return raw


class RawTextCodec(Codec):
    """A text as bytes, which JSON has in Base64."""

    def __init__(self, text: TextCodec, most_bytes: int | None) -> None:
        """Take what to do with the text itself."""
        self._text = text
        self._most_bytes = most_bytes

    @override
    def encode(self, value: Value) -> Any:
        data = str(value).encode()
        if self._most_bytes is not None and len(data) > self._most_bytes:
            raise Unconvertible("text_too_long", {"length": str(len(data)), "most": str(self._most_bytes)})
        return b64encode(data).decode()

    @override
    def decode(self, raw: Any) -> Value:
        try:
            text = b64decode(raw if isinstance(raw, str) else "*", validate=True).decode()
        except ValueError:
            raise Unconvertible("not_a_text", {"value": shown(raw)}) from None
        return self._text.decode(text)


class DateCodec(Codec):
    """A moment in milliseconds."""

    @override
    def encode(self, value: Value) -> Any:
        return round(number(value) * 1000)

    @override
    def decode(self, raw: Any) -> Value:
        moment = number(raw)
        if not 0 <= moment < 1000 * _MILLISECONDS_FROM:
            raise Unconvertible("out_of_range", {"value": shown(raw), "range": f"0-{1000 * _MILLISECONDS_FROM}"})
        return tidy(moment / 1000 if moment >= _MILLISECONDS_FROM else moment)


class SecondsCodec(Codec):
    """A moment in seconds."""

    @override
    def encode(self, value: Value) -> Any:
        return round(number(value))

    @override
    def decode(self, raw: Any) -> Value:
        return number(raw)


class DateTextCodec(Codec):
    """A moment as ISO 8601 has it, in UTC; one without a time zone is the house's, whatever that of the machine."""

    @override
    def encode(self, value: Value) -> Any:
        return datetime.fromtimestamp(number(value), UTC).isoformat(timespec="seconds")

    @override
    def decode(self, raw: Any) -> Value:
        moment = dt_util.parse_datetime(raw) if isinstance(raw, str) else None
        if moment is None:
            raise Unconvertible("not_a_date", {"value": shown(raw)})
        return dt_util.as_utc(moment).timestamp()


def text_codec(facet: Facet, spec: TypeSpec) -> Found | Obstacle:
    """Return the codec of a text."""
    match spec.kind:
        case "string":
            partial = spec.max_length is not None and (facet.maximum is None or facet.maximum > spec.max_length)
            note = Note(key="text_cut", placeholders={"most": str(spec.max_length)})
            return Found(codec=TextCodec(facet, spec), notes=(note,) if partial else ())
        case "raw":
            return Found(codec=RawTextCodec(TextCodec(facet, spec), spec.max_length))
        case _:
            return Obstacle(key="kind")


def moment_codec(spec: TypeSpec) -> Found | Obstacle:
    """Return the codec of a moment."""
    match spec.kind:
        case "date":
            return Found(codec=DateCodec())
        case "string":
            return Found(codec=DateTextCodec())
        case "value" if (spec.maximum is None or spec.maximum > _MILLISECONDS_FROM) and spec.scale == 0:
            return Found(codec=DateCodec())
        case "value" | "double" if spec.scale == 0 and (spec.maximum or 0) >= 2**31 - 1:
            return Found(codec=SecondsCodec())
        case _:
            return Obstacle(key="kind")
