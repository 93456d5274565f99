"""Playlists of HLS, with names of ours in the place of the cloud's addresses."""

from pathlib import PurePosixPath
import re
from typing import Final
from urllib.parse import urljoin, urlsplit

_URI: Final = re.compile(r'URI="([^"]*)"')
_SUFFIX: Final = re.compile(r"\.\w{1,5}")


def only_variant(text: str) -> str | None:
    """Return the first variant of a master playlist, None where it is none."""
    lines = [line.strip() for line in text.splitlines()]
    for number, line in enumerate(lines):
        if line.startswith("#EXT-X-STREAM-INF"):
            return next((after for after in lines[number + 1 :] if after and not after.startswith("#")), None)
    return None


def rewritten(text: str, base: str, *, over: bool) -> tuple[str, list[str]]:
    """Return a playlist with numbers in the place of addresses, and the addresses; `over` says that it does not go on."""
    addresses: list[str] = []
    numbers: dict[str, str] = {}

    def named(address: str) -> str:
        absolute = urljoin(base, address)
        if absolute not in numbers:
            suffix = PurePosixPath(urlsplit(absolute).path).suffix
            numbers[absolute] = f"{len(addresses)}{suffix if _SUFFIX.fullmatch(suffix) else '.bin'}"
            addresses.append(absolute)
        return numbers[absolute]

    def in_tag(found: re.Match[str]) -> str:
        return f'URI="{named(found[1])}"'

    lines = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            lines.append(_URI.sub(in_tag, stripped))
        elif stripped:
            lines.append(named(stripped))
    if over and "#EXT-X-ENDLIST" not in lines:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join([*lines, ""]), addresses
