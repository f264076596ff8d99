"""The calls of the last 24 hours as a chart and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import get_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.calls import hours as call_hours
from webapp.calls.hours import Hour
from webapp.calls.verdicts import Verdict
from webapp.core import chart
from webapp.core.db import utcnow

MARKED = 6  # hours between two marks
# What hours are coloured by: seven verdicts are too many for shapes. LiveKit tells of no wrong PIN: there is no series.
GROUPS = (
    (_l("in a room"), "plain", (Verdict.IN_ROOM, Verdict.UNHELD)),
    (_l("on hold or gave up waiting"), "hatched", (Verdict.HELD, Verdict.IN_VAIN)),
    (_l("refused"), "pointed", (Verdict.DENIED, Verdict.TURNED_AWAY, Verdict.NO_NUMBER)),
)


@dataclass(frozen=True)
class CallChart:
    """The drawing, its sentence for those who do not see it, and the hours with calls behind it."""

    drawing: chart.Drawing
    sentence: str
    hours: Sequence[Hour]
    verdicts: Sequence[Verdict]

    @property
    def groups(self) -> list[tuple[str, Sequence[int]]]:
        """Each series with its numbers of the hours that had calls."""
        return [(str(label), _counts(self.hours, verdicts)) for label, _look, verdicts in GROUPS]

    def of_verdict(self, verdict: Verdict) -> Sequence[int]:
        """The numbers of one verdict of the hours that had calls."""
        return _counts(self.hours, (verdict,))


def last_day() -> CallChart:
    """The calls of the last 24 hours, by the reader's clock."""
    return of(call_hours.last_day(utcnow(), get_timezone()))


def of(hours: Sequence[Hour]) -> CallChart:
    """The chart of these hours."""
    series = [chart.Series(str(label), look, _counts(hours, verdicts)) for label, look, verdicts in GROUPS]
    marks = [_mark(hour.starts_at) for hour in hours]
    busy = [hour for hour in hours if hour.counts.total()]
    seen = [verdict for verdict in Verdict if any(hour.counts[verdict] for hour in busy)]
    return CallChart(chart.draw(series, marks), _sentence(series, busy), busy, seen)


def _counts(hours: Sequence[Hour], verdicts: Sequence[Verdict]) -> list[int]:
    return [sum(hour.counts[verdict] for verdict in verdicts) for hour in hours]


def _mark(start: datetime) -> str:
    return f"{start:%H:%M}" if start.hour % MARKED == 0 else ""


def _sentence(series: Sequence[chart.Series], busy: Sequence[Hour]) -> str:
    if not busy:
        return str(_("No call came in the last 24 hours."))
    most = max(busy, key=lambda hour: hour.counts.total())
    said = ", ".join(f"{one.total} {one.label}" for one in series)
    return str(
        _(
            "Calls of the last 24 hours by hour: %(said)s. Most came from %(hour)s on: %(count)s.",
            said=said,
            hour=f"{most.starts_at:%H:%M}",
            count=most.counts.total(),
        )
    )
