"""The playground's pages: plain forms that work without a script; a script sends them and keeps the page fresh."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulator import calls_control, visitors
from simulator.arguments import Arguments
from simulator.control import deliveries, described_room, of_another_site
from simulator.sip_objects import SipObjects
from simulator.world import World

HERE = Path(__file__).parent
PAGES = {"": "index.html", "index.html": "index.html", "meet": "meet.html"}
ASSETS = {"playground.css", "playground.js", "meet.js", "icon.svg"}
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
# Not "no-referrer": browsers would then keep the origin of our own forms to themselves too.
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
SHOWN_EVENTS, SHOWN_CALLS = 60, 6
Form = Mapping[str, str]


class Playground:
    """The pages of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        loader = FileSystemLoader(HERE / "templates")
        self.templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    def routes(self) -> list[web.RouteDef]:
        """The pages, their assets, and what their forms do."""
        return [
            web.get("/playground", self._home),
            web.get("/playground/{name:.*}", self._file),
            web.post("/playground/{name}", self._act),
        ]

    async def _home(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/playground/")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name in PAGES:
            return self._page(PAGES[name])
        if name in ASSETS:
            return web.FileResponse(HERE / name, headers=HEADERS)
        if name in ACTIONS:  # a page that came with a refusal, loaded again
            raise web.HTTPFound("/playground/")
        raise web.HTTPNotFound

    async def _act(self, request: web.Request) -> web.StreamResponse:
        action = ACTIONS.get(request.match_info["name"])
        if action is None:
            raise web.HTTPNotFound
        if of_another_site(request):
            raise web.HTTPForbidden(text="pages of other sites may not give orders here")
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        try:
            action(self.world, form)
        except (ValueError, TypeError) as problem:
            return self._page("index.html", 422, str(problem))
        raise web.HTTPSeeOther("/playground/")

    def _page(self, name: str, status: int = 200, problem: str = "") -> web.Response:
        text = self.templates.get_template(name).render(problem=problem, **self._state())
        return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)

    def _state(self) -> dict[str, Any]:
        calls = calls_control.phones(self.world, Arguments())
        trunks = self.world.part(SipObjects).trunks_by_id()
        return {
            "rooms": [described_room(room) for room in self.world.rooms.values()],
            "calls": calls[: -SHOWN_CALLS - 1 : -1],
            "events": [_event(each) for each in deliveries(self.world, Arguments(last=str(SHOWN_EVENTS)))[::-1]],
            "numbers": sorted({number for trunk in trunks for number in trunk.numbers}),
        }


def _event(delivery: Mapping[str, Any]) -> dict[str, str]:
    """A webhook as a row; what is zero or empty is not in its body."""
    body, answers = delivery["body"], delivery["answers"]
    person = body.get("participant", {})
    sent_at = datetime.fromtimestamp(int(body["createdAt"]), UTC).astimezone()
    return {
        "time": sent_at.strftime("%H:%M:%S"),
        "event": delivery["event"],
        "room": body.get("room", {}).get("name", "") or body.get("egressInfo", {}).get("roomName", ""),
        "who": person.get("name", "") or person.get("identity", ""),
        "answered": str(answers[-1]) if delivery["outcome"] == "sent" else delivery["outcome"],
    }


def _join(world: World, form: Form) -> None:
    """Somebody with a browser and a microphone; their identity follows from the name."""
    plain = re.sub(r"[^a-z0-9]+", "-", form["name"].lower()).strip("-")
    if not form["room"] or not plain:
        raise ValueError("A room and a name are needed.")
    arguments = {"room": form["room"], "name": form["name"], "identity": f"web-{plain}"}
    visitors.join(world, Arguments(arguments, publish=["microphone"]))


def _join_with_token(world: World, form: Form) -> None:
    visitors.join(world, Arguments(token=form["token"].strip(), publish=["microphone"]))


def _dial(world: World, form: Form) -> None:
    """A call; a PIN given beforehand is typed, with its #, when the bridge asks for one."""
    arguments = {name: value.strip() for name, value in form.items()}
    pin = arguments.pop("pin", "")
    calls_control.dial(world, Arguments(arguments, keys=f"{pin.removesuffix('#')}#" if pin else ""))


def _of(command: Callable[[World, Arguments], Any]) -> Callable[[World, Form], Any]:
    return lambda world, form: command(world, Arguments(form))


ACTIONS: dict[str, Callable[[World, Form], Any]] = {
    "join": _join,
    "join-with-token": _join_with_token,
    "publish": _of(visitors.publish),
    "unpublish": _of(visitors.unpublish),
    "leave": _of(visitors.leave),
    "dial": _dial,
    "press": _of(calls_control.press),
    "hang-up": _of(calls_control.hang_up),
}
