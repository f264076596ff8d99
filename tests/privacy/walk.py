"""Every route by every method, as a page and as a fragment: what comes back, and what is written meanwhile."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask.testing import FlaskClient
from prometheus_client import REGISTRY, generate_latest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.privacy.bodies import bodies, signed
from tests.privacy.planted import Planted
from tests.support.personas import SWAP
from tests.support.written import log_plainly
from webapp.core import logs, refusals
from webapp.core.security import limiter, local_url

# What a page shows only when it is asked so.
VARIANTS = {
    "accounts.callback": ("?code=zqtypedpath&state=zqtypedpath", "?error=zqtypedpath&error_description=zqtypedpath"),
    "access.index": ("?show=ended", "?show=administrators"),
    "access.review_page": ("?by=person", "?since=2026-01-01", "?check=pending"),
    "access.review_csv": ("?by=person", "?since=2026-01-01"),
    "audit.log": ("?action=room.reveal_pin",),
    "calls.index": ("?span=all",),
    "invitations.index": ("?show=withdrawn",),
    "people.index": ("?show=everyone",),
    "recordings.index": ("?show=permanent", "?sort=made"),
    "repairs.new": ("?scope=conflict",),
    "reviews.answer": ("?show=all",),
    "reviews.lines": ("?show=open", "?show=other"),
    "reviews.show": ("?show=all",),
    "rooms.index": ("?show=live", "?q=zq"),
    "search.index": ("?q=hcm-", "?q=elsewhere-"),  # by the link: a name that is underlined is not whole
    "support.index": ("?q=z", "?show=live"),
    "trunks.new_move": ("?source=*&target=%3D",),
}
UNREAD = {"Content-Security-Policy", "X-Request-ID", "Content-Length", "Content-Type", "Date"}


@dataclass(frozen=True)
class Seen:
    """A canary that came out."""

    endpoint: str
    who: str
    place: str  # body, a header's name, log, metrics
    canary: str
    how: str = field(compare=False)  # the method, the address, the status
    around: str = field(compare=False)


@dataclass(frozen=True)
class Asked:
    """A request: what answers it, and who asks."""

    endpoint: str
    who: str
    method: str
    url: str


@dataclass
class Walk:
    """What a persona saw, and how many requests that took."""

    seen: set[Seen] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    requests: int = 0

    def is_refused(self, method: str, endpoint: str) -> bool:
        """A form was refused at the door, whatever was in it: a third time the same alert would come."""
        statuses = self.statuses.get(f"{method} {endpoint}", [])
        return method == "POST" and statuses in ([403, 403], [404, 404], [302, 302])

    def pairs(self) -> int:
        """How many endpoints and methods were asked."""
        return len(self.statuses)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What is logged in the block at its chattiest, before production blots out what looks like a number or a token.

    Nothing personal should get as far as that: names it would not know.
    """
    root, ours, text = logging.getLogger(), logging.getLogger(logs.OURS), io.StringIO()
    before, levels = list(root.handlers), (root.level, ours.level)
    logs.init_logging("DEBUG")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(text)
    chain = handler.formatter
    assert isinstance(chain, structlog.stdlib.ProcessorFormatter) and logs.redact in chain.processors
    chain.processors = tuple(each for each in chain.processors if each is not logs.redact)
    try:
        yield text
    finally:
        root.handlers = before
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
        log_plainly()


def walk(planted: Planted, who: str) -> Walk:
    """Ask everything as one persona."""
    made, app = Walk(), planted.app
    limiter.enabled = False
    try:
        with logged() as log:
            for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)):
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    for url, how in _ways(planted, rule, method):
                        if not made.is_refused(method, rule.endpoint):
                            _ask(made, planted, who, rule.endpoint, method, url, how, log)
    finally:
        limiter.enabled = True
    for label, around in planted.canaries.within(generate_latest(REGISTRY)).items():
        made.seen.add(Seen("", who, "metrics", label, "the registry", around))
    return made


def _ways(planted: Planted, rule: Rule, method: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The addresses, and what is sent there: nothing as a page, and what people send as a page and as a fragment."""
    url = planted.estate.url(planted.app, rule, **planted.parts.get(rule.endpoint, {}))
    yield url, {"headers": {}}
    if method == "POST":
        for headers in ({}, SWAP):
            data, proof = signed(planted, rule.endpoint) or ("plausible", {})
            yield url, {"data": data, "headers": headers | proof}
        return
    yield url, {"headers": SWAP}
    if "slug" in rule.arguments and "campaign_id" not in rule.arguments:
        for which in ("quiet", "elsewhere"):
            yield planted.estate.url(planted.app, rule, slug=planted.rooms[which].slug), {"headers": {}}
    for query in VARIANTS.get(rule.endpoint, ()):
        yield url + query, {"headers": {}}


def _ask(
    made: Walk, planted: Planted, who: str, endpoint: str, method: str, url: str, how: dict[str, Any], log: io.StringIO
) -> None:
    refusals.reset()
    if how.get("data") == "plausible":
        body = bodies(planted).get(endpoint, {})
        if not body and how["headers"] != SWAP:
            return  # it is the empty one, which was sent
        how = {**how, "data": body}
    planted.kept.changed.clear()
    client = planted.fresh(who)
    try:
        answer = _look(made, planted, client, Asked(endpoint, who, method, url), how, log)
        if method == "POST" and answer.status_code in {302, 303} and (target := local_url(answer.location)):
            leads_to, _parts = planted.app.url_map.bind("localhost").match(urlsplit(target).path)
            _look(made, planted, client, Asked(str(leads_to), who, "GET", target), {}, log)
    except Exception as error:  # a page that breaks shows nothing, and hides what it would show
        made.broken.append(f"{method} {endpoint} {sorted(how)}: {type(error).__name__} {error}")
    planted.restore()


def _look(
    made: Walk, planted: Planted, client: FlaskClient, asked: "Asked", how: dict[str, Any], log: io.StringIO
) -> TestResponse:
    """Ask once, and search everything that came of it."""
    log.seek(0)
    log.truncate()
    answer: TestResponse = client.open(asked.url, method=asked.method, buffered=True, **how)
    made.requests += 1
    made.statuses.setdefault(f"{asked.method} {asked.endpoint}", []).append(answer.status_code)
    told = f"{asked.method} {asked.url} {answer.status_code}{' swap' if how.get('headers') == SWAP else ''}"
    places = [("body", answer.get_data()), ("log", log.getvalue())]
    places += [(key, f"{value}") for key, value in answer.headers if key not in UNREAD]
    pins = planted.kept.new_pins()
    for place, content in places:
        found = planted.canaries.within(content)
        if any(pin in "".join(planted.canaries.plain(content)) for pin in pins):
            found["pin.new"] = "(drawn meanwhile)"
        for label, around in found.items():
            made.seen.add(Seen(asked.endpoint, asked.who, place, label, told, around))
    return answer
