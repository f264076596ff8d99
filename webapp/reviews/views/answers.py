"""What owners are asked: who still needs access, person by person, each answer saved at once."""

import uuid
from collections.abc import Callable, Sequence
from itertools import groupby

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import service as access_service
from webapp.audit.actors import current_actor
from webapp.core import htmx, paging
from webapp.core.db import db, utcnow
from webapp.core.times import ago
from webapp.reviews import answering, counts, decisions, policy, queries
from webapp.reviews.answering import LineFilters, LineShow, ReviewedLine
from webapp.reviews.decisions import Decider
from webapp.reviews.models import Campaign, LineOutcome
from webapp.reviews.views.blueprint import bp, load_campaign
from webapp.reviews.warnings import ReviewWarning, warnings
from webapp.rooms.door import load_room
from webapp.rooms.models import Room

SHOWN = 50  # people on a page
PAGE, FRAGMENT, ROW = "reviews/answer.html", "reviews/_people.html", "reviews/_line.html"


@bp.get("/reviews/<uuid:campaign_id>/")
def answer(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """The people in my rooms, those first that nobody has checked; 404 to those who are not asked."""
    campaign = load_campaign(campaign_id, policy.answer)
    return _page(campaign)


@bp.post("/reviews/<uuid:campaign_id>/rooms/<slug>/people/<uuid:access_id>/confirm")
def confirm(campaign_id: uuid.UUID, slug: str, access_id: uuid.UUID) -> ResponseReturnValue:
    """Let somebody keep the role they have."""
    campaign, room, line = _load(campaign_id, slug, access_id)
    if not policy.confirm(current_user, line.person):
        return _row(campaign, line, 409, _("You can't confirm yourself. Another owner does."))
    return _decided(campaign, room, line, lambda: decisions.confirm(campaign, line, _me()))


@bp.post("/reviews/<uuid:campaign_id>/rooms/<slug>/people/<uuid:access_id>/remove")
def remove(campaign_id: uuid.UUID, slug: str, access_id: uuid.UUID) -> ResponseReturnValue:
    """Take somebody's role away."""
    campaign, room, line = _load(campaign_id, slug, access_id)
    if not policy.remove(current_user, room, line.person, (line.now or line.line).role):
        return _row(campaign, line, 409, _("Only owners remove owners, and no one removes themselves here."))
    return _decided(campaign, room, line, lambda: decisions.remove(campaign, room, line, _me()))


@bp.post("/reviews/<uuid:campaign_id>/rooms/<slug>/people/<uuid:access_id>/undo")
def undo(campaign_id: uuid.UUID, slug: str, access_id: uuid.UUID) -> ResponseReturnValue:
    """Take a confirmation back."""
    campaign, room, line = _load(campaign_id, slug, access_id)
    return _decided(campaign, room, line, lambda: decisions.undo(campaign, line, _me()))


@bp.post("/reviews/<uuid:campaign_id>/rooms/<slug>/confirm")
def confirm_many(campaign_id: uuid.UUID, slug: str) -> ResponseReturnValue:
    """Confirm those of the room whom the page showed without a warning, and who have none now either."""
    campaign, room = _load_room(campaign_id, slug)
    shown = [key for key in map(paging.key, request.form.getlist("person")[:SHOWN]) if key is not None]
    lines = [line for line in answering.some(campaign, current_user, room, shown) if is_plain(line)]
    try:
        decisions.confirm_many(campaign, room, lines, _me())
    except counts.CampaignOver:
        db.session.rollback()
        return _page(campaign, 409, problem=_over())
    db.session.commit()
    if htmx.is_swap():
        return _page(campaign)
    return htmx.go(url_for(".answer", campaign_id=campaign.id))


def is_plain(line: ReviewedLine) -> bool:
    """Somebody to check about whom there is nothing to warn of."""
    waits = line.line.outcome is LineOutcome.OPEN and line.now is not None
    return waits and policy.confirm(current_user, line.person) and not warnings_of(line)


def warnings_of(line: ReviewedLine) -> list[ReviewWarning]:
    """What deserves a look before the reader confirms somebody."""
    if line.now is None or line.person.id == current_user.id:
        return []
    return warnings(line.person, line.line.role, line.now.role, current_user, utcnow())


def _load_room(campaign_id: uuid.UUID, slug: str) -> tuple[Campaign, Room]:
    """The room is held before the campaign, as wherever something is decided."""
    room = load_room(slug, policy.check)
    campaign = queries.one(campaign_id)
    if campaign is None:
        abort(404)
    if not answering.is_asked(campaign, current_user, room.id):
        abort(403)
    return campaign, room


def _load(campaign_id: uuid.UUID, slug: str, access_id: uuid.UUID) -> tuple[Campaign, Room, ReviewedLine]:
    campaign, room = _load_room(campaign_id, slug)
    line = answering.one(campaign, current_user, room, access_id)
    if line is None:
        abort(404)
    return campaign, room, line


def _me() -> Decider:
    return Decider(current_user._get_current_object(), current_actor())


def _decided(campaign: Campaign, room: Room, line: ReviewedLine, deed: Callable[[], None]) -> Response:
    """Do it and commit, unless somebody was first, the review is over or the room would be left without an owner."""
    problem = ""
    try:
        deed()
    except decisions.DecidedBefore:
        db.session.rollback()
        line = _again(campaign, room, line)
        problem = first(line)
    except access_service.LastOwner:
        db.session.rollback()
        problem = _("Only owner. Transfer first.")
    except counts.CampaignOver:
        db.session.rollback()
        problem = _over()
    if problem:
        return _row(campaign, line, 409, problem)
    db.session.commit()
    return _row(campaign, _again(campaign, room, line), 200)


def _again(campaign: Campaign, room: Room, line: ReviewedLine) -> ReviewedLine:
    found = answering.one(campaign, current_user, room, line.line.access_id)
    if found is None:
        abort(404)
    return found


def first(line: ReviewedLine) -> str:
    """Who was there before the reader, what they did and how long ago."""
    at, by = line.line.decided_at, line.decided_by
    if at is None or by is None:
        return str(_("%(name)s no longer has access to this room.", name=line.person.name))
    seconds = max(0, int((utcnow() - at).total_seconds()))
    when = _("%(seconds)d s before you", seconds=seconds) if seconds < 60 else ago(at)
    if line.line.outcome is LineOutcome.REMOVED:
        return str(_("%(name)s removed this person, %(when)s.", name=by.name, when=when))
    return str(_("%(name)s confirmed %(when)s.", name=by.name, when=when))


def _over() -> str:
    return str(_("This review is over. Change access on the room's own page."))


def _row(campaign: Campaign, line: ReviewedLine, status: int, problem: str = "") -> Response:
    """The row alone with the progress beside it; without a script the page, or back to it."""
    if htmx.is_swap():
        context = {"row": line, "problem": problem, "standing": answering.standing(campaign, current_user)}
        return htmx.respond(ROW, ROW, status, campaign=campaign, swapped=True, **context, warnings_of=warnings_of)
    if problem:
        return _page(campaign, status, problem=problem)
    return htmx.go(url_for(".answer", campaign_id=campaign.id) + f"#room-{line.room.slug}")


def _page(campaign: Campaign, status: int = 200, *, problem: str = "") -> Response:
    filters = LineFilters.of(request.args)
    standing = answering.standing(campaign, current_user)
    if not standing.rooms:
        abort(404)
    show = filters.show if campaign.is_open or filters.show is not LineShow.TO_GO else LineShow.ALL
    page = answering.page(campaign, current_user, show, paging.Place.of(request.args, SHOWN))
    context = {
        "campaign": campaign,
        "filters": filters,
        "shown": show,
        "page": page,
        "groups": _groups(page.rows),
        "rooms": answering.rooms(campaign, {row.room.id for row in page.rows}),
        "standing": standing,
        "problem": problem,
    }
    return htmx.respond(PAGE, FRAGMENT, status, **context, warnings_of=warnings_of)


def _groups(rows: Sequence[ReviewedLine]) -> list[tuple[Room, list[ReviewedLine], list[ReviewedLine]]]:
    """The lines of each room, and those of them that one button confirms."""
    found = [(room, list(each)) for room, each in groupby(rows, key=lambda row: row.room)]
    return [(room, lines, [line for line in lines if is_plain(line)]) for room, lines in found]
