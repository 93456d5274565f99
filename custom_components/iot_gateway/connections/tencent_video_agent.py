"""Whether the user's X-P2P agent is there: looked at every minute, and told of where it is not for a while."""

from collections.abc import Callable
import logging
from typing import Final

from ..clients.tencent_video import AgentError, Xp2pAgent
from .tencent_video_troubles import TencentTroubles

_LOGGER = logging.getLogger(__name__)

_MISSES: Final = 3
"""So many looks in a row have to fail: the agent may just be started anew."""


class AgentWatch:
    """Watches one agent. `there` is None before the first look, `version` empty where it tells none."""

    def __init__(self, agent: Xp2pAgent, troubles: TencentTroubles, *, changed: Callable[[], None]) -> None:
        """Begin without having looked."""
        self._agent = agent
        self._troubles = troubles
        self._changed = changed
        self._misses = 0
        self.there: bool | None = None
        self.version = ""

    async def look(self) -> None:
        """Look once."""
        try:
            self.version = await self._agent.health()
        except AgentError as err:
            self._misses += 1
            there = False
            _LOGGER.debug("The agent is not there, look %s: %s", self._misses, err)
            if self._misses >= _MISSES:
                self._troubles.agent_away(away=True, error=str(err))
        else:
            self._misses = 0
            there = True
            self._troubles.agent_away(away=False)
        if there is not self.there:
            self.there = there
            self._changed()
