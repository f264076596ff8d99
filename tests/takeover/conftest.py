"""An installation of the version before, as it stood: its database, and LiveKit beside it.

Both were written down while 9a8b97c ran. Times are moved to now, and the ids that LiveKit gives anew to whoever enters
again are put in the place of those that they had.
"""

import json
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.servers import fresh_database
from tests.support.background import do_before_the_answer
from tests.support.livekit import LiveKit
from tests.support.waiting import until
from webapp import create_app
from webapp.core import schema
from webapp.core.config import Settings
from webapp.core.db import db

HERE = Path(__file__).parent
MOMENT = re.compile(r"'(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})'")
SECOND = re.compile(r'"(\d{10})"')  # as LiveKit writes times
DAY = re.compile(r'(?<="caller_keys" VALUES\()(\d+)')
NUMBER = "+15550001"
OLD_PIN, PUBLIC_PIN = "73000001", "73000002"


@dataclass
class Before:
    """What there was: LiveKit's side, the database as SQL, and the phones that called, by name."""

    told: dict[str, Any]
    sql: str
    phones: dict[str, str] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def before(livekit: LiveKit) -> Before:
    """The old installation's LiveKit, with everybody in it who was there."""
    written = (HERE / "livekit.json").read_text()
    sql = (HERE / "database.sql").read_text()
    livekit.switch(enable_remote_unmute=True)
    told = json.loads(written)
    livekit.store_sip(trunks=told["trunks"], rules=told["rules"])
    anew = {}
    for room, sid in told["rooms"].items():
        livekit.join(room, "web", publish=["microphone"])
        anew[sid] = livekit.call("RoomService", "ListRooms", names=[room])["rooms"][0]["sid"]
    phones, calls = {}, {}
    for phone in told["phones"]:
        pin = PUBLIC_PIN if phone["name"] == "free" else OLD_PIN
        phones[phone["name"]] = livekit.dial(phone["from"], to=NUMBER, keys=f"{pin}#")["id"]
        person = _entered(livekit, phone["room"], phones[phone["name"]])
        calls[phone["name"]] = person["attributes"]["sip.callID"]
        anew |= {phone["sid"]: person["sid"], phone["call"]: calls[phone["name"]]}
        anew |= {phone["identity"]: person["identity"], phone["tracks"][0]: person["tracks"][0]["sid"]}
    for one, other in anew.items():
        written, sql = written.replace(one, other), sql.replace(one, other)
    for asked in json.loads(written)["asked"]:
        livekit.call("RoomService", asked["method"], **asked["body"])
    return Before(told, _moved(sql, datetime.now(UTC) - datetime.fromisoformat(told["at"])), phones, calls)


def _entered(livekit: LiveKit, room: str, phone: str) -> dict[str, Any]:
    """The phone as a participant, once it is heard."""

    def inside() -> dict[str, Any]:
        sid = livekit.phone(phone)["sid"]
        found = [who for who in livekit.participants(room).values() if who["sid"] == sid and who["tracks"]]
        return found[0] if found else {}

    return until(inside)


def _moved(sql: str, by: timedelta) -> str:
    """The dump as if it had been made just now."""
    sql = MOMENT.sub(lambda at: f"'{datetime.fromisoformat(at[1]) + by:%Y-%m-%d %H:%M:%S.%f}'", sql)
    sql = SECOND.sub(lambda at: f'"{int(at[1]) + int(by.total_seconds())}"', sql)
    return DAY.sub(lambda day: str(int(day[1]) + by.days), sql)


@pytest.fixture(params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest, before: Before, livekit: LiveKit, tmp_path: Path, worker_id: str
) -> Iterator[Flask]:
    """The app of today on the database of before, brought up to the newest version."""
    told = {"environment": "testing", "livekit_url": livekit.url, "livekit_timeout": 50, "recordings_dir": tmp_path}
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "before.sqlite3")) as database:
            database.executescript(before.sql)
        yield from _running(Settings(**told, database_url=f"sqlite:///{tmp_path / 'before.sqlite3'}"), lambda: None)
    else:
        with fresh_database(request.getfixturevalue("postgresql_url"), f"takeover_{worker_id}") as url:
            yield from _running(Settings(**told, database_url=url), lambda: _copy(before.sql))


def _running(settings: Settings, fill: Callable[[], None]) -> Iterator[Flask]:
    app = create_app(settings)
    do_before_the_answer(app)
    with app.app_context():
        fill()
        schema.upgrade()
        yield app
        db.session.rollback()
        db.dispose()


def _copy(sql: str) -> None:
    """Put what the dump holds into the current app's PostgreSQL, in the schema of then."""
    with closing(sqlite3.connect(":memory:")) as stored:
        stored.row_factory = sqlite3.Row
        stored.executescript(sql)
        (version,) = stored.execute("SELECT version_num FROM alembic_version").fetchone()
        schema.upgrade(version)
        db.session.rollback()
        with db.engine.begin() as connection:
            tables = sa.MetaData()
            tables.reflect(connection)
            for table in tables.sorted_tables:
                if table.name != "alembic_version":
                    _fill(connection, table, stored.execute(f'SELECT * FROM "{table.name}"').fetchall())


def _fill(connection: sa.Connection, table: sa.Table, rows: list[sqlite3.Row]) -> None:
    values = [{name: _as(table.c[name].type, row[name]) for name in row.keys()} for row in rows]  # noqa: SIM118
    if values:
        connection.execute(table.insert(), values)
    if values and "id" in table.c and table.c.id.server_default is not None:  # new rows are counted on from there
        last = sa.select(sa.func.max(table.c.id)).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, "id"), last)))


def _as(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    """A value that SQLite keeps as text or as a number, as PostgreSQL has it."""
    if value is None:
        return None
    if isinstance(kind, sa.Uuid):
        return uuid.UUID(value)
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(kind, sa.JSON):
        return json.loads(value)
    return bool(value) if isinstance(kind, sa.Boolean) else value
