"""The blueprint that all pages of repairs hang on."""

from flask import Blueprint

bp = Blueprint("repairs", __name__)
