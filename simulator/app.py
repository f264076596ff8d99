"""The simulator's table of contents: its services, its control commands, its pages."""

from aiohttp import ClientSession, ClientTimeout, web

from simulator import (
    calls_control,
    control,
    egress,
    egress_control,
    roomservice,
    sip,
    unused_services,
    visitors,
)
from simulator.control import Command, Control
from simulator.playground.pages import Playground
from simulator.twirp import Services, Twirp
from simulator.world import World

SERVICES: Services = {
    "livekit.RoomService": roomservice.METHODS,
    "livekit.SIP": sip.METHODS,
    "livekit.Egress": egress.METHODS,
    "livekit.Ingress": unused_services.INGRESS,
    "livekit.AgentDispatchService": unused_services.AGENTS,
}
COMMANDS: dict[str, Command] = {
    **control.COMMANDS,
    **visitors.COMMANDS,
    **calls_control.COMMANDS,
    **egress_control.COMMANDS,
}
READINGS: dict[str, Command] = {**control.READINGS, **calls_control.READINGS, **egress_control.READINGS}
MAX_BODY = 16 * 1024 * 1024


def create_app(world: World) -> web.Application:
    """One simulated LiveKit as a web application; it sends webhooks while it runs."""
    world.methods = frozenset(method for methods in SERVICES.values() for method in methods)
    app = web.Application(client_max_size=MAX_BODY)
    control_api = Control(world, SERVICES, COMMANDS, READINGS).__call__
    for path in ("/control", "/control/{name}"):
        app.router.add_route("*", path, control_api)
    app.router.add_routes(Playground(world).routes())
    app.router.add_route("*", "/{rest:.*}", Twirp(world, SERVICES).__call__)
    app.on_startup.append(lambda _: _start(world))
    app.on_cleanup.append(lambda _: _stop(world))
    return app


async def _start(world: World) -> None:
    world.http = ClientSession(timeout=ClientTimeout(total=None))


async def _stop(world: World) -> None:
    world.reset()
    if world.http is not None:
        await world.http.close()
