# Steps of figures.sh that measure requests and messages: processor time, with the kernel's part, and rates.

requests() {
    local stack work works
    needs wrk wrk
    needs h2load nghttp2-client
    head -c 1024 /dev/zero >"$tmp/kib"
    for stack in ${STACKS:-hyper axum actix bridge}; do
        works="plaintext read-headers json cookies echo not-found"
        for work in ${WORKS:-$works}; do
            in_turns "$turns" "native gateway" request "$stack" "$work"
        done
    done
}

request() { # STACK WORK VARIANT
    local before value count
    start "$1" "$3" "$2"
    before=$(cpu)
    value=$(ask "$2")
    count=$(sed -n 's/^requests: \([0-9]*\) total.*/\1/p; s/^ *\([0-9]*\) requests in.*/\1/p' "$tmp/load")
    row requests "$1" "$2" "$3" "$value"
    row request-cpu "$1" "$2" "$3" $((($(cpu) - before) / count))
    stop
}

ask() { # WORK: requests per second
    case "$1" in
        echo)
            timeout 30 h2load --h1 -t 1 -c 32 -D "$seconds" -d "$tmp/kib" "http://$addr/app/$1" >"$tmp/load"
            grep -q ' 0 failed, 0 errored' "$tmp/load" || { cat "$tmp/load" >&2; exit 1; }
            sed -n 's/^finished in [^,]*, \([0-9.]*\) req.*/\1/p' "$tmp/load"
            ;;
        *) hurry 1 32 "/app/$1" ;;
    esac
}

hurry() { # THREADS CONNECTIONS PATH: requests per second, by wrk
    timeout 30 wrk -t "$1" -c "$2" -d "${seconds}s" -H 'user-agent: wrk' -H 'accept: */*' "http://$addr$3" >"$tmp/load"
    local wrong='Non-2xx\|Socket errors'
    [ "$3" != /app/not-found ] || wrong='Socket errors'
    ! grep -q "$wrong" "$tmp/load" || { cat "$tmp/load" >&2; exit 1; }
    sed -n 's/^Requests\/sec: *//p' "$tmp/load"
}

# Processor time of each message that is echoed through one stream after a switch, one after the other. By hand is
# what users of the host would write; over a WebSocket, tokio-tungstenite and actix-ws.
messages() {
    local stack kind size
    for stack in ${STACKS:-hyper actix}; do
        for kind in ${WORKS:-bytes websocket}; do
            for size in 32 65536; do
                in_turns "$turns" "native gateway" message "$stack" "$kind" "$size"
            done
        done
    done
}

message() { # STACK KIND SIZE VARIANT
    local before count=50000
    [ "$3" = 32 ] || count=10000
    launch "$bin/sockets" "$1" "$4" "$2"
    "$bin/load" messages "$addr" "$2" "$3" 100
    before=$(cpu)
    timeout 120 "$bin/load" messages "$addr" "$2" "$3" "$count"
    row messages "$1" "$2-$3" "$4" $((($(cpu) - before) / count))
    stop
}

# Whole servers with workers. `gateway` is `adapter_hyper::Server` with an app; `hyper` is the loop that hyper's
# documentation recommends, on a runtime with so many threads; `actix` is actix-web's own server.
workers() {
    local count
    needs wrk wrk
    for count in ${WORKS:-1 2}; do
        in_turns "$turns" "hyper actix gateway" worker "$count"
    done
}

worker() { # COUNT SERVER
    local before value count
    launch "$bin/workers" "$2" "$1"
    before=$(cpu)
    value=$(hurry 2 64 /app/plaintext)
    count=$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' "$tmp/load")
    row workers server "$1" "$2" "$value"
    row workers-cpu server "$1" "$2" $((($(cpu) - before) / count))
    stop
}
