"""The trail: all of it for admins, as a page and as a file, and each room's own."""

from collections.abc import Iterator, Mapping
from datetime import date, tzinfo
from itertools import chain, groupby
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from webapp.accounts import queries as account_queries
from webapp.audit import actions, chain_words, policy, queries, sentences
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.audit.origin_words import ORIGINS
from webapp.audit.queries import LogFilters
from webapp.audit.sentences import Deed
from webapp.audit.views import things
from webapp.audit.views.blueprint import PAGE, bp
from webapp.core import htmx, paging, spreadsheet
from webapp.core.db import utcnow
from webapp.core.security import require
from webapp.core.times import reader_zone
from webapp.rooms import policy as room_policy
from webapp.rooms import queries as room_queries
from webapp.rooms.door import load_room

CSV_HEAD = (
    "at", "actor", "action", "target", "target_name", "room", "room_name", "outcome", "reason", "origin", "address",
    "request", "entry", "sentence",
)  # fmt: skip
LONGEST = 200  # of what somebody typed to find a person or a room


@bp.get("/audit/log")
def log() -> ResponseReturnValue:
    """Who did what to what, when, from where."""
    require(policy.log)
    return _list(LogFilters.of(request.args))


@bp.post("/audit/log/find")
def find() -> ResponseReturnValue:
    """Show what was asked for: whoever has exactly this e-mail address, which stays out of the link, and a room."""
    require(policy.log)
    filters = LogFilters.of(request.form)
    typed = {name: request.form.get(name, "").strip()[:LONGEST] for name in ("email", "room")}
    found, problems = _found(typed)
    if problems:
        return _list(filters, 422, typed=typed, problems=problems)
    query: dict[str, Any] = filters.query(**found)
    return redirect(url_for(".log", **query), 303)


def _found(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The person and the room that were typed, by the filters' names, and what is wrong with what was not found."""
    found: dict[str, Any] = {"room_id": None}
    problems = {}
    if typed["email"]:
        person = account_queries.person(typed["email"])
        if person is None:
            problems["email"] = _("No one has this address. Enter the whole address, such as name@example.org.")
        else:
            found["user_id"] = person.id
    if typed["room"]:
        rooms = room_queries.exactly(typed["room"])
        if len(rooms) > 1:
            problems["room"] = _("Several rooms have this name. Enter the link of one.")
        elif not rooms:
            problems["room"] = _("No room has this link or name. Enter the room's link or its whole name.")
        else:
            found["room_id"] = rooms[0]
    return found, problems


def _list(
    filters: LogFilters,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    page = queries.page(filters, paging.Place.of(request.args, PAGE), reader_zone())
    asked_room = {filters.room_id} if filters.room_id else set()
    rooms = room_queries.names(queries.rooms(page.rows) | asked_room)
    deeds = account_queries.deeds(page.rows, {key: room[0] for key, room in rooms.items()}, things.spoken_of(page.rows))
    slug = rooms[filters.room_id][1] if filters.room_id in rooms else ""
    context: dict[str, Any] = {
        "filters": filters,
        "page": page,
        "days": _days(deeds),
        "rooms": rooms,
        "choices": actions.choices(queries.held_actions(), filters.action),
        "chips": _chips(filters, rooms),
        "typed": typed or {"email": "", "room": slug},
        "problems": problems or {},
        "origin_words": ORIGINS,
        "chain": chain_words.standing(),
    }
    return htmx.respond("audit/log.html", "audit/_log.html", status, **context)


def _days(deeds: list[Deed]) -> list[tuple[str, list[Deed]]]:
    """The deeds by the reader's days, in words, as they come."""
    zone = reader_zone()
    days = groupby(deeds, lambda deed: deed.at.astimezone(zone).date())
    return [(_day(day, utcnow().astimezone(zone).date()), list(each)) for day, each in days]


def _day(day: date, today: date) -> str:
    words = format_date(day, "EEE d MMM y")
    return str(_("Today, %(day)s", day=words)) if day == today else str(words)


def _chips(filters: LogFilters, rooms: Mapping[Any, tuple[str, str, bool]]) -> list[tuple[str, str, dict[str, str]]]:
    """What the list is narrowed to: the field, its value, and the query without it."""
    chips = []
    if filters.user_id:
        name = account_queries.names({filters.user_id}).get(str(filters.user_id), str(filters.user_id))
        chips.append((_("Person"), name, filters.query(user_id=None)))
    if filters.room_id:
        room = rooms.get(filters.room_id)
        chips.append((_("Room"), room[0] if room else str(filters.room_id), filters.query(room_id=None)))
    if filters.action:
        chips.append((_("Action"), actions.label(filters.action), filters.query(action="")))
    if filters.since:
        chips.append((_("From"), format_date(filters.since, "d MMM y"), filters.query(since=None)))
    if filters.until:
        chips.append((_("To"), format_date(filters.until, "d MMM y"), filters.query(until=None)))
    if filters.request_id:
        chips.append((_("Request"), filters.request_id, filters.query(request_id="")))
    return chips


@bp.get("/audit/log.csv")
def log_csv() -> ResponseReturnValue:
    """The trail as a file: as many lines as were asked for, however many that are."""
    require(policy.log)
    filters, zone = LogFilters.of(request.args), reader_zone()

    return spreadsheet.download(chain([CSV_HEAD], _rows(filters, zone)), "audit")


def _rows(filters: LogFilters, zone: tzinfo) -> Iterator[tuple[str, ...]]:
    for entries in paging.parts(lambda at: queries.page(filters, at, zone)):
        rooms = room_queries.titles(queries.rooms(entries))
        found = things.names(things.of(entries))
        for deed in account_queries.deeds(entries, rooms, found):
            room = rooms.get(deed.entry.room_id, "") if deed.entry.room_id else ""
            yield _cells(deed, room, found.get((deed.entry.target_kind, deed.entry.target_id), ""))


def _cells(deed: Deed, room: str, target: str) -> tuple[str, ...]:
    entry: AuditEntry = deed.entry
    outcome = entry.outcome.value if entry.outcome is not DeedOutcome.FAILED else f"failed: {entry.problem}"
    return (
        entry.at.isoformat(timespec="seconds"),
        sentences.who(entry),
        entry.action,
        f"{entry.target_kind} {entry.target_id}",
        target,
        str(entry.room_id or ""),
        room,
        outcome,
        entry.reason,
        entry.origin.value if entry.origin else "",
        entry.address,
        entry.request_id,
        str(entry.id),
        deed.text,
    )


@bp.get("/rooms/<slug>/activity")
def activity(slug: str) -> ResponseReturnValue:
    """A room's own trail."""
    room = load_room(slug, room_policy.view_activity)
    page = queries.page(LogFilters(room_id=room.id), paging.Place.of(request.args, PAGE), reader_zone())
    deeds = account_queries.deeds(page.rows, things=things.spoken_of(page.rows))
    return render_template("audit/activity.html", room=room, page=page, days=_days(deeds))
