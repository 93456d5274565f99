"""Codecs: which one turns a facet's values into those of a type of Tuya's, and back."""

from collections.abc import Mapping

from ...clients.tuyalink import TypeSpec
from ..facet import COLOR, TIMESTAMP, Facet, FacetKind
from ..remarks import Obstacle
from .base import Codec, Found
from .color import color_codec
from .named import boolean_codec, enum_codec, press_codec, type_choices
from .numeric import number_codec
from .text import moment_codec, text_codec

__all__ = ["Codec", "Found", "codec_for", "type_choices"]

_KNOWN = frozenset({"bool", "value", "float", "double", "enum", "string", "date", "bitmap", "raw", "array", "struct"})


def codec_for(facet: Facet, code: str, spec: TypeSpec, choices: Mapping[str, str] | None = None) -> Found | Obstacle:
    """Return the codec between a facet and a type, or what is in the way of one."""
    if spec.kind not in _KNOWN:
        return Obstacle(key="unknown_type")
    found: Found | Obstacle
    match facet.kind:
        case FacetKind.BOOLEAN:
            found = boolean_codec(facet, spec, choices)
        case FacetKind.NUMBER if facet.device_class == TIMESTAMP:
            found = moment_codec(spec)
        case FacetKind.NUMBER:
            try:
                found = number_codec(facet, spec)
            except ArithmeticError:
                # A range that is none
                found = Obstacle(key="kind")
        case FacetKind.ENUM:
            found = enum_codec(facet, spec, choices)
        case FacetKind.PRESS:
            found = press_codec(facet, spec, choices)
        case FacetKind.TEXT if facet.key == COLOR:
            found = color_codec(code, spec)
        case FacetKind.TEXT:
            found = text_codec(facet, spec)
        case FacetKind.EVENT:
            found = Obstacle(key="event_only")
    return found
