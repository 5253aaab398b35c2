"""Pictures as SVG: bars and histograms, drawn by integers, told apart by more than color."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from glotmill.report.run_page.markup import number, safe

WIDTH: Final = 720
_ROW, _GAP = 22, 6
_LABEL = 210
_HIGH, _FOOT, _TOP = 150, 34, 30
_SERIES = 4  # classes s0 to s3 of the style sheet, each with a pattern of its own edges
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Mark:
    """A bound in a histogram.

    Args:
        at: its place along the axis, 0 to 1.
        says: what it is, with its number.
    """

    at: float
    says: str


def bars(series: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]], *, title: str) -> str:
    """Return horizontal bars, one a row, cut into series; the longest takes the whole width.

    Args:
        series: what the values of a row are, in order; at most four.
        rows: label -> values.
        title: what is drawn, for those who do not see it.
    """
    longest = max((sum(values) for _, values in rows), default=0) or 1
    room = WIDTH - _LABEL - 90
    height = len(rows) * (_ROW + _GAP) + 26
    parts = []
    for place, name in enumerate(series if len(series) > 1 else ()):
        left = _LABEL + place * 120
        parts.append(f'<rect class="s{place % _SERIES}" x="{left}" y="2" width="12" height="12"/>')
        parts.append(f'<text x="{left + 18}" y="13">{safe(name)}</text>')
    for index, (name, values) in enumerate(rows):
        y, x = 24 + index * (_ROW + _GAP), float(_LABEL)
        parts.append(f'<text class="l" x="{_LABEL - 8}" y="{y + 15}">{_short(name)}</text>')
        for place, value in enumerate(values):
            wide = round(room * value / longest, 2)
            if value:
                said = f"{name}: {number(value)}{f' {series[place]}' if len(series) > 1 else ''}"
                parts.append(
                    f'<rect class="s{place % _SERIES}" x="{x:g}" y="{y}" width="{max(wide, 1):g}" height="{_ROW}">'
                    f"<title>{safe(said)}</title></rect>"
                )
            x += wide
        parts.append(f'<text x="{x + 6:g}" y="{y + 15}">{number(sum(values))}</text>')
    return _svg(height, title, parts)


def histogram(bins: Sequence[tuple[str, int]], *, marks: Sequence[Mark] = (), title: str) -> str:
    """Return columns over an axis, with bounds drawn in.

    Args:
        bins: label of where a bin begins -> rows, in the order of the axis; all bins are equally wide.
        marks: bounds.
        title: what is drawn, for those who do not see it.
    """
    highest = max((count for _, count in bins), default=0) or 1
    wide = (WIDTH - 60) / max(1, len(bins))
    parts = [f'<line class="axis" x1="40" y1="{_TOP + _HIGH}" x2="{WIDTH - 20}" y2="{_TOP + _HIGH}"/>']
    every = -(-len(bins) // 12) or 1
    for index, (name, count) in enumerate(bins):
        x, high = 40 + index * wide, round(_HIGH * count / highest, 2)
        if count:
            parts.append(
                f'<rect class="s0" x="{x + 1:.2f}" y="{_TOP + _HIGH - max(high, 1):g}" width="{max(wide - 2, 1):.2f}" '
                f'height="{max(high, 1):g}"><title>{safe(name)}: {number(count)}</title></rect>'
            )
        if index % every == 0:
            parts.append(f'<text class="t" x="{x:.2f}" y="{_TOP + _HIGH + 15}">{safe(name)}</text>')
    parts.append(f'<text class="l" x="36" y="{_TOP + 10}">{number(highest)}</text>')
    for index, mark in enumerate(marks):
        x = 40 + min(1.0, max(0.0, mark.at)) * (WIDTH - 60)
        anchor = "l" if mark.at > 0.6 else "t"
        side = -4 if mark.at > 0.6 else 4
        parts.append(f'<line class="bound" x1="{x:.2f}" y1="{_TOP - 16}" x2="{x:.2f}" y2="{_TOP + _HIGH}"/>')
        parts.append(
            f'<text class="{anchor} b" x="{x + side:.2f}" y="{_TOP - 18 + 12 * (index % 2)}">{safe(mark.says)}</text>'
        )
    return _svg(_TOP + _HIGH + _FOOT, title, parts)


def _short(name: str) -> str:
    return safe(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")


def _svg(height: int, title: str, parts: Sequence[str]) -> str:
    inside = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{safe(title)}" direction="ltr">\n{inside}\n</svg>'
    )
