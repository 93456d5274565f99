"""The user's X-P2P agent: a program beside Home Assistant that holds the P2P connections and offers them over HTTP.

The contract is ours, shaped like the devices' own requests (protocol page 2.4; seed 002, "设备端与应用端信令交互说明"):

- `GET {base}/v1/health` → `{"version": …}`
- `PUT {base}/v1/{product}/{device}/session`, body `{"p2p_info": …}`: how the device is reached, anew after each of its restarts
- `GET {base}/v1/{product}/{device}/ipc.flv?action=live|playback|download&channel=…`: FLV, or the bytes of a file
- `POST {base}/v1/{product}/{device}/command?action=inner_define|user_define&channel=…&cmd=…`: the device's reply as it is
- `POST {base}/v1/{product}/{device}/voice?channel=…`, body FLV

An error is an HTTP status, and a JSON body `{"error": …}` that says more where it can: `offline`, `asleep`, `viewer_limit`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
import json
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from .errors import AgentError, AgentRefused, AgentUnreachable, DeviceAsleep, DeviceOffline, ViewerLimit
from .loose import as_mapping, as_text, from_json

MAX_COMMAND_BYTES: Final = 3000
"""What the SDK takes as one command, `action=…&channel=…&cmd=…` (protocol page 2.1)."""
_MAX_URL: Final = 8000
"""Characters. Servers refuse more than 8190 in a line, and a letter that no URL has takes three for each of its bytes."""

_TIMEOUT: Final = aiohttp.ClientTimeout(total=20, connect=10)
"""A device may take 7.5 s for a reply."""
_STREAM_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=10, sock_read=30)
_CHUNK: Final = 64 * 1024
_MOST_REPLY: Final = 1024 * 1024
"""Bytes. Long replies are lists of a day's recordings."""
_MOST_FAILURES: Final = 5
"""So many times in a row a download is resumed without getting any further."""

type CommandKind = Literal["inner_define", "user_define"]
type LiveKind = Literal["live", "live-mjpg", "live-audio"]
"""What is watched: a camera's pictures and sound in one FLV, or the two apart that cameras send which take pictures only."""


class Quality(StrEnum):
    """The quality of live pictures, from low to high."""

    STANDARD = "standard"
    HIGH = "high"
    SUPER = "super"


class CommandInvalid(AgentError):
    """A command that the SDK would not carry: too long, or with an `&` in it."""


class Xp2pAgent:
    """The agent at one address."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Use the agent at `base_url`, an address with or without a path."""
        self._session = session
        self._base = base_url.strip().partition("?")[0].rstrip("/")
        self._sleep = sleep

    async def health(self) -> str:
        """Return the agent's version, empty where it tells none; raises AgentUnreachable where it is no agent."""
        try:
            async with self._exchange("GET", self._url("health"), timeout=_TIMEOUT) as response:
                found = from_json(await _read(response))
        except AgentRefused as err:
            raise AgentUnreachable(f"There is something else than an agent: {err}") from err
        if not isinstance(found, dict):
            raise AgentUnreachable("There is something else than an agent")
        return as_text(found.get("version"))

    async def session(self, product_id: str, device_name: str, p2p_info: str) -> None:
        """Tell the agent how a device is reached, as `get_p2p_info` has it; raises AgentError."""
        url = self._url(product_id, device_name, "session")
        body = json.dumps({"p2p_info": p2p_info}).encode()
        headers = {"Content-Type": "application/json"}
        async with self._exchange("PUT", url, data=body, headers=headers, timeout=_TIMEOUT):
            pass

    def live_url(
        self,
        product_id: str,
        device_name: str,
        channel: int = 0,
        quality: Quality | str = Quality.HIGH,
        *,
        kind: LiveKind = "live",
    ) -> str:
        """Return where a channel's live pictures are: an endless FLV, with H.264 or H.265 and AAC or PCM."""
        return self._url(
            product_id,
            device_name,
            "ipc.flv",
            query={"action": kind, "channel": channel, "quality": Quality(quality).value},
        )

    def playback_url(self, product_id: str, device_name: str, channel: int, start: int, end: int) -> str:
        """Return where a recording on the device's card is: an FLV that ends. Times are seconds since the epoch.

        With less than 5 s between them devices may find nothing.
        """
        return self._url(
            product_id,
            device_name,
            "ipc.flv",
            query={"action": "playback", "channel": channel, "start_time": start, "end_time": end},
        )

    async def download(
        self,
        product_id: str,
        device_name: str,
        channel: int,
        file_name: str,
        *,
        offset: int = 0,
        size: int | None = None,
    ) -> AsyncGenerator[bytes]:
        """Yield a file of the device's card from `offset` on; where the connection breaks it goes on from there.

        `size` is the file's, as the list of files has it; without it a file counts as whole when the agent ends it well.
        Raises AgentError; AgentUnreachable after some attempts that got nowhere.
        """
        position = offset
        failures = 0
        while size is None or position < size:
            query = {"action": "download", "channel": channel, "file_name": file_name, "offset": position}
            url = self._url(product_id, device_name, "ipc.flv", query=query)
            try:
                async with self._exchange("GET", url, timeout=_STREAM_TIMEOUT) as response:
                    async for received in response.content.iter_chunked(_CHUNK):
                        chunk = received if size is None else received[: size - position]
                        position += len(chunk)
                        failures = 0
                        if chunk:
                            yield chunk
                if size is None:
                    return
                problem = AgentUnreachable("The file ends too early")
            except AgentUnreachable as err:
                problem = err
            if size is not None and position >= size:
                return
            failures += 1
            if failures >= _MOST_FAILURES:
                raise problem
            await self._sleep(min(2.0 ** (failures - 2), 5.0))

    async def command(
        self,
        product_id: str,
        device_name: str,
        channel: int,
        kind: CommandKind,
        cmd: str,
        params: Mapping[str, Any] | None = None,
    ) -> str:
        """Send a command and return the device's reply as it is; raises CommandInvalid or another AgentError.

        `params` are further members beside `cmd`, as the inner commands have them.
        """
        query = {"action": kind, "channel": channel, "cmd": cmd, **(params or {})}
        if any("&" in str(value) for value in query.values()):
            # The SDK takes the whole as one text, and there is no way to write it
            raise CommandInvalid("A command cannot have an & in it")
        size = len("&".join(f"{name}={value}" for name, value in query.items()).encode())
        if size > MAX_COMMAND_BYTES:
            raise CommandInvalid(f"The command has {size} bytes, {MAX_COMMAND_BYTES} are the most")
        url = self._url(product_id, device_name, "command", query=query)
        if len(url) > _MAX_URL:
            raise CommandInvalid("The command is too long when it is written as a URL")
        async with self._exchange("POST", url, timeout=_TIMEOUT) as response:
            return (await _read(response)).decode(errors="replace")

    async def voice(self, product_id: str, device_name: str, channel: int, stream: AsyncIterable[bytes]) -> None:
        """Send sound to a device as long as `stream` yields FLV, at the pace in which it is heard; raises AgentError."""
        url = self._url(product_id, device_name, "voice", query={"channel": channel})
        headers = {"Content-Type": "video/x-flv"}
        async with self._exchange("POST", url, data=stream, headers=headers, timeout=_STREAM_TIMEOUT):
            pass

    def _url(self, *parts: str, query: Mapping[str, Any] | None = None) -> str:
        path = "/".join(quote(part, safe="") for part in ("v1", *parts))
        return f"{self._base}/{path}" + (f"?{urlencode(query, quote_via=quote, safe='')}" if query else "")

    @asynccontextmanager
    async def _exchange(self, method: str, url: str, **options: Any) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Make a request, and give its answer where that is no error; raises AgentError, also while it is read."""
        if self._session.closed:
            raise AgentUnreachable("The connections are closed")
        try:
            async with self._session.request(
                method, URL(url, encoded=True), allow_redirects=False, **options
            ) as response:
                if not 200 <= response.status < 300:
                    raise _refusal(response.status, (await response.content.read(4096)).decode(errors="replace"))
                yield response
        except TimeoutError as err:
            raise AgentUnreachable("The agent does not answer in time") from err
        except (aiohttp.ClientError, ValueError) as err:
            raise AgentUnreachable(f"The agent is not reachable: {type(err).__name__}") from err


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraChannel:
    """One channel of a device behind an agent; an only camera's is 0."""

    agent: Xp2pAgent
    product_id: str
    device_name: str
    channel: int = 0

    async def ask(self, kind: CommandKind, cmd: str, params: Mapping[str, Any] | None = None) -> str:
        """Send a command and return the device's reply as it is; raises AgentError."""
        return await self.agent.command(self.product_id, self.device_name, self.channel, kind, cmd, params)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the body of an answer; raises AgentUnreachable where it has no end."""
    found = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        found += chunk
        if len(found) > _MOST_REPLY:
            raise AgentUnreachable("The agent's answer is too long")
    return bytes(found)


def _refusal(status: int, body: str) -> AgentError:
    """Return what an error of the agent's means."""
    told = as_mapping(from_json(body))
    word = (as_text(told.get("error")) or as_text(told.get("code"))).lower()
    if "sleep" in word or status == 423:
        return DeviceAsleep("The device is asleep")
    if "offline" in word:
        return DeviceOffline("The device is offline")
    if "viewer" in word or "too_many" in word or status == 405:
        return ViewerLimit("The device has as many viewers as it takes")
    if not word and status in {503, 504}:
        return DeviceOffline("The agent does not reach the device")
    return AgentRefused("The agent declines", status)
