"""Home Assistant as a child process, and its API as the frontend uses it."""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Self

import aiohttp

from .processes import Child, DemoFailed

_START_TIMEOUT = 400.0
"""Seconds; a slow machine's first start compiles all Python files."""
_ANSWER_TIMEOUT = 120.0


class HomeAssistant:
    """A Home Assistant that runs on a configuration directory."""

    def __init__(self, directory: Path, host: str, port: int) -> None:
        """Prepare; `host` and `port` are where the directory says that it listens."""
        self.directory = directory
        self.host = host
        self.url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
        self.process = Child(
            "Home Assistant", ["-m", "homeassistant", "-c", str(directory), "--skip-pip"], directory / "output.log"
        )

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start it and wait until it serves its page, which is before it has set everything up; raises DemoFailed."""
        await self.process.start()
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                while not await self._serves(session):
                    if not self.process.running:
                        raise DemoFailed(f"Home Assistant ended:\n{self.process.last_words()}")
                    if (problem := self._first_problem()) is not None:
                        raise DemoFailed(f"Home Assistant can't set up its page; see {self.process.log}:\n{problem}")
                    await asyncio.sleep(0.1)
        except TimeoutError as err:
            raise DemoFailed(f"Home Assistant did not start in time:\n{self.process.last_words()}") from err

    async def wait_until_running(self, api: Api) -> None:
        """Wait until everything is set up; raises DemoFailed."""
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                while (await api.get("/api/config"))["state"] != "RUNNING":
                    await asyncio.sleep(0.1)
        except TimeoutError as err:
            raise DemoFailed(f"Home Assistant did not finish its start:\n{self.process.last_words()}") from err

    async def _serves(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/manifest.json") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    def _first_problem(self) -> str | None:
        """Return the first error in the log once Home Assistant has given its page up."""
        lines = self.process.log.read_text(encoding="utf-8", errors="replace").splitlines()
        if not any("Setup failed for 'frontend'" in line for line in lines):
            return None
        return next((line for line in lines if " ERROR " in line), lines[-1])

    async def stop(self) -> None:
        """Stop it."""
        await self.process.stop()


class ApiRefused(DemoFailed):
    """Home Assistant answers with an error."""


class Api:
    """Home Assistant's API, logged in: REST and one WebSocket."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        """Use `login` to make one."""
        self._session = session
        self._url = url
        self.token = token
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._ids = count(1)
        self._lock = asyncio.Lock()

    @classmethod
    async def login(cls, session: aiohttp.ClientSession, url: str, username: str, password: str) -> Self:
        """Log in as a person does; in a Home Assistant that has no user yet, make this one first."""
        client_id = f"{url}/"
        rest = cls(session, url, "")
        try:
            steps = {step["step"]: step["done"] for step in await rest.get("/api/onboarding")}
        except ApiRefused:
            steps = {"user": True}  # after a restart the address is gone
        if not steps["user"]:
            made = await rest.post(
                "/api/onboarding/users",
                {"name": "Demo", "username": username, "password": password, "client_id": client_id, "language": "en"},
            )
            code = made["auth_code"]
        else:
            flow = await rest.post(
                "/auth/login_flow",
                {"client_id": client_id, "handler": ["homeassistant", None], "redirect_uri": client_id},
            )
            done = await rest.post(
                f"/auth/login_flow/{flow['flow_id']}",
                {"client_id": client_id, "username": username, "password": password},
            )
            code = done["result"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        async with session.post(f"{url}/auth/token", data=form) as response:
            return cls(session, url, (await _answer(response))["access_token"])

    async def get(self, path: str) -> Any:
        """Return the JSON answer to a GET; raises ApiRefused."""
        async with self._session.get(self._url + path, headers=self._headers) as response:
            return await _answer(response)

    async def post(self, path: str, content: Any) -> Any:
        """Return the JSON answer to a POST of JSON; raises ApiRefused."""
        async with self._session.post(self._url + path, json=content, headers=self._headers) as response:
            return await _answer(response)

    async def delete(self, path: str) -> Any:
        """Return the JSON answer to a DELETE; raises ApiRefused."""
        async with self._session.delete(self._url + path, headers=self._headers) as response:
            return await _answer(response)

    async def command(self, type_: str, **content: Any) -> Any:
        """Return the result of a WebSocket command; raises ApiRefused."""
        async with self._lock:
            try:
                answer = await self._ask(type_, content)
            except aiohttp.ClientError, TypeError:
                # Home Assistant ends a connection that has not answered its pings for minutes, which nobody reads meanwhile
                if self._socket is not None:
                    await self._socket.close()
                self._socket = None
                answer = await self._ask(type_, content)
        if not answer["success"]:
            raise ApiRefused(f"{type_}: {answer['error']['message']}")
        return answer["result"]

    async def _ask(self, type_: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a command; aiohttp.ClientError or TypeError where the connection has ended."""
        socket = self._socket
        if socket is None or socket.closed:
            socket = self._socket = await self._session.ws_connect(f"{self._url}/api/websocket", max_msg_size=0)
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self.token})
            await socket.receive_json()
        command_id = next(self._ids)
        await socket.send_json({"id": command_id, "type": type_, **content})
        while True:
            answer: dict[str, Any] = await socket.receive_json(timeout=_ANSWER_TIMEOUT)
            if answer.get("id") == command_id and answer["type"] == "result":
                return answer

    async def close(self) -> None:
        """Close the WebSocket."""
        if self._socket is not None:
            await self._socket.close()

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    # What people do in Settings

    async def run_flow(
        self, handler: str | list[str], inputs: list[dict[str, Any]], *, kind: str = "flow", **begin: Any
    ) -> Any:
        """Go through a flow with these inputs, one for each step; return its result. What an input lacks is left as the form shows it.

        `kind` is "flow" for a config flow, "options/flow" for options, "subentries/flow" for a subentry (its handler is the entry's id and
        the subentry's type). Raises ApiRefused with the form's errors if it does not end with the last input.
        """
        base = f"/api/config/config_entries/{kind}"
        step = await self.post(base, {"handler": handler, **begin})
        for content in inputs:
            shown = _shown(step.get("data_schema") or ())
            step = await self.post(f"{base}/{step['flow_id']}", shown | content)
        if step["type"] not in ("create_entry", "abort") or step.get("reason", "").startswith("already"):
            raise ApiRefused(
                f"the {kind} of {handler} ends with {step.get('errors') or step.get('reason') or step['type']}"
            )
        return step

    async def states(self) -> dict[str, dict[str, Any]]:
        """Return the state objects by entity id."""
        return {state["entity_id"]: state for state in await self.get("/api/states")}


def _shown(fields: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a form has in its fields before anybody types."""
    shown: dict[str, Any] = {}
    for field in fields:
        suggested = (field.get("description") or {}).get("suggested_value")
        if field.get("type") == "expandable":
            shown[field["name"]] = _shown(field["schema"])
        elif suggested is not None:
            shown[field["name"]] = suggested
        elif field.get("default") is not None:
            shown[field["name"]] = field["default"]
    return shown


async def _answer(response: aiohttp.ClientResponse) -> Any:
    if response.status >= 400:
        raise ApiRefused(f"{response.method} {response.url.path}: {response.status} {(await response.text())[:500]}")
    return await response.json()
