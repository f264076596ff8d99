"""Who saw which PIN or number, and why."""

from collections.abc import Iterator
from itertools import chain

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.accounts import queries as account_queries
from webapp.audit import policy, queries, reveals, sentences
from webapp.audit.models import AuditEntry
from webapp.audit.views.blueprint import PAGE, bp
from webapp.core import htmx, paging, spreadsheet
from webapp.core.security import require
from webapp.rooms import queries as room_queries

REVEALS_HEAD = ("at", "seen_by", "what", "room", "reason", "how", "address")
REVEAL_SHOWS = {
    reveals.RevealShow.ALL: _l("All"),
    reveals.RevealShow.PINS: _l("PINs"),
    reveals.RevealShow.NUMBERS: _l("Callers and participants"),
    reveals.RevealShow.REASON: _l("With a reason"),
}
HOWS = {
    "": _l("Reveal"),
    "invitation": _l("Copied invitation"),
    "dial_in_code": _l("Dial-in code"),
    "card": _l("Print card"),
    "change": _l("Changed PIN"),
}


@bp.get("/audit/reveals")
def reveals_page() -> ResponseReturnValue:
    """Who saw which PIN or number, and why."""
    require(policy.reveals)
    filters = reveals.RevealFilters.of(request.args)
    page = reveals.page(filters, paging.Place.of(request.args, PAGE))
    bursts = [] if filters.query() or request.args.get("older") else reveals.lately()
    context = {
        "filters": filters,
        "page": page,
        "rooms": room_queries.names(queries.rooms(page.rows)),
        "counts": reveals.counts(),
        "shows": REVEAL_SHOWS,
        "bursts": bursts,
        "people": account_queries.names({burst.user_id for burst in bursts}),
        "hows": HOWS,
    }
    return htmx.respond("audit/reveals.html", "audit/_reveals.html", **context)


@bp.post("/audit/reveals/find")
def find_reveals() -> ResponseReturnValue:
    """Show what was revealed to whoever has exactly this e-mail address, which stays out of the link."""
    require(policy.reveals)
    person = account_queries.person(request.form.get("email", ""))
    if person is None:
        flash(_("No one has this address."))
    return redirect(url_for(".reveals_page", person=person.id if person else None), 303)


@bp.get("/audit/reveals.csv")
def reveals_csv() -> ResponseReturnValue:
    """What was revealed as a file: as many lines as were asked for."""
    require(policy.reveals)
    filters = reveals.RevealFilters.of(request.args)
    return spreadsheet.download(chain([REVEALS_HEAD], _rows(filters)), "reveals")


def _rows(filters: reveals.RevealFilters) -> Iterator[tuple[str, ...]]:
    for entries in paging.parts(lambda at: reveals.page(filters, at)):
        yield from map(_cells, entries)


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    what = "pin" if entry.action == reveals.PIN else str(entry.details.get("what", ""))
    how, at = str(entry.details.get("purpose", "")), entry.at.isoformat(timespec="seconds")
    return at, sentences.who(entry), what, str(entry.room_id or ""), entry.reason, how, entry.address
