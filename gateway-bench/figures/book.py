#!/usr/bin/env python3
"""Copies tables of FIGURES.md into book/src/cost.md, and draws the plot of its first one.

The chapter names what it wants: between `<!-- rows: Section: work, work -->` and `<!-- end -->` stand the rows of the
first table of the section, those of the works if some are named. `Section/2` is its second table.
"""

import html
import math
import pathlib
import re

ROOT = pathlib.Path(__file__).parent.parent.parent
CHAPTER = ROOT / "book/src/cost.md"
PLOT = ROOT / "book/src/cost.svg"
BLOCK = re.compile(r"(<!-- rows: ([^:]*?)(?:/(\d))?(?:: (.*?))? -->\n).*?(<!-- end -->)", re.DOTALL)
TITLE = "Processor time of one request on each server"


def sections():
    """The tables of each section of FIGURES.md, as lines."""
    found = {}
    tables = []
    is_table = False
    for line in (ROOT / "FIGURES.md").read_text().splitlines():
        if line.startswith("## "):
            tables = found.setdefault(line[3:], [])
        if line.startswith("|"):
            if not is_table:
                tables.append([])
            tables[-1].append(line)
        is_table = line.startswith("|")
    return found


def cells(row):
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def fill(match):
    start, name, nth, works, end = match.groups()
    head, rule, *rows = TABLES[name][int(nth or 1) - 1]
    if works:
        rows = [row for row in rows if cells(row)[0] in works.split(", ")]
    lines = [head, rule, *rows] if rows else ["Not measured."]
    return "\n".join([start, *lines, "", end])


def plot(rows):
    """A line of each server. On a logarithmic scale if one is far from the others."""
    named = [(cells(row)[0], float(cells(row)[1])) for row in rows]
    low, high = min(time for _, time in named), max(time for _, time in named)
    is_far = high > 20 * low
    left, width, step = 290, 380, 30
    height = step * len(named) + 70

    def place(time):
        if is_far:
            return left + width * math.log10(time) / math.ceil(math.log10(high))
        return left + width * time / (high * 1.1)

    scale = "microseconds, each line of the grid ten times the one before" if is_far else "microseconds"
    text = "; ".join(f"{name}: {time:.1f}" for name, time in named)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" role="img" '
        'aria-labelledby="title description" font-family="sans-serif" font-size="14">',
        f'<title id="title">{TITLE}</title>',
        f'<desc id="description">In {scale}. {html.escape(text)}.</desc>',
        f'<rect width="760" height="{height}" fill="#fff"/>',
        f'<text x="10" y="22" font-weight="bold" fill="#111">{TITLE}</text>',
    ]
    marks = [10**power for power in range(math.ceil(math.log10(high)) + 1)] if is_far else linear_marks(high)
    for mark in marks:
        x = place(mark)
        lines.append(f'<line x1="{x:.1f}" y1="36" x2="{x:.1f}" y2="{height - 32}" stroke="#ccc"/>')
        lines.append(f'<text x="{x:.1f}" y="{height - 14}" text-anchor="middle" fill="#333">{mark:g}</text>')
    lines.append(f'<text x="10" y="{height - 14}" fill="#333">{"microseconds"}</text>')
    for nth, (name, time) in enumerate(named):
        y = 52 + nth * step
        x = place(time)
        # What is by hand is hollow: the plot does not need its colours.
        is_app = "an app" in name or "the same" in name
        fill = "#0b5fa5" if is_app else "#fff"
        lines.append(f'<text x="{left - 12}" y="{y + 5}" text-anchor="end" fill="#111">{html.escape(name)}</text>')
        # Of a logarithm a length says nothing.
        if not is_far:
            lines.append(f'<line x1="{left}" y1="{y}" x2="{x:.1f}" y2="{y}" stroke="#0b5fa5" stroke-width="2"/>')
        lines.append(f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{fill}" stroke="#0b5fa5" stroke-width="2"/>')
        lines.append(f'<text x="{x + 10:.1f}" y="{y + 5}" fill="#111">{time:.1f}</text>')
    lines.append("</svg>")
    PLOT.write_text("\n".join(lines) + "\n")


def linear_marks(high):
    step = next(step for step in (1, 2, 5, 10, 20, 50) if high / step <= 8)
    return range(0, int(high) + step, step)


TABLES = sections()
CHAPTER.write_text(BLOCK.sub(fill, CHAPTER.read_text()))
if len(TABLES["One request"][0]) > 2:
    plot(TABLES["One request"][0][2:])
