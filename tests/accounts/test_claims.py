"""For each claim: not sent, sent elsewhere, empty, unreadable and no are five answers, each with its own outcome."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from webapp.accounts.identity import Identity, identify
from webapp.accounts.models import Staff
from webapp.accounts.problems import CURES, OPERATORS, WORDS, SignInError

Change = Callable[..., None]
SURE = {"email": "k.osei@tenants.example", "email_verified": True}
OVERAGE = {
    "_claim_names": {"groups": "src1"},
    "_claim_sources": {"src1": {"endpoint": "https://graph.example/getMemberObjects"}},
}


@pytest.fixture(autouse=True)
def change(app: Flask) -> Iterator[Change]:
    """Settings of a provider whose claim `groups` decides the role."""
    before = app.extensions["frontdesk.settings"]

    def change(**values: Any) -> None:
        app.extensions["frontdesk.settings"] = app.extensions["frontdesk.settings"].model_copy(update=values)

    change(oidc_staff_claim="groups")
    yield change
    app.extensions["frontdesk.settings"] = before


def _of(**claims: Any) -> Identity:
    return identify({"sub": "x"}, {"sub": "x", **claims}, "token")


@pytest.mark.parametrize(
    ("claims", "staff", "problem"),
    [
        ({"groups": ["frontdesk-admin"]}, Staff.ADMIN, ""),
        ({"groups": ["frontdesk-support", 7]}, Staff.SUPPORT, ""),
        ({"groups": "frontdesk-admin"}, Staff.ADMIN, ""),
        ({"groups": ["others"]}, Staff.NONE, ""),
        ({"groups": []}, Staff.NONE, ""),
        ({"groups": ""}, Staff.NONE, ""),
        ({}, None, "absent"),
        ({"groups": None}, None, "absent"),
        (OVERAGE, None, "elsewhere"),
        ({"hasgroups": True}, None, "elsewhere"),
        ({"groups": 7}, None, "unreadable"),
        ({"groups": {"src": 1}}, None, "unreadable"),
        ({"groups": [{"id": 1}]}, None, "unreadable"),
    ],
)
def test_only_an_answer_changes_the_role(claims: dict[str, Any], staff: Staff | None, problem: str):
    found = _of(**SURE, **claims)
    assert (found.staff, found.role_problem) == (staff, problem)
    assert not problem or f"role_{problem}" in CURES


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, "email_not_sent"),
        ({"email": ""}, "no_email"),
        ({"email": " "}, "no_email"),
        ({"email": ["a@b.example"]}, "email_unreadable"),
        ({"email": 7}, "email_unreadable"),
        ({"email": "no address"}, "email_unreadable"),
        ({"email": "@b.example"}, "email_unreadable"),
        ({"email": "a@"}, "email_unreadable"),
        ({"email": "a@b@c.example"}, "email_unreadable"),
        ({"email": "A B <a@b.example>"}, "email_unreadable"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "email_unreadable"),
        ({"email": "a@b.example\0"}, "email_unreadable"),
        ({"email": "a@" + "b" * 500 + ".example"}, "email_unreadable"),
        ({"email": "a@b.example"}, "never_verified"),
        ({"email": "a@b.example", "email_verified": None}, "never_verified"),
        ({"email": "a@b.example", "email_verified": ""}, "never_verified"),
        ({"email": "a@b.example", "email_verified": "maybe"}, "never_verified"),
        ({"email": "a@b.example", "email_verified": False}, "unverified_email"),
        ({"email": "a@b.example", "email_verified": "False"}, "unverified_email"),
        ({"email": "a@b.example", "xms_edov": False}, "unverified_email"),
    ],
)
def test_each_way_to_have_no_address_has_its_own_code(claims: dict[str, Any], code: str):
    with pytest.raises(SignInError) as refused:
        _of(**claims).require_address()
    assert refused.value.code == code
    assert "@" not in refused.value.hint


@pytest.mark.parametrize(
    "address",
    ["mirela\u200b@b.example", "mirela@b\u00ad.example", "\u202emirela@b.example", "mirela\u0000@b.example"],
    ids=ascii,
)
def test_an_address_with_letters_that_nobody_sees_is_not_the_one_without_them(address: str):
    with pytest.raises(SignInError) as refused:
        _of(email=address, email_verified=True).require_address()
    assert refused.value.code == "email_unreadable"


def test_an_address_is_not_the_one_that_its_small_letters_would_make_of_it():
    with pytest.raises(SignInError):
        _of(email="\u212a.osei@b.example", email_verified=True).require_address()  # the sign for kelvin


@pytest.mark.parametrize("address", ["Jos\u00e9@B.example", "jose\u0301@b.example", " JOSE\u0301@b.example "])
def test_an_address_is_the_same_however_its_letters_are_composed(address: str):
    assert _of(email=address, email_verified=True).email == "jos\u00e9@b.example"


@pytest.mark.parametrize(
    "said", [{"email_verified": True}, {"email_verified": "true"}, {"xms_edov": "1"}, {"xms_edov": 1}]
)
def test_a_yes_in_any_writing_is_one(said: dict[str, Any]):
    _of(email="a@b.example", **said).require_address()


def test_visitors_are_never_told_to_mend_what_only_an_operator_can():
    for code in ("never_verified", "email_unreadable", "client_refused", "bad_token"):
        assert WORDS[code].now == OPERATORS
        assert code in CURES


def test_a_setting_trusts_silence_and_not_a_no(change: Change):
    change(oidc_trust_email=True)
    _of(email="a@b.example").require_address()
    for said in (False, "maybe"):
        with pytest.raises(SignInError):
            _of(email="a@b.example", email_verified=said).require_address()


def test_the_claim_of_the_address_is_a_setting(change: Change):
    change(oidc_email_claims=["mail", "email"], oidc_email_verified_claims=["mail_ok"])
    found = _of(mail="A@B.example", mail_ok=True)
    found.require_address()
    assert found.email == "a@b.example"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"given_name": "Ada", "family_name": "King", "name": "Ada King"}, "Ada King"),  # Keycloak, Google, Entra
        ({"name": "Ada King"}, "Ada King"),  # authentik
        ({"given_name": "Ada", "usual_name": "King"}, "Ada King"),  # ProConnect
        ({"given_name": "Ada"}, "Ada"),
        ({"name": ["Ada"]}, ""),
    ],
)
def test_names_of_common_providers_come_whole(claims: dict[str, Any], name: str):
    assert _of(**SURE, **claims).full_name == name
