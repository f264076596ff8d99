"""Files for spreadsheets and programs: each column and each field stands here, so that a new one is thought about."""

import json
from typing import Any

import pytest
from flask import Flask

from tests.privacy.planted import Planted
from tests.support.spreadsheets import rows

# Who may have the file, and what in it, stands in the table of routes; these are the columns that were read for that.
COLUMNS = {
    "access.list_csv": "person email role granted_at granted_by revoked_at revoked_by",
    "access.review_csv": (
        "room link access_level person email staff disabled pending role granted_at granted_by change role_before "
        "revoked_at revoked_by"
    ),
    "audit.log_csv": (
        "at actor action target target_name room room_name outcome reason origin address request entry sentence"
    ),
    "audit.reveals_csv": "at seen_by what room reason how address",
    "calls.list_csv": (
        "came_at call room_id room trunk_id trunk caller verdict held_at decided_at decided_by left_at end_reason"
    ),
    "repairs.new_csv": "position finding kind room trunk rules",
    "repairs.run_csv": "position finding kind room trunk rules result problem done_at",
    "support.list_csv": "room_id room link finding severity rule trunk_id trunk live online calls",
}
FIELDS = (
    "events[].at events[].by events[].lag_ms events[].result events[].what lines[].differs lines[].key "
    "lines[].livekit lines[].ours livekit.problem livekit.room_sid made_at recordings[].agrees "
    "recordings[].egress_id recordings[].id recordings[].livekit recordings[].problem "
    "recordings[].proxy.administrator[] recordings[].proxy.member[] recordings[].proxy.none[] "
    "recordings[].proxy.owner[] recordings[].proxy.signed_out[] recordings[].reason recordings[].size "
    "recordings[].state recordings[].stored_size recordings[].truth room.access_level room.created_at "
    "room.deleted_at room.has_pin room.hide_phone_number room.id room.last_event_at room.last_used_at "
    "room.live_sid room.live_since room.old_pin_until room.old_sip_dispatch_rule_id room.phone_count "
    "room.phone_enabled room.reconcile_at room.rule_changed_at room.rule_problem[] room.sip_dispatch_rule_id "
    "room.trunk_id room.web_count"
)


def _csv(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.endswith("_csv")}


def test_every_file_for_spreadsheets_has_its_columns_here(app: Flask):
    assert _csv(app) == set(COLUMNS)


@pytest.mark.parametrize("endpoint", COLUMNS)
def test_a_file_has_the_columns_that_were_read_and_no_other(planted: Planted, endpoint: str):
    rule = next(planted.app.url_map.iter_rules(endpoint))
    answer = planted.fresh("owner" if endpoint == "access.list_csv" else "admin").get(
        planted.estate.url(planted.app, rule)
    )
    assert answer.status_code == 200
    head = next(line for line in rows(answer) if len(line) > 3)  # below what proves the file, if anything does
    assert " ".join(head) == COLUMNS[endpoint]


def _fields(told: Any, path: str = "") -> set[str]:
    if isinstance(told, dict):
        return set().union(*(_fields(value, f"{path}.{name}".strip(".")) for name, value in told.items()))
    if isinstance(told, list):
        return set().union(*(_fields(value, f"{path}[]") for value in told))
    return {path}


def test_the_support_bundle_has_the_fields_that_were_read_and_no_other(planted: Planted):
    room = planted.rooms["here"]
    told = json.loads(planted.fresh("support").get(f"/rooms/{room.slug}/support.json").text)
    assert " ".join(sorted(_fields(told))) == FIELDS
