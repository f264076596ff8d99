"""`flask seed` fills any of the databases with data that the pages and constraints accept."""

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from webapp.accounts.models import User
from webapp.audit import sentences
from webapp.audit.models import AuditEntry
from webapp.calls.models import Call
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.lobby.models import Entry
from webapp.models import metadata
from webapp.recordings.models import FAILED_STATES, Recording, Transition
from webapp.rooms.models import Access, PhonePin, Role, Room, TrunkRow


def seed(app: Flask, *options: str) -> Result:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["seed", *options])


def count(model: type) -> int:
    """Rows of a table."""
    rows = db.session.scalar(sa.select(sa.func.count()).select_from(model))
    db.session.commit()  # the next command finds no transaction of ours in its way
    return rows or 0


def test_it_makes_as_many_rooms_as_asked_and_each_has_one_owner(app: Flask):
    result = seed(app, "--rooms", "300")
    assert result.exit_code == 0, result.output
    owners = sa.select(sa.func.count()).where(Access.role == Role.OWNER, Access.revoked_at.is_(None))
    assert (count(Room), db.session.scalar(owners)) == (300, 300)
    assert db.session.scalar(sa.select(sa.func.sum(TrunkRow.room_count))) == 300


def test_what_happened_in_the_rooms_is_there_too(app: Flask):
    seed(app, "--rooms", "300")
    assert min(count(Entry), count(Recording), count(Call)) > 20
    assert count(AuditEntry) >= 300


def test_whoever_asked_to_enter_waits_no_more_and_is_forgotten_in_time(app: Flask):
    seed(app, "--rooms", "300")
    assert db.session.scalar(sa.select(sa.func.count()).where(Entry.decided_at.is_(None))) == 0


def test_pages_have_words_for_why_a_recording_failed(app: Flask):
    seed(app, "--rooms", "300")
    problems = set(db.session.scalars(sa.select(Recording.problem).where(Recording.state.in_(FAILED_STATES))))
    assert problems
    assert problems - set(sentences.WORDS) == set()


def test_every_column_that_the_models_demand_is_read_back_by_them(app: Flask):
    seed(app, "--rooms", "60")
    for model in WRITTEN:
        assert db.session.scalars(sa.select(model)).all()


def test_one_person_can_own_many_rooms(app: Flask):
    seed(app, "--rooms", "100", "--owner-of-many", "70", "--email", "Ottilie@frontdesk.example")
    owner = db.session.scalars(sa.select(User).where(User.email == "ottilie@frontdesk.example")).one()
    assert owner.pending
    owned = sa.select(sa.func.count()).where(Access.user_id == owner.id, Access.role == Role.OWNER)
    assert db.session.scalar(owned) == 70


def test_a_second_run_adds_to_the_first_without_a_clash(app: Flask):
    for _run in range(2):
        assert seed(app, "--rooms", "200").exit_code == 0
    assert count(Room) == 400
    assert db.session.scalar(sa.select(sa.func.count(sa.distinct(User.sub)))) == count(User)


def test_keys_sort_rooms_by_their_age(app: Flask):
    seed(app, "--rooms", "100")
    by_key = db.session.scalars(sa.select(Room).order_by(Room.id)).all()
    assert [r.id for r in by_key] == [
        r.id for r in sorted(by_key, key=lambda r: (int(r.created_at.timestamp() * 1000), r.id))
    ]


def test_addresses_are_nobodys(app: Flask):
    seed(app, "--rooms", "100")
    assert all(email.endswith(".example") for email in db.session.scalars(sa.select(User.email)))


@pytest.fixture
def in_production(app: Flask):
    """The app believes to be in production for one test."""
    testing: Settings = app.extensions["frontdesk.settings"]
    app.extensions["frontdesk.settings"] = testing.model_copy(update={"environment": "production"})
    yield
    app.extensions["frontdesk.settings"] = testing


def test_a_production_database_in_use_is_refused_unless_told(app: Flask, in_production: None):
    assert seed(app, "--rooms", "20").exit_code == 0, "an unused one is not refused"
    db.session.add(User(sub="somebody-real", email="real@frontdesk.example"))
    db.session.commit()
    refused = seed(app, "--rooms", "20")
    assert (refused.exit_code, count(Room)) == (1, 20)
    assert "--among-real-data" in refused.output
    assert seed(app, "--rooms", "20", "--among-real-data").exit_code == 0


def test_more_rooms_for_one_person_than_there_are_is_refused_in_words(app: Flask):
    answer = seed(app, "--rooms", "5", "--owner-of-many", "6")
    assert answer.exit_code == 2
    assert "is more than --rooms" in answer.output


WRITTEN = (User, Room, PhonePin, Access, Entry, Recording, Transition, Call, AuditEntry, TrunkRow)
OF_THE_MOMENT = {
    "user_sessions",
    "old_slugs",
    "room_callbacks",
    "call_questions",
    "deliveries",
    "due_work",
    "leases",
    "periodic_jobs",
    "trunk_moves",
    "moved_rooms",
    "caller_keys",
    "probes",
    "diagnoses",
    "repair_runs",
    "repair_items",
    "intents",
    "refusals",
    "logout_tokens",
    "lobby_refusals",
    "installations",
    "invitations",
    "invitation_mails",
    "invitees",
    "mails",
    "mail_choices",
    "stopped_addresses",
    "marketing_contacts",
    "level_changes",
    "campaigns",
    "campaign_rooms",
    "campaign_lines",
    "campaign_owners",
    "campaign_duties",
    "campaign_people",
    "campaign_decisions",
    "account_changes",
    "beginnings",
    "room_findings",
    "audit_seals",
    "audit_heads",
    "audit_anchors",
    "audit_outlets",
    "audit_verifications",
}


def test_no_table_with_rows_of_the_past_is_forgotten():
    written = {model.__tablename__ for model in WRITTEN}
    assert written | OF_THE_MOMENT >= set(metadata.tables), "decide whether `flask seed` should fill the new table"
