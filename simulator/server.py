"""Both servers of the simulator, LiveKit and the OpenID provider, started and stopped together."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

from aiohttp import web

from simulator import oidc, sip_file
from simulator.app import create_app
from simulator.world import World

STOP_SECONDS = 0.5


@dataclass(frozen=True)
class Addresses:
    """Where the simulator answers, without a trailing slash."""

    livekit: str
    issuer: str


@contextlib.asynccontextmanager
async def running(
    world: World, client: oidc.Options, oidc_port: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Addresses]:
    """Serve a world and, where `oidc_port` says (0: anywhere free), the provider; its issuer follows its port.

    With `tls` LiveKit is reached by https.
    """
    host = world.options.host
    sockets: list[socket.socket] = []
    try:
        sockets += (_listen(host, port) for port in (world.options.port, oidc_port))
        async with _serving(world, client, sockets, tls) as addresses:
            yield addresses
    finally:
        for listener in sockets:
            listener.close()


@contextlib.asynccontextmanager
async def _serving(
    world: World, client: oidc.Options, sockets: list[socket.socket], tls: ssl.SSLContext | None
) -> AsyncIterator[Addresses]:
    host = world.options.host
    livekit, issuer = (f"http://{host}:{each.getsockname()[1]}" for each in sockets)
    livekit = livekit.replace("http", "https") if tls else livekit
    provider = oidc.create_app(replace(client, issuer=client.issuer or issuer))
    runners = []
    try:
        for app, listener, shown in zip((create_app(world), provider), sockets, (tls, None), strict=True):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
            runners.append(runner)
            await runner.setup()
            await web.SockSite(runner, listener, ssl_context=shown).start()
        async with sip_file.keeping(world, world.options.sip_file):
            yield Addresses(livekit, client.issuer or issuer)
    finally:
        for runner in reversed(runners):
            await runner.cleanup()


@contextlib.contextmanager
def in_thread(
    world: World, client: oidc.Options, oidc_port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[Addresses]:
    """Serve from a thread of this process while the block runs; the world is only touched over HTTP."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulator", daemon=True)
    thread.start()
    serving = running(world, client, oidc_port, tls)
    try:
        yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
