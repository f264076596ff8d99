"""Campaigns as admins see them: the list, starting one, how far it is, its end, and what became of each line."""

import enum
import uuid
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.audit.actors import current_actor
from webapp.core import htmx, paging
from webapp.core.db import db, utcnow
from webapp.core.security import require
from webapp.reviews import answering, counts, evidence, policy, queries, service
from webapp.reviews.forms import EndingForm, StartReviewForm
from webapp.reviews.models import LEAD, AtEnd, Campaign, LineOutcome
from webapp.reviews.queries import OwnerFilters
from webapp.reviews.service import Terms
from webapp.reviews.views.blueprint import bp, load_campaign

SHOWN = 50  # owners or lines on a page


class OutcomeShow(enum.Enum):
    """Which lines of a campaign are listed."""

    UNCHECKED = "unchecked"
    REMOVED = "removed"
    CONFIRMED = "confirmed"
    OTHER = "other"


OUTCOMES = {
    OutcomeShow.UNCHECKED: (LineOutcome.OPEN, LineOutcome.LEFT_OPEN, LineOutcome.EXPIRED),
    OutcomeShow.REMOVED: (LineOutcome.REMOVED,),
    OutcomeShow.CONFIRMED: (LineOutcome.CONFIRMED,),
    OutcomeShow.OTHER: (LineOutcome.GONE, LineOutcome.NOT_ASKED, LineOutcome.CAME),
}
OUTCOME_WORDS = {
    OutcomeShow.UNCHECKED: _l("Not checked"),
    OutcomeShow.REMOVED: _l("Removed"),
    OutcomeShow.CONFIRMED: _l("Confirmed"),
    OutcomeShow.OTHER: _l("Not asked, gone or new"),
}


@dataclass(frozen=True)
class OutcomeFilters(paging.Filters):
    """What the reader of the lines asked for."""

    show: OutcomeShow = paging.asked("show", paging.one_of(OutcomeShow), OutcomeShow.UNCHECKED)


@bp.get("/audit/reviews/")
def index() -> ResponseReturnValue:
    """All reviews, the newest first."""
    require(policy.manage)
    page = queries.page(paging.Place.of(request.args))
    return render_template("reviews/index.html", page=page)


@bp.get("/audit/reviews/new")
def new() -> ResponseReturnValue:
    """Ask what a review is about, and by when owners answer."""
    require(policy.manage)
    return render_template("reviews/new.html", form=StartReviewForm(formdata=None))


@bp.post("/audit/reviews/new")
def start() -> ResponseReturnValue:
    """Start a review of the roles of this moment."""
    require(policy.manage)
    form = StartReviewForm()
    if not form.validate():
        return render_template("reviews/new.html", form=form), 422
    terms = Terms(form.name.data, form.ends_at, form.ending, form.chosen)
    campaign = service.start(terms, actor=current_actor())
    db.session.commit()
    return htmx.go(url_for(".show", campaign_id=campaign.id))


@bp.get("/audit/reviews/<uuid:campaign_id>/")
def show(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """How far a review is, and who answers for how much of it."""
    return page_of(load_campaign(campaign_id, policy.manage))


def page_of(campaign: Campaign, status: int = 200, **context: Any) -> Response:
    """The page of a review with its owners."""
    filters = OwnerFilters.of(request.args)
    needs = {
        "campaign": campaign,
        "filters": filters,
        "page": queries.owners(campaign, filters, paging.Place.of(request.args, SHOWN)),
        "counts": queries.owner_counts(campaign),
        "remindable": queries.remindable(campaign) if campaign.is_open else 0,
        "may_remove": _may_remove(campaign),
        "now": utcnow(),
        "problem": "",
    }
    return htmx.respond("reviews/show.html", "reviews/_owners.html", status, **needs | context)


def _may_remove(campaign: Campaign) -> bool:
    """There is time left to tell people a week before they lose access."""
    soon = campaign.ends_at < utcnow() + LEAD
    return campaign.is_open and campaign.at_end is AtEnd.KEEP and campaign.told_at is None and not soon


@bp.post("/audit/reviews/<uuid:campaign_id>/ending")
def set_ending(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """Say what becomes of roles that nobody checks."""
    campaign, form = load_campaign(campaign_id, policy.manage), EndingForm()
    if not form.validate():
        return page_of(campaign, 422, problem=_("Choose what happens at the end."))
    try:
        service.set_ending(campaign, form.ending, actor=current_actor())
    except service.TooSoon:
        return page_of(campaign, 409, problem=_("Not changed: people are told a week before they lose access."))
    except counts.CampaignOver:
        return page_of(campaign, 409, problem=_("Not changed: the review has ended."))
    return done(campaign, _("What happens at the end is saved."))


@bp.post("/audit/reviews/<uuid:campaign_id>/end")
def end(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """Let nobody answer any more, before the date."""
    campaign = load_campaign(campaign_id, policy.manage)
    try:
        service.end(campaign, actor=current_actor())
    except counts.CampaignOver:
        return page_of(campaign, 409, problem=_("The review isn't open: it is starting, or has ended."))
    return done(campaign, _("The review has ended. What wasn't checked is being listed."))


def done(campaign: Campaign, words: str) -> Response:
    """Commit and go back to the page; the words lie in the reader's cookie until then, so they name nobody."""
    db.session.commit()
    flash(words)
    return htmx.go(url_for(".show", campaign_id=campaign.id))


@bp.get("/audit/reviews/<uuid:campaign_id>/evidence.zip")
def evidence_pack(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """What held at the start and the end, who decided what, and the hashes of that; the same bytes each time."""
    campaign = load_campaign(campaign_id, policy.manage)
    response = Response(stream_with_context(evidence.pack(campaign)), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="evidence-{campaign.id}.zip"'
    return response


@bp.get("/audit/reviews/<uuid:campaign_id>/people")
def lines(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """What became of each role, those first that nobody checked."""
    campaign, filters = load_campaign(campaign_id, policy.manage), OutcomeFilters.of(request.args)
    page = answering.lines(campaign, current_user, OUTCOMES[filters.show], paging.Place.of(request.args, SHOWN))
    context = {"campaign": campaign, "filters": filters, "page": page, "shows": OUTCOME_WORDS}
    return htmx.respond("reviews/lines.html", "reviews/lines.html", **context)
