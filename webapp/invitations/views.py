"""Pages of a room's invitations: send them, see how far they got, send again, change, withdraw, and stop them."""

import uuid
from typing import Any

from flask import Blueprint, Flask, Response, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone, ngettext
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.audit.actors import current_actor
from webapp.core import errors, htmx, i18n, paging, times
from webapp.core.db import READING, db
from webapp.core.security import csrf, limiter
from webapp.core.settings import settings
from webapp.invitations import letters, panel, policy, queries, service, stopping
from webapp.invitations.forms import CalendarForm, MeetingTimeForm, NewPinForm, SendForm
from webapp.invitations.models import Invitation, Invitee
from webapp.invitations.service import Meeting
from webapp.mails import service as mails
from webapp.rooms import invitation as handing_out
from webapp.rooms import phone
from webapp.rooms import queries as room_queries
from webapp.rooms import service as room_service
from webapp.rooms.door import limit_reveals, load_room
from webapp.rooms.models import Room

bp = Blueprint("invitations", __name__)
PAGE, LIST, FORM, EDIT = (
    "invitations/index.html",
    "invitations/_list.html",
    "invitations/_send.html",
    "invitations/edit.html",
)
SHOWN = 50  # addresses on a page
PLACE = {"older", "newer", "show"}  # where a reader is in the list


@bp.get("/rooms/<slug>/invitations/")
def index(slug: str) -> ResponseReturnValue:
    """Who was invited to the room, and how far the mails got."""
    room = load_room(slug, policy.index)
    return htmx.respond(PAGE, LIST, **_page(room))


@bp.post("/rooms/<slug>/invitations/")
@limit_reveals
def send(slug: str) -> ResponseReturnValue:
    """Invite people by mail: each gets one of their own."""
    room = load_room(slug, policy.send)
    form = SendForm(roles=policy.roles(current_user, room))
    if settings.smtp is None:
        form.emails.errors = [_("Mail isn't set up here. An admin can set it up; until then, copy the invitation.")]
        return _again(room, form)
    if not form.validate() or form.sending is None:
        return _again(room, form)
    wanted = Meeting(
        form.chosen, str(get_timezone()), form.message.data or "", form.begins_at, form.ends_at, form.wanted
    )
    actor = current_actor()
    try:
        service.send(room, form.sending, form.chosen_emails, wanted, inviter=current_user, actor=actor)
    except service.TooMany as refusal:
        form.emails.errors = [_too_many(refusal.left)]
        return _again(room, form, 429)
    except service.SentAlready:
        return _done(room, _("These invitations were sent already."))
    if _ways(room).by_phone:
        room_service.reveal_pin(room, actor=actor, purpose="invitation_mail")
    db.session.commit()
    count = len(form.chosen_emails)
    return _done(room, ngettext("%(num)d invitation is on its way.", "%(num)d invitations are on their way.", count))


def _ways(room: Room) -> handing_out.WaysIn:
    return handing_out.of(room, phone.describe(room, room_queries.trunk_of(room)))


def _too_many(left: int) -> str:
    most = settings.invitations_per_day
    return str(_("At most %(most)d mails a day; %(left)d are left. Send the others tomorrow.", most=most, left=left))


def _again(room: Room, form: SendForm, status: int = 422) -> BaseResponse:
    context = _page(room) | panel.sending(room, form) | {"opened": True}
    return htmx.respond(PAGE, FORM, status, **context)


def _done(room: Room, notice: str) -> BaseResponse:
    flash(notice)
    return htmx.go(url_for("rooms.invite", slug=room.slug))


def _page(room: Room) -> dict[str, Any]:
    withdrawn = request.args.get("show") == "withdrawn"
    at = paging.Place.of(request.args, SHOWN)
    invited = panel.invited(room, at, withdrawn=withdrawn)
    place = {name: request.args[name] for name in PLACE & request.args.keys()} | {"whole": "1"}
    return {"room": room, "opened": False, "whole": True, "place": place, **invited}


@bp.get("/rooms/<slug>/invitations/newest")
def newest(slug: str) -> ResponseReturnValue:
    """The part of the list that the room's page shows."""
    room = load_room(slug, policy.index)
    return htmx.respond(PAGE, LIST, **_newest(room))


@bp.post("/rooms/<slug>/invitations/<uuid:invitee_id>/resend")
@limit_reveals
def resend(slug: str, invitee_id: uuid.UUID) -> ResponseReturnValue:
    """Send somebody's invitation once more, as it is now."""
    room = load_room(slug, policy.resend)
    invitee = _load(room, invitee_id)
    title = _("Nothing was sent")
    try:
        service.resend(room, invitee, inviter=current_user, actor=current_actor())
    except service.NotMeant:
        what = _("The invitation was withdrawn, or its meeting is over.")
        return errors.refusal(409, title, what, _("Send a new invitation."))
    except mails.NotNow:
        what = _("This mail is on its way, or went a few minutes ago.")
        return errors.refusal(409, title, what, _("Reload the page to see how far it got."))
    except service.TooMany as refusal:
        return errors.refusal(429, title, _too_many(refusal.left), _("Copy the invitation, and send it yourself."))
    if _ways(room).by_phone:
        room_service.reveal_pin(room, actor=current_actor(), purpose="invitation_mail")
    db.session.commit()
    return _listed(room)


@bp.post("/rooms/<slug>/invitations/<uuid:invitee_id>/withdraw")
def withdraw(slug: str, invitee_id: uuid.UUID) -> ResponseReturnValue:
    """Invite somebody no longer."""
    room = load_room(slug, policy.withdraw)
    service.withdraw(_load(room, invitee_id), actor=current_actor())
    db.session.commit()
    return _listed(room)


def _load(room: Room, invitee_id: uuid.UUID) -> Invitee:
    return queries.one(room, invitee_id) or abort(404)


def _listed(room: Room) -> BaseResponse:
    """The list again, where the reader was in it."""
    if "whole" not in request.args:
        return htmx.done(url_for("rooms.show", slug=room.slug), LIST, **_newest(room))
    return htmx.done(_index_url(room), LIST, **_page(room))


def _index_url(room: Room) -> str:
    place: dict[str, Any] = {name: request.args[name] for name in PLACE & request.args.keys()}
    return url_for(".index", slug=room.slug, **place)


def _newest(room: Room) -> dict[str, Any]:
    return {"room": room, "opened": False, "whole": False, "place": {}, **panel.invited(room)}


@bp.post("/rooms/<slug>/invitations/new-pin")
@limit_reveals
def send_new_pin(slug: str) -> ResponseReturnValue:
    """Tell the chosen of the PIN of now."""
    room, form = load_room(slug, policy.update), NewPinForm()
    if not form.validate():
        what = _("No one was chosen.")
        return errors.refusal(422, _("Nothing was sent"), what, _("Go back and choose whom to tell."))
    version = room_queries.pin_times(room).version
    try:
        service.send_new_pin(room, version, form.chosen, inviter=current_user, actor=current_actor())
    except service.TooMany as refusal:
        advice = _("Choose fewer people.")
        return errors.refusal(429, _("Nothing was sent"), _too_many(refusal.left), advice)
    room_service.reveal_pin(room, actor=current_actor(), purpose="invitation_mail")
    db.session.commit()
    return _listed(room)


@bp.get("/rooms/<slug>/invitations/<uuid:invitation_id>/time")
def edit(slug: str, invitation_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for another time, and say who is told."""
    room = load_room(slug, policy.update)
    invited = _load_invitation(room, invitation_id)
    return _edit(room, invited, MeetingTimeForm(formdata=None, **_time_of(invited)))


@bp.post("/rooms/<slug>/invitations/<uuid:invitation_id>/time")
@limit_reveals
def change(slug: str, invitation_id: uuid.UUID) -> ResponseReturnValue:
    """Move the meeting, and tell everybody invited."""
    room, form = load_room(slug, policy.update), MeetingTimeForm()
    invited = _load_invitation(room, invitation_id)
    if not form.validate() or form.begins_at is None or form.ends_at is None:
        return _edit(room, invited, form, 422)
    try:
        told = service.change(room, invited, form.begins_at, form.ends_at, inviter=current_user, actor=current_actor())
    except service.TooMany as refusal:
        form.day.errors = [_too_many(refusal.left)]
        return _edit(room, invited, form, 429)
    if told and _ways(room).by_phone:
        room_service.reveal_pin(room, actor=current_actor(), purpose="invitation_mail")
    db.session.commit()
    flash(
        ngettext(
            "Meeting moved. %(num)d person is being notified.",
            "Meeting moved. %(num)d people are being notified.",
            told,
        )
    )
    return htmx.go(url_for(".index", slug=room.slug))


def _load_invitation(room: Room, invitation_id: uuid.UUID) -> Invitation:
    return queries.invitation(room, invitation_id) or abort(404)


def _time_of(invited: Invitation) -> dict[str, Any]:
    if invited.begins_at is None or invited.ends_at is None:
        return {}
    zone = times.reader_zone()
    begins, ends = invited.begins_at.astimezone(zone), invited.ends_at.astimezone(zone)
    return {"day": begins.date(), "begins": begins.time(), "ends": ends.time()}


def _edit(room: Room, invited: Invitation, form: MeetingTimeForm, status: int = 200) -> BaseResponse:
    invitees = queries.open_invitees(invited)
    return htmx.respond(EDIT, EDIT, status, room=room, invited=invited, form=form, invitees=invitees)


@bp.post("/rooms/<slug>/invite/calendar")
@limit_reveals
def save_calendar(slug: str) -> ResponseReturnValue:
    """The meeting as a calendar file, with the PIN."""
    room = load_room(slug, policy.send)
    form = CalendarForm(meta={"csrf": True})
    if not form.validate() or form.begins_at is None or form.ends_at is None:
        again = SendForm(roles=policy.roles(current_user, room))
        for name in ("day", "begins", "ends"):
            again[name].errors = form[name].errors
        return _again(room, again)
    ways = _ways(room)
    pin = ""
    if ways.by_phone:
        pin = room_service.reveal_pin(room, actor=current_actor(), purpose="calendar")
        db.session.commit()
    with i18n.spoken_to(form.chosen, str(get_timezone())):
        words = handing_out.in_words(ways, pin).plain
    saved = letters.saved_calendar(room, form.begins_at, form.ends_at, words, ways.link)
    headers = {"Content-Disposition": f'attachment; filename="{room.slug}.ics"', "Cache-Control": "no-store"}
    return Response(saved.content, content_type=f"text/calendar; charset=utf-8; method={saved.method}", headers=headers)


def _is_unknown(response: BaseResponse) -> bool:
    return response.status_code == 404


@bp.route("/invitations/stop/<stop_token>", methods=["GET", "POST"])
@csrf.exempt  # mail programs post without a page of ours (RFC 8058); the signature shows that the link is from our mail
@limiter.limit("600 per minute")
@limiter.limit(lambda: settings.unknown_link_limit, deduct_when=_is_unknown)
def stop(stop_token: str) -> ResponseReturnValue:
    """Say what the link stops, and do it when the button, or the mail program, asks; never redirected."""
    invitee = stopping.read(stop_token)
    if invitee is None:
        return render_template("mails/unknown_link.html"), 404
    i18n.speak(letters.addressee(queries.with_invitation(invitee)).language)
    if request.method not in READING:
        stopping.stop(invitee, actor=current_actor())
        db.session.commit()
    return render_template("invitations/stop.html", done=stopping.is_stopped(invitee.email))


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
