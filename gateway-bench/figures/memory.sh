# Steps of figures.sh that measure what open connections hold: bytes of the server's memory for each.

idle() {
    may_open $((idle + 100)) || return 0
    local stack
    for stack in ${STACKS:-hyper axum actix}; do
        in_turns 3 "native gateway" connections idle "$idle" plaintext "$stack"
    done
}

# With a small buffer to send from: the kernel's would be megabytes for each.
slow() {
    may_open $((slow + 100)) || return 0
    local stack
    for stack in ${STACKS:-hyper axum actix}; do
        in_turns 3 "native gateway" connections slow "$slow" download "$stack"
    done
}

connections() { # KIND COUNT WORK STACK VARIANT
    case "$1" in
        slow) start "$4" "$5" "$3" $((64 * 1024)) ;;
        *) start "$4" "$5" "$3" ;;
    esac
    "$bin/load" ask "$addr" "$3" 10
    held "$1" "$2"
    row "$1" "$4" "$3" "$5" "$bytes"
    stop
}

# Sets `bytes` to what each of so many connections holds.
held() { # KIND COUNT
    local before after input
    before=$(memory VmRSS)
    coproc client { exec timeout 120 "$bin/load" "$1" "$addr" "$2"; }
    client_pid=$client_PID
    input=${client[1]}
    read -r -t 100 _ <&"${client[0]}" || { echo "the client was not ready" >&2; exit 1; }
    after=$(memory VmRSS)
    bytes=$(((after - before) * 1024 / $2))
    exec {input}>&-
    wait "$client_pid" || true
    client_pid=
}

# Open WebSockets, each with one message behind it. What is by hand has its library's own settings; `tuned`
# is the same with the buffers of ours.
sockets() {
    may_open $((sockets + 100)) || return 0
    local stack variants
    for stack in ${STACKS:-hyper actix}; do
        variants="native gateway"
        [ "$stack" != hyper ] || variants="native tuned gateway"
        in_turns 3 "$variants" socket "$stack"
    done
}

socket() { # STACK VARIANT
    launch "$bin/sockets" "$1" "$2" websocket
    held sockets "$sockets"
    row sockets "$1" websocket "$2" "$bytes"
    stop
}
