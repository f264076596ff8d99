"""What can be found out about the installation; others are asked at once, and for PATIENCE at most."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.accounts import metadata, transport
from webapp.accounts.problems import SignInError
from webapp.calls.models import Call
from webapp.core import mail, questions, refusals, revisions
from webapp.core.dates import ahead, skew
from webapp.core.db import db
from webapp.deliveries.models import Delivery
from webapp.doctor import diagnosis
from webapp.holds import unmute
from webapp.holds.models import Probe
from webapp.jobs import queries as job_queries
from webapp.jobs import runner
from webapp.livekit import probe
from webapp.livekit.probe import Heard
from webapp.mails import queries as mail_queries
from webapp.recordings import lifecycle
from webapp.recordings.lifecycle import LifecycleProblems
from webapp.recordings.models import FAILED_STATES, Recording
from webapp.recordings.sharing import FolderState
from webapp.recordings.states import State
from webapp.recordings.storage import storage
from webapp.rooms.models import TAKES_ROOMS, Room, TrunkRow
from webapp.rules import installation
from webapp.rules.models import Installation

PATIENCE = 3.0  # seconds


@dataclass(frozen=True)
class Provider:
    """What the sign-in provider said: a code of what went wrong, and its clock."""

    problem: str = ""
    skew: float | None = None


@dataclass(frozen=True)
class Store:
    """Where recordings lie: what the system said against writing, the free bytes, and whose the folder is."""

    problem: str = ""
    free: int | None = None  # where somebody counts them
    place: FolderState | None = None
    lifecycle: LifecycleProblems | None = None  # of the bucket's own rules, where they can be read


@dataclass(frozen=True)
class Failure:
    """A recording that came to nothing: when it began, why (a code), and the recorder's own words."""

    at: datetime
    problem: str
    reason: str


@dataclass(frozen=True)
class Answers:
    """What others answered; None: not in time."""

    rooms: Heard | None
    trunks: Heard | None
    egresses: Heard | None
    livekit_skew: float | None
    provider: Provider | None
    store: Store | None
    queue: bool | None
    mail: str | None  # what kept the mail server from letting us in, a code; empty: nothing


@dataclass(frozen=True)
class Records:
    """What our own database tells."""

    schema: revisions.SchemaState
    database_skew: float | None
    last_hook: datetime | None
    refused_hooks: dict[str, int]  # within the last hour, by reason
    refused_sign_ins: dict[str, int]
    refused_notifications: dict[str, int]  # of the bucket
    live_since: datetime | None  # of the room that went live last
    last_call: datetime | None
    outages: int  # pairs of rules and the like, for which LiveKit refuses calls, when the rules were read last
    last_saved: datetime | None
    last_failure: Failure | None  # of a recording, where the recorder or LiveKit is what failed
    last_sweep: datetime | None
    trunks: int
    open_trunks: int
    remote_unmute: Probe | None
    lost_mails: dict[str, int]  # of the last week, by why nobody took them
    installation: str  # the id that our rules have in LiveKit
    elsewhere: list[Installation]  # ids that the database had at other addresses


def ask() -> Answers:
    """Ask LiveKit, the provider, the storage and the queue. Commits."""
    db.session.commit()
    return Answers(
        *questions.within(
            PATIENCE + 0.5,
            lambda: probe.rooms(PATIENCE),
            lambda: probe.trunks(PATIENCE),
            lambda: probe.egresses(PATIENCE),
            lambda: probe.clock(PATIENCE),
            _ask_provider,
            _try_storage,
            _queue_answers,
            _try_mail,
        )
    )


def read() -> Records:
    """Read what the database remembers."""
    saved = Recording.state == State.SAVED
    sweep = job_queries.sweep_job()
    there, last = TrunkRow.gone_at.is_(None), diagnosis.latest()
    return Records(
        schema=revisions.of(db.session.connection()).state,
        database_skew=_database_skew(),
        last_hook=_newest(Delivery.received_at),
        refused_hooks=refusals.recent(refusals.HOOKS),
        refused_sign_ins=refusals.recent(refusals.SIGN_IN),
        refused_notifications=refusals.recent(refusals.STORAGE),
        live_since=_newest(Room.live_since),
        last_call=_newest(Call.came_at),
        outages=last.outages if last else 0,
        last_saved=_newest(Recording.ended_at, saved),
        last_failure=_last_failure(),
        last_sweep=sweep.succeeded_at if sweep else None,
        trunks=_count(there),
        open_trunks=_count(TAKES_ROOMS),
        remote_unmute=unmute.known(),
        lost_mails=dict(mail_queries.failures()),
        installation=installation.identity().own,
        elsewhere=installation.others(),
    )


def _last_failure() -> Failure | None:
    """An empty room is nobody's fault."""
    columns = (Recording.created_at, Recording.problem, Recording.reason)
    failed = sa.select(*columns).where(Recording.state.in_(FAILED_STATES), Recording.problem != "room_not_live")
    newest = db.session.execute(failed.order_by(Recording.created_at.desc()).limit(1)).first()
    return Failure(*newest) if newest else None


def _newest(
    moment: sa.orm.InstrumentedAttribute[datetime] | sa.orm.InstrumentedAttribute[datetime | None],
    *where: sa.ColumnElement[bool],
) -> datetime | None:
    return db.session.scalar(sa.select(sa.func.max(moment)).where(*where))


def _count(*where: sa.ColumnExpressionArgument[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(TrunkRow).where(*where)) or 0


def _database_skew() -> float | None:
    """SQLite has no clock of its own."""
    if db.engine.dialect.name == "sqlite":
        return None
    return ahead(db.session.scalars(sa.select(sa.func.clock_timestamp())).one())


def _ask_provider() -> Provider:
    try:
        answer = transport.get(metadata.address(), PATIENCE)
        issuer = transport.document(answer, "discovery").get("issuer")
    except SignInError as error:
        return Provider(error.code)
    if issuer is None:
        return Provider("confused")
    return Provider(
        "" if metadata.is_issuer(issuer) else "issuer", skew(answer.headers.get("Date", ""), answer.elapsed)
    )


def _try_storage() -> Store:
    try:
        free = storage().try_out()
    except OSError as error:
        return Store(error.strerror or type(error).__name__, place=storage().place())
    return Store(free=free, place=storage().place(), lifecycle=_lifecycle())


def _lifecycle() -> LifecycleProblems | None:
    try:
        rules = storage().rules()
    except OSError:  # not every key may read them, and not every store has some
        return None
    return None if rules is None else lifecycle.problems(rules, storage().root)


def _queue_answers() -> bool | None:
    """None where there is no Redis."""
    return runner.current().answers()


def _try_mail() -> str:
    """Where no server is named, that is the code."""
    try:
        mail.try_out(PATIENCE)
    except mail.NotTaken as refusal:
        return refusal.code
    return ""
