"""The form of what somebody is told by mail, as pages of others draw it."""

from webapp.accounts.models import User
from webapp.mails import kinds, queries
from webapp.mails.forms import MailChoicesForm


def form_of(user: User) -> MailChoicesForm:
    """The form as it stands for the person."""
    off = queries.turned_off(user)
    return MailChoicesForm(formdata=None, wanted=[name for name in kinds.topics() if name not in off])
