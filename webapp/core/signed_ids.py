"""An id in a link or a form, signed for one purpose: it holds nothing else, and for as long as the secret key does."""

import uuid

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

LONGEST = 200


def sign(key: uuid.UUID, purpose: str) -> str:
    """What stands for the id."""
    return str(_signer(purpose).dumps(key.hex))


def read(given: str, purpose: str) -> uuid.UUID | None:
    """Which id is meant; None for what we did not make, or made for something else."""
    try:
        return uuid.UUID(_signer(purpose).loads(given[:LONGEST]))
    except (BadData, ValueError, TypeError, AttributeError):
        return None


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=purpose)
