"""What a production server must not run with."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webapp.core import files
from webapp.core.values import is_dialled, is_weak

if TYPE_CHECKING:
    from webapp.core.config import Settings

DEVELOPMENT_SECRET = "development-only-secret-key"  # noqa: S105 - refused in production below
NEEDED = (
    "livekit_url",
    "livekit_api_key",
    "livekit_api_secret",
    "oidc_issuer",
    "oidc_client_id",
    "oidc_client_secret",
)


def _secret_problems(settings: "Settings") -> list[str]:
    key, livekit = settings.secret_key.get_secret_value(), settings.livekit_api_secret.get_secret_value()
    problems = []
    if key == DEVELOPMENT_SECRET or is_weak(key, 32):
        problems.append("FRONTDESK_SECRET_KEY should be at least 32 random characters")
    if "livekit_api_secret" in settings.model_fields_set and is_weak(livekit, 16):
        problems.append("FRONTDESK_LIVEKIT_API_SECRET should be at least 16 random characters, better 32")
    client = settings.oidc_client_secret.get_secret_value()
    if settings.oidc_algorithm == "HS256" and "oidc_client_secret" in settings.model_fields_set and is_weak(client, 16):
        problems.append(
            "FRONTDESK_OIDC_CLIENT_SECRET should be at least 16 random characters: with HS256 it signs tokens"
        )
    return problems


def _address_problems(settings: "Settings") -> list[str]:
    problems, public = [], urlsplit(settings.public_url)
    if not settings.secure:
        problems.append("FRONTDESK_PUBLIC_URL should begin with https://")
    if public.path or public.query or public.fragment or public.username:
        problems.append("FRONTDESK_PUBLIC_URL should end with the host: Frontdesk has a host name of its own")
    if "oidc_issuer" in settings.model_fields_set and not settings.oidc_issuer.startswith("https://"):
        problems.append("FRONTDESK_OIDC_ISSUER should begin with https://")
    if settings.marketing == "brevo" and not settings.brevo_url.startswith("https://"):
        problems.append("FRONTDESK_BREVO_URL should begin with https://")
    if settings.meeting_url and "{room}" not in settings.meeting_url:
        problems.append("FRONTDESK_MEETING_URL should hold {room}, such as https://meet.example.org/{room}")
    return problems


def problems(settings: "Settings") -> list[str]:
    """Name what a production server must not run with."""
    fresh = {name for name in type(settings).model_fields if name not in settings.model_fields_set}
    found = [*_secret_problems(settings), *_address_problems(settings)]
    if settings.database_url.startswith("sqlite") and files.is_in_memory(settings.database_url):
        found.append("FRONTDESK_DATABASE_URL should name a file: what is in memory is gone with the process")
    if settings.phone_number and not is_dialled(settings.phone_number):
        found.append("FRONTDESK_PHONE_NUMBER should be a number in international form, such as +33 1 86 99 00 00")
    if not settings.livekit_verify_tls:
        found.append("FRONTDESK_LIVEKIT_VERIFY_TLS should be true (a CA of yours: FRONTDESK_LIVEKIT_CA_FILE)")
    found += [f"FRONTDESK_{name.upper()} should be set" for name in NEEDED if name in fresh]
    return found
