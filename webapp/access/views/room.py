"""Pages of a room's access list."""

import uuid
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import Any

from flask import abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from webapp.access import policy, queries, service, telling
from webapp.access.forms import ChangeForm, GrantForm, TransferForm
from webapp.access.views import undo
from webapp.access.views.blueprint import bp
from webapp.accounts.models import User
from webapp.audit.actors import current_actor
from webapp.core import htmx, paging, spreadsheet
from webapp.core.db import db
from webapp.rooms import changes
from webapp.rooms.door import load_room
from webapp.rooms.models import Access, Room
from webapp.rooms.service import CHANGES
from webapp.rooms.words import ROLES

PAGE, FRAGMENT = "access/index.html", "access/_people.html"
SHOWN = 50  # people on a page
SHOWS = {
    queries.Filter.NOW: _l("All"),
    queries.Filter.OWNERS: _l("Owners"),
    queries.Filter.ADMINISTRATORS: _l("Administrators"),
    queries.Filter.MEMBERS: _l("Members"),
    queries.Filter.ENDED: _l("Ended"),
}
CSV_HEAD = ("person", "email", "role", "granted_at", "granted_by", "revoked_at", "revoked_by")


def section(room: Room, **context: Any) -> dict[str, Any]:
    """What the access list needs."""
    form = context.pop("grant_form", None) or GrantForm(formdata=None)
    roles = policy.roles(current_user, room)
    form.role.choices = [SelectChoice(role.value, ROLES[role]) for role in reversed(roles)]
    shown = _chosen()
    page = queries.page(room, shown, paging.Place.of(request.args, SHOWN))
    needs = {"room": room, "page": page, "shows": SHOWS, "shown": shown, "grant_form": form, "roles": roles}
    answers = htmx.is_swap() and request.method == "POST"
    needs |= {"told": telling.listeners(room, current_user), "answers": answers}
    return needs | {"problem": "", "unseen": None, "chosen": None, "typed": None} | context


def _chosen() -> queries.Filter:
    return paging.member(queries.Filter, request.args.get("show")) or queries.Filter.NOW


@bp.get("/rooms/<slug>/access/")
def index(slug: str) -> ResponseReturnValue:
    """Who has access to the room, or had it."""
    return htmx.respond(PAGE, FRAGMENT, **section(load_room(slug, policy.view)))


@bp.get("/rooms/<slug>/access/list.csv")
def list_csv(slug: str) -> ResponseReturnValue:
    """Everybody who has or had access, as a file."""
    room = load_room(slug, policy.view)
    return spreadsheet.download(chain([CSV_HEAD], map(_cells, queries.history(room))), "access")


def _cells(access: Access) -> tuple[str, ...]:
    def name(person: User | None) -> str:
        return person.name if person is not None else ""

    def moment(at: datetime | None) -> str:
        return at.isoformat(timespec="seconds") if at is not None else ""

    granted = (moment(access.granted_at), name(access.granted_by))
    return (
        access.user.name,
        access.user.email,
        access.role.value,
        *granted,
        moment(access.revoked_at),
        name(access.revoked_by),
    )


@bp.post("/rooms/<slug>/access/")
def grant(slug: str) -> ResponseReturnValue:
    """Give somebody a role."""
    room = load_room(slug, policy.grant)
    form = GrantForm()
    if not form.validate():
        return _again(room, 422, grant_form=form)
    if not policy.decide(current_user, room, form.wanted):
        abort(403, _("Only owners can add or remove owners."))
    try:
        service.grant(room, actor=current_actor(), email=form.email.data, role=form.wanted)
    except service.HasAccess:
        form.email.errors = [_("This person already has access. Change their role in the list.")]
        return _again(room, 422, grant_form=form)
    return _done(room)


@bp.post("/rooms/<slug>/access/<uuid:access_id>")
def change(slug: str, access_id: uuid.UUID) -> ResponseReturnValue:
    """Give somebody another role."""
    room = load_room(slug, policy.change)
    form = ChangeForm()
    access = _load(room, access_id)
    if access is None:
        return _somebody_was_first(room, access_id, form)
    if not form.validate():
        return _again(room, 422, problem=_("Choose a role."))
    if not policy.decide(current_user, room, form.wanted):
        abort(403, _("Only owners can add or remove owners."))
    return _guarded(room, lambda: service.change(room, access, actor=current_actor(), role=form.wanted))


@bp.post("/rooms/<slug>/access/<uuid:access_id>/revoke")
def revoke(slug: str, access_id: uuid.UUID) -> ResponseReturnValue:
    """Take somebody's role away."""
    room = load_room(slug, policy.change)
    access = _load(room, access_id)
    if access is None:
        return _somebody_was_first(room, access_id)
    return _guarded(room, lambda: undo.offer(service.revoke(room, access, actor=current_actor())))


@bp.post("/rooms/<slug>/access/<uuid:access_id>/transfer")
def transfer(slug: str, access_id: uuid.UUID) -> ResponseReturnValue:
    """Make somebody the only owner, for whoever types the room's name; the list then offers to undo it."""
    room, form = load_room(slug, policy.transfer), TransferForm()
    access = _load(room, access_id)
    if access is None:
        return _somebody_was_first(room, access_id)
    if count := room.changes_since(form.seen.data):
        problem = _("Not transferred: the room was changed since you opened this page.")
        return _again(room, 409, problem=problem, unseen=changes.newest(room.id, CHANGES, count))
    if not form.means(room):
        return _again(room, 422, typed=(access.id, form.typed.data))
    return _guarded(room, lambda: _transfer(room, access))


def _transfer(room: Room, access: Access) -> None:
    made = service.transfer(room, access, actor=current_actor())
    if made is not None:
        undo.offer(made)


@bp.post("/rooms/<slug>/access/leave")
def leave(slug: str) -> ResponseReturnValue:
    """Give one's own role back."""
    room = load_room(slug, policy.leave)
    access = queries.of_user(room, current_user)
    if access is None:
        abort(404)
    try:
        undo.offer(service.leave(room, access, actor=current_actor()))
    except service.LastOwner:
        db.session.rollback()
        problem = _("You're the only owner. Make someone else an owner first, or delete the room.")
        flash(_with_who_counts(room, problem), "error")
        return htmx.go(url_for("rooms.show", slug=room.slug))
    db.session.commit()
    return htmx.go(url_for("rooms.index"))


def _load(room: Room, access_id: uuid.UUID) -> Access | None:
    """An open access of the room, None when somebody closed it meanwhile; 403 when it is an owner's to touch.

    Roles are closed and opened, never edited: the row's key is the version that the page showed.
    """
    access = queries.one(room, access_id)
    if access is not None and not policy.decide(current_user, room, access.role):
        abort(403, _("Only owners can add or remove owners."))
    return access


def _somebody_was_first(room: Room, access_id: uuid.UUID, form: ChangeForm | None = None) -> Response:
    """The list as it is now, with who changed this role and when; the role that was chosen stays chosen."""
    ended = queries.ended(room, access_id)
    context: dict[str, Any] = {"problem": _("Not saved: someone else changed this role first."), "unseen": []}
    if ended is not None and ended.revoked_at is not None:
        context["unseen"] = changes.first_since(room.id, ended.revoked_at, "access")
        context |= _chosen_again(room, ended.user, form.role.data) if form else {}
    return _again(room, 409, **context)


def _chosen_again(room: Room, person: User, role: str) -> dict[str, Any]:
    """The choice beside the person's role of now; for whoever has none any more, in the form that gives one."""
    if queries.of_user(room, person) is not None:
        return {"chosen": (person.id, role)}
    return {"grant_form": GrantForm(formdata=None, email=person.email, role=role)}


def _guarded(room: Room, deed: Callable[[], None]) -> Response:
    """Do it, unless the room would be left without an owner who can sign in."""
    try:
        deed()
    except service.LastOwner:
        db.session.rollback()
        problem = _("A room needs at least one owner. Make someone else an owner first.")
        return _again(room, 409, problem=_with_who_counts(room, problem))
    except service.CannotOwn:
        db.session.rollback()
        problem = _("Only someone who has signed in and whose account is enabled can be the only owner.")
        return _again(room, 409, problem=problem)
    return _done(room)


def _with_who_counts(room: Room, problem: str) -> str:
    """What was said, and why other owners on the list do not help."""
    others = _("Owners who haven't signed in yet or whose account is disabled don't count.")
    return f"{problem} {others}" if queries.owners(room) > 1 else problem


def _again(room: Room, status: int, **context: Any) -> Response:
    return htmx.respond(PAGE, FRAGMENT, status, **section(room, **context))


def _done(room: Room) -> Response:
    """Commit, then show the list again to those who still may see it."""
    db.session.commit()
    mine = queries.of_user(room, current_user)
    room.remember_role(current_user, mine.role if mine else None)
    if policy.view(current_user, room):
        return htmx.done(url_for(".index", slug=room.slug), FRAGMENT, **section(room))
    return htmx.go(url_for("rooms.show", slug=room.slug) if mine else url_for("rooms.index"))
