"""The camera's motors: moving from a command until the one that stops it (tuya_ipc_webrtc.md, section 9)."""

from dataclasses import dataclass
import time
from typing import Any

DIRECTIONS = {
    "0": "up",
    "1": "up_right",
    "2": "right",
    "3": "down_right",
    "4": "down",
    "5": "down_left",
    "6": "left",
    "7": "up_left",
}
"""The documented values of ptz_control."""
API_DIRECTIONS = {
    "UP": "up",
    "RIGHT_UP": "up_right",
    "RIGHT": "right",
    "RIGHT_DOWN": "down_right",
    "DOWN": "down",
    "LEFT_DOWN": "down_left",
    "LEFT": "left",
    "LEFT_UP": "up_left",
}
"""The directions of POST /v1.0/cameras/{id}/configs/ptz, which has STOP besides."""
DEGREES_PER_SECOND = 30.0
_PAN, _TILT, _ZOOM = (-170.0, 170.0), (-40.0, 90.0), (1.0, 8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move that has ended."""

    direction: str
    seconds: float


class Ptz:
    """Where the camera looks. Whoever starts a move and never stops it finds it at the end of its way."""

    def __init__(self) -> None:
        """Look straight ahead."""
        self.moves: list[Move] = []
        """What has ended, the latest last; zooming is among them as zoom_in and zoom_out."""
        self._position = {"pan": 0.0, "tilt": 0.0, "zoom": 1.0}
        self._moving: str | None = None
        self._zooming: str | None = None
        # When each began, and from when on `_position` doesn't have it yet.
        self._began = self._since = 0.0
        self._zoom_began = self._zoom_since = 0.0

    @property
    def moving(self) -> str | None:
        """Return the direction in which it moves; None while it doesn't."""
        return self._moving

    @property
    def zooming(self) -> str | None:
        """Return zoom_in or zoom_out; None while it doesn't."""
        return self._zooming

    @property
    def position(self) -> dict[str, float]:
        """Return pan and tilt in degrees (right and up are positive) and the zoom factor, as of now."""
        now = time.monotonic()
        position = dict(self._position)
        if self._moving:
            way = DEGREES_PER_SECOND * (now - self._since)
            words = self._moving.split("_")
            position["pan"] += way * (("right" in words) - ("left" in words))
            position["tilt"] += way * (("up" in words) - ("down" in words))
        if self._zooming:
            position["zoom"] += (now - self._zoom_since) * (1 if self._zooming == "zoom_in" else -1)
        limits = {"pan": _PAN, "tilt": _TILT, "zoom": _ZOOM}
        return {axis: min(max(value, limits[axis][0]), limits[axis][1]) for axis, value in position.items()}

    def command(self, code: str, value: Any) -> bool:
        """Do what a data point says; False if it's none of the motors'."""
        match code, value:
            case "ptz_control", str() if value in DIRECTIONS:
                self.move(DIRECTIONS[value])
            case "ptz_stop", True:
                self.stop()
            case "zoom_control", "0" | "1":
                self.stop_zoom()
                self._zooming = "zoom_in" if value == "1" else "zoom_out"
                self._zoom_began = self._zoom_since = time.monotonic()
            case "zoom_stop", True:
                self.stop_zoom()
            case "ptz_calibration", True:
                self.stop()
                self._position |= {"pan": 0.0, "tilt": 0.0}
            case _:
                return code in {"ptz_control", "ptz_stop", "zoom_control", "zoom_stop", "ptz_calibration"}
        return True

    def move(self, direction: str) -> None:
        """Begin a move in one of the values of DIRECTIONS, after ending the one before."""
        self.stop()
        self._moving = direction
        self._began = self._since = time.monotonic()

    def stop(self) -> None:
        """End a move."""
        self._settle()
        if self._moving:
            self.moves.append(Move(direction=self._moving, seconds=time.monotonic() - self._began))
            self._moving = None

    def stop_zoom(self) -> None:
        """End zooming."""
        self._settle()
        if self._zooming:
            self.moves.append(Move(direction=self._zooming, seconds=time.monotonic() - self._zoom_began))
            self._zooming = None

    def _settle(self) -> None:
        self._position = self.position
        self._since = self._zoom_since = time.monotonic()
