# Steps of figures.sh whose results are exact: counts, not times.

# Runs N requests in process under callgrind, which counts what the bench crate calls `run`.
callgrind() { # COMMAND..
    valgrind --tool=callgrind --callgrind-out-file="$tmp/callgrind" --dump-instr=yes --compress-pos=no \
        --compress-strings=no --toggle-collect='gateway_bench::*::run' "$@" 2>"$tmp/log" ||
        { cat "$tmp/log" >&2; exit 1; }
}

collected() { sed -n 's/.*Collected : \([0-9]*\)$/\1/p' "$tmp/log"; }

instructions() {
    local stack work variant works count=300
    needs valgrind valgrind
    for stack in ${STACKS:-hyper axum actix bridge}; do
        works="plaintext read-headers lookup json cookies echo not-found"
        works+=" middleware-1 middleware-5 middleware-10 middleware-header observer lint"
        # The bridge's router is axum's on both sides.
        [ "$stack" != bridge ] || works="plaintext read-headers json cookies echo not-found"
        for work in ${WORKS:-$works}; do
            for variant in native gateway; do
                callgrind "$bin/count" "$stack" "$variant" "$work" $count
                row instructions "$stack" "$work" "$variant" $(($(collected) / count))
            done
        done
    done
}

# Instructions without the parts that were asked for since the core was redrawn.
parts() {
    local stack work works count=300 copy=$tmp/parts
    needs valgrind valgrind
    gateway-bench/figures/parts.py "$copy"
    cargo build --locked --release -q --manifest-path "$copy/Cargo.toml" --target-dir "$target/parts" \
        -p gateway-bench --bin count
    works="plaintext read-headers lookup json cookies echo not-found middleware-1 middleware-5 middleware-10"
    for stack in ${STACKS:-hyper axum actix}; do
        callgrind "$target/parts/release/count" "$stack" native plaintext $count
        row parts "$stack" plaintext native $(($(collected) / count))
        for work in ${WORKS:-$works}; do
            callgrind "$target/parts/release/count" "$stack" gateway "$work" $count
            row parts "$stack" "$work" without $(($(collected) / count))
        done
    done
}

# Atomic read-modify-write operations. `WHERE=1` says where they are instead.
atomics() {
    local stack work variant at count=300 keys=() files=()
    needs valgrind valgrind
    needs objdump binutils
    for stack in ${STACKS:-hyper axum actix bridge}; do
        for work in ${WORKS:-plaintext}; do
            for variant in native gateway; do
                callgrind "$bin/count" "$stack" "$variant" "$work" $count
                mv "$tmp/callgrind" "$tmp/$stack-$work-$variant"
                keys+=("$stack $work $variant")
                files+=("$tmp/$stack-$work-$variant")
            done
        done
    done
    # All at once: objdump reads the program once.
    if [ -n "${WHERE:-}" ]; then
        python3 gateway-bench/figures/atomics.py --where $count "${files[@]}"
        return
    fi
    python3 gateway-bench/figures/atomics.py $count "${files[@]}" >"$tmp/atomics"
    for at in "${!keys[@]}"; do
        # shellcheck disable=SC2086
        row atomics ${keys[at]} "$(sed -n "$((at + 1))p" "$tmp/atomics")"
    done
}

# In the profile of the tests, because an allocation is one in each profile.
allocations() {
    # It fails where the results are not those of exact.tsv: here they are looked for.
    { cargo test -q --locked -p gateway-bench --test allocations -- --nocapture an_app || true; } |
        grep -aoP 'allocations\t.*' | tee -a "$rows"
}

# System calls of requests one at a time on a kept connection. `WHERE=1` says which.
syscalls() {
    local stack work variant tracer count=500
    needs strace strace
    for stack in ${STACKS:-hyper axum actix bridge}; do
        for work in ${WORKS:-plaintext echo}; do
            for variant in native gateway; do
                start "$stack" "$variant" "$work"
                # Warm.
                "$bin/load" ask "$addr" "$work" 10
                strace -f -c -o "$tmp/calls" -p "$pid" 2>"$tmp/log" &
                tracer=$!
                until grep -q attached "$tmp/log"; do sleep 0.02; done
                "$bin/load" calm "$addr" "$work" $count
                kill -INT "$tracer"
                wait "$tracer" || true
                stop
                [ -z "${WHERE:-}" ] || cat "$tmp/calls" >&2
                row syscalls "$stack" "$work" "$variant" \
                    "$(awk -v count=$count '$NF == "total" { printf "%.2f", $4 / count }' "$tmp/calls")"
            done
        done
    done
}

mounts() {
    local mounts count=2000
    needs valgrind valgrind
    for mounts in 1 10 100 1000; do
        callgrind "$bin/count" mounts "$mounts" $count
        row mounts core "$mounts" gateway $(($(collected) / count))
    done
}
