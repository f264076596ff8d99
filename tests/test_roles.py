"""Who may ask what: one table for every endpoint and every persona, so that a new endpoint cannot be forgotten."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask

from tests.estate import furnish
from tests.livekit import LiveKit
from tests.personas import PERSONAS, Browser
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
ROOM_OWNERS = _rule("owner admin", STRANGERS)
ROLE_HOLDERS = _rule("owner administrator member", STRANGERS)  # an admin has no role to give back
RECORDERS = _rule("owner administrator", STRANGERS)  # an admin audits without listening
RECORDING_HOSTS = _rule("owner administrator admin", "member stranger support")
RECORDING_LISTENERS = _rule("owner administrator", "member stranger support")
RECORDING_KEEPERS = _rule("owner", "member stranger support")
RECORDING_DELETERS = _rule("owner admin", "member stranger support")
OWN = _rule("owner", "administrator member stranger support admin")  # the session is the owner's

TABLE: Mapping[str, Rule] = {
    "access.change": ROOM_HOSTS,
    "access.grant": ROOM_HOSTS,
    "access.index": ROOM_HOSTS,
    "access.list_csv": ROOM_HOSTS,
    "access.leave": ROLE_HOLDERS,
    "access.revoke": ROOM_HOSTS,
    "access.transfer": ROOM_OWNERS,
    "accounts.end_other_sessions": EVERYBODY,
    "accounts.end_session": OWN,
    "accounts.show": EVERYBODY,
    "accounts.sign_out": EVERYBODY,
    "accounts.update_profile": EVERYBODY,
    "audit.activity": ROOM_HOSTS,
    "audit.find": ADMINS,
    "audit.log": ADMINS,
    "audit.log_csv": ADMINS,
    "desk.findings": STAFF,
    "desk.index": EVERYBODY,
    "hooks.index": STAFF,
    "hooks.replay": STAFF,
    "jobs.index": STAFF,
    "jobs.retry": STAFF,
    "jobs.run_now": STAFF,
    "lobby.admit": ROOM_HOSTS,
    "lobby.admit_all": ROOM_HOSTS,
    "lobby.admit_everywhere": EVERYBODY,  # of one's own rooms, which may be none
    "lobby.confirm_admit_everywhere": EVERYBODY,
    "lobby.count": EVERYBODY,
    "lobby.deny": ROOM_HOSTS,
    "lobby.deny_all": ROOM_HOSTS,
    "lobby.index": EVERYBODY,
    "lobby.queue": ROOM_HOSTS,
    "lobby.undo_deny": ROOM_HOSTS,
    "lobby.waiting": EVERYBODY,
    "recordings.delete": RECORDING_DELETERS,
    "recordings.heal": RECORDING_HOSTS,
    "recordings.index": EVERYBODY,
    "recordings.media_file": RECORDING_LISTENERS,
    "recordings.of_room": ROOM_HOSTS,
    "recordings.set_retention": RECORDING_KEEPERS,
    "recordings.show": RECORDING_HOSTS,
    "recordings.start": RECORDERS,
    "recordings.stop": RECORDING_HOSTS,
    "rooms.check_slug": EVERYBODY,
    "rooms.confirm_delete": ROOM_OWNERS,
    "rooms.create": EVERYBODY,
    "rooms.delete": ROOM_OWNERS,
    "rooms.edit": ROOM_HOSTS,
    "rooms.find_owner": ADMINS,
    "rooms.generate_pin": ROOM_HOSTS,
    "rooms.hide_pin": ROOM_MEMBERS,
    "rooms.index": EVERYBODY,
    "rooms.new": EVERYBODY,
    "rooms.reveal_pin": ROOM_MEMBERS,
    "rooms.rotate_pin": ROOM_HOSTS,
    "rooms.stop_old_pin": ROOM_HOSTS,
    "rooms.set_phone": ROOM_HOSTS,
    "rooms.show": ROOM_MEMBERS,
    "rooms.update": ROOM_HOSTS,
    "telephony.ask_call": STAFF,
    "setup.index": STAFF,
    "telephony.call": STAFF,
    "telephony.calls": STAFF,
    "telephony.calls_csv": STAFF,
    "telephony.confirm_delete_trunk": ADMINS,
    "telephony.create_trunk": ADMINS,
    "telephony.delete_trunk": ADMINS,
    "telephony.edit_trunk": ADMINS,
    "telephony.end_meeting": ROOM_HOSTS,
    "telephony.explain": STAFF,
    "telephony.explained": _rule("", "support admin"),  # a question of nobody's; one's own is tested beside the page
    "telephony.inside": ROOM_MEMBERS,
    "telephony.move": STAFF,
    "telephony.move_rooms": ADMINS,
    "telephony.new_move": ADMINS,
    "telephony.new_trunk": ADMINS,
    "telephony.paste_log": STAFF,
    "telephony.pins": STAFF,
    "telephony.reconcile_room": STAFF,
    "telephony.repair": STAFF,
    "telephony.repair_all": STAFF,
    "telephony.repair_all_csv": STAFF,
    "telephony.repair_run": STAFF,
    "telephony.repair_run_csv": STAFF,
    "telephony.repairs": STAFF,
    "telephony.confirm_repair_all": STAFF,
    "telephony.retry_repairs": STAFF,
    "telephony.show_repair": STAFF,
    "telephony.stop_repairs": STAFF,
    "telephony.remove_participant": ROOM_HOSTS,
    "telephony.finding_count": STAFF,
    "telephony.finding_kinds": STAFF,
    "telephony.await_rules": STAFF,
    "telephony.read_rules": STAFF,
    "telephony.rules": STAFF,
    "telephony.set_assignable": STAFF,
    "telephony.stop_move": ADMINS,
    "telephony.support": STAFF,
    "telephony.support_bundle": STAFF,
    "telephony.sweep": STAFF,
    "telephony.trunk": STAFF,
    "telephony.trunks": STAFF,
    "telephony.update_trunk": ADMINS,
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
