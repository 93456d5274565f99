"""How requests to Tencent Cloud's API 3.0 are signed: TC3-HMAC-SHA256 (protocol page 1.2, whose published vector is a test).

Always a POST to the path `/` without a query, with `content-type` and `host` as the signed headers, as the official SDK does it.
"""

from datetime import UTC, datetime
from hashlib import sha256
import hmac
from typing import Final

ALGORITHM: Final = "TC3-HMAC-SHA256"
_SIGNED_HEADERS: Final = "content-type;host"


def sign(
    *, secret_id: str, secret_key: str, service: str, host: str, content_type: str, timestamp: int, body: bytes
) -> str:
    """Return the value of the header `Authorization`.

    Args:
        secret_id: names the key; it is sent as it is.
        secret_key: what signs.
        service: the product's name in the scope, `iotvideo`.
        host: as in the header `Host`, with the port where that is not the scheme's own.
        content_type: as in the header `Content-Type`, to the letter.
        timestamp: as in the header `X-TC-Timestamp`, seconds since the epoch.
        body: what is sent, byte for byte.
    """
    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    canonical_request = (
        f"POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\n{_SIGNED_HEADERS}\n{sha256(body).hexdigest()}"
    )
    string_to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{sha256(canonical_request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, string_to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={_SIGNED_HEADERS}, Signature={signature}"
