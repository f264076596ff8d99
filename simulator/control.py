"""The control API: what tests, the demo and the playground may do to this LiveKit from outside. JSON, no sign-in.

`POST /control/<command>` with an object of arguments answers what came of it; `GET /control/<reading>` only looks.
A bad argument is 400, an unknown name 404, both with `{"error": …}`. Other modules add their commands in `app.py`.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from typing import Any

from aiohttp import web

from simulator import jsonform, participants, rooms, webhooks
from simulator.faults import Fault, HookFault
from simulator.tokens import Claims
from simulator.twirp import STATUS, Services, TwirpError
from simulator.world import LiveRoom, Participant, World

Arguments = Mapping[str, Any]
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
        name = request.match_info["name"]
        table = self.readings if request.method == "GET" else self.commands
        if name not in table:
            return web.json_response({"error": f"no {name!r} here", "known": sorted(table)}, status=404)
        try:
            result = table[name](self.world, await _arguments(request))
            found = await result if inspect.isawaitable(result) else result
        except TwirpError as error:
            return error.response()
        except (ValueError, KeyError, TypeError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response({} if found is None else found)

    async def call(self, world: World, told: Arguments) -> dict[str, Any]:
        """Call a Twirp method as one who may do everything, neither counted nor failed on demand."""
        method = self.services[f"livekit.{told['service']}"][told["method"]]
        body = dict(told.get("request") or {})
        video: dict[str, Any] = dict.fromkeys(ALMIGHTY, True)
        video |= {"room": body.get("room", ""), "destinationRoom": body.get("destination_room", "")}
        claims = Claims(identity="control", video=video, sip={"admin": True, "call": True})
        message = jsonform.parse(json.dumps(body).encode(), method.request)
        return jsonform.answer(await method.handler(world, message, claims))


async def _arguments(request: web.Request) -> Arguments:
    if request.method == "GET":
        return dict(request.query)
    text = await request.text()
    found = json.loads(text) if text else {}
    if not isinstance(found, dict):
        raise ValueError("an object of arguments is expected")
    return found


def reset(world: World, told: Arguments) -> None:
    """Forget everything."""
    world.reset()


def switches(world: World, told: Arguments) -> dict[str, Any]:
    """Turn switches: racy_creates, enable_remote_unmute, redis, egress_worker."""
    return _set(world.switches, told)


def timing(world: World, told: Arguments) -> dict[str, Any]:
    """Set factors on LiveKit's times: latency, rooms, webhooks."""
    return _set(world.timing, {name: float(value) for name, value in told.items()})


def fail(world: World, told: Arguments) -> None:
    """Fail the next `times` calls of `method` (`*`: any) with a Twirp `code`; `applied`: after doing the work."""
    fault = Fault("fail", **told)
    if fault.code not in STATUS:
        raise ValueError(f"no Twirp code {fault.code!r}")
    world.faults.calls.append(fault)


def delay(world: World, told: Arguments) -> None:
    """Let the next `times` calls of `method` take `seconds` longer."""
    world.faults.calls.append(Fault("delay", **told))


def html(world: World, told: Arguments) -> None:
    """Answer the next `times` calls of `method` with a proxy's HTML page and `status`."""
    world.faults.calls.append(Fault("html", **told))


def away(world: World, told: Arguments) -> None:
    """Go away: `how` is refuse (connections break) or hang (nothing is ever answered), until healed."""
    if told["how"] not in {"refuse", "hang"}:
        raise ValueError("how is refuse or hang")
    world.faults.away = told["how"]


def heal(world: World, told: Arguments) -> None:
    """Take back every fault still to come."""
    world.faults.heal()


def hooks(world: World, told: Arguments) -> None:
    """Drop, delay, duplicate or reverse (`kind`) the next `times` webhooks, of one `event` or `room` or of any."""
    fault = HookFault(**told)
    if fault.kind not in {"drop", "delay", "duplicate", "reverse"}:
        raise ValueError("kind is drop, delay, duplicate or reverse")
    world.faults.hooks.append(fault)


def webhook_urls(world: World, told: Arguments) -> None:
    """Send webhooks to these `urls` from now on."""
    world.webhook_urls = tuple(told["urls"])


def restart(world: World, told: Arguments) -> None:
    """Kill the server and start it again; `ghosts`: rooms stay stored; `rejoin`: phones and browsers come back."""
    rooms.crash(world, ghosts=bool(told.get("ghosts", False)), rejoin=bool(told.get("rejoin", False)))


async def settle(world: World, told: Arguments) -> dict[str, bool]:
    """Wait until all webhooks are delivered or given up."""
    return {"idle": await webhooks.settle(world, float(told.get("seconds", 10)))}


def state(world: World, told: Arguments) -> dict[str, Any]:
    """Rooms with the people in them, switches, faults and outages."""
    return {
        "rooms": [described_room(room) for room in world.rooms.values()],
        "switches": vars(world.switches),
        "timing": vars(world.timing),
        "faults": world.faults.described(),
        "outages": world.outages,
    }


def requests(world: World, told: Arguments) -> list[dict[str, Any]]:
    """The calls LiveKit has been sent, in order, of one `method` or all."""
    wanted = told.get("method")
    return [vars(asked) for asked in world.asked if wanted in {None, asked.method}]


def counts(world: World, told: Arguments) -> dict[str, int]:
    """How many calls each method has had."""
    return dict(world.counts)


def messages(world: World, told: Arguments) -> list[dict[str, str]]:
    """The data messages sent into rooms."""
    return [
        {"room": room, "topic": topic, "data": data.decode(errors="replace")} for room, topic, data in world.messages
    ]


def deliveries(world: World, told: Arguments) -> list[dict[str, Any]]:
    """Every webhook with what became of it, or the `last` ones, oldest first."""
    log = list(world.part(webhooks.Outbox).log)
    return [delivery.described() for delivery in log[-int(told.get("last", len(log))) :]]


def described_room(room: LiveRoom) -> dict[str, Any]:
    """A room as JSON, with its people."""
    people = [described(person) for person in room.participants.values()]
    return {**jsonform.answer(room.info), "ghost": room.ghost, "participants": people}


def described(person: Participant) -> dict[str, Any]:
    """Somebody as JSON, with the identities they hear."""
    others = [other for other in person.room.participants.values() if other is not person]
    heard = [other.info.identity for other in others if participants.hears(person, other)]
    return {**jsonform.answer(person.info), "room": person.room.info.name, "hears": heard}


def _set(target: Any, told: Arguments) -> dict[str, Any]:
    known = {field.name for field in fields(target)}
    if set(told) - known:
        raise ValueError(f"known are {', '.join(sorted(known))}")
    for name, value in told.items():
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
    "settle": settle,
}
READINGS: dict[str, Command] = {
    "state": state,
    "requests": requests,
    "counts": counts,
    "messages": messages,
    "deliveries": deliveries,
}
