"""The control API: what tests, the demo and the playground may do to this LiveKit from outside. JSON, no sign-in.

`POST /control/<command>` with an object of arguments answers what came of it; `GET /control/<reading>` only looks, and
`GET /control` lists both. A bad argument is 400, an unknown name 404, another site's page 403, all with `{"error": …}`.
Other modules add their commands in `app.py`.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from simulator import egress, jsonform, participants, rooms, webhooks
from simulator.arguments import Arguments
from simulator.faults import Fault, HookFault
from simulator.sip_objects import SipObjects
from simulator.tokens import Claims
from simulator.twirp import STATUS, Services, TwirpError
from simulator.world import LiveRoom, Participant, World

Command = Callable[[World, Arguments], Any | Awaitable[Any]]
ALMIGHTY = ("roomCreate", "roomList", "roomRecord", "roomAdmin", "ingressAdmin")


class Control:
    """The commands and readings of one world, over HTTP."""

    def __init__(
        self, world: World, services: Services, commands: Mapping[str, Command], readings: Mapping[str, Command]
    ) -> None:
        self.world = world
        self.services = services
        self.commands = {**commands, "call": self.call}
        self.readings = readings

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Do a command, or read."""
        name = request.match_info.get("name", "")
        table = self.readings if request.method == "GET" else self.commands
        if of_another_site(request):
            return _refused(403, "pages of other sites may not give orders here")
        if not name and request.method == "GET":
            return web.json_response({"commands": documented(self.commands), "readings": documented(self.readings)})
        if name not in table:
            return _refused(404, f"no {name!r} here", known=sorted(table))
        try:
            result = table[name](self.world, await _arguments(request))
            answer = await result if inspect.isawaitable(result) else result
        except TwirpError as error:
            return error.response()
        except (ValueError, TypeError, RecursionError) as error:
            return _refused(400, str(error))
        return web.json_response({} if answer is None else answer)

    async def call(self, world: World, arguments: Arguments) -> dict[str, Any]:
        """Call a Twirp method as one who may do everything, neither counted nor failed on demand."""
        method = self.services.get(f"livekit.{arguments.text('service')}", {}).get(arguments.text("method"))
        if method is None:
            raise ValueError(f"no method {arguments['method']!r} in a service {arguments['service']!r}")
        body = dict(arguments.get("request") or {})
        video: dict[str, Any] = dict.fromkeys(ALMIGHTY, True)
        video |= {"room": body.get("room", ""), "destinationRoom": body.get("destination_room", "")}
        claims = Claims(identity="control", video=video, sip={"admin": True, "call": True})
        message = jsonform.parse(json.dumps(body).encode(), method.request)
        return jsonform.answer(await method.handler(world, message, claims))


def documented(table: Mapping[str, Command]) -> dict[str, str]:
    """The sentence each command or reading says of itself."""
    return {name: inspect.getdoc(command) or "" for name, command in sorted(table.items())}


def of_another_site(request: web.Request) -> bool:
    """The request comes from a page of another site."""
    # Browsers name the page's origin with every POST; whoever is no browser is at this machine anyway.
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def _refused(status: int, error: str, **more: Any) -> web.Response:
    return web.json_response({"error": error, **more}, status=status)


async def _arguments(request: web.Request) -> Arguments:
    if request.method == "GET":
        return Arguments(request.query)
    text = await request.text()
    body = json.loads(text) if text else {}
    if not isinstance(body, dict):
        raise ValueError("an object of arguments is expected")
    return Arguments(body)


def reset(world: World, arguments: Arguments) -> None:
    """Forget everything."""
    world.reset()


def switches(world: World, arguments: Arguments) -> dict[str, Any]:
    """Turn switches: racy_creates, enable_remote_unmute, redis, egress_worker."""
    return _set(world.switches, arguments)


def timing(world: World, arguments: Arguments) -> dict[str, Any]:
    """Set factors on LiveKit's times: latency, rooms, webhooks, webhook_age."""
    return _set(world.timing, arguments)


def fail(world: World, arguments: Arguments) -> None:
    """Fail the next `times` calls of `method` (`*`: any) with a Twirp `code`; `applied`: after doing the work."""
    fault = arguments.build(Fault, kind="fail")
    if fault.code not in STATUS:
        raise ValueError(f"no Twirp code {fault.code!r}; known are {', '.join(sorted(STATUS))}")
    _order(world, fault)


def delay(world: World, arguments: Arguments) -> None:
    """Let the next `times` calls of `method` take `seconds` longer; `applied`: their work is done before that."""
    _order(world, arguments.build(Fault, kind="delay"))


def html(world: World, arguments: Arguments) -> None:
    """Answer the next `times` calls of `method` with a proxy's HTML page and `status`."""
    fault = arguments.build(Fault, kind="html")
    if not 200 <= fault.status <= 599:
        raise ValueError("status is an HTTP status from 200 to 599")
    _order(world, fault)


def _order(world: World, fault: Fault) -> None:
    # A misspelt method would wait for ever, and the test that ordered the fault would prove nothing.
    if fault.method not in {"*", *world.methods}:
        raise ValueError(f"no Twirp method {fault.method!r}; * is any")
    world.faults.calls.append(fault)


def away(world: World, arguments: Arguments) -> None:
    """Go away: `how` is refuse (connections break) or hang (nothing is ever answered), until healed."""
    if arguments.text("how") not in {"refuse", "hang"}:
        raise ValueError("how is refuse or hang")
    world.faults.away = arguments["how"]


def heal(world: World, arguments: Arguments) -> None:
    """Take back every fault still to come; webhooks that a reversal still keeps are sent."""
    world.faults.heal()
    webhooks.release(world)


def hooks(world: World, arguments: Arguments) -> None:
    """Drop, delay, duplicate or reverse (`kind`) the next `times` webhooks, of one `event` or `room` or of any."""
    world.faults.hooks.append(arguments.build(HookFault))


def webhook_urls(world: World, arguments: Arguments) -> None:
    """Send webhooks to these `urls` from now on."""
    if not all(url.startswith(("http://", "https://")) for url in arguments.texts("urls")):
        raise ValueError("urls begin with http:// or https://")
    world.webhook_urls = tuple(arguments["urls"])


def restart(world: World, arguments: Arguments) -> None:
    """Kill the server and start it again: its rooms are gone, or with `ghosts` stay stored; `rejoin`: people return."""
    rooms.crash(world, ghosts=arguments.flag("ghosts"), rejoin=arguments.flag("rejoin"))


def empty_redis(world: World, arguments: Arguments) -> None:
    """Empty LiveKit's Redis: trunks, rules and recordings are forgotten, meetings and calls go on, in no list."""
    objects = world.part(SipObjects)
    for stored in (objects.inbound, objects.outbound, objects.rules, egress.of(world).known):
        stored.clear()
    rooms.empty_redis(world)


async def settle(world: World, arguments: Arguments) -> dict[str, bool]:
    """Wait until all webhooks are delivered or given up."""
    return {"idle": await webhooks.settle(world, arguments.number("seconds", 10.0))}


def state(world: World, arguments: Arguments) -> dict[str, Any]:
    """Rooms with the people in them, switches, faults and outages."""
    return {
        "rooms": [described_room(room) for room in world.rooms.values()],
        "switches": vars(world.switches),
        "timing": vars(world.timing),
        "faults": world.faults.described(),
        "outages": world.outages,
    }


def requests(world: World, arguments: Arguments) -> list[dict[str, Any]]:
    """The calls LiveKit has been sent, in order, of one `method` or all."""
    wanted = arguments.get("method")
    return [vars(asked) for asked in world.asked if wanted in {None, asked.method}]


def counts(world: World, arguments: Arguments) -> dict[str, int]:
    """How many calls each method has had."""
    return dict(world.counts)


def messages(world: World, arguments: Arguments) -> list[dict[str, str]]:
    """The data messages sent into rooms."""
    return [
        {"room": room, "topic": topic, "data": data.decode(errors="replace")} for room, topic, data in world.messages
    ]


def deliveries(world: World, arguments: Arguments) -> list[dict[str, Any]]:
    """Every webhook with what became of it, or the `last` ones, oldest first."""
    log = list(world.part(webhooks.Outbox).log)
    last = max(0, int(arguments.get("last", len(log))))
    return [delivery.described() for delivery in log[max(0, len(log) - last) :]]


def described_room(room: LiveRoom) -> dict[str, Any]:
    """A room as JSON, with its people."""
    people = [described(person) for person in room.participants.values()]
    return {**jsonform.answer(room.info), "ghost": room.ghost, "participants": people}


def described(person: Participant) -> dict[str, Any]:
    """Somebody as JSON, with the identities they hear."""
    others = [other for other in person.room.participants.values() if other is not person]
    heard = [other.info.identity for other in others if participants.hears(person, other)]
    return {**jsonform.answer(person.info), "room": person.room.info.name, "hears": heard}


def _set(target: Any, arguments: Arguments) -> dict[str, Any]:
    arguments.check(type(target))
    for name, value in arguments.items():
        setattr(target, name, value)
    return dict(vars(target))


COMMANDS: dict[str, Command] = {
    "reset": reset,
    "switches": switches,
    "timing": timing,
    "fail": fail,
    "delay": delay,
    "html": html,
    "away": away,
    "heal": heal,
    "hooks": hooks,
    "webhook-urls": webhook_urls,
    "restart": restart,
    "empty-redis": empty_redis,
    "settle": settle,
}
READINGS: dict[str, Command] = {
    "state": state,
    "requests": requests,
    "counts": counts,
    "messages": messages,
    "deliveries": deliveries,
}
