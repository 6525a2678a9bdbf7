#!/usr/bin/env bash
# Measures `adapter_hyper::Server` with 0 (one runtime, one thread), 1 and 2 workers beside actix-web's own server with
# 1 and 2, in turn: requests per second, and nanoseconds of processor time for each request. Medians of TURNS
# (5) turns of SECONDS (2). CONNECTIONS (64) are kept. It needs wrk (Debian: apt-get install wrk), and as many
# cores for the client as for the server; with fewer, the processor time is what counts.
set -euo pipefail
cd "$(dirname "$0")/.."

turns=${TURNS:-5} seconds=${SECONDS_EACH:-2} connections=${CONNECTIONS:-64}
command -v wrk >/dev/null || { echo "needs wrk (Debian: apt-get install wrk)" >&2; exit 2; }
profile=${PROFILE:-release}
cargo build --quiet --locked --profile "$profile" -p gateway-bench --bin workers
directory=${profile/#dev/debug}
bin=${CARGO_TARGET_DIR:-target}/$directory/workers

tmp=$(mktemp -d)
pid=
stop() { [ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true; pid=; }
trap 'stop; rm -rf "$tmp"' EXIT

cpu() { cat "/proc/$pid"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }

measure() { # SERVER WORKERS
    local before count tries=0
    : >"$tmp/addr"
    "$bin" "$1" "$2" >"$tmp/addr" 2>"$tmp/log" &
    pid=$!
    until [ -s "$tmp/addr" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "the server did not start" >&2; exit 1; }
        sleep 0.1
    done
    before=$(cpu)
    timeout 60 wrk -t 2 -c "$connections" -d "${seconds}s" "http://$(head -n 1 "$tmp/addr")/app/plaintext" >"$tmp/load"
    ! grep -q 'Non-2xx\|Socket errors' "$tmp/load" || { cat "$tmp/load" >&2; exit 1; }
    count=$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' "$tmp/load")
    sed -n 's/^Requests\/sec: *//p' "$tmp/load" >>"$tmp/rate-$1-$2"
    echo $((($(cpu) - before) / count)) >>"$tmp/cpu-$1-$2"
    stop
}

runs=("hyper 0" "actix 1" "hyper 1" "actix 2" "hyper 2")
for ((turn = 0; turn < turns; turn++)); do
    for run in "${runs[@]}"; do
        # shellcheck disable=SC2086
        measure $run
    done
done

median() { sort -n "$1" | sed -n "$(((turns + 1) / 2))p"; }
printf '%-8s %8s %16s %22s\n' server workers requests/s 'ns of processor/request'
for run in "${runs[@]}"; do
    read -r server workers <<<"$run"
    printf '%-8s %8s %16s %22s\n' "$server" "$workers" "$(median "$tmp/rate-$server-$workers")" "$(median "$tmp/cpu-$server-$workers")"
done
