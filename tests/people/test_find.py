"""A person is found by the exact address and by nothing else; who is staff or disabled is listed."""

from collections.abc import Callable

import pytest

from tests.plugins.queries import Counted
from tests.support.personas import Browser, make_user, persona
from tests.support.written import written
from webapp.accounts import service
from webapp.accounts.models import Staff
from webapp.audit import Actor
from webapp.core.db import db, utcnow

ClientAs = Callable[[str], Browser]
URL = "/people/"


def disable(name: str) -> None:
    service.disable(persona(name), actor=Actor.system())
    db.session.commit()


@pytest.mark.parametrize("who", ["owner", "support", "stranger"])
def test_only_admins_look_people_up_and_have_it_in_their_sidebar(client_as: ClientAs, who: str):
    person = persona("member")
    for url in (URL, f"{URL}{person.id}/"):
        assert client_as(who).get(url).status_code == 403
    assert client_as(who).post(f"{URL}find", data={"email": person.email}).status_code == 403
    assert f'href="{URL}"' not in client_as(who).get("/account/").text
    assert f'href="{URL}"' in client_as("admin").get("/account/").text


def test_an_exact_address_leads_to_the_person_by_their_id(client_as: ClientAs):
    person = persona("member")
    for typed in (person.email, f"  {person.email.upper()} "):
        found = client_as("admin").post(f"{URL}find", data={"email": typed})
        assert (found.status_code, found.location) == (303, f"{URL}{person.id}/")
    assert person.email in client_as("admin").get(found.location).text


def test_of_several_accounts_with_an_address_the_last_to_sign_in_is_shown_and_names_the_others(client_as: ClientAs):
    old, new = persona("member"), make_user("other")
    new.email, new.last_sign_in_at = old.email, utcnow()
    db.session.commit()
    found = client_as("admin").post(f"{URL}find", data={"email": old.email})
    assert found.location == f"{URL}{new.id}/"
    page = client_as("admin").get(found.location).text
    assert "1 other account has the same address" in page and f"{URL}{old.id}/" in page


@pytest.mark.parametrize("typed", ["nobody@frontdesk.example", "member@frontdesk.exampl", "x@y", "%@%"])
def test_an_unknown_address_is_answered_with_what_to_do_and_stays_in_the_form(client_as: ClientAs, typed: str):
    persona("member")
    answer = client_as("admin").post(f"{URL}find", data={"email": typed})
    assert answer.status_code == 422 and "No one has this address" in answer.text
    assert f'value="{typed}"' in answer.text


@pytest.mark.parametrize("typed", ["", "member", "@frontdesk.example", "member@", "Member Person"])
def test_part_of_an_address_or_a_name_finds_nobody(client_as: ClientAs, typed: str):
    persona("member")
    answer = client_as("admin").post(f"{URL}find", data={"email": typed})
    assert answer.status_code == 422 and "Enter a full address, such as name@example.org." in answer.text
    assert "No one has this address" not in answer.text


def test_an_address_that_is_looked_for_stands_in_no_link_and_no_log_line(client_as: ClientAs):
    person = persona("member")
    with written("debug") as lines:
        for typed in (person.email, "nobody@frontdesk.example"):
            answer = client_as("admin").post(f"{URL}find", data={"email": typed})
            assert "@" not in (answer.location or "")
        assert "@frontdesk" not in str(lines())


def test_by_default_nobody_but_staff_and_the_disabled_is_listed(client_as: ClientAs):
    persona("member")
    persona("support")
    persona("stranger")
    disable("stranger")
    admin = client_as("admin")
    for show in ("", "?show=staff", "?show=everyone", "?show=nonsense&older=x"):
        page = admin.get(URL + show).text
        assert "Support Person" in page and "Admin Person" in page
        assert "Member Person" not in page and "Stranger Person" not in page and "show=everyone" not in page
    page = admin.get(f"{URL}?show=disabled").text
    assert "Stranger Person" in page and "Support Person" not in page


def test_an_installation_may_let_admins_list_everybody(client_as: ClientAs, change_settings: Callable[..., None]):
    change_settings(people_listing=True)
    persona("member")
    page = client_as("admin").get(f"{URL}?show=everyone").text
    assert "Member Person" in page and "Admin Person" in page
    assert "Member Person" not in client_as("admin").get(URL).text


def test_the_pages_of_a_list_follow_each_other_without_an_address_in_the_link(
    client_as: ClientAs, change_settings: Callable[..., None]
):
    change_settings(people_listing=True)
    for number in range(52):
        make_user(f"guest{number:02}")
    admin = client_as("admin")
    first = admin.get(f"{URL}?show=everyone").text
    (older,) = [part.split('"')[0] for part in first.split('rel="next" href="')[1:]]
    assert "@" not in older
    second = admin.get(older.replace("&amp;", "&")).text
    names = [f"Guest{number:02} Person" for number in range(52)]
    assert [(name in first) + (name in second) for name in names] == [1] * 52


def test_the_list_costs_the_same_for_few_and_for_many(client_as: ClientAs, count_queries: Counted):
    admin = client_as("admin")
    admin.get(URL)
    with count_queries() as few:
        admin.get(URL)
    for number in range(60):
        make_user(f"helper{number}", staff=Staff.SUPPORT)
    with count_queries() as many:
        admin.get(URL)
    assert len(few) == len(many)
