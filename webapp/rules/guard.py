"""The guard of each trunk: it takes calls without a caller number, which must never reach a rule that hides numbers.

On LiveKit 1.13 such a call ends the server process for everybody. The guard sends it into a room of its own, and
Frontdesk removes it from there. The caller of these functions holds the trunk's lease.
"""

import sqlalchemy as sa
import structlog

from webapp.core import leases
from webapp.core.db import db
from webapp.livekit import rooms, sip
from webapp.livekit.errors import LiveKitError
from webapp.matching import Rule, parse_rules, parse_trunks
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import installation, marks, owners, problems, recorded, removals, wanted
from webapp.rules.owners import External, Known
from webapp.rules.problems import Problem
from webapp.rules.wanted import Json

log = structlog.get_logger()


def ensure(trunk_id: str) -> Problem:
    """Give the trunk its guard; returns the problem with it. Commits. Raises LiveKitError.

    What our row says of it is never believed: somebody may have taken it away since the last sweep.
    """
    row = row_of(trunk_id)
    db.session.commit()
    if not _stands(row):
        _place(row)
    return Problem.parse(row.guard_problem)


def _has_rule_on(trunk_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(Room.trunk_id == trunk_id, Room.sip_dispatch_rule_id.is_not(None))


def _stands(row: TrunkRow) -> bool:
    """LiveKit has the guard of our row, and it says what that guard says, or says it again. Commits."""
    rule = recorded.find(row.guard_rule_id) if row.guard_rule_id is not None else None
    if rule is None:
        return False
    narrow = Problem.parse(row.guard_problem) == problems.GUARD_NARROW
    if is_whole(row.sip_trunk_id, [rule]) and (narrow or not rule.numbers):
        return True
    kept = kept_of(row.sip_trunk_id, row.guard_rule_id, [rule])
    return kept is not None and _put_right(row, kept, ())


def _says(rule: Rule, trunk_id: str, numbers: tuple[str, ...]) -> bool:
    return wanted.fingerprint(rule) == wanted.fingerprint(Rule.parse(wanted.guard(trunk_id, numbers)))


def is_whole(trunk_id: str, found: list[Rule]) -> bool:
    """The trunk has one guard, and it says what a guard says."""
    return len(found) == 1 and wanted.is_guard(found[0], trunk_id)


def row_of(trunk_id: str) -> TrunkRow:
    """Our row of the trunk, made when LiveKit has a trunk that we have not seen yet."""
    row = db.session.get(TrunkRow, trunk_id)
    if row is None:
        row = TrunkRow(sip_trunk_id=trunk_id, assignable=False)
        db.session.add(row)
        db.session.flush()
    return row


def remove_caller(room: str, identity: str) -> None:
    """Throw out who landed in a guard's room."""
    if wanted.is_guard_room(room):
        rooms.remove_participant(room, identity)


def _place(row: TrunkRow) -> None:
    """Make a guard, or make one of what has a guard's place; our row says which it is. Commits."""
    trunk_id = row.sip_trunk_id
    try:
        _remember(row, _create(wanted.guard(trunk_id)))
        return
    except LiveKitError as error:
        if not _refused(error):
            raise
    listed, stored = _listed(trunk_id), parse_rules(sip.list_rules(trunk_id))
    known = owners.known(stored)
    db.session.commit()
    failures: dict[str, LiveKitError] = {}
    for rule in owners.guards(stored, known).get(trunk_id, ()):
        if _put_right(row, rule, listed):
            return
        failures |= removals.take_all_away([rule.id])  # it guards nothing as it is, and what it should be is taken
    for failure in failures.values():  # one of ours may be in the way, and nobody else is to blame
        raise failure
    shared = _of_another(trunk_id, stored, known)
    if shared is not None:  # it guards our rules as it does theirs
        _remember(row, None, problems.GUARD_NARROW if shared.numbers else problems.NONE)
        return
    _place_beside_open_rule(row, listed, _holder(trunk_id, stored))


def _of_another(trunk_id: str, stored: list[Rule], known: Known) -> Rule | None:
    """The guard that another Frontdesk keeps there, one for all numbers if there is one."""
    theirs = [rule for rule in stored if owners.owner_of(rule, known) == External(True, by_another=True)]
    return min(
        (rule for rule in theirs if wanted.is_guard(rule, trunk_id)), key=lambda rule: len(rule.numbers), default=None
    )


def _remember(row: TrunkRow, rule_id: str | None, problem: Problem = problems.NONE) -> None:
    row.guard_rule_id, row.guard_problem = rule_id, str(problem)
    db.session.commit()


def _listed(trunk_id: str) -> tuple[str, ...]:
    return next((wanted.guard_numbers(trunk) for trunk in parse_trunks(sip.list_trunks()) if trunk.id == trunk_id), ())


def _refused(error: LiveKitError) -> bool:
    return error.code in {"invalid_argument", "already_exists"}


def _holder(trunk_id: str, stored: list[Rule]) -> str:
    """The rule that has the guard's place; empty when none has, as beside one of no kind."""
    wide = set(Rule.parse(wanted.guard(trunk_id)).keys)
    return next((rule.id for rule in stored if wide & set(rule.keys)), "")


def _place_beside_open_rule(row: TrunkRow, numbers: tuple[str, ...], holder: str) -> None:
    """A foreign open rule has the guard's place: name the trunk's called numbers, so that the keys differ."""
    try:
        if numbers:
            _remember(row, _create_narrow(row.sip_trunk_id, numbers), problems.GUARD_NARROW)
            return
    except LiveKitError as error:
        if not _refused(error):
            raise
        log.warning("guard.refused", trunk=row.sip_trunk_id, code=error.code)
    _remember(row, None, problems.guard_refused(holder))


def _create_narrow(trunk_id: str, numbers: tuple[str, ...]) -> str:
    """In two steps: only the flat form of a creation looks at this trunk alone, and it has no field for `numbers`."""
    rule_id = _create({**wanted.guard(trunk_id), "inbound_numbers": [wanted.NOBODY]})
    try:
        sip.replace_rule(rule_id, _marked(wanted.guard(trunk_id, numbers)))
    except LiveKitError:
        sip.delete_rule(rule_id)
        raise
    return rule_id


def _create(guard: Json) -> str:
    return Rule.parse(sip.create_rule(_marked(guard))).id


def _marked(guard: Json) -> Json:
    return marks.marked(guard, installation.own_id())


def heal(trunk_id: str, found: list[Rule], *, numbers: tuple[str, ...], hiding: bool) -> bool:
    """Make the guards that LiveKit lists for a trunk the one it should have; False when others work there. Commits.

    `numbers` are those that the trunk lists; `hiding`: rules there hide numbers, so that a guard must be there. One
    that LiveKit does not delete keeps nothing else from being done; its LiveKitError is raised at the end.
    """
    with leases.held(f"trunk:{trunk_id}", wait=5) as mine:
        if not mine:
            return False
        row = row_of(trunk_id)
        db.session.commit()
        kept = kept_of(trunk_id, row.guard_rule_id, found)
        failures = removals.take_all_away(rule.id for rule in found if rule is not kept)
        if kept is not None and not _put_right(row, kept, numbers):
            failures |= removals.take_all_away([kept.id])
            kept = None
        if kept is None:
            if row.guard_rule_id not in failures:
                _remember(row, None)
            if hiding:
                ensure(trunk_id)
        for error in failures.values():
            raise error
    return True


def forget(trunk_id: str) -> None:
    """Delete the guard of a trunk that is gone, once no rule of ours stands there. Commits."""
    with leases.held(f"trunk:{trunk_id}", wait=5) as mine:
        if not mine or db.session.scalar(sa.select(sa.exists().where(_has_rule_on(trunk_id)))):
            return
        row = row_of(trunk_id)
        db.session.commit()
        removals.take_own_away(row.guard_rule_id or "")
        _remember(row, None)


def kept_of(trunk_id: str, known: str | None, found: list[Rule]) -> Rule | None:
    """Which of a trunk's guards stays: the one `known` to our row, else the first; none that stands on another trunk.

    LiveKit would move it back without looking for conflicts here.
    """
    here = [rule for rule in found if not rule.trunk_ids or trunk_id in rule.trunk_ids]
    return next((rule for rule in here if rule.id == known), here[0] if here else None)


def _put_right(row: TrunkRow, kept: Rule, listed: tuple[str, ...]) -> bool:
    """Undo what somebody changed of a guard, and follow the trunk's numbers; a narrow one widens when it can.

    False when LiveKit refuses every form that would guard. Commits.
    """
    is_marked = marks.mark_of(kept) == installation.own_id()
    for numbers in dict.fromkeys([(), listed, tuple(kept.numbers)]):
        if (is_marked and _says(kept, row.sip_trunk_id, numbers)) or _replace(kept.id, row.sip_trunk_id, numbers):
            _remember(row, kept.id, problems.GUARD_NARROW if numbers else problems.NONE)
            return True
    return False


def _replace(rule_id: str, trunk_id: str, numbers: tuple[str, ...]) -> bool:
    try:
        sip.replace_rule(rule_id, _marked(wanted.guard(trunk_id, numbers)))
    except LiveKitError as error:
        if not _refused(error):
            raise
        return False
    return True
