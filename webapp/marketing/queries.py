"""What is read of contacts."""

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.core.db import db
from webapp.marketing.models import ContactState, MarketingContact

PASSED_ON = {ContactState.ADDED, ContactState.KNOWN}


def of(user: User) -> MarketingContact | None:
    """What came of the person, if anything was planned or chosen."""
    return db.session.get(MarketingContact, user.id, populate_existing=True)


def held(user: User) -> MarketingContact | None:
    """The same, held for a change."""
    found = sa.select(MarketingContact).where(MarketingContact.user_id == user.id).with_for_update()
    return db.session.scalar(found.execution_options(populate_existing=True))


def is_wanted(contact: MarketingContact | None) -> bool:
    """Whether the person is, or is to be, a contact; that the service failed is no answer of theirs."""
    return contact is not None and contact.state is not ContactState.DECLINED
