"""How long each page of the access review takes among very many roles, and how much memory its file takes."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any, ClassVar
from urllib.parse import urlencode

import requests
import sqlalchemy as sa

from bench.load import LoadFailed
from bench.servers import Server, cpu_s, forget_peak, megabytes
from bench.world import World
from webapp.access.review import Cut, ReviewCheck, ReviewShow
from webapp.accounts.models import Staff, User
from webapp.core.db import db, new_id, utcnow
from webapp.rooms.models import Access, Role, Room
from webapp.seed.bulk import Row, load

KEY = "access_review"
PAGE, FILE = "/audit/access", "/audit/access.csv"
TIMES = 3
MOST_MS, MOST_MB = 300.0, 16.0
YEARS = timedelta(days=730)  # during which roles were given
PIECE = 1 << 20  # bytes


@dataclass(frozen=True)
class Reviewed:
    """The slowest of the pages, each the best of a few; and the file of everyone."""

    key: ClassVar[str] = KEY
    roles: int
    pages: int
    slowest_ms: float
    cpu_ms: float  # of the web and the database, for the slowest page
    slowest: str
    rows: int
    file_s: float
    file_cpu_s: float
    grew_mb: float

    @property
    def meets_the_aim(self) -> bool:
        """No page lets anybody wait, and the length of the file does not show."""
        return self.slowest_ms <= MOST_MS and self.grew_mb <= MOST_MB

    def text(self) -> str:
        """One line for the report."""
        pages = f"{self.pages} pages of {self.roles} roles, the slowest ({self.slowest}) {self.slowest_ms:.0f} ms"
        cpu = f"{self.cpu_ms:.0f} ms of CPU"
        file = f"{self.rows} rows as a file in {self.file_s:.0f} s ({self.file_cpu_s:.0f} s of CPU)"
        most = f"at most {MOST_MS:.0f} ms and {MOST_MB:.0f} MB{'' if self.meets_the_aim else ': missed'}"
        return f"access review: {pages}, {cpu}; {file}, a process grew by {self.grew_mb:.1f} MB ({most})"


@dataclass(frozen=True)
class Asked:
    """What one page took."""

    query: str
    wall_ms: float
    cpu_ms: float


def measure(world: World, server: Server) -> Reviewed:
    """Ask for the first page of each cut, at each moment, with each filter; then for everything as a file."""
    count = fill(world)
    headers = world.browser(_admin(world))
    pages = [_page(server, headers, query) for query in queries(world)]
    worst = max(pages, key=lambda page: page.wall_ms)
    rows, file_s, file_cpu_s, grew = _file(server, headers)
    slowest = worst.wall_ms, worst.cpu_ms, worst.query
    return Reviewed(count, len(pages), *slowest, rows, file_s, file_cpu_s, round(grew, 1))


def queries(world: World) -> list[dict[str, str]]:
    """What is asked for: now, on a day, and between two days."""
    now = utcnow().date()
    day, since = {"day": str(now - timedelta(days=90))}, {"since": str(now - timedelta(days=30))}
    long_ago = {**day, "since": str(now - timedelta(days=400))}
    rooms = {"room": str(world.busy_room().id)}, {"q": "budget"}, {"q": "nothing is called so"}
    narrow: list[dict[str, str]] = [{}, *rooms, {"person": str(world.owner_of_many().id)}]
    checks = [{"check": check.value} for check in ReviewCheck]
    shows = [{"show": show.value} for show in ReviewShow]
    cuts = [{"by": cut.value} for cut in Cut]
    plain = [cut | when | what for cut, when, what in product(cuts, ({}, day), [*narrow, *checks])]
    compared = [cut | when | what for cut, when, what in product(cuts, (since, long_ago), [*narrow, *shows])]
    return plain + compared


def fill(world: World) -> int:
    """Let there be so many roles, given over two years, some of them changed or ended; returns how many."""
    there = db.session.scalar(sa.select(sa.func.count()).select_from(Access)) or 0
    rooms, people = (list(db.session.scalars(sa.select(model.id).order_by(model.id))) for model in (Room, User))
    taken = {(row.room_id, row.user_id) for row in db.session.execute(sa.select(Access.room_id, Access.user_id))}
    db.session.commit()
    with db.at_length() as connection:
        load(connection, Access, _roles(world, max(world.size.roles - there, 0), rooms, people, taken))
    world.analyse()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Access)) or 0


def _roles(world: World, count: int, rooms: list[Any], people: list[Any], taken: set[Any]) -> Iterator[Row]:
    random, now = world.random, utcnow()
    while count > 0:
        pair = random.choice(rooms), random.choice(people)
        if pair in taken:
            continue
        taken.add(pair)
        spans = list(_spans(random.random(), now - YEARS * random.random(), now))[:count]
        for begin, end, role in spans:
            ends = {"revoked_at": end, "revoked_by_id": random.choice(people) if end else None}
            given = {"granted_at": begin, "granted_by_id": random.choice(people), "role": role}
            yield {"id": new_id(), "room_id": pair[0], "user_id": pair[1], **given, **ends}
        count -= len(spans)


def _spans(chance: float, begin: datetime, now: datetime) -> Iterator[tuple[datetime, datetime | None, Role]]:
    """What became of a role: one in ten was raised, three in twenty ended."""
    middle = begin + (now - begin) * chance
    if chance < 0.1:
        yield begin, middle, Role.MEMBER
        yield middle, None, Role.ADMINISTRATOR
    else:
        yield begin, middle if chance < 0.25 else None, Role.MEMBER if chance < 0.95 else Role.OWNER


def _admin(world: World) -> User:
    user = world.owner_of_few()
    user.staff = Staff.ADMIN
    db.session.commit()
    return user


def _page(server: Server, headers: Mapping[str, str], query: dict[str, str]) -> Asked:
    words, took = urlencode(query), []
    for _ in range(TIMES + 1):  # the first warms up
        cpu, begun = _cpu(server), time.monotonic()
        answer = requests.get(f"{server.url}{PAGE}?{words}", headers=headers, timeout=120)
        took.append((round((time.monotonic() - begun) * 1000, 1), round((_cpu(server) - cpu) * 1000)))
        if answer.status_code != 200:
            raise LoadFailed(f"{PAGE}?{words}: {answer.status_code}\n{answer.text[:800]}")
    return Asked(words, *min(took[1:]))


def _cpu(server: Server) -> float:
    """Seconds that the web's processes and the database's have worked."""
    backends = list(db.session.scalars(sa.text("SELECT pid FROM pg_stat_activity")))
    db.session.commit()
    return cpu_s([*server.workers, *backends])


def _file(server: Server, headers: Mapping[str, str]) -> tuple[int, float, float, float]:
    """How many rows the file of everyone has, its seconds, those of CPU, and by how many MB a process grew."""
    workers = server.workers
    before, cpu, begun = [forget_peak(pid) for pid in workers], _cpu(server), time.monotonic()
    with requests.get(server.url + FILE, headers=headers, stream=True, timeout=120) as answer:
        rows = sum(piece.count(b"\n") for piece in answer.iter_content(PIECE))
    took, worked = time.monotonic() - begun, _cpu(server) - cpu
    grew = max(megabytes(pid, "VmHWM") - memory for pid, memory in zip(workers, before, strict=True))
    if not answer.ok:
        raise LoadFailed(f"{FILE}: {answer.status_code}")
    return rows, round(took, 1), round(worked, 1), grew
