"""Those who answer for rooms of a review: found, reminded, or replaced by somebody who can."""

import uuid
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.accounts import queries as account_queries
from webapp.audit.actors import current_actor
from webapp.core.db import db
from webapp.core.security import require
from webapp.core.settings import settings
from webapp.reviews import counts, policy, queries, service
from webapp.reviews.forms import ReassignForm
from webapp.reviews.models import Campaign
from webapp.reviews.queries import OwnerFilters, ReviewOwner
from webapp.reviews.views.blueprint import bp, load_campaign
from webapp.reviews.views.campaigns import done, page_of


@bp.post("/audit/reviews/<uuid:campaign_id>/find")
def find_owner(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """Show the one owner with exactly this address, which stays out of the link."""
    require(policy.manage)
    person = account_queries.person(request.form.get("find", ""))
    if person is None:
        flash(_("No one has this address."))
    query: dict[str, Any] = OwnerFilters.of(request.args).query(user_id=person.id if person else None)
    return redirect(url_for(".show", campaign_id=campaign_id, **query), 303)


@bp.post("/audit/reviews/<uuid:campaign_id>/remind")
def remind_all(campaign_id: uuid.UUID) -> ResponseReturnValue:
    """Write to all who have not finished, each at most once a day."""
    campaign = load_campaign(campaign_id, policy.manage)
    if not settings.mail_from:
        return page_of(campaign, 409, problem=_no_mail())
    try:
        count = service.remind_all(campaign, actor=current_actor())
    except counts.CampaignOver:
        return page_of(campaign, 409, problem=_over())
    return done(campaign, ngettext("%(num)d owner is being reminded.", "%(num)d owners are being reminded.", count))


@bp.post("/audit/reviews/<uuid:campaign_id>/owners/<uuid:person_id>/remind")
def remind(campaign_id: uuid.UUID, person_id: uuid.UUID) -> ResponseReturnValue:
    """Write to one of them."""
    campaign, row = _load(campaign_id, person_id)
    if not settings.mail_from:
        return page_of(campaign, 409, problem=_no_mail())
    try:
        sent = service.remind(campaign, row.owner, actor=current_actor())
    except counts.CampaignOver:
        return page_of(campaign, 409, problem=_over())
    if not sent:
        problem = _("Not sent: they have finished, can't sign in, or were reminded within a day.")
        return page_of(campaign, 409, problem=problem)
    return done(campaign, _("The reminder is on its way."))


@bp.get("/audit/reviews/<uuid:campaign_id>/owners/<uuid:person_id>/reassign")
def confirm_reassign(campaign_id: uuid.UUID, person_id: uuid.UUID) -> ResponseReturnValue:
    """Ask who answers instead."""
    campaign, row = _load(campaign_id, person_id)
    return render_template("reviews/reassign.html", campaign=campaign, row=row, form=ReassignForm(formdata=None))


@bp.post("/audit/reviews/<uuid:campaign_id>/owners/<uuid:person_id>/reassign")
def reassign(campaign_id: uuid.UUID, person_id: uuid.UUID) -> ResponseReturnValue:
    """Let somebody else answer for all rooms of this one."""
    campaign, row = _load(campaign_id, person_id)
    form = ReassignForm()
    if not form.validate():
        return _asked_again(campaign, row, form, 422)
    person = account_queries.person(form.email.data)
    if person is None:
        form.email.errors = [_("No one has this address.")]
        return _asked_again(campaign, row, form, 422)
    try:
        service.reassign(campaign, row.owner, person, actor=current_actor())
    except service.CannotAnswer as refusal:
        db.session.rollback()
        form.email.errors = [_cannot(refusal.rooms)]
        return _asked_again(campaign, row, form, 422)
    except counts.CampaignOver:
        db.session.rollback()
        return page_of(campaign, 409, problem=_over())
    return done(campaign, _("Reassigned. The new person gets a mail."))


def _cannot(rooms: int) -> str:
    if not rooms:
        return str(_("Choose someone else who can sign in."))
    where = ngettext(
        "In %(num)d of the rooms this person is neither owner nor administrator.",
        "In %(num)d of the rooms this person is neither owner nor administrator.",
        rooms,
    )
    return f"{where} {_('Give them that role there first, or choose an admin.')}"


def _asked_again(campaign: Campaign, row: ReviewOwner, form: ReassignForm, status: int) -> ResponseReturnValue:
    return render_template("reviews/reassign.html", campaign=campaign, row=row, form=form), status


def _no_mail() -> str:
    return str(_("Not sent: mail isn't set up here. Set it up, then try again."))


def _over() -> str:
    return str(_("The review isn't open: it is starting, or has ended."))


def _load(campaign_id: uuid.UUID, person_id: uuid.UUID) -> tuple[Campaign, ReviewOwner]:
    campaign = load_campaign(campaign_id, policy.manage)
    row = queries.owner(campaign, person_id)
    if row is None:
        abort(404)
    return campaign, row
