"""Calls of Tencent Cloud's API 3.0: signed, at the pace that is allowed, by the cloud's clock, with patience where it fails.

Protocol page 1.1 to 1.3. The service and its version are a `Backend`, since its sibling IoT Explorer has the same calls.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
import json
import logging
import random
import time
from typing import Any, Final

import aiohttp
from yarl import URL

from .errors import (
    CannotReachCloud,
    ClockWrong,
    CloudFailed,
    CredentialsRefused,
    PermissionDenied,
    RateLimited,
    RequestInvalid,
    TencentError,
    error_of,
)
from .rate_limit import DEFAULT_RATE, RATES, RateLimiter
from .signing import sign
from .statistics import CallStatistics

_LOGGER = logging.getLogger(__name__)

_TIMEOUT: Final = aiohttp.ClientTimeout(total=20, connect=10)
_CONTENT_TYPE: Final = "application/json; charset=utf-8"
_DATE_PRECISION: Final = 2.0
"""The header Date has whole seconds, and an answer is under way for a while: less than this is no difference."""

_PATIENCE: Final[dict[type[TencentError], tuple[float, float]]] = {
    CannotReachCloud: (1.0, 60.0),
    CloudFailed: (1.0, 60.0),
    RateLimited: (1.0, 60.0),
    CredentialsRefused: (1.0, 300.0),
}
"""Seconds without calls after the first and at most after any failure of a kind: trouble must not be fed with calls."""
_OF_ALL_CALLS: Final = (CannotReachCloud, CredentialsRefused)
"""Kinds that every call would meet; the others hold only for the action that met them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backend:
    """A service of the platform: its name in signatures and the version of its API."""

    service: str
    version: str


IOT_VIDEO: Final = Backend(service="iotvideo", version="2021-11-25")


@dataclass(slots=True)
class _Pause:
    """Calls are not made until then (monotonic); the next pause would be `wait` long."""

    until: float
    wait: float
    error: TencentError


class TencentApi:
    """The API of one account in one region."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: str,
        region: str,
        secret_id: str,
        secret_key: str,
        *,
        now: Callable[[], float] = time.time,
        token: str = "",
        backend: Backend = IOT_VIDEO,
        rates: Mapping[str, int] = RATES,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Call `endpoint` (`https://…`, without a path) with the key `secret_id`.

        `token` comes with temporary keys only. `now` gives seconds since the epoch, `monotonic` a clock that never jumps,
        `jitter(low, high)` draws; `rates` are calls a second by action.
        """
        self._session = session
        self._endpoint = URL(endpoint).origin()
        self._region = region
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._token = token
        self._backend = backend
        self._now = now
        self._monotonic = monotonic
        self._jitter = jitter
        self._sleep = sleep
        self._rates = rates
        self._limiters: dict[str, RateLimiter] = {}
        self._pauses: dict[tuple[type[TencentError], str], _Pause] = {}
        self._complaints: set[tuple[str, str]] = set()
        self._denied: set[str] = set()
        self._offset = 0.0
        self.statistics = CallStatistics(now=now)

    @property
    def clock_offset(self) -> float:
        """How many seconds the cloud's clock is ahead of ours, as far as its last answer told."""
        return self._offset

    @property
    def cloud_time(self) -> float:
        """What the cloud's clock says, in seconds since the epoch."""
        return self._now() + self._offset

    @property
    def denied(self) -> frozenset[str]:
        """The actions that the key's policy did not allow when they were called last."""
        return frozenset(self._denied)

    def forget_denied(self) -> None:
        """Take all actions to be allowed again until one is denied: the policy may be another by now."""
        self._denied.clear()

    async def call(self, action: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make a call and return its answer without the request's id; raises TencentError.

        Parameters that are None are left out. A clock that is off is put right and the call is made once more.
        """
        self._check_pauses(action)
        try:
            try:
                result = await self._request(action, params or {})
            except ClockWrong:
                result = await self._request(action, params or {})
        except TencentError as err:
            if not isinstance(err, CannotReachCloud):
                # A refusal is an answer too: the cloud is there
                self._pauses.pop((CannotReachCloud, ""), None)
            if isinstance(err, PermissionDenied):
                self._denied.add(action)
            self._pause_after(err, action)
            raise
        self._denied.discard(action)
        self._pauses = {key: pause for key, pause in self._pauses.items() if key[1] and key[1] != action}
        return result

    async def _request(self, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Make one request when its turn comes, and return its result; keep the cloud's clock."""
        await self._wait_for_turn(action)
        self.statistics.count_call(action)
        content = json.dumps({name: value for name, value in params.items() if value is not None}).encode()
        timestamp = int(self.cloud_time)
        # As aiohttp itself would write it
        host = self._endpoint.host_port_subcomponent or ""
        headers = {
            "Authorization": sign(
                secret_id=self._secret_id,
                secret_key=self._secret_key,
                service=self._backend.service,
                host=host,
                content_type=_CONTENT_TYPE,
                timestamp=timestamp,
                body=content,
            ),
            "Content-Type": _CONTENT_TYPE,
            "Host": host,
            "X-TC-Action": action,
            "X-TC-Version": self._backend.version,
            "X-TC-Timestamp": str(timestamp),
            "X-TC-Region": self._region,
            **({"X-TC-Token": self._token} if self._token else {}),
        }
        try:
            answer = await self._exchange(headers, content)
        except CannotReachCloud as err:
            self.statistics.count_error(err, "")
            raise
        request_id = str(answer.pop("RequestId", ""))
        if "Error" not in answer:
            return answer
        refusal = answer["Error"] if isinstance(answer["Error"], dict) else {}
        error = error_of(
            str(refusal.get("Code") or ""),
            str(refusal.get("Message") or "refused without a reason"),
            request_id,
            action=action,
            offset=self._offset,
        )
        self.statistics.count_error(error, error.code)
        self._complain(error, action)
        raise error

    async def _wait_for_turn(self, action: str) -> None:
        """Wait until the rate limit allows one more call of this action."""
        if action not in self._limiters:
            self._limiters[action] = RateLimiter(self._rates.get(action, DEFAULT_RATE))
        delay = self._limiters[action].reserve(self._monotonic())
        if delay > 0:
            self.statistics.delayed += 1
            await self._sleep(delay)
            # What came up meanwhile holds for those that waited, too
            self._check_pauses(action)

    async def _exchange(self, headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
        """Send a request and return the object `Response` that answers it; raises CannotReachCloud."""
        host = self._endpoint.host
        if self._session.closed:
            # As at the end of the program; aiohttp would call that a mistake of ours
            raise CannotReachCloud("The connections are closed")
        try:
            async with self._session.post(
                self._endpoint.with_path("/"), headers=headers, data=content, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                received = await response.read()
                status = response.status
                self._learn_clock(response.headers.get("Date", ""))
        except TimeoutError as err:
            raise CannotReachCloud(f"{host} does not answer in time") from err
        except aiohttp.ClientError as err:
            raise CannotReachCloud(f"{host} is not reachable: {type(err).__name__}") from err
        try:
            answer = json.loads(received)
        except ValueError, RecursionError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(result := answer.get("Response"), dict):
            raise CannotReachCloud(f"{host} answers with HTTP status {status}, but not as Tencent's cloud does")
        return result

    def _learn_clock(self, date: str) -> None:
        """Take the cloud's time from the header `Date` of an answer."""
        try:
            offset = parsedate_to_datetime(date).timestamp() - self._now()
        except TypeError, ValueError, OverflowError:
            return
        self._offset = offset if abs(offset) > _DATE_PRECISION else 0.0

    def _complain(self, err: TencentError, action: str) -> None:
        """Log what a defect of ours may explain, once for each action and code."""
        if isinstance(err, RequestInvalid) and (action, err.code) not in self._complaints:
            self._complaints.add((action, err.code))
            _LOGGER.warning("Tencent's cloud does not take a call of %s: %s", action, err)

    # Pauses

    def _check_pauses(self, action: str) -> None:
        """Raise what the last call raised, as long as another would only make things worse."""
        now = self._monotonic()
        for kind in _PATIENCE:
            pause = self._pauses.get((kind, "" if kind in _OF_ALL_CALLS else action))
            if pause is not None and now < pause.until:
                # One of its own for each: tracebacks and causes of many callers have no place on one object
                raise copy(pause.error)

    def _pause_after(self, err: TencentError, action: str) -> None:
        if (kind := type(err)) not in _PATIENCE:
            return
        key = (kind, "" if kind in _OF_ALL_CALLS else action)
        first, most = _PATIENCE[kind]
        now = self._monotonic()
        pause = self._pauses.get(key)
        if pause is not None and now < pause.until:
            # A call that was under way when the pause began
            return
        wait = min(pause.wait, most) if pause else first
        if pause is None:
            _LOGGER.debug("Calls of %s pause: %s", key[1] or "all actions", err)
        self._pauses[key] = _Pause(until=now + self._jitter(wait / 2, wait), wait=wait * 2, error=err)
