#!/usr/bin/env python3
"""front_end.py PROTOCOL ADDR:PORT up|down MIB: sends MIB up through an app, or takes them, as a front end does.

PROTOCOL is fastcgi, scgi or uwsgi, or cgi with the path of the program in place of the address: that one is
started, and its largest memory is printed in KiB. It fails if a byte is missing."""

import resource
import socket
import struct
import subprocess
import sys
import threading

PIECE = 65536 - 8


def variables(up, size):
    target = "/lab/count" if up else f"/lab/stream?chunks={size // 65536}&size=65536"
    path, _, query = target.partition("?")
    return {
        # SCGI has these two first.
        "CONTENT_LENGTH": str(size if up else 0),
        "SCGI": "1",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": "POST" if up else "GET",
        "REQUEST_URI": target,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "a.example",
    }


def record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def send(protocol, write, environ, size):
    """The head and the body of a request."""
    pairs = [(name.encode(), value.encode()) for name, value in environ.items()]
    piece = bytes(PIECE)
    if protocol == "fastcgi":
        content = b"".join(struct.pack(">BI", len(n), len(v) | 1 << 31) + n + v for n, v in pairs)
        write(record(1, b"\0\1\0\0\0\0\0\0") + record(4, content) + record(4, b""))
    elif protocol == "scgi":
        content = b"".join(n + b"\0" + v + b"\0" for n, v in pairs)
        write(b"%d:%s," % (len(content), content))
    elif protocol == "uwsgi":
        content = b"".join(struct.pack("<H", len(text)) + text for pair in pairs for text in pair)
        write(struct.pack("<BHB", 0, len(content), 0) + content)
    left = size
    while left:
        part = piece[: min(left, PIECE)]
        write(record(5, part) if protocol == "fastcgi" else part)
        left -= len(part)
    if protocol == "fastcgi":
        write(record(5, b""))


def output(protocol, stream):
    """The pieces of what the app has written."""
    if protocol != "fastcgi":
        while piece := stream.read(PIECE):
            yield piece
        return
    while True:
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", stream.read(8))
        content = stream.read(length)
        stream.read(padding)
        if kind == 3:
            if any(content):
                sys.exit(f"the request ended with {content!r}")
            return
        if kind != 6:
            sys.exit(f"a record of type {kind}: {content!r}")
        yield content


def receive(protocol, stream, up, size):
    """Counts the body, or reads what the app has counted."""
    head, rest, length = b"", b"", 0
    for piece in output(protocol, stream):
        if b"\r\n\r\n" not in head:
            head += piece
            if b"\r\n\r\n" not in head:
                continue
            head, _, piece = head.partition(b"\r\n\r\n")
            head += b"\r\n\r\n"
        length += len(piece)
        rest = (rest + piece)[-200:] if up else b""
    is_whole = str(size).encode() in rest if up else length == size
    if b" 200 OK\r\n" not in head or not is_whole:
        sys.exit(f"{protocol}: {head!r}, {length} bytes, {rest!r}")


def main():
    protocol, place, way, mib = sys.argv[1:]
    up, size = way == "up", int(mib) << 20
    environ = variables(up, size)
    if protocol == "cgi":
        program = subprocess.Popen(
            [place], env={**environ, "RUST_LOG": "off"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        write, stream = program.stdin.write, program.stdout
    else:
        host, _, port = place.rpartition(":")
        connection = socket.create_connection((host, int(port)), timeout=600)
        write, stream = connection.sendall, connection.makefile("rb")
    sending = threading.Thread(target=send, args=(protocol, write, environ, size if up else 0))
    sending.start()
    if protocol == "cgi":
        sending.join()
        program.stdin.close()
    receive(protocol, stream, up, size)
    sending.join()
    if protocol == "cgi":
        if program.wait():
            sys.exit(f"the program ended with {program.returncode}")
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


if __name__ == "__main__":
    main()
