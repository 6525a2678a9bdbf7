#!/usr/bin/env bash
# Measures the gateway beside native code on every stack and writes FIGURES.md.
#
#   gateway-bench/figures.sh                        everything, about eight minutes
#   TURNS=9 gateway-bench/figures.sh requests       more turns of what is measured in turns
#   gateway-bench/figures.sh streams write          single steps, then the file from all results
#   STACKS=hyper WORKS=plaintext gateway-bench/figures.sh instructions   a part of a step
#   PROFILE=dev gateway-bench/figures.sh sockets    without an optimised build, for what is not about time
#
# Steps: instructions allocations mounts requests streams idle slow sockets write. Each replaces its rows in
# target/figures/STEP.tsv (kind, stack, work, variant, value); what is measured several times is in
# there several times, native and gateway in turn, and the median counts. Needs valgrind, wrk and
# h2load (Debian: valgrind wrk nghttp2-client), each for its steps only. Only loopback is used.
set -euo pipefail
cd "$(dirname "$0")/.."

steps=(instructions allocations mounts requests streams idle slow sockets write)
turns=${TURNS:-5}
seconds=1       # of each run of wrk and h2load
mib=1024        # of each stream
idle=10000      # connections
slow=1000       # readers
sockets=5000    # open WebSockets

needs() {
    command -v "$1" >/dev/null || { echo "this step needs $1 (Debian: apt-get install $2)" >&2; exit 2; }
}

row() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" | tee -a "$rows"; }

callgrind() { # COMMAND..: the instructions of what the bench crate calls `run`
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        --toggle-collect='gateway_bench::*::run' "$@" 2>&1 | sed -n 's/.*Collected : \([0-9]*\)$/\1/p'
}

instructions() {
    local stack work variant count=1000
    local works="plaintext read-headers lookup json cookies echo not-found"
    works+=" middleware-1 middleware-5 middleware-10 lint"
    needs valgrind valgrind
    for stack in ${STACKS:-hyper axum actix bridge}; do
        # The bridge's router is axum's on both sides.
        [ "$stack" != bridge ] || works="plaintext read-headers json cookies echo"
        for work in ${WORKS:-$works}; do
            for variant in native gateway; do
                row instructions "$stack" "$work" "$variant" \
                    $(($(callgrind "$bin/count" "$stack" "$variant" "$work" $count) / count))
            done
        done
    done
}

allocations() {
    cargo test -q -p gateway-bench --test allocations -- --nocapture an_app |
        grep -ao 'allocations.*' | tee -a "$rows"
}

mounts() {
    local mounts count=5000
    needs valgrind valgrind
    for mounts in 1 10 100 1000; do
        row mounts core "$mounts" gateway $(($(callgrind "$bin/count" mounts "$mounts" $count) / count))
    done
}

start() { launch "$bin/serve" "$@"; } # STACK VARIANT WORK [SEND_BUFFER]

# Starts a server and waits for its address: sets pid and addr.
launch() { # COMMAND..
    local tries=0
    : >"$tmp/addr"
    "$@" >"$tmp/addr" &
    pid=$!
    until [ -s "$tmp/addr" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "the server did not start" >&2; exit 1; }
        sleep 0.1
    done
    addr=$(head -n 1 "$tmp/addr")
}

stop() {
    [ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true
    pid=
}

memory() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$pid/status"; }

# Nanoseconds of processor that the server has had, all of its threads: other work beside it disturbs
# that less than what a clock says.
cpu() { cat "/proc/$pid"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }

requests() {
    local stack work turn variant value count before
    needs wrk wrk
    needs h2load nghttp2-client
    head -c 1024 /dev/zero >"$tmp/kib"
    for stack in ${STACKS:-hyper axum actix bridge}; do
        for work in ${WORKS:-plaintext json cookies echo}; do
            for ((turn = 0; turn < turns; turn++)); do
                for variant in native gateway; do
                    start "$stack" "$variant" "$work"
                    before=$(cpu)
                    value=$(ask "$work")
                    count=$(sed -n 's/^requests: \([0-9]*\) total.*/\1/p; s/^ *\([0-9]*\) requests in.*/\1/p' "$tmp/load")
                    row requests "$stack" "$work" "$variant" "$value"
                    row request-cpu "$stack" "$work" "$variant" $((($(cpu) - before) / count))
                    stop
                done
            done
        done
    done
}

ask() { # WORK: requests per second
    if [ "$1" = echo ]; then
        timeout 30 h2load --h1 -t 1 -c 32 -D "$seconds" -d "$tmp/kib" "http://$addr/app/$1" >"$tmp/load"
        grep -q ' 0 failed, 0 errored' "$tmp/load" || { cat "$tmp/load" >&2; exit 1; }
        sed -n 's/^finished in [^,]*, \([0-9.]*\) req.*/\1/p' "$tmp/load"
    else
        timeout 30 wrk -t 1 -c 32 -d "${seconds}s" -H 'user-agent: wrk' -H 'accept: */*' \
            "http://$addr/app/$1" >"$tmp/load"
        ! grep -q 'Non-2xx\|Socket errors' "$tmp/load" || { cat "$tmp/load" >&2; exit 1; }
        sed -n 's/^Requests\/sec: *//p' "$tmp/load"
    fi
}

streams() {
    # A stream takes a third of a second, and what it takes varies by a fifth: many turns.
    local stack work turn variant rate before turns=$((turns * 4))
    for stack in ${STACKS:-hyper axum actix}; do
        for work in ${WORKS:-download upload}; do
            for ((turn = 0; turn < turns; turn++)); do
                for variant in native gateway; do
                    start "$stack" "$variant" "$work"
                    before=$(cpu)
                    rate=$(timeout 120 "$bin/load" "$work" "$addr" $((mib * 1024 * 1024)))
                    row rate "$stack" "$work" "$variant" "$rate"
                    row stream-cpu "$stack" "$work" "$variant" $((($(cpu) - before) / 1000))
                    row peak "$stack" "$work" "$variant" "$(memory VmHWM)"
                    stop
                done
            done
        done
    done
}

# Bytes of the server's memory for each of so many connections.
hold() { # KIND COUNT WORK [SEND_BUFFER]
    local stack variant turn before after input
    for stack in ${STACKS:-hyper axum actix}; do
        for turn in 1 2 3; do
            for variant in native gateway; do
                start "$stack" "$variant" "${@:3}"
                "$bin/load" ask "$addr" "$3" 10
                before=$(memory VmRSS)
                coproc client { exec timeout 120 "$bin/load" "$1" "$addr" "$2"; }
                client_pid=$client_PID
                input=${client[1]}
                read -r -t 100 _ <&"${client[0]}" || { echo "the client was not ready" >&2; exit 1; }
                after=$(memory VmRSS)
                row "$1" "$stack" "$3" "$variant" $(((after - before) * 1024 / $2))
                exec {input}>&-
                wait "$client_pid" || true
                client_pid=
                stop
            done
        done
    done
}

may_open() { # COUNT
    ulimit -n "$1" 2>/dev/null || [ "$(ulimit -n)" -ge "$1" ] || {
        echo "skipped: the limit of open files cannot be raised to $1" >&2
        return 1
    }
}

idle() {
    if may_open $((idle + 100)); then hold idle "$idle" plaintext; fi
}

# With a small buffer to send from: the kernel's would be megabytes for each.
slow() {
    if may_open $((slow + 100)); then hold slow "$slow" download $((64 * 1024)); fi
}

# Open WebSockets, each with one message behind it. What is by hand has its library's own settings; `tuned`
# is the same with the buffers of ours.
sockets() {
    local stack turn variant before after input variants
    may_open $((sockets + 100)) || return 0
    for stack in ${STACKS:-hyper actix}; do
        variants="native gateway"
        [ "$stack" != hyper ] || variants="native tuned gateway"
        for turn in 1 2 3; do
            for variant in $variants; do
                launch "$bin/sockets" "$stack" "$variant"
                before=$(memory VmRSS)
                coproc client { exec timeout 120 "$bin/load" sockets "$addr" "$sockets"; }
                client_pid=$client_PID
                input=${client[1]}
                read -r -t 100 _ <&"${client[0]}" || { echo "the client was not ready" >&2; exit 1; }
                after=$(memory VmRSS)
                row sockets "$stack" websocket "$variant" $(((after - before) * 1024 / sockets))
                exec {input}>&-
                wait "$client_pid" || true
                client_pid=
                stop
            done
        done
    done
}

write() {
    "$bin/tables" "$results"/*.tsv >"$tmp/figures"
    cp "$tmp/figures" FIGURES.md
}

[ "$#" -eq 0 ] || steps=("$@")
profile=${PROFILE:-release}
cargo build --profile "$profile" -q -p gateway-bench
target=${CARGO_TARGET_DIR:-target}
bin=$target/${profile/#dev/debug}
results=$target/figures
mkdir -p "$results"
tmp=$(mktemp -d)
pid=
client_pid=
trap 'stop; [ -z "$client_pid" ] || kill "$client_pid" || true; rm -rf "$tmp"' EXIT
for step in "${steps[@]}"; do
    case "$step" in
        instructions | allocations | mounts | requests | streams | idle | slow | sockets)
            rows=$results/$step.tsv
            : >"$rows"
            "$step"
            ;;
        write) write ;;
        *) echo "unknown step: $step" >&2; exit 2 ;;
    esac
done
