"""Mail: people are told of recordings where a server takes it."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.core.settings import settings
from webapp.setup.checks import Check, CheckState
from webapp.setup.facts import Answers, Records

LINES = (
    "FRONTDESK_SMTP_URL=smtps://USER:PASSWORD@mail.example.org",
    "FRONTDESK_MAIL_FROM=Frontdesk <desk@example.org>",
)
PROBLEMS = {
    "no_connection": _l("Nothing answers at its address."),
    "timeout": _l("It didn't answer in time."),
    "closed": _l("It ended the connection."),
    "not_smtp": _l("What answers there isn't a mail server, or expects TLS from the first byte (smtps://)."),
    "certificate": _l("Its certificate isn't trusted, or of another name."),
    "no_tls": _l("It offers no encryption."),
    "greeting_refused": _l("It takes no mail from this machine."),
    "sign_in_refused": _l("It doesn't accept this user and password."),
    "sender_refused": _l("It refuses the sender."),
    "busy": _l("It asks to try again later."),
    "address_refused": _l("It refuses an address."),
    "address_not_ascii": _l("It refuses an address."),
    "no_address": _l("An account has no address that mail can be sent to."),
    "mail_refused": _l("It refuses what a mail says."),
    "broken": _l("Frontdesk couldn't write it: see the log."),
}


def mail(answers: Answers, records: Records) -> Check:
    """A server lets us in; what it did not take is counted, and nobody is named."""
    title = _("Mail")
    if answers.mail == "not_configured":
        said = _("No mail server is set: no one is told that a recording is saved or about to expire.")
        return Check("mail", title, CheckState.WARNING, said, _("Set a mail server and a sender."), LINES)
    if answers.mail is None or answers.mail:
        said = _said(answers.mail or "timeout")
        return Check("mail", title, CheckState.BAD, said, _("Check its address, user and password."), LINES)
    if records.lost_mails:
        why, _count = max(records.lost_mails.items(), key=lambda each: each[1])
        said = _("Mails not delivered within the last week: %(count)s.", count=sum(records.lost_mails.values()))
        fix = _("Configure the mail server to accept mail from here. Mails can be resent on the recording's page.")
        return Check("mail", title, CheckState.WARNING, f"{said} {_said(why)}", fix, ("flask check --connect",))
    if settings.smtp is not None and settings.smtp.in_clear:
        said = _("The mail server accepts Frontdesk. Mails and addresses are sent to it unencrypted.")
        fix = _("Configure the mail server to offer encryption, and remove starttls=no.")
        return Check("mail", title, CheckState.WARNING, said, fix, LINES[:1])
    return Check("mail", title, CheckState.FINE, _("The mail server accepts Frontdesk."))


def _said(code: str) -> str:
    return str(PROBLEMS.get(code, code))
