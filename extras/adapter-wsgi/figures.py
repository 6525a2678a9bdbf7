#!/usr/bin/env python3
"""Measures, in one run and in turn, and writes FIGURES.md:

- requests per second and processor time per request of a bare callable and of a small Flask view, here on
  hyper and beside it under gunicorn (gthread), granian and waitress, with as many threads;
- memory over 200 000 requests;
- the latency of a Rust route beside a slow view.

`./figures.py` builds the programs, and makes a virtual environment with the other servers from PyPI. Then
it takes about five minutes, on a machine that does nothing else. `--quick` only shows that it works.
"""

import argparse
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
PACKAGES = ["flask==3.1.3", "granian==2.8.9", "gunicorn==27.0.1", "waitress==3.0.2"]
CALLABLES = {"bare": "A bare callable, 13 bytes", "app": "A Flask view, 13 bytes"}
SERVERS = ["this, on hyper", "granian", "gunicorn, gthread", "waitress"]
TICKS = os.sysconf("SC_CLK_TCK")


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=4, help="threads of each server")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a turn")
    parser.add_argument("--requests", type=int, default=200_000, help="for the figures of memory")
    parser.add_argument("--venv", type=pathlib.Path, default=TARGET / "figures-venv")
    parser.add_argument("--programs", type=pathlib.Path, help="a folder of programs that were built before")
    parser.add_argument("--port", type=int, default=18321)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "FIGURES.md")
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.turns, chosen.seconds, chosen.requests = 2, 0.5, 8000
    return chosen


def prepare(chosen):
    """The programs and the virtual environment; neither is part of what is measured."""
    python = chosen.venv / "bin/python"
    if not python.exists():
        subprocess.check_call([sys.executable, "-m", "venv", chosen.venv])
    subprocess.check_call([python, "-m", "pip", "install", "--quiet", *PACKAGES])
    packages = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    os.environ.update(PYTHONPATH=packages.strip(), RUST_LOG="error", PYO3_PYTHON=str(python))
    if chosen.programs is None:
        chosen.programs = TARGET / "release"
        build = ["cargo", "build", "--release", "--locked", "--bin", "serve", "--bin", "load"]
        subprocess.check_call([*build, "--example", "flask_on_hyper"], cwd=HERE)


def processes(root):
    """A process, and all that it has started."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


class Server:
    """A server with its children, for as long as it is needed."""

    def __init__(self, chosen, command, folder="tests/python"):
        self.chosen = chosen
        self.process = subprocess.Popen(
            command,
            cwd=HERE / folder,
            env={**os.environ, "PORT": str(chosen.port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        deadline = time.monotonic() + 30
        while self.load("1", connections=1, check=False) is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                sys.exit(f"no answer from {self.process.args[0]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def load_command(self, amount, path="/", connections=None):
        address = f"127.0.0.1:{self.chosen.port}"
        count = str(connections or self.chosen.connections)
        return [self.chosen.programs / "load", address, count, amount, path]

    def load(self, amount, path="/", connections=None, check=True):
        """Answers, answers per second, and their median and 99th percentile in microseconds."""
        command = self.load_command(amount, path, connections)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            if check:
                sys.exit(f"{command}: {done.stderr}")
            return None
        return [float(number) for number in done.stdout.split()]

    def seconds(self):
        """Processor time so far, of all processes."""
        spent = 0
        for process in processes(self.process.pid):
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            spent += int(fields[11]) + int(fields[12])
        return spent / TICKS

    def mebibytes(self):
        """Memory in use, of all processes."""
        kibibytes = 0
        for process in processes(self.process.pid):
            for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    kibibytes += int(line.split()[1])
        return kibibytes / 1024


def serve(chosen, server, callable_):
    bind, threads = f"127.0.0.1:{chosen.port}", str(chosen.threads)
    bin_, what = chosen.venv / "bin", f"plain:{callable_}"
    command = {
        "this, on hyper": [chosen.programs / "serve", what, "--stack", "hyper", "--bind", bind,
                           "--threads", threads],
        "granian": [bin_ / "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(chosen.port),
                    "--workers", "1", "--blocking-threads", threads, "--no-ws", "--log-level", "error", what],
        "gunicorn, gthread": [bin_ / "gunicorn", "-k", "gthread", "--threads", threads, "-w", "1", "-b", bind,
                              "--log-level", "error", what],
        "waitress": [bin_ / "waitress-serve", f"--listen={bind}", f"--threads={threads}", what],
    }[server]
    return Server(chosen, command)


def turn(chosen, server, callable_):
    """One turn of a server: requests per second, and microseconds of processor time a request."""
    with serve(chosen, server, callable_) as running:
        running.load("0.5s")
        before = running.seconds()
        answers, rate, _, _ = running.load(f"{chosen.seconds}s")
        spent = running.seconds() - before
    return rate, spent * 1e6 / answers


def memory(chosen, callable_):
    with serve(chosen, "this, on hyper", callable_) as running:
        running.load(str(chosen.requests // 20))
        used = [running.mebibytes()]
        for _ in range(4):
            running.load(str(chosen.requests // 4))
            used.append(running.mebibytes())
    return used


def latency(chosen):
    """Of a Rust route: alone, and beside a Flask view that takes every thread there is."""
    found = {"alone": [], "beside the slow view": []}
    with Server(chosen, [chosen.programs / "examples/flask_on_hyper"], "examples") as running:
        for _ in range(max(3, chosen.turns // 2)):
            for case, times in found.items():
                slow = None
                if case != "alone":
                    command = running.load_command(f"{chosen.seconds + 1}s", "/report", 16)
                    slow = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                    time.sleep(0.3)
                times.append(running.load(f"{chosen.seconds}s", "/price/3", 1))
                if slow and slow.wait():
                    sys.exit("the slow view failed")
    return found


def spread(values, digits):
    """The median, with the quartiles."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def write(chosen, turns, used, times, took):
    lines = [
        "# Figures",
        "",
        f"Made by `figures.py` in one run of {took / 60:.1f} minutes, with {chosen.threads} threads and one process",
        f"each, {chosen.connections} kept connections, CPython {platform.python_version()} and {os.cpu_count()} cores,",
        f"of which the load takes one. Medians of {chosen.turns} turns, with the quartiles. Processor time is that of",
        "all processes of a server. " + ", ".join(PACKAGES).replace("==", " ") + ".",
    ]
    for callable_, title in CALLABLES.items():
        lines += ["", f"## {title}", "", "| server | requests/s | beside gunicorn | µs of processor time a request |",
                  "|---|---:|---:|---:|"]
        base = statistics.median(rate for rate, _ in turns[callable_, "gunicorn, gthread"])
        for server in SERVERS:
            rates, spent = zip(*turns[callable_, server])
            beside = statistics.median(rates) / base
            lines.append(f"| {server} | {spread(rates, 0)} | {beside:.1f} | {spread(spent, 1)} |")
    lines += ["", "The bare callable shows what the servers cost. Of a real view, the callable is most of the time.", "",
              "## Memory", "", f"On hyper, in MiB, after {chosen.requests // 20} requests and after each "
              f"{chosen.requests // 4} more, {chosen.requests} in all:", "", "| | start | | | | end |",
              "|---|---:|---:|---:|---:|---:|"]
    for callable_, title in CALLABLES.items():
        lines.append(f"| {title} | " + " | ".join(f"{one:.1f}" for one in used[callable_]) + " |")
    lines += ["", "## A Rust route beside a slow view", "",
              "Of `examples/flask_on_hyper.rs`, one connection on `/price/3`; beside it, 16 connections on `/report`, which",
              "waits and computes on all 8 threads. In microseconds:", "", "| | median | 99th percentile |", "|---|---:|---:|"]
    for case, rows in times.items():
        lines.append(f"| {case} | {spread([row[2] for row in rows], 0)} | {spread([row[3] for row in rows], 0)} |")
    chosen.out.write_text("\n".join(lines) + "\n")


def main():
    chosen = options()
    prepare(chosen)
    begin = time.monotonic()
    turns = {}
    # Turn by turn, so that what else the machine does meets all of them.
    for number in range(chosen.turns):
        for callable_ in CALLABLES:
            for server in SERVERS:
                rate, spent = turn(chosen, server, callable_)
                turns.setdefault((callable_, server), []).append((rate, spent))
                print(f"turn {number + 1}: {callable_}, {server}: {rate:.0f}/s, {spent:.1f} us", flush=True)
    used = {callable_: memory(chosen, callable_) for callable_ in CALLABLES}
    times = latency(chosen)
    write(chosen, turns, used, times, time.monotonic() - begin)
    print(chosen.out.read_text())


if __name__ == "__main__":
    main()
