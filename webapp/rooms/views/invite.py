"""Handing a room out: the invitation as text, codes and a card. Whatever holds the PIN is asked for, and kept."""

from contextlib import AbstractContextManager
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from webapp.audit.actors import current_actor
from webapp.core import htmx, i18n, qr
from webapp.core.db import db
from webapp.invitations import panel
from webapp.rooms import invitation, links, phone, policy, queries, service
from webapp.rooms.door import limit_reveals, load_room
from webapp.rooms.forms import InvitationForm
from webapp.rooms.invitation import WaysIn
from webapp.rooms.models import Room
from webapp.rooms.views.blueprint import bp
from webapp.rooms.views.page import respond

PANEL, CODE = "rooms/_invite.html", "rooms/_dial_in_code.html"


@bp.get("/<slug>/invite")
def invite(slug: str) -> ResponseReturnValue:
    """The room's page with what one hands out, the PIN masked."""
    room = load_room(slug, policy.invite)
    return _panel(room, _of(room))


@bp.post("/<slug>/invitation")
@limit_reveals
def show_invitation(slug: str) -> ResponseReturnValue:
    """The whole text, with the PIN; also without JavaScript the answer itself shows it."""
    room = load_room(slug, policy.invite)
    shared = _of(room)
    return _panel(room, shared, pin=_revealed(room, shared, "invitation"))


@bp.get("/<slug>/invite/link.svg")
def save_link_code(slug: str) -> ResponseReturnValue:
    """The code of the room's link as a file."""
    room = load_room(slug, policy.invite)
    headers = {"Content-Disposition": f'attachment; filename="{room.slug}.svg"'}
    return Response(qr.svg_file(links.join(room.slug)), mimetype="image/svg+xml", headers=headers)


@bp.get("/<slug>/invite/dial-in-code")
def hide_dial_in_code(slug: str) -> ResponseReturnValue:
    """The code that dials number and PIN, veiled."""
    room = load_room(slug, policy.invite)
    return _panel(room, _of(room), CODE)


@bp.post("/<slug>/invite/dial-in-code")
@limit_reveals
def show_dial_in_code(slug: str) -> ResponseReturnValue:
    """The code that dials number and PIN."""
    room = load_room(slug, policy.invite)
    shared = _of(room)
    return _panel(room, shared, CODE, dials=_revealed(room, shared, "dial_in_code"))


@bp.post("/<slug>/invite/card")
@limit_reveals
def print_card(slug: str) -> ResponseReturnValue:
    """A card to print, with the PIN."""
    room = load_room(slug, policy.invite)
    shared = _of(room)
    pin = _revealed(room, shared, "card")
    with _language(_form()):
        context = {"words": invitation.in_words(shared, pin), "dials": _dialled(shared, pin)}
        return render_template("rooms/invite_card.html", invitation=shared, pin=pin, **context)


def _panel(room: Room, shared: WaysIn, fragment: str = PANEL, *, pin: str = "", dials: str = "") -> ResponseReturnValue:
    """The panel in the page, or a part of it; with the PIN where that was asked for."""
    form = _form()
    with _language(form):
        words = invitation.in_words(shared, pin)
        plain = words.plain if pin or not shared.by_phone else ""
    parts: dict[str, Any] = {"words": words, "plain": plain, "dials": _dialled(shared, dials)}
    if fragment == PANEL or not htmx.is_swap():
        parts |= panel.sending(room, panel.form(room, language=form.chosen))
    return respond(room, fragment, invitation=shared, invitation_form=form, **parts)


def _form() -> InvitationForm:
    """The language, by whatever way it was chosen: nothing is changed by it."""
    return InvitationForm(request.values, meta={"csrf": False})


def _language(form: InvitationForm) -> AbstractContextManager[None]:
    """Texts in the language that was chosen, and times as the reader has them."""
    return i18n.spoken_to(form.chosen, str(get_timezone()))


def _of(room: Room) -> WaysIn:
    return invitation.of(room, phone.describe(room, queries.trunk_of(room)))


def _revealed(room: Room, shared: WaysIn, purpose: str) -> str:
    """The PIN, once it is kept that it was shown; "" where phones can't join."""
    if not shared.by_phone:
        return ""
    pin = service.reveal_pin(room, actor=current_actor(), purpose=purpose)
    db.session.commit()
    return pin


def _dialled(shared: WaysIn, pin: str) -> str:
    """What the code that dials says; "" while it is veiled."""
    return shared.phone.link(pin) if shared.phone is not None and pin else ""
