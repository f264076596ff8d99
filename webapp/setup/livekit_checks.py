"""LiveKit's side: is it there, does it tell, does it have SIP and egress."""

from datetime import datetime, timedelta

from flask import url_for
from flask_babel import gettext as _

from webapp.core import times
from webapp.core.db import utcnow
from webapp.core.settings import settings
from webapp.deliveries import refused
from webapp.livekit.probe import Heard
from webapp.setup import egress_fixes
from webapp.setup.checks import Check, CheckState
from webapp.setup.facts import Answers, Records

REDIS = ("redis:", "  address: redis.example.org:6379")
UNMUTE = ("room:", "  enable_remote_unmute: true")
LIVEKIT_LOG = ("# livekit.yaml", "logging:", "  component_levels:", "    api: warn")
SIP_LOG = ("# livekit-sip", "logging:", "  level: warn")
LATE = timedelta(minutes=2)  # a hook of a room that went live should have come by then


def checks(answers: Answers, records: Records) -> list[Check]:
    """In the order in which they build on one another."""
    checked = [reached(answers), hooks(records), sip(answers), calls(records), trunks(records), hold(records)]
    return [*checked, egress(answers, records), pin_log()]


def reached(answers: Answers) -> Check:
    """LiveKit answers, and knows our key."""
    title, heard = _("LiveKit"), answers.rooms
    if heard is not None and not heard.code:
        return Check("livekit", title, CheckState.FINE, _("It answers; live rooms now: %(count)s.", count=heard.count))
    if heard is not None and heard.code in {"unauthenticated", "permission_denied"}:
        text = _("It answers, but refuses Frontdesk's key.")
        fix = _("Use a key and secret listed under keys: in LiveKit's configuration.")
        return Check("livekit", title, CheckState.BAD, text, fix, _settings("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"))
    if heard is not None and heard.code == "certificate":
        text = _("Its certificate isn't trusted, or names another host.")
        fix = _("Set the file with its authority's certificate, or use the host named in LiveKit's certificate.")
        return Check("livekit", title, CheckState.BAD, text, fix, _settings("LIVEKIT_CA_FILE", "LIVEKIT_URL"))
    fix = _("Set the address at which this machine reaches LiveKit, and make sure that LiveKit is running.")
    return Check("livekit", title, CheckState.BAD, _why(heard), fix, _settings("LIVEKIT_URL"))


def hooks(records: Records) -> Check:
    """LiveKit tells us what happens."""
    title, url = _("Hooks"), settings.public_url + url_for("hooks.livekit")
    fix = _("Add this address to LiveKit's configuration, and make sure that LiveKit can reach it.")
    lines = ("webhook:", f"  api_key: {settings.livekit_api_key}", "  urls:", f"    - {url}")
    if records.refused_hooks:
        text, worst = refused.sentence(records.refused_hooks), next(iter(records.refused_hooks))
        # whoever finds the address may knock with nothing: only where LiveKit's own never arrive, that is the fault
        fine = records.last_hook is not None and records.last_hook > utcnow() - timedelta(hours=1)
        state = CheckState.WARNING if fine else CheckState.BAD
        return Check("hooks", title, state, text, refused.fix(worst), () if worst == "clock" else lines)
    if records.live_since and records.live_since < utcnow() - LATE and not _since(records, records.live_since - LATE):
        text = _(
            "A room is live, but LiveKit sent no webhook about it: its rule is created late, by the sync each minute."
        )
        return Check("hooks", title, CheckState.BAD, text, fix, lines)
    if records.last_hook is None:
        return Check("hooks", title, CheckState.UNKNOWN, _("None received yet. Join a room to see one."), fix, lines)
    return Check(
        "hooks", title, CheckState.FINE, _("The last one was received %(ago)s.", ago=times.ago(records.last_hook))
    )


def sip(answers: Answers) -> Check:
    """LiveKit has its SIP service."""
    title, heard = _("SIP"), answers.trunks
    if heard is not None and not heard.code:
        return Check(
            "sip",
            title,
            CheckState.FINE,
            _("LiveKit's SIP service answers; inbound trunks: %(count)s.", count=heard.count),
        )
    if heard is not None and heard.code == "no_redis":
        fix = _("Give LiveKit and livekit-sip the same Redis, in the configuration of both.")
        return Check("sip", title, CheckState.BAD, _("LiveKit runs without Redis, so it has no SIP."), fix, REDIS)
    return Check("sip", title, CheckState.UNKNOWN, _("LiveKit isn't answering."))


def calls(records: Records) -> Check:
    """Whether livekit-sip runs shows only in calls; that LiveKit refuses them all shows in its rules."""
    title = _("Calls")
    if records.outages:
        text = _("LiveKit refuses every call on a trunk, because of its rules.")
        return Check("calls", title, CheckState.BAD, text, _("Repair the outage at the top of the Rules page."))
    if records.last_call is not None and records.last_call > utcnow() - timedelta(days=1):
        return Check(
            "calls", title, CheckState.FINE, _("The last call came %(ago)s.", ago=times.ago(records.last_call))
        )
    text = _("LiveKit can't say whether livekit-sip is running, and no call came within a day.")
    fix = _(
        "Call a room's number. If it rings without end, check livekit-sip's log and the address "
        "to which the provider sends calls."
    )
    return Check("calls", title, CheckState.UNKNOWN, text, fix)


def trunks(records: Records) -> Check:
    """A trunk takes calls, and new rooms get a PIN on one."""
    title = _("Trunks")
    if records.open_trunks:
        text = _("Open for new rooms: %(open)s of %(all)s.", open=records.open_trunks, all=records.trunks)
        return Check("trunks", title, CheckState.FINE, text, url=url_for("trunks.index"))
    if records.trunks:
        text, fix = (
            _(
                "None is open for new rooms, so they get no number. A trunk that Frontdesk found in "
                "LiveKit stays closed until an admin opens it."
            ),
            _("An admin can open one on its page, after reading what changes for calls that come in over it."),
        )
        return Check("trunks", title, CheckState.WARNING, text, fix, url=url_for("trunks.index"))
    text = _("There is none, so no phone can reach a room.")
    return Check("trunks", title, CheckState.WARNING, text, _("An admin can create one on the Trunks page."))


def hold(records: Records) -> Check:
    """Callers can wait: LiveKit gives back the floor that it takes from them."""
    title, probe = _("Waiting callers"), records.remote_unmute
    fix = _("Set this in LiveKit's configuration and restart it. Frontdesk checks again at the next call.")
    if probe is None:
        text = _(
            "Unknown until someone has called: only then can Frontdesk check whether LiveKit lets it unmute callers."
        )
        return Check("hold", title, CheckState.UNKNOWN, text, fix, UNMUTE)
    learnt = _("Checked %(ago)s.", ago=times.ago(probe.learnt_at))
    if probe.works:
        text = _("LiveKit lets Frontdesk unmute callers, so they can wait on hold.")
        return Check("hold", title, CheckState.FINE, f"{text} {learnt}")
    if settings.callers_without_hold == "turn_away":
        text = _("LiveKit doesn't let Frontdesk unmute callers, so those who would have to wait are turned away.")
    else:
        text = _("LiveKit doesn't let Frontdesk unmute callers, so callers join without waiting.")
    return Check("hold", title, CheckState.WARNING, f"{text} {learnt}", fix, UNMUTE)


def egress(answers: Answers, records: Records) -> Check:
    """LiveKit has egress; whether a worker waits shows only in recordings."""
    title, heard = _("Egress"), answers.egresses
    if heard is not None and heard.code == "no_redis":
        fix = _("Give LiveKit and the egress worker the same Redis, in the configuration of both.")
        return Check(
            "egress",
            title,
            CheckState.BAD,
            _("LiveKit runs without Redis, so nothing can be recorded."),
            fix,
            REDIS,
        )
    if heard is None or heard.code:
        return Check("egress", title, CheckState.UNKNOWN, _("LiveKit isn't answering."))
    worker = egress_fixes.fix("no_worker")
    failure = records.last_failure
    if failure and (records.last_saved is None or failure.at > records.last_saved):
        text = _("The last recording failed, %(ago)s.", ago=times.ago(failure.at))
        if failure.reason:
            text += " " + _("The recorder said: “%(reason)s”.", reason=failure.reason)
        return Check("egress", title, CheckState.WARNING, text, egress_fixes.fix(failure.problem))
    if records.last_saved is None:
        text = _("LiveKit can't say whether an egress worker is running, and nothing has been recorded yet.")
        return Check("egress", title, CheckState.UNKNOWN, text, worker)
    return Check(
        "egress", title, CheckState.FINE, _("The last recording was saved %(ago)s.", ago=times.ago(records.last_saved))
    )


def pin_log() -> Check:
    """LiveKit and livekit-sip write PINs at the level they begin with, which cannot be answers."""
    text = _(
        "Unless set otherwise, LiveKit logs the PIN of every room, and livekit-sip every PIN that callers dial. "
        "Frontdesk can't check this. Callers' numbers stay in livekit-sip's log even so, when a call ends badly."
    )
    fix = _("Set the first in LiveKit's configuration and the second in livekit-sip's, then restart both.")
    return Check("pin_log", _("PINs in logs"), CheckState.UNKNOWN, text, fix, (*LIVEKIT_LOG, *SIP_LOG))


def _since(records: Records, moment: datetime) -> bool:
    return records.last_hook is not None and records.last_hook >= moment


def _why(heard: Heard | None) -> str:
    if heard is None or heard.code in {"timeout", "deadline_exceeded"}:
        return str(_("It didn't answer in time."))
    if heard.code == "not_livekit":
        return str(_("What answers at its address isn't LiveKit; perhaps it's a proxy's page."))
    if heard.code == "no_tls":
        return str(_("What answers at its address doesn't speak https."))
    if heard.code == "no_connection":
        return str(_("Nothing answers at its address."))
    return str(_("It answers with an error: %(code)s.", code=heard.code))


def _settings(*names: str) -> tuple[str, ...]:
    return tuple(f"FRONTDESK_{name}=…" for name in names)
