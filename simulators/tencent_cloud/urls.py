"""Addresses that are good for some time only, and for nobody without their signature (tencent_iot_video.md, section 1.5).

The form is that of Tencent's video hosting: `t`, when it ends, in hex, `us`, by chance, and `sign`, an MD5 over a secret, the
path and both. How IoT Video signs isn't documented; a client only takes the address as it is.
"""

from collections.abc import Mapping
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit


class Signer:
    """Signs addresses of the cloud's files, and tells whether one is good."""

    def __init__(self) -> None:
        """Make a secret."""
        self._secret = secrets.token_hex(16)

    def query(self, path: str, expires: int) -> str:
        """Return what makes a path good until a time, in seconds: a query without "?"."""
        t, us = f"{expires:x}", secrets.token_hex(5)
        return f"t={t}&us={us}&sign={self._digest(path, t, us)}"

    def signed(self, url: str, expires: int) -> str:
        """Return an address with its signature; a query that it has stays."""
        return f"{url}{'&' if urlsplit(url).query else '?'}{self.query(urlsplit(url).path, expires)}"

    def good(self, path: str, query: Mapping[str, str], now: float) -> bool:
        """Tell whether an address may be fetched now."""
        t, us = query.get("t", ""), query.get("us", "")
        if not hmac.compare_digest(query.get("sign", "").encode(), self._digest(path, t, us).encode()):
            return False
        return int(t, 16) > now

    def _digest(self, path: str, t: str, us: str) -> str:
        return hashlib.md5(f"{self._secret}{path}{t}{us}".encode(), usedforsecurity=False).hexdigest()
