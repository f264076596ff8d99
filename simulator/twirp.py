"""Twirp over HTTP: routes, encodings and errors exactly as LiveKit's Go server writes them."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from google.protobuf.message import DecodeError, Message

from simulator import jsonform
from simulator.faults import Fault
from simulator.tokens import BadToken, Claims, verify
from simulator.world import Asked, World

STATUS = {
    "canceled": 408,
    "unknown": 500,
    "invalid_argument": 400,
    "malformed": 400,
    "deadline_exceeded": 408,
    "not_found": 404,
    "bad_route": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "unauthenticated": 401,
    "resource_exhausted": 429,
    "failed_precondition": 412,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
    "dataloss": 500,
}
CLAIM_SECONDS = 3.0  # so long LiveKit waits for a node or worker that claims what is asked about
HTML = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


# Go's encoding/json, which writes the errors, escapes what could end a script element; protojson does not.
GO_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def json_response(body: dict[str, Any], status: int = 200) -> web.Response:
    """JSON with the content type alone: LiveKit names no charset."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return web.Response(body=text.encode(), status=status, content_type="application/json")


class TwirpError(Exception):
    """What a method answers instead of its message."""

    def __init__(self, code: str, message: str, meta: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.meta = dict(meta or {})

    def response(self) -> web.Response:
        """The error as LiveKit sends it: always JSON, whatever was asked."""
        body: dict[str, Any] = {"code": self.code, "msg": self.message}
        if self.meta:
            body["meta"] = self.meta
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).translate(GO_ESCAPES)
        return web.Response(body=text.encode(), status=STATUS[self.code], content_type="application/json")


def behind_psrpc(code: str, message: str) -> TwirpError:
    """An error that came over LiveKit's own message bus; such texts carry a prefix, the others do not."""
    return TwirpError(code, f"twirp error unknown: {message}")


def invalid_argument(argument: str, problem: str) -> TwirpError:
    """twirp.InvalidArgumentError: the text is both, the meta names the argument."""
    return TwirpError("invalid_argument", f"{argument} {problem}", {"argument": argument})


def denied() -> TwirpError:
    """A missing grant, or no token: 401, never 403."""
    return TwirpError("unauthenticated", "permissions denied")


def require(allowed: bool) -> None:
    """Raise what LiveKit says to somebody without the grant."""
    if not allowed:
        raise denied()


async def nobody_answered(world: World) -> TwirpError:
    """What LiveKit says after three seconds in which no node claimed the room or the participant."""
    await world.wait(CLAIM_SECONDS)
    return behind_psrpc("unavailable", "no response from servers")


Handler = Callable[[World, Any, Claims], Awaitable[Message]]


@dataclass(frozen=True)
class Method:
    """One method: the request it reads, and what it does."""

    request: type[Message]
    handler: Handler


Services = Mapping[str, Mapping[str, Method]]


@dataclass
class Twirp:
    """The services of one world, answering HTTP."""

    world: World
    services: Services
    prefix: str = field(default="/twirp/")

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer any request outside the control API and the playground."""
        await self._be_away(request)
        path = re.sub("/+", "/", request.path)
        try:
            claims = self._claims(request)
        except BadToken as problem:
            return web.Response(text=str(problem), status=401)
        if path == "/":
            return web.Response(text="OK")
        service, _, method = path.removeprefix(self.prefix).partition("/")
        if not path.startswith(self.prefix) or service not in self.services:
            return web.Response(text="404 page not found\n", status=404)
        try:
            return await self._answer(request, path, service, method, claims)
        except TwirpError as error:
            return error.response()

    async def _be_away(self, request: web.Request) -> None:
        begun = self.world.resets
        while self.world.faults.away == "hang":
            await asyncio.sleep(0.05)
        self._drop_if_reset(request, begun)
        if self.world.faults.away == "refuse" and request.transport is not None:
            request.transport.abort()
            raise asyncio.CancelledError

    def _drop_if_reset(self, request: web.Request, begun: int) -> None:
        """A request that waited through a reset belongs to a world that is gone: it changes nothing in the new one."""
        if self.world.resets == begun:
            return
        if request.transport is not None:
            request.transport.abort()
        raise asyncio.CancelledError

    def _claims(self, request: web.Request) -> Claims:
        header = request.headers.get("Authorization", "")
        if header and not header.startswith("Bearer "):
            raise BadToken("invalid authorization header. Must start with Bearer ")
        token = header.removeprefix("Bearer ") if header else request.query.get("access_token", "")
        options = self.world.options
        return verify(token, {options.api_key: options.api_secret}) if token else Claims()

    async def _answer(
        self, request: web.Request, path: str, service: str, method: str, claims: Claims
    ) -> web.StreamResponse:
        known = self._route(request, path, service, method)
        as_json = request.content_type == "application/json"
        message = _read(await request.read(), known.request, as_json)
        self.world.counts[method] += 1
        self.world.asked.append(Asked(service, method, jsonform.answer(message), time.time()))
        faults = self.world.faults.due(method)
        await self._dawdle(request, faults, applied=False)
        for fault in faults:
            if fault.kind == "html":
                return web.Response(text=HTML, status=fault.status, content_type="text/html")
        _fail(faults, applied=False)
        result = await known.handler(self.world, message, claims)
        await self._dawdle(request, faults, applied=True)
        _fail(faults, applied=True)
        return _written(result, as_json)

    async def _dawdle(self, request: web.Request, faults: list[Fault], *, applied: bool) -> None:
        for fault in faults:
            if fault.kind == "delay" and fault.applied is applied:
                begun = self.world.resets
                await asyncio.sleep(fault.seconds)
                self._drop_if_reset(request, begun)

    def _route(self, request: web.Request, path: str, service: str, method: str) -> Method:
        """The method asked for. Raises bad_route in the order twirp's generated code checks."""
        where = {"twirp_invalid_route": f"{request.method} {path}"}
        if request.method != "POST":
            raise TwirpError("bad_route", f'unsupported method "{request.method}" (only POST is allowed)', where)
        known = self.services[service].get(method)
        if known is None:
            raise TwirpError("bad_route", f'no handler for path "{path}"', where)
        written = request.headers.get("Content-Type", "")
        if written.partition(";")[0].strip().lower() not in {"application/json", "application/protobuf"}:
            raise TwirpError("bad_route", f'unexpected Content-Type: "{written}"', where)
        return known


def _read(body: bytes, kind: type[Message], as_json: bool) -> Message:
    try:
        if as_json:
            return jsonform.parse(body, kind)
        message = kind()
        message.ParseFromString(body)
    except (ValueError, DecodeError) as error:
        encoding = "json" if as_json else "protobuf"
        raise TwirpError("malformed", f"the {encoding} request could not be decoded") from error
    return message


def _fail(faults: list[Fault], *, applied: bool) -> None:
    for fault in faults:
        if fault.kind == "fail" and fault.applied is applied:
            raise TwirpError(fault.code, fault.message)


def _written(message: Message, as_json: bool) -> web.Response:
    if as_json:
        return json_response(jsonform.answer(message))
    return web.Response(body=message.SerializeToString(), content_type="application/protobuf")
