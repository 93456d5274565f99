"""A client of the cloud's API, as little of one as will do; it signs by itself, from tuya_ipc_webrtc.md, section 1.2."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import hashlib
import hmac
import itertools
import json
import time
from typing import Any

import aiohttp

from simulators.tuya_cloud import TuyaCloudSimulator

NONCES = (f"{number:032x}" for number in itertools.count(1))


def signed(secret: str, *parts: str) -> str:
    return hmac.new(secret.encode(), "".join(parts).encode(), hashlib.sha256).hexdigest().upper()


class CloudClient:
    """Calls a simulated cloud; its attributes may be put wrong."""

    def __init__(self, simulator: TuyaCloudSimulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.session = session
        self.access_id = simulator.access_id
        self.secret = simulator.access_secret
        self.token = ""
        self.clock = 0.0
        """Seconds that this client's clock is ahead."""

    def headers(
        self, method: str, path: str, query: dict[str, str], body: bytes, nonce: str | None = None
    ) -> dict[str, str]:
        url = path + ("?" + "&".join(f"{key}={query[key]}" for key in sorted(query)) if query else "")
        t = str(int((time.time() + self.clock) * 1000))
        nonce = next(NONCES) if nonce is None else nonce
        token = "" if path.startswith("/v1.0/token") else self.token
        text = f"{method}\n{hashlib.sha256(body).hexdigest()}\n\n{url}"
        headers = {
            "client_id": self.access_id,
            "t": t,
            "nonce": nonce,
            "sign_method": "HMAC-SHA256",
            "sign": signed(self.secret, self.access_id, token, t, nonce, text),
        }
        if token:
            headers["access_token"] = token
        if body:
            headers["Content-Type"] = "application/json"
        return headers

    async def answer(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: object = None,
        *,
        nonce: str | None = None,
        **changed: str | None,
    ) -> Any:
        """Return the whole answer; `changed` replaces headers after signing, None takes one away."""
        raw = b"" if body is None else json.dumps(body).encode()
        headers = self.headers(method, path, query or {}, raw, nonce)
        headers |= {name: value for name, value in changed.items() if value is not None}
        for name, value in changed.items():
            if value is None:
                del headers[name]
        url = self.simulator.endpoint + path
        async with self.session.request(method, url, params=query, data=raw or None, headers=headers) as response:
            assert response.status == 200, response.status
            return await response.json()

    async def code(self, method: str, path: str, query: dict[str, str] | None = None, body: object = None) -> int:
        """Return the code that a call fails with."""
        answer = await self.answer(method, path, query, body)
        assert answer["success"] is False, answer
        assert answer["msg"]
        code: int = answer["code"]
        return code

    async def get(self, path: str, **query: str) -> Any:
        """Return the result of a call that is to work."""
        return self.result(await self.answer("GET", path, query))

    async def post(self, path: str, **body: Any) -> Any:
        """Return the result of a call that is to work."""
        return self.result(await self.answer("POST", path, body=body))

    async def log_in(self) -> dict[str, Any]:
        """Get a token."""
        result: dict[str, Any] = await self.get("/v1.0/token", grant_type="1")
        self.token = result["access_token"]
        return result

    @staticmethod
    def result(answer: Any) -> Any:
        assert answer["success"] is True, answer
        assert isinstance(answer["t"], int)
        assert len(answer["tid"]) == 32
        assert "code" not in answer
        return answer["result"]


@asynccontextmanager
async def calling(simulator: TuyaCloudSimulator, *, log_in: bool = True) -> AsyncIterator[CloudClient]:
    """Have a client of a simulator, with a token."""
    async with aiohttp.ClientSession() as session:
        client = CloudClient(simulator, session)
        if log_in:
            await client.log_in()
        yield client
