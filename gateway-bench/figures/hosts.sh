# The step of figures.sh that measures what has no workloads of its own: an app under FastCGI, the reverse proxy,
# and an application of actix-web as an app. Each stands beside what people would take instead.

hosts() {
    local host
    for host in ${STACKS:-fastcgi proxy actix-app}; do
        case "$host" in
            fastcgi) fastcgi ;;
            proxy) proxy ;;
            actix-app)
                needs wrk wrk
                in_turns "$turns" "actix gateway" over_http actix-app
                ;;
            *) echo "skipped: no such host: $host" >&2 ;;
        esac
    done
}

# The same front end for all: 16 connections that are kept, each with one request at a time.
fastcgi() {
    local variants="tokio-fastcgi gateway" fpm
    fpm=$(compgen -c php-fpm | sort | head -n 1 || true)
    if [ -n "$fpm" ]; then
        variants="tokio-fastcgi php-fpm gateway"
        # Its children have another user.
        chmod 755 "$tmp"
        printf '%s' "<?php header('content-type: text/plain; charset=utf-8') ?>Hello, World!" >"$tmp/hello.php"
    else
        echo "skipped: php-fpm is not installed (Debian: apt-get install php-fpm)" >&2
    fi
    in_turns "$turns" "$variants" over_fastcgi
}

over_fastcgi() { # VARIANT
    local before value connections=16 count=40000
    case "$1" in
        php-fpm) launch_php_fpm ;;
        *) launch "$bin/hosts" fastcgi "$1" ;;
    esac
    "$bin/load" fastcgi "$addr" "$tmp/hello.php" "$connections" "$connections" >"$tmp/load"
    before=$(cpu)
    value=$(timeout 120 "$bin/load" fastcgi "$addr" "$tmp/hello.php" "$connections" "$count")
    row hosts fastcgi plaintext "$1" "$value"
    row hosts-cpu fastcgi plaintext "$1" $((($(cpu) - before) / count))
    stop
}

# To one upstream, which has a process of its own.
proxy() {
    needs wrk wrk
    needs nginx nginx
    launch "$bin/hosts" upstream hyper
    upstream_pid=$pid
    upstream=$addr
    in_turns "$turns" "hyper nginx gateway" over_http proxy
    pid=$upstream_pid
    upstream_pid=
    stop
}

over_http() { # HOST VARIANT
    local before value count
    case "$1 $2" in
        "proxy nginx") launch_nginx ;;
        proxy*) launch "$bin/hosts" proxy "$2" "$upstream" ;;
        "actix-app actix") launch "$bin/workers" actix 1 ;;
        *) launch "$bin/hosts" "$1" "$2" ;;
    esac
    before=$(cpu)
    value=$(hurry 1 32 /app/plaintext)
    count=$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' "$tmp/load")
    row hosts "$1" plaintext "$2" "$value"
    row hosts-cpu "$1" plaintext "$2" $((($(cpu) - before) / count))
    stop
}

# Starts a server that cannot pick a port, and waits until it listens: sets pid.
launch_at() { # PORT COMMAND..
    local tries=0
    "${@:2}" 2>"$tmp/log" &
    pid=$!
    until (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 500 ] || { cat "$tmp/log" >&2; exit 1; }
        sleep 0.02
    done
    addr=127.0.0.1:$1
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A child for each connection that is kept. It has the settings of the system's php.ini.
launch_php_fpm() {
    local port
    port=$(free_port)
    cat >"$tmp/fpm.conf" <<C
[global]
error_log = $tmp/fpm.log
daemonize = no
[www]
user = www-data
group = www-data
listen = 127.0.0.1:$port
pm = static
pm.max_children = 16
C
    launch_at "$port" "$fpm" -y "$tmp/fpm.conf"
}

# It sends the upstream the fields that the app sends, and keeps connections on both sides.
launch_nginx() {
    local port
    port=$(free_port)
    cat >"$tmp/nginx.conf" <<C
worker_processes 1;
daemon off;
pid $tmp/nginx.pid;
error_log stderr warn;
events {
    worker_connections 512;
}
http {
    access_log off;
    client_body_temp_path $tmp/nginx-body;
    proxy_temp_path $tmp/nginx-proxy;
    fastcgi_temp_path $tmp/nginx-fastcgi;
    uwsgi_temp_path $tmp/nginx-uwsgi;
    scgi_temp_path $tmp/nginx-scgi;
    upstream app {
        server $upstream;
        keepalive 32;
        keepalive_requests 1000000;
    }
    server {
        listen 127.0.0.1:$port;
        keepalive_requests 1000000;
        location / {
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $upstream;
            proxy_set_header Forwarded "for=\$remote_addr;proto=\$scheme;host=\"\$http_host\"";
            proxy_set_header X-Forwarded-For \$remote_addr;
            proxy_set_header X-Forwarded-Host \$http_host;
            proxy_set_header X-Forwarded-Proto \$scheme;
            proxy_set_header X-Forwarded-Prefix "";
        }
    }
}
C
    launch_at "$port" nginx -p "$tmp" -e stderr -c "$tmp/nginx.conf"
}
