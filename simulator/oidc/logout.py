"""Logout: the provider's own session ends, the browser goes back only where it may, and the client is told.

The first is RP-Initiated Logout 1.0, the last Back-Channel Logout 1.0.
"""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from simulator.oidc import claims, pages
from simulator.oidc.authorize import COOKIE
from simulator.oidc.provider import Browser, Provider

FIELDS = ("id_token_hint", "post_logout_redirect_uri", "state", "client_id")
PATIENCE = ClientTimeout(total=5)


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
    ended = provider.browsers.pop(request.cookies.get(COOKIE, ""), None)
    if ended:
        provider.errand(tell(provider, ended))
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


async def end_sessions(provider: Provider, key: str) -> list[int]:
    """End every session of a persona, as when the account is closed; return what the client answered to each token."""
    ended = {cookie: browser for cookie, browser in provider.browsers.items() if browser.persona.key == key}
    for cookie in ended:
        del provider.browsers[cookie]
    return list(await asyncio.gather(*(tell(provider, browser) for browser in ended.values())))


async def tell(provider: Provider, browser: Browser) -> int:
    """Send the client a logout token; return the status of its answer, 0 when there is none."""
    uri = provider.options.backchannel_logout_uri
    if not uri:
        return 0
    form = {"logout_token": claims.logout_token(provider, browser)}
    try:
        async with ClientSession(timeout=PATIENCE) as client, client.post(uri, data=form) as answer:
            return answer.status
    except (ClientError, TimeoutError):
        return 0
