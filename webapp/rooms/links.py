"""Links that people share."""

from webapp.core.settings import settings


def join(slug: str) -> str:
    """The link that guests open to enter a room."""
    return f"{settings.public_url}/join/{slug}"
