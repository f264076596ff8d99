"""What pages say of the chain: how it stands, and of a broken one where and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.audit import outlets, verifying
from webapp.audit.chain_models import ChainState, HeadOutlet, Verification
from webapp.core.db import utcnow

FRESH = timedelta(hours=26)  # it is followed once a day
RUNS = 20
PROBLEMS = {
    "changed": _l("Entry %(entry)s was changed after it was sealed."),
    "missing": _l("Entry %(entry)s was deleted."),
    "unreadable": _l("Entry %(entry)s holds what can't be read."),
    "seal_missing": _l("Seal %(seq)s is missing, so entries from there on may have been removed or moved."),
    "head": _l("At seal %(seq)s the chain isn't the one that was signed."),
    "signature": _l("The signature at seal %(seq)s is wrong."),
    "unknown_key": _l(
        "The head at seal %(seq)s was signed with a key that isn't known. If you replaced the key, add the old public "
        "key to FRONTDESK_AUDIT_OLD_KEYS."
    ),
    "cut": _l("The chain ends before seal %(seq)s, but a signed head shows that it was longer."),
    "not_forgotten": _l("Entry %(entry)s lost its texts, but no one was forgotten whose texts they were."),
    "no_head": _l("No head covers the seals from %(seq)s on."),
}

OUTLETS = {outlets.FILE: _l("File"), outlets.WEBHOOK: _l("Webhook")}
OUTLET_PROBLEMS = {
    "not_written": _l("The file can't be written. Retrying."),
    "no_answer": _l("The server doesn't answer. Retrying."),
}
STREAMS = {
    "webhook": _l("Webhook"),
    "udp": _l("Syslog (UDP)"),
    "tcp": _l("Syslog (TCP)"),
    "tls": _l("Syslog (TLS)"),
}
STREAM_PROBLEMS = {
    "no_answer": _l("The server doesn't answer, or doesn't read to the end. Retrying."),
    "certificate": _l("The server's certificate isn't trusted. Retrying."),
    "http_410": _l("The server takes no more entries. Retrying once a day."),
}
REDIRECTS = _l("The server leads elsewhere (%(code)s). Set FRONTDESK_AUDIT_STREAM_URL to that address. Retrying.")


@dataclass(frozen=True)
class ChainStanding:
    """The run that is under way, and the last ones that ended, newest first."""

    running: Verification | None
    runs: Sequence[Verification]

    @property
    def last(self) -> Verification | None:
        """The last one that ended."""
        return self.runs[0] if self.runs else None

    @property
    def is_stale(self) -> bool:
        """It was intact, but nobody has looked for too long."""
        last = self.last
        return last is not None and last.started_at < utcnow() - FRESH


def standing() -> ChainStanding:
    """How the chain stands now."""
    runs = verifying.lately(RUNS)
    return ChainStanding(verifying.running(runs), [run for run in runs if run.state is not None])


def result(run: Verification) -> str:
    """What a run found, in a few words."""
    if run.state is ChainState.INTACT:
        return str(_("Intact"))
    if run.state is ChainState.UNSIGNED:
        return str(_("Not signed"))
    if run.entry_id:
        return str(_("Broken at entry %(entry)s", entry=format_decimal(run.entry_id)))
    return str(_("Broken at seal %(seq)s", seq=format_decimal(run.seq)))


def problem(run: Verification) -> str:
    """What is wrong with a broken one."""
    told = PROBLEMS.get(run.problem)
    if told is None:
        return str(
            _("At seal %(seq)s the chain doesn't hold: %(code)s.", seq=format_decimal(run.seq), code=run.problem)
        )
    return str(told) % {"entry": format_decimal(run.entry_id), "seq": format_decimal(run.seq)}


def outlet_problem(outlet: HeadOutlet) -> str:
    """Why the last try to send a head failed."""
    told = OUTLET_PROBLEMS.get(outlet.problem)
    return str(told or _("The server answered %(code)s. Retrying.", code=outlet.problem.removeprefix("http_")))


def stream_problem(outlet: HeadOutlet) -> str:
    """Why the last try to send entries failed."""
    told, code = STREAM_PROBLEMS.get(outlet.problem), outlet.problem.removeprefix("http_")
    if told is not None:
        return str(told)
    return str(REDIRECTS) % {"code": code} if code.startswith("3") else outlet_problem(outlet)
