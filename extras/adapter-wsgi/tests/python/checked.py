"""Callables with wsgiref.validate around them: it must have nothing to say."""

import warnings
from wsgiref.validate import WSGIWarning, validator

import django_app
import hostile
import oracle
import plain

warnings.simplefilter("error", WSGIWarning)

PLAIN = [("Content-Type", "text/plain")]


def starts(environ, start_response):
    start_response("200 OK", PLAIN)


def one_item(environ, start_response):
    starts(environ, start_response)
    return [b"one item"]


def empty(environ, start_response):
    starts(environ, start_response)
    return []


def no_content(environ, start_response):
    start_response("204 No Content", [])
    return []


def not_modified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"a"')])
    return []


def two_items(environ, start_response):
    starts(environ, start_response)
    return [b"two", b" items"]


def a_tuple(environ, start_response):
    starts(environ, start_response)
    return (b"a tuple",)


def a_generator(environ, start_response):
    starts(environ, start_response)
    yield b"a "
    yield b""
    yield b"generator"


class AnIterator:
    def __init__(self, environ, start_response):
        self.start = start_response
        self.left = [b"an ", b"iterator"]

    def __iter__(self):
        return self

    def __next__(self):
        if len(self.left) == 2:
            self.start("200 OK", PLAIN)
        if not self.left:
            raise StopIteration
        return self.left.pop(0)


def writes(environ, start_response):
    write = start_response("200 OK", PLAIN)
    write(b"written")
    return [b" and given"]


def with_length(environ, start_response):
    start_response("200 OK", PLAIN + [("Content-Length", "6")])
    return iter([b"length"])


def restarts(environ, start_response):
    import sys

    starts(environ, start_response)
    try:
        raise ValueError
    except ValueError:
        start_response("500 Sorry", PLAIN, sys.exc_info())
    return [b"sorry"]


def reads(environ, start_response):
    body = environ["wsgi.input"].read(3) + environ["wsgi.input"].readline()
    body += b"".join(environ["wsgi.input"])
    starts(environ, start_response)
    return [body]


def logs(environ, start_response):
    environ["wsgi.errors"].write("a line\n")
    environ["wsgi.errors"].writelines(["two ", "more\n"])
    environ["wsgi.errors"].flush()
    starts(environ, start_response)
    return [b"logged"]


CALLABLES = {
    "one_item": one_item,
    "empty": empty,
    "no_content": no_content,
    "not_modified": not_modified,
    "two_items": two_items,
    "a_tuple": a_tuple,
    "a_generator": a_generator,
    "an_iterator": AnIterator,
    "writes": writes,
    "with_length": with_length,
    "restarts": restarts,
    "reads": reads,
    "logs": logs,
    "writes_and_closes": hostile.writes,
    "flask": oracle.app,
    "flask_view": plain.app,
    "django": django_app.app,
}

COMPLAINTS = {}


def checked(name, callable_):
    """What the validator says is kept, and not only raised: somebody might swallow it."""
    valid = validator(callable_)

    def wrapped(environ, start_response):
        try:
            body = valid(environ, start_response)
        except BaseException as error:
            COMPLAINTS.setdefault(name, []).append(repr(error))
            raise
        return Watched(name, body)

    return wrapped


class Watched:
    def __init__(self, name, body):
        self.name = name
        self.body = body
        self.chunks = iter(body)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self.chunks)
        except StopIteration:
            raise
        except BaseException as error:
            COMPLAINTS.setdefault(self.name, []).append(repr(error))
            raise

    def close(self):
        try:
            self.chunks.close()
        except BaseException as error:
            COMPLAINTS.setdefault(self.name, []).append(repr(error))
            raise


VALID = {name: checked(name, callable_) for name, callable_ in CALLABLES.items()}


def app(environ, start_response):
    """The callable that the first segment of the path names."""
    from wsgiref.util import shift_path_info

    name = shift_path_info(environ)
    return VALID[name](environ, start_response)
