"""Every state that a row may have can be drawn by every page that may show it: a new one fails here until it can."""

import enum
from collections.abc import Callable, Iterable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import InstrumentedAttribute

from tests.support.estate import furnish
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from webapp import models
from webapp.accounts.models import AccountChange, User
from webapp.audit import chain_words, sentences
from webapp.audit.chain_models import AuditSeal, Verification
from webapp.audit.models import AuditEntry
from webapp.calls.models import Call
from webapp.core.db import Model, db
from webapp.deliveries.models import Delivery
from webapp.hooks.handlers import HANDLERS
from webapp.invitations.models import Invitation, InvitationMail
from webapp.lobby.models import Entry
from webapp.mails.models import Mail
from webapp.marketing.models import MarketingContact
from webapp.recordings import reasons
from webapp.recordings.models import Recording, Transition
from webapp.repairs.models import RepairItem
from webapp.reviews.models import Campaign, CampaignDecision, CampaignLine
from webapp.rooms.models import Access, LevelChange, Room, TrunkRow
from webapp.rules import problems
from webapp.trunks.models import MovedRoom, TrunkMove

As = Callable[[str], Browser]
OF_ROOM = "/ /rooms/ /rooms/{slug}/ /rooms/{slug}/support /rooms/{slug}/support.json /rooms/{slug}/queue"
RECORDINGS = f"{OF_ROOM} /recordings/ /rooms/{{slug}}/recordings /recordings/{{recording_id}}/"
CALLS = f"{OF_ROOM} /telephony/calls/ /telephony/calls.csv /telephony/calls/{{call_id}}/"
TRAIL = "/audit/log /audit/log/{audit_id} /audit/log.csv /rooms/{slug}/activity /rooms/{slug}/ /rooms/{slug}/support"
CHAIN = "/audit/log /audit/chain"
REVIEW = "/audit/access /audit/access?by=person /audit/access?since=2026-01-01 /audit/access.csv"
INVITED = "/rooms/{slug}/ /rooms/{slug}/invitations/ /rooms/{slug}/invitations/?show=withdrawn"
TRUNKS = "/ /telephony/trunks/ /telephony/trunks/{trunk_id}/ /telephony/rules/read /rooms/{slug}/ /system/setup"
REVIEWS = "/audit/reviews/ /audit/reviews/{campaign_id}/ /audit/reviews/{campaign_id}/evidence.zip"
LINES = f"{REVIEWS} /audit/reviews/{{campaign_id}}/people" + "".join(
    f" /audit/reviews/{{campaign_id}}/people?show={show}" for show in ("removed", "confirmed", "other")
)
PAGES: dict[InstrumentedAttribute[object], str] = {
    Recording.state: RECORDINGS,
    Recording.mode: RECORDINGS,
    Recording.problem: RECORDINGS,
    Transition.from_state: "/recordings/{recording_id}/",
    Transition.to_state: "/recordings/{recording_id}/",
    Transition.reported_by: "/recordings/{recording_id}/",
    Entry.status: f"{OF_ROOM} /lobby/",
    Entry.kind: f"{OF_ROOM} /lobby/",
    Delivery.result: "/system/hooks/ /rooms/{slug}/support /system/setup",
    Delivery.event: "/system/hooks/ /rooms/{slug}/support",
    Room.access_level: f"{REVIEW} {OF_ROOM} /rooms/{{slug}}/edit",
    Room.rule_problem: f"{OF_ROOM} /rooms/{{slug}}/pin {TRUNKS}",
    TrunkRow.guard_problem: TRUNKS,
    Access.role: f"{REVIEW} {OF_ROOM} /rooms/{{slug}}/access/ /rooms/{{slug}}/access/list.csv /people/{{person_id}}/",
    Call.outcome: CALLS,
    Call.hold: CALLS,
    AuditEntry.actor: TRAIL,
    AuditEntry.outcome: TRAIL,
    AuditEntry.problem: TRAIL,
    AuditEntry.action: TRAIL,
    AuditEntry.origin: TRAIL,
    TrunkMove.state: "/telephony/trunks/ /telephony/moves/{move_id}/",
    Campaign.state: f"{LINES} {REVIEW}",
    Campaign.at_end: LINES,
    CampaignLine.outcome: LINES,
    CampaignLine.role: LINES,
    CampaignLine.end_role: LINES,
    User.staff: "/account/",
    Verification.state: CHAIN,
    Verification.problem: CHAIN,
    Mail.state: f"{RECORDINGS} {INVITED}",
    Mail.problem: f"{RECORDINGS} {INVITED}",
    InvitationMail.errand: INVITED,
    Invitation.role: INVITED,
}
NOT_SHOWN = {  # rows of runs, and of past moments: their own tests walk through them
    RepairItem.result,
    MovedRoom.result,
    AccountChange.staff_before,
    AccountChange.staff_after,
    CampaignDecision.kind,
    LevelChange.before,
    LevelChange.after,
    MarketingContact.state,  # on everybody’s own page: tests/marketing
    AuditSeal.part,
}
CODES: dict[InstrumentedAttribute[object], Iterable[str]] = {
    Recording.problem: ["", "no_worker", "no_answer", "no_egress", "refused", "room_not_live", "egress_failed",
                        "egress_aborted", "egress_lost", "file_missing", "limit_reached", "one of the future",
                        *reasons.CODES],
    Delivery.event: [*HANDLERS, "", "one_of_the_future"],
    Mail.problem: ["", "timeout", "not_confirmed", "address_refused", "turned_off", "not_wanted", "replaced",
                   "after_another", "withdrawn", "room_gone", "one_of_the_future"],
    Room.rule_problem: [
        "", *map(str, (problems.NO_TRUNK, problems.TRUNK_GONE, problems.TRUNK_BUSY, problems.BUSY)),
        *map(str, (problems.GUARD_REFUSED, problems.GUARD_NARROW, problems.guard_refused("SDR_1"))),
        *map(str, (problems.conflict("SDR_1", "night"), problems.pair("SDR_1", "SDR_2"), problems.waits_for("SDR_1"))),
        *map(str, (problems.bad_rule("SDR_1"), problems.bad_rule(""))),
        "unavailable\tinternal", "refused\tinternal", "one of the future",
    ],
    TrunkRow.guard_problem: ["", "guard_refused", "guard_refused\tSDR_1", "guard_narrow", "refused\tx", "new"],
    Verification.problem: ["", *chain_words.PROBLEMS, "one of the future"],
    AuditEntry.problem: ["", *sentences.PROBLEMS, "unavailable", "one of the future"],
    AuditEntry.action: [*sentences.SENTENCES, "one.of_the_future"],
}  # fmt: skip


def _enums() -> set[InstrumentedAttribute[object]]:
    found = set()
    for mapper in Model.registry.mappers:
        for name, column in mapper.columns.items():
            if isinstance(column.type, sa.Enum):
                found.add(getattr(mapper.class_, name))
    return found


def _members(column: InstrumentedAttribute[object]) -> list[object]:
    kind = column.property.columns[0].type
    if not isinstance(kind, sa.Enum):
        return list(CODES[column])
    members: list[object] = list(kind.enum_class or enum.Enum("none", []))
    return [*members, None] if column.property.columns[0].nullable else members


def test_every_enum_of_a_row_has_its_pages_here():
    assert models.metadata
    assert {str(column) for column in _enums()} <= {str(column) for column in PAGES.keys() | NOT_SHOWN}


@pytest.mark.parametrize("column", PAGES, ids=str)
def test_every_page_draws_every_member(
    app: Flask, client_as: As, livekit: LiveKit, column: InstrumentedAttribute[object]
):
    estate = furnish(livekit)
    row = column.class_
    key = sa.inspect(row).primary_key[0]
    which = sa.select(key).order_by(key).limit(1).scalar_subquery()
    if row is AuditEntry and not db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)):
        db.session.add(AuditEntry(action="room.create", target_kind="room", target_id="x", actor="system"))
        db.session.commit()
    if row is User:
        key, which = User.email, sa.literal("owner@frontdesk.example")
    browser, wrong = client_as("owner" if row is User else "admin"), []
    for member in _members(column):
        changed = db.session.execute(sa.update(row).where(key == which).values({column.key: member}))
        assert changed.rowcount == 1
        db.session.commit()
        for page in PAGES[column].split():
            status = browser.get(page.format(**estate.parts)).status_code
            if status != 200:
                wrong.append(f"{column} {member}: {page} {status}")
    assert wrong == []
