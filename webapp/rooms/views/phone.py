"""A room's phone block: its PIN, and whether phones may join."""

from typing import Any

from flask import abort, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.audit import queries as audit_queries
from webapp.audit import sentences
from webapp.audit.actors import current_actor
from webapp.core import times, versions
from webapp.core.db import db
from webapp.core.htmx import is_swap
from webapp.live import reconcile
from webapp.rooms import changes, invitation, phone, pins, policy, queries, service, trunk_list
from webapp.rooms.door import limit_reveals, load_room
from webapp.rooms.forms import PhoneForm, RevealPinForm, RotatePinForm, StopOldPinForm
from webapp.rooms.models import Room
from webapp.rooms.views.blueprint import bp
from webapp.rooms.views.page import respond

FRAGMENT = "rooms/_phone.html"


@bp.get("/<slug>/pin")
def hide_pin(slug: str) -> ResponseReturnValue:
    """Show the phone block with the PIN masked."""
    return respond(load_room(slug, policy.view), FRAGMENT)


@bp.post("/<slug>/pin")
@limit_reveals
def rotate_pin(slug: str) -> ResponseReturnValue:
    """Replace the phone PIN, and show the new one to those who may see it without a reason."""
    room = load_room(slug, policy.rotate_pin)
    form = RotatePinForm()
    if not form.validate():
        return respond(room, FRAGMENT, 422, rotate_form=form)
    if versions.differs(form.seen, queries.pin_times(room).version):
        return _somebody_was_first(room)
    try:
        service.rotate_pin(room, actor=current_actor(), reason=form.reason.data, overlap=form.overlap.data)
    except pins.PinsExhausted:
        return _exhausted(room)
    return _follow(room, **_new_pin(room))


def _new_pin(room: Room) -> dict[str, Any]:
    """The PIN and the text to hand out, for the answer to a swap: after a redirect it is asked for like any other."""
    if not is_swap() or policy.reveal_pin_needs_reason(current_user, room):
        return {}
    pin = service.reveal_pin(room, actor=current_actor(), purpose="change")
    ways_in = invitation.of(room, phone.describe(room, queries.trunk_of(room)))
    return {"revealed": pin, "invitation_text": invitation.in_words(ways_in, pin).plain}


@bp.post("/<slug>/pin/old")
def stop_old_pin(slug: str) -> ResponseReturnValue:
    """End the PIN before the present one early."""
    room, form = load_room(slug, policy.stop_old_pin), StopOldPinForm()
    if room.overlap and versions.differs(form.seen, room.overlap):
        problem = _(
            "Not ended: the PIN was changed since you opened this page, and a different previous PIN works now."
        )
        return respond(room, FRAGMENT, 409, problem=problem)
    service.stop_old_pin(room, actor=current_actor())
    return _follow(room)


@bp.post("/<slug>/pin/new")
def generate_pin(slug: str) -> ResponseReturnValue:
    """Try once more for a PIN."""
    trunk_list.refresh()
    room = load_room(slug, policy.generate_pin)
    try:
        service.generate_pin(room, actor=current_actor())
    except pins.PinsExhausted:
        return _exhausted(room)
    return _follow(room)


@bp.post("/<slug>/pin/reveal")
@limit_reveals
def reveal_pin(slug: str) -> ResponseReturnValue:
    """Show the PIN to those who may, and keep that it was shown; also without JavaScript the answer itself shows it."""
    room = load_room(slug, policy.reveal_pin)
    form = RevealPinForm()
    if not form.validate() or (policy.reveal_pin_needs_reason(current_user, room) and not form.reason.data):
        if not form.reason.errors:
            form.reason.errors = [_("Enter a reason: it's logged.")]
        return respond(room, FRAGMENT, 422, reveal_form=form)
    pin = service.reveal_pin(room, actor=current_actor(), reason=form.reason.data)
    db.session.commit()
    return respond(room, FRAGMENT, revealed=pin)


@bp.post("/<slug>/phone")
def set_phone(slug: str) -> ResponseReturnValue:
    """Switch phones on or off, and callers' numbers hidden or shown."""
    trunk_list.refresh()
    room = load_room(slug, policy.edit)
    form = PhoneForm()
    if not form.validate():
        abort(400)
    if count := room.changes_since(form.seen.data):
        unseen = changes.newest(room.id, service.CHANGES, count)
        return respond(room, FRAGMENT, 409, phone_form=form, unseen=unseen)
    service.set_phone(
        room,
        actor=current_actor(),
        phone_enabled=form.phone_enabled.data,
        hide_phone_number=form.hide_phone_number.data,
    )
    return _follow(room)


def _somebody_was_first(room: Room) -> Response:
    """The PIN that was to go is gone already: the new one stays, and the reader hears whose it is."""
    entry = audit_queries.last_of_room(room.id, "room.rotate_pin")
    problem = _("Someone changed the PIN first. It wasn't changed again.")
    if entry is not None:
        who, when = sentences.who(entry), times.ago(entry.at)
        problem = _("%(who)s changed the PIN first (%(when)s). It wasn't changed again.", who=who, when=when)
    return respond(room, FRAGMENT, 409, problem=problem)


def _follow(room: Room, **shown: Any) -> Response:
    """Commit, let LiveKit follow, and show the phone block as it is then."""
    db.session.commit()
    if room.reconcile_at is not None:
        reconcile.now(room)  # after the commit: LiveKit follows our row, or the sweep sees to it
    return respond(room, FRAGMENT, **shown) if is_swap() else redirect(url_for(".show", slug=room.slug), 303)


def _exhausted(room: Room) -> Response:
    db.session.rollback()
    problem = _("No free PIN was found in %(tries)d tries. Nothing was changed.", tries=pins.TRIES)
    return respond(room, FRAGMENT, 409, problem=problem)
