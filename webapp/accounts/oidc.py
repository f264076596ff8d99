"""The OpenID Connect code flow: where to send the browser, what to make of its return, where to sign out.

Raises SignInError for everything that can go wrong; no transaction may be open while the provider is asked.
"""

import secrets
from typing import Any
from urllib.parse import quote_plus

import requests
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests.auth import HTTPBasicAuth
from werkzeug.datastructures import MultiDict

from webapp.accounts import metadata, tokens, transport
from webapp.accounts.identity import Claims, Identity, identify
from webapp.accounts.pending import SignInAttempt
from webapp.accounts.problems import SignInError
from webapp.core.db import db
from webapp.core.settings import settings

LONGEST_HINT = 5000  # letters; servers take addresses of 8000, and hundreds of groups make a token longer


def authorization_url(attempt: SignInAttempt, language: str) -> str:
    """Where the browser goes to sign in."""
    endpoint = metadata.discover()["authorization_endpoint"]
    asked = {"state": attempt.state, "nonce": attempt.nonce, "code_verifier": attempt.verifier}
    try:
        url, _state = _client().create_authorization_url(endpoint, ui_locales=language, **asked)
    except ValueError as problem:  # a query that cannot be added to
        raise SignInError("confused", "authorization_endpoint") from problem
    return str(url)


def finish(attempt: SignInAttempt, answer: MultiDict[str, str]) -> Identity:
    """Exchange the code that the browser came back with for the identity of the person."""
    _check_answer(answer)
    granted = _redeem(answer["code"], attempt.verifier)
    id_token, access_token = granted.get("id_token"), granted.get("access_token")
    if not isinstance(id_token, str) or not isinstance(access_token, str):
        raise SignInError("confused", "token")
    claims = tokens.read_id_token(id_token, nonce=attempt.nonce, access_token=access_token)
    return identify(claims, _userinfo(access_token), id_token)


def logout_url(id_token: str, state: str) -> str | None:
    """Where the provider's own session is ended; None when it offers that nowhere or could not know whose it is."""
    endpoint = metadata.discover().get("end_session_endpoint")
    if not metadata.is_address(endpoint) or not id_token:
        return None
    fields = {
        # without it the provider asks the person; with a long one its server refuses the address
        **({"id_token_hint": id_token} if len(id_token) <= LONGEST_HINT else {}),
        "post_logout_redirect_uri": f"{settings.public_url}/signed-out",
        "client_id": settings.oidc_client_id,
        "state": state,
    }
    try:
        return str(add_params_to_uri(str(endpoint), list(fields.items())))
    except ValueError:  # a query that cannot be added to
        return None


def _check_answer(answer: MultiDict[str, str]) -> None:
    """Raise SignInError for a refusal, or an answer of another provider (RFC 9207)."""
    if not all(map(metadata.is_issuer, answer.getlist("iss"))):
        raise SignInError("bad_token", "response iss")
    if answer.get("error") == "access_denied":
        raise SignInError("denied")
    if "error" in answer:
        raise SignInError("provider_error")
    if not answer.get("code"):
        raise SignInError("confused", "code")
    if "iss" not in answer and metadata.discover().get("authorization_response_iss_parameter_supported") is True:
        raise SignInError("bad_token", "response iss")


def _client() -> OAuth2Session:
    """A client whose requests end in time."""
    client = OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        scope=settings.oidc_scopes,
        redirect_uri=f"{settings.public_url}/oidc/callback",
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_post",  # noqa: S106 (a method; the header is _credentials)
    )
    transport.limit(client, settings.oidc_timeout)
    client.register_compliance_hook("access_token_response", _read)
    return client


def _read(answer: requests.Response) -> requests.Response:
    """Raise SignInError for an answer that is none; authlib looks at refusals, which are objects too."""
    if answer.status_code < 500:
        transport.document(answer, "token")
    return answer


def _credentials() -> HTTPBasicAuth | None:
    """The secret for the header, unless the provider wants it in the form; the header is what all know (Discovery, 3).

    Authlib would leave out the form encoding inside the header that RFC 6749, 2.3.1 asks for.
    """
    offered = metadata.discover().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if not isinstance(offered, list):
        raise SignInError("confused", "token_endpoint_auth_methods_supported")
    if "client_secret_basic" not in offered:
        return None
    secret = settings.oidc_client_secret.get_secret_value()
    return HTTPBasicAuth(quote_plus(settings.oidc_client_id), quote_plus(secret))


def _redeem(code: str, verifier: str) -> dict[str, Any]:
    db.refuse_open_transaction()
    endpoint = metadata.discover()["token_endpoint"]
    try:
        with _client() as client:
            return dict(client.fetch_token(endpoint, auth=_credentials(), code=code, code_verifier=verifier))
    except OAuthError as problem:
        known = {"invalid_grant": "code_refused", "invalid_client": "client_refused"}
        error = str(problem.error)[:40]
        raise SignInError(known.get(error, "provider_error"), error) from problem
    except requests.RequestException as problem:
        raise transport.refused(problem) from problem
    except (ValueError, TypeError) as problem:
        raise SignInError("confused", "token") from problem


def try_client() -> str:
    """Prove who we are with a code that nobody has; the code of what went wrong, empty when only that was refused."""
    try:
        _redeem(secrets.token_urlsafe(24), secrets.token_urlsafe(36))
    except SignInError as problem:
        return "" if problem.code == "code_refused" else problem.code
    return ""


def _userinfo(access_token: str) -> Claims | None:
    """What the userinfo endpoint adds, as JSON or as a signed JWT; None where there is no such endpoint."""
    endpoint = metadata.discover().get("userinfo_endpoint")
    if not endpoint:
        return None
    if not metadata.is_address(endpoint):
        raise SignInError("confused", "userinfo_endpoint")
    answer = _ask_userinfo(str(endpoint), access_token)
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/jwt":
        return tokens.read_userinfo(answer.text.strip())
    return transport.document(answer, "userinfo")


def _ask_userinfo(endpoint: str, access_token: str) -> requests.Response:
    accept = "application/json, application/jwt"
    return transport.get(endpoint, settings.oidc_timeout, Authorization=f"Bearer {access_token}", Accept=accept)
