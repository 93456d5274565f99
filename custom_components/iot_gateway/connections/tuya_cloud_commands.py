"""Commands to the devices of a cloud project."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from ..clients.tuya_cloud.api import TuyaCloudApi
from ..clients.tuya_cloud.devices import send_commands
from ..clients.tuya_cloud.errors import CloudBusy, CloudError, DeviceOffline
from ..commands import Values
from ..errors import CommandFailed, CommandRefused
from ..model import Raw
from ..tuya_cloud_errors import OF_COMMAND, OF_PROJECT, error_key
from .tuya_cloud_troubles import CloudTroubles

_AT_ONCE: Final = 8
"""The cloud refuses more than a few calls at the same moment."""
_BUSY_ATTEMPTS: Final = 3
_BUSY_WAIT: Final = 1.1
"""Seconds until a command is tried again that met a busy cloud; no call is made for a second after that anyway."""


class CommandSender:
    """Sends commands; `name` is what errors call the connection, `name_of` returns what they call a device."""

    def __init__(self, api: TuyaCloudApi, troubles: CloudTroubles, *, name: str, name_of: Callable[[str], str]) -> None:
        """Be ready to send."""
        self._api = api
        self._troubles = troubles
        self._name = name
        self._name_of = name_of
        self._sending = asyncio.Semaphore(_AT_ONCE)

    async def send(self, values: Values) -> dict[str, CommandFailed]:
        """Send each device its raw values; return what failed, by device."""
        outcomes = await asyncio.gather(
            *(self._send(device_id, raws) for device_id, raws in values.items()), return_exceptions=True
        )
        failed = {}
        for device_id, outcome in zip(values, outcomes, strict=True):
            if isinstance(outcome, CommandFailed):
                failed[device_id] = outcome
            elif isinstance(outcome, BaseException):
                raise outcome
        return failed

    async def _send(self, device_id: str, raws: Mapping[str, Raw]) -> None:
        """Send one device its commands; raises CommandFailed."""
        for attempt in range(1, _BUSY_ATTEMPTS + 1):
            try:
                async with self._sending:
                    await send_commands(self._api, device_id, raws)
            except CloudBusy as err:
                if attempt == _BUSY_ATTEMPTS:
                    raise self._error(device_id, err) from err
            except CloudError as err:
                raise self._error(device_id, err) from err
            else:
                return
            await asyncio.sleep(_BUSY_WAIT)

    def _error(self, device_id: str, err: CloudError) -> CommandFailed:
        """Return what Home Assistant says of a command that failed."""
        if isinstance(err, DeviceOffline):
            return CommandFailed("device_offline", device=self._name_of(device_id))
        if isinstance(err, OF_COMMAND):
            return CommandRefused("command_refused", name=self._name, error=str(err))
        if isinstance(err, OF_PROJECT):
            self._troubles.note(err)
        return CommandFailed(error_key(err), name=self._name, error=str(err))
