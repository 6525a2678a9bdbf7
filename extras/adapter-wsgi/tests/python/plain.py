"""A bare callable and a small Flask view, for the figures."""

import flask

BODY = b"Hello, World!"
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))]


def bare(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]


app = flask.Flask(__name__)


@app.route("/")
def hello():
    return "Hello, World!"
