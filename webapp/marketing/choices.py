"""What the account page says of news by mail."""

from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.models import User
from webapp.core.db import utcnow
from webapp.marketing import queries, services
from webapp.marketing.forms import NewsForm
from webapp.marketing.models import ContactState


@dataclass(frozen=True)
class NewsChoice:
    """The form as it stands; `service` is whom the address goes to, `passes_on_at` when, `passed_on` that it has it."""

    form: NewsForm
    service: str
    passed_on: bool
    passes_on_at: datetime | None


def of(user: User) -> NewsChoice | None:
    """What the person may choose; None where the installation uses no service."""
    service = services.chosen().name
    if not service:
        return None
    contact = queries.of(user)
    form = NewsForm(formdata=None, wanted=queries.is_wanted(contact))
    if contact is None:
        return NewsChoice(form, service, passed_on=False, passes_on_at=None)
    waits = contact.state is ContactState.WAITING and not contact.attempts and contact.due_at > utcnow()
    return NewsChoice(form, service, contact.state in queries.PASSED_ON, contact.due_at if waits else None)
