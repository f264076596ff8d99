"""What there is to do: handlers of due work by kind, and the jobs of the clock."""

from datetime import timedelta

from webapp.accounts.jobs import purge_sessions
from webapp.audit import addresses, outlets, pruning, sealing, streaming, verifying
from webapp.calls import jobs as call_jobs
from webapp.core import leases, refusals
from webapp.core.settings import settings
from webapp.doctor import diagnosis
from webapp.hooks import processing
from webapp.invitations import jobs as invitation_jobs
from webapp.jobs import work
from webapp.jobs.periodic import Job, Pool
from webapp.jobs.work import Handler
from webapp.live import jobs as live_jobs
from webapp.live import sweep
from webapp.live.sweep import SWEEP_JOB
from webapp.lobby import jobs as lobby_jobs
from webapp.mails import sending
from webapp.marketing import adding
from webapp.recordings import announcing, comparing, follow
from webapp.recordings import jobs as recording_jobs
from webapp.repairs import runs
from webapp.reviews import evidence, telling
from webapp.reviews import jobs as review_jobs
from webapp.rooms import jobs as room_jobs
from webapp.trunks import moves

HANDLERS: dict[str, Handler] = {
    "invitations.withdraw_of_room": invitation_jobs.withdraw_of_room,
    verifying.WORK: verifying.carry_out,
    "lobby.announce": lobby_jobs.announce,
    "mails.send": sending.send,
    "marketing.add": adding.add,
    "marketing.remove": adding.remove,
    "recordings.check": recording_jobs.check,
    "recordings.tag": recording_jobs.tag,
    "recordings.stop": recording_jobs.stop,
    "recordings.delete": recording_jobs.delete,
    "recordings.remove_file": recording_jobs.remove_file,
    "reviews.start": review_jobs.start,
    "reviews.mail": telling.plan,
    "reviews.close": review_jobs.close,
    "reviews.prove": evidence.prove,
    "telephony.end_old_pin": live_jobs.end_old_pin,
    "telephony.move_rooms": moves.work_on,
    "telephony.repair": runs.resume,
    "telephony.follow": live_jobs.follow,
}
# They have places of their own, and what goes out to servers of others has some, too: one that takes its time keeps
# nothing else waiting
MAIL = ("mails.send", "marketing.add", "marketing.remove")
LONG = (
    verifying.WORK,
    "telephony.move_rooms",
    "telephony.repair",
    "recordings.check",
    "recordings.tag",
    "recordings.delete",
    "recordings.remove_file",
    "reviews.start",
    "reviews.mail",
    "reviews.close",
    "reviews.prove",
)


def sweep_due_work() -> None:
    """Do what is due, one after the other: the runner does so anyway, and this also without one."""
    work.run_due(HANDLERS)


def jobs() -> list[Job]:
    """All jobs of the clock, most urgent first."""
    moment, minute, hour = timedelta(seconds=5), timedelta(minutes=1), timedelta(hours=1)
    sweep_seconds = timedelta(seconds=settings.sweep_seconds)
    return [
        Job("hooks", minute, processing.sweep, Pool.PROMPT),
        Job("hooks_left", moment, processing.catch_up, Pool.PROMPT),
        Job("rooms_left", moment, live_jobs.follow_marked, Pool.PROMPT),
        Job("seal_audit", 3 * moment, sealing.seal, Pool.CLEANING),
        Job("lobby_expire", minute, lobby_jobs.expire, Pool.PROMPT),
        Job(SWEEP_JOB, sweep_seconds, sweep.run),
        Job(diagnosis.DIAGNOSE_JOB, sweep_seconds, diagnosis.diagnose),
        Job("due_work", minute, sweep_due_work),
        Job("recordings", minute, follow.sweep),
        Job("compare_recordings", hour, comparing.compare),
        Job("reviews", minute, review_jobs.follow),
        Job("remind", 5 * minute, announcing.remind),
        Job("send_audit_heads", minute, outlets.send),
        Job("stream_audit", minute, streaming.send),
        Job("verify_audit", 24 * hour, verifying.periodic),
        Job("prune_audit", 24 * hour, pruning.periodic, Pool.CLEANING),
        Job("shorten_addresses", 24 * hour, addresses.shorten, Pool.CLEANING),
        Job("remove_expired", hour, recording_jobs.remove_expired),
        Job("lobby_purge", hour, lobby_jobs.purge, Pool.CLEANING),
        Job("purge_hooks", hour, processing.purge, Pool.CLEANING),
        Job("purge_pins", hour, room_jobs.purge_pins, Pool.CLEANING),
        Job("purge_callbacks", hour, room_jobs.purge_callbacks, Pool.CLEANING),
        Job("rotate_caller_keys", hour, call_jobs.rotate_caller_keys, Pool.CLEANING),
        Job("purge_calls", hour, call_jobs.purge_calls, Pool.CLEANING),
        Job("purge_moves", hour, moves.purge, Pool.CLEANING),
        Job("purge_repairs", hour, runs.purge, Pool.CLEANING),
        Job("purge_leases", hour, leases.purge, Pool.CLEANING),
        Job("purge_refusals", hour, refusals.purge, Pool.CLEANING),
        Job("purge_due_work", hour, work.purge, Pool.CLEANING),
        Job("purge_mails", hour, sending.purge, Pool.CLEANING),
        Job("purge_invitations", hour, invitation_jobs.purge, Pool.CLEANING),
        Job("purge_sessions", hour, purge_sessions, Pool.CLEANING),
    ]


def by_name() -> dict[str, Job]:
    """The same, by their names."""
    return {job.name: job for job in jobs()}
