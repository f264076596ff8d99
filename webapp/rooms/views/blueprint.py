"""The blueprint that all pages of rooms hang on."""

from flask import Blueprint

bp = Blueprint("rooms", __name__, url_prefix="/rooms")
