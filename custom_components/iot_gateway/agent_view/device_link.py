"""The way to one device through the agent: the agent is told how it is reached, and one that sleeps is woken.

P2PInfo changes whenever the device restarts (tencent_iot_video.md, sections 2.1 and 2.4), and the agent forgets it when it
restarts itself. It is therefore told before the first use, and anew where a use fails as it would with what is out of date.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import logging
from typing import Final

from ..clients.tencent_video import (
    AgentRefused,
    DeviceAsleep,
    DeviceDeclined,
    DeviceOffline,
    NotSupported,
    P2pInfo,
    TencentApi,
    TencentError,
    Xp2pAgent,
    get_p2p_info,
    wake_up_device,
)

_LOGGER = logging.getLogger(__name__)

_NO_SESSION: Final = frozenset({401, 403, 404, 409, 410, 412, 428})
"""HTTP statuses by which an agent may say that it knows no way to the device, or none that is good."""
_RENEWAL_PAUSE: Final = 10.0
"""Seconds between two looks for another P2PInfo: each is a call of the cloud."""
_WAKING: Final = 7.0
"""Seconds that a device has for waking up. Home Assistant itself waits 10 for the address of a stream."""
_WAKING_LOOK: Final = 1.0


class DeviceLink:
    """How one device is reached; uses of it may be under way side by side.

    `sleeps` says that it was asleep at some time, so that it may be woken also while the cloud takes it to be offline.
    """

    def __init__(self, api: TencentApi, agent: Xp2pAgent, product_id: str, device_name: str) -> None:
        """Begin without a session."""
        self.product_id = product_id
        self.device_name = device_name
        self.agent = agent
        self.sleeps = False
        self._api = api
        self._told: P2pInfo | None = None
        self._looked_at = float("-inf")
        self._lock = asyncio.Lock()
        self._waking: asyncio.Lock = asyncio.Lock()

    @property
    def has_session(self) -> bool:
        """Whether the agent was told how the device is reached."""
        return self._told is not None

    async def use[T](self, ask: Callable[[], Awaitable[T]], *, wake: bool = False) -> T:
        """Ask the device something and return its answer; with `wake` one that sleeps is woken for it, as a viewer wants it.

        Raises AgentError, or TencentError where the cloud does not tell how the device is reached.
        """
        await self._tell()
        try:
            return await ask()
        except DeviceAsleep:
            self.sleeps = True
            if not wake:
                raise
            return await self._wake_for(ask)
        except DeviceOffline as err:
            if await self._renew():
                return await self._again(ask, wake)
            if wake and self.sleeps:
                return await self._wake_for(ask, err)
            raise
        except AgentRefused as err:
            if not _wants_session(err) or not await self._renew(even_if_known=True):
                raise
            return await self._again(ask, wake)

    async def renew(self) -> None:
        """Tell the agent anew how the device is reached, since what it sends has ended; what cannot be had is left as it is."""
        try:
            await self._renew(even_if_known=True)
        except TencentError as err:
            _LOGGER.debug("It is not to be had how %s is reached: %s", self.device_name, err)
        except AgentRefused as err:
            _LOGGER.debug("The agent does not take how %s is reached: %s", self.device_name, err)

    async def _again[T](self, ask: Callable[[], Awaitable[T]], wake: bool) -> T:
        try:
            return await ask()
        except DeviceAsleep:
            self.sleeps = True
            if not wake:
                raise
            return await self._wake_for(ask)

    async def _tell(self) -> None:
        """Tell the agent how the device is reached, unless it knows."""
        if self._told is not None:
            return
        async with self._lock:
            if self._told is None:
                await self._fetch_and_tell()

    async def _renew(self, *, even_if_known: bool = False) -> bool:
        """Look whether the device is reached otherwise by now, and tell the agent; return whether it may work now.

        `even_if_known` has the agent told also what it was told before: it may have forgotten.
        """
        async with self._lock:
            loop = asyncio.get_running_loop()
            if loop.time() - self._looked_at < _RENEWAL_PAUSE:
                if even_if_known and self._told is not None:
                    await self.agent.session(self.product_id, self.device_name, self._told.text)
                    return True
                return False
            known = self._told
            await self._fetch_and_tell()
            return even_if_known or known is None or self._told is None or known.text != self._told.text

    async def _fetch_and_tell(self) -> None:
        self._looked_at = asyncio.get_running_loop().time()
        found = await get_p2p_info(self._api, self.product_id, self.device_name)
        await self.agent.session(self.product_id, self.device_name, found.text)
        self._told = found

    async def _wake_for[T](self, ask: Callable[[], Awaitable[T]], error: DeviceOffline | None = None) -> T:
        """Have the cloud wake the device, and ask again until it answers; raises DeviceAsleep where it does not in time."""
        loop = asyncio.get_running_loop()
        waited = self._waking.locked()
        async with self._waking:
            if waited:
                # Another one has woken it meanwhile
                with suppress(DeviceAsleep, DeviceOffline, AgentRefused):
                    return await ask()
            until = loop.time() + _WAKING
            last: DeviceAsleep | DeviceOffline = error or DeviceAsleep("The device does not wake up")
            try:
                await wake_up_device(self._api, self.product_id, self.device_name)
            except NotSupported as err:
                # It wakes by itself only
                raise last from err
            while True:
                try:
                    return await ask()
                except DeviceAsleep as err:
                    last = err
                except (DeviceOffline, AgentRefused) as err:
                    if isinstance(err, DeviceOffline):
                        last = err
                    elif not _wants_session(err):
                        raise
                    # Awake it is reached by another way than before
                    self._looked_at = float("-inf")
                    _ = await self._renew()
                if loop.time() + _WAKING_LOOK > until:
                    raise last
                await asyncio.sleep(_WAKING_LOOK)


def _wants_session(err: AgentRefused) -> bool:
    """Whether an agent says that it has to be told how the device is reached; what a device itself declines says nothing of it."""
    return not isinstance(err, DeviceDeclined) and err.status in _NO_SESSION
