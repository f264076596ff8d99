"""Numbers as people type and paste them: what rooms show is what LiveKit compares; what is held already may stay."""

from collections.abc import Callable

import pytest

from tests.support.installation import Installation
from tests.support.personas import Browser
from webapp.core.db import db
from webapp.doctor import reading as readings
from webapp.doctor.kinds import Kind
from webapp.doctor.sentences import say
from webapp.matching import normalise
from webapp.rooms.models import TrunkRow
from webapp.rooms.phone import describe
from webapp.trunks.forms import number_as_compared

As = Callable[[str], Browser]
PAGE = "/telephony/trunks/"
MEANT = "+33199001133"
PASTED = [
    "+33 (0)1 99 00 11 33",
    "+33(0)199001133",
    "+33 01 99 00 11 33",
    "+33\u00a01\u00a099\u202f00\u200911\u200a33",
    "+33\u20111\u201199\u201300\u201411\u221233",
    "\u202a+33 1 99 00 11 33\u202c",
    "\ufeff+33 1\u200b99 00 1\u00ad1 33",
    "＋３３ １ ９９ ００ １１ ３３",
    "tel:+33-1-99-00-11-33",
    "+33\t1 99 00 11 33",
]


@pytest.mark.parametrize("pasted", PASTED, ids=ascii)
@pytest.mark.parametrize("field", ["numbers", "allowed_numbers"])
def test_a_pasted_number_is_stored_as_calls_have_it(installation: Installation, client_as: As, pasted: str, field: str):
    fields = {"name": "Night line", "numbers": "+33199001199", field: pasted}
    assert client_as("admin").post(PAGE, data=fields).status_code == 303
    (stored,) = (trunk for trunk in installation.livekit.trunks() if trunk["name"] == "Night line")
    assert stored[field] == [MEANT]


def test_a_call_to_the_number_that_the_room_shows_arrives(installation: Installation, client_as: As):
    fields = {"name": "Night line", "numbers": "+33 (0)1 99 00 11 33"}
    trunk_id = client_as("admin").post(PAGE, data=fields).location.rstrip("/").rpartition("/")[2]
    room = installation.live(trunk_id=trunk_id)
    shown = describe(room, db.session.get_one(TrunkRow, trunk_id)).dialled
    assert shown == MEANT
    phone = installation.dial(to=shown, pin=str(room.pin))
    assert installation.phone(phone)["state"] != "refused"
    assert installation.phone(phone)["prompts"]


@pytest.mark.parametrize("typed", ["+39 06 1234 5678", "+52 1 55 1234 5678", "+1 (555) 0001", "200", "01 99 00 11 22"])
def test_no_digit_that_providers_send_is_taken_away(typed: str):
    assert normalise(number_as_compared(typed)) == normalise(typed)


def test_a_bracketed_zero_without_a_country_is_refused_with_the_form_to_use(installation: Installation, client_as: As):
    answer = client_as("admin").post(PAGE, data={"name": "x", "numbers": "33 (0)1 99 00 11 33"})
    assert answer.status_code == 422
    assert "with a plus and the country code, such as +33 1 23 45 67 89" in answer.text


def test_two_writings_of_one_number_are_one_entry(installation: Installation, client_as: As):
    client_as("admin").post(PAGE, data={"name": "Night line", "numbers": "+33 (0)1 99 00 11 33\n+33199001133"})
    assert [MEANT] in [trunk["numbers"] for trunk in installation.livekit.trunks()]


@pytest.mark.parametrize("stored", ["+33 (0)1 99 00 11 33", "+33\u20111 99 00 11 33", "+33\u00a0199001133"], ids=ascii)
def test_what_livekit_holds_in_a_form_that_no_call_has_is_named(installation: Installation, stored: str):
    installation.livekit.store_sip(trunks=[{"name": "Door phones", "numbers": [stored], "allowed_numbers": ["+1555"]}])
    reading = readings.read()
    (finding,) = (finding for finding in reading.findings if finding.kind is Kind.TRUNK_NUMBER)
    assert "Door phones" in say(finding, reading.trunk_names).fact
    assert stored not in say(finding, reading.trunk_names).fact


HELD = {
    "name": "Door phones",
    "numbers": ["agent", "*600", " +33 (0)1 99 00 11 33"],
    "allowed_numbers": ["reception"],
    "allowed_addresses": ["sip://odd"],
}


def _held(installation: Installation, **fields: object) -> str:
    installation.livekit.store_sip(trunks=[{**HELD, **fields}])
    ids = {str(trunk["sip_trunk_id"]) for trunk in installation.livekit.trunks()}
    (stored,) = ids - {installation.trunk_id}
    return stored


def _typed(**fields: str) -> dict[str, str]:
    held = {name: "\n".join(value) if isinstance(value, list) else value for name, value in HELD.items()}
    return {**held, **fields}


def test_a_trunk_is_renamed_although_it_holds_what_the_form_would_refuse(installation: Installation, client_as: As):
    trunk_id = _held(installation)
    answer = client_as("admin").post(f"{PAGE}{trunk_id}/", data=_typed(name="Renamed"))
    assert answer.status_code == 303, answer.text
    (stored,) = (trunk for trunk in installation.livekit.trunks() if trunk["sip_trunk_id"] == trunk_id)
    assert stored["name"] == "Renamed"
    assert {name: stored[name] for name in HELD if name != "name"} == {n: v for n, v in HELD.items() if n != "name"}


def test_a_number_is_added_beside_a_name_and_a_new_name_is_refused(installation: Installation, client_as: As):
    trunk_id = _held(installation)
    admin = client_as("admin")
    added = _typed(numbers="\n".join([*HELD["numbers"], "+33 1 99 00 11 44"]))
    assert admin.post(f"{PAGE}{trunk_id}/", data=added).status_code == 303
    (stored,) = (trunk for trunk in installation.livekit.trunks() if trunk["sip_trunk_id"] == trunk_id)
    assert stored["numbers"] == [*HELD["numbers"], "+33199001144"]
    refused = admin.post(f"{PAGE}{trunk_id}/", data=_typed(numbers="agent\nanother"))
    assert refused.status_code == 422
    assert "instead of “another”" in refused.text and "“agent”" not in refused.text


def test_a_nameless_trunk_half_a_credential_and_a_long_list_are_no_reason_to_refuse_another_change(
    installation: Installation, client_as: As
):
    many = [f"+3319{number:07}" for number in range(600)]
    trunk_id = _held(installation, name="", numbers=many, auth_username="pbx")
    told = _typed(name="", numbers="\n".join(many), allowed_numbers="", auth_username="pbx")
    answer = client_as("admin").post(f"{PAGE}{trunk_id}/", data=told)
    assert answer.status_code == 303, answer.text
    (stored,) = (trunk for trunk in installation.livekit.trunks() if trunk["sip_trunk_id"] == trunk_id)
    assert (stored["allowed_numbers"], len(stored["numbers"])) == ([], 600)
