"""What needs somebody now: a bounded number of rows and of queries, however many rooms they have."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.accounts.models import User
from webapp.core.db import db
from webapp.core.due import DueWork
from webapp.core.planning import PLANNED_ANEW
from webapp.deliveries import queries as delivery_queries
from webapp.deliveries.models import Delivery
from webapp.jobs import queries as job_queries
from webapp.jobs.models import PeriodicJob
from webapp.recordings.models import RUNNING_STATES, Recording
from webapp.recordings.states import State
from webapp.rooms.models import Access, Room, TrunkRow, is_open
from webapp.rooms.queries import open_access

SHOWN = 10  # rows of a section; one more is read, to know that there are more
FAILURES = 3  # of jobs and of work
SAMPLE = 200  # deliveries that stand for "now"


@dataclass(frozen=True)
class Hooks:
    """How the incoming hooks fare."""

    lag: delivery_queries.Lag | None
    last: Delivery | None
    waiting: int  # stored or failed, to be worked off


def has_rooms(user: User) -> bool:
    """The user has a role in some room."""
    mine = sa.select(Access.id).where(Access.user_id == user.id, is_open(Access))
    return bool(db.session.scalar(sa.select(mine.exists())))


def live_rooms(user: User) -> list[tuple[Room, State | None]]:
    """The rooms of the user that people are in, the longest live first, each with its running recording's state."""
    running = sa.and_(Recording.room_id == Room.id, Recording.state.in_(RUNNING_STATES))
    rooms = (
        sa.select(Room, Recording.state)
        .join(Access, open_access(user))
        .outerjoin(Recording, running)
        .where(Room.live_since.is_not(None), Room.deleted_at.is_(None))
        .order_by(Room.live_since, Room.id)
        .limit(SHOWN + 1)
    )
    return [(room, state) for room, state in db.session.execute(rooms, execution_options=PLANNED_ANEW)]


def trunks() -> Sequence[TrunkRow]:
    """The trunks that LiveKit has, those with most rooms first."""
    rows = (
        sa.select(TrunkRow)
        .where(TrunkRow.gone_at.is_(None))
        .order_by(TrunkRow.room_count.desc(), TrunkRow.sip_trunk_id)
    )
    return db.session.scalars(rows.limit(SHOWN)).all()


def trunks_known() -> bool:
    """LiveKit's trunks are those of our rows: the last sweep had its lists."""
    sweep = job_queries.sweep_job()
    return sweep is not None and sweep.succeeded_at is not None and not sweep.problem


def failed_jobs() -> Sequence[PeriodicJob]:
    """The jobs whose last run failed, the one that failed last first."""
    failed = sa.select(PeriodicJob).where(PeriodicJob.problem != "").order_by(PeriodicJob.ended_at.desc())
    return db.session.scalars(failed.limit(FAILURES)).all()


def gave_up() -> Sequence[DueWork]:
    """The work that was given up last."""
    return job_queries.given_up_work(FAILURES)


def hooks() -> Hooks:
    """The latest deliveries and those that wait."""
    latest = sa.select(Delivery).order_by(Delivery.id.desc()).limit(1)
    return Hooks(delivery_queries.lag(SAMPLE), db.session.scalar(latest), delivery_queries.unhandled())
