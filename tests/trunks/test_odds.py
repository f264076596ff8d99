"""The odds of PINs against known values, and the count of codes against what is really drawn."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rooms import pin_space, pins
from webapp.trunks import odds


@pytest.mark.parametrize("length", [4, 5])
def test_the_count_of_codes_is_what_can_be_drawn(length: int):
    every = range(10 ** (length - 1), 10**length)
    assert pin_space.codes(length) == sum(not pins.trivial(str(pin)) for pin in every)


@pytest.mark.parametrize("length", [4, 6, 7, 8, 9])
def test_runs_and_repeated_blocks_are_all_that_is_never_drawn(length: int):
    digits = "0123456789" * 3
    runs = {text[start : start + length] for text in (digits, digits[::-1]) for start in range(10)}
    blocks = (str(block) for size in range(1, length // 2 + 1) for block in range(10 ** (size - 1), 10**size))
    never = {pin for pin in runs if pin[0] != "0"} | {(block * length)[:length] for block in blocks if block != "0"}
    assert all(map(pins.trivial, never))
    assert pin_space.trivial(length) == len(never)


def test_longer_codes_are_counted_by_the_same_rule():
    assert pin_space.trivial(4) == 18 + 9 + 81
    assert pin_space.trivial(10) == 18 + 9 + 81 + 891 + 8910 + 89_991
    assert pin_space.codes(10) == 9_000_000_000 - pin_space.trivial(10)


@pytest.mark.parametrize(
    ("taken", "expected", "tolerance"),
    [(100_000, 0.3935, 0.0005), (10_000, 0.004987, 0.000001), (1_000_000, 1.0, 1e-9), (1, 0.0, 0.0), (0, 0.0, 0.0)],
)
def test_among_ten_to_the_ten_codes_the_birthday_odds_are_the_known_ones(taken: int, expected: float, tolerance: float):
    assert odds.ever_collided(taken, 10**10) == pytest.approx(expected, abs=tolerance)


def test_twenty_three_people_share_a_birthday_with_one_half():
    assert odds.ever_collided(23, 365) == pytest.approx(0.5, abs=0.01)


def test_more_pins_than_codes_have_collided_for_certain():
    assert odds.ever_collided(366, 365) == 1.0


def test_tiny_odds_are_not_lost_in_rounding():
    assert odds.ever_collided(2, 9 * 10**15) == pytest.approx(1 / (9 * 10**15), rel=1e-6)


def test_five_draws_fail_as_often_as_one_to_the_fifth():
    assert odds.first_try_fails(900, 9000) == pytest.approx(0.1)
    assert odds.all_tries_fail(900, 9000) == pytest.approx(1e-5)


def test_guesses_reach_a_live_room_after_codes_by_live_on_average():
    assert odds.blind_guess_hits(50, 10**6) == pytest.approx(5e-5)
    assert odds.expected_guesses(50, 10**6) == pytest.approx(20_000)
    assert odds.expected_guesses(0, 10**6) == math.inf


@pytest.mark.parametrize(("rooms", "length"), [(0, 4), (1, 7), (8, 7), (9, 8), (1000, 10), (100_000, 12), (10**12, 16)])
def test_the_advice_is_the_shortest_length_at_which_a_guess_in_a_million_hits(rooms: int, length: int):
    assert odds.advised_length(rooms) == length


@given(st.integers(0, 10**7), st.integers(4, 16))
def test_odds_stay_odds_and_grow_with_what_is_taken(taken: int, length: int):
    codes = pin_space.codes(length)
    for ask in (odds.ever_collided, odds.first_try_fails, odds.all_tries_fail, odds.blind_guess_hits):
        assert 0 <= ask(taken, codes) <= ask(taken + 1, codes) <= 1
