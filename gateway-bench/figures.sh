#!/usr/bin/env bash
# Prints the app beside the native handler on every stack, as a table: the server's instructions per
# request (callgrind, 2000 keep-alive GETs over loopback) and requests per second (wrk, 32 connections,
# the two variants in turn). Needs valgrind and wrk; takes about two minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in valgrind wrk; do
    command -v "$tool" >/dev/null || { echo "figures.sh needs $tool (Debian: apt-get install $tool)" >&2; exit 2; }
done
cargo build --release -q -p gateway-bench
bin=${CARGO_TARGET_DIR:-target}/release
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Runs "$@" as a server, and calls `work` with its address.
with_server() {
    # Removed here and not by the redirection: that happens only once the server is started.
    rm -f "$tmp/addr"
    "$@" >"$tmp/addr" 2>"$tmp/log" &
    local pid=$! tries=0
    until [ -s "$tmp/addr" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || { echo "the server did not start" >&2; exit 1; }
        sleep 0.1
    done
    work "$(head -n 1 "$tmp/addr")"
    kill -TERM "$pid"
    wait "$pid" || true
}

instructions() { # STACK VARIANT COUNT
    work() { "$bin/load" "$1" "$count"; }
    local count=$3
    with_server valgrind --tool=callgrind --callgrind-out-file="$tmp/out" "$bin/serve" "$1" "$2"
    sed -n 's/.*Collected : \([0-9]*\)$/\1/p' "$tmp/log"
}

per_request() { # STACK VARIANT
    local few many
    few=$(instructions "$1" "$2" 1000)
    many=$(instructions "$1" "$2" 3000)
    echo $(((many - few) / 2000))
}

requests() { # STACK VARIANT
    work() { wrk -t 1 -c 32 -d 4s "http://$1/app/plaintext" -H 'accept: */*' -H 'user-agent: wrk' | sed -n 's/^Requests\/sec: *//p'; }
    with_server "$bin/serve" "$1" "$2"
}

median() { sort -n | sed -n 2p; }

echo "| stack | instructions, native | instructions, app | ratio | requests/s, native | requests/s, app | ratio |"
echo "|---|---|---|---|---|---|---|"
for stack in hyper axum actix; do
    native=$(per_request "$stack" native)
    app=$(per_request "$stack" app)
    : >"$tmp/native"; : >"$tmp/app"
    for _ in 1 2 3; do
        requests "$stack" native >>"$tmp/native"
        requests "$stack" app >>"$tmp/app"
    done
    rn=$(median <"$tmp/native"); ra=$(median <"$tmp/app")
    printf '| %s | %s | %s | %s | %.0f | %.0f | %s |\n' "$stack" "$native" "$app" \
        "$(awk "BEGIN{printf \"%.2f\", $app/$native}")" "$rn" "$ra" "$(awk "BEGIN{printf \"%.2f\", $ra/$rn}")"
done
