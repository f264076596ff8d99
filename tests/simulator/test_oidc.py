"""The development provider: strict about the protocol, free about who one is."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet, OctKey

from tests.plugins.receiver import Receiver
from tests.support.oidc_server import RunningProvider, serve
from tests.support.waiting import PATIENCE

BACK = "http://app.example/oidc/callback"
HOME = "http://app.example/login"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-for-pkce"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def served() -> Iterator[RunningProvider]:
    with serve(redirect_uris=(BACK,), post_logout_redirect_uris=(HOME,)) as provider:
        yield provider


@pytest.fixture
def provider(served: RunningProvider) -> RunningProvider:
    served.reset()
    return served


def authorize(provider: RunningProvider, browser: Any = requests, **changes: str | None) -> requests.Response:
    asked = {
        "response_type": "code",
        "client_id": "frontdesk",
        "redirect_uri": BACK,
        "scope": "openid email profile",
        "state": "st&te",
        "nonce": "n-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    params = {name: value for name, value in {**asked, **changes}.items() if value is not None}
    return browser.get(f"{provider.issuer}/authorize", params=params, allow_redirects=False, timeout=PATIENCE)


def returned(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(BACK + "?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def redeem(provider: RunningProvider, code: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    secret = (provider.options.client_id, provider.options.client_secret)
    return requests.post(f"{provider.issuer}/token", data=form, auth=secret, timeout=PATIENCE)


def sign_in(provider: RunningProvider, persona: str = "owner") -> dict[str, Any]:
    code = returned(authorize(provider, persona=persona))["code"]
    return dict(redeem(provider, code).json())


def claims_of(provider: RunningProvider, token: str, alg: str = "RS256") -> dict[str, Any]:
    keys = requests.get(f"{provider.issuer}/jwks", timeout=PATIENCE).json()
    return dict(jwt.decode(token, KeySet.import_key_set(keys), algorithms=[alg]).claims)


def userinfo(provider: RunningProvider, token: str) -> requests.Response:
    return requests.get(f"{provider.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)


def test_the_metadata_names_every_endpoint_under_the_issuer(provider: RunningProvider) -> None:
    found = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=PATIENCE).json()
    assert found["issuer"] == provider.issuer
    assert found["code_challenge_methods_supported"] == ["S256"]
    endpoints = [value for name, value in found.items() if name.endswith("_endpoint") or name == "jwks_uri"]
    assert len(endpoints) == 5
    assert all(value.startswith(provider.issuer + "/") for value in endpoints)


def test_a_person_chooses_a_persona_and_comes_back_with_code_state_and_issuer(provider: RunningProvider) -> None:
    page = authorize(provider)
    assert page.status_code == 200
    assert "<script" not in page.text and "Ottilie Vandermeer" in page.text
    handle = re.search(r'name="request" value="([^"]+)"', page.text)
    assert handle
    chosen = {"request": handle[1], "persona": "owner"}
    url = f"{provider.issuer}/authorize"
    back = returned(requests.post(url, data=chosen, allow_redirects=False, timeout=PATIENCE))
    assert back["state"] == "st&te" and back["iss"] == provider.issuer
    tokens = redeem(provider, back["code"])
    assert tokens.headers["Cache-Control"] == "no-store"
    claims = claims_of(provider, tokens.json()["id_token"])
    assert claims["nonce"] == "n-1" and claims["aud"] == "frontdesk" and claims["iss"] == provider.issuer
    assert requests.post(url, data=chosen, timeout=PATIENCE).status_code == 400


def test_cancelling_sends_access_denied_back(provider: RunningProvider) -> None:
    handle = re.search(r'name="request" value="([^"]+)"', authorize(provider).text)
    assert handle
    form = {"request": handle[1], "persona": ""}
    answer = requests.post(f"{provider.issuer}/authorize", data=form, allow_redirects=False, timeout=PATIENCE)
    assert returned(answer)["error"] == "access_denied"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
    ],
)
def test_a_request_that_breaks_the_rules_is_sent_back_with_an_error(
    provider: RunningProvider, changes: dict[str, str | None], error: str
) -> None:
    back = returned(authorize(provider, **changes))
    assert back["error"] == error and back["state"] == "st&te" and "code" not in back


@pytest.mark.parametrize("changes", [{"redirect_uri": BACK + "/"}, {"redirect_uri": None}, {"client_id": "other"}])
def test_an_unregistered_address_or_client_is_never_redirected_to(
    provider: RunningProvider, changes: dict[str, str | None]
) -> None:
    answer = authorize(provider, **changes)
    assert answer.status_code == 400 and "Location" not in answer.headers


def test_a_code_works_once_and_its_second_use_kills_the_first_token(provider: RunningProvider) -> None:
    code = returned(authorize(provider, persona="owner"))["code"]
    token = redeem(provider, code).json()["access_token"]
    assert userinfo(provider, token).status_code == 200
    again = redeem(provider, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert userinfo(provider, token).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "another-verifier"}, {"code_verifier": ""}, {"redirect_uri": BACK + "x"}, {"code": "made-up"}],
)
def test_a_code_is_refused_without_what_belongs_to_it(provider: RunningProvider, changes: dict[str, str]) -> None:
    code = returned(authorize(provider, persona="owner"))["code"]
    answer = redeem(provider, **{"code": code, **changes})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_an_expired_code_is_refused(provider: RunningProvider) -> None:
    provider.switch(code_lifetime=0)
    code = returned(authorize(provider, persona="owner"))["code"]
    assert redeem(provider, code).json()["error"] == "invalid_grant"


def test_the_client_proves_itself_by_header_or_form_but_not_by_a_wrong_secret(provider: RunningProvider) -> None:
    code = returned(authorize(provider, persona="owner"))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    url = f"{provider.issuer}/token"
    wrong = requests.post(url, data=form, auth=("frontdesk", "guess"), timeout=PATIENCE)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.headers["WWW-Authenticate"].startswith("Basic")
    secret = {"client_id": "frontdesk", "client_secret": provider.options.client_secret}
    assert requests.post(url, data=form | secret, timeout=PATIENCE).status_code == 200


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
def test_id_tokens_are_signed_with_the_chosen_algorithm(provider: RunningProvider, alg: str) -> None:
    provider.switch(id_token_alg=alg)
    assert claims_of(provider, sign_in(provider)["id_token"], alg)["sub"] == "dev|owner"


def test_hs256_is_keyed_with_the_client_secret(provider: RunningProvider) -> None:
    provider.switch(id_token_alg="HS256")
    key = OctKey.import_key(provider.options.client_secret)
    assert jwt.decode(sign_in(provider)["id_token"], key, algorithms=["HS256"]).claims["sub"] == "dev|owner"


def test_userinfo_is_json_or_a_signed_jwt_with_any_content_type(provider: RunningProvider) -> None:
    token = sign_in(provider)["access_token"]
    plain = userinfo(provider, token).json()
    assert (plain["given_name"], plain["usual_name"]) == ("Ottilie", "Vandermeer")
    assert plain["email_verified"] is True
    provider.switch(userinfo="jwt", userinfo_content_type="application/jwt; charset=utf-8", email_verified_as="string")
    answer = userinfo(provider, token)
    assert answer.headers["Content-Type"] == "application/jwt; charset=utf-8"
    claims = claims_of(provider, answer.text)
    assert claims["aud"] == "frontdesk" and claims["email_verified"] == "true"


def test_rotation_signs_with_new_keys_and_keeps_the_old_ones_only_when_asked(provider: RunningProvider) -> None:
    old = sign_in(provider)["id_token"]
    provider.control("rotate-keys", keep_old=True)
    assert claims_of(provider, old)["sub"] == claims_of(provider, sign_in(provider)["id_token"])["sub"]
    provider.control("rotate-keys", keep_old=False)
    with pytest.raises(InvalidKeyIdError):
        claims_of(provider, old)


def test_logout_with_a_hint_ends_the_session_and_returns_with_the_state(provider: RunningProvider) -> None:
    browser = requests.Session()
    code = returned(authorize(provider, browser, persona="owner"))["code"]
    hint = redeem(provider, code).json()["id_token"]
    assert "code" in returned(authorize(provider, browser, prompt="none"))
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": HOME, "state": "s 1"}
    url = f"{provider.issuer}/logout"
    answer = browser.get(url, params=asked, allow_redirects=False, timeout=PATIENCE)
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME + "?state=s+1")
    assert returned(authorize(provider, browser, prompt="none"))["error"] == "login_required"


def test_logout_without_a_hint_asks_first(provider: RunningProvider) -> None:
    url = f"{provider.issuer}/logout"
    asked = {"post_logout_redirect_uri": HOME, "client_id": "frontdesk"}
    page = requests.get(url, params=asked, allow_redirects=False, timeout=PATIENCE)
    assert page.status_code == 200 and 'name="confirm"' in page.text
    done = requests.post(url, data={**asked, "confirm": "yes"}, allow_redirects=False, timeout=PATIENCE)
    assert (done.status_code, done.headers["Location"]) == (303, HOME)


def test_logout_goes_nowhere_that_is_not_registered(provider: RunningProvider) -> None:
    asked = {"post_logout_redirect_uri": "https://evil.example/"}
    answer = requests.get(f"{provider.issuer}/logout", params=asked, allow_redirects=False, timeout=PATIENCE)
    assert answer.status_code == 400


def test_planned_faults_hit_the_next_calls_and_then_stop(provider: RunningProvider) -> None:
    url = f"{provider.issuer}/jwks"
    provider.fail("jwks", times=2)
    statuses = [requests.get(url, timeout=PATIENCE).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    provider.fail("jwks", "drop")
    with pytest.raises(requests.ConnectionError):
        requests.post(url, timeout=PATIENCE)
    provider.fail("jwks", "html")
    with pytest.raises(json.JSONDecodeError):
        requests.get(url, timeout=PATIENCE).json()


def test_an_unknown_switch_is_refused_and_changes_nothing(provider: RunningProvider) -> None:
    url = f"{provider.issuer}/control/switches"
    for wish in ({"colour": "red"}, {"id_token_alg": "none"}, {"clock_skew": "much"}):
        assert requests.post(url, json=wish, timeout=PATIENCE).status_code == 400
    state = requests.get(f"{provider.issuer}/control/state", timeout=PATIENCE).json()
    assert state["switches"]["id_token_alg"] == "RS256"


@pytest.mark.parametrize("way", ["sign-out", "closed account"])
def test_a_session_that_ends_here_is_told_to_the_client_by_the_back_channel(receiver: Receiver, way: str):
    with serve(redirect_uris=(BACK,), backchannel_logout_uri=receiver.url) as provider:
        browser = requests.Session()
        code = returned(authorize(provider, browser, persona="owner"))["code"]
        id_token = redeem(provider, code).json()["id_token"]
        if way == "sign-out":
            browser.get(f"{provider.issuer}/logout", params={"id_token_hint": id_token}, timeout=PATIENCE)
        else:
            assert provider.control("end-sessions", persona="owner") == {"answers": [200]}
        hook = receiver.wait_for(lambda hooks: hooks and hooks[0])
        token = dict(parse_qsl(hook.body.decode()))["logout_token"]
        keys = KeySet.import_key_set(requests.get(f"{provider.issuer}/jwks", timeout=PATIENCE).json())
        decoded, before = jwt.decode(token, keys), jwt.decode(id_token, keys).claims
        said = decoded.claims
        assert decoded.header["typ"] == "logout+jwt" and "nonce" not in said
        assert (said["sid"], said["sub"], said["aud"]) == (before["sid"], "dev|owner", "frontdesk")
        assert said["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
