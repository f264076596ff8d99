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
from webapp.setup.facts import Asked, Seen

REDIS = ("redis:", "  address: redis.example.org:6379")
UNMUTE = ("room:", "  enable_remote_unmute: true")
LIVEKIT_LOG = ("# livekit.yaml", "logging:", "  component_levels:", "    api: warn")
SIP_LOG = ("# livekit-sip", "logging:", "  level: warn")
LATE = timedelta(minutes=2)  # a hook of a room that went live should have come by then


def checks(asked: Asked, seen: Seen) -> list[Check]:
    """In the order in which they build on one another."""
    found = [reached(asked), hooks(seen), sip(asked), calls(seen), trunks(seen), hold(seen)]
    return [*found, egress(asked, seen), pin_log()]


def reached(asked: Asked) -> Check:
    """LiveKit answers, and knows our key."""
    title, heard = _("LiveKit"), asked.rooms
    if heard is not None and not heard.code:
        return Check("livekit", title, CheckState.FINE, _("It answers; live rooms now: %(count)s.", count=heard.count))
    if heard is not None and heard.code in {"unauthenticated", "permission_denied"}:
        said = _("It answers, but refuses our key.")
        fix = _("Use a key and secret that stand below keys: in LiveKit’s configuration.")
        return Check("livekit", title, CheckState.BAD, said, fix, _settings("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"))
    if heard is not None and heard.code == "certificate":
        said = _("Its certificate is not trusted, or names another host.")
        fix = _("Name the file with its authority’s certificate, or the host that LiveKit’s certificate names.")
        return Check("livekit", title, CheckState.BAD, said, fix, _settings("LIVEKIT_CA_FILE", "LIVEKIT_URL"))
    fix = _("Set the address under which this machine reaches LiveKit, and see that LiveKit runs.")
    return Check("livekit", title, CheckState.BAD, _why(heard), fix, _settings("LIVEKIT_URL"))


def hooks(seen: Seen) -> Check:
    """LiveKit tells us what happens."""
    title, url = _("Hooks"), settings.public_url + url_for("hooks.livekit")
    fix = _("Name this address in LiveKit’s configuration, and see that LiveKit reaches it.")
    lines = ("webhook:", f"  api_key: {settings.livekit_api_key}", "  urls:", f"    - {url}")
    if seen.refused_hooks:
        said, worst = refused.sentence(seen.refused_hooks), next(iter(seen.refused_hooks))
        # whoever finds the address may knock with nothing: only where LiveKit's own never arrive, that is the fault
        fine = seen.last_hook is not None and seen.last_hook > utcnow() - timedelta(hours=1)
        state = CheckState.WARNING if fine else CheckState.BAD
        return Check("hooks", title, state, said, refused.fix(worst), () if worst == "clock" else lines)
    if seen.live_since and seen.live_since < utcnow() - LATE and not _since(seen, seen.live_since - LATE):
        said = _("A room is live, and LiveKit told nothing of it: rules come late, with the sweep.")
        return Check("hooks", title, CheckState.BAD, said, fix, lines)
    if seen.last_hook is None:
        return Check("hooks", title, CheckState.UNKNOWN, _("None came yet: join a room to see one."), fix, lines)
    return Check("hooks", title, CheckState.FINE, _("The last one came %(ago)s.", ago=times.ago(seen.last_hook)))


def sip(asked: Asked) -> Check:
    """LiveKit has its SIP service."""
    title, heard = _("SIP"), asked.trunks
    if heard is not None and not heard.code:
        return Check(
            "sip",
            title,
            CheckState.FINE,
            _("LiveKit’s SIP service answers; inbound trunks: %(count)s.", count=heard.count),
        )
    if heard is not None and heard.code == "no_redis":
        fix = _("Give LiveKit and livekit-sip the same Redis, in the configuration of both.")
        return Check("sip", title, CheckState.BAD, _("LiveKit runs without Redis, so that it has no SIP."), fix, REDIS)
    return Check("sip", title, CheckState.UNKNOWN, _("LiveKit isn't answering."))


def calls(seen: Seen) -> Check:
    """Whether livekit-sip runs shows only in calls; that LiveKit refuses them all shows in its rules."""
    title = _("Calls")
    if seen.outages:
        said = _("LiveKit refuses every call on a trunk, because of its rules.")
        return Check("calls", title, CheckState.BAD, said, _("Repair the outage at the top of the page Rules."))
    if seen.last_call is not None and seen.last_call > utcnow() - timedelta(days=1):
        return Check("calls", title, CheckState.FINE, _("The last call came %(ago)s.", ago=times.ago(seen.last_call)))
    said = _("LiveKit cannot be asked whether livekit-sip runs, and no call came within a day.")
    fix = _(
        "Call a room’s number. When it rings for ever, look at livekit-sip’s log and at the provider’s address of it."
    )
    return Check("calls", title, CheckState.UNKNOWN, said, fix)


def trunks(seen: Seen) -> Check:
    """A trunk takes calls, and new rooms get a PIN on one."""
    title = _("Trunks")
    if seen.open_trunks:
        said = _("Open for new rooms: %(open)s of %(all)s.", open=seen.open_trunks, all=seen.trunks)
        return Check("trunks", title, CheckState.FINE, said, url=url_for("trunks.index"))
    if seen.trunks:
        said, fix = (
            _("None is open for new rooms, which get no number. A trunk that Frontdesk found in LiveKit stays closed."),
            _("An admin can open one on its page, after reading what changes for calls that come in over it."),
        )
        return Check("trunks", title, CheckState.WARNING, said, fix, url=url_for("trunks.index"))
    said = _("There is none, so that no phone reaches a room.")
    return Check("trunks", title, CheckState.WARNING, said, _("Make one on the page Trunks; an admin may."))


def hold(seen: Seen) -> Check:
    """Callers can wait: LiveKit gives back the floor that it takes from them."""
    title, found = _("Waiting callers"), seen.remote_unmute
    fix = _("Set this in LiveKit’s configuration and start it again; Frontdesk asks again when somebody phones in.")
    if found is None:
        said = _("No caller was inside yet of whom LiveKit could be asked whether it gives a muted one the floor back.")
        return Check("hold", title, CheckState.UNKNOWN, said, fix, UNMUTE)
    learnt = _("Checked %(ago)s.", ago=times.ago(found.learnt_at))
    if found.works:
        said = _("LiveKit would give a muted caller the floor back, so that callers can wait.")
        return Check("hold", title, CheckState.FINE, f"{said} {learnt}")
    if settings.callers_without_hold == "turn_away":
        said = _("LiveKit would not give a muted caller the floor back, so that those who had to wait are turned away.")
    else:
        said = _("LiveKit would not give a muted caller the floor back, so that callers come in without waiting.")
    return Check("hold", title, CheckState.WARNING, f"{said} {learnt}", fix, UNMUTE)


def egress(asked: Asked, seen: Seen) -> Check:
    """LiveKit has egress; whether a worker waits shows only in recordings."""
    title, heard = _("Egress"), asked.egresses
    if heard is not None and heard.code == "no_redis":
        fix = _("Give LiveKit and the egress worker the same Redis, in the configuration of both.")
        return Check(
            "egress",
            title,
            CheckState.BAD,
            _("LiveKit runs without Redis, so that nothing can be recorded."),
            fix,
            REDIS,
        )
    if heard is None or heard.code:
        return Check("egress", title, CheckState.UNKNOWN, _("LiveKit isn't answering."))
    worker = egress_fixes.fix("no_worker")
    failure = seen.last_failure
    if failure and (seen.last_saved is None or failure.at > seen.last_saved):
        said = _("The last recording failed, %(ago)s.", ago=times.ago(failure.at))
        if failure.reason:
            said += " " + _("The recorder said: “%(reason)s”.", reason=failure.reason)
        return Check("egress", title, CheckState.WARNING, said, egress_fixes.fix(failure.problem))
    if seen.last_saved is None:
        said = _("LiveKit cannot be asked whether a worker waits, and nothing was recorded yet.")
        return Check("egress", title, CheckState.UNKNOWN, said, worker)
    return Check(
        "egress", title, CheckState.FINE, _("The last recording was saved %(ago)s.", ago=times.ago(seen.last_saved))
    )


def pin_log() -> Check:
    """LiveKit and livekit-sip write PINs at the level they begin with, which cannot be asked."""
    said = _(
        "Unless set otherwise, LiveKit logs the PIN of every room, and livekit-sip every PIN that callers dial. "
        "Frontdesk can't check this. Callers' numbers stay in livekit-sip's log even so, when a call ends badly."
    )
    fix = _("Set the first in LiveKit's configuration and the second in livekit-sip's, then restart both.")
    return Check("pin_log", _("PINs in logs"), CheckState.UNKNOWN, said, fix, (*LIVEKIT_LOG, *SIP_LOG))


def _since(seen: Seen, moment: datetime) -> bool:
    return seen.last_hook is not None and seen.last_hook >= moment


def _why(heard: Heard | None) -> str:
    if heard is None or heard.code in {"timeout", "deadline_exceeded"}:
        return str(_("It did not answer in time."))
    if heard.code == "not_livekit":
        return str(_("What answers at its address is not LiveKit: a proxy’s page, perhaps."))
    if heard.code == "no_tls":
        return str(_("What answers at its address does not speak https."))
    if heard.code == "no_connection":
        return str(_("Nothing answers at its address."))
    return str(_("It answers with an error: %(code)s.", code=heard.code))


def _settings(*names: str) -> tuple[str, ...]:
    return tuple(f"FRONTDESK_{name}=…" for name in names)
