"""A Flask application, as it was before."""

import time

from flask import Flask, request, url_for

app = Flask(__name__)


@app.route("/")
def home():
    return f"Flask serves {url_for('home')} and {url_for('cart')}.\n"


@app.route("/cart", methods=["GET", "POST"])
def cart():
    if request.method == "POST":
        return f"{len(request.get_data())} bytes\n", 201
    return "The cart is empty.\n"


@app.route("/price/<int:item>")
def price(item):
    """Rust answers this one by now: nobody comes here."""
    return f"Flask says {item * 100}\n"


@app.route("/report")
def report():
    """A slow view: it waits for somebody else, and computes. Rust routes beside it wait for neither."""
    time.sleep(0.02)
    return f"{sum(number * number for number in range(200_000))}\n"
