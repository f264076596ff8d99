"""Each setting that cannot be meant is refused by its name, without being repeated; empty and absent are told apart."""

import os
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from webapp.core.config import Settings
from webapp.setup.command import explain

ADDRESS = "should be an address such as sqlite:///var/desk.sqlite3"


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Reads the settings from the environment, as servers do; returns the refusal in words, or nothing."""

    def _refusal(name: str, value: str) -> str:
        monkeypatch.setenv("FRONTDESK_ENVIRONMENT", "testing")
        monkeypatch.setenv(name, value)
        try:
            Settings()
        except ValidationError as error:
            return explain(error, {"FRONTDESK_ENVIRONMENT": "testing"})
        return ""

    return _refusal


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("DATABASE_URL", "sqlite://secretplace/desk.sqlite3", ADDRESS),
        ("DATABASE_URL", "postgresql://desk:hunter2@localhost:port/desk", ADDRESS),
        ("DATABASE_URL", "postgresql://desk:hunter2@[::1/desk", ADDRESS),
        ("DATABASE_URL", "", "should begin with sqlite:/// or postgresql://"),
        ("RECORDINGS_DIR", "", "should name a folder"),
        ("TRUSTED_HOSTS", "https://inner.example.org", "should be host names such as desk.example.org"),
        ("TRUSTED_HOSTS", "inner.example.org/desk", "should be host names such as desk.example.org"),
        ("OIDC_SCOPES", "", "should hold openid"),
        ("OIDC_SCOPES", "email,openid", "should hold openid"),
        ("OIDC_EMAIL_CLAIMS", "", "should name at least one claim"),
        ("OIDC_EMAIL_CLAIMS", " , ", "should name at least one claim"),
        ("PIN_LENGTH", "", "should be a valid integer"),
        ("LIVEKIT_TIMEOUT", "-1", "should be greater than 0"),
        ("LIVEKIT_VERIFY_TLS", "perhaps", "should be a valid boolean"),
        ("LIVEKIT_CA_FILE", os.devnull, "should be a file of certificates"),
    ],
)
def test_what_cannot_be_meant_is_refused(refusal: Callable[[str, str], str], name: str, value: str, line: str):
    said = refusal(f"FRONTDESK_{name}", value)
    assert f"- FRONTDESK_{name} {line}" in said
    assert len(value) < 5 or value not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:////var/lib/frontdesk/desk.sqlite3"),
        ("DATABASE_URL", "postgresql://desk@/desk?host=/run/postgresql"),
        ("TRUSTED_HOSTS", ""),
        ("TRUSTED_HOSTS", "inner.example.org:8443, [::1]:8000, 10.0.0.5"),
        ("OIDC_SCOPES", "openid  groups"),
        ("REDIS_URL", ""),
        ("LIVEKIT_CA_FILE", ""),
        ("RECORDINGS_MODE", ""),
        ("RECORDINGS_GROUP", ""),
    ],
)
def test_what_can_be_meant_is_taken(refusal: Callable[[str, str], str], name: str, value: str):
    assert refusal(f"FRONTDESK_{name}", value) == ""


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_production_refuses_a_database_that_ends_with_the_process(url: str):
    with pytest.raises(ValidationError, match="FRONTDESK_DATABASE_URL should name a file"):
        Settings(environment="production", database_url=url)
