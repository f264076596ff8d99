"""The rules that our rows name, as LiveKit has them: one may have come to be another installation's meanwhile."""

import structlog

from webapp.core.db import db
from webapp.livekit import sip
from webapp.matching import Rule
from webapp.rules import installation, owners

log = structlog.get_logger()


def find(rule_id: str) -> Rule | None:
    """The rule of that id, unless LiveKit does not have it or it is another installation's. Commits.

    A copy of a database names the original's rules, whose callers must not lose them. Raises LiveKitError.
    """
    identity = installation.identity()
    db.session.commit()
    stored = sip.find_rule(rule_id)
    rule = Rule.parse(stored) if stored is not None else None
    if rule is not None and not owners.may_be_ours(rule, identity):
        log.warning("rule.of_another", rule=rule.id)
        return None
    return rule
