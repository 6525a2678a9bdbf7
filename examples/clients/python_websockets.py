"""python_websockets.py URL: the laboratory of the showcase, asked by the package `websockets`."""

import sys

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

URL = sys.argv[1].replace("http://", "ws://")


def closed(socket):
    """The code and the reason of the server's Close."""
    try:
        while True:
            socket.recv(timeout=20)
    except ConnectionClosed as error:
        return error.rcvd and (error.rcvd.code, error.rcvd.reason)


def echo():
    # It offers permessage-deflate, which is declined.
    with connect(f"{URL}/lab/ws?protocol=a,b", subprotocols=["b", "a"]) as socket:
        assert socket.subprotocol == "a", socket.subprotocol
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        for message in ["one", "\N{SNOWMAN}" * 1000, b"\x00\xff" * 500_000, "", b""]:
            socket.send(message)
            assert socket.recv(timeout=20) == message
        # Fragments are joined.
        socket.send(["frag", "men", "ted"])
        assert socket.recv(timeout=20) == "fragmented"
        assert socket.ping(b"are you there").wait(20)


def refusals():
    for path, status, body in [
        ("/lab/ws/refuse", 403, b"No WebSocket for you.\n"),
        ("/lab/raw/x", 200, None),
    ]:
        try:
            with connect(f"{URL}{path}"):
                pass
        except InvalidStatus as error:
            assert error.response.status_code == status, error
            assert body in (None, error.response.body), error.response.body
        else:
            raise AssertionError(path)
    try:
        with connect(f"{URL}/lab/ws", origin="http://evil.example"):
            pass
    except InvalidStatus as error:
        assert error.response.status_code == 403, error
    else:
        raise AssertionError("another origin was accepted")


def ends():
    with connect(f"{URL}/lab/ws?close=4000") as socket:
        socket.send("now")
        assert closed(socket) == (4000, "as it was asked for")
    with connect(f"{URL}/lab/ws/fail") as socket:
        socket.send("now")
        assert closed(socket)[0] == 1011
    with connect(f"{URL}/lab/ws/panic") as socket:
        socket.send("now")
        assert closed(socket) is None
    with connect(f"{URL}/lab/ws?count=1000&size=1000") as socket:
        assert sum(len(message) for message in socket) == 1_000_000
        assert socket.close_code == 1000
    with connect(f"{URL}/lab/ws") as socket:
        socket.close(4001, "mine")
        assert socket.close_code == 4001, socket.close_code


def chat():
    room = f"{URL}/lab/ws/chat?room=python"
    with connect(f"{room}&name=ada") as ada, connect(f"{room}&name=bob") as bob:
        # Whoever hears their own words is in the room.
        ada.send("here")
        assert ada.recv(timeout=20) == "ada: here"
        bob.send("hello")
        assert ada.recv(timeout=20) == "bob: hello"


for check in (echo, refusals, ends, chat):
    check()
    print(f"python websockets: {check.__name__}")
