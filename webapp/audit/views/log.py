"""The trail: all of it for admins, as a page and as a file, and each room's own."""

from collections.abc import Iterator
from datetime import tzinfo
from itertools import chain

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.accounts import queries as account_queries
from webapp.audit import chain_words, policy, queries, sentences
from webapp.audit.models import AuditEntry
from webapp.audit.views import things
from webapp.audit.views.blueprint import PAGE, bp
from webapp.core import htmx, paging, spreadsheet
from webapp.core.security import require
from webapp.core.times import reader_zone
from webapp.rooms import policy as room_policy
from webapp.rooms import queries as room_queries
from webapp.rooms.door import load_room

CSV_HEAD = ("at", "actor", "action", "target", "room", "reason", "address", "sentence")


@bp.get("/audit/log")
def log() -> ResponseReturnValue:
    """Who did what to what, when, from where."""
    require(policy.log)
    filters = queries.LogFilters.of(request.args)
    page = queries.page(filters, paging.Place.of(request.args, PAGE), reader_zone())
    rooms = room_queries.names(queries.rooms(page.rows))
    context = {"filters": filters, "page": page, "rooms": rooms, "actions": queries.actions()}
    deeds = account_queries.deeds(page.rows, {key: room[0] for key, room in rooms.items()}, things.spoken_of(page.rows))
    return htmx.respond("audit/log.html", "audit/_log.html", **context, deeds=deeds, chain=chain_words.standing())


@bp.post("/audit/log/find")
def find() -> ResponseReturnValue:
    """Show the trail of whoever has exactly this e-mail address, which stays out of the link."""
    require(policy.log)
    person = account_queries.person(request.form.get("email", ""))
    if person is None:
        flash(_("Nobody is known under this address."))
    return redirect(url_for(".log", person=person.id if person else None), 303)


@bp.get("/audit/log.csv")
def log_csv() -> ResponseReturnValue:
    """The trail as a file: as many lines as were asked for, however many that are."""
    require(policy.log)
    filters, zone = queries.LogFilters.of(request.args), reader_zone()

    return spreadsheet.download(chain([CSV_HEAD], _rows(filters, zone)), "audit")


def _rows(filters: queries.LogFilters, zone: tzinfo) -> Iterator[tuple[str, ...]]:
    for entries in paging.parts(lambda at: queries.page(filters, at, zone)):
        rooms = room_queries.titles(queries.rooms(entries))
        yield from map(_cells, account_queries.deeds(entries, rooms, things.spoken_of(entries)))


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
    deeds = account_queries.deeds(page.rows, things=things.spoken_of(page.rows))
    return render_template("audit/activity.html", room=room, page=page, deeds=deeds)
