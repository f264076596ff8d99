"""What a reader asked a list for, read from the address and written back to it."""

import enum
from dataclasses import dataclass

from webapp.core import paging


class Colour(enum.Enum):
    """A filter of a list."""

    ANY = "any"
    RED = "red"


@dataclass(frozen=True)
class FlowerFilters(paging.Filters):
    """A list of flowers."""

    colour: Colour = paging.asked("show", paging.one_of(Colour), Colour.ANY)
    search: str = paging.asked("q", paging.text(6), "")
    after: str = paging.cursor("after")


def test_words_that_no_filter_knows_ask_for_nothing():
    assert FlowerFilters.of({"show": "loud", "other": "x"}) == FlowerFilters()


def test_what_was_asked_for_reads_back_and_what_is_ordinary_stays_out_of_the_address():
    filters = FlowerFilters.of({"show": "red", "q": " campanula "})
    assert filters == FlowerFilters(Colour.RED, "campan")
    assert FlowerFilters.of(filters.query()) == filters
    assert filters.query(colour=Colour.ANY, search="") == {}


def test_another_filter_begins_at_the_first_page():
    filters = FlowerFilters.of({"show": "red", "after": "7"})
    assert filters.after == "7"
    assert filters.query(search="rose") == {"show": "red", "q": "rose"}
    assert filters.query(after="9") == {"show": "red", "after": "9"}
