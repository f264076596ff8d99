"""The authorization endpoint: checks the request, asks who is signing in, and sends the browser back with a code."""

import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from simulator.oidc import pages, personas
from simulator.oidc.personas import Persona
from simulator.oidc.provider import AuthorizationRequest, Browser, Provider

COOKIE = "idp_session"
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def endpoint(provider: Provider, request: web.Request, asked: Mapping[str, str]) -> web.Response:
    """Answer an authorization request with the chooser page, or by redirect when it need not be shown."""
    refusal = _unredirectable(provider, asked)
    if refusal:
        return pages.refused(refusal)
    error = _error(asked)
    if error:
        return _back(provider, asked["redirect_uri"], asked.get("state"), error=error[0], error_description=error[1])
    wish = AuthorizationRequest(
        redirect_uri=asked["redirect_uri"],
        state=asked.get("state"),
        nonce=asked.get("nonce"),
        challenge=asked["code_challenge"],
        scopes=frozenset(asked["scope"].split()),
    )
    return _answer(provider, request, wish, asked)


def _answer(
    provider: Provider, request: web.Request, wish: AuthorizationRequest, asked: Mapping[str, str]
) -> web.Response:
    known = provider.browsers.get(request.cookies.get(COOKIE, ""))
    if asked.get("prompt") == "none":
        if known:
            return sign_in(provider, wish, known.persona)
        return _back(provider, wish.redirect_uri, wish.state, error="login_required")
    quick = personas.find(asked.get("persona") or asked.get("login_hint") or "")
    return sign_in(provider, wish, quick) if quick else pages.chooser(provider.remember(wish))


def chosen(provider: Provider, form: Mapping[str, str]) -> web.Response:
    """Act on the chooser's form: a persona signs in, no persona means that consent was denied."""
    wish = provider.requests.pop(form.get("request", ""), None)
    if wish is None:
        return pages.refused("This page was used already. Go back to the application and sign in again.")
    persona = personas.PERSONAS.get(form.get("persona", ""))
    if persona is None:
        return _back(provider, wish.redirect_uri, wish.state, error="access_denied", error_description="Cancelled.")
    return sign_in(provider, wish, persona)


def sign_in(provider: Provider, wish: AuthorizationRequest, persona: Persona) -> web.Response:
    """Remember the browser and send it back with a code."""
    browser = secrets.token_urlsafe(24)
    provider.browsers[browser] = session = Browser(persona)
    answer = _back(provider, wish.redirect_uri, wish.state, code=provider.grant(wish, persona, session.sid))
    secure = urlsplit(provider.options.issuer).scheme == "https"
    answer.set_cookie(COOKIE, browser, httponly=True, samesite="Lax", secure=secure)
    return answer


def _unredirectable(provider: Provider, asked: Mapping[str, str]) -> str | None:
    if asked.get("client_id") != provider.options.client_id:
        return "The client_id is not known here."
    if asked.get("redirect_uri") not in provider.options.redirect_uris:
        return "The redirect_uri is not, character by character, one that was registered."
    return None


def _error(asked: Mapping[str, str]) -> tuple[str, str] | None:
    if asked.get("response_type") != "code":
        return "unsupported_response_type", "Only the code flow is offered."
    if "openid" not in asked.get("scope", "").split():
        return "invalid_scope", "The scope must contain openid."
    if asked.get("code_challenge_method") != "S256":
        return "invalid_request", "PKCE with code_challenge_method S256 is required."
    if not CHALLENGE.fullmatch(asked.get("code_challenge", "")):
        return "invalid_request", "The code_challenge is not a base64url SHA-256."
    return None


def _back(provider: Provider, redirect_uri: str, state: str | None, **values: str) -> web.Response:
    fields = {**values, "iss": provider.issuer} | ({"state": state} if state is not None else {})
    glue = "&" if urlsplit(redirect_uri).query else "?"
    return web.Response(status=303, headers={"Location": f"{redirect_uri}{glue}{urlencode(fields)}"})
