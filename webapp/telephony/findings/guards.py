"""Guards: calls without a caller number must not reach a rule that hides numbers."""

from collections.abc import Iterator

from webapp.telephony import problems
from webapp.telephony import rules as naming
from webapp.telephony.findings.finding import Finding
from webapp.telephony.findings.kinds import Kind
from webapp.telephony.findings.world import World


def guards(world: World) -> Iterator[Finding]:
    """Trunks with hiding rules and no guard, and guards that cover a part only."""
    guarded = {trunk for rule in world.rules if (trunk := naming.guarded_trunk(rule))}
    hiding = {trunk for rule in world.rules if rule.hides_caller for trunk in rule.trunk_ids}
    for trunk_id in sorted(hiding - guarded):
        yield Finding(Kind.UNGUARDED, trunk_id=trunk_id)
    for row in world.rows:
        if row.guard_problem == problems.GUARD_NARROW and row.sip_trunk_id in guarded:
            yield Finding(Kind.NARROW, trunk_id=row.sip_trunk_id)
