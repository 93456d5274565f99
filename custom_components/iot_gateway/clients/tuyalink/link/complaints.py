"""Warnings that the log gets once."""

import logging

_LOGGER = logging.getLogger(__name__)


class Complaints:
    """Warns of each subject once, however often it comes up."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._made: set[str] = set()

    def make(self, subject: str, text: str) -> None:
        """Warn of something, once a subject."""
        if subject not in self._made:
            self._made.add(subject)
            _LOGGER.warning("%s; this is said only once", text)
