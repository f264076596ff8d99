"""The lists ask the database and LiveKit as often for many rules as for few."""

from collections.abc import Callable

import pytest

from tests.plugins.queries import Counted
from tests.support.installation import Installation
from tests.support.personas import Browser

As = Callable[[str], Browser]


@pytest.mark.parametrize("path", ["rules/read", "trunks/", "trunks/{trunk}/", "trunks/{trunk}/delete"])
def test_a_list_asks_no_more_for_many_rooms_than_for_one(
    installation: Installation, client_as: As, count_queries: Counted, path: str
):
    url = "/telephony/" + path.format(trunk=installation.trunk_id)
    admin, asked = client_as("admin"), []
    for more in (1, 6):
        for _ in range(more):
            installation.live()
        before = _questions(installation)
        with count_queries() as sent:
            assert admin.get(url).status_code == 200
        asked.append((len(sent), _questions(installation) - before))
    assert asked[0] == asked[1]
    assert asked[0][1] == 3  # trunks, rules and live rooms, once each


def test_a_room_is_compared_with_four_questions_however_many_are_live(
    installation: Installation, client_as: As, count_queries: Counted
):
    support, asked = client_as("support"), []
    url = f"/rooms/{installation.live().slug}/support"
    for more in (0, 6):
        for _ in range(more):
            installation.live()
        before = _questions(installation)
        with count_queries() as sent:
            assert support.get(url).status_code == 200
        asked.append((len(sent), _questions(installation) - before))
    assert asked[0] == asked[1]
    assert asked[0][1] == 4


def _questions(installation: Installation) -> int:
    return int(sum(installation.livekit.reading("counts").values()))
