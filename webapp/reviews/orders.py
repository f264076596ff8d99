"""The due work of campaigns, and the kinds of their mails: ordered in the transaction that wants them."""

import uuid
from datetime import datetime

from webapp.core import due
from webapp.reviews.models import Campaign

START, CLOSE, MAIL, PROVE = "reviews.start", "reviews.close", "reviews.mail", "reviews.prove"
ASKED, REMINDER, ENDING, ACCESS_ENDS = "review_asked", "review_reminder", "review_ending", "review_access_ends"
TO_OWNERS = (ASKED, REMINDER, ENDING)


def start(campaign: Campaign) -> None:
    """Let its roles be written down."""
    due.add(START, campaign_id=str(campaign.id))


def close(campaign: Campaign) -> None:
    """Let what was not checked be listed, or removed."""
    due.add(CLOSE, campaign_id=str(campaign.id))


def prove(campaign: Campaign) -> None:
    """Let the evidence be built, and its hash be kept."""
    due.add(PROVE, campaign_id=str(campaign.id))


def mails(campaign_id: uuid.UUID, kind: str, *, at: datetime | None = None, behind: str = "", only: str = "") -> None:
    """Let mails of a kind be planned, for those behind a key; of reminders, for those reminded `at`."""
    when = at.isoformat() if at is not None else ""
    due.add(MAIL, campaign_id=str(campaign_id), mail=kind, at=when, behind=behind, only=only)
