"""The userinfo endpoint: JSON, or a signed JWT as ProConnect sends it."""

import time

from aiohttp import web

from simulator.oidc import claims
from simulator.oidc.provider import Provider


def endpoint(provider: Provider, authorization: str | None) -> web.Response:
    """Tell the bearer of a valid access token who signed in."""
    scheme, _, token = (authorization or "").partition(" ")
    access = provider.access_tokens.get(token) if scheme.lower() == "bearer" else None
    if access is None or time.monotonic() >= access.expires_at:
        challenge = 'Bearer error="invalid_token"' if authorization else "Bearer"
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})
    if provider.switches.userinfo == "json":
        return web.json_response(claims.userinfo(provider, access.grant))
    body = claims.userinfo_token(provider, access.grant).encode()
    return web.Response(body=body, headers={"Content-Type": provider.switches.userinfo_content_type})
