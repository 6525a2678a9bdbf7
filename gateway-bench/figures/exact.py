#!/usr/bin/env python3
"""Writes the exact results to gateway-bench/exact.tsv, or checks results against it.

    exact.py write RESULTS.tsv..    replaces the rows that were measured
    exact.py check RESULTS.tsv..    fails if what an app costs beside the native handler has changed

A change that costs is seen in review as a change of that file; so is one that saves, because a check fails in both
directions. Instructions depend on the compiler: with another than the one of the file they are shown, not checked.
"""

import pathlib
import statistics
import subprocess
import sys

FILE = pathlib.Path(__file__).parent.parent / "exact.tsv"
# What the difference between gateway and native may change by. The placement of code moves instructions;
# dates are rendered once a second and buffers grow now and then.
BOUNDS = {"allocations": 0.4, "atomics": 0.5, "instructions": 300, "syscalls": 0.1}
HEAD = "# What each request costs: kind, stack, work, native, gateway. Made by `gateway-bench/figures.sh exact`."


def measured(paths):
    values = {}
    for path in paths:
        for line in pathlib.Path(path).read_text().splitlines():
            kind, stack, work, variant, value = line.split("\t")
            if kind in BOUNDS:
                values.setdefault((kind, stack, work), {}).setdefault(variant, []).append(float(value))
    return {
        key: (statistics.median(both["native"]), statistics.median(both["gateway"]))
        for key, both in values.items()
        if len(both) == 2
    }


def recorded():
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    compiler = next((line[len("# Compiler: "):] for line in lines if line.startswith("# Compiler: ")), None)
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return compiler, {tuple(row[:3]): (float(row[3]), float(row[4])) for row in rows}


def write(rows):
    _, old = recorded()
    # A work that is gone, or a compiler that is another: measure all of a kind to be rid of old rows.
    text = [HEAD, f"# Compiler: {rustc()}"]
    for key, both in sorted((old | rows).items()):
        text.append("\t".join([*key, *(f"{value:g}" if value < 1000 else f"{value:.0f}" for value in both)]))
    FILE.write_text("\n".join(text) + "\n")


def check(rows):
    compiler, old = recorded()
    is_same = compiler == rustc()
    wrong = checked = 0
    for key, (native, gateway) in rows.items():
        kind = key[0]
        if key not in old:
            print(f"{' '.join(key)}: not in {FILE.name}")
            wrong += 1
            continue
        before = old[key][1] - old[key][0]
        now = gateway - native
        if kind == "instructions" and not is_same:
            print(f"{' '.join(key)}: native + {before:g}, now + {now:g}; not checked: made with {compiler}")
            continue
        checked += 1
        if abs(now - before) > BOUNDS[kind]:
            print(f"{' '.join(key)}: native + {before:g}, now + {now:g}: changed by more than {BOUNDS[kind]}")
            wrong += 1
    if wrong:
        sys.exit("If the change is meant: gateway-bench/figures.sh instructions atomics allocations syscalls exact")
    if not checked:
        sys.exit("nothing was checked")
    print(f"{checked} results are as recorded")


def rustc():
    return subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()


match sys.argv[1:]:
    case ["write", _, *_]:
        write(measured(sys.argv[2:]))
    case ["check", _, *_]:
        check(measured(sys.argv[2:]))
    case _:
        sys.exit(__doc__)
