"""How the table is written: who may see what, where, and why; and routes that draw the same panel."""

from collections.abc import Mapping
from dataclasses import dataclass

ROOM_PAGE = "rooms.hide_pin rooms.reveal_pin rooms.show"
INVITE_PANEL = "rooms.hide_dial_in_code rooms.invite rooms.show_dial_in_code rooms.show_invitation"
QUEUE = (
    "lobby.admit lobby.admit_all lobby.clear_refused lobby.confirm_admit_everywhere lobby.deny_all lobby.index "
    "lobby.undo_deny lobby.waiting"
)
ACCESS_LIST = "access.change access.grant access.index access.list_csv"
REVIEW_FILES = "access.review_csv access.review_page reviews.evidence_pack"
LOG = "audit.log audit.log_csv"
REVEALS = "audit.reveals_csv audit.reveals_page"
ANSWERS = "reviews.answer reviews.confirm reviews.confirm_many reviews.remove reviews.undo"
PERSON = "people.disable people.forget people.set_staff people.show"


@dataclass(frozen=True)
class Sees:
    """On these routes, by who asks, these canaries may stand in the answer's body, or in the header `place`."""

    why: str
    canaries: str
    where: Mapping[str, str]
    place: str = "body"
