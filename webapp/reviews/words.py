"""What the pages of reviews call things."""

from flask_babel import lazy_gettext as _l

from webapp.reviews.answering import LineShow
from webapp.reviews.models import AtEnd, CampaignState, LineOutcome
from webapp.reviews.queries import OwnerShow
from webapp.reviews.warnings import ReviewWarning

STATES = {
    CampaignState.STARTING: _l("Starting"),
    CampaignState.OPEN: _l("Open"),
    CampaignState.CLOSING: _l("Closing"),
    CampaignState.CLOSED: _l("Closed"),
}
AT_END = {
    AtEnd.KEEP: _l("Whoever isn't checked keeps access and is reported"),
    AtEnd.REMOVE: _l("Whoever isn't checked loses access, except a room's last owner"),
}
OUTCOMES = {
    LineOutcome.OPEN: _l("Not checked yet"),
    LineOutcome.NOT_ASKED: _l("Only owner, not asked"),
    LineOutcome.CONFIRMED: _l("Confirmed"),
    LineOutcome.REMOVED: _l("Removed"),
    LineOutcome.GONE: _l("No longer has access"),
    LineOutcome.LEFT_OPEN: _l("Not checked, kept access"),
    LineOutcome.EXPIRED: _l("Not checked, lost access"),
    LineOutcome.CAME: _l("Came after the start"),
}
WARNINGS = {
    ReviewWarning.DISABLED: _l("Account disabled"),
    ReviewWarning.RAISED: _l("Has more rights than at the start"),
    ReviewWarning.NEVER: _l("Hasn't signed in yet"),
    ReviewWarning.ABSENT: _l("Absent for 90 days"),
    ReviewWarning.OUTSIDE: _l("Outside address, can change the room"),
}
LINES = {LineShow.TO_GO: _l("To check"), LineShow.CHECKED: _l("Checked"), LineShow.ALL: _l("All")}
OWNERS = {
    OwnerShow.ALL: _l("All"),
    OwnerShow.UNFINISHED: _l("Not finished"),
    OwnerShow.NOT_STARTED: _l("Not started"),
    OwnerShow.UNREACHABLE: _l("Can't be reached"),
    OwnerShow.FINISHED: _l("Finished"),
}
