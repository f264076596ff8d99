"""Every rule that LiveKit has, ours and foreign, and what is wrong with them."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp import htmx
from webapp.audit import service as audit
from webapp.audit.actors import current_actor
from webapp.db import db
from webapp.security import require
from webapp.telephony import jobs, listing, picture, policy, words
from webapp.telephony.listing import Wish
from webapp.telephony.views.blueprint import bp


@bp.get("/telephony/rules/")
def rules() -> ResponseReturnValue:
    """Findings first, worst first, then every rule."""
    require(policy.view_telephony)
    seen = picture.read()
    said = words.of(seen)
    outage = words.outage(seen.problem) if seen.problem else ""
    wish = Wish.of(request.args)
    page = listing.page(seen.rules, wish)
    context = {"seen": seen, "labels": said, "said": list(said.items()), "outage": outage, "wish": wish, "page": page}
    return htmx.respond("telephony/rules.html", "telephony/_rules.html", **context)


@bp.post("/telephony/rules/sweep")
def sweep() -> ResponseReturnValue:
    """Look at all rooms now instead of within a minute."""
    require(policy.sweep)
    audit.record("telephony.sweep", "rules", current_actor())
    db.session.commit()
    done = jobs.sweep()
    failed = len(done.failures)
    if failed:
        flash(ngettext("%(num)d thing could not be put right.", "%(num)d things could not be put right.", failed))
    else:
        flash(_("LiveKit was compared with every room: it agrees."))
    return redirect(url_for(".rules"), 303)
