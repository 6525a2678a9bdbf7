#!/usr/bin/env python3
"""Prints what extras/adapter-wsgi/FIGURES.md has of processor time as rows of figures.sh."""

import pathlib
import re

FILE = pathlib.Path(__file__).parent.parent.parent / "extras/adapter-wsgi/FIGURES.md"
WORKS = {"## A bare callable": "bare", "## A Flask": "app"}
SERVERS = {"this, on hyper": "hyper", "gunicorn": "gunicorn"}

work = None
found = 0
for line in FILE.read_text().splitlines():
    if line.startswith("## "):
        work = next((work for title, work in WORKS.items() if line.startswith(title)), None)
    if not work or not line.startswith("| "):
        continue
    name, *_, time = [cell.strip() for cell in line.strip("|").split("|")]
    for start, stack in SERVERS.items():
        # The median, before the quartiles.
        if name.startswith(start) and (microseconds := re.match(r"[0-9.]+", time)):
            found += 1
            print("wsgi-cpu", stack, work, "server", microseconds[0], sep="\t")
if found != 4:
    raise SystemExit(f"{FILE.name}: {found} figures instead of 4")
