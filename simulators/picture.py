"""What simulated cameras see: a drawn yard with somebody walking through it, a clock, and a frame counter.

Drawn into the planes of a yuv420p frame with nothing but slices of bytes: no imaging library is needed, and it is done once.
The counter is there twice: as digits for people, and as a strip of `COUNTER_BITS` black and white cells along the bottom,
the highest bit left, for programs (`read_counter`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import av

from .places import HORIZON, Block, Paint, draw_place

COUNTER_BITS = 12
STRIP = 24
"""The counter's strip is this part of the picture's height."""

type Colour = tuple[int, int, int]
"""Y, U, V."""

WHITE: Colour = (235, 128, 128)
BLACK: Colour = (16, 128, 128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The colours of a picture: what tells one stream from another at a glance, and for a program."""

    sky: Colour
    ground: Colour
    wall: Colour
    roof: Colour
    walker: Colour


DAY = Look(sky=(170, 160, 105), ground=(120, 90, 110), wall=(200, 118, 140), roof=(80, 110, 175), walker=(60, 150, 120))
"""Blue sky, green ground: the main stream."""
DUSK = Look(
    sky=(110, 100, 180), ground=(60, 125, 140), wall=(140, 110, 150), roof=(45, 130, 140), walker=(200, 90, 150)
)
"""Orange sky, brown ground: the sub-stream."""
NIGHT = Look(
    sky=(40, 150, 120), ground=(70, 128, 128), wall=(90, 128, 128), roof=(30, 128, 128), walker=(210, 128, 128)
)
"""Dark blue and grey: what comes over the data channel."""

# 5 by 7, a row each, the highest of 5 bits left.
_FONT = {
    "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E", "4": "02060A121F0202",
    "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E", "9": "0E11110F01020C",
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1C12111111121C", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11111915131111", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "11111115151B11", "X": "11110A040A1111", "Y": "1111110A040404",
    "Z": "1F01020408101F", ":": "00040400040400", ".": "00000000000404", "#": "0A0A1F0A1F0A0A", "-": "0000001F000000",
}  # fmt: skip
_ADVANCE = 6
_HEIGHT = 7


class Canvas:
    """The planes of one picture of even width and height, as bytes."""

    def __init__(self, width: int, height: int, planes: Sequence[bytes | bytearray] | None = None) -> None:
        """Begin black, or as a copy of another's planes."""
        self.width = width
        self.height = height
        quarter = width * height // 4
        self.planes = [
            bytearray(plane) for plane in planes or (b"\x10" * (width * height), b"\x80" * quarter, b"\x80" * quarter)
        ]

    def copy(self) -> Canvas:
        """Return another of the same content."""
        return Canvas(self.width, self.height, self.planes)

    def window(self, left: int, top: int, width: int, height: int) -> Canvas:
        """Return what a part of it shows; all four are even, and the part is inside."""
        planes = []
        for index, plane in enumerate(self.planes):
            scale = 2 if index else 1
            stride, wide = self.width // scale, width // scale
            first = top // scale * stride + left // scale
            planes.append(
                b"".join(plane[at : at + wide] for at in range(first, first + height // scale * stride, stride))
            )
        return Canvas(width, height, planes)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a rectangle; the edges are pixels, rounded to even ones and cut at the picture's own."""
        x0, x1 = (min(max(int(x) // 2 * 2, 0), self.width) for x in (left, right))
        y0, y1 = (min(max(int(y) // 2 * 2, 0), self.height) for y in (top, bottom))
        for index, plane in enumerate(self.planes):
            scale = 2 if index else 1
            stride = self.width // scale
            row = bytes([colour[index]]) * ((x1 - x0) // scale)
            for y in range(y0 // scale, y1 // scale):
                start = y * stride + x0 // scale
                plane[start : start + len(row)] = row

    def text(self, left: int, top: int, scale: int, text: str) -> None:
        """Write white letters on black; what the font lacks is left blank. `scale` is pixels per dot, even."""
        self.box(left - scale, top - scale, left + len(text) * _ADVANCE * scale, top + (_HEIGHT + 1) * scale, BLACK)
        luma = self.planes[0]
        dot = b"\xeb" * scale
        for place, letter in enumerate(text.upper()):
            for number, bits in enumerate(bytes.fromhex(_FONT.get(letter, "00" * _HEIGHT))):
                for column in range(5):
                    if bits & 0x10 >> column:
                        x = left + (place * _ADVANCE + column) * scale
                        if x + scale > self.width:
                            return
                        for y in range(top + number * scale, top + (number + 1) * scale):
                            luma[y * self.width + x : y * self.width + x + scale] = dot

    def frame(self) -> av.VideoFrame:
        """Return it as a frame to encode."""
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        for index, (plane, data) in enumerate(zip(frame.planes, self.planes, strict=True)):
            stride = self.width // (2 if index else 1)
            if plane.line_size == stride:
                plane.update(bytes(data))
                continue
            gap = bytes(plane.line_size - stride)
            plane.update(b"".join(bytes(data[at : at + stride]) + gap for at in range(0, len(data), stride)))
        return frame


class Scene:
    """Draws the pictures of one stream."""

    def __init__(self, width: int, height: int, look: Look, title: str) -> None:
        """Draw what doesn't move."""
        self._look = look
        self._base = base = Canvas(width, height)
        horizon = height * HORIZON
        base.box(0, 0, width, horizon, look.sky)
        base.box(0, horizon, width, height, look.ground)
        colours = paints(look)

        def box(block: Block) -> None:
            edges = width * block.left, height * block.top, width * block.right, height * block.bottom
            base.box(*edges, colours[block.paint])

        draw_place(title, box)
        self._dot = dot = max(2, height // 240 * 2)
        base.text(4 * dot, 4 * dot, dot, title)

    def draw(self, number: int, seconds: float, share: float) -> Canvas:
        """Return the picture of a number and a time, with the walker `share` (0 to 1) of the way through."""
        canvas = self._base.copy()
        width, height, dot = canvas.width, canvas.height, self._dot
        x, y = width * (share * 1.1 - 0.05), height * 0.60
        canvas.box(x - width * 0.012, y, x + width * 0.012, y + height * 0.05, self._look.wall)
        canvas.box(x - width * 0.02, y + height * 0.05, x + width * 0.02, y + height * 0.22, self._look.walker)
        minutes, rest = divmod(seconds, 60)
        canvas.text(4 * dot, 16 * dot, 2 * dot, f"{int(minutes):02}:{rest:04.1f}")
        canvas.text(4 * dot, 36 * dot, dot, f"#{number:05}")
        draw_counter(canvas, number)
        return canvas


def draw_counter(canvas: Canvas, number: int) -> None:
    """Draw the strip that `read_counter` reads."""
    width, height = canvas.width, canvas.height
    top = height - height / STRIP
    for bit in range(COUNTER_BITS):
        on = number >> (COUNTER_BITS - 1 - bit) & 1
        edges = bit * width / COUNTER_BITS, (bit + 1) * width / COUNTER_BITS
        canvas.box(edges[0], top, edges[1], height, WHITE if on else BLACK)


def paints(look: Look) -> dict[Paint, Colour]:
    """Return the colours of what stands in a place."""
    return {
        "sky": look.sky,
        "ground": look.ground,
        "wall": look.wall,
        "roof": look.roof,
        "bright": _mixed(look.sky, WHITE),
        "dark": _mixed(look.ground, BLACK),
    }


def _mixed(one: Colour, other: Colour) -> Colour:
    y, u, v = ((a + b) // 2 for a, b in zip(one, other, strict=True))
    return y, u, v


def read_counter(frame: av.VideoFrame) -> int:
    """Return the number that a decoded picture's strip shows (modulo 2 to the power of COUNTER_BITS)."""
    plane = frame.reformat(format="yuv420p").planes[0]
    luma = bytes(plane)
    y = round(frame.height * (1 - 0.5 / STRIP))
    row = luma[y * plane.line_size : (y + 1) * plane.line_size]
    number = 0
    for bit in range(COUNTER_BITS):
        number = number << 1 | (row[round((bit + 0.5) * frame.width / COUNTER_BITS)] > 125)
    return number
