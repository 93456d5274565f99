"""Who may call: signature, time, nonce and token of every call (tuya_ipc_webrtc.md, sections 1.2 and 1.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import hmac
import secrets
from typing import Any, Literal

from .errors import (
    CLIENT_ID_INVALID,
    HEADER_MISSING,
    SIGN_INVALID,
    TIME_INVALID,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    TOKEN_MISSING,
    TOKEN_STATUS,
    ApiError,
)
from .signing import sign, string_to_sign

TOKEN_TTL = 7200.0
CLOCK_TOLERANCE = 300.0
_NEEDED_HEADERS = ("client_id", "sign", "t", "sign_method")

type TokenState = Literal["good", "expired", "invalid", "bad_status"]


@dataclass(slots=True)
class _Token:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires: float
    state: TokenState = "good"


class Gate:
    """Lets signed calls with a valid token through, and gives tokens.

    `now` is the cloud's clock, in seconds. `tolerance`: by how many seconds a call's time may differ from it; the page gives no
    number. What a repeated nonce costs isn't documented either: here it is 1004, as that lets no client try again unnoticed.
    """

    def __init__(
        self,
        access_id: str,
        access_secret: str,
        *,
        now: Callable[[], float],
        token_ttl: float = TOKEN_TTL,
        tolerance: float = CLOCK_TOLERANCE,
    ) -> None:
        """Guard a project."""
        self.access_id = access_id
        self.access_secret = access_secret
        self.token_ttl = token_ttl
        self.tolerance = tolerance
        self.replays = 0
        """How many calls came with a nonce that had been used before."""
        self.issued = 0
        """How many tokens were given, refreshed ones included."""
        self._now = now
        self._nonces: set[str] = set()
        self._tokens: dict[str, _Token] = {}

    def check(self, method: str, url: str, body: bytes, headers: Mapping[str, str], *, business: bool) -> None:
        """Raise ApiError unless the call is signed, in time and new, and for a `business` call its token is valid."""
        if any(not headers.get(name) for name in _NEEDED_HEADERS):
            raise ApiError(HEADER_MISSING)
        if headers["client_id"] != self.access_id:
            raise ApiError(CLIENT_ID_INVALID)
        self._check_time(headers["t"])
        nonce = headers.get("nonce", "")
        token = headers.get("access_token", "") if business else ""
        expected = sign(
            self.access_secret,
            self.access_id,
            headers["t"],
            nonce,
            string_to_sign(method, url, body, headers),
            access_token=token,
        )
        if headers["sign_method"] != "HMAC-SHA256" or not hmac.compare_digest(
            headers["sign"].encode(), expected.encode()
        ):
            raise ApiError(SIGN_INVALID)
        if nonce:
            if nonce in self._nonces:
                self.replays += 1
                raise ApiError(SIGN_INVALID)
            self._nonces.add(nonce)
        if business:
            self._check_token(token)

    def issue(self, *, alone: bool = False) -> dict[str, Any]:
        """Return a new token in the form of the token API, without the uid; `alone` spoils all earlier ones."""
        if alone:
            self.spoil("bad_status")
        token = _Token(secrets.token_hex(16), secrets.token_hex(16), self._now() + self.token_ttl)
        self._tokens[token.access] = token
        self.issued += 1
        return {
            "access_token": token.access,
            "refresh_token": token.refresh,
            # At least 1: a client may take 0 for "never ends".
            "expire_time": max(1, int(self.token_ttl)),
        }

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        """Return a new token for an old one's refresh token; both old ones are good for nothing then. Raises ApiError."""
        for access, token in self._tokens.items():
            if token.refresh == refresh_token:
                del self._tokens[access]
                return self.issue()
        raise ApiError(TOKEN_INVALID)

    def spoil(self, state: TokenState = "expired") -> None:
        """Let all tokens be no good from now on; `state` says which of 1010, 1011 and 1012 they get."""
        for token in self._tokens.values():
            token.state = state

    def _check_time(self, t: str) -> None:
        if not (t.isascii() and t.isdecimal() and len(t) == 13) or abs(self._now() - int(t) / 1000) > self.tolerance:
            raise ApiError(TIME_INVALID)

    def _check_token(self, access: str) -> None:
        if not access:
            raise ApiError(TOKEN_MISSING)
        token = self._tokens.get(access)
        if token is None or token.state == "invalid":
            raise ApiError(TOKEN_INVALID)
        if token.state == "bad_status":
            raise ApiError(TOKEN_STATUS)
        if token.state == "expired" or self._now() >= token.expires:
            raise ApiError(TOKEN_EXPIRED)
