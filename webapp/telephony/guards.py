"""The guard of each trunk: it takes calls without a caller number, which must never reach a rule that hides numbers.

On LiveKit 1.13 such a call ends the server process for everybody. The guard sends it into a room of its own, and
Frontdesk removes it from there. The caller of these functions holds the trunk's lease.
"""

import sqlalchemy as sa
import structlog

from webapp import leases
from webapp.db import db
from webapp.livekit import rooms, sip
from webapp.livekit.errors import LiveKitError
from webapp.rooms.models import Room
from webapp.rooms.models import Trunk as TrunkRow
from webapp.telephony import problems, rules
from webapp.telephony.matching import Rule, Trunk, parse_rules, parse_trunks
from webapp.telephony.rules import Json

log = structlog.get_logger()
NOBODY = "frontdesk-guard"  # no caller is called that


def ensure(trunk_id: str) -> str:
    """Give the trunk its guard; returns the problem with it, empty for none. Commits. Raises LiveKitError.

    What our row says of it is believed only while other rules of ours stand there: those the sweep looks after.
    """
    row = row_of(trunk_id)
    others = db.session.scalar(sa.select(sa.exists().where(_has_rule_on(trunk_id))))
    db.session.commit()
    if row.guard_rule_id is None or not (others or _stands(row)):
        row.guard_rule_id, row.guard_problem = _place(trunk_id)
        db.session.commit()
    return row.guard_problem


def _has_rule_on(trunk_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(Room.trunk_id == trunk_id, Room.sip_dispatch_rule_id.is_not(None))


def _stands(row: TrunkRow) -> bool:
    """LiveKit has the guard of our row, and it says what a guard says."""
    stored = sip.find_rule(row.guard_rule_id or "")
    return stored is not None and _is_right(Rule.parse(stored), row.sip_trunk_id)


def _is_right(rule: Rule, trunk_id: str) -> bool:
    return rules.fingerprint(rule) == rules.fingerprint(Rule.parse(rules.guard(trunk_id, tuple(rule.numbers))))


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
    if room.startswith(rules.GUARD_PREFIX):
        rooms.remove_participant(room, identity)


def _place(trunk_id: str) -> tuple[str | None, str]:
    try:
        return _create(rules.guard(trunk_id)), ""
    except LiveKitError as error:
        if error.code not in {"invalid_argument", "already_exists"}:
            raise
    stored = parse_rules(sip.list_rules(trunk_id))
    for rule in stored:
        if rules.guarded_trunk(rule) == trunk_id:
            if not _is_right(rule, trunk_id):
                sip.replace_rule(rule.id, rules.guard(trunk_id, tuple(rule.numbers)))
            return rule.id, problems.GUARD_NARROW if rule.numbers else ""
    return _place_beside_open_rule(trunk_id)


def _place_beside_open_rule(trunk_id: str) -> tuple[str | None, str]:
    """A foreign open rule has the guard's place: name the trunk's called numbers, so that the keys differ."""
    numbers = next((rules.guard_numbers(t) for t in parse_trunks(sip.list_trunks()) if t.id == trunk_id), ())
    if not numbers:
        return None, problems.GUARD_REFUSED
    try:
        return _create_narrow(trunk_id, numbers), problems.GUARD_NARROW
    except LiveKitError as error:
        if error.code not in {"invalid_argument", "already_exists"}:
            raise
        log.warning("guard.refused", trunk=trunk_id, livekit_code=error.code)
        return None, problems.GUARD_REFUSED


def _create_narrow(trunk_id: str, numbers: tuple[str, ...]) -> str:
    """In two steps: only the flat form of a creation looks at this trunk alone, and it has no field for `numbers`."""
    rule_id = _create({**rules.guard(trunk_id), "inbound_numbers": [NOBODY]})
    try:
        sip.replace_rule(rule_id, rules.guard(trunk_id, numbers))
    except LiveKitError:
        sip.delete_rule(rule_id)
        raise
    return rule_id


def _create(guard: Json) -> str:
    return Rule.parse(sip.create_rule(guard)).id


def heal(trunk_id: str, found: list[Rule], *, trunk: Trunk | None, hiding: bool) -> None:
    """Make the guards that LiveKit lists for a trunk the one it should have. Commits.

    No trunk: it is gone, and its guards go. `hiding`: rules there hide numbers, so that one must be there.
    """
    with leases.held(f"trunk:{trunk_id}", seconds=30, wait=5) as mine:
        if not mine:
            return
        row = row_of(trunk_id)
        db.session.commit()
        kept = _keep_one(row, found if trunk else [])
        for rule in found:
            if rule is not kept:
                sip.delete_rule(rule.id)
        row.guard_rule_id = kept.id if kept else None
        db.session.commit()
        if trunk is not None and kept is None and hiding:
            ensure(trunk_id)
        elif trunk is not None and kept is not None:
            _restore(row, kept, rules.guard_numbers(trunk))


def _keep_one(row: TrunkRow, found: list[Rule]) -> Rule | None:
    return next((rule for rule in found if rule.id == row.guard_rule_id), found[0] if found else None)


def _restore(row: TrunkRow, kept: Rule, listed: tuple[str, ...]) -> None:
    """Undo what somebody changed of a guard, and follow the trunk's numbers; a narrow one widens when it can."""
    narrow = bool(kept.numbers) and not _widen(kept.id, row.sip_trunk_id)
    numbers = (listed or kept.numbers) if narrow else ()
    right = Rule.parse(rules.guard(row.sip_trunk_id, numbers))
    if narrow == bool(kept.numbers) and rules.fingerprint(kept) != rules.fingerprint(right):
        sip.replace_rule(kept.id, rules.guard(row.sip_trunk_id, numbers))
    row.guard_problem = problems.GUARD_NARROW if narrow else ""
    db.session.commit()


def _widen(rule_id: str, trunk_id: str) -> bool:
    try:
        sip.replace_rule(rule_id, rules.guard(trunk_id))
    except LiveKitError as error:
        if error.code not in {"invalid_argument", "already_exists"}:
            raise
        return False
    return True
