"""Giving a role to many people at once: each line has its own result, and none is lost by another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from webapp.access import policy, service, telling
from webapp.access.forms import GrantListForm
from webapp.access.views.blueprint import bp
from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db
from webapp.rooms.door import load_room
from webapp.rooms.models import Room
from webapp.rooms.words import ROLES

PAGE, FRAGMENT = "access/several.html", "access/_several.html"


@dataclass(frozen=True)
class GrantResults:
    """What became of each address: those who have the role now, those who had one before; and lines that hold none."""

    added: Sequence[str]
    had_one: Sequence[str]
    wrong: Sequence[tuple[int, str]]


@bp.get("/rooms/<slug>/access/several")
def new_grants(slug: str) -> ResponseReturnValue:
    """Ask whom to give which role."""
    return _page(load_room(slug, policy.grant), GrantListForm(formdata=None))


@bp.post("/rooms/<slug>/access/several")
def grant_several(slug: str) -> ResponseReturnValue:
    """Give each address the role, and say line by line what became of it; lines that hold none stay to be mended."""
    room, form = load_room(slug, policy.grant), GrantListForm()
    if not form.validate():
        return _page(room, form, 422)
    if not policy.decide(current_user, room, form.wanted):
        abort(403, _("Only owners can add or remove owners."))
    added, had_one, gesture = [], [], telling.Gesture()
    for email in form.pasted.addresses:
        try:
            service.grant(room, actor=current_actor(), email=email, role=form.wanted, gesture=gesture)
            added.append(email)
        except service.HasAccess:
            had_one.append(email)
    db.session.commit()
    results = GrantResults(added, had_one, list(form.pasted.wrong_lines.items()))
    left = GrantListForm(formdata=None, emails="\n".join(form.pasted.wrong_lines.values()), role=form.role.data)
    if results.wrong:
        left.emails.errors = [_("Enter full addresses, such as name@example.org.")]
    return _page(room, left, 422 if results.wrong else 200, results)


def _page(room: Room, form: GrantListForm, status: int = 200, results: GrantResults | None = None) -> Response:
    roles = policy.roles(current_user, room)
    form.role.choices = [SelectChoice(role.value, ROLES[role]) for role in reversed(roles)]
    context: dict[str, Any] = {"room": room, "form": form, "results": results, "back": _list_of(room)}
    context["told"] = telling.listeners(room, current_user)
    return htmx.respond(PAGE, FRAGMENT, status, **context)


def _list_of(room: Room) -> str:
    return url_for("access.index", slug=room.slug)
