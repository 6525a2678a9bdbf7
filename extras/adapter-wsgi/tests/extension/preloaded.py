"""A module that has used its app before the server forks."""

import io
from wsgiref.util import setup_testing_defaults

from gateway_rust import app

environ = {"wsgi.input": io.BytesIO()}
setup_testing_defaults(environ)
assert app(environ, lambda status, headers: None) == [b"Hello from Rust!\n"]
