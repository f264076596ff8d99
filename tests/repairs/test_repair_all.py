"""Many findings are repaired in a run that goes on after failures, crashes and reloads, and touches nothing foreign."""

from datetime import timedelta
from operator import itemgetter

import pytest
import sqlalchemy as sa

from tests.support import spreadsheets
from tests.support.installation import Installation
from tests.support.personas import SWAP
from tests.support.repairs import URL, As, begin, deed, ids, last_run, later, missing, orphan, press, results, twin, url
from tests.support.waiting import until
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.core import leases
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.repairs import runs as repairs
from webapp.repairs.models import ItemResult, RepairItem, RepairRun
from webapp.rooms.models import Room


def test_a_guard_beside_a_foreign_open_rule_is_made_narrow_once_and_is_then_a_persons(
    installation: Installation, client_as: As
):
    installation.live()
    (guard,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])
    installation.foreign(name="Night line")
    support = client_as("support")
    run = begin(support, ticket="INC1")
    until(lambda: last_run().ended_at)
    assert results(run) == {f"unguarded~{installation.trunk_id}": ItemResult.DONE}
    assert installation.guards()[0]["numbers"]
    again = support.post(URL, data={"scope": "all", "ticket": "INC1"}, follow_redirects=True)
    assert "Nothing was left to repair." in again.text
    assert press(support, url("narrow-guard"), name="Night line", ticket="INC1").status_code == 303
    installation.sweep()
    assert [each["numbers"] for each in installation.guards()] == [[]]


def test_a_repair_that_changes_no_rule_is_not_called_one(installation: Installation, client_as: As):
    room = installation.room()
    db.session.query(Room).filter_by(id=room.id).update({"sip_dispatch_rule_id": "SDR_lost"})
    db.session.commit()
    support = client_as("support")
    assert press(support, url("stale")).status_code == 303
    told = support.get(URL).text
    assert "Compared again: no rule was to be changed." in told and "Repaired. LiveKit" not in told
    db.session.refresh(room)
    assert room.sip_dispatch_rule_id is None


def test_an_item_whose_guard_is_as_it_should_be_is_skipped_and_says_why(
    installation: Installation, client_as: As, asleep: None
):
    installation.live()
    (guard,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])
    beside = installation.foreign(name="Night line")
    support = client_as("support")
    begin(support)
    repairs.work_off()
    assert installation.guards()[0]["numbers"], "it is narrow"
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=beside)
    run = begin(support)
    asked = installation.changes()
    repairs.work_off()
    assert list(results(run).values()) == [ItemResult.SKIPPED]
    assert "a person must check what is beside it" in support.get(f"{URL}{run.id}/").text
    assert installation.changes() == asked


def test_the_dry_run_counts_by_kind_and_changes_nothing(installation: Installation, client_as: As):
    orphan(installation), missing(installation), twin(installation)
    before, asked = ids(installation), installation.changes()
    page = client_as("support").get(URL + "new").text
    assert "Repair 2 findings" in page
    assert "only a person can fix" in page
    assert (ids(installation), installation.changes()) == (before, asked)
    assert "Repair 1 finding" in client_as("support").get(URL + "new?scope=orphan").text
    rows = spreadsheets.rows(client_as("support").get(URL + "new.csv"))
    assert [row[2] for row in rows] == ["kind", "missing", "orphan"]
    assert db.session.query(RepairRun).count() == 0


def test_everything_of_ours_is_repaired_and_the_trail_has_the_ticket(installation: Installation, client_as: As):
    gone, lacking = orphan(installation), missing(installation)
    foreign = installation.foreign(pin="99887766")
    run = begin(client_as("support"), ticket="INC0012345")
    assert set(results(run).values()) == {ItemResult.DONE}
    assert (run.total, run.done, run.failed, run.ended_at is not None) == (2, 2, 0, True)
    assert installation.rule_of(gone) is None
    assert installation.rule_of(lacking) is not None
    assert foreign in ids(installation)
    entry = deed("telephony.repair_all")
    assert (entry.reason, entry.details["count"], entry.details["scope"]) == ("INC0012345", 2, "all")


def test_each_repair_of_a_run_is_in_the_trail_with_its_rules_the_ticket_and_who_began_it(
    installation: Installation, client_as: As
):
    rooms = [orphan(installation) for _ in range(2)]
    gone = {str(room.sip_dispatch_rule_id) for room in rooms}
    installation.livekit.fail("DeleteSIPDispatchRule", "internal", times=1)
    support = client_as("support")
    run = begin(support, ticket="INC1")
    entries = db.session.query(AuditEntry).filter_by(action="rule.repair").all()
    assert {entry.target_id for entry in entries} == gone
    assert {rule_id for entry in entries for rule_id in entry.details["deleted"]} == gone
    assert {entry.room_id for entry in entries} == {room.id for room in rooms}
    assert {(entry.reason, entry.user_id) for entry in entries} == {("INC1", run.started_by_id)}
    outcomes = [(DeedOutcome.DONE, ""), (DeedOutcome.FAILED, "refused")]
    assert sorted(((entry.outcome, entry.problem) for entry in entries), key=itemgetter(1)) == outcomes
    assert support.post(f"{URL}{run.id}/retry").status_code == 303
    assert deed("telephony.retry_repairs").reason == "INC1"
    assert db.session.query(AuditEntry).filter_by(action="rule.repair").count() == 3


def test_what_is_already_so_or_no_longer_ours_is_no_repair_in_the_trail(
    installation: Installation, client_as: As, asleep: None
):
    orphan(installation)
    begin(client_as("support"))
    installation.sweep()
    repairs.work_off()
    assert db.session.query(AuditEntry).filter(AuditEntry.action.startswith("rule.")).count() == 0


def test_stopping_a_run_is_in_the_trail_with_its_ticket(installation: Installation, client_as: As, asleep: None):
    orphan(installation)
    support = client_as("support")
    run = begin(support, ticket="INC1")
    assert support.post(f"{URL}{run.id}/stop").status_code == 303
    assert deed("telephony.stop_repairs").reason == "INC1"


def test_a_run_over_one_kind_leaves_the_others(installation: Installation, client_as: As):
    gone, lacking = orphan(installation), missing(installation)
    run = begin(client_as("support"), scope="orphan")
    assert (run.scope, run.total, run.done) == ("orphan", 1, 1)
    assert installation.rule_of(gone) is None
    assert installation.rule_of(lacking) is None


def test_a_run_never_touches_a_foreign_rule(installation: Installation, client_as: As):
    foreign = [
        *twin(installation),
        *installation.store(
            {"rule": {"dispatch_rule_direct": {"room_name": "", "pin": "1"}}, "name": "empty", "trunk_ids": []},
            {"rule": {}, "name": "no kind", "trunk_ids": [installation.trunk_id]},
            {"rule": {"dispatch_rule_direct": {"room_name": "x", "pin": "12ab"}}, "trunk_ids": ["ST_gone"]},
        ),
    ]
    before = installation.livekit.rules()
    support = client_as("support")
    for scope in ("all", "conflict", "wildcard", "no-kind", "dangling-trunk"):
        answer = support.post(URL, data={"scope": scope})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/telephony/rules/")
    assert installation.livekit.rules() == before
    assert len(foreign) == 5
    assert installation.changes() == 0


def test_a_failure_stops_no_other_item_and_is_tried_again_with_a_button(installation: Installation, client_as: As):
    rooms = [orphan(installation) for _ in range(4)]
    installation.livekit.fail("DeleteSIPDispatchRule", "internal", times=1)
    support = client_as("support")
    run = begin(support)
    assert (run.done, run.failed, run.ended_at is not None) == (3, 1, True)
    page = support.get(f"{URL}{run.id}/").text
    assert "Retry 1" in page and "LiveKit refused" in page
    assert support.post(f"{URL}{run.id}/retry").status_code == 303
    run = last_run()
    assert (run.done, run.failed) == (4, 0)
    assert not any(installation.rule_of(room) for room in rooms)
    assert support.post(f"{URL}{run.id}/retry").status_code == 303
    assert "Already right" in support.get(f"{URL}{run.id}/").text


def test_what_is_to_be_tried_again_just_as_the_worker_ends_the_run_is_not_forgotten(
    installation: Installation, client_as: As
):
    orphan(installation)
    installation.livekit.fail("DeleteSIPDispatchRule", "internal", times=1)
    support = client_as("support")
    run = begin(support)
    with leases.held(repairs.LEASE) as mine:  # the worker has done its last item, and has not ended the run yet
        assert mine
        assert support.post(f"{URL}{run.id}/retry").status_code == 303
        repairs._settle(run.id, "")
    assert last_run().ended_at is None
    repairs.resume(str(run.id))
    run = last_run()
    assert (run.done, run.failed, run.ended_at is not None) == (1, 0, True)


def test_a_second_run_says_already_so(installation: Installation, client_as: As):
    orphan(installation)
    support = client_as("support")
    begin(support)
    assert support.post(URL, data={"scope": "all"}).headers["Location"] == "/telephony/rules/"
    assert "Nothing was left to repair" in support.get(URL).text
    assert db.session.query(RepairRun).count() == 1


def test_what_was_put_right_between_the_dry_run_and_its_turn_is_already_so(
    installation: Installation, client_as: As, asleep: None
):
    orphan(installation)
    begin(client_as("support"))
    installation.sweep()
    asked = installation.changes()
    repairs.work_off()
    run = last_run()
    assert (run.already_so, run.done) == (1, 0)
    assert installation.changes() == asked


def test_a_run_whose_process_ended_before_its_first_item_is_due_work(
    installation: Installation, client_as: As, asleep: None
):
    room = orphan(installation)
    run = begin(client_as("support"))
    assert results(run) == {next(iter(results(run))): ItemResult.WAITING}
    later()
    assert last_run().done == 1
    assert installation.rule_of(room) is None


def test_due_work_comes_again_while_another_worker_is_at_the_run(
    installation: Installation, client_as: As, asleep: None
):
    room = orphan(installation)
    begin(client_as("support"))
    with leases.held(repairs.LEASE) as mine:
        assert mine
        later()
        assert installation.rule_of(room) is not None
    later()
    assert installation.rule_of(room) is None
    later()
    assert db.session.query(DueWork).filter(DueWork.done_at.is_(None)).count() == 0


def test_while_livekit_is_away_the_rest_waits_and_goes_on_by_itself(
    installation: Installation, client_as: As, asleep: None
):
    for _ in range(repairs.GIVE_UP + 3):
        orphan(installation)
    support = client_as("support")
    run = begin(support)
    installation.livekit.fail("DeleteSIPDispatchRule", "unavailable", times=repairs.GIVE_UP)
    repairs.work_off()
    run = last_run()
    assert (run.failed, run.looked_at, run.ended_at) == (repairs.GIVE_UP, repairs.GIVE_UP, None)
    assert "It continues automatically" in support.get(f"{URL}{run.id}/").text
    later()
    run = last_run()
    assert (run.done, run.problem, run.ended_at is not None) == (3, "", True)


def test_a_livekit_that_cannot_be_read_leaves_all_items_waiting(
    installation: Installation, client_as: As, asleep: None
):
    orphan(installation)
    support = client_as("support")
    run = begin(support)
    installation.livekit.go_away()
    later()
    assert set(results(run).values()) == {ItemResult.WAITING}
    assert support.get(f"{URL}new").status_code == 200
    assert support.post(URL, data={"scope": "all"}).status_code == 502
    installation.livekit.heal()
    later()
    assert last_run().done == 1


def test_a_run_is_stopped_and_what_was_not_looked_at_is_skipped(
    installation: Installation, client_as: As, asleep: None
):
    rooms = [orphan(installation) for _ in range(3)]
    support = client_as("support")
    run = begin(support)
    assert "0 of 3" in support.get(f"{URL}{run.id}/").text
    assert support.post(f"{URL}{run.id}/stop").status_code == 303
    later()
    run = last_run()
    assert (run.skipped, run.done, run.ended_at is not None) == (3, 0, True)
    assert all(installation.rule_of(room) for room in rooms)
    assert "Stopped" in support.get(URL).text
    assert support.post(f"{URL}{run.id}/stop").status_code == 303
    assert db.session.query(AuditEntry).filter_by(action="telephony.stop_repairs").count() == 1


def test_livekits_lists_are_read_once_for_all_items(installation: Installation, client_as: As, asleep: None):
    for _ in range(6):
        orphan(installation)
    begin(client_as("support"))
    before = installation.livekit.calls("ListSIPDispatchRule")
    repairs.work_off()
    assert installation.livekit.calls("ListSIPDispatchRule") - before == 1 + 6, "and each rule by its id, at its end"
    assert last_run().done == 6


def test_the_progress_line_survives_a_reload_and_is_followed_until_the_end(
    installation: Installation, client_as: As, asleep: None
):
    orphan(installation), orphan(installation)
    support = client_as("support")
    run = begin(support)
    page = f"{URL}{run.id}/"
    for _reload in range(2):
        shown = support.get(page).text
        assert '<progress aria-label="Repairing" value="0" max="2">' in shown
        assert 'hx-trigger="every 2s"' in shown
    repairs.work_off()
    fragment = support.get(page, headers=SWAP).text
    assert fragment.lstrip().startswith('<div id="repair-run"')
    assert "every 2s" not in fragment and "2 were repaired" in fragment


def test_items_are_filtered_paged_and_downloaded_and_tell_nobodys_number_or_pin(
    installation: Installation, client_as: As, capsys: pytest.CaptureFixture[str]
):
    rooms = [orphan(installation) for _ in range(3)]
    installation.livekit.fail("DeleteSIPDispatchRule", "internal", times=1)
    support = client_as("support")
    run = begin(support, ticket="INC7")
    page = f"{URL}{run.id}/"
    failed = support.get(f"{page}?show=failed").text
    assert failed.count('scope="row"') == 1
    assert "No matching items" in support.get(f"{page}?show=skipped").text
    file = support.get(f"{page}items.csv")
    table, rows = file.text, spreadsheets.entries(file)
    assert sorted(row["result"] for row in rows) == ["done", "done", "failed"]
    assert {row["room"] for row in rows} == {str(room.id) for room in rooms}
    trail = str([(entry.details, entry.reason) for entry in db.session.query(AuditEntry)])
    told = failed + support.get(page).text + table + trail + support.get(URL).text + "".join(capsys.readouterr())
    assert "INC7" in told
    for room in rooms:
        assert str(room.pin) not in told
    assert "15550001" not in told


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_people_without_a_staff_role_see_and_begin_no_run(installation: Installation, client_as: As, who: str):
    orphan(installation)
    run = begin(client_as("support"))
    browser = client_as(who)
    for path in ("", "new", "new.csv", f"{run.id}/", f"{run.id}/items.csv"):
        assert browser.get(URL + path).status_code == 403
    for path in ("", f"{run.id}/stop", f"{run.id}/retry"):
        assert browser.post(URL + path).status_code == 403


def test_a_ticket_that_looks_like_a_number_begins_no_run(installation: Installation, client_as: As):
    orphan(installation)
    answer = client_as("support").post(URL, data={"scope": "all", "ticket": "+33199001122"})
    assert answer.status_code == 422
    assert db.session.query(RepairRun).count() == 0


def test_a_run_is_forgotten_long_after_its_end_with_its_items(client_as: As, installation: Installation):
    missing(installation)
    over = begin(client_as("support"))
    over.ended_at = utcnow() - repairs.KEPT - timedelta(minutes=1)
    db.session.commit()
    missing(installation)
    newer = begin(client_as("support"))
    assert repairs.purge() == 1
    assert [item.run_id for item in db.session.scalars(sa.select(RepairItem))] == [newer.id]


def test_a_run_takes_no_thread_that_hooks_wait_for(installation: Installation, client_as: As, busy: None):
    orphan(installation)
    assert begin(client_as("support")).done == 1
