"""A Rust endpoint inside a Flask deployment: `gunicorn rust_in_flask:app`.

Flask answers everything but `/fast`, which the Rust app of the module `gateway_rust` does.
"""

from flask import Flask
from gateway_rust import app as rust
from werkzeug.middleware.dispatcher import DispatcherMiddleware

flask_app = Flask(__name__)


@flask_app.route("/")
def hello():
    return "Hello from Flask!\n"


app = DispatcherMiddleware(flask_app, {"/fast": rust})
