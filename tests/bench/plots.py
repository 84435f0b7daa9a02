"""Curves as SVG, legible on a light page and on a dark one. Pure.

Our own, and small: the libraries at hand draw no pair of logarithmic axes, or weigh more than all that Sirius needs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 44
COLOURS = ("#3b7dd8", "#d9622b", "#2f9e6e", "#9b59b6", "#b8860b", "#c0392b")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#57606a}.t{font-weight:600;font-size:14px}"
    ".g{stroke:#8c959f;stroke-width:.5;opacity:.5}@media (prefers-color-scheme:dark){text{fill:#adbac7}}"
)
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows; ``decades``: a logarithmic one, marked at powers of ten."""

    title: str
    decades: bool = False


class _Scale:
    """From values to places between two ends."""

    def __init__(self, axis: Axis, values: Sequence[float], first: float, last: float) -> None:
        self._decades, self._first, self._last = axis.decades, first, last
        if axis.decades:
            low, high = floor(log10(min(values))), ceil(log10(max(values)))
            self._low, self._high = float(low), float(max(high, low + 1))
            self.marks = [10.0**power for power in range(low, int(self._high) + 1)]
        else:
            step = _step(max(values))
            self._low, self._high = 0.0, step * max(1, ceil(max(values) / step))
            self.marks = [step * number for number in range(round(self._high / step) + 1)]

    def __call__(self, value: float) -> float:
        """The place of a value."""
        at = log10(value) if self._decades else value
        return self._first + (self._last - self._first) * (at - self._low) / (self._high - self._low)


def curves(title: str, across: Axis, up: Axis, lines: Mapping[str, Points]) -> str:
    """Lines by name, each with its points in order."""
    points = [point for line in lines.values() for point in line]
    horizontal = _Scale(across, [x for x, _ in points], LEFT, WIDTH - RIGHT)
    vertical = _Scale(up, [y for _, y in points], HEIGHT - BOTTOM, TOP)
    drawn = [*_axes(across, up, horizontal, vertical)]
    for place, (name, line) in enumerate(lines.items()):
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(f"{horizontal(x):.1f},{vertical(y):.1f}" for x, y in line)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(line) < 20:
            drawn += [
                f'<circle cx="{horizontal(x):.1f}" cy="{vertical(y):.1f}" r="3" fill="{colour}"/>' for x, y in line
            ]
        drawn.append(_text(LEFT + 8, TOP + 12 + 16 * place, name, f' style="fill:{colour}"'))
    said = _quoted(f"{title}: {', '.join(lines)}")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">'
    return "\n".join([head, f"<style>{STYLE}</style>", _text(LEFT, 20, title, ' class="t"'), *drawn, "</svg>"]) + "\n"


def _axes(across: Axis, up: Axis, horizontal: _Scale, vertical: _Scale) -> Iterator[str]:
    for mark in vertical.marks:
        y = vertical(mark)
        yield f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(LEFT - 6, y + 4, _short(mark), ' text-anchor="end"')
    for mark in horizontal.marks:
        yield _text(horizontal(mark), HEIGHT - BOTTOM + 16, _short(mark), ' text-anchor="middle"')
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across.title, ' text-anchor="middle"')
    yield _text(LEFT, TOP - 6, up.title, "")


def _step(most: float) -> float:
    """A round step that leaves four to nine marks below the greatest value."""
    rough = max(most, 1e-9) / 5
    power = 10.0 ** floor(log10(rough))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough)


def _short(value: float) -> str:
    if value >= 10_000:
        power = log10(value)
        return (
            f"10{str(round(power)).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
            if power % 1 < 1e-9
            else f"{value:,.0f}"
        )
    return f"{value:,.6g}"


def _text(x: float, y: float, said: str, more: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(said)}</text>'


def _quoted(said: str) -> str:
    return escape(said, {'"': "&quot;"})
