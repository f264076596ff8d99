"""What can go wrong at sign-in, and what the page says of it: what happened, what to do."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import Words

AGAIN = _l("Try again. If it happens twice, tell the people who run this site.")
OPERATORS = _l("The people who run this site have to mend this; trying again will not help before that.")


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
    "unverified_email": 403,
    "address_taken": 403,
    "disabled": 403,
}

WORDS = {
    "unreachable": Words(
        _l("The sign-in service does not answer"), _l("Nobody can sign in while it is down."), _l("Try again later.")
    ),
    "slow": Words(
        _l("The sign-in service is too slow"),
        _l("It did not answer in time, so you are not signed in."),
        _l("Try again in a minute."),
    ),
    "confused": Words(
        _l("The sign-in service answered something unreadable"), _l("So we do not know who you are."), AGAIN
    ),
    "client_refused": Words(
        _l("The sign-in service does not accept this site"),
        _l("The site's name or secret at the service is not right."),
        OPERATORS,
    ),
    "bad_token": Words(
        _l("The sign-in service's answer could not be trusted"),
        _l("Its signature or its contents are not what we asked for, so it was thrown away."),
        AGAIN,
    ),
    "wrong_clock": Words(
        _l("The clocks do not agree"),
        _l("By our clock the sign-in service's answer is from another time, so it was not accepted."),
        _l("Try again. If it happens twice, the people who run this site have to set the clocks."),
    ),
    "replayed": Words(
        _l("This sign-in was used already, or took too long"),
        _l("The page you came back to works once, in the browser that began, for ten minutes."),
        _l("Begin a new sign-in."),
    ),
    "code_refused": Words(
        _l("The sign-in took too long"),
        _l("The sign-in service no longer knows this attempt."),
        _l("Begin a new sign-in."),
    ),
    "denied": Words(
        _l("You did not sign in"),
        _l("The sign-in service says that it was cancelled, or that you may not use this site."),
        _l("Sign in again if that was a slip."),
    ),
    "provider_error": Words(_l("The sign-in service reported an error"), _l("So we do not know who you are."), AGAIN),
    "no_email": Words(
        _l("We did not learn your e-mail address"),
        _l("This site knows people by their address, and the sign-in service sent none."),
        _l("Add an address to your account there, or allow that it is shared; then sign in again."),
    ),
    "unverified_email": Words(
        _l("Your e-mail address is not verified"),
        _l("The sign-in service does not vouch that the address is yours."),
        _l("Verify your address there; then sign in again."),
    ),
    "address_taken": Words(
        _l("Your e-mail address belongs to another account here"),
        _l("The sign-in service calls you by a new identifier, and we do not hand accounts over by address alone."),
        _l("Ask an admin of this site to release the old account; then sign in again."),
    ),
    "disabled": Words(
        _l("Your account here is disabled"),
        _l("You are known, but you may not sign in."),
        _l("Ask an admin of this site."),
    ),
}
