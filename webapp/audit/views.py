"""Pages of the trail: all of it for admins, and each room's own."""

from collections.abc import Iterator
from datetime import tzinfo
from itertools import chain
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.accounts import queries as account_queries
from webapp.audit import policy, queries, sentences
from webapp.audit.models import AuditEntry
from webapp.core import htmx, paging, spreadsheet
from webapp.core.security import require
from webapp.core.times import reader_zone
from webapp.rooms import policy as room_policy
from webapp.rooms import queries as room_queries
from webapp.rooms.door import load_room

bp = Blueprint("audit", __name__)
PAGE = 50
CSV_PART = 1000  # entries read at a time
CSV_HEAD = ("at", "actor", "action", "target", "room", "reason", "address", "sentence")


@bp.get("/audit/log")
def log() -> ResponseReturnValue:
    """Who did what to what, when, from where."""
    require(policy.log)
    filters = queries.LogFilters.of(request.args)
    page = queries.page(filters, paging.Place.of(request.args, PAGE), reader_zone())
    deeds = account_queries.deeds(page.rows)
    rooms = room_queries.names({entry.room_id for entry in page.rows if entry.room_id})
    context = {"filters": filters, "page": page, "deeds": deeds, "rooms": rooms, "actions": queries.actions()}
    return htmx.respond("audit/log.html", "audit/_log.html", **context)


@bp.post("/audit/log/find")
def find() -> ResponseReturnValue:
    """Show the trail of whoever has exactly this e-mail address, which stays out of the link."""
    require(policy.log)
    person = account_queries.person(request.form.get("email", ""))
    if person is None:
        flash(_("Nobody is known under this address."))
        return redirect(url_for(".log"), 303)
    return redirect(url_for(".log", person=person.id), 303)


@bp.get("/audit/log.csv")
def log_csv() -> ResponseReturnValue:
    """The trail as a file: as many lines as were asked for, however many that are."""
    require(policy.log)
    filters, zone = queries.LogFilters.of(request.args), reader_zone()

    return spreadsheet.download(chain([CSV_HEAD], _rows(filters, zone)), "audit")


def _rows(filters: queries.LogFilters, zone: tzinfo) -> Iterator[tuple[str, ...]]:
    at = paging.Place(size=CSV_PART)
    while True:
        page = queries.page(filters, at, zone)
        yield from map(_cells, account_queries.deeds(page.rows))
        if page.older is None:
            return
        at = paging.Place(after=page.older, size=CSV_PART)


def _cells(deed: sentences.Deed) -> tuple[str, ...]:
    entry: AuditEntry = deed.entry
    target = f"{entry.target_kind} {entry.target_id}"
    room = str(entry.room_id or "")
    at = entry.at.isoformat(timespec="seconds")
    return at, sentences.who(entry), entry.action, target, room, entry.reason, entry.address, deed.text


@bp.get("/rooms/<slug>/activity")
def activity(slug: str) -> ResponseReturnValue:
    """A room's own trail."""
    room = load_room(slug, room_policy.view_activity)
    filters = queries.LogFilters(room_id=room.id)
    page = queries.page(filters, paging.Place.of(request.args, PAGE), reader_zone())
    deeds = account_queries.deeds(page.rows)
    return render_template("audit/activity.html", room=room, page=page, deeds=deeds)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    words: dict[str, Any] = {"audit_policy": policy}
    app.jinja_env.globals.update(words)
