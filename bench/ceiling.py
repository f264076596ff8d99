"""The least a Flask view can do: what the others are measured against."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def ok() -> str:
    """Two letters."""
    return "ok"
