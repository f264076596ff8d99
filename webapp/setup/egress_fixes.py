"""What an operator does about a recording that failed, by why it failed."""

from flask_babel import gettext as _


def fix(problem: str) -> str:
    """The fix for a recording's problem; for one that says little, where the reason stands."""
    fixes = {
        "no_worker": _(
            "Make sure that an egress worker runs with LiveKit's Redis, key and secret, then record a minute."
        ),
        "no_egress": _("Give LiveKit and the egress worker the same Redis, in the configuration of both."),
        "refused": _("LiveKit's log says why it refused. Make sure that the API key may record (roomRecord)."),
        "egress_lost": _("The egress worker went away while recording. Check its log and its memory limit."),
        "file_missing": _(
            "Make sure that the egress worker writes to the folder that Frontdesk reads: "
            "FRONTDESK_RECORDINGS_DIR, and FRONTDESK_RECORDINGS_EGRESS_DIR where the worker knows it "
            "by another path."
        ),
        "disk_full": _("Free up space on the disk where the egress worker writes, or have recordings expire sooner."),
        "upload_failed": _("Check the bucket, the key and the address of the storage in the egress worker's settings."),
        "not_writable": _("Let the egress worker's user write to the folder that the reason names, then record again."),
        "folder_missing": _("Make the folder on the egress worker's machine, or mount it into its container."),
        "worker_incomplete": _(
            "Use the complete image of the egress worker: a program or plug-in that it needs is missing."
        ),
        "worker_overloaded": _("Give the egress worker more processors and memory, or run more workers."),
        "worker_stopped": _("Let recordings end before the egress worker is restarted, then record again."),
        "worker_alone": _(
            "Make sure that the egress worker reaches LiveKit: its ws_url, and the ports for media through firewalls."
        ),
    }
    return fixes.get(problem) or str(_("The egress worker runs, and its log says more about this recording."))
