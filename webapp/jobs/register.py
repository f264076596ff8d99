"""What there is to do: handlers of due work by kind, and the jobs of the clock."""

from datetime import timedelta

from webapp.accounts.jobs import purge_sessions
from webapp.calls import jobs as call_jobs
from webapp.core import leases
from webapp.core.settings import settings
from webapp.doctor import diagnosis
from webapp.hooks import processing as hooks
from webapp.jobs import work
from webapp.jobs.periodic import Job
from webapp.jobs.work import Handler
from webapp.live import jobs as live_jobs
from webapp.live import sweep
from webapp.lobby import jobs as lobby
from webapp.recordings import follow
from webapp.recordings import jobs as recordings
from webapp.repairs import runs as repairs
from webapp.rooms import jobs as rooms
from webapp.trunks import moves

HANDLERS: dict[str, Handler] = {
    "lobby.announce": lobby.announce,
    "recordings.delete": recordings.delete,
    "telephony.end_old_pin": live_jobs.end_old_pin,
    "telephony.move_rooms": moves.work_on,
    "telephony.repair": repairs.resume,
    "telephony.follow": live_jobs.follow,
}


def sweep_due_work() -> None:
    """Do what the queue lost."""
    work.run_due(HANDLERS)


def jobs() -> list[Job]:
    """All jobs of the clock, most urgent first."""
    minute = timedelta(seconds=55)  # the clock ticks every minute: a full minute would now and then skip a tick
    return [
        Job("hooks", minute, hooks.sweep),
        Job("rules", timedelta(seconds=settings.sweep_seconds * 0.9), sweep.run),
        Job("diagnose", timedelta(seconds=settings.sweep_seconds * 0.9), diagnosis.diagnose),
        Job("due_work", minute, sweep_due_work),
        Job("lobby_expire", minute, lobby.expire),
        Job("lobby_purge", timedelta(hours=1), lobby.purge),
        Job("recordings", minute, follow.sweep),
        Job("remove_expired", timedelta(hours=1), recordings.remove_expired),
        Job("purge_hooks", timedelta(hours=1), hooks.purge),
        Job("purge_pins", timedelta(hours=1), rooms.purge_pins),
        Job("purge_callbacks", timedelta(hours=1), rooms.purge_callbacks),
        Job("rotate_caller_keys", timedelta(hours=1), call_jobs.rotate_caller_keys),
        Job("purge_calls", timedelta(hours=1), call_jobs.purge_calls),
        Job("purge_moves", timedelta(hours=1), moves.purge),
        Job("purge_repairs", timedelta(hours=1), repairs.purge),
        Job("purge_leases", timedelta(hours=1), leases.purge),
        Job("purge_due_work", timedelta(hours=1), work.purge),
        Job("purge_sessions", timedelta(hours=1), purge_sessions),
    ]


def by_name() -> dict[str, Job]:
    """The same, by their names."""
    return {job.name: job for job in jobs()}
