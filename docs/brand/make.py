"""Draw the brand's pictures: custom_components/iot_gateway/brand/*.png and the SVG files beside this one.

python docs/brand/make.py       needs rsvg-convert (Debian: librsvg2-bin) and the font Lato (fonts-lato)

The mark is a gateway, the rounded square, with devices around it that it holds together.
"""

from math import cos, radians, sin
from pathlib import Path
import subprocess

HERE = Path(__file__).resolve().parent
BRAND = HERE.parents[1] / "custom_components" / "iot_gateway" / "brand"

TEAL, BLUE, AMBER = "#0fb5a6", "#1c7ed6", "#f59f00"
LINK = {"light": "#7d8ea3", "dark": "#9fb0c5"}
TEXT = {"light": "#1f2d3d", "dark": "#f1f4f8"}


def mark(theme: str) -> str:
    """Return the mark in a square of 256 units."""
    centre, distance = 128.0, 94.0
    links, nodes = [], []
    for number, angle in enumerate(range(-90, 270, 60)):
        x, y = centre + distance * cos(radians(angle)), centre + distance * sin(radians(angle))
        radius = 25 if number % 2 == 0 else 20
        colour = AMBER if number == 1 else (TEAL if number % 2 == 0 else BLUE)
        links.append(f'<path d="M{centre} {centre}L{x:.2f} {y:.2f}"/>')
        nodes.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius}" fill="{colour}"/>')
    arcs = "".join(
        f'<path d="M{128 - r * 0.78:.2f} {142 - r * 0.62:.2f}a{r} {r} 0 0 1 {2 * r * 0.78:.2f} 0"/>' for r in (16, 32)
    )
    return (
        '<defs><linearGradient id="hub" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{TEAL}"/><stop offset="1" stop-color="{BLUE}"/></linearGradient></defs>'
        f'<g stroke="{LINK[theme]}" stroke-width="12" stroke-linecap="round">{"".join(links)}</g>'
        f"{''.join(nodes)}"
        '<rect x="77" y="77" width="102" height="102" rx="30" fill="url(#hub)"/>'
        f'<g fill="none" stroke="#fff" stroke-width="10.5" stroke-linecap="round">{arcs}</g>'
        '<circle cx="128" cy="150" r="8.5" fill="#fff"/>'
    )


def icon(theme: str) -> str:
    """Return the icon."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256">{mark(theme)}</svg>\n'


def logo(theme: str) -> str:
    """Return the mark with the name beside it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1130 256">{mark(theme)}'
        f'<text x="288" y="170" font-family="Lato" font-weight="700" font-size="142" textLength="822" fill="{TEXT[theme]}">'
        "IoT Gateway</text></svg>\n"
    )


def main() -> None:
    """Write the SVG files and the pictures made of them."""
    BRAND.mkdir(exist_ok=True)
    for name, draw, height in (("icon", icon, 256), ("logo", logo, 128)):
        for theme in ("light", "dark"):
            stem = name if theme == "light" else f"dark_{name}"
            source = HERE / f"{stem}.svg"
            source.write_text(draw(theme), encoding="utf-8")
            for suffix, factor in (("", 1), ("@2x", 2)):
                target = BRAND / f"{stem}{suffix}.png"
                subprocess.run(
                    [
                        "rsvg-convert",
                        "--height",
                        str(height * factor),
                        "--keep-aspect-ratio",
                        "--output",
                        target,
                        source,
                    ],
                    check=True,
                )


if __name__ == "__main__":
    main()
