"""Services of LiveKit that Frontdesk does not use: they refuse strangers, as LiveKit does, and have nothing to list."""

from livekit.protocol import agent_dispatch, ingress

from simulator.tokens import Claims
from simulator.twirp import Method, require
from simulator.world import World


async def list_ingress(
    world: World, request: ingress.ListIngressRequest, claims: Claims
) -> ingress.ListIngressResponse:
    """No ingress."""
    require(claims.may("ingressAdmin"))
    return ingress.ListIngressResponse()


async def list_dispatch(
    world: World, request: agent_dispatch.ListAgentDispatchRequest, claims: Claims
) -> agent_dispatch.ListAgentDispatchResponse:
    """No agents."""
    require(claims.may_administer(request.room))
    return agent_dispatch.ListAgentDispatchResponse()


INGRESS = {"ListIngress": Method(ingress.ListIngressRequest, list_ingress)}
AGENTS = {"ListDispatch": Method(agent_dispatch.ListAgentDispatchRequest, list_dispatch)}
