# The step of figures.sh that measures bodies of 1 GiB.

streams() {
    local stack work
    for stack in ${STACKS:-hyper axum actix}; do
        for work in ${WORKS:-download upload}; do
            in_turns "$turns" "native gateway" stream "$stack" "$work"
        done
    done
}

stream() { # STACK WORK VARIANT
    local before rate
    start "$1" "$3" "$2"
    before=$(cpu)
    rate=$(timeout 120 "$bin/load" "$2" "$addr" $((mib * 1024 * 1024)))
    row rate "$1" "$2" "$3" "$rate"
    row stream-cpu "$1" "$2" "$3" $((($(cpu) - before) / 1000))
    row peak "$1" "$2" "$3" "$(memory VmHWM)"
    stop
}
