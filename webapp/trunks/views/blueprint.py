"""The blueprint that all pages of trunks hang on."""

from flask import Blueprint

bp = Blueprint("trunks", __name__)
