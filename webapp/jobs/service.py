"""What people do to the work of the clock."""

import uuid

from webapp import audit
from webapp.audit import Actor
from webapp.jobs import work


def run_now(name: str, *, actor: Actor) -> None:
    """Record that somebody runs the job outside its time."""
    audit.record("job.run_now", name, actor)


def retry(work_id: uuid.UUID, *, actor: Actor) -> bool:
    """Make given-up work due again; False when it is not given up."""
    if not work.retry(work_id):
        return False
    audit.record("job.retry", str(work_id), actor)
    return True
