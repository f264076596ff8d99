"""The account page: what is mine, and how I want to be shown things."""

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.personas import SWAP, browser, make_user, persona
from webapp.accounts import browsers
from webapp.accounts.models import User
from webapp.audit import Actor, record
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.rooms.models import Access, Role, Room


def stored() -> User:
    db.session.expire_all()
    return db.session.scalars(sa.select(User).filter_by(email="owner@frontdesk.example")).one()


def test_saving_keeps_language_zone_and_theme_and_goes_back_to_the_page(client_as):
    owner = client_as("owner")
    answer = owner.post("/account/", data={"language": "fr", "timezone": "America/Lima", "theme": "dark"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/")
    assert (stored().language, stored().timezone, stored().theme) == ("fr", "America/Lima", "dark")
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.details["fields"]) == ("user.update_profile", ["language", "timezone", "theme"])
    assert entry.details["changes"]["language"] == {"before": "en", "after": "fr"}
    assert entry.details["changes"]["theme"] == {"before": "", "after": "dark"}


def test_the_chosen_language_is_spoken_whatever_the_browser_says(client_as):
    owner = client_as("owner")
    owner.post("/account/", data={"language": "fr", "timezone": "", "theme": ""})
    page = owner.get("/account/", headers={"Accept-Language": "en"}).text
    assert "Fuseau horaire" in page and "Time zone" not in page


def test_times_are_shown_in_the_chosen_zone(app: Flask):
    user = make_user("owner")
    here = browser(app, user)
    shown = []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart
        here.post("/account/", data={"language": "en", "timezone": zone, "theme": ""})
        shown.append(here.get("/account/").text.split('data-label="Expires">')[1].split("</td>")[0])
    assert shown[0] != shown[1]


def test_inside_a_swap_the_whole_page_is_loaded_again(client_as):
    data = {"language": "fr", "timezone": "", "theme": ""}
    answer = client_as("owner").post("/account/", data=data, headers=SWAP)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/account/")


@pytest.mark.parametrize(
    "wrong", [{"language": "xx"}, {"timezone": "Mars/Olympus"}, {"theme": "neon"}, {"language": "en' OR 1=1"}]
)
def test_a_choice_that_is_not_offered_is_refused_and_nothing_changes(client_as, wrong: dict[str, str]):
    owner = client_as("owner")
    data = {"language": "fr", "timezone": "", "theme": "dark", **wrong}
    assert owner.post("/account/", data=data).status_code == 422
    assert (stored().language, stored().theme) == ("en", "")


def test_my_rooms_are_listed_with_my_role_and_others_are_not(client_as):
    owner, stranger = client_as("owner"), client_as("stranger")
    room = Room(name="Harbour council", slug="abc-defg-hij")
    db.session.add(room)
    db.session.flush()
    db.session.add(Access(room_id=room.id, user_id=persona("owner").id, role=Role.OWNER))
    db.session.commit()
    assert "Harbour council" in owner.get("/account/").text
    assert "Harbour council" not in stranger.get("/account/").text


def test_what_i_revealed_is_listed_to_me(client_as):
    owner = client_as("owner")
    me = persona("owner")
    room = Room(name="Harbour council", slug="abc-defg-hij")
    db.session.add(room)
    db.session.flush()
    record("room.reveal_pin", room, Actor.user(me))
    db.session.commit()
    page = owner.get("/account/").text
    assert "revealed the PIN of <b>Harbour council</b>" in page
    assert "revealed the PIN" not in client_as("stranger").get("/account/").text


def test_the_language_button_keeps_the_language_of_somebody_signed_in(client_as):
    owner = client_as("owner")
    assert owner.post("/language", data={"language": "fr", "next": "/account/"}).headers["Location"] == "/account/"
    assert stored().language == "fr"
    owner.post("/language", data={"language": "xx"})
    assert stored().language == "fr"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8", ""),
    ],
)
def test_a_browser_is_named_in_words(agent: str, name: str):
    assert browsers.describe(agent) == name
