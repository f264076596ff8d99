"""Under which names pages are served: that of the public address, and those that a setting adds.

Without this whoever sends somebody a request with another Host could have links made that lead there. LiveKit, probes
and Prometheus use inner names, and get no links.
"""

from flask import Flask, Request, abort, current_app, request
from flask_babel import gettext as _

from webapp.core.settings import settings

ANY_HOST = ("/hooks/", "/healthz", "/readyz", "/metrics")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}  # where people develop and tests run


def name_of(host: str) -> str:
    """The name in a Host, without its port."""
    host = host.strip().lower()
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.rstrip(".")


def public_address(endpoint: str, **parts: object) -> str:
    """The whole address of a page, also outside of requests: what is sent to people leads to the public address."""
    path = current_app.url_map.bind("").build(endpoint, parts, append_unknown=False)
    return settings.public_url + path


def serves(asked: Request) -> bool:
    """Tell whether the address is answered under the request's name."""
    return asked.path.startswith(ANY_HOST) or name_of(asked.host) in _trusted()


def _refuse_others() -> None:
    if serves(request):
        return
    abort(400, _("Open this site at its own address: %(address)s", address=settings.public_url))


def _trusted() -> set[str]:
    names = {name_of(host) for host in (settings.public_host, *settings.trusted_hosts)}
    return names if settings.environment == "production" else names | LOOPBACK


def init_app(app: Flask) -> None:
    """Refuse pages under other names, before anything is made for them."""
    app.before_request(_refuse_others)
