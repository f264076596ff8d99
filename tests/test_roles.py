"""Who may ask what: one table for every endpoint and every persona, so that a new endpoint cannot be forgotten."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask

from tests.support.estate import furnish
from tests.support.livekit import LiveKit
from tests.support.personas import PERSONAS, Browser
from webapp.core.security import PUBLIC, limiter

LET_IN = "let in"


@dataclass(frozen=True)
class Rule:
    """Who is let in; the others are told 403, but for those to whom the thing does not even exist (404)."""

    allowed: frozenset[str]
    blind: frozenset[str] = frozenset()

    def expected(self, who: str) -> object:
        """The answer for a persona."""
        return LET_IN if who in self.allowed else 404 if who in self.blind else 403


def _rule(allowed: str, blind: str = "") -> Rule:
    return Rule(frozenset(allowed.split()), frozenset(blind.split()))


STRANGERS = "stranger support"
EVERYBODY = _rule(" ".join(PERSONAS))
STAFF = _rule("support admin")
ADMINS = _rule("admin")
ROOM_MEMBERS = _rule("owner administrator member admin", STRANGERS)
ROOM_HOSTS = _rule("owner administrator admin", STRANGERS)
ROOM_INVITERS = _rule("owner administrator", STRANGERS)
ROOM_OWNERS = _rule("owner admin", STRANGERS)
ROOM_ANSWERERS = _rule("owner", STRANGERS)  # an admin, too, who was asked instead: tests/reviews
ROLE_HOLDERS = _rule("owner administrator member", STRANGERS)  # an admin has no role to give back
RECORDERS = _rule("owner administrator", STRANGERS)  # an admin audits without listening
RECORDING_KEEPERS = _rule("owner", STRANGERS)
RECORDING_AUDITORS = _rule("admin", STRANGERS)
OWN = _rule("owner", "administrator member stranger support admin")  # the session is the owner's

TABLE: Mapping[str, Rule] = {
    "access.change": ROOM_HOSTS,
    "access.grant": ROOM_HOSTS,
    "access.grant_several": ROOM_HOSTS,
    "access.index": ROOM_HOSTS,
    "access.new_grants": ROOM_HOSTS,
    "access.list_csv": ROOM_HOSTS,
    "access.leave": ROLE_HOLDERS,
    "access.find_in_review": ADMINS,
    "access.review_csv": ADMINS,
    "access.review_page": ADMINS,
    "access.revoke": ROOM_HOSTS,
    "access.transfer": ROOM_OWNERS,
    "access.undo_page": EVERYBODY,
    "access.take_back": EVERYBODY,  # of those the one who did it: tests/access
    "accounts.end_other_sessions": EVERYBODY,
    "accounts.end_session": OWN,
    "accounts.export": EVERYBODY,
    "accounts.show": EVERYBODY,
    "accounts.sign_out": EVERYBODY,
    "accounts.update_profile": EVERYBODY,
    "audit.activity": ROOM_HOSTS,
    "audit.chain_page": ADMINS,
    "audit.verify_chain": ADMINS,
    "audit.entry": ADMINS,
    "audit.find": ADMINS,
    "audit.find_reveals": ADMINS,
    "audit.reveals_csv": ADMINS,
    "audit.reveals_page": ADMINS,
    "audit.log": ADMINS,
    "audit.log_csv": ADMINS,
    "desk.findings": STAFF,
    "desk.rooms_in_use": STAFF,
    "desk.index": EVERYBODY,
    "hooks.index": STAFF,
    "hooks.replay": STAFF,
    "jobs.index": STAFF,
    "jobs.retry": STAFF,
    "jobs.run_now": STAFF,
    "lobby.admit": ROOM_HOSTS,
    "lobby.admit_all": ROOM_HOSTS,
    "lobby.clear_refused": ROOM_HOSTS,
    "lobby.admit_everywhere": EVERYBODY,  # of one's own rooms, which may be none
    "lobby.confirm_admit_everywhere": EVERYBODY,
    "lobby.confirm_deny_all": ROOM_HOSTS,
    "lobby.confirm_undo_deny": ROOM_HOSTS,  # of those the one who denied: tests/lobby
    "lobby.count": EVERYBODY,
    "lobby.deny": ROOM_HOSTS,
    "lobby.deny_all": ROOM_HOSTS,
    "lobby.index": EVERYBODY,
    "lobby.queue": ROOM_HOSTS,
    "lobby.undo_deny": ROOM_HOSTS,
    "lobby.waiting": EVERYBODY,
    "people.disable": ADMINS,
    "people.enable": ADMINS,
    "people.end_sessions": ADMINS,
    "people.export": ADMINS,
    "people.find": ADMINS,
    "people.forget": ADMINS,
    "people.index": ADMINS,
    "people.set_staff": ADMINS,
    "people.show": ADMINS,
    "recordings.delete": ROOM_OWNERS,
    "recordings.undo_delete": ROOM_OWNERS,  # of those the one who deleted: tests/recordings
    "recordings.delete_many": EVERYBODY,  # of what one chose, which may be nothing that is one's own: tests/recordings
    "recordings.heal": ROOM_HOSTS,
    "recordings.hold": RECORDING_AUDITORS,
    "recordings.index": EVERYBODY,
    "recordings.media_file": RECORDERS,  # members, too, where hosts let them: tests/recordings
    "recordings.now": ROOM_MEMBERS,
    "recordings.of_room": ROOM_MEMBERS,
    "recordings.preview_retention": RECORDING_KEEPERS,
    "recordings.resend_mail": ROOM_HOSTS,
    "recordings.set_retention": RECORDING_KEEPERS,
    "recordings.set_retention_of_many": EVERYBODY,
    "recordings.show": ROOM_MEMBERS,
    "recordings.start": RECORDERS,
    "recordings.stop": ROOM_HOSTS,
    "rooms.check_slug": EVERYBODY,
    "rooms.confirm_delete": ROOM_OWNERS,
    "rooms.create": EVERYBODY,
    "rooms.delete": ROOM_OWNERS,
    "rooms.confirm_let_members_watch": ROOM_HOSTS,
    "rooms.edit": ROOM_HOSTS,
    "rooms.find_owner": ADMINS,
    "rooms.generate_pin": ROOM_HOSTS,
    "rooms.hide_pin": ROOM_MEMBERS,
    "rooms.hide_dial_in_code": ROOM_INVITERS,
    "invitations.change": ROOM_INVITERS,
    "invitations.edit": ROOM_INVITERS,
    "invitations.index": ROOM_HOSTS,
    "invitations.newest": ROOM_HOSTS,
    "invitations.resend": ROOM_INVITERS,
    "invitations.save_calendar": ROOM_INVITERS,
    "invitations.send": ROOM_INVITERS,
    "invitations.send_new_pin": ROOM_INVITERS,
    "invitations.withdraw": ROOM_INVITERS,
    "rooms.index": EVERYBODY,
    "rooms.invite": ROOM_INVITERS,
    "rooms.let_members_watch": ROOM_HOSTS,
    "rooms.new": EVERYBODY,
    "rooms.print_card": ROOM_INVITERS,
    "rooms.reveal_pin": ROOM_MEMBERS,
    "rooms.save_link_code": ROOM_INVITERS,
    "rooms.show_dial_in_code": ROOM_INVITERS,
    "rooms.show_invitation": ROOM_INVITERS,
    "rooms.rotate_pin": ROOM_HOSTS,
    "rooms.stop_old_pin": ROOM_HOSTS,
    "rooms.set_phone": ROOM_HOSTS,
    "rooms.show": ROOM_MEMBERS,
    "rooms.update": ROOM_HOSTS,
    "reviews.answer": OWN,  # whoever owns a room of it, or was asked instead: tests/reviews
    "reviews.confirm": ROOM_ANSWERERS,
    "reviews.confirm_many": ROOM_ANSWERERS,
    "reviews.confirm_reassign": ADMINS,
    "reviews.end": ADMINS,
    "reviews.evidence_pack": ADMINS,
    "reviews.find_owner": ADMINS,
    "reviews.index": ADMINS,
    "reviews.lines": ADMINS,
    "reviews.new": ADMINS,
    "reviews.reassign": ADMINS,
    "reviews.remind": ADMINS,
    "reviews.remind_all": ADMINS,
    "reviews.remove": ROOM_ANSWERERS,
    "reviews.set_ending": ADMINS,
    "reviews.show": ADMINS,
    "reviews.start": ADMINS,
    "reviews.undo": ROOM_ANSWERERS,
    "tracer.ask": STAFF,
    "search.index": EVERYBODY,  # of what each may see: tests/search
    "setup.index": STAFF,
    "calls.show": STAFF,
    "calls.index": STAFF,
    "calls.list_csv": STAFF,
    "trunks.confirm_delete": ADMINS,
    "trunks.create": ADMINS,
    "trunks.delete": ADMINS,
    "trunks.edit": ADMINS,
    "live.end_meeting": ROOM_HOSTS,
    "tracer.index": STAFF,
    "tracer.show": _rule("", "support admin"),  # a question of nobody's; one's own is tested beside the page
    "live.inside": ROOM_MEMBERS,
    "trunks.move": STAFF,
    "trunks.move_rooms": ADMINS,
    "trunks.new_move": ADMINS,
    "trunks.new": ADMINS,
    "tracer.paste_log": STAFF,
    "trunks.pins": STAFF,
    "support.heal_recording": STAFF,
    "support.reconcile_room": STAFF,
    "repairs.repair": STAFF,
    "repairs.repair_all": STAFF,
    "repairs.new_csv": STAFF,
    "repairs.run": STAFF,
    "repairs.run_csv": STAFF,
    "repairs.index": STAFF,
    "repairs.new": STAFF,
    "mails.choose": EVERYBODY,
    "marketing.choose": EVERYBODY,
    "repairs.retry": STAFF,
    "repairs.show": STAFF,
    "repairs.stop": STAFF,
    "live.confirm_remove_participant": ROOM_HOSTS,
    "live.remove_participant": ROOM_HOSTS,
    "live.reveal_participant": _rule("admin", STRANGERS),  # hosts, too, where the room shows numbers: tests/live
    "doctor.finding_count": STAFF,
    "doctor.finding_kinds": STAFF,
    "doctor.await_rules": STAFF,
    "doctor.read_rules": STAFF,
    "doctor.index": STAFF,
    "trunks.confirm_open": ADMINS,
    "trunks.set_assignable": STAFF,
    "trunks.stop_move": ADMINS,
    "support.index": STAFF,
    "support.list_csv": STAFF,
    "support.show": STAFF,
    "support.bundle": STAFF,
    "doctor.sweep": STAFF,
    "trunks.show": STAFF,
    "trunks.index": STAFF,
    "trunks.update": ADMINS,
}
# What is already decided, gone or not live is a refusal of the moment, told to those who may ask.
FORMS = {"recordings.start": {"mode": "video"}, "access.change": {"role": "member"}}


def test_every_endpoint_stands_in_the_table_of_roles_or_on_the_public_list(app: Flask):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - PUBLIC == set(TABLE), "say in TABLE who may ask the new endpoint"
    assert endpoints >= PUBLIC, "the public list names what there is"


@pytest.mark.parametrize("who", PERSONAS)
def test_each_persona_may_ask_what_the_table_says_and_nothing_more(
    app: Flask, client_as: Callable[[str], Browser], livekit: LiveKit, who: str
):
    wrong, estate = [], furnish(livekit)
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint in TABLE]
    for method in ("GET", "POST"):
        for rule in (rule for rule in rules if method in (rule.methods or ())):
            limiter.reset()
            estate = furnish(livekit) if method == "POST" else estate  # what is only read is not used up
            url = estate.url(app, rule)
            answer = client_as(who).open(url, method=method, data=FORMS.get(rule.endpoint), buffered=True)
            expected = TABLE[rule.endpoint].expected(who)
            told: object = answer.status_code if answer.status_code in {401, 403, 404} else LET_IN
            if told != expected:
                wrong.append(f"{method} {rule.endpoint}: {told} ({answer.status_code}), not {expected}")
    assert wrong == []
