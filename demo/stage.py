"""The whole demo: simulators, Home Assistant, and all set up."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
import time
from types import TracebackType
from typing import Any, Self

import aiohttp

from .config_dir import ConfigDir
from .dashboard import find_entities, make_dashboard
from .home_assistant import Api, ApiRefused, HomeAssistant
from .household import DOMAIN, enable, registered, settle
from .processes import DemoFailed
from .simulations import DEMO, RunningSimulator, Simulation

_BRINGING_TIMEOUT = 240.0
"""Seconds for all devices of the simulators to be there; on a machine with nothing else to do it is one."""
_ENTITIES_TIMEOUT = 60.0
"""Seconds for what the dashboard shows to be there, some of which is asked for after the devices are there."""


def quiet(_: str) -> None:
    """Say nothing."""


class Stage:
    """Starts the simulators and Home Assistant, sets up what is not set up yet, stops all; `async with` does both.

    `simulators` are the running ones by name, `api` is Home Assistant's, `missing` what the dashboard wanted and isn't there.
    """

    def __init__(
        self,
        directory: Path,
        *,
        host: str = "127.0.0.1",
        port: int,
        simulations: Sequence[Simulation] = DEMO,
        home_assistant: bool = True,
        say: Callable[[str], None] = quiet,
    ) -> None:
        """Prepare; `say` is told about the progress."""
        self.directory = directory
        self.config = ConfigDir(directory)
        self.memory = self.config.recall()
        self.home_assistant = HomeAssistant(directory, host, port) if home_assistant else None
        self.simulators: dict[str, RunningSimulator] = {}
        self.missing: list[str] = []
        self._host = host
        self._port = port
        self._simulations = simulations
        self._say = say
        self._stack = AsyncExitStack()
        self._api: Api | None = None

    @property
    def api(self) -> Api:
        """Home Assistant's API."""
        if self._api is None:
            raise DemoFailed("Home Assistant does not run")
        return self._api

    @property
    def url(self) -> str:
        """The address of the page."""
        if self.home_assistant is None:
            raise DemoFailed("Home Assistant does not run")
        return self.home_assistant.url

    async def __aenter__(self) -> Self:
        """Start everything; raises DemoFailed, and then nothing is left running."""
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything."""
        await self._stack.aclose()

    async def _start(self) -> None:
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        self.directory.mkdir(parents=True, exist_ok=True)
        known: dict[str, Any] = self.memory["simulators"]
        for simulation in self._simulations:
            if lacking := simulation.lacking():
                self._say(f"{simulation.title} is left out: {lacking}")
                continue
            self._say(f"starting the simulator {simulation.name}")
            running = await RunningSimulator.start(
                simulation,
                session,
                self.directory / f"{simulation.name}.log",
                known.get(simulation.name, {}).get("announced"),
            )
            self._stack.push_async_callback(running.stop)
            self.simulators[simulation.name] = running
        if self.home_assistant is None:
            return
        self._say("starting Home Assistant")
        self.config.prepare(self._host, self._port)
        self.config.remember(self.memory)
        self._stack.push_async_callback(self.home_assistant.stop)
        await self.home_assistant.start(session)
        self._api = await Api.login(session, self.url, self.memory["username"], self.memory["password"])
        self._stack.push_async_callback(self._api.close)
        await self.home_assistant.wait_until_running(self._api)
        try:
            await self._set_up()
        except ApiRefused as err:
            raise DemoFailed(
                f"{err}\nHome Assistant's log ends with:\n{self.home_assistant.process.last_words()}"
            ) from err
        self.config.remember(self.memory)

    async def _set_up(self) -> None:
        """Do what a user does after the first start; on a later one only what has changed."""
        known: dict[str, Any] = self.memory["simulators"]
        entries = {entry["entry_id"] for entry in await self.api.command("config_entries/get", domain=DOMAIN)}
        added = False
        for name, simulator in self.simulators.items():
            simulation, before = simulator.simulation, known.get(name, {})
            memory = known[name] = {"announced": dict(simulator.announced), "entry_id": before.get("entry_id")}
            if simulation.add is None:
                continue
            if memory["entry_id"] not in entries:
                self._say(f"adding {simulation.title}")
                result = await self.api.run_flow(DOMAIN, simulation.add(simulator.announced))
                memory["entry_id"] = result["result"]["entry_id"]
                added = True
                if options := simulation.options_for(simulator.announced):
                    await self.api.run_flow(memory["entry_id"], [options], kind="options/flow")
            elif simulation.reconfigure:
                place = simulation.reconfigure(simulator.announced)
                if place != simulation.reconfigure(before["announced"]):
                    self._say(f"telling Home Assistant where {simulation.title} is now")
                    await self.api.run_flow(DOMAIN, place, entry_id=memory["entry_id"])
                options = simulation.options_for(simulator.announced)
                if options != simulation.options_for(before["announced"]):
                    await self.api.run_flow(memory["entry_id"], [options], kind="options/flow")
        names = await self.names()
        await self._wait_for_devices(names)
        if added:
            await self._wait_for_entities(names)
            self._say(f"naming {len(names)} devices and making the dashboard")
            titles = {
                simulator.announced["uuid"]: simulator.simulation.title
                for simulator in self.simulators.values()
                if simulator.simulation.add and "uuid" in simulator.announced
            }
            await settle(self.api, names, titles)
            finder = await make_dashboard(self.api, names, self.simulators.keys())
            self.missing = finder.missing
            if finder.disabled:
                self._say(f"enabling {len(finder.disabled)} entities that are off by default")
                await enable(self.api, finder.disabled)
                await self._wait_for_devices(names)
        for name, simulator in self.simulators.items():
            if (finish := simulator.simulation.finish) is not None:
                self._say(f"finishing {simulator.simulation.title}")
                await finish(self.api, known[name]["entry_id"], names)

    async def names(self) -> dict[str, str]:
        """Return the names of the devices that are behind what has been added, by id; the first one's name of two."""
        names: dict[str, str] = {}
        for simulator in self.simulators.values():
            if simulator.simulation.add and simulator.simulation.brings_devices:
                for devid, device in (await simulator.devices()).items():
                    names.setdefault(devid, device["name"])
        return names

    async def _wait_for_entities(self, names: Mapping[str, str]) -> None:
        """Wait until there is all that the dashboard shows; what lacks then is told by it."""
        end = time.monotonic() + _ENTITIES_TIMEOUT
        while (await find_entities(self.api, names, self.simulators.keys())).missing and time.monotonic() < end:
            await asyncio.sleep(0.1)

    async def _wait_for_devices(self, names: Mapping[str, str]) -> None:
        """Wait until the entries of the running simulators are loaded and all devices are registered."""
        missing: set[str] = set(names)
        ours = {self.memory["simulators"][name]["entry_id"] for name in self.simulators}
        loaded = False
        try:
            async with asyncio.timeout(_BRINGING_TIMEOUT):
                while missing or not loaded:
                    entries = [
                        entry
                        for entry in await self.api.command("config_entries/get", domain=DOMAIN)
                        if entry["entry_id"] in ours
                    ]
                    loaded = all(entry["state"] == "loaded" for entry in entries)
                    missing = names.keys() - (await registered(self.api)).keys()
                    await asyncio.sleep(0.1)
        except TimeoutError as err:
            states = "; ".join(f"{entry['title']}: {entry['state']} {entry['reason'] or ''}" for entry in entries)
            raise DemoFailed(
                f"{len(missing)} of {len(names)} devices did not arrive in Home Assistant ({states})"
            ) from err
