"""The live view: all that watching the cameras of a config entry takes, between the cloud's client and the entities.

It outlives the viewers: the configurations of the cameras are known and the message broker is connected before anybody watches,
so that a view costs no call of the cloud (tuya_ipc_webrtc.md, section 14).
"""

from .errors import CannotMove, LiveViewError
from .live_camera import STREAM_KINDS, LiveCamera, Viewer
from .live_view import LiveView, async_forget_live_view

__all__ = ["STREAM_KINDS", "CannotMove", "LiveCamera", "LiveView", "LiveViewError", "Viewer", "async_forget_live_view"]
