"""What the mails of an invitation say: who invites to what, how one gets in, and how such mails are stopped."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.accounts import queries as account_queries
from webapp.accounts.models import User
from webapp.core import hosts, mail_values, times
from webapp.core.db import new_id, utcnow
from webapp.core.mail import CalendarFile, Letter, NotTaken, sender
from webapp.core.mail_values import Mailbox
from webapp.core.settings import settings
from webapp.invitations import queries, service, stopping
from webapp.invitations.models import Errand, Invitation, InvitationMail, Invitee
from webapp.mails import service as mails
from webapp.mails.kinds import MailKind, Occasion, Topic, Unwanted
from webapp.mails.models import Mail
from webapp.rooms import invitation as handing_out
from webapp.rooms import phone
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room

if TYPE_CHECKING:
    from webapp.rooms.invitation import WaysIn

LONG_DAY = "EEEE d MMMM y"  # Unicode TR 35
SHORT_MOMENT = "EEE d MMM, HH:mm"
WHOLE_PIN = "0000000000"  # of a sample

TOPIC = Topic(
    stopping.TOPIC, _l("Someone invites me to a room"), _l("They invite you to rooms, and tell you of changes.")
)


def _found(mail: Mail) -> Occasion:
    """Whoever has the address, in the language of the account if there is one. Raises Unwanted."""
    asked = queries.by_mail(mail.about_id)
    if asked is None:
        raise Unwanted("room_gone")
    invitee = asked.invitee
    if asked.errand is not Errand.CANCEL:
        if invitee.invitation.room.deleted_at is not None:
            raise Unwanted("room_gone")
        if invitee.withdrawn_at is not None:
            raise Unwanted("withdrawn")
        if not queries.is_wanted(invitee):
            raise Unwanted(queries.NOT_WANTED)
    if stopping.is_stopped(invitee.email):
        raise Unwanted(queries.NOT_WANTED)
    before = queries.older_on_its_way(asked)
    if before is not None and not mails.unconfirmed(before, utcnow()):
        raise NotTaken("after_another")  # one that overtakes it would be undone by it
    return Occasion(addressee(invitee), asked.id, None, stopping.url(invitee.id))


def addressee(invitee: Invitee) -> User:
    """Whom the mail is written for: not stored, and without anything else that we know of them."""
    known = next(
        (user for user in account_queries.by_email(invitee.email) if user.is_active and not user.pending), None
    )
    language, timezone = (known.language, known.timezone) if known else ("", "")
    invited = invitee.invitation
    return User(email=invitee.email, language=language or invited.language, timezone=timezone or invited.timezone)


def _written(occasion: Occasion) -> Letter:
    asked = queries.by_mail(occasion.about_id) if occasion.about_id else None
    if asked is None:
        raise Unwanted("room_gone")
    version = room_queries.pin_times(asked.invitee.invitation.room).version
    room = room_queries.reread(asked.invitee.invitation.room)
    ways = handing_out.of(room, phone.describe(room, room_queries.trunk_of(room)))
    if asked.pin_version != version or asked.pin_version == "":
        ways = replace(ways, phone=None)  # nobody chose that this PIN goes to them
    return letter(asked, ways, (room.pin or "") if ways.by_phone else "", occasion)


def _sample(occasion: Occasion) -> Letter:
    """One that was never sent to anybody."""
    if occasion.about_id is not None:
        return _written(occasion)
    begins_at = (utcnow() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)
    room = Room(id=new_id(), name="Housing committee", slug="housing-committee", phone_enabled=True, pin=WHOLE_PIN)
    invited = Invitation(
        id=new_id(), room=room, message="", begins_at=begins_at, ends_at=begins_at + timedelta(hours=1)
    )
    invited.inviter = User(full_name="Marguerite Dahl", email="host@example.org")
    invitee = Invitee(id=new_id(), invitation=invited, email=occasion.reader.email, sequence=0)
    asked = InvitationMail(id=new_id(), invitee=invitee, errand=Errand.INVITE)
    ways = handing_out.of(room, phone.describe(room, None))
    return letter(asked, ways, WHOLE_PIN if ways.by_phone else "", occasion)


def letter(asked: InvitationMail, ways: "WaysIn", pin: str, occasion: Occasion) -> Letter:
    """The mail in the language that is spoken there; with the PIN where phones can join."""
    invited, cancels = asked.invitee.invitation, asked.errand is Errand.CANCEL
    host = asked.asked_by or invited.inviter
    who = host.name if host is not None else settings.organisation or settings.brand
    words = handing_out.in_words(ways, pin)
    context: dict[str, Any] = {
        "subject": _subject(asked),
        "heading": _heading(asked, who),
        "lead": _lead(asked),
        "language": str(get_locale()),
        "brand": settings.brand,
        "organisation": settings.organisation,
        "when": times.span(invited.begins_at, invited.ends_at, LONG_DAY) if invited.begins_at else "",
        "message": "" if cancels else invited.message,
        "ways": ways,
        "words": words,
        "pin": pin,
        "dials": ways.phone.link(pin) if ways.phone is not None and pin else "",
        "cancels": cancels,
        "off_url": occasion.off_url,
    }
    env = current_app.jinja_env
    return Letter(
        context["subject"],
        env.get_template("mail/invitation.txt").render(context),
        env.get_template("mail/invitation.html").render(context),
        calendar=_calendar(asked, who, words.plain, ways.link),
        from_name=_("%(who)s via %(brand)s", who=who, brand=settings.brand) if host else "",
        reply_to=_address(host),
    )


def _address(host: User | None) -> str:
    """Whom answers go to; "" where that is nobody whom every program can write to."""
    try:
        mailbox = mail_values.mailbox(host.email) if host is not None else None
    except ValueError:
        return ""
    return mailbox.address if mailbox is not None and mailbox.is_ascii else ""


def _called(invited: Invitation) -> str:
    if invited.begins_at is None:
        return invited.room.name
    return str(_("%(room)s, %(day)s", room=invited.room.name, day=format_datetime(invited.begins_at, SHORT_MOMENT)))


def _subject(asked: InvitationMail) -> str:
    what = _called(asked.invitee.invitation)
    if asked.errand is Errand.CANCEL:
        return str(_("Cancelled: %(what)s", what=what))
    if asked.errand in {Errand.MOVE, Errand.UPDATE}:
        return str(_("Changed: %(what)s", what=what))
    return str(_("Invitation: %(what)s", what=what))


def _heading(asked: InvitationMail, who: str) -> str:
    room = asked.invitee.invitation.room.name
    if asked.errand is Errand.CANCEL:
        return str(_("%(who)s withdrew the invitation to %(room)s", who=who, room=room))
    if asked.errand in {Errand.MOVE, Errand.UPDATE}:
        return str(_("The invitation to %(room)s has changed", room=room))
    return str(_("%(who)s invites you to %(room)s", who=who, room=room))


def _lead(asked: InvitationMail) -> str:
    if asked.errand is Errand.CANCEL:
        return str(_("You are no longer expected. The attached file removes it from your calendar."))
    if asked.errand is Errand.UPDATE:
        return str(_("The phone PIN has changed. This replaces the mail that you had before."))
    if asked.errand is Errand.MOVE:
        return str(_("The time has changed. This replaces the mail that you had before."))
    return ""


def _calendar(asked: InvitationMail, who: str, description: str, url: str) -> CalendarFile | None:
    """The meeting for the reader's calendar, where it has a time."""
    invited = asked.invitee.invitation
    if invited.begins_at is None or invited.ends_at is None:
        return None
    from webapp.invitations import calendars  # noqa: PLC0415 - 10 MB of memory in processes that write no mail

    method = calendars.Method.CANCEL if asked.errand is Errand.CANCEL else calendars.Method.REQUEST
    attendee = mail_values.mailbox(asked.invitee.email)
    meeting = calendars.Appointment(
        uid(asked.invitee.id.hex),  # each copy an event of its own: withdrawing one cancels no other
        invited.begins_at,
        invited.ends_at,
        invited.room.name,
        "" if asked.errand is Errand.CANCEL else description,
        url,
        asked.invitee.sequence,
    )
    return calendars.file(meeting, method, _organizer(), who, attendee)


def saved_calendar(room: Room, begins_at: datetime, ends_at: datetime, description: str, url: str) -> CalendarFile:
    """The meeting as a file to save: it names nobody but the installation."""
    from webapp.invitations import calendars  # noqa: PLC0415 - as above

    meeting = calendars.Appointment(
        uid(f"{room.id.hex}-{int(begins_at.timestamp())}"), begins_at, ends_at, room.name, description, url
    )
    return calendars.file(meeting, calendars.Method.PUBLISH, _organizer(), settings.organisation or settings.brand)


def _organizer() -> Mailbox:
    """Who sends mails; where nobody does, an address that nobody has."""
    return sender() if settings.mail_from else mail_values.mailbox(f"nobody@{_host()}")


def uid(name: str) -> str:
    """A name that no other calendar has (RFC 7986, 5.3)."""
    return f"{name}@{_host()}"


def _host() -> str:
    return hosts.name_of(settings.public_host)


KINDS = (MailKind(service.KIND, TOPIC, _written, _sample, _found),)
