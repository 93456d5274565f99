"""Where a simulated camera hangs: what stands before it, by the words of its title.

Rectangles in parts of the picture's width and height, so that they fit a picture of any size. Above the horizon is the sky, or a
wall, and below it the ground, or a floor; both are there already, and are what tells one stream from another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

HORIZON = 0.55

type Paint = Literal["wall", "roof", "ground", "sky", "bright", "dark"]


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle: left, top, right, bottom, and what it is painted with."""

    left: float
    top: float
    right: float
    bottom: float
    paint: Paint


def _round(x: float, y: float, width: float, height: float, paint: Paint) -> tuple[Block, ...]:
    """Return something roundish in three blocks."""
    return tuple(
        Block(x - width * wide, y - height * high, x + width * wide, y + height * high, paint)
        for wide, high in ((0.5, 0.28), (0.4, 0.4), (0.26, 0.5))
    )


def _tree(x: float, foot: float, height: float) -> tuple[Block, ...]:
    return (
        Block(x - 0.008, foot - height * 0.5, x + 0.008, foot, "dark"),
        *_round(x, foot - height * 0.65, height * 0.5, height * 0.7, "ground"),
    )


_HOUSE = (
    Block(0.60, 0.30, 0.90, 0.68, "wall"),
    Block(0.57, 0.22, 0.93, 0.30, "roof"),
    Block(0.72, 0.46, 0.78, 0.68, "roof"),
)
_LIVING_ROOM = (
    # A window with its bars, a picture, a lamp, a sofa with cushions, a rug
    Block(0.60, 0.10, 0.86, 0.44, "bright"),
    Block(0.725, 0.10, 0.735, 0.44, "wall"),
    Block(0.60, 0.26, 0.86, 0.275, "wall"),
    Block(0.42, 0.20, 0.53, 0.36, "dark"),
    Block(0.435, 0.22, 0.515, 0.34, "wall"),
    Block(0.925, 0.28, 0.932, 0.66, "dark"),
    Block(0.895, 0.20, 0.962, 0.30, "bright"),
    Block(0.56, 0.48, 0.88, 0.62, "roof"),
    Block(0.53, 0.54, 0.91, 0.70, "roof"),
    Block(0.60, 0.52, 0.68, 0.60, "wall"),
    Block(0.76, 0.52, 0.84, 0.60, "wall"),
    Block(0.18, 0.86, 0.62, 0.93, "wall"),
)
_PORCH = (
    # The street beyond a hedge, a gate between two posts, a path, a letter box
    Block(0.00, 0.50, 1.00, 0.56, "dark"),
    *_tree(0.50, 0.56, 0.30),
    *_tree(0.93, 0.56, 0.26),
    Block(0.44, 0.46, 0.62, 0.60, "roof"),
    Block(0.66, 0.42, 0.68, 0.62, "wall"),
    Block(0.82, 0.42, 0.84, 0.62, "wall"),
    *(Block(0.685 + 0.027 * bar, 0.46, 0.695 + 0.027 * bar, 0.60, "bright") for bar in range(5)),
    Block(0.86, 0.46, 1.00, 0.60, "roof"),
    *(
        Block(0.70 - 0.06 * step, 0.60 + 0.08 * step, 0.80 - 0.02 * step, 0.68 + 0.08 * step, "wall")
        for step in range(5)
    ),
)
_DRIVEWAY = (
    # A garage with its door, and a car before it
    Block(0.48, 0.18, 0.98, 0.60, "wall"),
    Block(0.46, 0.13, 1.00, 0.20, "roof"),
    Block(0.54, 0.28, 0.92, 0.60, "bright"),
    *(Block(0.54, 0.34 + 0.07 * line, 0.92, 0.345 + 0.07 * line, "wall") for line in range(4)),
    Block(0.40, 0.60, 1.00, 0.96, "dark"),
    Block(0.62, 0.50, 0.82, 0.60, "sky"),
    Block(0.56, 0.58, 0.90, 0.72, "roof"),
    Block(0.60, 0.69, 0.66, 0.77, "bright"),
    Block(0.80, 0.69, 0.86, 0.77, "bright"),
)
_GARDEN = (
    # A hedge, trees, a shed, and beds with flowers
    Block(0.00, 0.47, 1.00, 0.58, "dark"),
    *_tree(0.44, 0.60, 0.42),
    *_tree(0.56, 0.59, 0.34),
    Block(0.70, 0.36, 0.92, 0.64, "wall"),
    Block(0.68, 0.29, 0.94, 0.36, "roof"),
    Block(0.78, 0.44, 0.85, 0.64, "dark"),
    Block(0.46, 0.88, 0.98, 0.94, "dark"),
    *(Block(0.49 + 0.06 * flower, 0.86, 0.505 + 0.06 * flower, 0.89, "roof") for flower in range(8)),
)
_ATTIC = (
    # Beams under a roof, boxes, a round window
    *(Block(0.06 * step, 0.0, 0.06 * step + 0.05, 0.42 - 0.07 * step, "roof") for step in range(6)),
    *(Block(0.95 - 0.06 * step, 0.0, 1.0 - 0.06 * step, 0.42 - 0.07 * step, "roof") for step in range(6)),
    *_round(0.55, 0.24, 0.12, 0.22, "bright"),
    Block(0.62, 0.46, 0.76, 0.66, "wall"),
    Block(0.66, 0.34, 0.74, 0.46, "wall"),
    Block(0.78, 0.52, 0.90, 0.68, "wall"),
    Block(0.62, 0.545, 0.76, 0.56, "roof"),
)
_FEEDER = (
    # A house for birds on a post, before trees
    *_tree(0.42, 0.62, 0.50),
    *_tree(0.90, 0.60, 0.40),
    Block(0.69, 0.50, 0.71, 0.94, "dark"),
    Block(0.58, 0.46, 0.82, 0.50, "roof"),
    Block(0.62, 0.28, 0.78, 0.46, "wall"),
    Block(0.58, 0.22, 0.82, 0.28, "roof"),
    *_round(0.70, 0.36, 0.05, 0.09, "dark"),
)

_PLACES: tuple[tuple[str, Sequence[Block]], ...] = (
    ("attic", _ATTIC),
    ("door", _PORCH),
    ("driveway", _DRIVEWAY),
    ("feeder", _FEEDER),
    ("garage", _DRIVEWAY),
    ("garden", _GARDEN),
    ("room", _LIVING_ROOM),
)


def draw_place(title: str, box: Callable[[Block], None]) -> None:
    """Draw what stands before a camera of this title; a house, if the title tells nothing."""
    words = title.casefold().split()
    for block in next((blocks for word, blocks in _PLACES if word in words), _HOUSE):
        box(block)
