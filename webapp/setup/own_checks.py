"""Our own side: https, clocks, sign-in, storage, jobs, the database's schema."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.accounts import problems
from webapp.core.db import utcnow
from webapp.core.settings import settings
from webapp.recordings.lifecycle import LifecycleProblems
from webapp.recordings.sharing import NAME, FolderState
from webapp.setup.checks import Check, CheckState
from webapp.setup.facts import Answers, Records
from webapp.setup.mail_check import mail

SCARCE = 2 * 10**9  # bytes: a few hours of video
SLOW, WRONG = 5, 30  # seconds between two clocks: worth a look; tokens and hooks may be refused
FAULTS = {
    "otherwise": _l("The settings ask for something else, and the system doesn't let Frontdesk change it."),
    "sticky": _l("Its sticky bit lets no one but the egress worker delete what the worker wrote."),
    "public": _l("Everyone on this machine can read or write there."),
}
LOCAL = {"localhost", "127.0.0.1", "::1"}


def checks(answers: Answers, records: Records, *, arrived_secure: bool) -> list[Check]:
    """In the order in which they build on one another."""
    return [
        https(arrived_secure=arrived_secure),
        clocks(answers, records),
        provider(answers, records),
        meeting(),
        store(answers, records),
        mail(answers, records),
        jobs(answers, records),
        schema(records),
        installation(records),
    ]


def https(*, arrived_secure: bool) -> Check:
    """Browsers and LiveKit are reached by https, and we know it when they are."""
    title, local = "HTTPS", urlsplit(settings.public_url).hostname in LOCAL
    if settings.secure and not arrived_secure:
        text = _("You use https, but Frontdesk sees http: it doesn't trust the proxy in front of it.")
        fix = _("Set how many proxies are in front, and have them send X-Forwarded-Proto and X-Forwarded-For.")
        return Check("https", title, CheckState.BAD, text, fix, ("FRONTDESK_PROXY_COUNT=1",))
    if not settings.secure:
        text = _("Browsers use http: cookies and names are sent unencrypted.")
        fix = _("Put a proxy with a certificate in front, and set its address.")
        state = CheckState.WARNING if local else CheckState.BAD
        return Check("https", title, state, text, fix, ("FRONTDESK_PUBLIC_URL=https://desk.example.org",))
    livekit = urlsplit(settings.livekit_url)
    if livekit.scheme == "http" and livekit.hostname not in LOCAL:
        text = _(
            "Browsers use https. Frontdesk calls LiveKit by http: tokens and PINs are sent "
            "unencrypted inside your network."
        )
        return Check(
            "https",
            title,
            CheckState.WARNING,
            text,
            _("Set LiveKit's https address."),
            ("FRONTDESK_LIVEKIT_URL=https://…",),
        )
    return Check("https", title, CheckState.FINE, _("Browsers use https."))


def clocks(answers: Answers, records: Records) -> Check:
    """Tokens and hooks are refused between clocks that differ."""
    title = _("Clocks")
    skews = {
        _("LiveKit"): answers.livekit_skew,
        _("the sign-in provider"): answers.provider.skew if answers.provider else None,
        _("the database"): records.database_skew,
    }
    known = {name: skew for name, skew in skews.items() if skew is not None}
    if not known:
        return Check("clocks", title, CheckState.UNKNOWN, _("No clock could be read."))
    name, skew = max(known.items(), key=lambda each: abs(each[1]))
    if abs(skew) < SLOW:
        text = _("Compared: %(names)s. They differ by less than %(seconds)s s.", names=", ".join(known), seconds=SLOW)
        return Check("clocks", title, CheckState.FINE, text)
    text = _(
        "The clock of %(name)s differs from Frontdesk's by %(seconds)s s. Tokens and webhooks may be refused.",
        name=name,
        seconds=abs(skew),
    )
    state = CheckState.BAD if abs(skew) >= WRONG else CheckState.WARNING
    return Check(
        "clocks", title, state, text, _("Set both machines' clocks by a time server."), ("timedatectl set-ntp true",)
    )


def provider(answers: Answers, records: Records) -> Check:
    """People can sign in."""
    title, answer = _("Sign-in provider"), answers.provider
    if answer is not None and not answer.problem:
        if cures := problems.cures(records.refused_sign_ins):
            text = _("It answers, but sign-ins within the last hour lacked something that visitors can't change.")
            fix = _("Change the settings, or what the provider sends.")
            return Check("provider", title, CheckState.WARNING, text, fix, tuple(cures))
        return Check("provider", title, CheckState.FINE, _("It answers at %(issuer)s.", issuer=settings.oidc_issuer))
    words = {
        "confused": _("What answers there isn't an OpenID provider."),
        "issuer": _("Its issuer differs from the one in the settings."),
        "unreachable": _("Nothing answers at its address, or it answers with an error."),
    }
    text = words.get(answer.problem if answer else "", _("It didn't answer in time."))
    fix = _("Set the issuer exactly as the provider's discovery document names it.")
    return Check("provider", title, CheckState.BAD, text, fix, ("FRONTDESK_OIDC_ISSUER=…",))


def meeting() -> Check:
    """Admitted guests get to the meeting page, with a token that nobody else gets to see."""
    title = _("Meeting page")
    if not settings.token_in_query:
        return Check("meeting", title, CheckState.FINE, _("The token travels in the fragment, which no server sees."))
    text = _("The token is in the query: servers, proxies and browser histories keep it while it's valid.")
    fix = _("If your meeting page reads it from the fragment, put {token} behind a #, or leave it out.")
    line = "FRONTDESK_MEETING_URL=https://meet.example.org/{room}#token={token}"
    return Check("meeting", title, CheckState.WARNING, text, fix, (line,))


def store(answers: Answers, records: Records) -> Check:
    """Recordings can be written; whether the egress worker sees the same place shows only in a recording."""
    return _folder(answers) if settings.bucket is None else _bucket(answers, records)


def _bucket(answers: Answers, records: Records) -> Check:
    title, lines = _("Storage"), ("FRONTDESK_STORAGE_URL=…", "FRONTDESK_STORAGE_ACCESS_KEY=…")
    if answers.store is None:
        fix = _("Make sure that the bucket's address can be reached from here.")
        return Check("storage", title, CheckState.BAD, _("Writing there took too long."), fix, lines)
    if answers.store.problem:
        text = _("The bucket can't be used: %(problem)s.", problem=answers.store.problem)
        fix = _("Check the bucket's name, address and region, and what its access key may do.")
        return Check("storage", title, CheckState.BAD, text, fix, lines)
    if answers.store.lifecycle is not None and not answers.store.lifecycle.fine:
        return _lifecycle(title, answers.store.lifecycle)
    if records.refused_notifications:
        text = _("The bucket's notifications are refused: their token isn't Frontdesk's.")
        fix = _("Configure the bucket to send “Bearer” and the token in the Authorization header.")
        return Check("storage", title, CheckState.WARNING, text, fix, ("FRONTDESK_STORAGE_HOOK_TOKEN=…",))
    return Check("storage", title, CheckState.FINE, _("Frontdesk can write, read and delete in the bucket."))


def _lifecycle(title: str, found: LifecycleProblems) -> Check:
    command = ("flask storage lifecycle --apply",)
    if found.early:
        text = _(
            "Recordings may be deleted before their time: the bucket's rule %(names)s takes them too.",
            names=", ".join(found.early),
        )
        fix = _("Exclude recordings from that rule, or remove it.")
        return Check("storage", title, CheckState.BAD, text, fix, ("flask storage lifecycle",))
    text = _("The bucket has no rules that delete expired recordings. Frontdesk deletes them, while it runs.")
    return Check("storage", title, CheckState.WARNING, text, _("Install the rules."), command)


def _folder(answers: Answers) -> Check:
    title, folder = _("Storage"), str(settings.recordings_dir / NAME)
    if answers.store is None:
        fix = _("Make sure that the folder's disk or network share answers.")
        return Check("storage", title, CheckState.BAD, _("Writing there took too long."), fix, (f"ls {folder}",))
    place, standing = answers.store.place, _standing(answers.store.place)
    if answers.store.problem:
        text = " ".join([_("Frontdesk can't write there: %(problem)s.", problem=answers.store.problem), *standing])
        return Check("storage", title, CheckState.BAD, text, _shared_by_group(), _cure(place))
    if place is not None and place.fault:
        text = " ".join([*standing, str(FAULTS[place.fault])])
        return Check("storage", title, CheckState.WARNING, text, _shared_by_group(), _cure(place))
    left = answers.store.free or 0
    free = f"{left / 10**9:.1f} GB"
    if left < SCARCE:
        fix = _("Free up space, or have recordings expire sooner.")
        return Check(
            "storage",
            title,
            CheckState.WARNING,
            _("Only %(free)s are free.", free=free),
            fix,
            ("FRONTDESK_RETENTION_DAYS=30",),
        )
    text = " ".join([_("Can be written; %(free)s are free.", free=free), *standing])
    return Check("storage", title, CheckState.FINE, text)


def _standing(place: FolderState | None) -> list[str]:
    """Who owns the folder that the worker writes."""
    if place is None or place.standing is None:
        return []
    folder = place.standing
    text = _(
        "The folder belongs to user %(owner)s and group %(group)s, mode %(mode)s; Frontdesk runs as %(user)s.",
        owner=folder.owner,
        group=folder.group,
        mode=f"{folder.mode:04o}",
        user=place.user,
    )
    return [str(text)]


def _shared_by_group() -> str:
    return str(
        _(
            "Put Frontdesk's user and the egress worker's user into one group, and let that group write there. "
            "A worker that makes the folder itself keeps it for its own user."
        )
    )


def _cure(place: FolderState | None) -> tuple[str, ...]:
    lines = ("FRONTDESK_RECORDINGS_GROUP=…", "FRONTDESK_RECORDINGS_DIR=…")
    return (place.cure, *lines) if place is not None else lines


def jobs(answers: Answers, records: Records) -> Check:
    """What the clock does is done: the sweep heals what hooks missed."""
    title = _("Jobs")
    late = timedelta(minutes=3)
    if records.last_sweep is not None and records.last_sweep > utcnow() - late:
        if answers.queue is not False:
            return Check("jobs", title, CheckState.FINE, _("The sync of all rooms ran within the last minutes."))
        fix = _("Make sure that Redis runs at the address of this setting.")
        text = _("The sync ran, but Redis isn't answering: work starts a few seconds later.")
        return Check("jobs", title, CheckState.WARNING, text, fix, ("FRONTDESK_REDIS_URL=redis://…",))
    text = _("The sync hasn't succeeded within the last minutes: what webhooks missed stays wrong.")
    if settings.embedded:
        fix = _("Jobs run inside the web process: start it as the README says, and check its log.")
        return Check("jobs", title, CheckState.BAD, text, fix)
    return Check("jobs", title, CheckState.BAD, text, _("Start a worker, and check its log."), ("flask worker",))


def schema(records: Records) -> Check:
    """The database has the tables that this version expects."""
    title = _("Database")
    if records.schema == "current":
        return Check("schema", title, CheckState.FINE, _("Database schema is up to date."))
    if records.schema == "newer":
        text = _("A newer Frontdesk has upgraded it.")
        return Check(
            "schema", title, CheckState.WARNING, text, _("Run the newer Frontdesk, or restore the last backup.")
        )
    text = _("Database schema isn't up to date.") if records.schema == "behind" else _("Its version can't be read.")
    return Check("schema", title, CheckState.BAD, text, _("Upgrade it."), ("flask db upgrade",))


def installation(records: Records) -> Check:
    """Rules in LiveKit say which Frontdesk made them, and ours are known as ours."""
    title = _("Installation id")
    if records.elsewhere:
        before = records.elsewhere[0]
        text = _(
            "This database was used at other addresses before: %(public)s, with LiveKit at "
            "%(livekit)s. Rules from there count as another Frontdesk's.",
            public=before.public_url,
            livekit=before.livekit_url,
        )
        fix = _("If this is that installation at a new address, confirm it. If it's a copy, leave it as it is.")
        line = f"flask installation keep {before.id}"
        return Check("installation", title, CheckState.WARNING, text, fix, (line,))
    if not records.installation:
        text = _("None yet: it's created at the first sync with LiveKit.")
        return Check("installation", title, CheckState.UNKNOWN, text)
    text = _("The rules it creates in LiveKit have the ID %(id)s.", id=records.installation)
    return Check("installation", title, CheckState.FINE, text)
