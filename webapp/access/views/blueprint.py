"""The blueprint of the pages about access."""

from flask import Blueprint

bp = Blueprint("access", __name__)
