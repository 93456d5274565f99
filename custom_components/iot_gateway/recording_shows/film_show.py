"""A recording that was made a film here: of a camera that takes pictures only."""

import asyncio
from pathlib import Path
import time
from typing import Final

FILM: Final = "film.mp4"


class FilmShow:
    """A recording that was made a film here."""

    def __init__(self, path: Path) -> None:
        """Show what is at `path`, which goes with it."""
        self.seen = time.monotonic()
        self.path = path

    async def close(self) -> None:
        """Remove the file."""
        await asyncio.get_running_loop().run_in_executor(None, lambda: self.path.unlink(missing_ok=True))
