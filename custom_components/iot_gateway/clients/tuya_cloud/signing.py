"""How requests to Tuya's cloud are signed: the "new" algorithm, the only one for projects made since June 2021.

Source: https://developer.tuya.com/en/docs/iot/new-singnature?id=Kbw0q34cs2e5g, whose two examples are tests.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
import hmac


def sign(
    *,
    secret: str,
    access_id: str,
    t: int,
    nonce: str,
    method: str,
    url: str,
    body: bytes = b"",
    access_token: str = "",
    signature_headers: Iterable[tuple[str, str]] = (),
) -> str:
    """Return the signature of a request, 64 upper-case hex digits.

    Args:
        secret: the access secret of the project.
        access_id: its access ID.
        t: the time in milliseconds, as in the header `t`.
        nonce: as in the header `nonce`; empty where there is none.
        method: GET, POST, PUT or DELETE.
        url: path and query as `signed_url` returns them.
        body: what is sent, byte for byte.
        access_token: empty for the calls that fetch a token.
        signature_headers: the headers that the header `Signature-Headers` names, in its order.
    """
    headers = "".join(f"{name}:{value}\n" for name, value in signature_headers)
    string_to_sign = f"{method}\n{sha256(body).hexdigest()}\n{headers}\n{url}"
    message = f"{access_id}{access_token}{t}{nonce}{string_to_sign}"
    return hmac.digest(secret.encode(), message.encode(), "sha256").hex().upper()


def signed_url(path: str, query: Mapping[str, str]) -> str:
    """Return path and query as they are signed: sorted by name and not encoded."""
    return path + ("?" + "&".join(f"{name}={query[name]}" for name in sorted(query)) if query else "")
