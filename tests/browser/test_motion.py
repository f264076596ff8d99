"""Whoever asked for less motion gets the same pages, and nothing stays on them that others see go."""

from collections.abc import Callable

import pytest

from tests.support.desk import Desk

ENDS = """() => {
  document.body.insertAdjacentHTML("beforeend", '<div class="toast"><span class="drain"></span></div>');
  const line = document.querySelector(".toast .drain");
  line.getAnimations().forEach((animation) => animation.finish());
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(!line.isConnected))));
}"""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
@pytest.mark.parametrize("scripts", [True], ids=["with JavaScript"])
def test_a_toast_goes_at_its_end(people: Callable[[str], Desk], scripts: bool, motion: str):
    desk = people("owner")
    desk.page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    desk.go("/account/")
    assert desk.page.evaluate(ENDS)
