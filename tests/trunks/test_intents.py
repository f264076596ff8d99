"""Trunks are made, changed and deleted by intent: recorded first, then LiveKit is asked; whatever happens is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.database import failing, somebody_inserts_first
from tests.support.installation import Installation
from tests.support.personas import SWAP, Browser
from webapp.audit.models import AuditEntry, DeedOutcome, Intent
from webapp.core.db import db, utcnow
from webapp.core.leases import Lease
from webapp.livekit.errors import LiveKitUnavailable
from webapp.rooms.models import TrunkRow

As = Callable[[str], Browser]
PAGE = "/telephony/trunks/"
FIELDS = {"name": "Night line", "numbers": "", "allowed_addresses": "192.0.2.7"}
LATER = timedelta(minutes=2)
METHODS = {
    "create": "CreateSIPInboundTrunk",
    "update": "UpdateSIPInboundTrunk",
    "delete": "DeleteSIPTrunk",
}


def act(admin: Browser, installation: Installation, verb: str) -> Any:
    """Send the form of a verb."""
    if verb == "create":
        return admin.post(PAGE, data=FIELDS)
    if verb == "update":
        return admin.post(f"{PAGE}{installation.trunk_id}/", data=FIELDS)
    return admin.post(f"{PAGE}{installation.trunk_id}/delete", data={"sure": "y"})


def entry() -> AuditEntry:
    """The one deed, as it is stored."""
    db.session.rollback()
    found = db.session.scalars(sa.select(AuditEntry)).one()
    db.session.refresh(found)
    db.session.commit()
    return found


def sweep_after(installation: Installation, age: timedelta) -> None:
    """The sweep that comes so long after the deed."""
    db.session.execute(sa.update(AuditEntry).values(at=utcnow() - age))
    db.session.commit()
    assert installation.sweep().failures == []


def names(installation: Installation) -> list[str]:
    return sorted(trunk["name"] for trunk in installation.livekit.trunks())


@pytest.mark.parametrize("verb", METHODS)
def test_a_deed_that_livekit_did_without_saying_so_is_confirmed_by_the_sweep(
    installation: Installation, client_as: As, verb: str
):
    installation.livekit.fail(METHODS[verb], "deadline_exceeded", applied=True)
    answer = act(client_as("admin"), installation, verb)
    assert (answer.status_code, "t confirmed" in answer.text) == (502, True)
    assert entry().outcome is DeedOutcome.NOT_CONFIRMED
    assert "Not confirmed yet" in client_as("admin").get("/audit/log").text
    sweep_after(installation, timedelta(0))
    assert (entry().outcome, db.session.query(Intent).count()) == (DeedOutcome.DONE, 0)
    rows = {row.sip_trunk_id: row for row in db.session.scalars(sa.select(TrunkRow))}
    row = rows[entry().target_id]
    assert (row.gone_at is None, row.assignable) == (verb != "delete", verb != "delete")
    assert row.name == ("Harbour" if verb == "delete" else "Night line")
    assert installation.livekit.calls(METHODS[verb]) == 1


@pytest.mark.parametrize("verb", METHODS)
def test_a_deed_that_livekit_did_not_do_stays_open_for_a_minute_and_then_has_failed(
    installation: Installation, client_as: As, verb: str
):
    before = names(installation)
    installation.livekit.fail(METHODS[verb], "deadline_exceeded")
    act(client_as("admin"), installation, verb)
    sweep_after(installation, timedelta(0))
    assert entry().outcome is DeedOutcome.NOT_CONFIRMED  # a slow LiveKit may still do it
    sweep_after(installation, LATER)
    assert entry().outcome is DeedOutcome.FAILED
    assert "Failed:" in client_as("admin").get("/audit/log").text
    assert (names(installation), db.session.query(TrunkRow).count()) == (before, 1)


@pytest.mark.parametrize("verb", METHODS)
def test_a_refusal_is_recorded_as_failed(installation: Installation, client_as: As, verb: str):
    before = names(installation)
    installation.livekit.fail(METHODS[verb], "invalid_argument", message="no such thing")
    answer = act(client_as("admin"), installation, verb)
    assert answer.status_code == (502 if verb == "delete" else 422)
    assert (entry().outcome, entry().problem) == (DeedOutcome.FAILED, "invalid_argument")
    assert "invalid_argument" in client_as("admin").get("/audit/log").text
    assert names(installation) == before


@pytest.mark.parametrize("verb", METHODS)
@pytest.mark.parametrize("error", [ValueError("+15551234567"), LiveKitUnavailable("timeout")])
def test_what_breaks_on_our_side_once_livekit_has_done_it_makes_nobody_say_that_nothing_was_changed(
    installation: Installation, client_as: As, verb: str, error: Exception
):
    with failing("UPDATE audit_entries", error):
        answer = act(client_as("admin"), installation, verb)
    assert (answer.status_code, "t confirmed" in answer.text) == (500, True)
    assert "Nothing was changed" not in answer.text
    assert entry().outcome is DeedOutcome.NOT_CONFIRMED
    sweep_after(installation, timedelta(0))
    assert (entry().outcome, installation.livekit.calls(METHODS[verb])) == (DeedOutcome.DONE, 1)


def test_a_new_trunk_whose_row_the_sweep_inserts_meanwhile_takes_new_rooms_all_the_same(
    installation: Installation, client_as: As
):
    one_writer_at_a_time_there()
    with somebody_inserts_first("trunks") as came_between:
        answer = act(client_as("admin"), installation, "create")
    assert (answer.status_code, len(came_between)) == (303, 1)
    row = db.session.get_one(TrunkRow, entry().target_id)
    assert (entry().outcome, row.name, row.assignable) == (DeedOutcome.DONE, "Night line", True)


def test_a_sweep_between_whose_look_and_insert_the_trunk_is_remembered_goes_on(installation: Installation):
    one_writer_at_a_time_there()
    theirs = {"name": "Night line", "numbers": ["+15550009"]}
    trunk_id = installation.livekit.call("SIP", "CreateSIPInboundTrunk", trunk=theirs)["sip_trunk_id"]
    with somebody_inserts_first("trunks") as came_between:
        assert installation.sweep().failures == []
    assert (db.session.get_one(TrunkRow, trunk_id).name, len(came_between)) == ("Night line", 1)


def one_writer_at_a_time_there() -> None:
    """Go on where two may write at the same time."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets nobody come between a writer's look and its insert")


def test_before_livekit_can_be_read_nothing_is_recorded(installation: Installation, client_as: As):
    installation.livekit.go_away()
    answer = act(client_as("admin"), installation, "create")
    installation.livekit.heal()
    assert (answer.status_code, "Nothing was changed" in answer.text) == (502, True)
    assert db.session.query(AuditEntry).count() == 0


def test_while_somebody_changes_a_trunk_the_next_one_is_told_to_wait(installation: Installation, client_as: As):
    name = f"intents.trunk:{installation.trunk_id}"
    db.session.add(Lease(name=name, holder="another", until=utcnow() + timedelta(minutes=1)))
    db.session.commit()
    answer = act(client_as("admin"), installation, "update")
    assert (answer.status_code, "Someone else is changing this" in answer.text) == (409, True)
    assert names(installation) == ["Harbour"]


def seen(admin: Browser, installation: Installation) -> str:
    """The version that an opened form carries."""
    page = admin.get(f"{PAGE}{installation.trunk_id}/edit").text
    return page.split('name="seen" value="')[1].split('"')[0]


@pytest.mark.parametrize("headers", [{}, SWAP])
def test_the_second_of_two_who_change_a_trunk_sees_who_was_first_and_wipes_nothing(
    installation: Installation, client_as: As, headers: dict[str, str]
):
    admin, url = client_as("admin"), f"{PAGE}{installation.trunk_id}/"
    version = seen(admin, installation)
    first = {"name": "Harbour", "numbers": "+33100000001", "allowed_addresses": "192.0.2.7", "seen": version}
    assert admin.post(url, data=first).status_code == 303
    second = {"name": "Renamed", "numbers": "+33100000001", "seen": version}
    answer = admin.post(url, data=second, headers=headers)
    assert answer.status_code == 409
    assert "Last changed in Frontdesk by Admin Person" in answer.text
    assert 'value="Renamed"' in answer.text
    assert "192.0.2.7" in answer.text
    (stored,) = installation.livekit.trunks()
    assert (stored["name"], stored["allowed_addresses"]) == ("Harbour", ["192.0.2.7"])
    assert db.session.query(AuditEntry).count() == 1
    newer = answer.text.split('name="seen" value="')[1].split('"')[0]
    assert admin.post(url, data=second | {"seen": newer}).status_code == 303
    assert names(installation) == ["Renamed"]


def test_a_trunk_that_was_changed_after_its_page_was_opened_is_not_deleted(installation: Installation, client_as: As):
    admin, url = client_as("admin"), f"{PAGE}{installation.trunk_id}/delete"
    version = admin.get(url).text.split('name="seen" value="')[1].split('"')[0]
    assert version == seen(admin, installation)
    admin.post(f"{PAGE}{installation.trunk_id}/", data=FIELDS)
    late = admin.post(url, data={"sure": "y", "seen": version})
    assert (late.status_code, "Not deleted: the trunk was changed" in late.text) == (409, True)
    assert names(installation) == ["Night line"]
    newer = late.text.split('name="seen" value="')[1].split('"')[0]
    assert admin.post(url, data={"sure": "y", "seen": newer}).status_code == 303
    assert names(installation) == []


def test_a_change_that_was_made_in_livekit_itself_is_noticed_too(installation: Installation, client_as: As):
    admin = client_as("admin")
    version = seen(admin, installation)
    (stored,) = installation.livekit.trunks()
    installation.livekit.store_sip(trunks=[stored | {"auth_username": "pbx", "auth_password": "x"}])
    data = FIELDS | {"seen": version, "auth_username": "other", "auth_password": "new"}
    answer = admin.post(f"{PAGE}{installation.trunk_id}/", data=data)
    assert answer.status_code == 409
    assert "Enter the new password again" in answer.text
    assert "Last changed" not in answer.text
    assert names(installation) == ["Harbour"]


def test_the_version_of_a_trunk_changes_with_its_password_and_does_not_tell_it(
    installation: Installation, client_as: As
):
    trunk_id = installation.trunk_id = installation.trunk("+15550009", auth_username="pbx", auth_password="one")
    admin = client_as("admin")
    before = seen(admin, installation)
    assert seen(admin, installation) == before
    admin.post(f"{PAGE}{trunk_id}/", data=FIELDS | {"auth_username": "pbx", "auth_password": "two"})
    assert seen(admin, installation) != before
