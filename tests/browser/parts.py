"""The pieces all pages are made of, on one page of the test app: to look at, and to hold to accessibility rules."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import Email

from webapp.core.db import utcnow

bp = Blueprint("parts", __name__, template_folder="templates", url_prefix="/_parts")

BADGES = (
    (("live", "Live"), ("saved", "Saved"), ("recording", "Recording"), ("hold", "Phone, held"), ("wait", "In 5 days")),
    (("tomorrow", "Tomorrow"), ("far", "10 Feb"), ("expired", "Expired"), ("permanent", "Permanent")),
    (("outage", "Outage"), ("error", "Missing"), ("warning", "Orphan"), ("note", "Note"), ("foreign", "Foreign")),
    (("kept", "Kept"), ("dropped", "Dropped"), ("failed", "Failed: disk full"), ("pending", "Member, pending")),
    (("public", "Public"), ("trusted", "Trusted"), ("restricted", "Restricted")),
    (("owner", "Owner"), ("administrator", "Administrator"), ("member", "Member")),
)
ROWS = (
    ("Housing committee", "recording", "Recording", "After it ends", "Today, 14:02", "212 MB"),
    ("Council budget hearing", "failed", "Failed: disk full", "No file", "20 Nov, 18:00", "0 MB"),
    ("Interpreter briefing", "saved", "Saved", "10 Feb", "12 Nov, 08:30", "18 MB"),
)
GUESTS = (
    ("Lotte Brandvold", "web", "Web", 161),
    ("Rasmus Holt", "web", "Web", 46),
    ("Caller ••21", "hold", "Phone, held", 9),
)
NO_ENDING = "This address has no ending such as .org. Type the whole address."
LEVELS = [("public", "Everyone"), ("restricted", "Only people with a role")]
TYPED = {"name": "Housing committee", "email": "k.osei@tenants", "level": "restricted"}


class PartsForm(FlaskForm):
    """One field of every kind."""

    name = StringField("Room name", description="People you invite see it. Callers do not hear it.")
    email = StringField("Add a person by e-mail", [Email(NO_ENDING)])
    zone = SelectField("Time zone", choices=["Europe/Oslo", "Europe/Paris"])
    level = RadioField("Who skips the lobby", choices=LEVELS)
    phone = BooleanField("Phones can join", description="Callers need the PIN.")


@bp.get("/")
def index() -> ResponseReturnValue:
    """All pieces and their states."""
    form = PartsForm(formdata=MultiDict(TYPED))
    form.email.validate(form)
    now = utcnow()
    guests = [(*guest[:3], now - timedelta(seconds=guest[3])) for guest in GUESTS]
    return render_template("parts.html", form=form, badges=BADGES, rows=ROWS, guests=guests)


@bp.get("/guest")
def guest() -> ResponseReturnValue:
    """The page of a guest who waits."""
    return render_template("parts_guest.html", since=utcnow() - timedelta(seconds=161))
