"""A page of the rules that LiveKit listed: filtered, searched, by key; LiveKit itself knows no pages."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from webapp.core.masking import impersonal
from webapp.doctor.entries import RuleEntry

ROWS = 50
ALL, OURS, FOREIGN, GUARDS, FOUND = SHOWS = ("all", "ours", "foreign", "guards", "found")
OWNERS = {OURS: "room", FOREIGN: "foreign", GUARDS: "guard"}


@dataclass(frozen=True)
class Wish:
    """What a reader asked for; `after` is the id of the last rule of the page before."""

    show: str = ALL
    search: str = ""
    trunk: str = ""
    after: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wish":
        """Read the query string; an unknown filter shows all."""
        show = query.get("show", ALL)
        texts = {name: query.get(name, "").strip()[:200] for name in ("trunk", "after")}
        return cls(show if show in SHOWS else ALL, query.get("q", "").strip()[:200], **texts)

    def query(self, **changed: str) -> dict[str, str]:
        """The query string that asks for this, with changes; another filter begins at the first page."""
        wish = replace(self, **{"after": "", **changed})
        words = {"show": "" if wish.show == ALL else wish.show, "q": wish.search, "trunk": wish.trunk}
        return {name: word for name, word in {**words, "after": wish.after}.items() if word}


@dataclass(frozen=True)
class Page:
    """The rows of a page, in the order of their ids; `following` is empty on the last page."""

    rows: list[RuleEntry]
    counts: Mapping[str, int]
    following: str


def page(entries: list[RuleEntry], wish: Wish) -> Page:
    """The page asked for, and how many rules each filter would show."""
    fit = [entry for entry in entries if _fits(entry, wish)]
    counts = Counter(show for entry in fit for show in SHOWS if _shown(entry, show))
    rows = [entry for entry in fit if _shown(entry, wish.show) and entry.rule.id > wish.after]
    return Page(rows[:ROWS], counts, rows[ROWS - 1].rule.id if len(rows) > ROWS else "")


def _shown(entry: RuleEntry, show: str) -> bool:
    return show == ALL or (entry.finding is not None if show == FOUND else entry.owner == OWNERS[show])


def _fits(entry: RuleEntry, wish: Wish) -> bool:
    if wish.trunk and wish.trunk not in entry.rule.trunk_ids:
        return False
    texts = (entry.rule.id, impersonal(entry.rule.name), entry.room.name if entry.room else "", *entry.trunks)
    return any(wish.search.casefold() in text.casefold() for text in texts)
