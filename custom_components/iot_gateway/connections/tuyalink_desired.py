"""What the cloud wished properties to be while we were away: asked for after each rejoin, carried out as commands, and cleared."""

from collections.abc import Iterable
import logging

from ..clients.tuyalink import (
    DONE,
    OFFLINE,
    AnswerTimeout,
    CloudRefused,
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
    fulfilled: they would come again with each rejoin.
    """

    def __init__(self, link: TuyaLink, exposed: Exposed, commands: Commands) -> None:
        """Have asked for nothing yet."""
        self._link = link
        self._exposed = exposed
        self._commands = commands
        self._open: set[str] = set()
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
        wanted = {code: wish.value for code, wish in desired.items() if code in codes}
        self._open.discard(device_id)
        if not wanted:
            return
        self.total += len(wanted)
        before = self._commands.values(device_id, wanted)
        outcomes = await self._commands.set_values(device_id, wanted, late=True)
        done = {code for code, outcome in outcomes.items() if outcome != OFFLINE}
        if done < wanted.keys():
            self._open.add(device_id)
        if refused := sorted(code for code in done if outcomes[code] != DONE):
            _LOGGER.info("What the cloud wished cannot be done, and is cleared: %s", ", ".join(refused))
        if done:
            await delete_desired(self._link, device_id, {code: desired[code].version for code in done})
        self._commands.show(device_id, {code: wanted[code] for code in done}, before)
