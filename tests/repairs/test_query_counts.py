"""The pages of repairs ask the database and LiveKit as often for many items as for few."""

import pytest

from tests.plugins.queries import Counted
from tests.support.installation import Installation
from tests.support.repairs import URL, As, begin, orphan
from webapp.rooms.models import Room


@pytest.mark.parametrize("path", ["", "new", "new.csv", "{run}/", "{run}/items.csv"])
def test_a_page_asks_no_more_for_many_items_than_for_one(
    installation: Installation, client_as: As, count_queries: Counted, path: str
):
    support, asked = client_as("support"), []
    for more in (1, 6):
        for _ in range(more):
            orphan(installation)
        run = begin(support)
        _orphans(installation, more)
        before = sum(installation.livekit.reading("counts").values())
        with count_queries() as sent:
            assert support.get(URL + path.format(run=run.id)).status_code == 200
        asked.append((len(sent), sum(installation.livekit.reading("counts").values()) - before))
    assert asked[0] == asked[1]
    assert asked[0][1] == (3 if path.startswith("new") else 0)  # trunks, rules and rooms, once each


def test_working_off_asks_for_each_list_once_and_for_each_room_thrice(installation: Installation, client_as: As):
    support, asked = client_as("support"), []
    for count in (2, 8):
        rooms = _orphans(installation, count)
        before = dict(installation.livekit.reading("counts"))
        assert begin(support).done == count
        after = installation.livekit.reading("counts")
        asked.append({name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)})
        assert len(rooms) == count
    lists = {"ListSIPInboundTrunk": 2, "ListRooms": 2}  # for the button, and for the run
    for told, count in zip(asked, (2, 8), strict=True):  # each rule is looked at by its id: whose is it by now?
        each = {"ListParticipants": count, "DeleteSIPDispatchRule": count, "ListSIPDispatchRule": 2 + count}
        assert told == {**lists, **each}


def _orphans(installation: Installation, count: int) -> list[Room]:
    return [orphan(installation) for _ in range(count)]
