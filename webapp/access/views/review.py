"""The access review: who could get into what, on any date, and what changed between two."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, groupby
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.access import as_of, policy, review
from webapp.access.review import Cut, Moments, ReviewCheck, ReviewedRole, ReviewFilters, ReviewShow
from webapp.access.views.blueprint import bp
from webapp.accounts import queries as account_queries
from webapp.accounts.models import User
from webapp.core import counting, errors, htmx, paging, searching, spreadsheet
from webapp.core.counting import Tally
from webapp.core.db import utcnow
from webapp.core.security import require
from webapp.core.times import reader_zone
from webapp.reviews import queries as review_queries
from webapp.rooms.models import Room

PAGE = 50
ZONE_ADVICE = _l("Enter a time zone such as Europe/Paris or UTC.")
CSV_HEAD = (
    "room",
    "link",
    "access_level",
    "person",
    "email",
    "staff",
    "disabled",
    "pending",
    "role",
    "granted_at",
    "granted_by",
    "change",
    "role_before",
    "revoked_at",
    "revoked_by",
)
SHOWS = {
    ReviewShow.CHANGES: _l("Changes"),
    ReviewShow.ADDED: _l("Added"),
    ReviewShow.REMOVED: _l("Removed"),
    ReviewShow.CHANGED: _l("Role changed"),
    ReviewShow.EVERYONE: _l("Everyone"),
}
CHECKS = {
    ReviewCheck.PENDING: _l("Hasn't signed in yet"),
    ReviewCheck.ONE_OWNER: _l("One owner"),
    ReviewCheck.ABSENT: _l("Owner absent for 90 days"),
    ReviewCheck.DISABLED: _l("Disabled with access"),
    ReviewCheck.OWNERS: _l("Owners only"),
}


@bp.get("/audit/access")
def review_page() -> ResponseReturnValue:
    """Who can get into what, as of now or of any date, and what is different from another date."""
    require(policy.review)
    filters = ReviewFilters.of(request.args)
    moments = Moments.of(filters, reader_zone(), utcnow())
    page = review.page(filters, moments, paging.Place.of(request.args, PAGE))
    rooms, people = {row.room for row in page.rows}, {row.person for row in page.rows}
    context: dict[str, Any] = {
        "filters": filters,
        "moments": moments,
        "page": page,
        "groups": _groups(page.rows, filters.cut),
        "counts": review.counts(filters, moments),
        "levels": as_of.levels(rooms, moments.at),
        "accounts": as_of.accounts(people, moments.at),
        **_heads(rooms, people, filters.cut, moments),
        "doors": as_of.doors(moments.at),
        "unknown_before": as_of.unknown_before(),
        "shows": SHOWS,
        "checks": CHECKS,
        "count_of": count_of,
        "campaign": review_queries.running(),
        "no_zone": ReviewFilters.refuses(request.args),
        "zone_advice": ZONE_ADVICE,
    }
    status = 422 if context["no_zone"] else 200
    return htmx.respond("access/review.html", "access/_review.html", status, **context)


def _heads(rooms: set[Room], people: set[User], cut: Cut, moments: Moments) -> dict[str, Any]:
    """What stands beside the name of each group."""
    if cut is Cut.ROOM:
        return {"sizes": as_of.sizes({room.id for room in rooms}, moments.at)}
    return {"rooms_of": as_of.rooms_of({person.id for person in people}, moments.at)}


@bp.post("/audit/access/find")
def find_in_review() -> ResponseReturnValue:
    """Narrow the review to whoever has exactly this address, which stays out of the link, or to rooms called so."""
    require(policy.review)
    words, filters = request.form.get("find", "").strip(), ReviewFilters.of(request.args)
    if searching.is_number(words):
        flash(_("Numbers and PINs can't be searched."))
        return _narrowed_to(filters.query())
    if "@" not in words:
        return _narrowed_to(filters.query(search=words, room_id=None, user_id=None))
    person = account_queries.person(words)
    if person is None:
        flash(_("No one has this address."))
    return _narrowed_to(filters.query(search="", user_id=person.id if person else None))


def _narrowed_to(query: Mapping[str, Any]) -> ResponseReturnValue:
    return redirect(url_for(".review_page", **query), 303)


@bp.get("/audit/access.csv")
def review_csv() -> ResponseReturnValue:
    """What was asked for as a file, with its SHA-256: however many lines that are."""
    require(policy.review)
    filters = ReviewFilters.of(request.args)
    if no_zone := ReviewFilters.refuses(request.args):
        what = _("%(zone)s isn't a time zone.", zone=no_zone)
        return errors.refusal(422, _("Nothing was exported"), what, ZONE_ADVICE)
    moments = Moments.of(filters, reader_zone(), utcnow())
    about = [
        ("query", "&".join(f"{name}={value}" for name, value in sorted(filters.query().items()))),
        ("as_of", moments.at.isoformat()),
        ("compared_with", moments.since.isoformat() if moments.since else ""),
    ]
    return spreadsheet.proven_download(chain([CSV_HEAD], _rows(filters, moments)), about, "access-review")


def count_of(count: Tally) -> str:
    """So many, or that there are more than were counted."""
    return counting.in_words(count.number, is_all=count.is_all)


def _groups(rows: Any, cut: Cut) -> list[tuple[Any, list[ReviewedRole]]]:
    """The rows of each room, or of each person, in the order of the page."""
    found = groupby(rows, key=lambda row: row.room if cut is Cut.ROOM else row.person)
    return [(head, list(each)) for head, each in found]


def _rows(filters: ReviewFilters, moments: Moments) -> Iterator[tuple[str, ...]]:
    for rows in paging.parts(lambda at: review.page(filters, moments, at)):
        levels = as_of.levels({row.room for row in rows}, moments.at)
        accounts = as_of.accounts({row.person for row in rows}, moments.at)
        for row in rows:
            yield _cells(row, levels[row.room.id].value, accounts[row.person.id], compared=filters.compares)


def _cells(row: ReviewedRole, level: str, account: as_of.Account, *, compared: bool) -> tuple[str, ...]:
    now, before, person = row.now, row.before, row.person
    ended = before if now is None else None
    return (
        row.room.name,
        row.room.slug,
        level,
        person.name,
        person.email,
        account.staff.value,
        _yes(account.is_disabled),
        _yes(person.pending),
        now.role.value if now else "",
        _moment(now.granted_at if now else None),
        _name(now.granted_by if now else None),
        row.change.value if compared else "",
        before.role.value if before else "",
        _moment((ended.revoked_at or row.room.deleted_at) if ended else None),
        _name(ended.revoked_by if ended else None),
    )


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at is not None else ""


def _name(person: User | None) -> str:
    return person.name if person is not None else ""
