"""The control API: what tests and the curious change while the provider runs. JSON in, JSON out."""

from typing import Any

from aiohttp import web

from simulator.oidc.provider import Fault, Provider

KINDS = {"down", "slow", "drop", "html", "json"}
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
    """Do `switches`, `faults`, `rotate-keys` or `reset`; 400 says what was wrong with the wish."""
    verbs = {
        "switches": lambda: provider.switches.update(wish),
        "faults": lambda: provider.faults.append(_fault(wish)),
        "rotate-keys": lambda: provider.keys.rotate(keep_old=bool(wish.get("keep_old", True))),
        "reset": provider.reset,
    }
    if verb not in verbs:
        return web.json_response({"error": f"no such verb; there are {', '.join(verbs)}"}, status=404)
    try:
        verbs[verb]()
    except (TypeError, ValueError) as problem:
        return web.json_response({"error": str(problem)}, status=400)
    return web.json_response(state(provider))


def _fault(wish: dict[str, Any]) -> Fault:
    fault = Fault(**wish)
    if fault.kind not in KINDS or fault.endpoint not in ENDPOINTS:
        raise ValueError(f"kind is one of {', '.join(sorted(KINDS))}; endpoint one of {', '.join(sorted(ENDPOINTS))}")
    return fault
