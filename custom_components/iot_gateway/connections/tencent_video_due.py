"""Reading the devices that are due, and planning when they are read next: within the budget, and only what is not pushed."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from homeassistant.core import callback

from ..hub import Hub
from .call_budget import DAY, CallBudget
from .freshness import Freshness
from .tencent_video_catalogue import ListedDevice
from .tencent_video_push_watch import PushWatch
from .tencent_video_reading import AT_ONCE, DeviceReader, Reading
from .tencent_video_readings import Readings
from .tencent_video_troubles import TencentTroubles


class Listed(Protocol):
    """Who has the list."""

    devices: Mapping[str, ListedDevice]


class DueReader:
    """Reads what `readings` has due. `watch` is to be set where there are pushes: who pushes is not read."""

    def __init__(
        self,
        hub: Hub,
        listed: Listed,
        *,
        readings: Readings,
        reader: DeviceReader,
        freshness: Freshness,
        budget: CallBudget,
        troubles: TencentTroubles,
        interval: float,
        list_calls: Callable[[], int],
    ) -> None:
        """Be ready to read.

        `interval` is how many seconds the user wants between two readings, `list_calls` how many calls the list takes that is
        read as often.
        """
        self._hub = hub
        self._listed = listed
        self._readings = readings
        self._reader = reader
        self._freshness = freshness
        self._budget = budget
        self._troubles = troubles
        self._interval = interval
        self._list_calls = list_calls
        self.watch: PushWatch | None = None

    def wait(self) -> float:
        """Return the seconds between two readings of the same thing, so that the budget lasts for the day."""
        read = sum(device.online and not self._is_told(device_id) for device_id, device in self._hub.devices.items())
        return self._budget.seconds_until_reading(wished=self._interval, cost=read + self._list_calls())

    def _is_told(self, device_id: str) -> bool:
        """Whether a device pushes what it reports."""
        return self.watch is not None and self.watch.told(device_id)

    def _wait_for(self, device_id: str) -> float:
        """Return the seconds until a device is read again that was read just now."""
        device = self._hub.devices.get(device_id)
        if device is None or not device.online or self._is_told(device_id):
            # Nothing becomes of one that is away, and one that is back is read at once
            return max(DAY, self.wait())
        return self.wait()

    @callback
    def plan_new(self) -> None:
        """Plan the next readings of devices that were just brought, and so just read."""
        unplanned = [
            device_id
            for device_id, device in self._hub.devices.items()
            if device.online and not self._readings.is_planned(device_id)
        ]
        self._readings.spread(unplanned, self.wait())

    async def read_due(self) -> None:
        """Read the devices that are due; raises TencentError where that is not for one device alone."""
        due = self._readings.due
        if self._budget.used_up:
            for device_id in due:
                self._readings.retry(device_id, self.wait())
            return
        limit = asyncio.Semaphore(AT_ONCE)

        async def read(device_id: str) -> None:
            async with limit:
                await self._read(device_id)

        await self._reader.all_of(map(read, due))

    async def _read(self, device_id: str) -> None:
        """Read what a device last reported; raises TencentError."""
        listed = self._listed.devices.get(device_id)
        if listed is None or device_id not in self._hub.devices:
            self._readings.drop(device_id)
            return
        # Also where it fails, it is not read again at once
        self._readings.retry(device_id, self.wait())
        reading = await self._reader.read(listed)
        if reading is None or (device := self._hub.devices.get(device_id)) is None:
            return
        if self.watch is not None and self.watch.compare(device_id, reading, device.schema.sent(device.state)):
            self._troubles.push_silent(silent=self.watch.silent)
        self.take(device_id, reading)
        self._readings.was_read(device_id, self._wait_for(device_id))

    @callback
    def take(self, device_id: str, reading: Reading) -> None:
        """Take in what was read, without what was pushed since it was asked for."""
        fresh = self._freshness.note_reading(device_id, reading.values, reading.asked_at)
        self._hub.take(device_id, {code: raw for code, raw in reading.values.items() if code in fresh})
