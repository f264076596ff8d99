"""Pages of people: finding one by the exact address, and one person."""

import uuid
from typing import Any

from flask import Blueprint, Flask, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import queries as access_queries
from webapp.accounts import browsers, downloads, personal, service
from webapp.accounts import queries as account_queries
from webapp.accounts.models import User
from webapp.audit import queries as audit_queries
from webapp.audit import sentences
from webapp.audit.actors import current_actor
from webapp.core import htmx, paging
from webapp.core.db import db, utcnow
from webapp.core.security import require
from webapp.core.settings import settings
from webapp.people import concerns, policy, queries
from webapp.people.door import load_person
from webapp.people.forms import DisableForm, ExportForm, FindPersonForm, ForgetForm, SetStaffForm
from webapp.people.queries import PeopleShow
from webapp.people.words import SHOWS, STAFF
from webapp.rooms import queries as room_queries

bp = Blueprint("people", __name__, url_prefix="/people")
LISTED = 50  # people on a page
ROOMS, REVEALS = 20, 5  # shown of one person


@bp.get("/")
def index() -> ResponseReturnValue:
    """Ask whom to find; below, who is staff and who is disabled."""
    require(policy.index)
    return _index(FindPersonForm(formdata=None))


@bp.post("/find")
def find() -> ResponseReturnValue:
    """Show whoever has exactly this e-mail address, which stays out of the link."""
    require(policy.index)
    form = FindPersonForm()
    person = account_queries.person(form.email.data) if form.validate() else None
    if person is not None:
        return redirect(url_for(".show", person_id=person.id), 303)
    return _index(form, 422, unknown=not form.errors)


def _index(form: FindPersonForm, status: int = 200, *, unknown: bool = False) -> Response:
    shows = {show: words for show, words in SHOWS.items() if show is not PeopleShow.EVERYONE or settings.people_listing}
    filters = queries.PeopleFilters.of(request.args)
    if filters.show not in shows:
        filters = queries.PeopleFilters()
    page = queries.page(filters.show, paging.Place.of(request.args, LISTED))
    context = {"form": form, "unknown": unknown, "filters": filters, "page": page, "shows": shows, "staff_words": STAFF}
    return htmx.respond("people/index.html", "people/_list.html", status, **context)


@bp.get("/<uuid:person_id>/")
def show(person_id: uuid.UUID) -> ResponseReturnValue:
    """Everything that an admin may want to know of one person."""
    return _page(load_person(person_id, policy.view))


@bp.post("/<uuid:person_id>/staff")
def set_staff(person_id: uuid.UUID) -> ResponseReturnValue:
    """Give somebody a staff role, or take it."""
    person, form = load_person(person_id, policy.set_staff), SetStaffForm()
    if not policy.act_on(current_user, person):
        return _page(person, 409, problem=_("You can't change your own staff role. Ask another admin."))
    if not form.validate():
        return _page(person, 422, staff_form=form)
    if form.seen.data != person.staff.value:
        form.seen.data = person.staff.value  # whoever saves once more has read what they replace
        problem = _("Not saved: someone else changed the role since you opened this page.")
        return _page(person, 409, staff_form=form, problem=problem)
    service.set_staff(person, form.wanted, actor=current_actor(), reason=form.reason.data)
    return _done(person, _("The staff role is saved."))


@bp.post("/<uuid:person_id>/disable")
def disable(person_id: uuid.UUID) -> ResponseReturnValue:
    """Shut somebody out, for whoever types their address and has seen how many rooms lose their last owner."""
    person, form = load_person(person_id, policy.disable), DisableForm()
    if not policy.act_on(current_user, person):
        return _page(person, 409, problem=_("You can't disable your own account. Ask another admin."))
    unseen = _("Not disabled: the rooms without another owner changed since you opened this page.")
    if refused := _refused(person, form, unseen):
        return _page(person, disable_form=form, **refused)
    service.disable(person, actor=current_actor(), reason=form.reason.data)
    return _done(person, _("The account is disabled and signed out everywhere."))


@bp.post("/<uuid:person_id>/enable")
def enable(person_id: uuid.UUID) -> ResponseReturnValue:
    """Let somebody sign in again."""
    person = load_person(person_id, policy.enable)
    service.enable(person, actor=current_actor())
    return _done(person, _("The account is enabled again."))


@bp.post("/<uuid:person_id>/export")
@downloads.limit_exports
def export(person_id: uuid.UUID) -> ResponseReturnValue:
    """Hand out all that is kept about somebody, as a file."""
    person, form = load_person(person_id, policy.export), ExportForm()
    if not form.validate():
        return _page(person, 422, export_form=form)
    return downloads.of(person, f"person-{person.id}", reason=form.reason.data)


@bp.post("/<uuid:person_id>/forget")
def forget(person_id: uuid.UUID) -> ResponseReturnValue:
    """Forget somebody for good, for whoever types their address and has seen how many rooms lose their last owner."""
    person, form = load_person(person_id, policy.forget), ForgetForm()
    if not policy.act_on(current_user, person):
        return _page(person, 409, problem=_("You can't forget your own account. Ask another admin."))
    unseen = _("Not forgotten: the rooms without another owner changed since you opened this page.")
    if refused := _refused(person, form, unseen):
        return _page(person, forget_form=form, **refused)
    personal.forget(person, actor=current_actor(), reason=form.reason.data)
    db.session.commit()
    return htmx.go(url_for(".show", person_id=person.id))


def _refused(person: User, form: DisableForm | ForgetForm, unseen: str) -> dict[str, Any]:
    """Why a form that ends something for somebody is shown again, with the rooms that lose their owner; or nothing."""
    valid = form.validate()
    if not form.means(person) or not valid:
        return {"status": 422}
    alone = access_queries.owned_alone(person)
    if not alone or form.seen.data == str(alone):
        return {}
    form.seen.data = str(alone)
    return {"status": 409, "problem": unseen}


@bp.post("/<uuid:person_id>/sessions/end")
def end_sessions(person_id: uuid.UUID) -> ResponseReturnValue:
    """End all sign-ins of somebody."""
    person = load_person(person_id, policy.end_sessions)
    if not policy.act_on(current_user, person):
        return _page(person, 409, problem=_("End your own sessions on your account page."))
    service.end_sessions(person, actor=current_actor())
    return _done(person, _("The account is signed out everywhere."))


def _done(person: User, words: str) -> Response:
    """Commit and go back to the page; the words lie in the reader's cookie until then, so they name nobody."""
    db.session.commit()
    flash(words)
    return htmx.go(url_for(".show", person_id=person.id))


def _page(person: User, status: int = 200, **context: Any) -> Response:
    alone = access_queries.owned_alone(person)
    needs = {
        "person": person,
        "problem": "",
        "staff_form": SetStaffForm(formdata=None, staff=person.staff.value, seen=person.staff.value),
        "disable_form": DisableForm(formdata=None, seen=alone),
        "export_form": ExportForm(formdata=None),
        "forget_form": ForgetForm(formdata=None, seen=alone),
        "staff_words": STAFF,
        "alone": alone,
        "alone_rooms": access_queries.rooms_owned_alone(person, ROOMS) if alone else [],
        **_account(person, alone),
        **_traces(person),
    }
    return htmx.respond("people/show.html", "people/show.html", status, **needs | context)


def _account(person: User, alone: int) -> dict[str, Any]:
    """What is known of the account, and what deserves a look."""
    now = utcnow()
    others = [each for each in account_queries.by_email(person.email) if each.id != person.id]
    return {
        "concerns": concerns.concerns(person, owned_alone=alone, others=len(others), now=now),
        "absent": concerns.absent_days(person, now),
        "others": others,
        "staff_set": audit_queries.last_done(str(person.id), "user.set_staff"),
        "disabled": audit_queries.last_done(str(person.id), "user.disable") if person.disabled_at else None,
        "forgotten": audit_queries.last_done(str(person.id), "user.forget") if person.forgotten_at else None,
        "doer": sentences.who,
    }


def _traces(person: User) -> dict[str, Any]:
    """What the person has access to, where they are signed in, and what they revealed."""
    entries = account_queries.reveals_of(person, REVEALS)
    return {
        "accesses": access_queries.roles_of(person, paging.Place.of(request.args, ROOMS)),
        "access_count": access_queries.count_of_user(person),
        "sign_ins": account_queries.sessions_of(person),
        "describe": browsers.describe,
        "reveals": account_queries.deeds(entries, room_queries.titles(audit_queries.rooms(entries))),
    }


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
    words: dict[str, Any] = {"people_policy": policy}
    app.jinja_env.globals.update(words)
