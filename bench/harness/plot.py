"""docs/performance.svg: what an item takes, a bar a contender, on a scale of powers of ten.

In: the value of `measures/judging.py`. Out: the text of an SVG that reads on white and on black.
"""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

WIDTH, LABELS, RIGHT = 900, 210, 190
BAR, GAP, HEAD = 16, 5, 34
COLOURS = {"floor": "#8c959f", "sekisho": "#1f7a4d", "rdklib": "#3b6ea8", "guard": "#b4741a", "opa": "#7a4fa3"}
INK = "#57606a"


def draw(cases: list[dict], titles: dict[str, str], sentence: str) -> str:
    """The whole picture."""
    smallest = min(figure["micros"]["min"] for case in cases for figure in case["contenders"].values())
    largest = max(figure["micros"]["max"] for case in cases for figure in case["contenders"].values())
    low, high = math.floor(math.log10(smallest)), math.ceil(math.log10(largest))

    def place(micros: float) -> float:
        return LABELS + (math.log10(micros) - low) / (high - low) * (WIDTH - LABELS - RIGHT)

    parts, top = [], 58
    for case in cases:
        parts.append(text(16, top + 14, f"{case['title']}, {case['kind']}", weight="600"))
        top += 24
        for name, figure in case["contenders"].items():
            parts += bar(name, titles[name], figure, place, low, top)
            top += BAR + GAP
        top += 12
    grid = []
    for power in range(low, high + 1):
        left = place(10**power)
        grid.append(f'<line x1="{left:.1f}" y1="52" x2="{left:.1f}" y2="{top}" stroke="{INK}" stroke-opacity=".25"/>')
        grid.append(text(left, top + 16, f"{10**power:,} µs" if power >= 0 else f"{10**power} µs", anchor="middle"))
    height = top + 48
    head = [
        text(16, 24, "From an item's bytes to its verdict, microseconds an item, one thread", weight="600", size=15),
        text(16, 44, "the line on a bar runs from the fastest to the slowest run; the scale is logarithmic"),
        text(16, height - 12, sentence, size=11),
    ]
    style = 'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" {style}>',
        "<title>From an item's bytes to its verdict: Sekisho beside its peers and the floor</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>', *head, *grid, *parts, "</svg>\n",
    ])


def bar(name: str, title: str, figure: dict, place, low: int, top: float) -> list[str]:
    """A bar from the left edge, its spread, its label and its figure."""
    left, right = place(10**low), place(figure["micros"]["median"])
    middle = top + BAR / 2
    first, last = place(figure["micros"]["min"]), place(figure["micros"]["max"])
    ratio = f" · {figure['toOurs']['median']:.1f}× Sekisho"
    if name == "sekisho":
        ratio = f" · {figure['toFloor']['median']:.1f}× the floor"
    elif name == "floor":
        ratio = ""
    return [
        text(LABELS - 8, middle + 4, title, anchor="end", weight="600" if name == "sekisho" else "400"),
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{BAR}" rx="2" fill="{COLOURS[name]}"/>',
        f'<line x1="{first:.1f}" y1="{middle}" x2="{last:.1f}" y2="{middle}" stroke="#1f2328" stroke-width="2"/>',
        text(max(right, last) + 6, middle + 4, f"{number(figure['micros']['median'])}{ratio}"),
    ]


def number(micros: float) -> str:
    """Three digits, never with an exponent."""
    return f"{micros:,.0f}" if micros >= 100 else f"{micros:.1f}"


def text(left: float, top: float, words: str, anchor: str = "start", weight: str = "400", size: int = 12) -> str:
    return (
        f'<text x="{left:.1f}" y="{top:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="#1f2328">{escape(words)}</text>'
    )
