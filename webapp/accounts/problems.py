"""What can go wrong at sign-in, and what the page says of it: what happened, what to do."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from webapp.core.errors import Words

AGAIN = _l("Try again. If it happens again, contact the people who run this site.")
OPERATORS = _l("The people who run this site have to fix this first. Trying again won't help.")


class SignInError(Exception):
    """A sign-in that did not come about; `code` names why, in logs and on the page, without anything personal."""

    def __init__(self, code: str, hint: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.hint = hint  # technical, for the log: a claim's or an endpoint's name, never a value

    @property
    def words(self) -> Words:
        """What the page says."""
        return WORDS[self.code]

    @property
    def cure(self) -> dict[str, str]:
        """What the log says of the setting that is wrong, where one is."""
        return {"cure": CURES[self.code]} if self.code in CURES else {}

    @property
    def status(self) -> int:
        """The HTTP status: whose fault it was."""
        return STATUS.get(self.code, 400)


CURES = {
    "client_refused": "FRONTDESK_OIDC_CLIENT_ID or FRONTDESK_OIDC_CLIENT_SECRET is not what the provider knows",
    "never_verified": "the provider does not say whether addresses are verified: let it send email_verified, or set"
    " FRONTDESK_OIDC_TRUST_EMAIL=true if it lets nobody choose an address freely",
    "email_not_sent": "the provider sent no address: FRONTDESK_OIDC_SCOPES should hold email, and"
    " FRONTDESK_OIDC_EMAIL_CLAIMS name the claim",
    "email_unreadable": "the claim of FRONTDESK_OIDC_EMAIL_CLAIMS holds no address",
    "bad_token": "FRONTDESK_OIDC_ISSUER, FRONTDESK_OIDC_CLIENT_ID or FRONTDESK_OIDC_ALGORITHM may not be right",
    "wrong_clock": "the clocks of this machine and of the provider differ: keep the time, with NTP",
    "address_taken": "the provider knows a person by a new identifier who has the address of an account. It may be"
    " another person, who was given the address of somebody who left: ask, and only if it is the same person, run"
    " `flask users release`",
    "role_absent": "the provider did not send the claim of FRONTDESK_OIDC_STAFF_CLAIM: let it send one, if empty",
    "role_elsewhere": "the provider has too many groups for a token: let it send only those of this application,"
    " or roles (FRONTDESK_OIDC_STAFF_CLAIM)",
    "role_unreadable": "the claim of FRONTDESK_OIDC_STAFF_CLAIM holds neither texts nor a list of texts",
}
STATUS = {
    "unreachable": 502,
    "slow": 504,
    "confused": 502,
    "client_refused": 502,
    "bad_token": 502,
    "wrong_clock": 502,
    "denied": 403,
    "no_email": 403,
    "email_not_sent": 403,
    "email_unreadable": 403,
    "never_verified": 403,
    "unverified_email": 403,
    "address_taken": 403,
    "disabled": 403,
}


def cures(counts: Mapping[str, int]) -> list[str]:
    """What an operator can mend of the sign-ins that were refused, by the codes and how often each was."""
    return [f"{code} ({times}): {CURES[code]}" for code, times in counts.items() if code in CURES]


WORDS = {
    "unreachable": Words(
        _l("The sign-in service isn't answering"), _l("No one can sign in while it's down."), _l("Try again later.")
    ),
    "slow": Words(
        _l("The sign-in service is too slow"),
        _l("It didn't answer in time, so you aren't signed in."),
        _l("Try again in a minute."),
    ),
    "confused": Words(_l("The sign-in service's answer can't be read"), _l("So you aren't signed in."), AGAIN),
    "client_refused": Words(
        _l("The sign-in service doesn't accept this site"),
        _l("The site's client ID or secret there is wrong."),
        OPERATORS,
    ),
    "bad_token": Words(
        _l("The sign-in service's answer can't be trusted"),
        _l("Its signature or contents aren't what was asked for, so you aren't signed in."),
        OPERATORS,
    ),
    "wrong_clock": Words(
        _l("The clocks disagree"),
        _l("The clocks of the sign-in service and this site differ, so its answer wasn't accepted."),
        _l("Try again. If it happens again, the people who run this site have to set the clocks."),
    ),
    "replayed": Words(
        _l("This sign-in was already used, or took too long"),
        _l("A sign-in works once, within ten minutes, in the browser where it started."),
        _l("Sign in again."),
    ),
    "code_refused": Words(
        _l("The sign-in took too long"),
        _l("The sign-in service no longer recognizes this attempt."),
        _l("Sign in again."),
    ),
    "denied": Words(
        _l("You didn't sign in"),
        _l("The sign-in was cancelled, or you don't have permission to use this site."),
        _l("If that was a mistake, sign in again."),
    ),
    "provider_error": Words(_l("The sign-in service reported an error"), _l("So you aren't signed in."), AGAIN),
    "no_email": Words(
        _l("Your e-mail address is missing"),
        _l("This site recognizes people by e-mail address, and the sign-in service sent none."),
        _l("Add an address to your account there, or allow it to be shared, then sign in again."),
    ),
    "email_not_sent": Words(
        _l("Your e-mail address is missing"),
        _l("This site recognizes people by e-mail address, and the sign-in service sent none."),
        _l("If your account there has an address, the people who run this site have to change how it is sent."),
    ),
    "email_unreadable": Words(
        _l("Your e-mail address is missing"),
        _l("What the sign-in service sent isn't an e-mail address."),
        OPERATORS,
    ),
    "never_verified": Words(
        _l("This site can't accept your e-mail address yet"),
        _l(
            "The sign-in service doesn't say whether addresses are verified, and this site accepts "
            "only verified ones. Nothing is wrong with your account."
        ),
        OPERATORS,
    ),
    "unverified_email": Words(
        _l("Your e-mail address isn't verified"),
        _l("The sign-in service doesn't confirm that the address is yours."),
        _l("Verify your address there, then sign in again."),
    ),
    "address_taken": Words(
        _l("Your e-mail address belongs to another account here"),
        _l(
            "The sign-in service sent a new identifier for you. Whoever used this account before may "
            "be another person who had the same address, so the address alone isn't enough."
        ),
        _l("If the account is yours, ask an admin of this site to release it, then sign in again."),
    ),
    "disabled": Words(
        _l("Your account here is disabled"),
        _l("An admin has disabled it, so you can't sign in."),
        _l("Contact an admin of this site."),
    ),
}
