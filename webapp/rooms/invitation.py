"""What one hands out so that others find a room: its link, number and PIN, as a text that can be pasted anywhere."""

from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.core.filters import grouped
from webapp.rooms import links
from webapp.rooms.models import AccessLevel, Room
from webapp.rooms.phone import Phone

VEIL = "•••• ••••"


@dataclass(frozen=True)
class WaysIn:
    """How others get into a room; without a number phones can't join."""

    name: str
    link: str
    phone: Phone | None
    ending: str  # of the PIN: its last two digits
    waits: bool  # whoever has no role waits for a host

    @property
    def by_phone(self) -> bool:
        """It names a number, so its text has the PIN."""
        return self.phone is not None


@dataclass(frozen=True)
class InvitationText:
    """An invitation in words: its rows have a label and what is said there."""

    title: str
    rows: list[tuple[str, str]]
    note: str

    @property
    def plain(self) -> str:
        """All of it, line by line."""
        lines = [self.title, "", *(_("%(label)s: %(value)s", label=label, value=value) for label, value in self.rows)]
        return "\n".join([*lines, "", self.note] if self.note else lines)


def of(room: Room, phone: Phone) -> WaysIn:
    """The room's invitation as it is now."""
    reachable = room.phone_enabled and room.pin is not None and phone.number != ""
    waits = room.access_level is not AccessLevel.PUBLIC
    return WaysIn(room.name, links.join(room.slug), phone if reachable else None, (room.pin or "")[-2:], waits)


def in_words(invitation: WaysIn, pin: str) -> InvitationText:
    """The invitation in the language of now; without the PIN ("") that is masked."""
    rows = [(_("Online"), invitation.link)]
    if invitation.phone is not None:
        shown = grouped(pin) if pin else f"{VEIL} {invitation.ending}"
        rows += [
            (_("Dial in"), invitation.phone.number),
            (_("PIN"), _("%(pin)s, then #", pin=shown)),
            (_("One tap"), invitation.phone.one_tap(pin or _("PIN"))),
        ]
    note = _("You may wait a moment until the host lets you in.") if invitation.waits else ""
    return InvitationText(invitation.name, rows, note)
