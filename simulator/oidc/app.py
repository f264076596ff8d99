"""The provider as a web application: its routes, its metadata, and the faults that come before any answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulator.oidc import authorize, control, logout, pages, token, userinfo
from simulator.oidc.options import ALGORITHMS, Options
from simulator.oidc.provider import Fault, Provider

PROVIDER = web.AppKey("provider", Provider)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(options: Options) -> web.Application:
    """Return the provider for one client; serve it where `options.issuer` points."""
    app = web.Application(middlewares=[_faults])
    app[PROVIDER] = Provider(options)
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", _discovery, name="discovery"),
            web.get("/jwks", _jwks, name="jwks"),
            web.get("/authorize", _authorize, name="authorize"),
            web.post("/authorize", _authorize),
            web.post("/token", _token, name="token"),
            web.get("/userinfo", _userinfo, name="userinfo"),
            web.post("/userinfo", _userinfo),
            web.get("/logout", _logout, name="logout"),
            web.post("/logout", _logout),
            web.get("/chooser.css", _stylesheet),
            web.get("/control/state", _state),
            web.post("/control/{verb}", _control),
        ]
    )
    return app


def metadata(provider: Provider) -> dict[str, Any]:
    """The discovery document (OpenID Connect Discovery 1.0, 3)."""
    base = provider.options.issuer.rstrip("/")
    document: dict[str, Any] = {
        "issuer": provider.issuer,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "jwks_uri": f"{base}/jwks",
        "scopes_supported": ["openid", "email", "profile", "given_name", "usual_name"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "userinfo_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": provider.switches.auth_methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
    if provider.switches.userinfo_endpoint:
        document["userinfo_endpoint"] = f"{base}/userinfo"
    if provider.switches.end_session:
        document["end_session_endpoint"] = f"{base}/logout"
    document["backchannel_logout_supported"] = True
    document["backchannel_logout_session_supported"] = provider.switches.session_ids
    return document


@web.middleware
async def _faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    path = request.path
    endpoint = "discovery" if path.startswith("/.well-known/") else path.strip("/")
    if endpoint not in control.ENDPOINTS:
        return await handler(request)
    fault = request.app[PROVIDER].take_fault(endpoint)
    if fault is None:
        return await handler(request)
    return await _misbehave(fault, request, handler)


async def _misbehave(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return await handler(request)
    if fault.kind == "html":
        return web.Response(text="<html><body>Proxy error</body></html>", content_type="text/html", status=200)
    if fault.kind == "json":
        return web.json_response(fault.body)
    if fault.kind == "text":
        return web.Response(text=str(fault.body), content_type="application/json", status=200)
    if fault.kind == "drop" and request.transport:
        request.transport.abort()
    return web.Response(text="Out of order", status=fault.status)


async def _discovery(request: web.Request) -> web.Response:
    return web.json_response(metadata(request.app[PROVIDER]))


async def _jwks(request: web.Request) -> web.Response:
    return web.json_response(request.app[PROVIDER].keys.published())


async def _authorize(request: web.Request) -> web.Response:
    provider = request.app[PROVIDER]
    if request.method == "POST":
        form = await _form(request)
        return authorize.chosen(provider, form) if "request" in form else authorize.endpoint(provider, request, form)
    return authorize.endpoint(provider, request, request.query)


async def _token(request: web.Request) -> web.Response:
    return token.endpoint(request.app[PROVIDER], request.headers.get("Authorization"), await _form(request))


async def _userinfo(request: web.Request) -> web.Response:
    return userinfo.endpoint(request.app[PROVIDER], request.headers.get("Authorization"))


async def _logout(request: web.Request) -> web.Response:
    asked = await _form(request) if request.method == "POST" else dict(request.query)
    return logout.endpoint(request.app[PROVIDER], request, asked)


async def _stylesheet(_request: web.Request) -> web.StreamResponse:
    return web.FileResponse(pages.STYLESHEET)


async def _state(request: web.Request) -> web.Response:
    return web.json_response(control.state(request.app[PROVIDER]))


async def _control(request: web.Request) -> web.Response:
    try:
        wish = await request.json() if request.can_read_body else {}
    except json.JSONDecodeError:
        return web.json_response({"error": "the body is not JSON"}, status=400)
    if not isinstance(wish, dict):
        return web.json_response({"error": "the body is not an object"}, status=400)
    if request.match_info["verb"] == "end-sessions":
        return web.json_response(
            {"answers": await logout.end_sessions(request.app[PROVIDER], str(wish.get("persona")))}
        )
    return control.act(request.app[PROVIDER], request.match_info["verb"], wish)


async def _form(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
