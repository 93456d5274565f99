"""What all of it left in Home Assistant's log. Named to run last."""

from collections.abc import Iterator
import re
import shutil

from demo.stage import Stage

_RECORD = re.compile(r"^\d{4}-\d\d-\d\d \S+ (?P<level>[A-Z]+) \(\S+\) \[(?P<logger>[^\]]+)\] ")

_EXPECTED = (
    # Home Assistant itself logs each command that fails
    "refused the command: refused (code 1)",
    "Error handling message: Camera is off",
    # aiohttp, of a page that is closed while Home Assistant sends it a lot; only servers compress, and we are none
    "ClientConnectionResetError exception in shielded future",
    "_send_compressed_frame_async_locked",
    # Home Assistant, of a browser that reads nothing for seconds, as one does that gets no processor
    "Client unable to keep up with pending messages. Stayed over",
)


def records(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield level, logger and text of each record, with the lines that belong to it (a traceback, say)."""
    level, logger, lines = "INFO", "", [""]
    for line in text.splitlines():
        if match := _RECORD.match(line):
            yield level, logger, "\n".join(lines)
            level, logger, lines = match["level"], match["logger"], [line]
        else:
            lines.append(line)
    yield level, logger, "\n".join(lines)


async def test_records_keep_their_lines() -> None:
    """A traceback belongs to the record that it follows."""
    log = (
        "2026-11-21 06:42:48.873+00:00 ERROR (MainThread) [a.b] it\nTraceback\n2026-11-21 06:42:49+00:00 INFO (M) [c] x"
    )
    assert [(level, logger, text.count("\n")) for level, logger, text in records(log)][1:] == [
        ("ERROR", "a.b", 1),
        ("INFO", "c", 0),
    ]


async def test_no_error_in_the_log(stage: Stage) -> None:
    """No error and no traceback was logged while the other tests ran."""
    bad = [
        text
        for level, logger, text in records((stage.directory / "output.log").read_text(encoding="utf-8"))
        if (level in ("ERROR", "CRITICAL") or "Traceback (most recent call last)" in text)
        and not any(expected in text for expected in _EXPECTED)
        # Home Assistant's own ffmpeg integration misses a program that none of this needs
        and not (logger == "haffmpeg.core" and shutil.which("ffmpeg") is None)
    ]
    assert not bad, "\n".join(bad[:5])
