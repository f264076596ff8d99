"""The token endpoint: a code, once, from the client that asked for it and can prove both."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import unquote_plus

from aiohttp import web

from simulator.oidc import claims
from simulator.oidc.provider import Grant, Provider

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def endpoint(provider: Provider, authorization: str | None, form: Mapping[str, str]) -> web.Response:
    """Exchange a code for an access token and an ID token, or say why not as RFC 6749, 5.2 has it."""
    if authorization and "client_secret" in form:
        return _refuse("invalid_request", "One way of client authentication at a time.")
    if not _client_is_genuine(provider, authorization, form):
        return _refuse("invalid_client", "The client did not prove who it is.", 401)
    if form.get("grant_type") != "authorization_code":
        return _refuse("unsupported_grant_type", "Only authorization_code is offered.")
    grant = provider.grants.get(form.get("code", ""))
    reason = "The code is not known." if grant is None else _why_not(provider, grant, form)
    if grant is None or reason:
        return _refuse("invalid_grant", reason or "")
    grant.redeemed = True
    return _tokens(provider, grant)


def _tokens(provider: Provider, grant: Grant) -> web.Response:
    access_token = provider.open_token(grant)
    id_token = claims.id_token(provider, grant, access_token)
    provider.id_tokens[id_token] = grant.persona
    body = {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": provider.switches.token_lifetime,
        "scope": " ".join(sorted(grant.request.scopes)),
        "id_token": id_token,
    }
    return web.json_response(body, headers=NO_STORE)


def _why_not(provider: Provider, grant: Grant, form: Mapping[str, str]) -> str | None:
    if grant.redeemed:
        provider.revoke(grant)
        return "The code was used already."
    if time.monotonic() >= grant.expires_at:
        return "The code has expired."
    if form.get("redirect_uri") != grant.request.redirect_uri:
        return "The redirect_uri is not the one of the authorization request."
    if not _matches(form.get("code_verifier", ""), grant.request.challenge):
        return "The code_verifier does not match the challenge."
    return None


def _matches(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def _client_is_genuine(provider: Provider, authorization: str | None, form: Mapping[str, str]) -> bool:
    used = "client_secret_basic" if authorization else "client_secret_post"
    if used not in provider.switches.auth_methods:
        return False
    pair = _basic(authorization) if authorization else (form.get("client_id", ""), form.get("client_secret", ""))
    known = (provider.options.client_id, provider.options.client_secret)
    return all(hmac.compare_digest(given.encode(), true.encode()) for given, true in zip(pair, known, strict=True))


def _basic(authorization: str) -> tuple[str, str]:
    """Return the form-decoded client id and secret (RFC 6749, 2.3.1), both empty when unreadable."""
    scheme, _, coded = authorization.partition(" ")
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (unquote_plus(name), unquote_plus(secret)) if scheme.lower() == "basic" else ("", "")


def _refuse(error: str, description: str, status: int = 400) -> web.Response:
    headers = NO_STORE | ({"WWW-Authenticate": "Basic"} if status == 401 else {})
    return web.json_response({"error": error, "error_description": description}, status=status, headers=headers)
