"""Links that turn mails off without a sign-in: they name a person by id and a topic, signed, and nothing else."""

import uuid

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from webapp.core.hosts import public_address

LONGEST = 300


def off_url(user_id: uuid.UUID, topic: str) -> str:
    """The address of the page that turns mails of the topic off for the person."""
    return public_address("mails.turn_off", token=token(user_id, topic))


def token(user_id: uuid.UUID, topic: str) -> str:
    """What stands for both in it; it holds for as long as the secret key does."""
    return str(_signer().dumps([user_id.hex, topic]))


def read(given: str) -> tuple[uuid.UUID, str] | None:
    """Whom a link is for, and which topic; None for one that we did not make."""
    try:
        user_id, topic = _signer().loads(given[:LONGEST])
        return uuid.UUID(user_id), str(topic)
    except (BadData, ValueError, TypeError, AttributeError):
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="mails.turn_off")
