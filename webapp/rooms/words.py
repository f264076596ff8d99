"""What pages call access levels and roles."""

from flask_babel import lazy_gettext as _l

from webapp.rooms.models import AccessLevel, Role

LEVELS = {
    AccessLevel.PUBLIC: _l("Public"),
    AccessLevel.TRUSTED: _l("Trusted"),
    AccessLevel.RESTRICTED: _l("Restricted"),
}
LEVEL_LEADS = {
    AccessLevel.PUBLIC: _l("Everyone with the link joins directly."),
    AccessLevel.TRUSTED: _l("Anyone signed in joins directly."),
    AccessLevel.RESTRICTED: _l("Only people with access join directly; everyone else waits."),
}
LEVEL_CHOICES = {
    AccessLevel.RESTRICTED: _l("Restricted: only people with access join directly"),
    AccessLevel.TRUSTED: _l("Trusted: anyone signed in joins directly"),
    AccessLevel.PUBLIC: _l("Public: everyone with the link joins directly"),
}
ROLES = {
    Role.OWNER: _l("Owner"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.MEMBER: _l("Member"),
}
ROLE_LEADS = {
    Role.OWNER: _l("You're an owner."),
    Role.ADMINISTRATOR: _l("You're an administrator."),
    Role.MEMBER: _l("You're a member."),
    None: _l("You see this room as an admin."),
}
