"""Nobody sees personal data where they may not: every route x method x persona, and every canary."""

import pytest
from flask import Flask

from tests.privacy.canaries import ADDRESSES, DIGITS, TEXTS
from tests.privacy.planted import EVERYBODY, Planted
from tests.privacy.table import ALLOWED, NOTHING
from tests.privacy.walk import Seen, walk

# So many endpoints and methods each persona asked, and so many requests, when this was written: it only grows.
PAIRS, REQUESTS = 194, 450
OF_ONESELF = {"name", "email", "address", "browser"}  # no leak to oneself, in what one reads
IN_HEADERS = {"session", "bearer"}  # the cookie is given anew
INTO_THE_MEETING = {"Location", "HX-Redirect"}  # the token that one comes in by has one's own name
EXTRA = ("token.meeting", "pin.new", "session.", "bearer.guest")


def _is_own(seen: Seen) -> bool:
    kind, _dot, whose = seen.canary.partition(".")
    if whose != seen.who and (seen.who, seen.canary) not in {("guest", "name.self_guest"), ("guest", "bearer.guest")}:
        return False
    if seen.place == "Set-Cookie":
        return kind in IN_HEADERS
    if seen.place in INTO_THE_MEETING:
        return kind == "name" and seen.endpoint in {"lobby.join", "lobby.ask"}
    return seen.place == "body" and kind in OF_ONESELF


def allowed(who: str) -> set[tuple[str, str, str]]:
    """What the table lets a persona see: endpoint, place, canary."""
    return {
        (endpoint, sees.place, canary)
        for sees in ALLOWED
        for personas, endpoints in sees.where.items()
        if who in personas.split()
        for endpoint in endpoints.split()
        for canary in sees.canaries.split()
    }


def test_every_route_stands_in_the_table(app: Flask):
    known = set(NOTHING.split())
    for sees in ALLOWED:
        known |= {endpoint for endpoints in sees.where.values() for endpoint in endpoints.split()}
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert routes - known == set(), "say in ALLOWED who may see what on the new route, or that it shows NOTHING"
    assert known - routes == set(), "the table names what there is"


def test_the_table_knows_its_personas_and_canaries_and_gives_a_reason():
    canaries = TEXTS.keys() | DIGITS.keys() | ADDRESSES.keys()
    for sees in ALLOWED:
        assert len(sees.why) > 20 and sees.why.endswith("."), sees
        assert {who for personas in sees.where for who in personas.split()} <= set(EVERYBODY), sees
        assert all(each in canaries or each.startswith(EXTRA) for each in sees.canaries.split()), sees


@pytest.mark.parametrize("who", EVERYBODY)
def test_each_persona_sees_on_each_route_what_the_table_says_and_nothing_more(planted: Planted, who: str):
    made = walk(planted, who)
    may, came = allowed(who), {(seen.endpoint, seen.place, seen.canary) for seen in made.seen}
    leaks = [
        f"{seen.endpoint or 'metrics'} to {who}, {seen.how}, {seen.place}: {seen.canary}: {seen.around}"
        for seen in sorted(made.seen, key=lambda seen: (seen.endpoint, seen.place, seen.canary))
        if (seen.endpoint, seen.place, seen.canary) not in may and not _is_own(seen)
    ]
    assert made.broken == []
    assert leaks == []
    own = {f"{kind}.{who}" for kind in OF_ONESELF} | ({"name.self_guest"} if who == "guest" else set())
    assert {each for each in may - came if each[2] not in own} == set(), "never seen: take it out of the table"
    assert made.pairs() >= PAIRS and made.requests >= REQUESTS, (made.pairs(), made.requests)
