"""Pages of the trail: all of it for admins, and each room's own."""

from collections.abc import Iterator
from datetime import tzinfo
from itertools import chain
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.accounts import queries as account_queries
from webapp.audit import chain_words, keys, outlets, policy, queries, records, reveals, sentences, verifying
from webapp.audit.actors import current_actor
from webapp.audit.models import AuditEntry
from webapp.core import htmx, paging, spreadsheet
from webapp.core.db import db
from webapp.core.security import require
from webapp.core.times import reader_zone
from webapp.rooms import policy as room_policy
from webapp.rooms import queries as room_queries
from webapp.rooms.door import load_room

bp = Blueprint("audit", __name__)
PAGE = 50
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
}
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
    return htmx.respond("audit/log.html", "audit/_log.html", **context, chain=chain_words.standing())


@bp.get("/audit/chain")
def chain_page() -> ResponseReturnValue:
    """Whether the log's chain holds, what was found before, and who vouches for it; to a poll the badge alone."""
    require(policy.log)
    signer, places = keys.signer(), outlets.standing()
    context: dict[str, Any] = {
        "public_key": signer.public if signer else "",
        "seals": records.end(),
        "head": records.newest_head(),
        "outlets": places,
        "kept_at": outlets.proven_until(places),
        "outlet_words": chain_words.OUTLETS,
        "outlet_problem": chain_words.outlet_problem,
    }
    return htmx.respond("audit/chain.html", "audit/_chain.html", **context, chain=chain_words.standing())


@bp.post("/audit/chain/verify")
def verify_chain() -> ResponseReturnValue:
    """Have the chain verified: the page says how far it is."""
    require(policy.verify_chain)
    verifying.request(actor=current_actor())
    db.session.commit()
    return htmx.done(url_for(".chain_page"), "audit/_chain.html", chain=chain_words.standing())


@bp.post("/audit/log/find")
def find() -> ResponseReturnValue:
    """Show the trail of whoever has exactly this e-mail address, which stays out of the link."""
    require(policy.log)
    return _of_person(".log")


def _of_person(endpoint: str) -> ResponseReturnValue:
    person = account_queries.person(request.form.get("email", ""))
    if person is None:
        flash(_("Nobody is known under this address."))
    return redirect(url_for(endpoint, person=person.id if person else None), 303)


@bp.get("/audit/log.csv")
def log_csv() -> ResponseReturnValue:
    """The trail as a file: as many lines as were asked for, however many that are."""
    require(policy.log)
    filters, zone = queries.LogFilters.of(request.args), reader_zone()

    return spreadsheet.download(chain([CSV_HEAD], _rows(filters, zone)), "audit")


def _rows(filters: queries.LogFilters, zone: tzinfo) -> Iterator[tuple[str, ...]]:
    for entries in paging.parts(lambda at: queries.page(filters, at, zone)):
        yield from map(_cells, account_queries.deeds(entries))


def _cells(deed: sentences.Deed) -> tuple[str, ...]:
    entry: AuditEntry = deed.entry
    target = f"{entry.target_kind} {entry.target_id}"
    room = str(entry.room_id or "")
    at = entry.at.isoformat(timespec="seconds")
    return at, sentences.who(entry), entry.action, target, room, entry.reason, entry.address, deed.text


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
        "rooms": room_queries.names({entry.room_id for entry in page.rows if entry.room_id}),
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
    return _of_person(".reveals_page")


@bp.get("/audit/reveals.csv")
def reveals_csv() -> ResponseReturnValue:
    """What was revealed as a file: as many lines as were asked for."""
    require(policy.reveals)
    filters = reveals.RevealFilters.of(request.args)
    return spreadsheet.download(chain([REVEALS_HEAD], _reveal_rows(filters)), "reveals")


def _reveal_rows(filters: reveals.RevealFilters) -> Iterator[tuple[str, ...]]:
    for entries in paging.parts(lambda at: reveals.page(filters, at)):
        yield from map(_reveal_cells, entries)


def _reveal_cells(entry: AuditEntry) -> tuple[str, ...]:
    what = "pin" if entry.action == reveals.PIN else str(entry.details.get("what", ""))
    how, at = str(entry.details.get("purpose", "")), entry.at.isoformat(timespec="seconds")
    return at, sentences.who(entry), what, str(entry.room_id or ""), entry.reason, how, entry.address


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
    words: dict[str, Any] = {
        "audit_policy": policy,
        "chain_result": chain_words.result,
        "chain_problem": chain_words.problem,
    }
    app.jinja_env.globals.update(words)
