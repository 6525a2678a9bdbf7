"""Composed apps of the differential test, for Flask. `composition.rs` beside it has the same for us."""

from flask import Flask, abort, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix


def mounted(name):
    def app(environ, start_response):
        body = f"{name} {environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode("latin-1")
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    return app


def seen(environ, start_response):
    keys = ["REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO"]
    if environ["QUERY_STRING"] == "server":
        keys += ["SERVER_NAME", "SERVER_PORT"]
    body = "\n".join(environ.get(key, "-") for key in keys).encode("latin-1")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


methods = Flask("methods", static_folder=None)


@methods.get("/")
@methods.post("/")
def by_method():
    return request.method


hooked = Flask("hooked", static_folder=None)


@hooked.get("/")
def hooked_view():
    return "in"


@hooked.before_request
def before():
    if request.query_string == b"no":
        abort(403)


@hooked.after_request
def after(response):
    if response.status_code == 200:
        response.headers["X-Frame-Options"] = "DENY"
    return response


def compose(app, mounts):
    mounts = {
        **mounts,
        "/mount": mounted("outer"),
        "/mount/deep": mounted("deep"),
        "/proxied": seen,
        "/proxied-twice": ProxyFix(seen, x_for=2, x_proto=0, x_host=0),
        "/methods": methods,
        "/hooked": hooked,
    }
    return ProxyFix(DispatcherMiddleware(app, mounts), x_for=1, x_proto=1, x_host=1, x_port=1, x_prefix=1)
