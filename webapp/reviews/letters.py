"""What the mails of a campaign say: to those who answer for rooms, and to those whose access is about to end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import format_datetime, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from webapp.core.db import db, new_id, utcnow
from webapp.core.hosts import public_address
from webapp.core.mail import Letter
from webapp.core.settings import settings
from webapp.mails.kinds import MailKind, Occasion, Topic, Unwanted
from webapp.reviews import answering, orders
from webapp.reviews.models import AtEnd, Campaign, CampaignLine, CampaignState, LineOutcome
from webapp.rooms.models import Room

MOMENT = "EEE d MMM y, HH:mm"  # Unicode TR 35
NAMED = 10  # rooms in one mail

OWNERS_TOPIC = Topic(
    "reviews",
    _l("The people with access to my rooms are to be checked"),
    _l("They tell you when an admin asks who still needs access to your rooms, and before the time for that is over."),
)
PEOPLE_TOPIC = Topic(
    "ending_access",
    _l("My access to rooms is about to end"),
    _l("They tell you a week before your access to rooms ends because no one confirmed it."),
)


@dataclass(frozen=True)
class ReviewNumbers:
    """What a letter is about: the campaign, how many people or rooms, and some of the rooms' names."""

    campaign: Campaign
    left: int
    rooms: int
    names: list[str]


def _to_owner(kind: str, asked: ReviewNumbers, off_url: str) -> Letter:
    campaign, until = asked.campaign, format_datetime(asked.campaign.ends_at, MOMENT)
    heading = _("Confirm who still needs access")
    subject = _("Confirm who still needs access to your rooms, by %(day)s", day=_day(campaign.ends_at))
    if kind != orders.ASKED:
        subject = _("Reminder: %(what)s", what=subject)
    people = ngettext("%(num)d person to check", "%(num)d people to check", asked.left)
    rooms = ngettext("in %(num)d room", "in %(num)d rooms", asked.rooms)
    end = _("People you don't check keep access and are reported.")
    if campaign.at_end is AtEnd.REMOVE:
        end = _("People you don't check lose access after that, except a room's last owner.")
    return _filled(
        subject,
        heading=heading,
        lead=f"{people} {rooms}",
        button=_("Check people"),
        url=public_address("reviews.answer", campaign_id=campaign.id),
        after_button=_("Opens after you sign in."),
        rows=[(_("Review"), campaign.name, _by(campaign)), (_("Open until"), until, end)],
        why=_("You get this because you answer for rooms."),
        off_text=_("Turn off mails about reviews"),
        off_url=off_url,
    )


def _to_person(asked: ReviewNumbers, off_url: str) -> Letter:
    campaign = asked.campaign
    subject = _("Your access to rooms ends on %(day)s unless it is confirmed", day=_day(campaign.ends_at))
    names = ", ".join(asked.names)
    if asked.rooms > len(asked.names):
        more = asked.rooms - len(asked.names)
        names = _("%(names)s and %(count)d more", names=names, count=more)
    return _filled(
        subject,
        heading=_("Your access is about to end"),
        lead=ngettext("In %(num)d room", "In %(num)d rooms", asked.rooms),
        button=_("View my rooms"),
        url=public_address("rooms.index"),
        after_button=_("Opens after you sign in."),
        rows=[
            (_("Rooms"), names, _("If you still need them, ask an owner to confirm you.")),
            (
                _("Access ends"),
                format_datetime(campaign.ends_at, MOMENT),
                _("Unless an owner confirms it before then."),
            ),
        ],
        why=_("You get this because you have access to these rooms and no one has confirmed it yet."),
        off_text=_("Turn off mails about access that ends"),
        off_url=off_url,
    )


def _by(campaign: Campaign) -> str:
    return str(_("Started by %(name)s", name=campaign.started_by.name)) if campaign.started_by else ""


def _day(when: datetime) -> str:
    return str(format_datetime(when, "d MMM"))


def _filled(subject: str, **words: Any) -> Letter:
    """Fill the templates; not with what pages get: nobody asks, and there is no request."""
    organisation = {"brand": settings.brand, "organisation": settings.organisation}
    context = {"subject": subject, "language": str(get_locale()), **organisation, **words}
    env = current_app.jinja_env
    text = env.get_template("mail/notice.txt").render(context)
    return Letter(subject, text, env.get_template("mail/notice.html").render(context))


def _written(kind: str) -> Callable[[Occasion], Letter]:
    def write(occasion: Occasion) -> Letter:
        campaign = _stored(occasion)
        if campaign is None or campaign.state is not CampaignState.OPEN:
            raise Unwanted("review_over")
        if kind != orders.ACCESS_ENDS:
            standing = answering.standing(campaign, occasion.reader)
            if not standing.left:
                raise Unwanted("nothing_to_check")
            return _to_owner(kind, ReviewNumbers(campaign, standing.left, standing.rooms, []), occasion.off_url)
        if campaign.at_end is not AtEnd.REMOVE or campaign.ends_at != occasion.deadline:
            raise Unwanted("review_changed")
        return _to_person(_ending(campaign, occasion), occasion.off_url)

    return write


def _ending(campaign: Campaign, occasion: Occasion) -> ReviewNumbers:
    rooms = sa.select(Room.name).join(CampaignLine, CampaignLine.room_id == Room.id)
    rooms = rooms.where(CampaignLine.campaign_id == campaign.id, CampaignLine.user_id == occasion.reader.id)
    rooms = rooms.where(CampaignLine.outcome == LineOutcome.OPEN, Room.deleted_at.is_(None))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(rooms.subquery())) or 0
    if not count:
        raise Unwanted("nothing_to_check")
    names = list(db.session.scalars(rooms.order_by(Room.name, Room.id).limit(NAMED)))
    return ReviewNumbers(campaign, count, count, names)


def _stored(occasion: Occasion) -> Campaign | None:
    found = sa.select(Campaign).where(Campaign.id == occasion.about_id).options(joinedload(Campaign.started_by))
    return db.session.scalar(found.execution_options(populate_existing=True))


def _sample(kind: str) -> Callable[[Occasion], Letter]:
    def write(occasion: Occasion) -> Letter:
        campaign = _stored(occasion) if occasion.about_id else _invented()
        if campaign is None:
            raise Unwanted("review_over")
        asked = ReviewNumbers(campaign, 8, 3, ["Housing committee", "School board, district 4", "Works council"])
        return (
            _to_person(asked, occasion.off_url)
            if kind == orders.ACCESS_ENDS
            else _to_owner(kind, asked, occasion.off_url)
        )

    return write


def _invented() -> Campaign:
    """A campaign that never was."""
    ends_at = (utcnow() + timedelta(days=14)).replace(hour=22, minute=59, second=0, microsecond=0)
    campaign = Campaign(id=new_id(), name="Autumn review", everywhere=True, at_end=AtEnd.REMOVE, ends_at=ends_at)
    campaign.started_by = None
    return campaign


KINDS = tuple(
    MailKind(kind, PEOPLE_TOPIC if kind == orders.ACCESS_ENDS else OWNERS_TOPIC, _written(kind), _sample(kind))
    for kind in (*orders.TO_OWNERS, orders.ACCESS_ENDS)
)
