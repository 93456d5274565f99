"""The relay of a simulated Tuya cloud: it serves over RTSP (RFC 2326) what the cloud's stream allocation gives addresses for.

A model of what is known of such addresses (tuya_ipc_webrtc.md, section 8), not of a real relay: each is to be opened soon, works
once, and ends after minutes. What comes is H.264 (RFC 6184), interleaved into the RTSP connection and in no other way. It is
rtsp where the cloud says rtsps, and no RTCP comes: our choices. It needs av, which requirements_test.txt has.
"""

from .relay import LIFE, OPEN_WITHIN, SESSION_TIMEOUT, Relay

__all__ = ["LIFE", "OPEN_WITHIN", "SESSION_TIMEOUT", "Relay"]
