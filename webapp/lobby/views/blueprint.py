"""The blueprint that all pages of the lobby hang on."""

from flask import Blueprint

bp = Blueprint("lobby", __name__)
