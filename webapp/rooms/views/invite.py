"""Handing a room out: the invitation as text, codes and a card. Whatever holds the PIN is asked for, and kept."""

from contextlib import AbstractContextManager
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from webapp.audit.actors import current_actor
from webapp.core import i18n, qr
from webapp.core.db import db
from webapp.rooms import invitation, links, phone, policy, queries, service
from webapp.rooms.door import load_room
from webapp.rooms.forms import InvitationForm
from webapp.rooms.invitation import Invitation
from webapp.rooms.models import Room
from webapp.rooms.views.blueprint import bp
from webapp.rooms.views.page import respond
from webapp.rooms.views.phone import limit_reveals

PANEL, CODE = "rooms/_invite.html", "rooms/_dial_in_code.html"


@bp.get("/<slug>/invite")
def invite(slug: str) -> ResponseReturnValue:
    """The room's page with what one hands out, the PIN masked."""
    return _panel(load_room(slug, policy.invite))


@bp.post("/<slug>/invitation")
@limit_reveals
def show_invitation(slug: str) -> ResponseReturnValue:
    """The whole text, with the PIN; also without JavaScript the answer itself shows it."""
    room = load_room(slug, policy.invite)
    return _panel(room, pin=_revealed(room, "invitation"))


@bp.get("/<slug>/invite/link.svg")
def save_link_code(slug: str) -> ResponseReturnValue:
    """The code of the room's link as a file."""
    room = load_room(slug, policy.invite)
    headers = {"Content-Disposition": f'attachment; filename="{room.slug}.svg"'}
    return Response(qr.svg_file(links.join(room.slug)), mimetype="image/svg+xml", headers=headers)


@bp.get("/<slug>/invite/dial-in-code")
def hide_dial_in_code(slug: str) -> ResponseReturnValue:
    """The code that dials number and PIN, veiled."""
    return _panel(load_room(slug, policy.invite), CODE)


@bp.post("/<slug>/invite/dial-in-code")
@limit_reveals
def show_dial_in_code(slug: str) -> ResponseReturnValue:
    """The code that dials number and PIN."""
    room = load_room(slug, policy.invite)
    return _panel(room, CODE, dials=_revealed(room, "dial_in_code"))


@bp.post("/<slug>/invite/card")
@limit_reveals
def print_card(slug: str) -> ResponseReturnValue:
    """A card to print, with the PIN."""
    room = load_room(slug, policy.invite)
    shared, pin = _of(room), _revealed(room, "card")
    with _language(InvitationForm()):
        words = invitation.in_words(shared, pin)
        return render_template("rooms/invite_card.html", invitation=shared, words=words, pin=pin, **_codes(shared, pin))


def _panel(room: Room, fragment: str = PANEL, *, pin: str = "", dials: str = "") -> ResponseReturnValue:
    """The panel in the page, or a part of it; with the PIN where that was asked for."""
    shared, form = _of(room), InvitationForm(request.values, meta={"csrf": False})
    with _language(form):
        words = invitation.in_words(shared, pin)
        plain = words.plain if pin or not shared.by_phone else ""
    context: dict[str, Any] = {"invitation": shared, "invitation_form": form, "words": words, "plain": plain}
    return respond(room, fragment, **context, **_codes(shared, dials))


def _language(form: InvitationForm) -> AbstractContextManager[None]:
    """Texts in the language that was chosen, and times as the reader has them."""
    return i18n.spoken_to(form.chosen, str(get_timezone()))


def _of(room: Room) -> Invitation:
    return invitation.of(room, phone.describe(room, queries.trunk_of(room)))


def _revealed(room: Room, purpose: str) -> str:
    """The PIN, once it is kept that it was shown; "" where phones can't join."""
    if not _of(room).by_phone:
        return ""
    pin = service.reveal_pin(room, actor=current_actor(), purpose=purpose)
    db.session.commit()
    return pin


def _codes(shared: Invitation, pin: str) -> dict[str, Any]:
    """The code of the link, and, with a PIN, the one that dials."""
    dials = qr.svg(shared.phone.link(pin)) if shared.phone is not None and pin else None
    return {"link_code": qr.svg(shared.link), "dial_in_code": dials}
