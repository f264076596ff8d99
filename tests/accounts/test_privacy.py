"""Signing in, failing to, and using one's account leaves nothing personal in logs, links, metrics or audit."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
import structlog

from simulator.oidc.personas import PERSONAS
from tests.support.oidc_server import RunningProvider
from tests.support.sign_in import Person
from tests.support.written import log_plainly
from webapp.accounts.models import UserSession
from webapp.audit.models import AuditEntry
from webapp.core import logs
from webapp.core.db import db

PERSONAL = {
    text.lower()
    for persona in PERSONAS.values()
    for text in (persona.given_name, persona.usual_name, persona.email, persona.sub)
    if text
}


@contextmanager
def logging_at_its_chattiest() -> Iterator[None]:
    """Log to this test's standard error as production does, only more."""
    root = logging.getLogger()
    ours = logging.getLogger(logs.OURS)
    before, levels = list(root.handlers), (root.level, ours.level)
    logs.init_logging("DEBUG")
    root.setLevel("DEBUG")
    yield
    root.handlers = before
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    log_plainly()


def journey(person: Person, provider: RunningProvider) -> list[str]:
    """Sign in, fail in every way, change what can be changed, sign out; gives every address of ours that was opened."""
    visited = []
    for persona in PERSONAS:
        answer = person.begin("/account/", persona=persona)
        visited.append(person.back(answer).request.path)
        person.back(answer)
    for lie in ("nonce", "signature", "userinfo_subject"):
        provider.switch(lies=[lie])
        person.sign_in("owner")
    provider.reset()
    for endpoint in ("token", "userinfo"):
        answer = person.begin(persona="owner")
        provider.fail(endpoint, "html")
        person.back(answer)
    visited.append(person.sign_in("owner").headers["Location"])
    person.here.post("/account/", data={"language": "fr", "timezone": "", "theme": "dark"})
    person.here.post("/account/", data={"language": "ottilie@frontdesk.example"})
    visited.append(person.here.post("/account/sessions/end-others").headers["Location"])
    return visited


def test_nothing_personal_and_no_token_is_written_anywhere(
    person: Person, provider: RunningProvider, capfd: pytest.CaptureFixture[str]
):
    with logging_at_its_chattiest():
        visited = journey(person, provider)
        tokens = set(db.session.scalars(sa.select(UserSession.id_token)))
        with person.here.session_transaction() as cookie:
            tokens.add(cookie["sign_in"])
        person.here.post("/logout")
    out, err = capfd.readouterr()
    assert '"event": "sign_in.failed"' in err, "the failures above are logged"
    entries = db.session.scalars(sa.select(AuditEntry))
    trail = " ".join(f"{entry.action} {entry.reason} {entry.details}" for entry in entries)
    metrics = person.here.get("/metrics").text
    for place, text in {"out": out, "log": err, "metrics": metrics, "trail": trail, "links": str(visited)}.items():
        assert [word for word in PERSONAL if word in text.lower()] == [], place
        assert [token for token in tokens if token and token in text] == [], place


def test_an_address_or_token_that_reaches_a_log_by_mistake_is_blotted_out(capfd: pytest.CaptureFixture[str]):
    mistake = "ottilie@frontdesk.example eyJhbGciOi.eyJzdWIi.c2ln +33 1 99 00 12 34"
    with logging_at_its_chattiest():
        structlog.get_logger().warning("mistake", text=mistake)
        logging.getLogger("library").error("for %s", "ottilie@frontdesk.example")
    text = capfd.readouterr().err
    assert text.count("[redacted]") == 4
    assert "ottilie" not in text and "eyJ" not in text and "99 00" not in text


def test_an_exception_is_logged_by_its_kind_and_place_and_never_by_its_text(capfd: pytest.CaptureFixture[str]):
    with logging_at_its_chattiest():
        try:
            try:
                raise ValueError("Ottilie Vandermeer")
            except ValueError as cause:
                raise LookupError("no Ottilie") from cause
        except LookupError as error:
            structlog.get_logger().error("ours", exc_info=error, error=error, people=[{"name": "a@b.example"}])
            logging.getLogger("library").exception("theirs")
    text = capfd.readouterr().err
    assert text.count("ValueError") == 2 and text.count("LookupError") == 3
    assert "test_privacy.py" in text and "Ottilie" not in text and "a@b.example" not in text


@pytest.mark.parametrize(
    "number", ["+33655443322", "06 55 44 33 22", "0655443322.", "sip_+33655443322", "(+33655443322)"]
)
def test_a_number_is_blotted_out_wherever_it_stands(number: str, capfd: pytest.CaptureFixture[str]):
    with logging_at_its_chattiest():
        structlog.get_logger().warning("mistake", text=f"call of {number}", key="0193c9f2-a111-7abc-8def-001122334455")
    text = capfd.readouterr().err
    assert "443322" not in text and "44 33 22" not in text
    assert "0193c9f2-a111-7abc-8def-001122334455" in text, "ids stay: without them no line can be followed"
