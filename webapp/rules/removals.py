"""Rules of LiveKit go, each for itself: one that LiveKit does not delete keeps no other from going."""

from collections.abc import Iterable

import structlog
from prometheus_client import Counter

from webapp.livekit import sip
from webapp.livekit.errors import LiveKitError
from webapp.rules import recorded

log = structlog.get_logger()
CHANGES = Counter("frontdesk_rule_changes_total", "Dispatch rules changed in LiveKit", ["what"])


def take_away(rule_id: str) -> None:
    """Delete the rule, if LiveKit still has it."""
    if sip.delete_rule(rule_id):
        CHANGES.labels("deleted").inc()


def take_own_away(rule_id: str) -> None:
    """Delete the rule that a row of ours names, unless it is another installation's by now: that one's callers use it.

    Raises LiveKitError.
    """
    stored = recorded.find(rule_id)
    if stored is not None:
        take_away(stored.id)


def take_all_away(rule_ids: Iterable[str]) -> dict[str, LiveKitError]:
    """Delete rules one after the other; returns how LiveKit failed at those that it may have still, by id."""
    failures: dict[str, LiveKitError] = {}
    for rule_id in rule_ids:
        try:
            take_away(rule_id)
        except LiveKitError as error:
            failures[rule_id] = error
            log.warning("rule.left_behind", rule=rule_id, code=error.code)
    return failures
