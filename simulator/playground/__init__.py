"""The playground: pages on which a newcomer is a web participant, a phone caller and a watcher of webhooks."""

from pathlib import Path

from aiohttp import web

HERE = Path(__file__).parent
PAGES = {"": "index.html", "index.html": "index.html", "meet": "meet.html"}
ASSETS = {"playground.css", "playground.js", "meet.js", "icon.svg"}
HEADERS = {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'", "Cache-Control": "no-cache"}


def routes() -> list[web.RouteDef]:
    """Its pages and their assets; everything they do goes over the control API."""
    return [web.get("/playground", _home), web.get("/playground/{name:.*}", _file)]


async def _home(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/playground/")


async def _file(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in PAGES and name not in ASSETS:
        raise web.HTTPNotFound
    return web.FileResponse(HERE / PAGES.get(name, name), headers=HEADERS)
