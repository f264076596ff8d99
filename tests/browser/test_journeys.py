"""The main journeys, each by mouse and keyboard in Chromium, with JavaScript and without."""

from collections.abc import Callable

from tests.browser.desk import Desk

People = Callable[[str], Desk]


def test_somebody_signs_in_and_out_again(people: People):
    desk = people("owner")
    desk.sees("Ottilie")
    desk.accessible()
