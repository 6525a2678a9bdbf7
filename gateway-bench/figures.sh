#!/usr/bin/env bash
# Prints the instructions per request of a stack and a work, native and gateway.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release -q -p gateway-bench
bin=${CARGO_TARGET_DIR:-target}/release

instructions() { # STACK VARIANT WORK
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        --toggle-collect='gateway_bench::*::run' "$bin/count" "$1" "$2" "$3" 1000 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\)[0-9]\{3\}$/\1/p'
}

[ "${1:-}" = instructions ] && shift
for stack in ${1:-hyper axum actix bridge}; do
    for work in ${2:-plaintext read-headers lookup middleware-1 middleware-5 middleware-10}; do
        native=$(instructions "$stack" native "$work")
        gateway=$(instructions "$stack" gateway "$work")
        echo "$stack $work: native $native, gateway $gateway, $((gateway - native)) more"
    done
done
