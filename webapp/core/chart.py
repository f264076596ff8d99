"""Bars stacked over time, as shapes of an inline SVG: series differ by shape and hatching, not by colour alone.

Coordinates are those of a viewBox of WIDTH by HEIGHT; pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 320, 112
LEFT, RIGHT, TOP, FLOOR = 26.0, 320.0, 6.0, 92.0
STEPS = 3  # lines above the floor
NICE = (1, 2, 3, 4, 5, 6, 8)
ROOF = 3.0  # how high a point stands above the bar it crowns


@dataclass(frozen=True)
class Series:
    """One kind of thing counted: `look` is plain, hatched or pointed."""

    label: str
    look: str
    values: Sequence[int]

    @property
    def total(self) -> int:
        """All of its values together."""
        return sum(self.values)


@dataclass(frozen=True)
class Drawing:
    """What the SVG holds: bars (look and the points of a polygon), lines with their numbers, marks with their words."""

    series: Sequence[Series]
    bars: Sequence[tuple[str, str]]
    lines: Sequence[tuple[float, int]]
    marks: Sequence[tuple[float, str]]


def draw(series: Sequence[Series], marks: Sequence[str]) -> Drawing:
    """Stack the series in their order; `marks` are the words below each bar, empty for none."""
    columns = list(zip(*(one.values for one in series), strict=True))
    step = line_step(max((sum(column) for column in columns), default=0))
    width = (RIGHT - LEFT) / max(len(marks), 1)
    scale = (FLOOR - TOP) / (step * STEPS)
    looks = [one.look for one in series]
    bars = [
        bar
        for number, column in enumerate(columns)
        for bar in _stack(looks, column, LEFT + number * width, width, scale)
    ]
    lines = [(round(FLOOR - number * step * scale, 1), number * step) for number in range(STEPS + 1)]
    words = [(round(LEFT + (number + 0.5) * width, 1), mark) for number, mark in enumerate(marks) if mark]
    return Drawing(series, bars, lines, words)


def line_step(most: int) -> int:
    """How far apart the lines are: a number that reads well, so that the highest bar stays below the last line."""
    size = 1
    while True:
        for nice in NICE:
            if nice * size * STEPS >= most:
                return nice * size
        size *= 10


def _stack(looks: Sequence[str], values: Sequence[int], x: float, width: float, scale: float) -> list[tuple[str, str]]:
    bars, floor = [], FLOOR
    for look, value in zip(looks, values, strict=True):
        if value:
            top = floor - value * scale
            bars.append((look, _polygon(look, x + 1, x + width - 1, floor, top)))
            floor = top
    return bars


def _polygon(look: str, left: float, right: float, floor: float, top: float) -> str:
    corners = [(left, floor), (left, top), (right, top), (right, floor)]
    if look == "pointed":
        eaves = min(top + ROOF, floor)
        corners = [(left, floor), (left, eaves), ((left + right) / 2, top), (right, eaves), (right, floor)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
