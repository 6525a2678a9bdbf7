"""Rust apps as WSGI callables: under the checker of PEP 3333, and under the servers that people use."""

import http.client
import io
import pathlib
import subprocess
import sys
import time
import warnings
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import WSGIWarning, validator

import gateway_rust
import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

HERE = pathlib.Path(__file__).parent


def call(app, path="/", method="GET", body=b"", **more):
    """One exchange under the checker: status, headers, body."""
    environ = {"SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", **more}
    environ["REQUEST_METHOD"] = method
    environ["wsgi.input"] = io.BytesIO(body)
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    setup_testing_defaults(environ)
    seen = []

    def start_response(status, headers, exc_info=None):
        seen.append((status, dict(headers)))
        return lambda data: None

    with warnings.catch_warnings():
        warnings.simplefilter("error", WSGIWarning)
        chunks = validator(app)(environ, start_response)
        try:
            answer = b"".join(chunks)
        finally:
            chunks.close()
    assert len(seen) == 1
    return *seen[0], answer


def test_the_checker_is_silent():
    for path in ["/", "/whereami/x", "/echo", "/count", "/fail", "/no/such/path", "/whereami/%zz"]:
        for method in ["GET", "HEAD", "POST", "OPTIONS"]:
            call(gateway_rust.app, path, method, b"body" if method == "POST" else b"")


def test_bytes_in_memory_have_a_length():
    status, headers, body = call(gateway_rust.app)
    assert status == "200 OK"
    assert headers["content-length"] == str(len(body))
    assert body == b"Hello from Rust!\n"


def test_to_head_there_is_the_length_and_no_body():
    status, headers, body = call(gateway_rust.app, method="HEAD")
    assert (status, headers["content-length"], body) == ("200 OK", "17", b"")


def test_a_stream_has_no_length():
    _, headers, body = call(gateway_rust.app, "/count")
    assert "content-length" not in headers
    assert body == b"one\ntwo\nthree\n"


def test_an_error_is_a_page():
    status, _, body = call(gateway_rust.app, "/fail")
    assert status == "403 Forbidden"
    assert b"Forbidden" in body


def test_an_error_in_mid_body_is_raised():
    with pytest.raises(RuntimeError, match="aborted"):
        call(gateway_rust.app, "/fail/late")


def test_the_input_is_read_up_to_its_length():
    environ = {"wsgi.input": io.BytesIO(b"body and what follows"), "CONTENT_LENGTH": "4"}
    setup_testing_defaults(environ)
    environ.update(REQUEST_METHOD="POST", PATH_INFO="/echo")
    assert b"".join(gateway_rust.app(environ, lambda status, headers: None)) == b"body"


def test_an_input_without_a_length_is_read_where_it_ends():
    environ = {"wsgi.input": io.BytesIO(b"chunked"), "REQUEST_METHOD": "POST", "PATH_INFO": "/echo"}
    setup_testing_defaults(environ)
    assert b"".join(gateway_rust.app(environ, lambda status, headers: None)) == b""
    environ["wsgi.input_terminated"] = True
    assert b"".join(gateway_rust.app(environ, lambda status, headers: None)) == b"chunked"


def test_a_large_body_comes_back():
    body = bytes(range(256)) * 2000
    assert call(gateway_rust.app, "/echo", "POST", body)[2] == body


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({"PATH_INFO": "/whereami/caf\xc3\xa9"}, ["/whereami", "/café", "", "/whereami/caf%C3%A9"]),
        (
            {"SCRIPT_NAME": "/a b", "PATH_INFO": "/whereami/c", "QUERY_STRING": "q=%20"},
            ["/a b/whereami", "/c", "q=%20", "/a%20b/whereami/c?q=%20"],
        ),
        # The target as it was sent, where the server tells, and it agrees.
        (
            {"PATH_INFO": "/whereami/a/b", "REQUEST_URI": "/whereami/a%2Fb"},
            ["/whereami", "/a/b", "", "/whereami/a%2Fb"],
        ),
        (
            {"PATH_INFO": "/whereami/a", "RAW_URI": "http://a/whereami/%61?x"},
            ["/whereami", "/a", "", "/whereami/%61"],
        ),
        (
            {"PATH_INFO": "/whereami/a", "REQUEST_URI": "/rewritten"},
            ["/whereami", "/a", "", "/whereami/a"],
        ),
    ],
)
def test_both_halves_of_the_path(variables, expected):
    import json

    assert json.loads(call(gateway_rust.app, variables.pop("PATH_INFO"), **variables)[2]) == expected


def test_a_method_that_is_none_is_refused():
    environ = {"REQUEST_METHOD": "G T"}
    setup_testing_defaults(environ)
    seen = []
    gateway_rust.app(environ, lambda status, headers: seen.append((status, headers)))
    assert seen[0][0] == "400 Bad Request"
    # PEP 3333 forbids the fields of a connection.
    assert "connection" not in dict(seen[0][1])


def test_below_a_prefix_of_a_flask_deployment():
    sys.path.insert(0, str(HERE.parent.parent / "examples"))
    import rust_in_flask

    client = Client(rust_in_flask.app)
    assert client.get("/").text == "Hello from Flask!\n"
    assert client.get("/fast/whereami/x").json == ["/fast/whereami", "/x", "", "/fast/whereami/x"]
    assert client.post("/fast/echo", data=b"sent").data == b"sent"


def test_a_callable_through_the_gateway():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [repr((environ["SCRIPT_NAME"], environ["my.key"] is KEY)).encode()]

    KEY = object()
    through = gateway_rust.through(app)
    dispatched = DispatcherMiddleware(gateway_rust.app, {"/below": through})
    assert call(dispatched, "/below/x", **{"my.key": KEY})[2] == b"('/below', True)"
    call(validator(app) and gateway_rust.through(validator(app)), **{"my.key": KEY})


def test_the_context_of_a_server_reaches_a_callable_and_stays_as_it_is():
    import contextvars

    var = contextvars.ContextVar("var", default="unset")

    def app(environ, start_response):
        found = var.get()
        var.set("changed further in")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [found.encode()]

    through = gateway_rust.through(app, threads=1)
    assert call(through)[2] == b"unset"
    var.set("set by a middleware")
    assert call(through)[2] == b"set by a middleware"
    assert var.get() == "set by a middleware"
    assert contextvars.Context().run(call, through)[2] == b"unset"


SERVERS = {
    "gunicorn": ["-m", "gunicorn", "-b", "127.0.0.1:{port}", "gateway_rust:app"],
    # The module is loaded, and called, before the fork.
    "gunicorn-preload": [
        "-m", "gunicorn", "--preload", "-w", "2", "-k", "gthread", "--threads", "2",
        "-b", "127.0.0.1:{port}", "preloaded:app",
    ],
    "waitress": ["-m", "waitress", "--listen=127.0.0.1:{port}", "gateway_rust:app"],
    "werkzeug": ["serve_werkzeug.py", "{port}"],
    "wsgiref": ["serve_wsgiref.py", "{port}"],
}


def free_port():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(params=SERVERS)
def port(request):
    port = free_port()
    arguments = [part.format(port=port) for part in SERVERS[request.param]]
    server = subprocess.Popen([sys.executable, *arguments], cwd=HERE)
    try:
        deadline = time.monotonic() + 30
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                connection.connect()
                connection.close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def test_under_a_server(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(method, path, body=None):
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.getheader("content-length"), response.read()

    for _ in range(4):
        assert ask("GET", "/") == (200, "17", b"Hello from Rust!\n")
    assert ask("HEAD", "/")[:2] == (200, "17")
    assert ask("POST", "/echo", b"x" * 200_000)[2] == b"x" * 200_000
    assert ask("GET", "/count")[2] == b"one\ntwo\nthree\n"
    assert ask("GET", "/fail")[0] == 403
    # Half of a body must not pass for a whole one. In HTTP/1.0, which wsgiref speaks, nothing tells them
    # apart.
    connection.request("GET", "/fail/late")
    response = connection.getresponse()
    if response.version == 11 and response.getheader("connection") != "close":
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            response.read()
    connection.close()
    assert ask("GET", "/")[0] == 200
