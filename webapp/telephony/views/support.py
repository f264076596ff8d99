"""One room for support: our row against LiveKit, without personal data."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp import htmx
from webapp.audit import service as audit
from webapp.audit.actors import current_actor
from webapp.db import db
from webapp.hooks.models import Delivery
from webapp.livekit import rooms, sip
from webapp.livekit.errors import LiveKitError
from webapp.livekit.rooms import LiveRoom, Participant
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room
from webapp.security import require
from webapp.telephony import policy, problems, reconcile, rules, words
from webapp.telephony.matching import Rule, parse_rules
from webapp.telephony.views.blueprint import bp

EVENTS = 20  # hooks shown


@dataclass(frozen=True)
class LiveSide:
    """What LiveKit has of a room; `problem` is its code when it could not be asked."""

    room: LiveRoom | None
    inside: list[Participant]
    rules: list[Rule]
    problem: str = ""

    @property
    def web(self) -> int:
        """People who came by web."""
        return sum(one.is_web for one in self.inside)

    @property
    def phones(self) -> int:
        """Callers."""
        return sum(one.is_phone for one in self.inside)


@bp.get("/rooms/<slug>/support")
def support(slug: str) -> ResponseReturnValue:
    """Our row beside what LiveKit has."""
    require(policy.view_telephony)
    room = _room(slug)
    live = _live_side(room)
    wish = rules.desired(room, live.web if not live.problem else room.web_count)
    wanted = rules.fingerprint(Rule.parse(wish)) if wish else ""
    agrees = [rules.fingerprint(rule) for rule in live.rules] == ([wanted] if wanted else [])
    context = {"room": room, "live": live, "wanted": wish is not None, "agrees": agrees}
    outage = words.outage(live.problem) if live.problem else ""
    page = "telephony/support.html"
    problem = problems.sentence(room.rule_problem)
    return htmx.respond(page, page, **context, outage=outage, problem=problem, events=_events(room.id))


@bp.post("/rooms/<slug>/support/reconcile")
def reconcile_room(slug: str) -> ResponseReturnValue:
    """Make LiveKit follow the room's row now."""
    require(policy.reconcile)
    room = _room(slug)
    audit.record("room.reconcile", room, current_actor())
    db.session.commit()
    reconcile.now(room)
    flash(problems.sentence(room.rule_problem) or _("LiveKit agrees with the room."))
    return redirect(url_for(".support", slug=room.slug), 303)


def _room(slug: str) -> Room:
    room = room_queries.by_slug(slug)
    if room is None:
        abort(404)
    return room


def _live_side(room: Room) -> LiveSide:
    try:
        listed = rooms.list_rooms([str(room.id)])
        inside = rooms.list_participants(str(room.id))
        ours = [rule for rule in parse_rules(sip.list_rules()) if rules.room_id_of(rule) == room.id]
    except LiveKitError as error:
        return LiveSide(None, [], [], "no_sip" if error.without_redis else error.code)
    return LiveSide(listed[0] if listed else None, inside, ours)


def _events(room_id: uuid.UUID) -> Sequence[Delivery]:
    newest = sa.select(Delivery).where(Delivery.room_id == room_id).order_by(Delivery.id.desc())
    return db.session.scalars(newest.limit(EVENTS)).all()
