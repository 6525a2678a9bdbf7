#!/usr/bin/env python3
"""Counts the atomic read-modify-write operations of a program that ran under callgrind.

    valgrind --tool=callgrind --dump-instr=yes --compress-pos=no --compress-strings=no \\
        --callgrind-out-file=run.out --toggle-collect='gateway_bench::*::run' count hyper gateway plaintext 1000
    gateway-bench/figures/atomics.py 1000 run.out..         the operations of each of 1000 requests
    gateway-bench/figures/atomics.py --where 1000 run.out.. where they are, the most frequent first

An operation is an instruction of x86-64 with the prefix `lock`, or an `xchg` with memory, which is locked without a
prefix. Callgrind says how often each instruction ran, and objdump which instructions these are. Loads and
stores are not counted: they cost what others cost. An operation in a function that was inlined is that of the
function it was written in; the names from the standard library are left out.
"""

import collections
import functools
import re
import subprocess
import sys

LINE = re.compile(r"^\s*([0-9a-f]+):\s+(lock .*|xchg\s.*\(.*)$")
GENERICS = re.compile(r"<.*")


def executed(path):
    """How often each instruction ran: by object and address, with the function it is in."""
    counts = collections.Counter()
    functions = {}
    name = function = None
    is_call = False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("positions:") and "instr" not in line:
                sys.exit("the run had no --dump-instr=yes")
            if line.startswith("ob="):
                name = line[3:].strip()
            elif line.startswith("fn="):
                function = line[3:].strip()
            elif line.startswith("calls="):
                # The next line is what the call cost in all.
                is_call = True
            elif line.startswith("0x"):
                address, _, count = line.split()
                if not is_call:
                    counts[name, int(address, 16)] += int(count)
                    functions[name, int(address, 16)] = function
                is_call = False
    return counts, functions


@functools.cache
def atomics(name):
    """The addresses of the atomic operations of an object."""
    with subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as objdump:
        # Of ten million lines.
        text = subprocess.run(
            ["grep", "-E", r"\s(lock |xchg)"], stdin=objdump.stdout, capture_output=True, text=True, check=False
        ).stdout
    found = {}
    for line in text.splitlines():
        if match := LINE.match(line):
            found[int(match[1], 16)] = match[2].split("#")[0].split("<")[0].strip()
    return found


def places(name, addresses):
    """The functions that each address was written in, the innermost first."""
    arguments = [f"{address:#x}" for address in addresses]
    command = ["addr2line", "-C", "-f", "-i", "-a", "-e", name, *arguments]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    frames = {}
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("0x"):
            current = frames.setdefault(int(line, 16), [])
        else:
            current.append((line, next(lines).split(" ")[0]))
    return frames


def place(frames, function):
    """The last function of the standard library, and the first that is not of it."""
    inner = [line for line, source in frames if source.startswith("/rustc/")]
    outer = [(line, source) for line, source in frames if not source.startswith("/rustc/")]
    line, source = outer[0] if outer else (function, "?")
    operation = inner[-1] if inner else ""
    return f"{'/'.join(source.split('/')[-2:])}  {GENERICS.sub('', line)}  {operation}"


def report(path, requests, is_where):
    counts, functions = executed(path)
    rows = []
    for name in sorted({name for name, _ in counts if name}):
        for address, text in atomics(name).items():
            if count := counts[name, address]:
                rows.append((count / requests, name, address, text))
    if not rows:
        sys.exit("no atomic operation ran: the addresses of callgrind are not those of objdump")
    total = sum(row[0] for row in rows)
    if not is_where:
        print(f"{total:.2f}")
        return
    print(f"{path.rpartition('/')[2]}: {total:.2f}")
    frames = {}
    for name in {row[1] for row in rows}:
        found = places(name, [row[2] for row in rows if row[1] == name])
        frames.update({(name, address): frame for address, frame in found.items()})
    found = collections.Counter()
    for count, name, address, text in rows:
        function = functions[name, address]
        found[f"{place(frames[name, address], function)}\n          {text}  in {function}"] += count
    for where, count in found.most_common():
        if count >= 0.01:
            print(f"{count:8.2f}  {where}")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--where"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    for path in arguments[1:]:
        report(path, int(arguments[0]), "--where" in sys.argv)


if __name__ == "__main__":
    main()
