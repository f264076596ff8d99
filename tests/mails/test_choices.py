"""Everybody says which mails they want: on the account page, or by the link in a mail, which names nobody."""

import base64
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.mail_server import MailServer
from tests.support.factories import trail
from tests.support.mails import links, part, work_off
from tests.support.personas import SWAP, Browser, browser, persona
from webapp.core.db import db
from webapp.mails import kinds
from webapp.mails import links as signed
from webapp.mails.models import Mail, MailChoice

ClientAs = Callable[[str], Browser]
OFF = {"List-Unsubscribe": "One-Click"}
OWNER = "owner@frontdesk.example"


def off_path(topic: str = "recordings", who: str = "owner") -> str:
    return urlsplit(signed.off_url(persona(who).id, topic)).path


def turned_off() -> set[tuple[str, str]]:
    db.session.rollback()
    found = sa.select(MailChoice)
    chosen = {(str(row.user_id), row.topic) for row in db.session.scalars(found)}
    db.session.commit()
    return chosen


@pytest.fixture
def stranger_browser(app: Flask) -> Browser:
    """Like a mail program: no sign-in, no cookie, no CSRF token."""
    made = browser(app)
    made.csrf = False
    return made


def test_a_person_turns_topics_off_and_on_again_on_the_account_page(client_as: ClientAs):
    owner, me = client_as("owner"), str(persona("owner").id)
    page = owner.get("/account/").text
    topics = list(kinds.topics())
    rest = [topic for topic in topics if topic != "recordings"]
    assert len(re.findall(r'<input checked [^>]*name="wanted"', page)) == len(topics), "all are wanted at first"
    assert owner.post("/account/mails", data={"wanted": rest}).status_code == 303
    assert turned_off() == {(me, "recordings")}
    assert len(re.findall(r'<input checked [^>]*name="wanted"', owner.get("/account/").text)) == len(rest)
    swap = owner.post("/account/mails", data={}, headers=SWAP)
    assert swap.status_code == 200 and 'id="mails"' in swap.text and "<html" not in swap.text and "Saved" in swap.text
    assert turned_off() == {(me, topic) for topic in topics}
    owner.post("/account/mails", data={"wanted": topics})
    assert turned_off() == set()
    assert [entry.details for entry in trail("user.choose_mails")] == [
        {"off": ["recordings"]}, {"off": sorted(topics)}, {"off": []}
    ]  # fmt: skip


def test_a_topic_that_is_none_is_refused_and_nothing_changes(client_as: ClientAs):
    answer = client_as("owner").post("/account/mails", data={"wanted": ["weather"]})
    assert (answer.status_code, turned_off()) == (422, set())


def test_what_one_person_turns_off_others_still_get(client_as: ClientAs):
    client_as("owner").post("/account/mails", data={"wanted": []})
    assert {who for who, _topic in turned_off()} == {str(persona("owner").id)}


def test_without_a_mail_server_the_account_page_says_so(client_as: ClientAs, mailing: MailServer, settings):
    assert "Mail isn't set up here" not in client_as("owner").get("/account/").text
    settings.mail_from = ""
    assert "Mail isn't set up here" in client_as("owner").get("/account/").text


def test_the_link_opens_a_page_with_one_button_and_looking_changes_nothing(stranger_browser: Browser):
    path = off_path()
    for method in ("GET", "HEAD"):
        assert stranger_browser.open(path, method=method).status_code == 200
    page = stranger_browser.get(path).text
    assert turned_off() == set()
    assert (
        len(re.findall('<button class="primary"', page)) == 1 and "when a recording of a room you own is saved" in page
    )
    assert "Owner" not in page.replace("own is saved", "") and OWNER not in page, "whose it is, is not said"


def test_the_button_turns_the_topic_off_without_a_sign_in_and_says_so(stranger_browser: Browser):
    answer = stranger_browser.post(off_path(), data={})
    assert answer.status_code == 200 and "These mails are turned off" in answer.text
    assert turned_off() == {(str(persona("owner").id), "recordings")}
    assert "These mails are turned off" in stranger_browser.get(off_path()).text


def test_a_mail_program_turns_it_off_by_one_post_and_is_not_redirected(stranger_browser: Browser):
    for _ in range(2):
        answer = stranger_browser.post(off_path("reminders"), data=OFF)
        assert (answer.status_code, answer.headers.get("Location")) == (200, None)
    assert turned_off() == {(str(persona("owner").id), "reminders")}
    (entry,) = trail("user.turn_off_mails")
    assert entry.user_id is None and entry.details == {"person": str(persona("owner").id), "topic": "reminders"}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["x", "", "a.b", "W10.x", "/", "x" * 5000])
def test_a_link_that_is_not_ours_gets_a_page_that_says_what_to_do(stranger_browser: Browser, method: str, token: str):
    path = f"/mails/off/{token or '%20'}"
    answer = stranger_browser.open(path, method=method, data=OFF if method == "POST" else None)
    assert answer.status_code == 404
    if token != "/":
        assert "This link doesn't work any more" in answer.text and "account page" in answer.text
    assert turned_off() == set()


def test_a_link_signed_for_another_purpose_or_changed_or_of_nobody_turns_nothing_off(
    app: Flask, stranger_browser: Browser
):
    good = off_path()
    body, _dot, signature = good.rpartition("/")[2].partition(".")
    other = off_path("reminders").rpartition("/")[2].partition(".")[0]
    unknown = urlsplit(signed.off_url(persona("owner").id, "weather")).path
    paths = [f"/mails/off/{other}.{signature}", f"/mails/off/{body}.{signature[:-2]}xx", unknown]
    db.session.delete(persona("owner"))
    db.session.commit()
    paths.append(good)
    assert [stranger_browser.post(path, data=OFF).status_code for path in paths] == [404] * 4
    assert turned_off() == set()


def test_guessing_links_is_slowed_down_and_right_ones_are_not_counted(stranger_browser: Browser, change_settings):
    change_settings(unknown_link_limit="3 per minute")
    for _ in range(5):
        assert stranger_browser.get(off_path()).status_code == 200
    guesses = [stranger_browser.post(f"/mails/off/guess{number}", data=OFF).status_code for number in range(5)]
    assert guesses == [404, 404, 404, 429, 429]


def test_the_link_names_a_person_by_id_and_a_topic_alone(app: Flask):
    token = off_path().rpartition("/")[2]
    payload = token.partition(".")[0]
    assert base64.urlsafe_b64decode(payload + "==") == f'["{persona("owner").id.hex}","recordings"]'.encode()


def test_the_page_speaks_the_language_of_the_mail(stranger_browser: Browser):
    persona("owner").language = "fr"
    page = stranger_browser.get(off_path(), headers={"Accept-Language": "en"}).text
    assert 'lang="fr"' in page and "Ne plus recevoir" in page


def test_what_stands_in_a_mail_that_arrived_works(planned: Mail, mailing: MailServer, stranger_browser: Browser):
    work_off()
    mail = mailing.mail_to(OWNER)
    link = mail["List-Unsubscribe"].strip("<>")
    assert link in links(mail) and link in part(mail, "plain").replace("\n", "")
    assert stranger_browser.post(urlsplit(link).path, data=OFF).status_code == 200
    assert turned_off() == {(str(persona("owner").id), "recordings")}
