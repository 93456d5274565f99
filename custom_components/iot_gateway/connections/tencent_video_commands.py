"""Commands to the devices of a Tencent account: properties that are set, actions that are called."""

import asyncio
from collections.abc import Callable, Mapping
import logging
from typing import Any, Final
from weakref import WeakValueDictionary

from ..clients.tencent_video import (
    Action,
    ActionFailed,
    Device,
    DeviceOffline,
    InputInvalid,
    RateLimited,
    TencentApi,
    TencentError,
    call_action_sync,
    control_device_data,
    encode_inputs,
)
from ..commands import Values
from ..errors import CommandFailed, CommandRefused, invalid_input
from ..model import Raw
from .tencent_video_catalogue import ListedDevice
from .tencent_video_errors import OF_COMMAND, error_key

_LOGGER = logging.getLogger(__name__)

_AT_ONCE: Final = 8
_BUSY_ATTEMPTS: Final = 3
_BUSY_WAIT: Final = 1.1
"""Seconds until a command is tried again that met a busy cloud; no call of its kind is made for a second after that anyway."""


class CommandSender:
    """Sends commands.

    `name` is what errors call the connection, `name_of` returns what they call a device; `note` is told each error of the cloud.
    """

    def __init__(
        self, api: TencentApi, *, name: str, name_of: Callable[[str], str], note: Callable[[TencentError], None]
    ) -> None:
        """Be ready to send."""
        self._api = api
        self._name = name
        self._name_of = name_of
        self._note = note
        self._sending = asyncio.Semaphore(_AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(self, values: Values, devices: Mapping[str, ListedDevice]) -> dict[str, CommandFailed]:
        """Send each device its raw values; return what failed, by device."""
        outcomes = await asyncio.gather(
            *(self._send(device_id, raws, devices.get(device_id)) for device_id, raws in values.items()),
            return_exceptions=True,
        )
        failed = {}
        for device_id, outcome in zip(values, outcomes, strict=True):
            if isinstance(outcome, CommandFailed):
                failed[device_id] = outcome
            elif isinstance(outcome, BaseException):
                raise outcome
        return failed

    async def call_action(self, listed: ListedDevice, action: Action, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have a device do an action and return its outputs; raises ServiceValidationError or CommandFailed."""
        try:
            encoded = encode_inputs(action.inputs, inputs)
        except InputInvalid as err:
            raise invalid_input(action.name or action.id, err.id, err.allowed) from err
        device = listed.device
        try:
            async with self._sending:
                result = await call_action_sync(self._api, device.product_id, device.name, action.id, encoded)
        except TencentError as err:
            raise self._error(listed.id, err, action=action.name or action.id) from err
        return result.outputs

    async def _send(self, device_id: str, raws: Mapping[str, Raw], listed: ListedDevice | None) -> None:
        """Set properties of one device; raises CommandFailed."""
        if listed is None:
            raise CommandFailed("device_gone", device=self._name_of(device_id))
        # Two calls that are made at once may arrive in any order; what a device was told last has to be what it does
        if (turn := self._turns.get(device_id)) is None:
            turn = self._turns[device_id] = asyncio.Lock()
        async with turn:
            await self._set(device_id, raws, listed.device)

    async def _set(self, device_id: str, raws: Mapping[str, Raw], device: Device) -> None:
        """Set properties of one device, a few times where the cloud is busy; raises CommandFailed."""
        for attempt in range(1, _BUSY_ATTEMPTS + 1):
            try:
                async with self._sending:
                    result = await control_device_data(self._api, device.product_id, device.name, raws)
            except RateLimited as err:
                if attempt == _BUSY_ATTEMPTS:
                    raise self._error(device_id, err) from err
            except TencentError as err:
                raise self._error(device_id, err) from err
            else:
                if not result.sent:
                    # The cloud keeps it for a device that is away, which gets it when it is back
                    raise CommandFailed("command_not_delivered", device=self._name_of(device_id))
                return
            await asyncio.sleep(_BUSY_WAIT)

    def _error(self, device_id: str, err: TencentError, *, action: str = "") -> CommandFailed:
        """Return what Home Assistant says of a command that failed."""
        self._note(err)
        if isinstance(err, DeviceOffline):
            return CommandFailed("device_offline", device=self._name_of(device_id))
        if isinstance(err, ActionFailed):
            return CommandFailed("action_failed", device=self._name_of(device_id), action=action, status=err.status)
        if isinstance(err, OF_COMMAND):
            return CommandRefused("command_refused", name=self._name, error=str(err))
        return CommandFailed(error_key(err), name=self._name, error=str(err))
