"""The control API: what tests and the curious change while the provider runs. JSON in, JSON out."""

from typing import Any

from aiohttp import web

from simulator.oidc import claims
from simulator.oidc.provider import Fault, Provider

KINDS = {"down", "slow", "drop", "html", "json", "text"}
ENDPOINTS = {"discovery", "jwks", "authorize", "token", "userinfo", "logout", "*"}


def state(provider: Provider) -> dict[str, Any]:
    """The switches, the faults still planned, calls per endpoint, and how many browsers are signed in."""
    return {
        "switches": vars(provider.switches),
        "faults": [vars(fault) for fault in provider.faults],
        "calls": provider.calls,
        "browsers": len(provider.browsers),
    }


def act(provider: Provider, verb: str, wish: dict[str, Any]) -> web.Response:
    """Do `switches`, `faults`, `rotate-keys`, `logout-token` or `reset`; 400 says what was wrong with the wish."""
    verbs = {
        "switches": lambda: provider.switches.update(wish),
        "faults": lambda: provider.faults.append(_fault(wish)),
        "rotate-keys": lambda: provider.keys.rotate(keep_old=bool(wish.get("keep_old", True))),
        "reset": provider.reset,
    }
    if verb == "logout-token":
        return _logout_token(provider, wish)
    if verb not in verbs:
        return web.json_response({"error": f"no such verb; there are {', '.join(verbs)}"}, status=404)
    try:
        verbs[verb]()
    except (TypeError, ValueError) as problem:
        return web.json_response({"error": str(problem)}, status=400)
    return web.json_response(state(provider))


def _logout_token(provider: Provider, wish: dict[str, Any]) -> web.Response:
    """A token to send by hand: of a persona's newest session, with the claims of `changes` instead of the usual."""
    browsers = [one for one in provider.browsers.values() if one.persona.key == wish.get("persona")]
    if not browsers:
        return web.json_response({"error": "this persona has no session"}, status=400)
    token = claims.logout_token(provider, browsers[-1], wish.get("changes", {}))
    return web.json_response({"token": token})


def _fault(wish: dict[str, Any]) -> Fault:
    fault = Fault(**wish)
    if fault.kind not in KINDS or fault.endpoint not in ENDPOINTS:
        raise ValueError(f"kind is one of {', '.join(sorted(KINDS))}; endpoint one of {', '.join(sorted(ENDPOINTS))}")
    return fault
