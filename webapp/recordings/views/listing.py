"""The list of recordings."""

from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp.core import counting, paging
from webapp.core.db import utcnow
from webapp.core.filters import file_size
from webapp.core.security import require
from webapp.core.times import reader_zone
from webapp.recordings import listing, policy
from webapp.recordings.listing import Count, RecordingShow, RecordingSort
from webapp.recordings.modes import Mode
from webapp.recordings.views.blueprint import bp

SHOWS = {
    RecordingShow.ALL: _l("All"),
    RecordingShow.RUNNING: _l("Recording"),
    RecordingShow.EXPIRING: _l("Expiring"),
    RecordingShow.PERMANENT: _l("Permanent"),
    RecordingShow.FAILED: _l("Failed"),
    RecordingShow.EXPIRED: _l("Expired"),
}
MODES = {Mode.VIDEO: _l("Video"), Mode.AUDIO: _l("Audio only"), Mode.TRANSCRIPT: _l("For a transcript")}
HEADS = {
    RecordingSort.KEPT: _l("Kept until"),
    RecordingSort.MADE: _l("Recorded"),
    RecordingSort.LENGTH: lazy_pgettext("recording", "Length"),
    RecordingSort.SIZE: _l("Size"),
}


@bp.get("/recordings/")
def index() -> ResponseReturnValue:
    """The recordings of the rooms I host: what goes this week, counts by state and kind, and a page of them."""
    require(policy.index)
    filters, zone = listing.RecordingFilters.of(request.args), reader_zone()
    counts = listing.counts(current_user, filters, zone)
    context = {
        "page": listing.page(current_user, filters, paging.Place.of(request.args), zone),
        "filters": filters,
        "shows": SHOWS,
        "modes": MODES,
        "heads": paging.heads(filters, HEADS, {RecordingSort.KEPT}),
        "counts": counts,
        "expiring": counts.shows[RecordingShow.EXPIRING],
        "week": [(day, _day_words(day), _day_query(filters, day), count) for day, count in counts.week.items()],
        "number_of": number_of,
        "size_of": size_of,
        "now": utcnow(),
    }
    return render_template("recordings/index.html", **context)


def _day_words(day: date) -> str:
    return str(format_date(day, "EEE d MMM"))


def _day_query(filters: listing.RecordingFilters, day: date) -> dict[str, str]:
    """The query of a day of the week; of the one that is chosen that of all days."""
    return filters.query(show=RecordingShow.ALL, day=None if filters.day == day else day)


def number_of(count: Count) -> str:
    """So many, or that there are more than were counted."""
    return counting.in_words(count.number, is_all=count.is_all)


def size_of(count: Count) -> str:
    """So large together, or how large those are that were counted; empty where there is no file."""
    size = file_size(count.size) if count.size else ""
    return size if count.is_all or not size else str(_("more than %(size)s", size=size))
