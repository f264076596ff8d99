"""Two trunks of one name are told apart wherever trunks are listed or chosen."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from tests.support.calls_made import made
from tests.support.installation import Installation
from tests.support.personas import Browser
from webapp.core.db import db
from webapp.rooms.models import TrunkRow
from webapp.rooms.trunk_names import Named, apart

As = Callable[[str], Browser]


@pytest.mark.parametrize(
    ("trunks", "called"),
    [
        ([("ST_a", "Harbour", "")], ["Harbour"]),
        ([("ST_a", "Harbour", "+1"), ("ST_b", "Quay", "+1")], ["Harbour", "Quay"]),
        ([("ST_a", "Harbour", "+1"), ("ST_b", "Harbour", "+2")], ["Harbour · +1", "Harbour · +2"]),
        ([("ST_a", "Harbour", "+1"), ("ST_b", " harbour", "+2")], ["Harbour · +1", " harbour · +2"]),
        ([("ST_aaaa", "Harbour", "+1"), ("ST_bbbb", "Harbour", "+1")], ["Harbour · …aaaa", "Harbour · …bbbb"]),
        ([("ST_1xxxx", "Harbour", ""), ("ST_2xxxx", "Harbour", "")], ["Harbour · …1xxxx", "Harbour · …2xxxx"]),
        ([("ST_a", "", "+1"), ("ST_b", "", "+2")], ["ST_a", "ST_b"]),
    ],
)
def test_no_two_trunks_are_called_the_same(trunks: list[tuple[str, str, str]], called: list[str]):
    assert list(apart(Named(*each) for each in trunks).values()) == called


def test_every_select_and_list_tells_them_apart(installation: Installation, client_as: As):
    other = installation.trunk(number="+15550002")
    for trunk_id in (installation.trunk_id, other):
        installation.room(trunk_id=trunk_id)
        installation.foreign(pin="771199", trunk_ids=[trunk_id])
        made(None, trunk_id=trunk_id)
    db.session.query(TrunkRow).update({"room_count": 1})
    db.session.commit()
    pages = ("/", "/telephony/trunks/", "/telephony/rules/read", "/telephony/pins", "/telephony/calls/?span=all")
    for url in (*pages, "/telephony/moves/new", f"/telephony/trunks/{other}/"):
        page = unescape(client_as("admin").get(url).text)
        assert "Harbour · +15550002" in page, url
        assert not re.search(r">\s*Harbour\s*<", page), url
