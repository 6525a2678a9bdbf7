"""A plugin of pytest: what runs a WSGI application in process goes through the gateway.

`werkzeug.test.run_wsgi_app` is what Werkzeug's client, and so Flask's, calls. Here it calls the
application as an app of the gateway, on a thread of its pool, with the gateway as a WSGI callable
around it: both directions at once.

The gateway answers an exception with a 500. A test that wants to see the exception itself (Flask
passes them on where `TESTING` is set) gets it: it is kept on the way, and raised again.
"""

import gateway_rust
import pytest
import werkzeug.test
from werkzeug._internal import _get_environ

COUNT = 0
USED = set()
CURRENT = None
original = werkzeug.test.run_wsgi_app


class Kept:
    """The application, and what it raised in this call."""

    def __init__(self, app):
        self.app = app
        self.raised = {}

    def __call__(self, environ, start_response):
        key = environ["gateway.call"]
        try:
            return self.app(environ, start_response)
        except BaseException as error:
            self.raised[key] = error
            raise


def run_wsgi_app(app, environ, buffered=False):
    global COUNT
    COUNT += 1
    USED.add(CURRENT)
    kept = Kept(app)
    key = object()
    # As the original does: it may be a builder, and is not changed.
    environ = {**_get_environ(environ), "gateway.call": key}
    answer = original(gateway_rust.through(kept, threads=1), environ, buffered)
    error = kept.raised.get(key)
    if error is not None:
        raise error
    return answer


werkzeug.test.run_wsgi_app = run_wsgi_app


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    global CURRENT
    CURRENT = item.nodeid
    yield


def pytest_terminal_summary(terminalreporter):
    reporter = terminalreporter
    failed = {report.nodeid for report in reporter.stats.get("failed", [])}
    passed = {report.nodeid for report in reporter.stats.get("passed", [])} - failed
    reporter.write_line(
        f"through the gateway: {COUNT} requests; of the tests that make one,"
        f" {len(passed & USED)} passed and {len(failed & USED)} failed"
    )
    with open(reporter.config.getoption("--outcome"), "w") as out:
        for name in sorted(failed):
            print("failed", name, file=out)
        print("passed-with-client", len(passed & USED), file=out)
        print("failed-with-client", len(failed & USED), file=out)


def pytest_addoption(parser):
    parser.addoption("--outcome", default="/dev/null", help="where the outcome is written")
