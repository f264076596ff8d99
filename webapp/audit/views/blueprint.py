"""The blueprint that all pages of the trail hang on."""

from flask import Blueprint

bp = Blueprint("audit", __name__)
PAGE = 50
