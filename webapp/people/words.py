"""What the pages of people call things."""

from flask_babel import lazy_gettext as _l

from webapp.accounts.models import Staff
from webapp.people.queries import PeopleShow

STAFF = {Staff.NONE: _l("No staff role"), Staff.SUPPORT: _l("Support"), Staff.ADMIN: _l("Admin")}
STAFF_CHOICES = {
    Staff.NONE: _l("No staff role: only the rooms they have access to"),
    Staff.SUPPORT: _l("Support: calls, rules, trunks and the state of rooms; no numbers, PINs or recordings"),
    Staff.ADMIN: _l("Admin: every room, trunk and account, and the audit log"),
}
SHOWS = {
    PeopleShow.STAFF: _l("Staff"),
    PeopleShow.DISABLED: _l("Disabled"),
    PeopleShow.EVERYONE: _l("Everyone"),
}
