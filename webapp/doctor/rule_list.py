"""A page of the rules that LiveKit listed: filtered, searched, by key; LiveKit itself knows no pages."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.core import paging
from webapp.core.masking import impersonal
from webapp.doctor.entries import RuleEntry

ROWS = 50
ALL, OURS, FOREIGN, OTHER, GUARDS, FOUND = SHOWS = ("all", "ours", "foreign", "other", "guards", "found")
OWNERS = {OURS: "room", FOREIGN: "foreign", OTHER: "other", GUARDS: "guard"}


def _show(word: str) -> str | None:
    return word if word in SHOWS else None


@dataclass(frozen=True)
class RuleFilters(paging.Filters):
    """What a reader asked for; `after` is the id of the last rule of the page before."""

    show: str = paging.asked("show", _show, ALL)
    search: str = paging.asked("q", paging.text(200), "")
    trunk: str = paging.asked("trunk", paging.text(200), "")
    after: str = paging.cursor("after")


@dataclass(frozen=True)
class RulePage:
    """The rows of a page, in the order of their ids; `following` is empty on the last page."""

    rows: list[RuleEntry]
    counts: Mapping[str, int]
    following: str


def page(entries: list[RuleEntry], filters: RuleFilters) -> RulePage:
    """The page asked for, and how many rules each filter would show."""
    fit = [entry for entry in entries if _fits(entry, filters)]
    counts = Counter(show for entry in fit for show in SHOWS if _shown(entry, show))
    rows = [entry for entry in fit if _shown(entry, filters.show) and entry.rule.id > filters.after]
    return RulePage(rows[:ROWS], counts, rows[ROWS - 1].rule.id if len(rows) > ROWS else "")


def _shown(entry: RuleEntry, show: str) -> bool:
    return show == ALL or (entry.finding is not None if show == FOUND else entry.owner == OWNERS[show])


def _fits(entry: RuleEntry, filters: RuleFilters) -> bool:
    if filters.trunk and filters.trunk not in entry.rule.trunk_ids:
        return False
    texts = (entry.rule.id, impersonal(entry.rule.name), entry.room.name if entry.room else "", *entry.trunks)
    return any(filters.search.casefold() in text.casefold() for text in texts)
