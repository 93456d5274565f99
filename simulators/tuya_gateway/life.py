"""Lets a simulated home live: time goes by, and the devices report what changes.

A model, not a recording. Everything that happens by chance comes from one seed, and each device has its own sequence of it:
the same seed and the same steps give the same reports, whatever other devices there are.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any, Protocol, Self

from .behaviours import Behaviour, Values, behaviours_of
from .device import SimulatedDevice


class Home(Protocol):
    """What has devices: a simulated gateway, or whatever else simulates such devices."""

    @property
    def devices(self) -> Mapping[str, SimulatedDevice]:
        """What it has, by id."""

    @property
    def command_listeners(self) -> list[Callable[[SimulatedDevice, Mapping[str, Any]], None]]:
        """Who is called with a device and its new values after each command."""

    async def report(self, devid: str, values: Mapping[str, Any]) -> None:
        """Let a device report values, raw by code."""


class Life:
    """The life of a simulator's devices.

    `await step(seconds)` lets time go by at once; `start()` does so in the background, `rate` times as fast as the clock.
    A device that is offline does nothing.
    """

    def __init__(self, simulator: Home, *, seed: int = 0, rate: float = 1.0) -> None:
        """Look after the devices of a simulator, also those that join later."""
        self.rate = rate
        self._simulator = simulator
        self._seed = seed
        self._lives: dict[str, tuple[SimulatedDevice, list[Behaviour]]] = {}
        self._task: asyncio.Task[None] | None = None
        simulator.command_listeners.append(self._commanded)
        # Before the first command comes, so that each knows what was before it.
        for devid in simulator.devices:
            self._life(devid)

    @property
    def running(self) -> bool:
        """Tell whether time goes by in the background."""
        return self._task is not None

    async def step(self, seconds: float) -> int:
        """Let `seconds` go by for all devices and push what they report; return how many reports that were."""
        reports = 0
        for devid in list(self._simulator.devices):
            device, behaviours = self._life(devid)
            if not device.online:
                continue
            values: Values = {}
            for behaviour in behaviours:
                values |= behaviour.step(seconds)
            if values and devid in self._simulator.devices:
                reports += 1
                await self._simulator.report(devid, values)
        return reports

    def start(self, interval: float = 1.0) -> None:
        """Let time go by in the background, in steps of `interval` seconds of the clock."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(interval))

    async def stop(self) -> None:
        """Let time stand still again."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def behaviours_of(self, device: SimulatedDevice, rng: Random) -> list[Behaviour]:
        """Return all that a device does by itself."""
        return behaviours_of(device, rng)

    async def __aenter__(self) -> Self:
        """Start."""
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def _run(self, interval: float) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(interval)
            now = loop.time()
            await self.step((now - before) * self.rate)
            before = now

    def _life(self, devid: str) -> tuple[SimulatedDevice, list[Behaviour]]:
        device = self._simulator.devices[devid]
        known = self._lives.get(devid)
        if known is None or known[0] is not device:
            known = (device, self.behaviours_of(device, Random(f"{self._seed}:{devid}")))
            self._lives[devid] = known
        return known

    def _commanded(self, device: SimulatedDevice, values: Mapping[str, Any]) -> None:
        if device.id in self._simulator.devices:
            for behaviour in self._life(device.id)[1]:
                behaviour.commanded(values)
