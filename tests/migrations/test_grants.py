"""On PostgreSQL the application's role may add to the audit log and not change it, and the application runs as it."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg import sql

from simulator.server import Addresses
from tests.plugins.servers import fresh_database
from tests.support.chain import PRIVATE
from tests.support.factories import make_room
from tests.support.personas import browser, persona
from tests.support.sign_in import Person
from webapp import create_app
from webapp.audit import Actor, addresses, forgetting, intents, pruning, record, sealing, verifying
from webapp.audit.chain_models import AuditSeal, ChainState
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.core import schema
from webapp.core.config import Settings
from webapp.core.db import db, utcnow
from webapp.setup import connections

DOCS = Path(__file__).parent.parent.parent / "docs" / "audit-chain.md"
Opened = Callable[..., AbstractContextManager[Flask]]


def of_the_docs() -> list[str]:
    """What an operator types as a superuser."""
    return re.findall(r"^    ((?:CREATE ROLE|REASSIGN) .*);$", DOCS.read_text(), re.MULTILINE)


@pytest.fixture
def servers(worker_id: str) -> str:
    """The role of the servers."""
    return f"desk_{worker_id}"


@pytest.fixture
def url(postgresql_url: str, servers: str, worker_id: str) -> Iterator[str]:
    """A database that the servers' role owns, as after an installation with one role."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(servers)))
    try:
        with fresh_database(postgresql_url, f"grants_{worker_id}") as url:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE grants_{worker_id} OWNER TO {servers}")
                connection.execute(f"GRANT ALL ON SCHEMA public TO {servers}")
            yield url
    finally:
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            for role in (servers, f"{servers}_owner"):
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@pytest.fixture
def opened(url: str, servers: str, simulator: Addresses) -> Opened:
    """Frontdesk on that database, as the role whose name ends so."""

    @contextmanager
    def opened(ending: str = "", application_role: str | None = None) -> Iterator[Flask]:
        address = sa.make_url(url).set(username=servers + ending, password="")
        app = create_app(
            Settings(
                environment="testing",
                database_url=address.render_as_string(hide_password=False),
                database_application_role=servers if application_role is None else application_role,
                audit_key=PRIVATE,
                audit_keep_days=90,
                livekit_url=simulator.livekit,
                oidc_issuer=simulator.issuer,
            )
        )
        with app.app_context():
            try:
                yield app
            finally:
                db.session.rollback()
                db.dispose()

    return opened


@pytest.fixture
def parted(url: str, servers: str, opened: Opened) -> None:
    """An installation that had one role, after what the page says."""
    with opened(application_role=""):
        schema.upgrade()
        make_room("owner")
    lines = of_the_docs()
    assert len(lines) == 2
    with psycopg.connect(url, autocommit=True) as connection:
        for line in lines:
            connection.execute(line.replace("frontdesk", servers))  # type: ignore[arg-type]
    with opened("_owner"):
        schema.upgrade()


def refused(statement: str) -> bool:
    """The database refuses it."""
    try:
        with db.engine.begin() as connection:
            connection.execute(sa.text(statement))
    except sa.exc.ProgrammingError as error:
        assert isinstance(error.orig, psycopg.errors.InsufficientPrivilege)
        return True
    return False


def test_people_sign_in_and_change_things_as_the_role_that_may_not_change_the_log(parted: None, opened: Opened):
    with opened() as app:
        visitor = Person(app)
        assert visitor.back(visitor.begin(persona="admin")).status_code == 303
        room = make_room("owner", name="Second")
        assert (
            browser(app, persona("owner")).post(f"/rooms/{room.slug}/pin", data={"reason": "leaked"}).status_code < 400
        )
        assert sealing.seal() > 2
        actions = set(db.session.scalars(sa.select(AuditEntry.action)))
        assert {"user.sign_in", "room.rotate_pin"} <= actions
        assert verifying.look(lambda _checked, _total: None).state is ChainState.INTACT


STATEMENTS = (
    "DELETE FROM audit_entries",
    "DELETE FROM audit_seals",
    "TRUNCATE audit_entries CASCADE",
    "TRUNCATE audit_seals",
    "UPDATE audit_entries SET action = 'x'",
    "UPDATE audit_entries SET user_id = NULL",
    "UPDATE audit_entries SET at = now()",
    "UPDATE audit_seals SET hash = ''",
    "UPDATE audit_seals SET seq = seq + 1000",
    "INSERT INTO audit_anchors VALUES (1, '', now(), '', '')",
    "DELETE FROM audit_anchors",
    "UPDATE alembic_version SET version_num = ''",
    "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "DROP TABLE audit_seals",
)


def test_the_database_refuses_to_change_or_delete_entries(parted: None, opened: Opened):
    with opened():
        record("job.run_now", "job", Actor.system())
        db.session.commit()
        sealing.seal()
        assert [statement for statement in STATEMENTS if not refused(statement)] == []


def test_what_becomes_known_later_and_what_is_forgotten_is_still_written(parted: None, opened: Opened):
    with opened():
        owner = persona("owner")
        entry = intents.record("trunk.create", "", Actor.user(owner, "192.0.2.7"), sought="1", reason="for Lotte")
        db.session.commit()
        sealing.seal()
        entry.target_id = "ST_1"
        intents.settle(entry, DeedOutcome.DONE)
        db.session.commit()
        record("job.run_now", "job", Actor.guest("192.0.2.8")).at = utcnow() - timedelta(days=91)
        db.session.commit()
        assert addresses.shorten() == 1
        record("user.forget", owner, Actor.system())
        assert forgetting.forget(owner.id) == 1
        db.session.commit()
        sealing.seal()
        assert verifying.look(lambda _checked, _total: None).state is ChainState.INTACT
        assert db.session.scalar(sa.select(sa.func.count()).where(AuditSeal.forgotten == owner.id)) == 1


def test_the_owner_prunes_and_the_servers_leave_it_to_that(parted: None, opened: Opened, capsys):
    pruning._say_once.cache_clear()
    with opened() as app:
        record("job.run_now", "job", Actor.system())
        db.session.commit()
        count = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
        for _ in range(3):
            pruning.periodic()
        assert capsys.readouterr().out.count("audit_prune.not_allowed") == 1
        assert pruning.standing().may_prune is False
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == count
        said = app.test_cli_runner().invoke(args=["audit", "prune"])
        assert said.exit_code == 1 and "FRONTDESK_DATABASE_URL with which you run `flask db upgrade`" in said.stderr
    with opened("_owner") as app:
        db.session.execute(sa.update(AuditEntry).values(at=utcnow() - timedelta(days=91)))
        db.session.execute(sa.delete(AuditSeal))
        db.session.commit()
        said = app.test_cli_runner().invoke(args=["audit", "prune"])
        assert said.exit_code == 0 and " were deleted." in said.stdout, said.output
    with opened():
        sealing.seal()
        assert pruning.standing().anchor is not None
        assert verifying.look(lambda _checked, _total: None).state is ChainState.INTACT


def test_each_upgrade_grants_anew(parted: None, opened: Opened, servers: str):
    with opened("_owner"), db.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE newer (id serial PRIMARY KEY)"))
        connection.execute(sa.text(f"GRANT UPDATE, DELETE ON audit_entries TO {servers}"))
        connection.execute(sa.text("GRANT DELETE ON audit_seals TO PUBLIC"))
    with opened():
        assert refused("INSERT INTO newer DEFAULT VALUES")
    with opened("_owner"):
        schema.upgrade()
    with opened():
        assert not refused("INSERT INTO newer DEFAULT VALUES")
        assert refused("DELETE FROM audit_seals") and refused("UPDATE audit_entries SET action = ''")


def test_the_check_says_when_the_role_may_do_more_than_it_should(parted: None, opened: Opened, servers: str):
    with opened():
        assert connections.database() == ""
    for grant in ("UPDATE ON audit_entries", "DELETE ON audit_seals", "TRUNCATE ON audit_entries"):
        with opened("_owner"), db.engine.begin() as connection:
            connection.execute(sa.text(f"GRANT {grant} TO {servers}"))
        with opened(), pytest.raises(connections.NotOpened, match="may change or delete entries"):
            connections.database()
        with opened("_owner"):
            schema.upgrade()
            assert f"not the role {servers}" in connections.database()
    with opened():
        assert connections.database() == ""


def test_an_upgrade_that_could_keep_the_role_from_nothing_is_refused(url: str, opened: Opened, servers: str):
    with opened(), pytest.raises(schema.CommandError, match="which runs this upgrade"):
        schema.upgrade()
    with opened(application_role="nobody_at_all"), pytest.raises(schema.CommandError, match="create it first"):
        schema.upgrade()
    with opened(application_role=""):
        schema.upgrade()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(of_the_docs()[0].replace("frontdesk", servers))  # type: ignore[arg-type]
        with (
            opened("_owner"),
            pytest.raises(schema.CommandError, match=f"REASSIGN OWNED BY {servers} TO {servers}_owner"),
        ):
            schema.upgrade()
        connection.execute(of_the_docs()[1].replace("frontdesk", servers))  # type: ignore[arg-type]
        connection.execute(f"GRANT {servers}_owner TO {servers}")
        with opened("_owner"), pytest.raises(schema.CommandError, match="nothing could be kept"):
            schema.upgrade()


def test_with_one_role_nothing_changes(url: str, opened: Opened):
    with opened(application_role=""):
        schema.upgrade()
        assert pruning.may_prune() and connections.database() == ""
        assert not refused("DELETE FROM audit_entries")
