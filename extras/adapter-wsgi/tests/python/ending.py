"""A callable that says on standard error what becomes of it."""

import atexit
import sys


class Body:
    def __init__(self, body):
        self.chunks = iter([body])

    def __iter__(self):
        return self.chunks

    def close(self):
        print("closed", file=sys.stderr, flush=True)


def app(environ, start_response):
    body = environ["wsgi.input"].read()
    environ["wsgi.errors"].write("logged by the callable\n")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return Body(body)


atexit.register(lambda: print("at exit", file=sys.stderr, flush=True))
