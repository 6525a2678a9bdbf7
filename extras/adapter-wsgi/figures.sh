#!/usr/bin/env bash
# Requests per second and processor time per request: a bare callable and a small Flask view, here on
# hyper, axum and actix-web, and beside them under granian, gunicorn (gthread) and waitress, with as
# many threads. Memory over 200 000 requests. Everything in one run; writes FIGURES.md.
#
# Needs a virtual environment with flask, granian, gunicorn and waitress: VENV=.. ./figures.sh
# PROGRAMS=.. is the folder of programs that were built before.
set -euo pipefail
cd "$(dirname "$0")"

: "${VENV:?the folder of a virtual environment}"
threads=${THREADS:-4} connections=${CONNECTIONS:-16} seconds=${SECONDS_EACH:-5} rounds=${ROUNDS:-3}
port=18321
programs=${PROGRAMS:-${CARGO_TARGET_DIR:-$PWD/target}/release}
[ -n "${PROGRAMS:-}" ] || cargo build --release --locked --quiet --bin serve --bin load
here=$PWD
PYTHONPATH=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
export PYTHONPATH RUST_LOG=error
cd tests/python

# The server of this run and its children, of which gunicorn and granian have one.
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT
processes() { echo "$server"; ps -o pid= --ppid "$server" || true; }

begin() {
    "$@" >/dev/null 2>&1 &
    server=$!
    for _ in $(seq 200); do
        "$programs/load" 127.0.0.1:$port 1 0.01 >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "no answer from $1" >&2
    return 1
}

end() {
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

# Hundredths of a second of processor time so far.
ticks() {
    local all=0 process user system
    for process in $(processes); do
        read -r user system < <(cut -d' ' -f14,15 "/proc/$process/stat")
        all=$((all + user + system))
    done
    echo "$all"
}

# MiB in memory.
memory() {
    local all=0 process kib
    for process in $(processes); do
        kib=$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$process/status")
        all=$((all + kib))
    done
    echo $((all / 1024))
}

# One round: `rps microseconds`.
measure() {
    local before after rate
    "$programs/load" 127.0.0.1:$port "$connections" 1 >/dev/null
    before=$(ticks)
    rate=$("$programs/load" 127.0.0.1:$port "$connections" "$seconds")
    after=$(ticks)
    awk -v r="$rate" -v t=$((after - before)) -v s="$seconds" \
        'BEGIN { printf "%d %.1f\n", r, t * 10000 / (r * s) }'
}

command_of() {
    local name=$1 callable=$2
    case "$name" in
        hyper | axum | actix)
            command=("$programs/serve" "plain:$callable" --stack "$name" --bind 127.0.0.1:$port --threads "$threads") ;;
        granian)
            command=("$VENV/bin/granian" --interface wsgi --host 127.0.0.1 --port $port --workers 1
                --blocking-threads "$threads" --no-ws --log-level error "plain:$callable") ;;
        gunicorn)
            command=("$VENV/bin/gunicorn" -k gthread --threads "$threads" -w 1 -b 127.0.0.1:$port
                --log-level error "plain:$callable") ;;
        waitress)
            command=("$VENV/bin/waitress-serve" "--listen=127.0.0.1:$port" "--threads=$threads" "plain:$callable") ;;
    esac
}

results=$(mktemp)
# Round by round, so that what else the machine does meets all of them.
for round in $(seq "$rounds"); do
    for callable in bare app; do
        for name in hyper axum actix granian gunicorn waitress; do
            command_of "$name" "$callable"
            begin "${command[@]}"
            echo "$callable $name $(measure)" | tee -a "$results" >&2
            end
        done
    done
done

command_of hyper bare
begin "${command[@]}"
flat=()
rate=$("$programs/load" 127.0.0.1:$port "$connections" 2)
flat+=("$(memory)")
for _ in 1 2 3 4; do
    "$programs/load" 127.0.0.1:$port "$connections" "$(awk -v r="$rate" 'BEGIN { print 50000 / r }')" >/dev/null
    flat+=("$(memory)")
done
end

"$VENV/bin/python" - "$results" "${flat[*]}" "$threads" "$connections" >"$here/FIGURES.md" <<'PYTHON'
import os, platform, statistics, sys
from importlib.metadata import version

rows = {}
for line in open(sys.argv[1]):
    callable_, name, rate, time = line.split()
    rows.setdefault((callable_, name), []).append((int(rate), float(time)))
names = {
    "hyper": "this, on hyper", "axum": "this, on axum", "actix": "this, on actix-web",
    "granian": f"granian {version('granian')}", "gunicorn": f"gunicorn {version('gunicorn')}, gthread",
    "waitress": f"waitress {version('waitress')}",
}
print("# Figures\n")
print(f"Made by `figures.sh` in one run, with {sys.argv[3]} threads and one process each,")
print(f"{sys.argv[4]} kept connections, CPython {platform.python_version()}, {os.cpu_count()} cores, of which the load takes")
print("one. The medians of the rounds. Processor time is of the server, with its children.")
for callable_, title in [("bare", "A bare callable, 13 bytes"), ("app", f"A Flask {version('flask')} view, 13 bytes")]:
    print(f"\n## {title}\n")
    print("| server | requests/s | beside gunicorn | µs of processor time a request |")
    print("|---|---:|---:|---:|")
    base = statistics.median(rate for rate, _ in rows[callable_, "gunicorn"])
    for key, name in names.items():
        rate = statistics.median(rate for rate, _ in rows[callable_, key])
        time = statistics.median(time for _, time in rows[callable_, key])
        print(f"| {name} | {rate:.0f} | {rate / base:.1f} | {time:.1f} |")
print("\nThe bare callable shows what the servers cost. Of a real view, the callable is most of the time, and the")
print("server is a small part: see the second table.")
print("\n## Memory\n")
flat = sys.argv[2].split()
print(f"On hyper, in MiB, after the first seconds and after each 50 000 requests more: {', '.join(flat)}.")
PYTHON
cat "$here/FIGURES.md"
