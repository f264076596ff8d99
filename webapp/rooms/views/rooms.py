"""Pages of rooms: the list, one room, and making, changing and ending it."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import queries as access_queries
from webapp.accounts import queries as account_queries
from webapp.audit.actors import current_actor
from webapp.audit.sentences import Deed
from webapp.core import htmx, paging
from webapp.core.db import db
from webapp.core.security import csrf, limiter, require
from webapp.live import reconcile
from webapp.lobby import queries as lobby_queries
from webapp.recordings import queries as recording_queries
from webapp.rooms import changes, listing, policy, queries, service, slugs, trunk_list
from webapp.rooms.door import load_room
from webapp.rooms.forms import DeleteForm, EditForm, RoomForm
from webapp.rooms.models import Room
from webapp.rooms.views.blueprint import bp
from webapp.rooms.views.page import respond

SHOWS = {
    listing.Show.ALL: _l("All"),
    listing.Show.MINE: _l("Mine"),
    listing.Show.SHARED: _l("Shared with me"),
    listing.Show.LIVE: _l("Live now"),
}
HEADS = {listing.Sort.NAME: _l("Room"), listing.Sort.USED: _l("Last used"), listing.Sort.CREATED: _l("Created")}


@bp.get("/")
def index() -> ResponseReturnValue:
    """Find a room fast."""
    require(policy.index)
    filters = listing.RoomFilters.of(request.args)
    page = listing.page(current_user, filters, paging.Place.of(request.args))
    context = {
        "filters": filters,
        "page": page,
        "heads": paging.heads(filters, HEADS, {listing.Sort.NAME}),
        "shows": SHOWS,
        "waiting": _waiting(page.rows),
    }
    return htmx.respond("rooms/index.html", "rooms/_list.html", **context)


def _waiting(rooms: Sequence[Any]) -> dict[uuid.UUID, int]:
    """How many wait in those of the rooms that the reader hosts; asked only where somebody ever waited."""
    hosted = [room.id for room in rooms if room.queue_version and (current_user.is_admin or room.role in policy.HOSTS)]
    return lobby_queries.waiting_counts(hosted) if hosted else {}


@bp.post("/find-owner")
def find_owner() -> ResponseReturnValue:
    """List the rooms of whoever has exactly this e-mail address, which stays out of the link."""
    require(policy.list_all)
    owner = account_queries.person(request.form.get("email", ""))
    if owner is None:
        flash(_("No one has this address."))
        return redirect(url_for(".index"), 303)
    return redirect(url_for(".index", owner=owner.id), 303)


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Ask what a new room is called."""
    require(policy.create)
    form = RoomForm(formdata=None, callback_id=request.args.get("callback_id", ""))
    return render_template("rooms/new.html", form=form)


@bp.post("/new")
def create() -> ResponseReturnValue:
    """Make a room."""
    require(policy.create)
    form = RoomForm()
    valid = form.validate()
    if valid and form.phone_enabled.data:
        trunk_list.refresh()
    room = _created(form) if valid else None
    if room is None:
        return htmx.respond("rooms/new.html", "rooms/_new.html", 422, form=form)
    db.session.commit()
    return htmx.go(url_for(".invite", slug=room.slug))


def _created(form: RoomForm) -> Room | None:
    """The room that the form asks for; None, with the reason beside the field, when its link is taken."""
    try:
        return service.create(
            current_user,
            actor=current_actor(),
            name=form.name.data,
            slug=form.slug.data,
            access_level=form.level,
            phone_enabled=form.phone_enabled.data,
            hide_phone_number=form.hide_phone_number.data,
            callback_id=form.callback_id.data or "",
        )
    except service.SlugTaken:
        db.session.rollback()
        _say_taken(form)
        return None


def _say_taken(form: Any) -> None:
    form.slug.errors = [*form.slug.errors, _("Another room has this link, or had it before.")]


@bp.get("/new/link")
@limiter.limit("60 per minute")
def check_slug() -> ResponseReturnValue:
    """Say whether a chosen link could be had, while it is typed."""
    require(policy.create)
    slug = slugs.normalised(request.args.get("slug"))
    problem = slugs.problem(slug) if slug else None
    if slug and problem is None and queries.slug_taken(slug):
        problem = _("Another room has this link, or had it before.")
    return render_template("rooms/_slug_check.html", slug=slug, problem=problem)


@bp.get("/<slug>/")
def show(slug: str) -> ResponseReturnValue:
    """Everything about one room."""
    room = load_room(slug, policy.view)
    return respond(room, "rooms/show.html")


@bp.get("/<slug>/edit")
def edit(slug: str) -> ResponseReturnValue:
    """Ask for another name, link or access level."""
    room = load_room(slug, policy.edit)
    shown = {"name": room.name, "slug": room.slug, "access_level": room.access_level.value}
    form = EditForm(formdata=None, seen=room.version, **shown)
    return render_template("rooms/edit.html", room=room, form=form, unseen=None)


@bp.post("/<slug>/edit")
def update(slug: str) -> ResponseReturnValue:
    """Change name, link and access level."""
    room = load_room(slug, policy.edit)
    form = EditForm()
    if not form.validate():
        return _again(room, form, 422)
    if count := room.changes_since(form.seen.data):
        form.seen.data = room.version  # whoever saves once more has read what they replace
        return _again(room, form, 409, changes.newest(room.id, service.CHANGES, count))
    if not _updated(room, form):
        return _again(room, form, 422)
    db.session.commit()
    if room.reconcile_at is not None:
        reconcile.now(room)  # after the commit: callers who waited go in, or the sweep sees to it
    return htmx.go(url_for(".show", slug=room.slug))


def _again(room: Room, form: EditForm, status: int, unseen: Sequence[Deed] | None = None) -> Response:
    """The form with what was typed; `unseen` are others' changes that it would have replaced."""
    return htmx.respond("rooms/edit.html", "rooms/_edit.html", status, room=room, form=form, unseen=unseen)


def _updated(room: Room, form: EditForm) -> bool:
    try:
        service.edit(room, actor=current_actor(), name=form.name.data, slug=form.slug.data, access_level=form.level)
    except service.SlugTaken:
        db.session.rollback()
        _say_taken(form)
        return False
    return True


@bp.get("/<slug>/delete")
def confirm_delete(slug: str) -> ResponseReturnValue:
    """Say what ends with the room, and ask once."""
    return _confirm_delete(load_room(slug, policy.delete))


def _confirm_delete(room: Room, status: int = 200, unseen: Sequence[Deed] | None = None) -> Response:
    losing = access_queries.count(room) - access_queries.owners(room)
    waiting = lobby_queries.waiting_counts([room.id]).get(room.id, 0)
    recordings = recording_queries.count_of_room(room)
    counts = {"losing": losing, "waiting": waiting, "recordings": recordings}
    return make_response(render_template("rooms/delete.html", room=room, unseen=unseen, **counts), status)


@bp.post("/<slug>/delete")
def delete(slug: str) -> ResponseReturnValue:
    """End the room for good."""
    room, form = load_room(slug, policy.delete), DeleteForm()
    if count := room.changes_since(form.seen.data):
        return _confirm_delete(room, 409, changes.newest(room.id, service.CHANGES, count))
    service.delete(room, actor=current_actor())
    db.session.commit()
    reconcile.now(room)
    flash(_("%(name)s was deleted.", name=room.name))
    return htmx.go(url_for(".index"))


@bp.post("/creation-callback/")
@csrf.exempt
@limiter.limit("600 per minute")
def creation_callback() -> ResponseReturnValue:
    """Hand the room that was made for a callback id to the window that waits for it, once."""
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    callback_id = body.get("callback_id") if isinstance(body, dict) else None
    if not isinstance(callback_id, str) or not callback_id:
        abort(400, _("This request names no callback_id."))
    room = service.take_callback(callback_id)
    db.session.commit()
    return {"status": "success", "room": {"slug": room.slug} if room else {}}
