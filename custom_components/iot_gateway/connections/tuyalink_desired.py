"""What the cloud wished properties to be while we were away: asked for after each rejoin, carried out as commands, and cleared."""

import asyncio
from collections.abc import Iterable, Mapping
import logging
from typing import Any

from ..clients.tuyalink import (
    DONE,
    OFFLINE,
    AnswerTimeout,
    CloudRefused,
    DesiredProperty,
    MessageInvalid,
    MessageTooLarge,
    TuyaLink,
    delete_desired,
    get_desired,
)
from .tuyalink_commands import Commands
from .tuyalink_exposed import Exposed

_LOGGER = logging.getLogger(__name__)


class Wishes:
    """Fulfils the wishes for exposed properties.

    A wish for an entity that is not available stays with the cloud until it is. All others are cleared, those too that cannot be
    fulfilled: they would come again with each rejoin. One that the cloud did not clear is not fulfilled a second time: the user may
    have changed things since.
    """

    def __init__(self, link: TuyaLink, exposed: Exposed, commands: Commands) -> None:
        """Have asked for nothing yet."""
        self._link = link
        self._exposed = exposed
        self._commands = commands
        self._open: set[str] = set()
        self._settled: dict[tuple[str, str], DesiredProperty] = {}
        """Wishes that are done with, by device and code, as long as the cloud may still have them."""
        self._at_work = asyncio.Lock()
        self.total = 0
        """Wishes that came."""

    @property
    def open(self) -> frozenset[str]:
        """The devices with wishes that wait for an entity."""
        return frozenset(self._open)

    async def fulfil(self, device_ids: Iterable[str]) -> bool:
        """Fulfil the wishes for devices; return whether the cloud told them. Raises LinkLost."""
        complete = True
        for device_id in device_ids:
            codes = self._exposed.settable_codes(device_id)
            if not codes:
                continue
            try:
                # Whoever asks meanwhile would be told the same wishes
                async with self._at_work:
                    await self._fulfil(device_id, codes)
            except AnswerTimeout as err:
                complete = False
                _LOGGER.debug("The cloud does not tell what it wishes: %s", err)
            except (CloudRefused, MessageInvalid, MessageTooLarge) as err:
                _LOGGER.debug("The cloud does not tell what it wishes: %s", err)
        return complete

    async def _fulfil(self, device_id: str, codes: list[str]) -> None:
        desired = await get_desired(self._link, device_id, codes)
        # It may answer with more than it was asked for
        wished = {code: wish for code, wish in desired.items() if code in codes}
        self._open.discard(device_id)
        for code in codes:
            if code not in wished:
                _ = self._settled.pop((device_id, code), None)
        wanted = {code: wish.value for code, wish in wished.items() if self._settled.get((device_id, code)) != wish}
        before = self._commands.values(device_id, wanted)
        outcomes = await self._carry_out(device_id, wanted)
        self._settled.update(
            {(device_id, code): wished[code] for code, outcome in outcomes.items() if outcome != OFFLINE}
        )
        self._commands.show(
            device_id, {code: wanted[code] for code, outcome in outcomes.items() if outcome != OFFLINE}, before
        )
        if done := {code: wish.version for code, wish in wished.items() if outcomes.get(code) != OFFLINE}:
            await delete_desired(self._link, device_id, done)
            for code in done:
                _ = self._settled.pop((device_id, code), None)

    async def _carry_out(self, device_id: str, wanted: Mapping[str, Any]) -> dict[str, int]:
        """Set properties as wished; returns the outcome of each, OFFLINE where it waits for its entity."""
        if not wanted:
            return {}
        self.total += len(wanted)
        outcomes = await self._commands.set_values(device_id, wanted, late=True)
        if OFFLINE in outcomes.values():
            self._open.add(device_id)
        if refused := sorted(code for code, outcome in outcomes.items() if outcome not in {DONE, OFFLINE}):
            _LOGGER.info("What the cloud wished cannot be done, and is cleared: %s", ", ".join(refused))
        return outcomes
