"""What the work of the clock is for, in a sentence each: its names are for logs and metrics."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

JOBS: dict[str, LazyString] = {
    "hooks": _l("Process webhooks that were left"),
    "hooks_left": _l("Catch up on webhooks"),
    "rooms_left": _l("Sync rooms that changed"),
    "seal_audit": _l("Seal the audit log"),
    "lobby_expire": _l("Remove people from the lobby who left"),
    "rules": _l("Sync all rooms with LiveKit"),
    "diagnose": _l("Look for findings in the dispatch rules"),
    "due_work": _l("Do pending work"),
    "recordings": _l("Follow running recordings"),
    "compare_recordings": _l("Compare recordings with the storage"),
    "reviews": _l("Follow access reviews"),
    "remind": _l("Send mails before recordings expire"),
    "send_audit_heads": _l("Send the audit log's signed state elsewhere"),
    "stream_audit": _l("Stream audit entries"),
    "verify_audit": _l("Verify the audit log"),
    "prune_audit": _l("Delete audit entries past their retention"),
    "shorten_addresses": _l("Shorten network addresses in the audit log"),
    "remove_expired": _l("Delete expired recordings"),
    "lobby_purge": _l("Delete old lobby requests"),
    "purge_hooks": _l("Delete old webhooks"),
    "purge_pins": _l("Free PINs that are no longer blocked"),
    "purge_callbacks": _l("Delete details of new rooms that no one fetched"),
    "rotate_caller_keys": _l("Change the key that masks callers"),
    "purge_calls": _l("Delete old calls"),
    "purge_moves": _l("Delete finished trunk moves"),
    "purge_repairs": _l("Delete finished repairs"),
    "purge_leases": _l("Delete old leases"),
    "purge_refusals": _l("Delete old counts of refused requests"),
    "purge_due_work": _l("Delete finished work"),
    "purge_mails": _l("Delete old mails"),
    "purge_invitations": _l("Delete old invitations"),
    "purge_sessions": _l("Delete expired sessions"),
}
WORK: dict[str, LazyString] = {
    "invitations.withdraw_of_room": _l("Withdraw a deleted room's invitations"),
    "audit.verify": _l("Verify the audit log"),
    "lobby.announce": _l("Tell hosts that someone is waiting"),
    "mails.send": _l("Send a mail"),
    "marketing.add": _l("Add a contact to the newsletter"),
    "marketing.remove": _l("Remove a contact from the newsletter"),
    "recordings.check": _l("Check a recording's file"),
    "recordings.tag": _l("Set a recording's retention in the storage"),
    "recordings.stop": _l("Stop a recording"),
    "recordings.delete": _l("Delete a recording"),
    "recordings.remove_file": _l("Delete a recording's file"),
    "reviews.start": _l("Start an access review"),
    "reviews.mail": _l("Send an access review's mails"),
    "reviews.close": _l("Close an access review"),
    "reviews.prove": _l("Write an access review's evidence"),
    "telephony.end_old_pin": _l("End an old PIN"),
    "telephony.move_rooms": _l("Move rooms to another trunk"),
    "telephony.repair": _l("Repair dispatch rules"),
    "telephony.follow": _l("Sync a room with LiveKit"),
}
PROBLEMS: dict[str, LazyString] = {
    "IncompleteError": _l("Not everything could be repaired; the rest was."),
    "LiveKitError": _l("LiveKit refused it."),
    "LiveKitUnavailable": _l("LiveKit didn't answer."),
    "NotSent": _l("The receiver didn't take it."),
    "NotTaken": _l("The mail server didn't take it."),
    "busy": _l("Another run wasn't over yet."),
    "no_service": _l("No newsletter service is configured."),
    "OperationalError": _l("The database didn't answer."),
}


def problem(kind: str) -> str:
    """Why a job or a piece of work failed, by the error that it ended with."""
    return str(PROBLEMS.get(kind) or _("Something went wrong (%(kind)s).", kind=kind))
