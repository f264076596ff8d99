"""What the measurements say: a table to read, a file to compare."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

from bench.load import Measured

AIMS = {  # share of the ceiling; room_create's is 300 requests/s where the ceiling is 3,700
    "room_list": 0.15,
    "room_list_owner_of_10000": 0.15,
    "room_page": 0.25,
    "guest_poll": 0.5,
    "host_poll": 0.45,
    "host_poll_100000_entries": 0.45,
    "hook_intake": 0.25,
    "hook_intake_10000_rules": 0.25,
    "room_create": 300 / 3700,
    "media_auth": 0.4,
}
FLAT = (
    ("host_poll", "host_poll_100000_entries"),
    ("hook_intake", "hook_intake_10000_rules"),
    ("recording_list", "recording_list_1000000"),
)
FLAT_WITHIN = 0.8  # the larger keeps this much of the smaller's rate
MOST_MB, MOST_START_S = 100.0, 1.0


class Figure(Protocol):
    """Something measured that has an aim of its own and is no rate."""

    key: ClassVar[str]

    @property
    def meets_the_aim(self) -> bool:
        """It is good enough."""

    def text(self) -> str:
        """One line for the report."""


@dataclass(frozen=True)
class Line:
    """One scenario's result."""

    rps: float
    share: float
    p50_ms: float
    p99_ms: float
    queries: int

    @classmethod
    def of(cls, measured: Measured, ceiling: Measured, queries: int) -> "Line":
        """What wrk saw, beside the ceiling of the run."""
        share = round(measured.rps / ceiling.rps, 4)
        return cls(round(measured.rps, 1), share, measured.p50_ms, measured.p99_ms, queries)


def text(lines: dict[str, Line], worker_mb: float, start_s: float, *figures: Figure) -> str:
    """The table, and under it each aim that was missed with by how much."""
    head = f"{'scenario':26}{'requests/s':>12}{'share':>8}{'aim':>7}{'p50 ms':>9}{'p99 ms':>9}{'queries':>9}"
    rows = [
        f"{key:26}{line.rps:>12.0f}{line.share:>8.2f}{_aim(key):>7}{line.p50_ms:>9.1f}{line.p99_ms:>9.1f}{line.queries:>9}"
        for key, line in lines.items()
    ]
    other = [
        f"worker memory {worker_mb:.0f} MB (at most {MOST_MB:.0f}), start to first answer {start_s:.2f} s (at most 1)"
    ]
    other += [figure.text() for figure in figures]
    missed = misses(lines, worker_mb, start_s, *figures)
    verdict = ["Every aim is met."] if not missed else ["Missed:", *(f"  {miss}" for miss in missed)]
    return "\n".join([head, *rows, *other, *verdict])


def _aim(key: str) -> str:
    return f"{AIMS[key]:.2f}" if key in AIMS else ""


def misses(lines: dict[str, Line], worker_mb: float, start_s: float, *figures: Figure) -> list[str]:
    """Each missed aim, with by how much."""
    found = [
        f"{key}: {lines[key].share:.2f} of the ceiling instead of {aim:.2f} ({lines[key].share / aim - 1:+.0%})"
        for key, aim in AIMS.items()
        if key in lines and lines[key].share < aim
    ]
    found += [
        f"{large}: {lines[large].rps / lines[small].rps:.0%} of {small}, so it is not flat"
        for small, large in FLAT
        if small in lines and large in lines and lines[large].rps < FLAT_WITHIN * lines[small].rps
    ]
    if worker_mb > MOST_MB:
        found.append(f"worker memory: {worker_mb - MOST_MB:.0f} MB too many")
    if start_s > MOST_START_S:
        found.append(f"start to first answer: {start_s - MOST_START_S:.2f} s too long")
    return found + [figure.text() for figure in figures if not figure.meets_the_aim]


def as_json(lines: dict[str, Line], worker_mb: float, start_s: float, *figures: Figure) -> dict[str, Any]:
    """The same for build/bench.json."""
    results: dict[str, Any] = {key: asdict(line) for key, line in lines.items()}
    results |= {figure.key: asdict(figure) for figure in figures}  # type: ignore[call-overload]
    return results | {"worker_mb": round(worker_mb, 1), "start_s": round(start_s, 3)}
