"""Say which files have less coverage than they must have; nothing if all have enough.

python check_coverage.py FILE=PERCENT ...      reads .coverage in the working directory
"""

import io
import sys

from coverage import Coverage
from coverage.exceptions import CoverageException


def covered(measured: Coverage, path: str) -> float:
    """Return the percentage of lines and branches of a file that ran."""
    return measured.report(include=[path], file=io.StringIO(), show_missing=False, skip_covered=False, precision=2)


def main(arguments: list[str]) -> int:
    """Check each file that was named."""
    measured = Coverage()
    measured.load()
    failed = False
    for argument in arguments:
        path, _, least = argument.rpartition("=")
        try:
            percent = covered(measured, path)
        except CoverageException as err:
            print(f"error: no coverage of {path}: {err}", file=sys.stderr)
            failed = True
            continue
        if percent < float(least):
            measured.report(include=[path], file=sys.stderr, show_missing=True, skip_covered=False)
            print(f"error: coverage of {path} is {percent:.2f} %, it must be {least} %", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
