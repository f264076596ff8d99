"""What is wrong with trunks and rules: LiveKit's lists compared with what the rooms want; pure."""

from webapp.telephony.findings.doctor import by_rule, find, rank
from webapp.telephony.findings.finding import Finding
from webapp.telephony.findings.kinds import ORDER, SEVERITY, Kind, Remedy, Severity
from webapp.telephony.findings.world import World

__all__ = ["ORDER", "SEVERITY", "Finding", "Kind", "Remedy", "Severity", "World", "by_rule", "find", "rank"]
