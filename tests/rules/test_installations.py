"""Two Frontdesks on one LiveKit: each keeps its own rules, and neither removes or edits what the other made."""

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.background import do_before_the_answer
from tests.support.installation import Installation, said
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from webapp import create_app
from webapp.core import due
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.live import reconcile
from webapp.live import sweep as sweeping
from webapp.models import metadata
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import installation as identities
from webapp.rules import wanted
from webapp.rules.models import Installation as Row

Rule = dict[str, Any]
Other = Callable[[], Any]
STAGING = "https://staging.example.org"
UNMARKED = {"metadata": ""}


def mark(rule: Rule) -> str:
    return str(json.loads(rule["metadata"] or "{}").get("frontdesk", ""))


def stored(livekit: LiveKit) -> dict[str, Rule]:
    return {rule["sip_dispatch_rule_id"]: rule for rule in livekit.rules()}


def unmark(livekit: LiveKit) -> None:
    """As an older version left its rules."""
    for rule in livekit.rules():
        changed = {name: value for name, value in {**rule, **UNMARKED}.items() if value is not None}
        livekit.call("SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule["sip_dispatch_rule_id"], replace=changed)


def forget_who_we_are() -> None:
    db.session.execute(sa.delete(Row))
    db.session.commit()


@pytest.fixture
def other(installation: Installation, settings: Settings, tmp_path: Path, app: Flask) -> Iterator[Other]:
    """Another Frontdesk, with a database of its own, on the same LiveKit and trunk; what stands in the block is its."""
    told = {"database_url": f"sqlite:///{tmp_path / 'other.sqlite3'}", "public_url": "https://other.example.org"}
    theirs = create_app(settings.model_copy(update=told))
    do_before_the_answer(theirs)
    theirs.extensions[due.RUNNER] = app.extensions[due.RUNNER]

    @contextmanager
    def there() -> Iterator[Installation]:
        with theirs.app_context():
            yield Installation(installation.livekit, installation.trunk_id)
            db.session.rollback()

    with theirs.app_context():
        metadata.create_all(db.engine)
        db.session.add(TrunkRow(sip_trunk_id=installation.trunk_id, name="Harbour", number="+15550001"))
        db.session.commit()
    yield there
    with theirs.app_context():
        db.dispose()


@pytest.fixture
def copied(installation: Installation, other: Other) -> Iterator[Callable[[], Any]]:
    """The other Frontdesk is a copy of this one's database, as it stands when this is called."""

    def copy() -> Other:
        tables = [metadata.tables[name] for name in ("installations", "trunks", "phone_pins", "rooms")]
        rows = [db.session.execute(sa.select(table)).mappings().all() for table in tables]
        db.session.commit()
        with other():
            for table in reversed(tables):
                db.session.execute(sa.delete(table))
            for table, found in zip(tables, rows, strict=True):
                db.session.execute(sa.insert(table), [dict(row) for row in found])
            db.session.commit()
        return other

    return copy


def test_each_sweeps_and_neither_touches_a_rule_or_a_guard_of_the_other(installation: Installation, other: Other):
    mine = installation.live(hide_phone_number=True).sip_dispatch_rule_id
    with other() as there:
        theirs = there.live(hide_phone_number=True).sip_dispatch_rule_id
    before = stored(installation.livekit)
    assert {mine, theirs} < set(before) and len({mark(rule) for rule in before.values()}) == 2
    for _ in range(2):
        assert installation.sweep().failures == []
        with other() as there:
            assert there.sweep().failures == []
    assert stored(installation.livekit) == before


def test_a_double_is_removed_by_the_one_whose_it_is(installation: Installation, other: Other):
    installation.live()
    with other() as there:
        room = there.live()
        rule = there.rule_of(room)
    assert rule is not None
    (double,) = installation.store({**rule, "sip_dispatch_rule_id": "", "trunk_ids": [installation.trunk("+15550009")]})
    installation.sweep()
    assert double in stored(installation.livekit)
    with other() as there:
        there.sweep()
    assert double not in stored(installation.livekit) and rule["sip_dispatch_rule_id"] in stored(installation.livekit)


def test_one_guard_is_enough_for_both_and_when_it_goes_the_other_makes_one(installation: Installation, other: Other):
    installation.live(hide_phone_number=True)
    (guard,) = installation.guards()
    with other() as there:
        room = there.live(hide_phone_number=True)
        assert (said(room), there.guards()) == ("", [guard])
        row = db.session.get_one(TrunkRow, there.trunk_id)
        assert (row.guard_rule_id, row.guard_problem) == (None, "")
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])
    with other() as there:
        there.sweep()
        (made,) = there.guards()
    assert mark(made) not in ("", mark(guard))
    installation.sweep()
    assert installation.guards() == [made]


def test_a_pin_that_the_other_has_on_the_trunk_waits_and_says_so(installation: Installation, other: Other):
    with other() as there:
        theirs = there.live(pin="73999999")
        rule = there.rule_of(theirs)
    room = installation.room(pin="73999999")
    installation.join(room)
    reconcile.now(room)
    assert rule is not None
    assert said(room) == (
        f"Rule {rule['sip_dispatch_rule_id']} of another Frontdesk has the same trunk and PIN. Change this room's PIN."
    )
    installation.sweep()
    assert stored(installation.livekit)[rule["sip_dispatch_rule_id"]] == rule


def test_the_rules_page_and_the_doctor_say_that_it_is_another_frontdesks(
    installation: Installation, other: Other, client_as: Callable[[str], Browser]
):
    with other() as there:
        theirs = there.live().sip_dispatch_rule_id
        db.session.rollback()
    support = client_as("support")
    page = support.get("/telephony/rules/read?show=other").text
    row = page[page.index(f"<code>{theirs}</code>") :]
    assert "Another Frontdesk" in row[: row.index("</tr>")]
    assert "Rules on “Harbour” belong to another Frontdesk" in page
    assert "Named like Frontdesk" not in page, "no impostor: it is nobody's fault"


def test_a_copy_of_the_database_at_another_address_leaves_the_originals_rules(
    installation: Installation, copied: Callable[[], Other]
):
    room = installation.live(hide_phone_number=True)
    installation.sweep()
    before = stored(installation.livekit)
    there = copied()
    with there() as staging:
        same = db.session.get_one(Room, room.id)
        same.phone_enabled = False
        db.session.commit()
        reconcile.now(same)
        staging.sweep()
        same.phone_enabled = True
        db.session.commit()
        reconcile.now(same)
        staging.sweep()
        assert same.sip_dispatch_rule_id is None
    assert stored(installation.livekit) == before
    assert installation.sweep().failures == []
    assert stored(installation.livekit) == before


def test_a_copy_leaves_rules_of_the_original_that_do_not_say_yet_whose_they_are(
    installation: Installation, copied: Callable[[], Other]
):
    room = installation.live(hide_phone_number=True)
    there = copied()
    unmark(installation.livekit)
    before = stored(installation.livekit)
    with there() as staging:
        staging.sweep()
        same = db.session.get_one(Room, room.id)
        same.phone_enabled = False
        db.session.commit()
        reconcile.now(same)
    assert stored(installation.livekit) == before


def test_rules_from_before_the_upgrade_get_the_id_in_place(installation: Installation):
    rooms = [installation.live(hide_phone_number=True) for _ in range(3)]
    unmark(installation.livekit)
    forget_who_we_are()
    before = stored(installation.livekit)
    deleted = installation.livekit.calls("DeleteSIPDispatchRule")
    assert installation.sweep().failures == []
    now = stored(installation.livekit)
    assert {mark(rule) for rule in now.values()} == {identities.identity().own}
    assert {rule_id: {**rule, **UNMARKED} for rule_id, rule in now.items()} == before
    assert installation.livekit.calls("DeleteSIPDispatchRule") == deleted
    assert [db.session.get_one(Room, room.id).sip_dispatch_rule_id in now for room in rooms] == [True] * 3
    changes = installation.changes()
    installation.sweep()
    assert installation.changes() == changes


def test_an_upgrade_changes_only_so_many_rules_in_one_sweep(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(5):
        installation.live(hide_phone_number=False)
    unmark(installation.livekit)
    found = []
    for _ in range(3):
        done = sweeping.Swept(marks_left=2)
        sweeping._put_right(set(), {}, done)
        found.append(sum(1 for rule in installation.livekit.rules() if mark(rule)))
    assert found == [2, 4, 5] and sweeping.MARKED <= 500


def test_what_livekit_refused_to_mark_is_marked_by_the_next_sweep(installation: Installation):
    installation.live(hide_phone_number=False)
    unmark(installation.livekit)
    installation.livekit.fail("UpdateSIPDispatchRule", "unavailable")
    assert installation.sweep().failures == ["unavailable"]
    assert not any(map(mark, installation.livekit.rules()))
    installation.livekit.heal()
    assert installation.sweep().failures == []
    assert all(map(mark, installation.livekit.rules()))


def test_while_livekit_lets_nobody_change_a_trunks_rules_a_mark_waits_and_no_sweep_fails(installation: Installation):
    installation.live(hide_phone_number=False)
    unmark(installation.livekit)
    direct = {"dispatch_rule_direct": {"room_name": "theirs", "pin": "4711"}}
    pair = {"rule": direct, "trunk_ids": [installation.trunk_id]}
    foreign, _other = installation.store(pair, pair)
    assert installation.sweep().failures == []
    assert not any(map(mark, installation.livekit.rules()))
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=foreign)
    assert installation.sweep().failures == []
    assert sum(1 for rule in installation.livekit.rules() if mark(rule)) == 1


def test_two_processes_that_start_at_once_know_each_others_rules(app: Flask):
    def name() -> str:
        with app.app_context():
            return identities.own_id()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: name(), range(4)))
    identity = identities.identity()
    assert made <= set(identity.ids) and not identity.is_copy
    assert identities.own_id() == identity.own == identity.ids[0]


@pytest.mark.parametrize("changed", [{"public_url": STAGING}, {"livekit_url": "https://livekit.staging.example.org"}])
def test_at_another_address_the_same_database_is_another_installation(
    app: Flask, change_settings: Callable[..., None], changed: dict[str, str]
):
    first = identities.own_id()
    change_settings(**changed)
    assert identities.identity() == identities.OwnIds((), is_copy=True)
    assert identities.own_id() != first
    assert identities.identity().is_copy and first not in identities.identity().ids


def test_one_address_in_two_spellings_is_one(app: Flask, change_settings: Callable[..., None]):
    change_settings(livekit_url="https://LiveKit.example.org", public_url="https://desk.example.org:443")
    first = identities.own_id()
    change_settings(livekit_url="https://livekit.example.org:443/", public_url="https://Desk.example.org")
    assert identities.own_id() == first


def test_an_installation_that_moved_keeps_its_rules_once_somebody_says_so(
    installation: Installation, app: Flask, change_settings: Callable[..., None]
):
    room = installation.live()
    rule_id, first = room.sip_dispatch_rule_id, identities.own_id()
    change_settings(public_url="https://moved.example.org")
    installation.sweep()
    assert room.sip_dispatch_rule_id is None and rule_id in stored(installation.livekit)
    answer = app.test_cli_runner().invoke(args=["installation", "keep"])
    assert answer.exit_code == 0, answer.output
    assert identities.own_id() == first
    installation.sweep()
    db.session.refresh(room)
    assert (room.sip_dispatch_rule_id, room.rule_problem) == (rule_id, "")
    again = app.test_cli_runner().invoke(args=["installation", "keep"])
    assert again.exit_code == 1 and "no other addresses" in again.output


def test_a_rule_that_took_another_installations_id_is_left_when_the_meeting_ends(installation: Installation):
    room = installation.live()
    rule = installation.rule_of(room)
    assert rule is not None
    theirs = {**rule, "metadata": json.dumps({"frontdesk": str(uuid.uuid4())})}
    told = {name: value for name, value in theirs.items() if value is not None}
    installation.livekit.call(
        "SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule["sip_dispatch_rule_id"], replace=told
    )
    installation.leave(room)
    reconcile.now(room)
    installation.sweep()
    assert stored(installation.livekit)[rule["sip_dispatch_rule_id"]] == theirs
    assert room.sip_dispatch_rule_id is None


def test_metadata_that_others_wrote_is_kept_beside_the_id(installation: Installation):
    room = installation.live()
    rule = installation.rule_of(room)
    assert rule is not None and wanted.rule_name(room.id) == rule["name"]
    told = {**rule, "metadata": '{"theme": "dark"}'}
    told = {name: value for name, value in told.items() if value is not None}
    installation.livekit.call(
        "SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule["sip_dispatch_rule_id"], replace=told
    )
    installation.sweep()
    changed = installation.rule_of(room)
    assert changed is not None
    assert json.loads(changed["metadata"]) == {"theme": "dark", "frontdesk": identities.own_id()}
