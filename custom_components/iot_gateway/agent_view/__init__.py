"""Cameras behind an X-P2P agent: watching, moving and speaking to them, and their recordings, on their card and in the cloud.

Between the client of Tencent's IoT Video and the entities; tencent_iot_video.md is what it goes by.
"""

from .agent_camera import CALL_SIGNALS, PLAYBACK_COMMANDS, QUALITIES, AgentCamera
from .agent_view import AgentView
from .errors import AgentViewError
from .kept import async_forget_agent_view
from .last_event import PictureUnavailable, fetch_picture
from .movement import DIRECTIONS
from .plans import KnownPlans
from .recordings import StoredRecording

__all__ = [
    "CALL_SIGNALS",
    "DIRECTIONS",
    "PLAYBACK_COMMANDS",
    "QUALITIES",
    "AgentCamera",
    "AgentView",
    "AgentViewError",
    "KnownPlans",
    "PictureUnavailable",
    "StoredRecording",
    "async_forget_agent_view",
    "fetch_picture",
]
