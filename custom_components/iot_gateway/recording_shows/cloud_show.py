"""A recording of the cloud that is being watched.

Playlists and segments pass through here, so that browsers see neither the cloud's addresses nor their signatures, and may pause and
seek as they like; a signature that ends meanwhile is made anew. Home Assistant's own stream would not do: of what comes faster than
it is watched it keeps the last few segments only.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import time
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..agent_view import AgentCamera, StoredRecording
from .playlist import only_variant, rewritten

TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=10, sock_read=30)
MOST_REDIRECTS: Final = 3
CHUNK: Final = 64 * 1024
_SIGNATURE_OVER: Final = frozenset({401, 403, 410})
_MOST_PLAYLIST: Final = 4 * 1024 * 1024


class RecordingGone(Exception):
    """The cloud does not give a recording; the text has no address."""


class CloudShow:
    """A recording of the cloud that is being watched."""

    def __init__(self, hass: HomeAssistant, camera: AgentCamera, recording: StoredRecording) -> None:
        """Be ready to play a recording."""
        self.seen = time.monotonic()
        self._session = async_get_clientsession(hass)
        self._camera = camera
        self._recording = recording
        self._text = ""
        self._addresses: list[str] = []
        self._lock = asyncio.Lock()
        self._loads = 0

    async def load(self, before: int | None = None) -> bool:
        """Fetch the playlist by a new signature; return whether there is one.

        With `before` only if it was not fetched since that many times. Raises AgentViewError or RecordingGone.
        """
        async with self._lock:
            if before is not None and self._loads != before:
                return True
            async with self._camera.words():
                signed = await self._camera.cloud.playlist(self._recording.start, self._recording.end)
            if signed is None:
                return False
            base, text = await self._fetch(signed.url)
            if (variant := only_variant(text)) is not None:
                base, text = await self._fetch(urljoin(base, variant))
            self._text, self._addresses = rewritten(text, base, over=self._recording.end < time.time())
            self._loads += 1
            return True

    def playlist(self) -> str:
        """Return the playlist, with our addresses in the place of the cloud's."""
        return self._text

    @asynccontextmanager
    async def segment(self, number: int, headers: dict[str, str]) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Have a part of the recording; raises RecordingGone, AgentViewError or what the connection may raise."""
        for last in (False, True):
            loads = self._loads
            if not 0 <= number < len(self._addresses):
                raise RecordingGone("There is no such part")
            async with self._get(self._addresses[number], headers) as response:
                if response.status in {200, 206}:
                    yield response
                    return
                if response.status not in _SIGNATURE_OVER or last:
                    raise RecordingGone(f"HTTP status {response.status}")
            if not await self.load(loads):
                raise RecordingGone("It is not there any more")

    async def _fetch(self, url: str) -> tuple[str, str]:
        """Return where a playlist came from and its text."""
        try:
            async with self._get(url, {}) as response:
                if response.status != 200:
                    raise RecordingGone(f"HTTP status {response.status}")
                content = await limited(response, _MOST_PLAYLIST)
                text = content.decode("utf-8", "replace")
                if not text.lstrip("\ufeff").startswith("#EXTM3U"):
                    raise RecordingGone("It is no playlist")
                return str(response.url), text
        except (aiohttp.ClientError, TimeoutError, ValueError) as err:
            # Its text may have the address
            raise RecordingGone(type(err).__name__) from None

    def _get(self, url: str, headers: dict[str, str]) -> aiohttp.client._RequestContextManager:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise RecordingGone("It is at no web address")
        return self._session.get(url, headers=headers, timeout=TIMEOUT, max_redirects=MOST_REDIRECTS)

    async def close(self) -> None:
        """Nothing is kept of it."""


async def limited(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return a body; raises RecordingGone where it is longer than `most`."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > most:
            raise RecordingGone("It is too large")
    return bytes(content)
