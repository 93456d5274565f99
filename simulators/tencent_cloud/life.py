"""Lets the demo's devices live: temperatures drift, cells drain, cameras see something and record it, doorbells fall asleep."""

import asyncio
import contextlib
from random import Random
from typing import Any

from .account import Account, BadReport
from .devices import ONLINE, Device
from .thing_model import initial

_TICK = 1.0
_SENSOR_EVERY = 30.0
_MOTION_EVERY = 120.0
_RECORDING = 12
_SLEEP_AFTER = 60


class CloudLife:
    """The life of an account's devices; `rate` times as fast as the clock, by chance from `seed`."""

    def __init__(self, account: Account, *, seed: int = 0, rate: float = 1.0) -> None:
        """Look after the devices of an account, also those that join later."""
        self.rate = rate
        self._account = account
        self._chance = Random(seed)
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Tell whether time goes by."""
        return self._task is not None

    def start(self) -> None:
        """Let time go by."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let nothing happen any more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def step(self, seconds: float) -> int:
        """Let some time go by at once; return how many reports and events that made."""
        made = 0
        for device in list(self._account.devices.values()):
            if device.online != ONLINE:
                continue
            tired = self._account.now() - device.login_time >= _SLEEP_AFTER
            if device.low_power and tired and not device.watched:
                self._account.set_online(device.key, online=False)
                made += 1
                continue
            if self._happens(seconds, _SENSOR_EVERY) and (values := self._drift(device)):
                self._account.report(device.key, values)
                made += 1
            if self._happens(seconds, _MOTION_EVERY):
                made += self._motion(device)
        return made

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self.step(_TICK * self.rate)

    def _happens(self, seconds: float, every: float) -> bool:
        return self._chance.random() < seconds / every

    def _drift(self, device: Device) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, width in (("temperature", 0.4), ("humidity", 2), ("power", 3.0)):
            if name in device.data:
                value = device.data[name][0] + self._chance.uniform(-width, width)
                values[name] = round(value) if name == "humidity" else round(min(max(value, 0), 80), 1)
        if "battery" in device.data:
            values["battery"] = max(device.data["battery"][0] - 1, 1)
        return values

    def _motion(self, device: Device) -> int:
        definition = self._account.products[device.product_id].defined("events", "motion")
        if definition is None:
            return 0
        params = {one["id"]: initial(one["define"]) for one in definition["params"]}
        self._account.event(device.key, "motion", params)
        for channel in device.storage:
            # A plan may be over.
            with contextlib.suppress(BadReport):
                self._account.record(device.key, "motion", channel=channel, seconds=_RECORDING)
        return 1
