"""Each setting that cannot be meant is refused by its name, without being repeated; empty and absent are told apart."""

import os
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from webapp.core.config import Settings
from webapp.setup.command import explain

BUCKET = "should be an address such as s3://BUCKET"
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
        ("DATABASE_APPLICATION_ROLE", "two roles", "should be the name of a PostgreSQL role, such as frontdesk"),
        ("AUDIT_KEEP_DAYS", "30", "should be 0, for ever, or at least 90 days"),
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
        ("STORAGE_URL", "https://s3.example.org/recordings", BUCKET),
        ("STORAGE_URL", "s3://?endpoint=https://s3.example.org", BUCKET),
        ("STORAGE_URL", "s3://Recordings?endpoint=https://s3.example.org", BUCKET),
        ("STORAGE_URL", "s3://recordings/../other?endpoint=https://s3.example.org", BUCKET),
        ("STORAGE_URL", "s3://recordings?endpoint=https://s3.example.org&zone=x", BUCKET),
        ("STORAGE_URL", "s3://recordings?endpoint=s3.example.org", "should be an address such as https://"),
        ("STORAGE_URL", "s3://recordings", "should name the bucket's region"),
        ("STORAGE_URL", "s3://key:hunter2@recordings?region=eu-west-3", "should hold no key"),
        ("STORAGE_EGRESS_ENDPOINT", "minio:9000", "should be an address such as https://"),
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
        ("STORAGE_URL", ""),
        ("STORAGE_URL", "s3://recordings?region=eu-west-3"),
        ("STORAGE_URL", "s3://recordings/desk/2026?endpoint=http://minio:9000"),
        ("STORAGE_EGRESS_ENDPOINT", ""),
        ("RECORDINGS_GROUP", ""),
    ],
)
def test_what_can_be_meant_is_taken(refusal: Callable[[str, str], str], name: str, value: str):
    assert refusal(f"FRONTDESK_{name}", value) == ""


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_production_refuses_a_database_that_ends_with_the_process(url: str):
    with pytest.raises(ValidationError, match="FRONTDESK_DATABASE_URL should name a file"):
        Settings(environment="production", database_url=url)


def test_half_a_key_of_the_bucket_is_refused(refusal: Callable[[str, str], str]):
    assert "should be set together" in refusal("FRONTDESK_STORAGE_ACCESS_KEY", "someone")
