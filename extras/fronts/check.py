#!/usr/bin/env python3
"""check.py SHOWCASE [SECONDS]: nginx and haproxy in front of the showcase on every stack.

Three things are shown, through connections that the fronts keep and share among clients:

- A request body that the app does not read costs other clients nothing: three clients send 200 KB that
  nobody reads, four send a few bytes, and none of the four gets a 502 (RFC 9112 section 9.6, I5).
- What could be read in two ways is read in one: after each malformed message the next clients get their
  own answers, and the app has seen no request that the front has not.
- A WebSocket passes, and ends on both sides.

It ends what it started, and fails with the rows that went wrong."""

import collections
import http.client
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import messages

HERE = pathlib.Path(__file__).parent
STACKS = ["hyper", "axum", "actix"]
FRONTS = ["nginx", "nginx-unbuffered", "haproxy"]
LARGE = b"x" * 200_000


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Running:
    """A program that is ended with the block it is used in."""

    def __init__(self, command, port, log):
        self.port, self.log = port, pathlib.Path(log)
        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def __enter__(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__()
                    sys.exit(f"{self.process.args[0]} does not listen:\n{self.log.read_text()}")
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def showcase(program, stack, directory):
    port = free_port()
    command = [program, "--stack", stack, "--bind", f"127.0.0.1:{port}"]
    return Running(command, port, directory / "app.log")


def front(name, app, directory):
    """The front, by the configuration that is beside this file, with other ports."""
    port = free_port()
    source = HERE / ("haproxy.cfg" if name == "haproxy" else "nginx.conf")
    text = source.read_text().replace("127.0.0.1:8000", f"127.0.0.1:{app}")
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    if name == "nginx-unbuffered":
        text = text.replace("proxy_request_buffering on", "proxy_request_buffering off")
    configuration = directory / source.name
    configuration.write_text(text)
    if name == "haproxy":
        command = ["haproxy", "-db", "-f", configuration]
        running = Running(command, port, directory / "front.log")
        running.requests = running.log
    else:
        command = ["nginx", "-p", directory, "-c", configuration]
        running = Running(command, port, directory / "front.log")
        running.requests = directory / "access.log"
    return running


def post(connection, path, body):
    """The status and the body of an answer. The front may answer before it has read everything."""
    try:
        connection.request("POST", path, body)
    except (BrokenPipeError, ConnectionResetError):
        pass
    response = connection.getresponse()
    return response.status, response.read()


def client(port, path, body, until, seen):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while time.monotonic() < until:
        try:
            seen[post(connection, path, body)[0]] += 1
        except (OSError, http.client.HTTPException) as error:
            seen[type(error).__name__] += 1
            connection.close()
    connection.close()


def load(port, seconds):
    """How often the four with small bodies and the three with large ones saw each status."""
    until = time.monotonic() + seconds
    small, large = collections.Counter(), collections.Counter()
    threads = []
    for _ in range(4):
        args = (port, "/lab/count", b"small", until, small)
        threads.append(threading.Thread(target=client, args=args))
    for _ in range(3):
        args = (port, "/lab/ignore-body", LARGE, until, large)
        threads.append(threading.Thread(target=client, args=args))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return small, large


def send(port, message):
    """Sends bytes, and waits until the answer pauses or the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        try:
            s.sendall(message)
            s.settimeout(0.3)
            while s.recv(65536):
                pass
        except OSError:
            # A front may reset what it does not like.
            pass


def websocket(port):
    """What went wrong with an echo and a close through the front."""
    offer = messages.request("", ["Connection: Upgrade", "Upgrade: websocket", messages.KEY, messages.VERSION], "GET /lab/ws")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as s, s.makefile("rb") as stream:
            s.sendall(offer)
            head = []
            while (line := stream.readline()) not in (b"\r\n", b""):
                head.append(line)
            if not head or not head[0].startswith(b"HTTP/1.1 101 "):
                return f"the offer was answered with {head[:1]}"
            if not any(line.rstrip().endswith(b" s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") for line in head):
                return f"the key was answered with {head}"
            # Masked with zeros: a text, and a Close with 4001.
            s.sendall(b"\x81\x85\0\0\0\0hello" + b"\x88\x82\0\0\0\0\x0f\xa1")
            heard = stream.read()
    except OSError as error:
        return repr(error)
    return None if heard == b"\x81\x05hello\x88\x02\x0f\xa1" else f"the echo was {heard!r}"


def victim(port, name):
    """Asks for a page that says what was asked for."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"/lab/raw/{name}")
        response = connection.getresponse()
        text = response.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    finally:
        connection.close()
    is_own = response.status == 200 and f'"request_uri":"/lab/raw/{name}"' in text
    return None if is_own else f"{response.status} {text[:100]!r}"


def marks(log):
    """The marked requests of a log, which may have colours. The app's has paths, a front's targets."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace"))
    return collections.Counter(re.findall(r"/(smuggled-[a-z0-9-]+)", text))


def smuggle(app, front, wrong):
    for name, message in messages.all():
        send(front.port, message)
        for number in range(3):
            answer = victim(front.port, f"victim-{name}-{number}")
            if answer is not None:
                wrong.append(f"{name}: the next client got {answer}")
    # A request that ends with the connection is logged when that has ended.
    time.sleep(0.5)
    by_front, by_app = marks(front.requests), marks(app.log)
    for name, times in (by_app - by_front).items():
        wrong.append(f"{name}: the app has seen it {times} times more than the front")
    return len(messages.all()), sum(by_app.values())


def check(program, stack, name, seconds):
    """Runs one front before one stack, and gives what went wrong."""
    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        # nginx gives up root, and reads its own files here.
        directory.chmod(0o755)
        with showcase(program, stack, directory) as app, front(name, app.port, directory) as before:
            small, large = load(before.port, seconds)
            others = {status: count for status, count in small.items() if status != 200}
            if others or small[200] < 100:
                wrong.append(f"answers to small bodies: {dict(small)}")
            answer = websocket(before.port)
            if answer is not None:
                wrong.append(f"a WebSocket: {answer}")
            count, passed = smuggle(app, before, wrong)
    print(
        f"{name:17} {stack:6} small {dict(small)}, large {dict(large)}, "
        f"{count} messages of which {passed} requests passed, {len(wrong)} wrong",
        flush=True,
    )
    return [f"{name} before {stack}: {row}" for row in wrong]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    missing = [program for program in ("nginx", "haproxy") if not shutil.which(program)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    wrong = []
    for name in FRONTS:
        for stack in STACKS:
            wrong += check(sys.argv[1], stack, name, seconds)
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
