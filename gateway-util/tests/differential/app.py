"""The views of the differential test, for Flask. `views.rs` beside it has the same for us."""

import io
import logging
import os
import sys
import threading
from datetime import datetime, timezone

from flask import Flask, Response, abort, make_response, redirect, request
from flask import send_file, send_from_directory
from werkzeug import exceptions
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.serving import WSGIRequestHandler, make_server

from composition import compose

FILES = sys.argv[1]
EPOCH = datetime(2001, 9, 9, 1, 46, 40, tzinfo=timezone.utc)

app = Flask(__name__, static_folder=None)


def view(path, **options):
    options.setdefault("methods", ["GET", "POST", "PUT"])
    return app.route(path, **options)


# Errors


@view("/error/<int:code>")
def error(code):
    abort(code)


@view("/error-text/<int:code>")
def error_text(code):
    abort(code, "a <b> & \"c\" 'd'\nsecond line")


@view("/error-returned/<int:code>")
def error_returned(code):
    return exceptions.default_exceptions[code]()


@view("/error-headers/<kind>")
def error_headers(kind):
    if kind == "allow":
        raise exceptions.MethodNotAllowed(["GET", "PUT"])
    if kind == "retry-seconds":
        raise exceptions.TooManyRequests(retry_after=30)
    if kind == "retry-date":
        raise exceptions.ServiceUnavailable(retry_after=EPOCH)
    if kind == "basic":
        raise exceptions.Unauthorized(www_authenticate=WWWAuthenticate("basic", {"realm": "shop"}))
    if kind == "two":
        challenges = [WWWAuthenticate("basic", {"realm": "a"}), WWWAuthenticate("bearer", {"realm": "b"})]
        raise exceptions.Unauthorized(www_authenticate=challenges)
    if kind == "range":
        raise exceptions.RequestedRangeNotSatisfiable(length=10)
    if kind == "response":
        abort(Response("own", 418, {"X-Own": "1"}))
    if kind == "redirect":
        abort(redirect("/login", 303))
    if kind == "crash":
        raise RuntimeError("secret")


# Redirects

LOCATIONS = {
    "relative": "next",
    "up": "../up?x=1",
    "absolute": "http://example.com/path?x=1&y=2#part",
    "unicode": "/k\u00e4se/\u2603?q=\u00fc",
    "space": "/a b",
    "quotes": '/a"<b>',
    "encoded": "/a%20b%2Fc",
    "query": "/?a=1&b=[2]",
    "empty": "",
    "authority": "//example.com/x",
}


@view("/redirect/<int:code>")
def redirect_code(code):
    return redirect("/target", code)


@view("/redirect-to/<name>")
def redirect_to(name):
    return redirect(LOCATIONS[name], 303)


# Forms of return values


@view("/form/<name>")
def form_of(name):
    if name == "text":
        return "text"
    if name == "bytes":
        return b"\x00\xff"
    if name == "dict":
        return {"b": 1, "a": [True, None, "x"]}
    if name == "list":
        return [1, "two", 3.5]
    if name == "status":
        return "made", 201
    if name == "status-text":
        return "made", "202 Accepted"
    if name == "headers":
        return "text", {"X-A": "1", "Content-Type": "text/plain; charset=utf-8"}
    if name == "both":
        return {"a": 1}, 418, {"X-A": "1"}
    if name == "empty":
        return "", 204
    if name == "generator":
        return (part for part in ("a", "b", "c"))
    if name == "lines":
        rows = ('{"n":%d}\n' % n for n in range(3))
        return rows, {"Content-Type": "application/x-ndjson"}
    if name == "repeated":
        return "text", [("X-A", "1"), ("X-A", "2")]
    if name == "reader":
        return Response(io.BytesIO(b"x" * 200000), mimetype="application/octet-stream")
    if name == "reset":
        return "", 205
    if name == "none":
        return None


# Headers

HEADERS = {
    "vary": lambda r: (r.vary.add("Accept"), r.vary.add("accept"), r.vary.add("Cookie")),
    "cache-public": lambda r: (
        setattr(r.cache_control, "public", True),
        setattr(r.cache_control, "max_age", 60),
    ),
    "cache-no-store": lambda r: setattr(r.cache_control, "no_store", True),
    "cache-private": lambda r: (
        setattr(r.cache_control, "private", True),
        setattr(r.cache_control, "must_revalidate", True),
    ),
    "cache-shared": lambda r: (
        setattr(r.cache_control, "s_maxage", 5),
        setattr(r.cache_control, "immutable", True),
    ),
    "last-modified": lambda r: setattr(r, "last_modified", EPOCH),
    "expires": lambda r: setattr(r, "expires", EPOCH),
    "retry-seconds": lambda r: setattr(r, "retry_after", 5),
    "retry-date": lambda r: setattr(r, "retry_after", EPOCH),
    "etag": lambda r: r.set_etag("v1"),
    "etag-weak": lambda r: r.set_etag("v1", weak=True),
    "mimetype-text": lambda r: setattr(r, "mimetype", "text/csv"),
    "mimetype-other": lambda r: setattr(r, "mimetype", "image/png"),
    "mimetype-xml": lambda r: setattr(r, "mimetype", "application/atom+xml"),
}


@view("/header/<name>")
def header(name):
    response = make_response("text")
    HEADERS[name](response)
    return response


# Cookies

COOKIES = {
    "plain": lambda r: r.set_cookie("a", "1"),
    "two": lambda r: (r.set_cookie("a", "1"), r.set_cookie("b", "2")),
    "path": lambda r: r.set_cookie("a", "1", path="/shop"),
    "domain": lambda r: r.set_cookie("a", "1", domain="example.org"),
    "secure": lambda r: r.set_cookie("a", "1", secure=True),
    "httponly": lambda r: r.set_cookie("a", "1", httponly=True),
    "lax": lambda r: r.set_cookie("a", "1", samesite="Lax"),
    "strict": lambda r: r.set_cookie("a", "1", samesite="Strict"),
    "none": lambda r: r.set_cookie("a", "1", samesite="None", secure=True),
    "max-age": lambda r: r.set_cookie("a", "1", max_age=60),
    "expires": lambda r: r.set_cookie("a", "1", expires=EPOCH),
    "partitioned": lambda r: r.set_cookie("a", "1", partitioned=True),
    "empty": lambda r: r.set_cookie("a", ""),
    "delete": lambda r: r.delete_cookie("a"),
    "delete-path": lambda r: r.delete_cookie("a", path="/shop", domain="example.org"),
    "delete-secure": lambda r: r.delete_cookie("a", secure=True, httponly=True, samesite="Lax"),
}


@view("/cookie/<name>")
def cookie(name):
    response = make_response("text")
    COOKIES[name](response)
    return response


# Conditions and ranges


@view("/conditional/<kind>")
def conditional(kind):
    response = make_response("Hello World")
    if kind in ("tag", "both"):
        response.set_etag("foo")
    if kind == "weak":
        response.set_etag("foo", weak=True)
    if kind in ("date", "both"):
        response.last_modified = EPOCH
    return response.make_conditional(request, accept_ranges=True, complete_length=11)


# Files


@view("/file/<path:name>")
def file(name):
    return send_from_directory(FILES, name, max_age=None)


@view("/attachment/<name>")
def attachment(name):
    names = {"plain": "report.txt", "space": "my report.txt", "quote": 'a"b.txt', "unicode": "k\u00e4se.txt"}
    return send_file(os.path.join(FILES, "a.txt"), as_attachment=True, download_name=names[name])


# Requests


def pairs(items):
    # Sorted: a MultiDict keeps the values of a name together, and so not their order.
    lines = sorted(f"{key}={value}\n" for key, value in items)
    return "".join(lines), {"Content-Type": "text/plain; charset=utf-8"}


@view("/query")
def query():
    return pairs(request.args.items(multi=True))


@view("/query-int")
def query_int():
    return str(request.args.get("n", type=int))


@view("/query-required")
def query_required():
    return request.args["name"]


@view("/posted")
def posted():
    return pairs(request.form.items(multi=True))


@view("/posted-limited")
def posted_limited():
    request.max_content_length = 20
    return pairs(request.form.items(multi=True))


@view("/posted-parts")
def posted_parts():
    request.max_form_parts = 2
    return pairs(request.form.items(multi=True))


@view("/files")
def files():
    found = []
    for key, file in request.files.items(multi=True):
        found.append((key, f"{file.filename} {file.mimetype} {file.read().decode()!s}"))
    return pairs([*request.form.items(multi=True), *found])


@view("/json")
def json():
    return {"got": request.get_json()}


@view("/json-limited")
def json_limited():
    request.max_content_length = 10
    return {"got": request.get_json()}


@view("/cookies")
def cookies():
    return pairs(request.cookies.items(multi=True))


@view("/accept")
def accept():
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if best is None:
        abort(406)
    return best


@view("/language")
def language():
    return request.accept_languages.best_match(["en", "de"]) or "none"


@view("/basic")
def basic():
    auth = request.authorization
    if auth is None or auth.type != "basic":
        raise exceptions.Unauthorized(www_authenticate=WWWAuthenticate("basic", {"realm": "shop"}))
    return f"{auth.username}|{auth.password}"


@view("/bearer")
def bearer():
    auth = request.authorization
    if auth is None or auth.type != "bearer":
        raise exceptions.Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "shop"}))
    return auth.token


@view("/client")
def client():
    return request.remote_addr


# Handlers


class NoStock(Exception):
    pass


handled = Flask("handled", static_folder=None)


@handled.route("/<name>")
def handled_view(name):
    if name == "stock":
        raise NoStock("secret")
    if name == "crash":
        raise RuntimeError("secret")
    if name == "own":
        abort(redirect("/login", 303))
    if name == "returned":
        return exceptions.NotFound()
    if name == "fine":
        return "fine"
    abort(int(name))


handled.errorhandler(NoStock)(lambda error: ("no stock", 409))
handled.errorhandler(404)(lambda error: (f"handled {error.code} {error.name}", 404))
handled.errorhandler(500)(lambda error: ("handled 500", 500))
handled.errorhandler(410)(lambda error: error)

app.wsgi_app = compose(app.wsgi_app, {"/handled": handled})


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *args):
        pass


def stop_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    logging.disable(logging.CRITICAL)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    threading.Thread(target=stop_with_input, daemon=True).start()
    print(server.port, flush=True)
    server.serve_forever()


main()
