"""What there is to do: handlers of due work by kind, and the jobs of the clock."""

from datetime import timedelta

from webapp.accounts.jobs import purge_sessions
from webapp.core import leases
from webapp.core.settings import settings
from webapp.hooks import processing as hooks
from webapp.jobs import work
from webapp.jobs.periodic import Job
from webapp.jobs.work import Handler
from webapp.lobby import jobs as lobby
from webapp.recordings import follow
from webapp.recordings import jobs as recordings
from webapp.rooms import jobs as rooms
from webapp.telephony import diagnosis, moves, sweeping
from webapp.telephony import jobs as telephony
from webapp.telephony.repairs import work as repairs

HANDLERS: dict[str, Handler] = {
    "lobby.announce": lobby.announce,
    "recordings.delete": recordings.delete,
    "telephony.end_old_pin": telephony.end_old_pin,
    "telephony.move_rooms": moves.work_on,
    "telephony.repair": repairs.resume,
    "telephony.follow": telephony.follow,
}


def sweep_due_work() -> None:
    """Do what the queue lost."""
    work.run_due(HANDLERS)


def jobs() -> list[Job]:
    """All jobs of the clock, most urgent first."""
    minute = timedelta(seconds=55)  # the clock ticks every minute: a full minute would now and then skip a tick
    return [
        Job("hooks", minute, hooks.sweep),
        Job("rules", timedelta(seconds=settings.sweep_seconds * 0.9), sweeping.run),
        Job("diagnose", timedelta(seconds=settings.sweep_seconds * 0.9), diagnosis.diagnose),
        Job("due_work", minute, sweep_due_work),
        Job("lobby_expire", minute, lobby.expire),
        Job("lobby_purge", timedelta(hours=1), lobby.purge),
        Job("recordings", minute, follow.sweep),
        Job("remove_expired", timedelta(hours=1), recordings.remove_expired),
        Job("purge_hooks", timedelta(hours=1), hooks.purge),
        Job("purge_pins", timedelta(hours=1), rooms.purge_pins),
        Job("purge_callbacks", timedelta(hours=1), rooms.purge_callbacks),
        Job("rotate_caller_keys", timedelta(hours=1), telephony.rotate_caller_keys),
        Job("purge_calls", timedelta(hours=1), telephony.purge_calls),
        Job("purge_moves", timedelta(hours=1), moves.purge),
        Job("purge_repairs", timedelta(hours=1), repairs.purge),
        Job("purge_leases", timedelta(hours=1), leases.purge),
        Job("purge_due_work", timedelta(hours=1), work.purge),
        Job("purge_sessions", timedelta(hours=1), purge_sessions),
    ]


def by_name() -> dict[str, Job]:
    """The same, by their names."""
    return {job.name: job for job in jobs()}
