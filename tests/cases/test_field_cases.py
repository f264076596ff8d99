"""Every case from the field gets the right answer: each line of cases.jsonl is played, and none is left out."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.calls_made import made
from tests.support.factories import make_room
from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import Browser, persona
from tests.support.shown import text_of
from tests.support.waiting import until
from webapp.accounts.identity import identify
from webapp.accounts.models import Staff
from webapp.accounts.problems import CURES, OPERATORS, SignInError
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.livekit import egress
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.rooms.models import Access, AccessLevel, Role, Room, TrunkRow
from webapp.rooms.phone import describe

HERE = Path(__file__).parent
CASES = {case["id"]: case for case in map(json.loads, (HERE / "cases.jsonl").read_text().splitlines())}
RULES, TRACER = "/telephony/rules/read", "/telephony/explain"
As = Callable[[str], Browser]


class Desk(SimpleNamespace):
    """All that a case is played with."""

    client: Browser
    client_as: As
    installation: Installation
    livekit: LiveKit
    settings: Settings
    change_settings: Callable[..., None]

    def page(self, url: str, who: str = "support") -> str:
        """What a page says, without its markup."""
        answer = self.client_as(who).get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        return text_of(answer.text)

    def trunk(self, **fields: Any) -> str:
        """A trunk that somebody else made in LiveKit."""
        return str(self.livekit.call("SIP", "CreateSIPInboundTrunk", trunk=fields)["sip_trunk_id"])

    def alone(self) -> None:
        """LiveKit without the trunk that other tests have."""
        self.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=self.installation.trunk_id)
        db.session.execute(sa.delete(TrunkRow))
        db.session.commit()


@pytest.fixture
def desk(
    client: Browser,
    client_as: As,
    installation: Installation,
    hooked: LiveKit,
    settings: Settings,
    change_settings: Callable[..., None],
) -> Desk:
    """The app beside a LiveKit whose webhooks reach it."""
    parts = {"client": client, "client_as": client_as, "installation": installation, "livekit": hooked}
    return Desk(settings=settings, change_settings=change_settings, **parts)


def existing_line(desk: Desk, have: Any) -> None:
    """A trunk on which somebody else's rule takes calls is given to no room, and its calls stay where they went."""
    desk.alone()
    trunk_id = desk.trunk(name="door phones", numbers=["+15550100112"])
    desk.installation.foreign(room="desk-772", name="door", trunk_ids=[trunk_id])
    desk.installation.sweep()
    data = {"name": "Budget", "access_level": "restricted", "phone_enabled": "y"}
    assert desk.client_as("owner").post("/rooms/new", data=data).status_code == 303
    room = db.session.scalars(sa.select(Room).order_by(Room.id.desc())).first()
    db.session.commit()
    assert room is not None and room.trunk_id == ""
    desk.installation.join(room)
    phone = desk.installation.dial(to="+15550100112")
    until(lambda: desk.installation.phone(phone)["room"] == "desk-772")
    assert not desk.installation.phone(phone)["prompts"]
    page = desk.page(f"/telephony/trunks/{trunk_id}/open", "admin")
    assert "External rules on this trunk" in page and "ended by the guard" in page


def rules_page_500(desk: Desk, have: Any) -> None:
    """The page names what it finds."""
    room = desk.installation.live(hide_phone_number=False)
    assert f"“{room.name}” shows callers' numbers" in desk.page(RULES)
    desk.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=desk.installation.trunk_id)
    assert "LiveKit no longer has its trunk" in desk.page(RULES)


def trunk_ids_empty_text(desk: Desk, have: Any) -> None:
    """An empty id is named as the cause, and is read as no catch-all."""
    desk.alone()
    desk.trunk(**have["trunk"])
    (rule_id,) = desk.installation.store({"sip_dispatch_rule_id": "SDR_empty", **have["rule"]})
    page = desk.page(RULES)
    assert "names a trunk with an empty id, which is no trunk" in page and "isn't a catch-all" in page
    assert "an empty id" in page and "anyone who reaches LiveKit gets in" not in page
    call = {"from_user": have["call"]["from"], "to_user": have["call"]["to"], "source_ip": have["call"]["source"]}
    support = desk.client_as("support")
    asked = support.post(TRACER, data={**call, "typed": "nothing"})
    said = text_of(support.get(asked.location.partition("#")[0]).text)
    assert "No rule takes this call" in said and "Names a trunk with an empty id" in said and rule_id in said
    assert "There is no rule at all here" not in said


def outbound_lines(desk: Desk, have: Any) -> None:
    """An outgoing call is told as one, with what its status means."""
    log = (HERE / "outbound.log").read_text()
    said = text_of(desk.client_as("support").post(f"{TRACER}/log", data={"log": log}, follow_redirects=True).text)
    assert "This is an outgoing call: inbound trunks and dispatch rules play no part" in said
    assert "480" in said and "can't be reached now" in said
    assert "No trunk and no rule takes this call" not in said


def zero_in_brackets(desk: Desk, have: Any) -> None:
    """What the room shows is what a call arrives at."""
    desk.alone()
    data = {"name": "Night line", "numbers": "+33 (0)1 99 00 11 33"}
    trunk_id = desk.client_as("admin").post("/telephony/trunks/", data=data).location.rstrip("/").rpartition("/")[2]
    room = desk.installation.live(trunk_id=trunk_id)
    shown = describe(room, db.session.get_one(TrunkRow, trunk_id)).dialled
    db.session.commit()
    assert shown == "+33199001133"
    phone = desk.installation.dial(to=shown, pin=str(room.pin))
    until(lambda: desk.installation.phone(phone)["room"] == str(room.id))


def called_name(desk: Desk, have: Any) -> None:
    """A trunk that holds a name can be renamed, and who calls by a name is called by it."""
    trunk_id = desk.trunk(name="switchboard", numbers=["agent"])
    data = {"name": "Front switchboard", "numbers": "agent"}
    answer = desk.client_as("admin").post(f"/telephony/trunks/{trunk_id}/", data=data)
    assert answer.status_code == 303
    room = desk.installation.live(hide_phone_number=False, access_level=AccessLevel.PUBLIC)
    db.session.add(Access(room_id=room.id, user_id=persona("owner").id, role=Role.OWNER))
    db.session.commit()
    phone = desk.installation.dial("agent", pin=str(room.pin))
    until(lambda: desk.installation.phone(phone)["room"] == str(room.id))
    page = desk.page(f"/rooms/{room.slug}/inside", "owner")
    assert "Caller “agent”" in page and "withheld" not in page


def link_as_typed(desk: Desk, have: Any) -> None:
    """A retyped link leads to the room."""
    slug = desk.installation.room(slug="hcm-rxqt-bdw").slug
    dashes = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
    typed = [
        slug.upper(),
        *(slug.replace("-", dash) for dash in dashes),
        slug.replace("-", "%252D"),
    ]  # the test client reads one level of codes
    for link in [*typed, *(f"{slug}{after}" for after in (".", ")", "/", " ", "\u200b"))]:
        answer = desk.client.get(f"/join/{link}")
        assert (answer.status_code, answer.location) == (308, f"/join/{slug}"), ascii(link)


def negative_duration(desk: Desk, have: Any) -> None:
    """A length that cannot be is unknown."""
    found = egress.from_hook({"egress_id": "EG_1", "room_name": "x", **have}).file
    assert found is not None and found.duration_ms is None and found.size == 48211


def worker_reason(desk: Desk, have: Any) -> None:
    """Staff read the recorder's reason, the owner a plain sentence, and the fix fits."""
    room = make_room()
    desk.installation.join(room)
    desk.client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"})
    until(lambda: _recording().state is State.ACTIVE)
    status = have["status"].removeprefix("EGRESS_")
    desk.livekit.control("end-egress", egress_id=_recording().egress_id, status=status, error=have["error"])
    until(lambda: _recording().state is State.FAILED)
    url = f"/recordings/{_recording().id}/"
    assert "permission denied" in desk.page(url, "admin")
    owners = desk.page(url, "owner")
    assert "permission denied" not in owners and "isn't allowed to write to the folder" in owners
    setup = desk.page("/system/setup")
    assert "write to the folder that the reason names" in setup and "Make sure that an egress worker runs" not in setup


def _recording() -> Recording:
    found = db.session.scalars(sa.select(Recording).execution_options(populate_existing=True)).one()
    db.session.commit()
    return found


def group_overage(desk: Desk, have: Any) -> None:
    """A claim that was not sent leaves the role as it was, and says so."""
    desk.change_settings(oidc_staff_claim="groups")
    who = {"sub": "x", "email": "k.osei@tenants.example", "email_verified": True}
    assert identify({"sub": "x"}, {**who, **have["first"]}, "token").staff is Staff.ADMIN
    then = identify({"sub": "x"}, {**who, **have["next"]}, "token")
    assert then.staff is None and f"role_{then.role_problem}" in CURES


def never_verified(desk: Desk, have: Any) -> None:
    """What only an operator can change is not asked of the visitor, and the setting is named."""
    with pytest.raises(SignInError) as refused:
        identify({"sub": "x"}, {"sub": "x", "email": "k.osei@tenants.example"}, "token").require_address()
    assert refused.value.words.now == OPERATORS and "FRONTDESK_OIDC_TRUST_EMAIL" in CURES[refused.value.code]


def hooks_refused_unseen(desk: Desk, have: Any) -> None:
    """A refused hook is no silence."""
    body = b'{"event": "room_started", "id": "EV_1", "room": {"name": "x"}}'
    other = LiveKit(desk.livekit.url, key=desk.livekit.key, secret="another-secret-of-thirty-two-characters")
    for _ in range(5):
        assert desk.client.post("/hooks/livekit", data=body, headers=other.signed(body)).status_code == 401
    for url in ("/system/hooks/", "/system/setup"):
        page = desk.page(url, "admin")
        assert "5 refused in the last hour" in page and "None received yet" not in page


def csv_in_excel(desk: Desk, have: Any) -> None:
    """A file opens right in Excel, and no cell of it is a formula there."""
    made(desk.installation.room(name="Budget;=cmd|'/C calc'!A0;Aurèle"))
    raw = desk.client_as("admin").get("/telephony/calls.csv").data
    assert raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\n") == raw.count(b"\r\n") > 1
    lines = raw.decode("utf-8-sig").splitlines()
    assert "Aurèle" in lines[1]
    for cell in (cell for line in lines for cell in line.split(",")):
        assert cell.startswith('"') and cell.endswith('"')
        assert cell[1:2] not in {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"}


PLAYED: dict[str, Callable[[Desk, Any], None]] = {
    play.__name__.replace("_", "-"): play
    for play in (
        *(existing_line, rules_page_500, trunk_ids_empty_text, outbound_lines, zero_in_brackets, called_name),
        *(link_as_typed, negative_duration, worker_reason, group_overage, never_verified, hooks_refused_unseen),
        csv_in_excel,
    )
}


def test_no_case_is_left_out():
    assert set(PLAYED) == set(CASES) and len(CASES) == 13


@pytest.mark.parametrize("case", CASES)
def test_a_case_that_failed_in_the_field_gets_the_right_answer(app: Flask, desk: Desk, case: str):
    PLAYED[case](desk, CASES[case]["have"])
