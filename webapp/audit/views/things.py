"""What deeds were done to, by name and with its page, where it still exists; asked for once for each kind."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import format_datetime
from flask_babel import gettext as _

from webapp.accounts import queries as account_queries
from webapp.audit.models import AuditEntry
from webapp.audit.sentences import GUEST, TRUNK
from webapp.core import paging
from webapp.lobby import queries as lobby_queries
from webapp.recordings import queries as recording_queries
from webapp.reviews import queries as review_queries
from webapp.rooms import queries as room_queries

if TYPE_CHECKING:
    from webapp.lobby.models import Entry

PERSONS = {"review.confirm", "review.remove", "review.undo"}  # the target is a role, which a person has

ROWS = {"room", "user", GUEST, "recording", "review"}  # kinds of ours that are found as long as they are there


@dataclass(frozen=True)
class Thing:
    """A row that a deed was done to: its page is empty where it has none, or nobody can open it any more."""

    name: str
    url: str = ""


def of(entries: Iterable[AuditEntry], kinds: Collection[str] | None = None) -> dict[tuple[str, str], Thing]:
    """What these deeds were done to, by kind and id of the entry's target; whatever is not there is gone.

    `kinds` are those of targets that are wanted; all of them without.
    """
    wanted: dict[str, dict[str, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for entry in entries:
        if kinds is None or entry.target_kind in kinds:
            kind, key = _sought(entry)
            wanted[kind][key].add((entry.target_kind, entry.target_id))
    found: dict[tuple[str, str], Thing] = {}
    for kind in sorted(wanted.keys() & FINDERS.keys()):
        for key, thing in FINDERS[kind](wanted[kind].keys()).items():
            found |= dict.fromkeys(wanted[kind][key], thing)
    return found


def is_deleted(entry: AuditEntry, found: Mapping[tuple[str, str], Thing]) -> bool:
    """What the deed was done to was a row of ours, or a trunk, and is none any more."""
    kind, key = _sought(entry)
    known = key.startswith("ST_") if kind == TRUNK else kind in ROWS and paging.key(key) is not None
    return known and (entry.target_kind, entry.target_id) not in found


def spoken_of(entries: Iterable[AuditEntry]) -> dict[tuple[str, str], str]:
    """The names of those that sentences name."""
    return names(of(entries, {GUEST, TRUNK}))


def names(things: Mapping[tuple[str, str], Thing]) -> dict[tuple[str, str], str]:
    """What they are called."""
    return {key: thing.name for key, thing in things.items()}


def _sought(entry: AuditEntry) -> tuple[str, str]:
    """By which kind and id the target is found: a role by its person, what was repaired by its kind of id."""
    kind, key = entry.target_kind, entry.target_id
    if kind == "access" or entry.action in PERSONS:
        return "user", str(entry.details.get("person", ""))
    if kind == "rule" and paging.key(key):
        return "room", key
    if kind == "rule" and not key.startswith("SDR_"):
        return TRUNK, key
    return kind, key


def _keys(ids: Iterable[str]) -> set[uuid.UUID]:
    return {key for text in ids if (key := paging.key(text)) is not None}


def _rooms(ids: Collection[str]) -> dict[str, Thing]:
    rooms = room_queries.names(_keys(ids))
    return {
        str(key): _unless_gone(gone, name, url_for("rooms.show", slug=slug))
        for key, (name, slug, gone) in rooms.items()
    }


def _unless_gone(gone: bool, name: str, url: str) -> Thing:
    return Thing(_("%(name)s (deleted)", name=name)) if gone else Thing(name, url)


def _people(ids: Collection[str]) -> dict[str, Thing]:
    people = account_queries.names(_keys(ids))
    return {key: Thing(name, url_for("people.show", person_id=key)) for key, name in people.items()}


def _guests(ids: Collection[str]) -> dict[str, Thing]:
    return {str(entry.id): Thing(_guest(entry)) for entry in lobby_queries.by_ids(_keys(ids))}


def _guest(entry: "Entry") -> str:
    if entry.kind.value == "web":
        return entry.name
    return str(_("Caller ··%(ending)s", ending=entry.ending) if entry.ending else _("Caller, number withheld"))


def _recordings(ids: Collection[str]) -> dict[str, Thing]:
    return {
        str(key): Thing(
            _("Recording of %(time)s", time=format_datetime(begun, "d MMM y, HH:mm")),
            url_for("recordings.show", recording_id=key),
        )
        for key, begun in recording_queries.times(_keys(ids)).items()
    }


def _trunks(ids: Collection[str]) -> dict[str, Thing]:
    found = room_queries.trunk_names(ids)
    return {
        key: _unless_gone(gone, name or key, url_for("trunks.show", trunk_id=key))
        for key, (name, gone) in found.items()
    }


def _rules(ids: Collection[str]) -> dict[str, Thing]:
    return {
        key: Thing(_("Dispatch rule of %(name)s", name=name), url_for("support.show", slug=slug))
        for key, (name, slug) in room_queries.rules(ids).items()
    }


def _reviews(ids: Collection[str]) -> dict[str, Thing]:
    found = review_queries.names(_keys(ids))
    return {str(key): Thing(name, url_for("reviews.show", campaign_id=key)) for key, name in found.items()}


def _jobs(ids: Collection[str]) -> dict[str, Thing]:
    """A job has its name for an id; work that was given up has none."""
    return {key: Thing(key, url_for("jobs.index")) for key in ids if not paging.key(key)}


FINDERS: dict[str, Callable[[Collection[str]], dict[str, Thing]]] = {
    "room": _rooms,
    "user": _people,
    GUEST: _guests,
    "recording": _recordings,
    TRUNK: _trunks,
    "rule": _rules,
    "review": _reviews,
    "job": _jobs,
}
