#!/usr/bin/env bash
# Measures the gateway beside native code on every stack and writes FIGURES.md.
#
#   gateway-bench/figures.sh                        everything, about twenty minutes
#   gateway-bench/figures.sh requests write         single steps, then the files from all results
#   TURNS=21 gateway-bench/figures.sh requests      more turns of what is measured in turns (9)
#   STACKS=hyper WORKS=plaintext gateway-bench/figures.sh instructions   a part of a step
#   PROFILE=dev gateway-bench/figures.sh sockets    without an optimised build, for what is not about time
#   PROGRAMS=folder RESULTS=folder gateway-bench/figures.sh requests     programs of another build, kept apart
#
# Exact:    instructions atomics allocations syscalls mounts
# Measured: requests messages workers hosts streams idle slow sockets
# Measured elsewhere: wsgi (not in everything)
# Of another build: parts (exact, not in everything), without what was asked for since the core was redrawn
# Of the results of all runs so far:
#   exact   gateway-bench/exact.tsv, the exact results that are in the tree
#   write   FIGURES.md, and the tables and the plot of book/src/cost.md
#   check   fails if an exact result of this run is not the one in exact.tsv, within its bound
#
# A step replaces the rows that it measures in target/figures/STEP.tsv (kind, stack, work, variant, value). What
# is measured is there once for each turn: native first in odd turns, gateway first in even ones. Only
# loopback is used. Debian has the tools: valgrind binutils python3 strace wrk nghttp2-client nginx. `hosts` takes
# fastcgi, proxy and actix-app for STACKS, and measures php-fpm, too, where it is installed.
#
# WSGI stands in the table and in the plot of one request when `wsgi` has taken its figures from
# extras/adapter-wsgi/FIGURES.md. Measure them just before, on the same machine, with the script in that folder.
set -euo pipefail
cd "$(dirname "$0")/.."

steps=(instructions atomics allocations syscalls mounts requests messages workers hosts streams idle slow sockets exact write)
turns=${TURNS:-9}
seconds=1       # of each run of wrk and h2load
mib=1024        # of each stream
idle=10000      # connections
slow=1000       # readers
sockets=5000    # open WebSockets

needs() {
    command -v "$1" >/dev/null || { echo "this step needs $1 (Debian: apt-get install $2)" >&2; exit 2; }
}

row() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" | tee -a "$rows"; }

# Runs COMMAND VARIANT for each variant in each turn, in both directions of order.
in_turns() { # TURNS "VARIANT.." COMMAND..
    local turn variant order backwards=
    for variant in $2; do backwards="$variant $backwards"; done
    for ((turn = 1; turn <= $1; turn++)); do
        order=$2
        ((turn % 2)) || order=$backwards
        for variant in $order; do "${@:3}" "$variant"; done
    done
}

# Starts a server and waits for its address: sets pid and addr.
launch() { # COMMAND..
    local tries=0
    : >"$tmp/addr"
    "$@" >"$tmp/addr" &
    pid=$!
    until [ -s "$tmp/addr" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 500 ] || { echo "the server did not start" >&2; exit 1; }
        sleep 0.02
    done
    addr=$(head -n 1 "$tmp/addr")
}

start() { launch "$bin/serve" "$@"; } # STACK VARIANT WORK [SEND_BUFFER]

stop() {
    [ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true
    pid=
}

memory() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$pid/status"; }

# Nanoseconds of processor that the server has had, all of its threads and of its child processes: other work
# beside it disturbs that less than what a clock says.
cpu() {
    local process
    for process in "$pid" $(cat "/proc/$pid/task/$pid/children"); do
        cat "/proc/$process"/task/*/schedstat
    done | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

# A limit that is lowered once cannot always be raised again.
may_open() { # COUNT
    [ "$(ulimit -n)" -ge "$1" ] || ulimit -n "$1" 2>/dev/null || {
        echo "skipped: the limit of open files cannot be raised to $1" >&2
        return 1
    }
}

# shellcheck source=/dev/null
for file in exact requests hosts streams memory; do source "gateway-bench/figures/$file.sh"; done

write() {
    "$bin/tables" "$results"/*.tsv >"$tmp/figures"
    cp "$tmp/figures" FIGURES.md
    python3 gateway-bench/figures/book.py "$results"/*.tsv
}

wsgi() { python3 gateway-bench/figures/wsgi.py | tee -a "$rows"; }

exact() { python3 gateway-bench/figures/exact.py write "$results"/*.tsv; }
check() { python3 gateway-bench/figures/exact.py check "$run"; }

# Puts the measured rows in the place of those of the same kind, stack and work.
keep() { # STEP
    local old=$results/$1.tsv
    [ -e "$old" ] || : >"$old"
    awk -F '\t' '{ key = $1 FS $2 FS $3 } NR == FNR { is_new[key] = 1; next } !(key in is_new)' \
        "$rows" "$old" >"$tmp/kept"
    cat "$tmp/kept" "$rows" >"$old"
    cat "$rows" >>"$run"
}

binaries() { # STEP
    case "$1" in
        instructions | atomics | mounts) echo count ;;
        syscalls | requests | streams | idle | slow) echo serve load ;;
        messages | sockets) echo sockets load ;;
        workers) echo workers ;;
        hosts) echo hosts workers load ;;
        write) echo tables ;;
        allocations | parts | wsgi | exact | check) ;;
        *) echo "unknown step: $1" >&2; return 2 ;;
    esac
}

[ "$#" -eq 0 ] || steps=("$@")
profile=${PROFILE:-release}
build=()
hosts_build=()
for step in "${steps[@]}"; do
    names=$(binaries "$step")
    for name in $names; do
        case "$name" in
            hosts) hosts_build=(--features hosts --bin hosts) ;;
            *) build+=(--bin "$name") ;;
        esac
    done
done
target=${CARGO_TARGET_DIR:-target}
bin=${PROGRAMS:-$target/${profile/#dev/debug}}
# Apart, because the feature changes what the other programs are built of.
for programs in "${build[*]}" "${hosts_build[*]}"; do
    # shellcheck disable=SC2086
    [ -n "${PROGRAMS:-}" ] || [ -z "$programs" ] ||
        cargo build --locked --profile "$profile" -q -p gateway-bench $programs
done
results=${RESULTS:-$target/figures}
mkdir -p "$results"
tmp=$(mktemp -d)
rows=$tmp/rows
run=$tmp/run.tsv # all rows of this run
: >"$run"
pid=
client_pid=
upstream_pid=
trap 'stop; for other in $client_pid $upstream_pid; do kill "$other" || true; done; rm -rf "$tmp"' EXIT
for step in "${steps[@]}"; do
    : >"$rows"
    begin=$SECONDS
    "$step"
    case "$step" in
        write | exact | check) ;;
        *) keep "$step" ;;
    esac
    echo "$step: $((SECONDS - begin)) s" >&2
done
