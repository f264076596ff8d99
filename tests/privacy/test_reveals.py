"""Whoever sees a PIN or a number asked for it: never support; staff with a reason; kept, limited, and hidden again."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from tests.privacy.bodies import REASON, bodies
from tests.privacy.planted import EVERYBODY, Planted
from tests.privacy.table import ALLOWED
from tests.support.personas import SWAP
from webapp.audit.models import REVEALED, AuditEntry
from webapp.core.db import db
from webapp.core.security import limiter

As = Callable[[str], object]
SECRET = {"pin.current", "number.caller"}
PRINTED = {"rooms.print_card", "invitations.save_calendar"}  # on paper, and in a file that is sent on
FOR_ADMINS = {"rooms.reveal_pin", "live.reveal_participant"}
TYPED_BY_ADMINS = {"trunks.edit"}  # who may call a trunk: a list that admins write, and no caller of anybody's room


def reveals() -> dict[str, set[str]]:
    """The routes that show a PIN or a caller's number, and who sees it there, as the table of routes says."""
    found: dict[str, set[str]] = {}
    for sees in ALLOWED:
        if SECRET & set(sees.canaries.split()):
            for who, endpoints in sees.where.items():
                for endpoint in set(endpoints.split()) - TYPED_BY_ADMINS:
                    found.setdefault(endpoint, set()).update(who.split())
    return found


def _ask(planted: Planted, endpoint: str, who: str, **typed: str) -> TestResponse:
    rule = next(planted.app.url_map.iter_rules(endpoint))
    body = {**bodies(planted).get(endpoint, {}), **typed}
    return planted.fresh(who).post(planted.estate.url(planted.app, rule), data=body, headers=SWAP, buffered=True)


def _kept() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(sa.text(REVEALED))) or 0


def _secrets(planted: Planted, answer: TestResponse) -> set[str]:
    return SECRET & planted.canaries.within(answer.data).keys()


def test_support_sees_no_pin_and_no_number_of_callers_anywhere():
    hidden = ("pin.", "number.caller", "number.hidden", "number.allowed", "number.attribute", "attribute.", "email.")
    for sees in ALLOWED:
        for who in sees.where:
            if "support" in who.split():
                assert not [each for each in sees.canaries.split() if each.startswith(hidden)], sees


@pytest.mark.parametrize("endpoint", sorted(reveals()))
def test_a_reveal_is_kept_and_who_may_not_gets_none_and_leaves_no_trace(planted: Planted, endpoint: str):
    for who in EVERYBODY:
        before = _kept()
        answer = _ask(planted, endpoint, who)
        if who in reveals()[endpoint]:
            assert _secrets(planted, answer) and _kept() == before + 1, who
        else:
            assert not _secrets(planted, answer) and _kept() == before, who
            assert answer.status_code in {204, 302, 403, 404}, who  # to sign in, or refused


@pytest.mark.parametrize("endpoint", sorted(reveals()))
def test_a_reveal_shows_on_the_rooms_page_and_among_all_reveals(planted: Planted, endpoint: str):
    db.session.execute(sa.delete(AuditEntry))
    db.session.commit()
    assert _ask(planted, endpoint, "owner").status_code == 200
    page = planted.fresh("owner").get(f"/rooms/{planted.rooms['here'].slug}/").text
    assert "revealed the PIN of" in page or "revealed a caller" in page
    listed = planted.fresh("admin").get("/audit/reveals").text
    assert listed.count('<th scope="row"') == 1 and planted.canaries.within(listed).keys() >= {"name.owner"}


@pytest.mark.parametrize("endpoint", sorted(set(reveals()) - PRINTED))
def test_what_was_revealed_hides_again_after_thirty_seconds(planted: Planted, endpoint: str):
    assert 'data-hide-after="30"' in _ask(planted, endpoint, "owner").text


@pytest.mark.parametrize("endpoint", sorted(reveals()))
def test_an_admin_without_a_role_says_why_or_is_refused(planted: Planted, endpoint: str):
    before = _kept()
    answer = _ask(planted, endpoint, "admin", reason="")
    assert answer.status_code == (422 if endpoint in FOR_ADMINS else 403)
    assert not _secrets(planted, answer) and _kept() == before
    if endpoint in FOR_ADMINS:
        _ask(planted, endpoint, "admin")
        assert db.session.scalar(sa.select(AuditEntry.reason).order_by(AuditEntry.id.desc()).limit(1)) == REASON


def test_all_reveals_of_a_person_are_counted_together_and_limited(planted: Planted):
    limiter.reset()
    for _ in range(30):
        assert _ask(planted, "rooms.reveal_pin", "owner").status_code == 200
    for endpoint in reveals():
        answer = _ask(planted, endpoint, "owner")
        assert answer.status_code == 429 and not _secrets(planted, answer), endpoint
    assert _ask(planted, "rooms.reveal_pin", "member").status_code == 200, "everybody has a count of their own"
