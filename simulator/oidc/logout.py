"""RP-initiated logout: ends the provider's own session and goes back only where it was told it may."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from simulator.oidc import pages
from simulator.oidc.authorize import COOKIE
from simulator.oidc.provider import Provider

FIELDS = ("id_token_hint", "post_logout_redirect_uri", "state", "client_id")


def endpoint(provider: Provider, request: web.Request, asked: Mapping[str, str]) -> web.Response:
    """End the browser's session when an ID token of ours proves the caller, else ask the person first."""
    target = asked.get("post_logout_redirect_uri")
    if target and target not in provider.options.post_logout_redirect_uris:
        return pages.refused("The post_logout_redirect_uri is not, character by character, one that was registered.")
    proven = asked.get("id_token_hint", "") in provider.id_tokens
    if asked.get("id_token_hint") and not proven:
        return pages.refused("The id_token_hint is not a token of this provider.")
    if not proven and asked.get("confirm") != "yes":
        return pages.confirm_logout({name: asked[name] for name in FIELDS if asked.get(name)})
    provider.browsers.pop(request.cookies.get(COOKIE, ""), None)
    # without a hint, only a client named by its id may be gone back to (RP-Initiated Logout 1.0, 3)
    named = proven or asked.get("client_id") == provider.options.client_id
    return _leave(target if named else None, asked.get("state"))


def _leave(target: str | None, state: str | None) -> web.Response:
    if not target:
        answer = pages.page("You are signed out", "<p>You can close this page.</p>")
    else:
        glue = "&" if urlsplit(target).query else "?"
        query = f"{glue}{urlencode({'state': state})}" if state else ""
        answer = web.Response(status=303, headers={"Location": f"{target}{query}"})
    answer.del_cookie(COOKIE)
    return answer
