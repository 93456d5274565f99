"""The live view of cameras that take pictures only: JPEGs, one after the other (the agent's `live-mjpg`)."""

from collections.abc import AsyncGenerator
from typing import Final

import aiohttp
from yarl import URL

from ..clients.tencent_video import AgentUnreachable

_BEGIN: Final = b"\xff\xd8"
_TURN: Final = b"\xff\xd9\xff\xd8"
"""The end of a picture and the begin of the next: pictures may hold smaller ones, whose end is not theirs."""
_MOST: Final = 8 * 1024 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)


async def live_pictures(session: aiohttp.ClientSession, url: str) -> AsyncGenerator[bytes]:
    """Yield the pictures as they come, each once the next one has begun; raises AgentUnreachable."""
    try:
        async with session.get(URL(url, encoded=True), timeout=_TIMEOUT, allow_redirects=False) as response:
            if response.status != 200:
                raise AgentUnreachable(f"The agent shows no pictures (status {response.status})")
            buffer = bytearray()
            async for chunk in response.content.iter_any():
                # The begin of the next may have come in two pieces
                searched = max(0, len(buffer) - len(_TURN) + 1)
                buffer += chunk
                while (end := buffer.find(_TURN, searched)) >= 0:
                    picture = bytes(buffer[: end + 2])
                    del buffer[: end + 2]
                    searched = 0
                    if picture.startswith(_BEGIN):
                        yield picture
                if len(buffer) > _MOST:
                    raise AgentUnreachable("The agent shows no pictures")
    except TimeoutError as err:
        raise AgentUnreachable("The agent does not answer in time") from err
    except aiohttp.ClientError as err:
        raise AgentUnreachable(f"The agent is not reachable: {type(err).__name__}") from None
