"""The addresses of what is being watched."""

from collections.abc import Callable
import re
from typing import Final

import aiohttp
from aiohttp import hdrs, web
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ..agent_view import AgentViewError
from ..const import DOMAIN
from .card_show import PLAYLIST, CardShow
from .cloud_show import CHUNK, CloudShow, RecordingGone
from .film_show import FILM, FilmShow

type Show = CloudShow | FilmShow | CardShow

URL: Final = f"/api/{DOMAIN}/recording/{{token}}/{{name}}"
MP4: Final = "video/mp4"
_HLS: Final = "application/vnd.apple.mpegurl"
_PASSED_ON: Final = (hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH, hdrs.CONTENT_RANGE, hdrs.ACCEPT_RANGES)
_NAME: Final = re.compile(r"(\d+)\.\w+")
_FILE: Final = re.compile(r"index\.m3u8|init\.mp4|\d+\.m4s")
"""What a recording on a card is packed into; nothing else of the disk is ever given."""


class RecordingView(HomeAssistantView):
    """What is being watched, by a token that nobody can guess: players send no other proof with each segment."""

    url = URL
    name = f"api:{DOMAIN}:recording"
    requires_auth = False

    def __init__(self, find: Callable[[str], Show | None]) -> None:
        """Show what `find` returns for a token."""
        self._find = find

    async def get(self, request: web.Request, token: str, name: str) -> web.StreamResponse:
        """Return a playlist, a part of a recording, or a film."""
        show = self._find(token)
        if isinstance(show, FilmShow) and name == FILM:
            return web.FileResponse(show.path, headers={hdrs.CONTENT_TYPE: MP4})
        if isinstance(show, CardShow) and _FILE.fullmatch(name) is not None:
            path = show.folder / name
            if await request.app[KEY_HASS].async_add_executor_job(path.is_file):
                kind = _HLS if name == PLAYLIST else MP4
                return web.FileResponse(path, headers={hdrs.CONTENT_TYPE: kind, hdrs.CACHE_CONTROL: "no-store"})
        if isinstance(show, CloudShow):
            if name == PLAYLIST:
                return web.Response(text=show.playlist(), content_type=_HLS)
            if (part := _NAME.fullmatch(name)) is not None:
                return await _pass_on(request, show, int(part[1]))
        raise web.HTTPNotFound


async def _pass_on(request: web.Request, show: CloudShow, number: int) -> web.StreamResponse:
    headers: dict[str, str] = {name: request.headers[name] for name in (hdrs.RANGE,) if name in request.headers}
    headers[hdrs.ACCEPT_ENCODING] = "identity"
    passed: web.StreamResponse | None = None
    try:
        async with show.segment(number, headers) as response:
            passed = web.StreamResponse(
                status=response.status,
                headers={name: response.headers[name] for name in _PASSED_ON if name in response.headers},
            )
            await passed.prepare(request)
            async for chunk in response.content.iter_chunked(CHUNK):
                await passed.write(chunk)
            await passed.write_eof()
            return passed
    except (RecordingGone, AgentViewError, aiohttp.ClientError, TimeoutError) as err:
        if passed is not None:
            # Too late for another answer: the connection ends before the length that was told
            if request.transport is not None:
                request.transport.close()
            return passed
        raise web.HTTPBadGateway from err
