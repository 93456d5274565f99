"""How many viewers a camera can serve, and how it gets stuck (tuya_ipc_webrtc.md, section 4, "Capacity")."""

from collections import deque
import time


class Slots:
    """Counts viewers; whoever comes too often in too short a time makes it refuse everybody until it is reset."""

    def __init__(self, total: int, *, jam_after: int | None = None, jam_seconds: float = 60.0) -> None:
        """Have `total` slots; be jammed by more than `jam_after` attempts within `jam_seconds`, None is never."""
        self.total = total
        self.jam_after = jam_after
        self.jam_seconds = jam_seconds
        self.jammed = False
        self._taken: set[str] = set()
        self._attempts: deque[float] = deque()

    @property
    def in_use(self) -> int:
        """Count the slots that are taken."""
        return len(self._taken)

    def take(self, session_id: str) -> bool:
        """Take a slot for a session; False if there is none. A session that has one keeps it."""
        now = time.monotonic()
        self._attempts.append(now)
        while self._attempts[0] < now - self.jam_seconds:
            self._attempts.popleft()
        if self.jam_after is not None and len(self._attempts) > self.jam_after:
            self.jammed = True
        if session_id in self._taken:
            return True
        if self.jammed or len(self._taken) >= self.total:
            return False
        self._taken.add(session_id)
        return True

    def free(self, session_id: str) -> None:
        """Give a session's slot back, if it has one."""
        self._taken.discard(session_id)

    def reset(self) -> None:
        """Forget everything, as a restart of the camera does."""
        self._taken.clear()
        self._attempts.clear()
        self.jammed = False
