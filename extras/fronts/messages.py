"""Messages that two servers may read in two ways. A marker inside each, `/smuggled-NAME`, is a request only
for who reads it wrongly, or a second request that the front has to see, too."""

LAST_CHUNK = b"0\r\n\r\n"


def request(name, headers=(), line="GET /lab/raw/{}", version="1.1", body=b"", host="Host: h"):
    lines = [f"{line.format('smuggled-' + name)} HTTP/{version}", *([host] if host else []), *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def post(path, headers, body=b"", version="1.1"):
    return request("", headers, f"POST {path}", version, body)


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def lengths_and_codings():
    """Where the body ends (RFC 9112 section 6.3)."""
    for name, headers in {
        "length-and-chunked": ["Content-Length: {whole}", "Transfer-Encoding: chunked"],
        "chunked-and-length": ["Transfer-Encoding: chunked", "Content-Length: 4"],
        "two-lengths": ["Content-Length: 5", "Content-Length: {whole}"],
        "length-list": ["Content-Length: 5, {whole}"],
        "length-plus": ["Content-Length: +5"],
        "length-hex": ["Content-Length: 0x5"],
        "length-minus": ["Content-Length: -5"],
        "length-space-colon": ["Content-Length : 5"],
        "length-underscore": ["Content_Length: 5"],
        "gzip-chunked": ["Transfer-Encoding: gzip, chunked"],
        "chunked-chunked": ["Transfer-Encoding: chunked, chunked"],
        "chunked-identity": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        "chunked-vt": ["Transfer-Encoding: \x0bchunked", "Content-Length: {whole}"],
        "xchunked": ["Transfer-Encoding: xchunked", "Content-Length: {whole}"],
        "chunked-quoted": ['Transfer-Encoding: "chunked"', "Content-Length: {whole}"],
        "chunked-space-colon": ["Transfer-Encoding : chunked", "Content-Length: {whole}"],
        "chunked-folded": ["Transfer-Encoding:\r\n chunked", "Content-Length: {whole}"],
        "chunked-case": ["Transfer-Encoding: cHuNkEd"],
    }.items():
        body = LAST_CHUNK + request(name)
        headers = [header.format(whole=len(body)) for header in headers]
        yield name, post("/lab/count", headers, body)


def chunks():
    """What a chunk is (RFC 9112 section 7.1)."""
    coding = ["Transfer-Encoding: chunked"]
    for name, body in {
        "last-chunk-lf": b"0\r\n\n",
        "last-chunk-lf-lf": b"0\n\n",
        "size-lf": b"5\nhello\r\n0\r\n\r\n",
        "size-0x": b"0x5\r\nhello\r\n0\r\n\r\n",
        "size-plus": b"+5\r\nhello\r\n0\r\n\r\n",
        "size-space": b"5 \r\nhello\r\n0\r\n\r\n",
        "size-large": b"fffffffffffffff1\r\nhello\r\n0\r\n\r\n",
        "size-overflow": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
        "extension-lf": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
        "data-without-crlf": b"5\r\nhello0\r\n\r\n",
        "trailer-length": b"0\r\nContent-Length: 5\r\n\r\n",
        "trailer-coding": b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "trailer-path": b"0\r\n:path: /\r\n\r\n",
    }.items():
        yield name, post("/lab/count", coding, body + request(name))


def unread():
    """Bodies that the app does not read (I5, I6)."""
    many = request("unread-length") * 3000
    yield "unread-length", post("/lab/ignore-body", [f"Content-Length: {len(many)}"], many)
    few = request("unread-short")
    yield "unread-short", post("/lab/ignore-body", [f"Content-Length: {len(few)}"], few)
    many = request("unread-chunked") * 3000
    coded = chunk(many) + LAST_CHUNK
    yield "unread-chunked", post("/lab/ignore-body", ["Transfer-Encoding: chunked"], coded)
    few = request("unread-expect")
    headers = ["Expect: 100-continue", f"Content-Length: {len(few)}"]
    yield "unread-expect", post("/lab/ignore-body", headers, few)
    few = request("unread-get")
    headers = [f"Content-Length: {len(few)}"]
    yield "unread-get", request("", headers, "GET /lab/ignore-body", body=few)
    yield "unread-head", request("", headers, "HEAD /lab/ignore-body", body=few)
    yield "unread-short-of-length", post("/lab/ignore-body", ["Content-Length: 500000"], many[:1000])


KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = "Sec-WebSocket-Version: 13"


def upgrades():
    """Offers that the app declines: a front must not take a declined offer for an open tunnel, and the app
    must not take what follows it for anything but requests."""
    h2c = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"]
    offer = ["Connection: Upgrade", "Upgrade: websocket"]
    socket = [*offer, KEY, VERSION]
    for name, headers in (("h2c", h2c), ("websocket", socket)):
        body = request(f"{name}-body")
        length = [f"Content-Length: {len(body)}"]
        yield f"{name}-body", post("/lab/ignore-body", headers + length, body)
        yield f"{name}-get", request("", headers, "GET /lab/ignore-body") + request(f"{name}-get")
        yield f"{name}-stream", request("", headers, "GET /lab/stream?n=3") + request(f"{name}-stream")
    for name, line, headers in (
        ("declined", "GET /lab/ws/refuse", socket),
        # A front may believe in the switch because it saw a whole offer.
        ("version-12", "GET /lab/ws", [*offer, KEY, "Sec-WebSocket-Version: 12"]),
        ("version-777", "GET /lab/ws", [*offer, KEY, "Sec-WebSocket-Version: 777"]),
        ("no-key", "GET /lab/ws", [*offer, VERSION]),
        ("two-keys", "GET /lab/ws", [*offer, KEY, KEY, VERSION]),
        ("bad-key", "GET /lab/ws", [*offer, "Sec-WebSocket-Key: AAAA", VERSION]),
        ("other-origin", "GET /lab/ws", [*socket, "Origin: http://evil.example"]),
        ("post", "POST /lab/ws", [*socket, "Content-Length: 0"]),
        ("unknown-token", "GET /lab/ws", ["Connection: Upgrade", "Upgrade: nonsense", KEY, VERSION]),
        ("no-connection", "GET /lab/ws", ["Upgrade: websocket", KEY, VERSION]),
        ("no-upgrade", "GET /lab/ws", ["Connection: Upgrade", KEY, VERSION]),
        ("connection-close", "GET /lab/ws/refuse", ["Connection: Upgrade, close", "Upgrade: websocket", KEY, VERSION]),
        ("head", "HEAD /lab/ws/refuse", socket),
    ):
        yield f"offer-{name}", request("", headers, line) + request(f"offer-{name}")
    whole = request("offer-old")
    yield "offer-old", request("", socket, "GET /lab/ws", "1.0") + whole
    for name, coding in (("length", "Content-Length: {0}"), ("chunked", "Transfer-Encoding: chunked")):
        inner = request(f"offer-{name}")
        body = inner if name == "length" else chunk(inner) + LAST_CHUNK
        headers = [*socket, coding.format(len(inner))]
        yield f"offer-{name}", request("", headers, "GET /lab/ws", body=body)
    # One that the app accepts: what follows is for the WebSocket, which closes with 1002.
    yield "accepted", request("", socket, "GET /lab/ws") + request("accepted")
    yield "connect", request("", [], "CONNECT h:80") + request("connect")


def targets_and_hosts():
    """What a request is for (RFC 9112 section 3.2)."""
    for name, host in {
        "host-bad-port": "Host: a:b",
        "host-two": "Host: a\r\nHost: b",
        "host-none": "",
        "host-list": "Host: a, b",
        "host-path": "Host: a/b",
        "host-user": "Host: u@a",
    }.items():
        yield name, request(name, host=host)
    yield "absolute", request("absolute", line="GET http://other.example/lab/raw/{}")
    yield "authority", request("", line="GET evil.example:80") + request("authority")
    yield "asterisk", request("", line="GET *") + request("asterisk")
    yield "head-then-get", request("", line="HEAD /lab/raw/x") + request("head-then-get")
    yield "get-then-head", request("", line="GET /lab/raw/x") + request("get-then-head", line="HEAD /lab/raw/{}")
    yield "after-close", request("", ["Connection: close"], "GET /lab/raw/x") + request("after-close")
    old = ["Connection: keep-alive", "Transfer-Encoding: chunked"]
    yield "old-chunked", post("/lab/count", old, LAST_CHUNK + request("old-chunked"), version="1.0")
    yield "old-stream", request("", old[:1], "GET /lab/stream?n=3", "1.0") + request("old-stream")


def all():
    groups = (lengths_and_codings, chunks, unread, upgrades, targets_and_hosts)
    return [row for group in groups for row in group()]
