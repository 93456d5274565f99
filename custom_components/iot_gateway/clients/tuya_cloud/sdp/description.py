"""Session descriptions as lines: reading and writing."""

from collections.abc import Iterable
from dataclasses import dataclass
import re
from typing import Final

_LINE: Final = re.compile(r"[a-z]=\S.*")
DIRECTIONS: Final = ("sendrecv", "sendonly", "recvonly", "inactive")


class SdpError(ValueError):
    """What should be a session description is none, or lacks what no connection can do without."""


@dataclass(slots=True)
class Section:
    """The lines of one medium, its `m=` first."""

    lines: list[str]

    @property
    def _words(self) -> list[str]:
        return self.lines[0].removeprefix("m=").split()

    @property
    def kind(self) -> str:
        """What it is: `audio`, `video` or `application`."""
        return self._words[0]

    @property
    def port(self) -> str:
        """Its port, "0" where it is rejected or bundled."""
        return self._words[1].partition("/")[0]

    @property
    def protocol(self) -> str:
        """By which protocol it travels."""
        return self._words[2]

    @property
    def formats(self) -> list[str]:
        """The numbers of its formats, the best first."""
        return self._words[3:]

    @property
    def rejected(self) -> bool:
        """Whether one side does without it."""
        return self.port == "0" and "a=bundle-only" not in self.lines

    @property
    def mid(self) -> str:
        """Its name, "" where it has none."""
        return value_of(self.lines, "mid") or ""


@dataclass(slots=True)
class Description:
    """A session description: the lines before the first medium, and the media."""

    session: list[str]
    sections: list[Section]

    @property
    def bundled(self) -> frozenset[str]:
        """The names of the sections that share a transport."""
        return frozenset((value_of(self.session, "group") or "").removeprefix("BUNDLE").split())

    def direction(self, section: Section) -> str | None:
        """Which way a section's media goes; None where neither it nor the session says, which means both ways."""
        return next(
            (line[2:] for lines in (section.lines, self.session) for line in lines if line[2:] in DIRECTIONS), None
        )


def parse(sdp: str) -> Description:
    """Take a text apart, whatever ends its lines; what is no line of a description is left out."""
    session: list[str] = []
    sections: list[Section] = []
    for line in map(str.strip, re.split(r"[\r\n]+", sdp)):
        if not _LINE.fullmatch(line):
            continue
        if line.startswith("m="):
            if len(line.split()) < 4:
                raise SdpError("a medium without formats")
            sections.append(Section([line]))
        elif sections:
            sections[-1].lines.append(line)
        else:
            session.append(line)
    if not sections:
        raise SdpError("a description without media")
    return Description(session, sections)


def write(session: Iterable[str], sections: Iterable[Section]) -> str:
    """Return a description of these lines, each ending with CRLF."""
    lines = [*session, *(line for section in sections for line in section.lines)]
    return "".join(f"{line}\r\n" for line in lines)


def value_of(lines: Iterable[str], attribute: str) -> str | None:
    """Return the value of an attribute, the first where there are several."""
    prefix = f"a={attribute}:"
    return next((line.removeprefix(prefix).strip() for line in lines if line.startswith(prefix)), None)
