"""What the mails about roles say: who did what to whom, in which room, and what the role lets somebody do.

They name people, never by an address: what one reader's address is, is not another's to pass on.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask import current_app
from flask_babel import format_datetime, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.access import news, telling
from webapp.access.news import RoleNews
from webapp.accounts.models import User
from webapp.audit.sentences import WORDS
from webapp.core.db import new_id, utcnow
from webapp.core.hosts import public_address
from webapp.core.mail import Letter
from webapp.core.settings import settings
from webapp.mails import links
from webapp.mails import queries as mail_queries
from webapp.mails.kinds import MailKind, Occasion, Topic, Unwanted
from webapp.mails.models import Mail
from webapp.rooms.models import Role, Room
from webapp.rooms.words import ROLES

MOMENT = "EEE d MMM y, HH:mm"  # Unicode TR 35
NAMED = 10  # people in one mail

TOPIC = Topic(
    telling.TOPIC,
    _l("My role in a room changes, or a role in a room I own"),
    _l("They tell you when your role in a room changes, and when roles change in rooms you own."),
)
MEANS = {
    Role.OWNER: _l("Owners also choose who owns the room, and can delete it."),
    Role.ADMINISTRATOR: _l("Administrators admit guests and manage the room and who has access."),
    Role.MEMBER: _l("Members join without waiting."),
}
Row = tuple[str, str, str]


def _found(mail: Mail) -> Occasion:
    """Whoever the role was given to before they had an account, with one by now or still without. Raises Unwanted."""
    row = news.stored(mail.about_id)
    if row is None or not row.user.is_active:
        raise Unwanted("person_gone")
    if telling.TOPIC in mail_queries.turned_off(row.user):
        raise Unwanted("turned_off")
    return Occasion(row.user, row.id, None, links.off_url(row.user.id, telling.TOPIC))


def _written(kind: str) -> Callable[[Occasion], Letter]:
    def write(occasion: Occasion) -> Letter:
        told = news.read(kind, occasion.about_id, occasion.reader)
        is_theirs = any(person.id == occasion.reader.id for person in told.people)
        return _to_person(told, occasion) if is_theirs else _to_owner(told, occasion)

    return write


def _sample(kind: str) -> Callable[[Occasion], Letter]:
    def write(occasion: Occasion) -> Letter:
        told = _invented(kind, occasion.reader)
        if occasion.about_id is not None:
            row = news.stored(occasion.about_id)
            if row is None:
                raise Unwanted("room_gone")
            told = RoleNews(kind, row.room, row.granted_at, row.granted_by, [row.user], row.role, row.role)
        return _to_owner(told, occasion) if kind == telling.ACCEPTED else _to_person(told, occasion)

    return write


def _invented(kind: str, reader: User) -> RoleNews:
    """What never happened."""
    room = Room(id=new_id(), name="Housing committee", slug="housing-committee")
    by, lotte = User(full_name="Marguerite Dahl"), User(full_name="Lotte Brandvold", sub="lotte")
    after = {telling.CHANGED: Role.ADMINISTRATOR, telling.TRANSFERRED: Role.OWNER}.get(kind, Role.MEMBER)
    people = [lotte if kind == telling.ACCEPTED else reader]
    return RoleNews(kind, room, utcnow(), by, people, Role.MEMBER, after)


def _to_person(told: RoleNews, occasion: Occasion) -> Letter:
    room, who = told.room.name, _name(told.by)
    role, before = _in_words(told.after), _in_words(told.before)
    rows = [_role_row(told)]
    button, url = _("Open room"), public_address("rooms.show", slug=told.room.slug)
    if told.kind == telling.REMOVED:
        subject = heading = _("You no longer have access to %(room)s", room=room)
        lead = _("%(who)s removed you.", who=who) if who else _("Your access was removed automatically.")
        rows = [(_("Previous role"), _title(told.before), _("If you still need access, ask an owner of the room."))]
        button, url = _("View my rooms"), public_address("rooms.index")
    elif told.kind == telling.CHANGED:
        subject = _("Your role in %(room)s has changed", room=room)
        heading = _("Your role in %(room)s is now %(role)s", room=room, role=role)
        lead = _("It was %(before)s before.", before=before)
        if who:
            lead = _("%(who)s changed it. It was %(before)s before.", who=who, before=before)
    elif told.kind == telling.TRANSFERRED:
        alone = told.before is Role.OWNER
        subject = heading = (
            _("You are now the only owner of %(room)s", room=room) if alone else _("You now own %(room)s", room=room)
        )
        lead = _("The ownership was transferred to you.")
        if who:
            lead = _("%(who)s transferred the ownership to you.", who=who)
        rows += [] if alone else [(_("Previous role"), _title(told.before), "")]
    else:
        subject = heading = _("You have access to %(room)s", room=room)
        lead = _("%(who)s gave you the role %(role)s.", who=who, role=role)
        if not who:
            lead = _("You were given the role %(role)s.", role=role)
    if told.owners:
        rows.append((_("Owners now"), _names(told.owners), ""))
    after_button = _("Opens after you sign in.")
    if occasion.reader.pending and told.kind != telling.REMOVED and occasion.about_id is not None:
        after_button = _("Sign in with the e-mail address that got this mail.")
    words = {"heading": heading, "lead": lead, "button": button, "url": url, "after_button": after_button}
    return _filled(subject, occasion, rows=rows, why=_("You get this because your role in a room changed."), **words)


def _to_owner(told: RoleNews, occasion: Occasion) -> Letter:
    heading = _deed(told) if _name(told.people[0]) else _deed(told)[:1].upper() + _deed(told)[1:]
    rows = [_role_row(told)] if told.after else []
    if told.before and told.kind in {telling.CHANGED, telling.REMOVED}:
        rows.append((_("Previous role"), _title(told.before), ""))
    if len(told.people) > 1:
        rows.append((_("People"), _names(told.people), ""))
    if told.kind == telling.ACCEPTED and _name(told.by):
        rows.append((_("Invited by"), _name(told.by), ""))
    return _filled(
        heading,
        occasion,
        heading=heading,
        lead=format_datetime(told.at, MOMENT),
        button=_("View access"),
        url=public_address("access.index", slug=told.room.slug),
        after_button=_("Opens after you sign in."),
        rows=rows,
        why=_("You get this because you own %(room)s.", room=told.room.name),
    )


def _deed(told: RoleNews) -> str:
    """What was done, in one sentence for owners."""
    room, who, count = told.room.name, _name(told.by), len(told.people)
    person = _called(told.people[0])
    by_self = told.by is not None and told.by.id == told.people[0].id
    if told.kind == telling.ACCEPTED:
        return str(_("%(person)s accepted an invitation to %(room)s", person=person, room=room))
    if told.kind == telling.CHANGED:
        if by_self:
            return str(_("%(person)s changed their own role in %(room)s", person=person, room=room))
        if who:
            return str(_("%(who)s changed the role of %(person)s in %(room)s", who=who, person=person, room=room))
        return str(_("The role of %(person)s in %(room)s has changed", person=person, room=room))
    if told.kind == telling.REMOVED:
        return _removal(room, "" if by_self else who, person, count, left=by_self)
    if count > 1:
        given = ngettext(
            "%(who)s gave %(num)d person access to %(room)s",
            "%(who)s gave %(num)d people access to %(room)s",
            count,
            who=who or settings.brand,
            room=room,
        )
        return str(given)
    if who:
        return str(_("%(who)s gave %(person)s access to %(room)s", who=who, person=person, room=room))
    return str(_("%(person)s was given access to %(room)s", person=person, room=room))


def _removal(room: str, who: str, person: str, count: int, *, left: bool) -> str:
    if left:
        return str(_("%(person)s left %(room)s", person=person, room=room))
    if count > 1:
        ended = ngettext(
            "%(num)d person no longer has access to %(room)s",
            "%(num)d people no longer have access to %(room)s",
            count,
            room=room,
        )
        return str(ended)
    if who:
        return str(_("%(who)s removed %(person)s from %(room)s", who=who, person=person, room=room))
    return str(_("%(person)s no longer has access to %(room)s", person=person, room=room))


def _role_row(told: RoleNews) -> Row:
    return str(_("Role")), _title(told.after), str(MEANS[told.after]) if told.after else ""


def _title(role: Role | None) -> str:
    return str(ROLES[role]) if role else str(_("Different roles"))


def _in_words(role: Role | None) -> str:
    return str(WORDS[role.value]) if role else ""


def _name(user: User | None) -> str:
    """What somebody is called; "" for nobody, and for whoever is known by an address alone."""
    return (user.full_name or user.short_name) if user is not None else ""


def _called(person: User) -> str:
    if name := _name(person):
        return name
    return str(_("someone who hasn't signed in yet") if person.pending else _("someone without a name"))


def _names(people: Sequence[User]) -> str:
    """Some of them by name; those who have none are counted."""
    known = [_name(person) for person in people if _name(person)][:NAMED]
    more = len(people) - len(known)
    if not known:
        return str(ngettext("%(num)d who hasn't signed in yet", "%(num)d who haven't signed in yet", more))
    names = ", ".join(known)
    return str(_("%(names)s and %(count)d more", names=names, count=more)) if more else names


def _filled(subject: str, occasion: Occasion, **words: Any) -> Letter:
    """Fill the templates; not with what pages get: nobody asks, and there is no request."""
    context = {
        "subject": subject,
        "language": str(get_locale()),
        "brand": settings.brand,
        "organisation": settings.organisation,
        "off_text": _("Turn off mails about roles"),
        "off_url": occasion.off_url,
        **words,
    }
    env = current_app.jinja_env
    text = env.get_template("mail/notice.txt").render(context)
    return Letter(subject, text, env.get_template("mail/notice.html").render(context))


KINDS = tuple(MailKind(kind, TOPIC, _written(kind), _sample(kind), _found) for kind in telling.KINDS)
