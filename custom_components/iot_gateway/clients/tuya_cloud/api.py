"""Calls of Tuya's OpenAPI: signed, with one token for all, and with patience where the cloud asks for it.

Sources: https://developer.tuya.com/en/docs/iot/api-request?id=Ka4a8uuo1j4t4 and the error codes of `errors`.
"""

import asyncio
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
import json
import logging
import random
import time
from typing import Any, Final
from uuid import uuid4

import aiohttp
from yarl import URL

from .errors import (
    NO_SUCH_PATH,
    CannotReachCloud,
    ClockRefused,
    CloudBusy,
    CloudError,
    QuotaExhausted,
    RequestInvalid,
    TokenRefused,
    error_of,
)
from .lenient_json import loads
from .signing import sign, signed_url
from .statistics import CallStatistics

_LOGGER = logging.getLogger(__name__)

_TIMEOUT: Final = aiohttp.ClientTimeout(total=20, connect=10)
_TOKEN_MARGIN: Final = 60.0
"""Seconds before its end at which a token is replaced."""
_TOKEN_PATH: Final = "/v1.0/token"  # noqa: S105 - a path
_TOKEN_CALL: Final = "token"  # noqa: S105 - the name of a call

_PATIENCE: Final[dict[type[CloudError], tuple[float, float]]] = {
    CannotReachCloud: (1.0, 60.0),
    CloudBusy: (1.0, 60.0),
    QuotaExhausted: (60.0, 3600.0),
}
"""Seconds without calls after the first and at most after any failure of a kind: trouble must not be fed with calls."""
_OF_ALL_CALLS: Final = (CannotReachCloud, CloudBusy)
"""Kinds that every call would meet; the others hold only for the kind of call that met them."""


@dataclass(frozen=True, slots=True)
class _Token:
    """An access token, and when to replace it (seconds of the monotonic clock)."""

    access_token: str = field(repr=False)
    until: float


@dataclass(slots=True)
class _Pause:
    """Calls are not made until then (monotonic); the next pause would be `wait` long."""

    until: float
    wait: float
    error: CloudError


def _since_boot() -> float:
    """Return seconds of a clock that never jumps, and that goes on while the computer sleeps, where there is such a one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class TuyaCloudApi:
    """The API of one project in one data center."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: str,
        access_id: str,
        access_secret: str,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = _since_boot,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Call `endpoint` (`https://…`, without a path) as the project `access_id`.

        `now` gives seconds since the epoch, `monotonic` a clock that never jumps (nor stops), `jitter(low, high)` draws.
        """
        self._session = session
        self._endpoint = URL(endpoint).origin()
        self._access_id = access_id
        self._secret = access_secret
        self._now = now
        self._monotonic = monotonic
        self._jitter = jitter
        self._cloud_clock: tuple[float, float] | None = None
        self._token: _Token | None = None
        self._token_lock = asyncio.Lock()
        self._token_failures = 0
        self._token_error: CloudError | None = None
        self._pauses: dict[tuple[type[CloudError], str], _Pause] = {}
        self._complaints: set[tuple[str, int | None]] = set()
        self.statistics = CallStatistics(now=now)

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Any:
        """Make a call and return the `result` of its answer; raises CloudError.

        `name` is the kind of call that statistics and pauses know it by; the path, where that names no device.
        A token that is over and a clock that is off are put right and the call is made once more.
        """
        name = name or path
        self._check_pauses(name)
        try:
            try:
                result = await self._call_with_token(method, path, query or {}, body, name)
            except TokenRefused, ClockRefused:
                result = await self._call_with_token(method, path, query or {}, body, name)
        except CloudError as err:
            if not isinstance(err, _OF_ALL_CALLS):
                # A refusal is an answer too: the cloud is there
                self._end_pauses("")
            self._pause_after(err, name)
            raise
        self._end_pauses("")
        self._end_pauses(name)
        return result

    @property
    def cloud_time(self) -> float:
        """What the cloud's clock says, in seconds since the epoch, as far as its last answer told."""
        if self._cloud_clock is None:
            return self._now()
        # Not by our own: it may be set by hours, such as when a computer without a battery learns the time
        told, at = self._cloud_clock
        return told + self._monotonic() - at

    async def check(self) -> None:
        """Fetch a token, which shows that endpoint, access ID and secret fit; raises CloudError."""
        self._token = None
        self._check_pauses(_TOKEN_CALL)
        try:
            _ = await self._get_token()
        except CloudError as err:
            self._pause_after(err, _TOKEN_CALL)
            raise

    async def _call_with_token(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None, name: str
    ) -> Any:
        token = await self._get_token()
        try:
            return await self._request(method, path, query, body, name, token.access_token)
        except TokenRefused:
            if self._token is token:
                # Another call may have fetched a newer one meanwhile
                self._token = None
            raise

    async def _get_token(self) -> _Token:
        """Return a token that is good for a while; of many who ask at once one fetches it, or fails for all of them."""
        failures = self._token_failures
        async with self._token_lock:
            if self._token is None or self._monotonic() >= self._token.until:
                if failures != self._token_failures and self._token_error is not None:
                    # Whoever asked before failed while this one waited; asking again would be one call for each
                    raise copy(self._token_error)
                try:
                    self._token = await self._fetch_token()
                except CloudError as err:
                    self._token_failures += 1
                    self._token_error = err
                    raise
            return self._token

    async def _fetch_token(self) -> _Token:
        query = {"grant_type": "1"}
        try:
            result = await self._request("GET", _TOKEN_PATH, query, None, _TOKEN_CALL, "")
        except ClockRefused:
            result = await self._request("GET", _TOKEN_PATH, query, None, _TOKEN_CALL, "")
        try:
            return _Token(
                access_token=str(result["access_token"]),
                until=self._monotonic() + max(float(result["expire_time"]) - _TOKEN_MARGIN, 1.0),
            )
        except (KeyError, TypeError, ValueError) as err:
            raise CannotReachCloud("The answer to the request for a token holds none") from err

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        name: str,
        access_token: str,
    ) -> Any:
        """Make one request and return its result; keep the cloud's clock."""
        self.statistics.count_call(name)
        content = b"" if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        t = round(self.cloud_time * 1000)
        nonce = uuid4().hex
        headers = {
            "client_id": self._access_id,
            "sign": sign(
                secret=self._secret,
                access_id=self._access_id,
                access_token=access_token,
                t=t,
                nonce=nonce,
                method=method,
                url=signed_url(path, query),
                body=content,
            ),
            "sign_method": "HMAC-SHA256",
            "t": str(t),
            "nonce": nonce,
            "lang": "en",
            **({"access_token": access_token} if access_token else {}),
            **({"Content-Type": "application/json"} if content else {}),
        }
        url = self._endpoint.with_path(path).with_query(dict(sorted(query.items())))
        try:
            answer = await self._exchange(method, url, headers, content)
        except CloudError as err:
            self.statistics.count_error(err, None)
            raise
        server_time = answer.get("t")
        if isinstance(server_time, int) and server_time > 0:
            self._cloud_clock = (server_time / 1000, self._monotonic())
        if answer.get("success") is True:
            return answer.get("result")
        code = _as_code(answer.get("code"))
        message = str(answer.get("msg") or "refused without a reason")
        error = RequestInvalid(f"An answer without a code: {message}") if code is None else error_of(code, message)
        self.statistics.count_error(error, error.code)
        self._complain(error, name)
        raise error

    async def _exchange(self, method: str, url: URL, headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
        """Send a request and return the JSON object that answers it; raises CannotReachCloud."""
        if self._session.closed:
            # As at the end of the program; aiohttp would call that a mistake of ours
            raise CannotReachCloud("The connections are closed")
        try:
            async with self._session.request(
                method, url, headers=headers, data=content or None, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                content_received = await response.read()
                status = response.status
        except TimeoutError as err:
            raise CannotReachCloud(f"{url.host} does not answer in time") from err
        except aiohttp.ClientError as err:
            raise CannotReachCloud(f"{url.host} is not reachable: {type(err).__name__}") from err
        try:
            answer = loads(content_received)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "success" not in answer:
            raise CannotReachCloud(f"{url.host} answers with HTTP status {status}, but not as Tuya's cloud does")
        return answer

    def _complain(self, err: CloudError, name: str) -> None:
        """Log what only a defect of ours explains, once for each kind of call."""
        if isinstance(err, RequestInvalid) and err.code != NO_SUCH_PATH and (name, err.code) not in self._complaints:
            self._complaints.add((name, err.code))
            _LOGGER.warning("Tuya's cloud does not understand a call of the kind %s: %s", name, err)

    # Pauses

    def _check_pauses(self, name: str) -> None:
        """Raise what the last call raised, as long as another would only make things worse."""
        now = self._monotonic()
        for kind in _PATIENCE:
            pause = self._pauses.get((kind, "" if kind in _OF_ALL_CALLS else name))
            if pause is not None and now < pause.until:
                # One of its own for each: tracebacks and causes of many callers have no place on one object
                raise copy(pause.error)

    def _pause_after(self, err: CloudError, name: str) -> None:
        if (kind := type(err)) not in _PATIENCE:
            return
        key = (kind, "" if kind in _OF_ALL_CALLS else name)
        first, most = _PATIENCE[kind]
        now = self._monotonic()
        pause = self._pauses.get(key)
        if pause is not None and now < pause.until:
            # A call that was under way when the pause began
            return
        wait = min(pause.wait, most) if pause else first
        if pause is None:
            _LOGGER.debug("Calls of %s pause: %s", name if key[1] else "all kinds", err)
        self._pauses[key] = _Pause(until=now + self._jitter(wait / 2, wait), wait=wait * 2, error=err)

    def _end_pauses(self, name: str) -> None:
        """A call went well: end the pauses of its kind, or those of all calls where `name` is empty."""
        if self._pauses:
            for kind in _PATIENCE:
                if (kind in _OF_ALL_CALLS) == (not name):
                    self._pauses.pop((kind, name), None)


def _as_code(code: object) -> int | None:
    """Return the code of a refusal, which some gateways in front of the cloud write as text."""
    if isinstance(code, str) and code.lstrip("-").isdecimal():
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else None
