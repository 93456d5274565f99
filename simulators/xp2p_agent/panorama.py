"""What a camera with motors sees: a scene wider and higher than its picture, of which the picture shows a part."""

from dataclasses import dataclass

from simulators.picture import DAY, DUSK, NIGHT, WHITE, Canvas, Look, draw_counter, paints
from simulators.places import HORIZON, Block, draw_place

WIDE = 2.0
"""The scene's width, in pictures; the camera's place is in its middle."""
HIGH = 1.5
_POSTS = (0.02, 0.07, 0.10, 0.18, 0.22, 0.36, 0.61, 0.69, 0.80, 0.84, 0.93, 0.96)
"""Along the horizon; no two distances are the same, so that the picture tells where it looks."""
LOOKS: dict[str, Look] = {"live": DAY, "night": NIGHT, "playback": DUSK}


@dataclass(frozen=True, slots=True)
class View:
    """Where a camera looks, from -1 (left, down) to 1 (right, up)."""

    x: float = 0.0
    y: float = 0.0


class Panorama:
    """Draws the pictures of one camera in one size; width and height are multiples of 4."""

    def __init__(self, width: int, height: int, look: Look, title: str) -> None:
        """Draw what doesn't move."""
        self._width, self._height = width, height
        self._look = look
        self._title = title
        self._dot = max(2, height // 240 * 2)
        wide, high = int(width * WIDE) // 2 * 2, int(height * HIGH) // 2 * 2
        self._right, self._down = wide - width, high - height
        self._base = base = Canvas(wide, high)
        colours = paints(look)
        horizon = self._down / 2 + height * HORIZON
        base.box(0, 0, wide, horizon, look.sky)
        base.box(0, horizon, wide, high, look.ground)
        # The sun, clouds, a fence, and beds: something wherever it looks
        base.box(wide * 0.06, high * 0.04, wide * 0.11, high * 0.12, WHITE)
        for left, top in ((0.16, 0.08), (0.45, 0.03), (0.78, 0.10), (0.90, 0.22)):
            base.box(wide * left, high * top, wide * (left + 0.07), high * (top + 0.03), colours["bright"])
        for number, post in enumerate(_POSTS):
            base.box(
                wide * post,
                horizon - height * (0.08 + 0.02 * (number % 3)),
                wide * post + width * 0.02,
                horizon,
                colours["roof"],
            )
        for number in range(9):
            base.box(
                wide * number / 9,
                high * 0.93,
                wide * (number / 9 + 0.05),
                high * (0.95 + 0.005 * number),
                colours["dark"],
            )

        def box(block: Block) -> None:
            left, top = self._right / 2, self._down / 2
            base.box(
                left + width * block.left,
                top + height * block.top,
                left + width * block.right,
                top + height * block.bottom,
                colours[block.paint],
            )

        draw_place(title, box)

    def draw(self, number: int, clock: str, share: float, view: View) -> Canvas:
        """Return the picture of a number, with somebody who walks `share` (0 to 1) of the way through the middle part."""
        left = round(self._right * (1 + view.x) / 4) * 2
        top = round(self._down * (1 - view.y) / 4) * 2
        width, height, dot = self._width, self._height, self._dot
        canvas = self._base.window(left, top, width, height)
        x, y = self._right / 2 - left + width * (share * 1.1 - 0.05), self._down / 2 - top + height * 0.60
        canvas.box(x - width * 0.012, y, x + width * 0.012, y + height * 0.05, self._look.wall)
        canvas.box(x - width * 0.02, y + height * 0.05, x + width * 0.02, y + height * 0.22, self._look.walker)
        canvas.text(4 * dot, 4 * dot, dot, self._title)
        # Big, if it is short.
        scale = dot * (2 if len(clock) < 12 else 1)
        canvas.text(4 * dot, 16 * dot, scale, clock)
        canvas.text(4 * dot, 36 * dot, dot, f"#{number:05}")
        draw_counter(canvas, number)
        return canvas
