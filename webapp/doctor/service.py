"""What people ask of the doctor."""

from webapp.audit import service as audit
from webapp.audit.service import Actor


def sweep(*, actor: Actor) -> None:
    """Record that somebody has every rule compared with its room now."""
    audit.record("telephony.sweep", "rules", actor)
