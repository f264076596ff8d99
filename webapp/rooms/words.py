"""What pages call access levels and roles."""

from flask_babel import lazy_gettext as _l

from webapp.rooms.models import AccessLevel, Role

LEVELS = {
    AccessLevel.PUBLIC: _l("Public"),
    AccessLevel.TRUSTED: _l("Trusted"),
    AccessLevel.RESTRICTED: _l("Restricted"),
}
LEVEL_LEADS = {
    AccessLevel.PUBLIC: _l("Everyone with the link goes straight in."),
    AccessLevel.TRUSTED: _l("Anyone signed in skips the lobby."),
    AccessLevel.RESTRICTED: _l("Only people with a role skip the lobby."),
}
LEVEL_CHOICES = {
    AccessLevel.RESTRICTED: _l("Restricted: only people with a role skip the lobby"),
    AccessLevel.TRUSTED: _l("Trusted: anyone signed in skips the lobby"),
    AccessLevel.PUBLIC: _l("Public: everyone with the link goes straight in"),
}
ROLES = {
    Role.OWNER: _l("Owner"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.MEMBER: _l("Member"),
}
ROLE_LEADS = {
    Role.OWNER: _l("You own this room."),
    Role.ADMINISTRATOR: _l("You are an administrator of this room."),
    Role.MEMBER: _l("You are a member of this room."),
    None: _l("You see it as an admin."),
}
