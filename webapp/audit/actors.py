"""Who acts in this request."""

from flask import request
from flask_login import current_user

from webapp.audit.service import Actor


def current_actor() -> Actor:
    """Whoever makes this request: the signed-in person, or a guest."""
    address = request.remote_addr or ""
    return Actor.user(current_user, address) if current_user.is_authenticated else Actor.guest(address)
