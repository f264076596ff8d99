"""The blueprint that the pages of telephony share."""

from flask import Blueprint

bp = Blueprint("telephony", __name__)
