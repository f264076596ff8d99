"""The provider's few HTML pages: plain forms, no script, one stylesheet."""

from html import escape
from pathlib import Path

from aiohttp import web

from simulator.oidc.personas import PERSONAS, Persona

STYLESHEET = Path(__file__).with_name("chooser.css")
POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"


def page(title: str, body: str, *, status: int = 200) -> web.Response:
    """Answer with a whole page; `body` is markup already escaped."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/chooser.css"></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)


def chooser(handle: str) -> web.Response:
    """Ask who wants to sign in."""
    rows = "".join(_choice(persona) for persona in PERSONAS.values())
    body = (
        "<p>This provider exists for development: choose who you are. There are no passwords.</p>"
        f'<form method="post" action="/authorize"><input type="hidden" name="request" value="{escape(handle)}">'
        f'<ul>{rows}</ul><p><button class="quiet" name="persona" value="">Cancel, do not sign in</button></p></form>'
    )
    return page("Who is signing in?", body)


def _choice(persona: Persona) -> str:
    address = "no e-mail address"
    if persona.email:
        address = persona.email if persona.email_verified else f"{persona.email}, not verified"
    return (
        f'<li><button name="persona" value="{persona.key}"><strong>{escape(persona.given_name)} '
        f'{escape(persona.usual_name)}</strong><span class="role">{escape(persona.key)}</span>'
        f'<span class="about">{escape(persona.about)}</span><span class="address">{escape(address)}</span>'
        "</button></li>"
    )


def confirm_logout(fields: dict[str, str]) -> web.Response:
    """Ask before ending a session when nothing proves who asked for it."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    body = (
        "<p>The application did not prove that it knows you, so it is up to you.</p>"
        f'<form method="post" action="/logout">{hidden}<button name="confirm" value="yes">Sign out</button></form>'
    )
    return page("Sign out here?", body)


def refused(why: str) -> web.Response:
    """Explain a request that cannot be answered by a redirect."""
    return page("This request cannot be answered", f"<p>{escape(why)}</p>", status=400)
