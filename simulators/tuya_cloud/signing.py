"""How a call is signed (tuya_ipc_webrtc.md, section 1.2), from the cloud's side.

Written from the page, on purpose without a look at any client; the page's two official vectors are tests of this module.
"""

from collections.abc import Iterable, Mapping
import hashlib
import hmac


def canonical_url(path: str, query: Iterable[tuple[str, str]] = ()) -> str:
    """Return the URL as it is signed: the path, and the query sorted by key, each k=v as it was before URL encoding."""
    pairs = sorted(query, key=lambda pair: pair[0])
    return path + ("?" + "&".join(f"{key}={value}" for key, value in pairs) if pairs else "")


def string_to_sign(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Return method, hash of the body, the headers that Signature-Headers names, and URL, a line each.

    `headers` are all of the call's, with names of any case; a named one that isn't there counts as empty.
    """
    names = [name for name in headers.get("Signature-Headers", "").split(":") if name]
    signed = "".join(f"{name}:{headers.get(name, '')}\n" for name in names)
    return "\n".join((method.upper(), hashlib.sha256(body).hexdigest(), signed, url))


def sign(secret: str, client_id: str, t: str, nonce: str, text: str, *, access_token: str = "") -> str:
    """Return the signature: 64 upper-case hex digits. A call of the token API is signed without a token."""
    message = client_id + access_token + t + nonce + text
    return hmac.digest(secret.encode(), message.encode(), "sha256").hex().upper()
