"""What the command lines of the simulators share: types of options, and to run until a signal comes."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence
import logging
import signal
import sys
from typing import Any

# Types of options; what they don't take is an argparse.ArgumentTypeError, which the parser tells


def port(lowest: int = 0) -> Callable[[str], int]:
    """Take the number of a port, up to 65535; 0 stands for any."""

    def parse(text: str) -> int:
        if not _is_integer(text, lowest, 65535):
            message = f"{text!r} is no port"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return parse


def number(lowest: int, highest: int) -> Callable[[str], int]:
    """Take an integer, not below 0, from the lowest to the highest one."""

    def parse(text: str) -> int:
        if not _is_integer(text, lowest, highest):
            message = f"{text!r} is no number from {lowest} to {highest}"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return parse


def non_negative(highest: int = 1_000_000) -> Callable[[str], float]:
    """Take a number, such as seconds, from 0 to the highest one."""

    def parse(text: str) -> float:
        value = _float(text)
        if value is None or not 0 <= value <= highest:
            message = f"{text!r} is no number from 0 to {highest}"
            raise argparse.ArgumentTypeError(message)
        return value

    return parse


def positive(highest: int = 100_000) -> Callable[[str], float]:
    """Take a number, such as seconds, above 0 and up to the highest one."""

    def parse(text: str) -> float:
        value = _float(text)
        if value is None or not 0 < value <= highest:
            message = f"{text!r} is no number above 0, up to {highest}"
            raise argparse.ArgumentTypeError(message)
        return value

    return parse


def not_empty(text: str) -> str:
    """Take any text but none at all."""
    if not text:
        message = "it is empty"
        raise argparse.ArgumentTypeError(message)
    return text


def _is_integer(text: str, lowest: int, highest: int) -> bool:
    # int() takes more than digits: signs, blanks, underscores, digits of other scripts.
    return text.isascii() and text.isdecimal() and lowest <= int(text) <= highest


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


# Options that several have


def add_life(parser: argparse.ArgumentParser) -> None:
    """Add the options of what happens by itself: `still`, `rate` (times as fast as the clock) and `seed`."""
    life = parser.add_argument_group("how it lives")
    life.add_argument("--still", action="store_true", help="nothing happens by itself")
    life.add_argument("--rate", type=non_negative(), default=1.0, help="times as fast as the clock (%(default)s)")
    life.add_argument("--seed", type=int, default=0, help="of what happens by chance (%(default)s)")


def add_verbose(parser: argparse.ArgumentParser) -> None:
    """Add the option that `parse` takes the level of the log from."""
    parser.add_argument("--verbose", action="store_true", help="log to stderr what happens")


# What `main` does


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, and log to stderr from now on; ends the process with status 2 if they are wrong."""
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING, stream=sys.stderr)
    return options


def run(
    parser: argparse.ArgumentParser,
    work: Coroutine[Any, Any, None],
    *,
    errors: tuple[type[Exception], ...] = (),
) -> int:
    """Do the work in an event loop of its own and return the exit status.

    That is 1 after an OSError or one of `errors`, of which stderr then has the words: those of `errors` as they are, of another
    OSError what the system says.
    """
    try:
        asyncio.run(work)
    except errors as err:
        print(f"{parser.prog}: {err}", file=sys.stderr)
        return 1
    except OSError as err:
        print(f"{parser.prog}: {err.strerror or err}", file=sys.stderr)
        return 1
    return 0


def stop_signal() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set from now on, instead of ending the process; for the running event loop."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stopped.set)
    return stopped
