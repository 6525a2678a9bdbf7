"""The views of the oracle, in Flask itself."""

from flask import Flask, abort, jsonify, make_response, render_template_string
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as WerkzeugResponse

app = Flask(__name__)


def other(environ, start_response):
    body = b"Hello World!\n"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@app.route("/")
def hello():
    return "Hello, World!"


@app.route("/string")
def string():
    return "hello world!\n"


@app.route("/bytes")
def bytes_():
    return b"hello world!\n"


@app.route("/template")
def template():
    # Escaped, as a template of a file is.
    return render_template_string("<h1>Hello {{ name }}</h1>\n", name="<World>")


@app.route("/response")
def response():
    answer = WerkzeugResponse("Hello world!\n", content_type="text/plain")
    answer.set_cookie("firstname", "xurui")
    answer.set_cookie("lastname", "yan")
    return answer


@app.route("/make_response")
def make_response_():
    answer = make_response("Hello world!\n", {"X-My-Header": "foo"})
    answer.set_cookie("username", "yxr")
    return answer


@app.route("/jsonify")
def jsonify_():
    return jsonify({"username": "yxr"})


@app.route("/chunked")
def chunked():
    def chunks():
        yield "Hello "
        yield "World!\n"

    return chunks()


@app.route("/wsgi")
def wsgi():
    return other


@app.route("/exception")
def exception():
    raise NotFound


@app.route("/exception_returned")
def exception_returned():
    return NotFound()


@app.route("/abort")
def abort_():
    abort(500, "something is wrong!\n")


@app.route("/tuple3")
def tuple3():
    return "hello world!\n", 200, {"X-My-Header": "foo"}


@app.route("/tuple2_status")
def tuple2_status():
    return "hello world!\n", 200


@app.route("/tuple2_header")
def tuple2_header():
    return "hello world!\n", {"X-My-Header": "foo"}


@app.route("/tuple2_bad_argument")
def tuple2_bad_argument():
    return "bad argument", 400


@app.route("/tuple2_response")
def tuple2_response():
    return make_response("hello world!\n"), {"X-My-Header": " foo"}


@app.route("/tuple2_wsgi")
def tuple2_wsgi():
    return other, {"X-My-Header": "foo"}


@app.route("/tuple2_extend_header")
def tuple2_extend_header():
    answer = make_response("hello world!\n", {"X-My-Header": "foo"})
    return answer, {"X-My-Header": " bar"}


@app.route("/none")
def none():
    return None


@app.route("/tuple_none")
def tuple_none():
    return None, 404


@app.route("/good_no_content")
def good_no_content():
    return "", 204, {"Content-Type": "application/json"}


@app.route("/bad_no_content")
def bad_no_content():
    return jsonify(None), 204
