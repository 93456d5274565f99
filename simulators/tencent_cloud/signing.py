"""How calls and pushes are signed, from the cloud's side (tencent_iot_video.md, sections 1.2 and 3).

Written from the page, on purpose without a look at any client; the page's two published vectors are tests of this module.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
import hashlib
import hmac
import re
from typing import Final

ALGORITHM: Final = "TC3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 +Credential=(?P<id>[^/, ]+)/(?P<date>\d{4}-\d\d-\d\d)/(?P<service>[a-z0-9]+)/tc3_request, *"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), *Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What an Authorization header says."""

    secret_id: str
    date: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(text: str) -> Authorization | None:
    """Read an Authorization header; None for one of another form."""
    match = _AUTHORIZATION.fullmatch(text)
    if match is None:
        return None
    return Authorization(
        secret_id=match["id"],
        date=match["date"],
        service=match["service"],
        signed_headers=tuple(match["headers"].split(";")),
        signature=match["signature"],
    )


def canonical_request(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> str:
    """Return a request as it is signed; `headers` are the signed ones, names in lower case, values as they came."""
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names)
    return "\n".join((method, path, query, lines, ";".join(names), hashlib.sha256(body).hexdigest()))


def utc_date(timestamp: int) -> str:
    """Return the UTC day of a Unix time in seconds, as 2019-02-25."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")


def sign(secret_key: str, timestamp: int, service: str, canonical: str) -> str:
    """Return the signature of a canonical request: 64 hex digits. `timestamp` is a Unix time in seconds."""
    date = utc_date(timestamp)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{timestamp}\n{date}/{service}/tc3_request\n{digest}"
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def forward_signature(token: str, timestamp: str, nonce: str) -> str:
    """Return the signature of what is pushed by HTTP: 40 hex digits over the sorted texts; the body isn't part of it."""
    parts = sorted((token, timestamp, nonce), key=str.encode)
    return hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()
