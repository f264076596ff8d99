"""Put a room's rule into LiveKit, change it, take it away; of a conflict LiveKit often names the wrong rule: we look.

Creations on one trunk follow one another by a lease: two at once can store a conflicting pair, and one such pair makes
LiveKit refuse every call and every change on the trunk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from webapp.core import leases
from webapp.core.db import db
from webapp.livekit import sip
from webapp.livekit.errors import LiveKitError
from webapp.matching import ConflictError, MatchingError, Rule, check_rules, parse_rules
from webapp.rules import guard, installation, marks, owners, problems, recorded, removals
from webapp.rules.owners import External, Known, OfRoom, Owner, owner_of
from webapp.rules.problems import Problem
from webapp.rules.removals import CHANGES
from webapp.rules.wanted import Json, fingerprint

log = structlog.get_logger()
LEASE_WAIT = 5


@dataclass(frozen=True)
class Placed:
    """The rule as LiveKit took it."""

    rule_id: str
    fingerprint: str


class Pending(Exception):
    """The wish cannot be fulfilled yet; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Waits(Pending):
    """Another room's rule has the wish's place, and has yet to be put right itself."""


def place(wish: Json, rule_id: str | None) -> Placed:
    """Make LiveKit hold the wish: replace the rule that it has under this id, or create one.

    Raises Pending when a rule that is not this room's stands in the way, and LiveKitError when LiveKit fails.
    """
    trunk_id = wish["trunk_ids"][0]
    with creating_on(trunk_id):
        wish = marks.marked(wish, installation.own_id())
        if wish["hide_phone_number"]:
            _guarded(trunk_id)
        try:
            return _send(wish, rule_id)
        except LiveKitError as error:
            if not is_conflict(error):
                raise
        placed = _resolve(wish, trunk_id)
        if rule_id is not None and rule_id != placed.rule_id:
            _leave(rule_id)
        return placed


def mark(rule: Rule) -> None:
    """Let the rule say that it is ours, and leave the rest as it is: whoever is calling notices nothing.

    Where another rule has its place LiveKit lets nobody change it: a later sweep does. Raises LiveKitError.
    """
    try:
        sip.replace_rule(rule.id, marks.marked(rule.info, installation.own_id()))
    except LiveKitError as error:
        if not is_conflict(error):
            raise
        log.info("rule.not_marked", rule=rule.id, code=error.code)
    else:
        CHANGES.labels("marked").inc()


@contextmanager
def creating_on(trunk_id: str) -> Iterator[None]:
    """Be the only one who adds rules to the trunk; raises Pending when others take too long."""
    with leases.held(f"trunk:{trunk_id}", wait=LEASE_WAIT) as mine:
        if not mine:
            raise Pending(problems.TRUNK_BUSY)
        yield


def is_conflict(error: LiveKitError) -> bool:
    """LiveKit has a rule with the same key; open-source LiveKit says invalid_argument."""
    return error.code == "already_exists" or (
        error.code == "invalid_argument" and "already exists in dispatch rule" in error.message
    )


def _guarded(trunk_id: str) -> None:
    problem = guard.ensure(trunk_id)
    if problem.is_guard_refused:  # a hiding rule without a guard endangers every meeting
        stored = parse_rules(sip.list_rules(trunk_id))
        _refuse_pair(_without_doubles(stored, _known(stored)))
        raise Pending(problem)


def _send(wish: Json, rule_id: str | None) -> Placed:
    """Replace the rule in place. LiveKit checks no conflict where a rule moves to: there a new one is made.

    What it checks are the rules that stand on the wished trunk, and those of no trunk.
    """
    rule = recorded.find(rule_id) if rule_id is not None else None
    if rule is None:
        return _placed("created", sip.create_rule(wish))
    if not rule.trunk_ids or wish["trunk_ids"][0] in rule.trunk_ids:
        return _placed("replaced", sip.replace_rule(rule.id, wish))
    placed = _placed("created", sip.create_rule(wish))
    removals.take_all_away([rule.id])  # where that fails the sweep keeps that of the row
    return placed


def _leave(rule_id: str) -> None:
    """Take the rule away in whose place another one stands; where that fails the sweep keeps that of the row."""
    try:
        removals.take_own_away(rule_id)
    except LiveKitError as error:
        log.warning("rule.left_behind", rule=rule_id, code=error.code)


def _placed(what: str, stored: Json) -> Placed:
    CHANGES.labels(what).inc()
    rule = Rule.parse(stored)
    return Placed(rule.id, fingerprint(rule))


def _resolve(wish: Json, trunk_id: str) -> Placed:
    """Find who holds the wish's key: adopt a rule that is this room's, and leave foreign ones alone."""
    wanted, listed = Rule.parse(wish), parse_rules(sip.list_rules(trunk_id))
    known = _known([*listed, wanted])
    stored = _without_doubles(listed, known)
    of_room = [rule for rule in stored if _same_room(owner_of(rule, known), owner_of(wanted, known))]
    holders = [rule for rule in stored if set(rule.keys) & set(wanted.keys)]
    own = [rule for rule in holders if rule in of_room]  # that of the room's other PIN too
    mine = own or [rule for rule in of_room if owner_of(rule, known) == owner_of(wanted, known)]
    for rule in holders:
        if rule not in mine:
            raise _in_the_way(rule, known)
    _refuse_pair([rule for rule in stored if rule not in mine])
    if mine and fingerprint(mine[0]) == fingerprint(wanted) and owners.bears_our_id(mine[0], known.identity):
        CHANGES.labels("adopted").inc()
        return Placed(mine[0].id, fingerprint(mine[0]))
    return _send(wish, mine[0].id if mine else None)


def _known(rules: list[Rule]) -> Known:
    known = owners.known(rules)
    db.session.commit()
    return known


def _same_room(one: Owner, other: Owner) -> bool:
    return isinstance(one, OfRoom) and isinstance(other, OfRoom) and one.room_id == other.room_id


def _in_the_way(rule: Rule, known: Known) -> Pending:
    match owner_of(rule, known):
        case OfRoom():
            return Waits(problems.waits_for(rule.id))
        case External(by_another=True):
            return Pending(problems.other_frontdesk(rule.id))
    return Pending(problems.conflict(rule.id, rule.name))


def _refuse_pair(stored: list[Rule]) -> None:
    try:
        check_rules(stored)
    except ConflictError as error:
        raise Pending(problems.pair(*error.pair)) from None
    except MatchingError:  # a rule of no kind ends every look-up on its trunk
        raise Pending(problems.bad_rule(next((rule.id for rule in stored if not rule.kind), ""))) from None


def _without_doubles(stored: list[Rule], known: Known) -> list[Rule]:
    """Delete what racing creations left of ours: one rule per owner stays, the one on our row if it is there.

    Returns the rules that are left, with those that LiveKit did not delete: whether they are in the way is seen then.
    """
    kept: dict[Owner, Rule] = {}
    doubles = []  # amid a rotation two that we know may be of one PIN: both stay
    for rule in sorted(stored, key=lambda rule: rule.id not in known.recorded):
        owner = owner_of(rule, known)
        if isinstance(owner, External):
            continue
        first = kept.setdefault(owner, rule)
        if first is not rule and rule.id not in known.recorded:
            doubles.append(rule.id)
            log.warning("rule.double", rule=rule.id)
    gone = set(doubles) - removals.take_all_away(doubles).keys()
    return [rule for rule in stored if rule.id not in gone]
