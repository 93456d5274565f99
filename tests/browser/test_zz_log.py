"""What all of it left in Home Assistant's log. Named to run last."""

from demo.stage import Stage

_EXPECTED = ("refused the command: refused (code 1)",)
"""Home Assistant itself logs each command that fails."""


async def test_no_error_in_the_log(stage: Stage) -> None:
    """No error and no traceback was logged while the other tests ran."""
    lines = (stage.directory / "output.log").read_text(encoding="utf-8").splitlines()
    bad = [
        line
        for line in lines
        if (" ERROR " in line or " CRITICAL " in line or line.startswith("Traceback"))
        and not any(text in line for text in _EXPECTED)
    ]
    assert not bad, "\n".join(bad[:20])
