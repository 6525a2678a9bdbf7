"""Callables that break PEP 3333, or use what few servers keep of it.

What happened to each request is in EVENTS, under its query string.
"""

import collections
import contextvars
import decimal
import sys
import threading
import time

EVENTS = collections.defaultdict(list)
PLAIN = [("Content-Type", "text/plain")]
#: Ends what blocks, at the end of a test.
RELEASE = collections.defaultdict(threading.Event)


NEWS = threading.Condition()


def note(environ, event):
    with NEWS:
        EVENTS[environ["QUERY_STRING"]].append(event)
        NEWS.notify_all()


def wait_for(query, event, times):
    """Waits until a request has noted an event so often; True if it has."""
    with NEWS:
        return NEWS.wait_for(lambda: EVENTS[query].count(event) >= times, 30)


def release(query):
    RELEASE[query].set()


class Body:
    """An iterable that notes its end."""

    def __init__(self, environ, chunks):
        self.environ = environ
        self.chunks = iter(chunks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        note(self.environ, "closed")


def never_starts(environ, start_response):
    return Body(environ, [b"data"])


def never_starts_list(environ, start_response):
    return [b"data"]


def starts_twice(environ, start_response):
    start_response("200 OK", PLAIN)
    start_response("200 OK", PLAIN)
    return Body(environ, [b"data"])


def starts_twice_and_swallows(environ, start_response):
    start_response("200 OK", PLAIN)
    try:
        start_response("200 OK", PLAIN)
    except AssertionError:
        note(environ, "refused")
    return Body(environ, [b"data"])


def yields_str(environ, start_response):
    start_response("200 OK", PLAIN)
    return Body(environ, ["text"])


def yields_str_late(environ, start_response):
    start_response("200 OK", PLAIN)
    return Body(environ, [b"bytes", "text"])


def is_str(environ, start_response):
    start_response("200 OK", PLAIN)
    return "text"


def yields_nothing_for_ever(environ, start_response):
    start_response("200 OK", PLAIN)

    def chunks():
        note(environ, "running")
        while not RELEASE[environ["QUERY_STRING"]].is_set():
            time.sleep(0.001)
            yield b""

    return Body(environ, chunks())


def yields_for_ever(environ, start_response):
    start_response("200 OK", PLAIN)

    def chunks():
        while True:
            note(environ, "chunk")
            yield b"x" * 65536

    return Body(environ, chunks())


def raises(environ, start_response):
    raise ZeroDivisionError("on purpose")


def raises_in_first_step(environ, start_response):
    start_response("200 OK", PLAIN)

    def chunks():
        yield b""
        raise ZeroDivisionError("on purpose")

    return Body(environ, chunks())


def raises_in_body(environ, start_response):
    start_response("200 OK", PLAIN)

    def chunks():
        yield b"half"
        raise ZeroDivisionError("on purpose")

    return Body(environ, chunks())


class RaisesInClose(Body):
    def close(self):
        super().close()
        raise ZeroDivisionError("on purpose")


def raises_in_close(environ, start_response):
    start_response("200 OK", PLAIN)
    return RaisesInClose(environ, [b"whole", b" body"])


def raises_in_close_and_body(environ, start_response):
    start_response("200 OK", PLAIN)
    return RaisesInClose(environ, [b"half", "text"])


def system_exit(environ, start_response):
    sys.exit(3)


def system_exit_in_body(environ, start_response):
    start_response("200 OK", PLAIN)

    def chunks():
        yield b"half"
        raise SystemExit(3)

    return Body(environ, chunks())


def keyboard_interrupt(environ, start_response):
    raise KeyboardInterrupt


def blocks(environ, start_response):
    note(environ, "running")
    # At most as long as a test may take; the test ends it.
    RELEASE[environ["QUERY_STRING"]].wait(60)
    start_response("200 OK", PLAIN)
    return Body(environ, [b"at last"])


def blocks_and_generates(environ, start_response):
    """Its client has left when it returns: what it returns is closed, and never started."""
    note(environ, "running")
    RELEASE[environ["QUERY_STRING"]].wait(60)
    start_response("200 OK", PLAIN)

    def chunks():
        note(environ, "started")
        yield b"never seen"

    return ClosesGenerator(environ, chunks())


class ClosesGenerator(Body):
    def close(self):
        self.chunks.close()
        super().close()


def generator(environ, start_response):
    """Nothing of it runs before the first step."""
    note(environ, "started")
    start_response("200 OK", PLAIN)
    yield b"from a "
    yield b"generator"


class Unstarted:
    """Gives a generator that nobody need start: its close() is called all the same."""

    def __init__(self, environ, start_response):
        self.environ = environ
        start_response("204 No Content", [])

    def __iter__(self):
        note(self.environ, "iterated")
        yield b"never seen"

    def close(self):
        note(self.environ, "closed")


def hop_by_hop(environ, start_response):
    start_response("200 OK", PLAIN + [("Connection", "close")])
    return [b"data"]


def latin1_header(environ, start_response):
    start_response("200 OK", PLAIN + [("X-Name", "J\xfcrgen")])
    return [b"data"]


def non_latin1_header(environ, start_response):
    start_response("200 OK", PLAIN + [("X-Price", "5 \u20ac")])
    return [b"data"]


def split_header(environ, start_response):
    start_response("200 OK", PLAIN + [("X-Name", "a\r\nSet-Cookie: b")])
    return [b"data"]


def bad_header_name(environ, start_response):
    start_response("200 OK", [("X Name", "a")])
    return [b"data"]


def bytes_header(environ, start_response):
    start_response("200 OK", [(b"X-Name", b"a")])
    return [b"data"]


def bad_status(environ, start_response):
    start_response("all is well", PLAIN)
    return [b"data"]


def informational(environ, start_response):
    start_response("101 Switching Protocols", [])
    return []


def returns_none(environ, start_response):
    start_response("200 OK", PLAIN)


def too_short(environ, start_response):
    start_response("200 OK", PLAIN + [("Content-Length", "10")])
    return Body(environ, [b"four"])


def too_short_list(environ, start_response):
    start_response("200 OK", PLAIN + [("Content-Length", "10")])
    return [b"four"]


def too_long(environ, start_response):
    start_response("200 OK", PLAIN + [("Content-Length", "4")])
    return Body(environ, [b"four", b" and more", b" and more"])


def too_long_chunk(environ, start_response):
    start_response("200 OK", PLAIN + [("Content-Length", "4")])
    return Body(environ, [b"four and more"])


def recurses(environ, start_response):
    return recurses(environ, start_response)


def recurses_in_c(environ, start_response):
    value = []
    for _ in range(100_000):
        value = [value]
    note(environ, "nested")
    # The recursion of repr() is one of C.
    start_response("200 OK", PLAIN)
    return [repr(value).encode()]


def writes(environ, start_response):
    write = start_response("200 OK", PLAIN)
    write(b"")
    write(b"written ")
    write(b"twice ")
    return Body(environ, [b"and yielded"])


def writes_all(environ, start_response):
    start_response("200 OK", PLAIN + [("Content-Length", "7")])(b"written")
    return []


def writes_str(environ, start_response):
    start_response("200 OK", PLAIN)("text")
    return []


def starts_late(environ, start_response):
    def chunks():
        yield b""
        start_response("201 Created", PLAIN)
        yield b"late"

    return Body(environ, chunks())


def exc_info_before(environ, start_response):
    start_response("200 OK", PLAIN + [("X-First", "1")])
    try:
        raise ZeroDivisionError("on purpose")
    except ZeroDivisionError:
        start_response("503 Sorry", PLAIN, sys.exc_info())
    return Body(environ, [b"sorry"])


def exc_info_none(environ, start_response):
    start_response("200 OK", PLAIN, (None, None, None))
    return Body(environ, [b"fine"])


def exc_info_after(environ, start_response):
    start_response("200 OK", PLAIN)

    def chunks():
        yield b"half"
        try:
            raise ZeroDivisionError("on purpose")
        except ZeroDivisionError:
            start_response("503 Sorry", PLAIN, sys.exc_info())
        yield b"never seen"

    return Body(environ, chunks())


def exc_info_after_and_swallows(environ, start_response):
    start_response("200 OK", PLAIN)

    def chunks():
        yield b"half"
        try:
            raise ZeroDivisionError("on purpose")
        except ZeroDivisionError:
            try:
                start_response("503 Sorry", PLAIN, sys.exc_info())
            except ZeroDivisionError:
                note(environ, "raised again")
        yield b"never seen"

    return Body(environ, chunks())


def reads(environ, start_response):
    body = environ["wsgi.input"].read()
    note(environ, "read")
    start_response("200 OK", PLAIN + [("Content-Length", str(len(body)))])
    return [body]


def reads_in_body(environ, start_response):
    """An echo, piece by piece."""
    start_response("200 OK", PLAIN)

    def chunks():
        while piece := environ["wsgi.input"].read(5000):
            yield piece

    return Body(environ, chunks())


def reads_lines(environ, start_response):
    stream = environ["wsgi.input"]
    parts = [stream.readline(), stream.readline(2), stream.read(1)]
    parts += stream.readlines(1)
    parts += list(stream)
    parts += [stream.read(), stream.readline(), stream.read(5)]
    assert stream.readlines() == []
    start_response("200 OK", PLAIN)
    return [repr(parts).encode()]


def reads_behind_the_end(environ, start_response):
    stream = environ["wsgi.input"]
    body = stream.read(-1) + stream.read(10**15) + stream.read(None) + stream.read(0)
    start_response("200 OK", PLAIN)
    return [body]


def keeps_the_environ(environ, start_response):
    KEPT.append(environ)
    start_response("200 OK", PLAIN)
    return Body(environ, [b"kept"])


KEPT = []


def environ_of(environ, start_response):
    """The environ as text, a line for each variable."""
    lines = [f"{key}={environ[key]!r}" for key in sorted(environ)]
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return ["\n".join(lines).encode()]


def logs(environ, start_response):
    errors = environ["wsgi.errors"]
    errors.write("one line of ")
    errors.writelines(["the log\n", "and half"])
    errors.flush()
    print("printed", file=errors)
    start_response("200 OK", PLAIN)
    return [b"logged"]


LOCAL = threading.local()


def thread_local(environ, start_response):
    """How many calls this thread has seen: thread-local values outlive a call."""
    LOCAL.calls = getattr(LOCAL, "calls", 0) + 1
    start_response("200 OK", PLAIN)
    return [str(LOCAL.calls).encode()]


SEEN = contextvars.ContextVar("SEEN", default="nothing")


def context(environ, start_response):
    """What it finds in its context, in the call, in the body and in `close()`: only what it set there."""
    found = [SEEN.get(), str(decimal.getcontext().prec)]
    SEEN.set("the call")
    decimal.getcontext().prec = 5
    start_response("200 OK", PLAIN)

    def chunks():
        yield ", ".join(found).encode()
        yield f", {SEEN.get()}".encode()
        SEEN.set("the body")

    class Closing(Body):
        def close(self):
            note(environ, f"closed behind {SEEN.get()}")

    return Closing(environ, chunks())


def context_beside(environ, start_response):
    """Two of them at the same time do not see each other."""
    SEEN.set(environ["QUERY_STRING"])
    note(environ, "running")
    RELEASE[environ["QUERY_STRING"]].wait(60)
    start_response("200 OK", PLAIN)
    return [SEEN.get().encode()]
