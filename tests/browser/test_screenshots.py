"""The README's two pictures, taken of the demo: `make screenshots` writes them, every run tries that they can be."""

import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.desk import Desk
from tests.support.meeting import Phone

DOCS = Path(__file__).parent.parent.parent / "docs"
PICTURES = ("desk.png", "room.png")
SIZE = (1280, 800)
LARGEST = 200_000  # bytes: a clone carries them


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height, as a PNG's first chunk says them."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.mark.parametrize("scripts", [True], ids=["with JavaScript"])
def test_the_two_pictures_can_be_taken(people: Callable[[str], Desk], phone: Phone, scripts: bool, tmp_path: Path):
    folder = DOCS if os.environ.get("WRITE_SCREENSHOTS") else tmp_path
    host, guest = people("owner"), people("")
    host.go("/rooms/")
    host.follow("Housing committee")
    room = host.path
    phone.call(host.number(), host.pin(), caller="+33199005521")
    host.go(f"{room}recordings")
    host.press("Start recording")
    host.sees_after_a_while(re.compile("^Recording$"))
    guest.go(room.replace("/rooms/", "/join/").rstrip("/"))
    guest.fill("name", "Ingrid Falkner")
    guest.press("Ask to join")
    guest.sees("The host knows you're waiting, Ingrid Falkner")
    host.page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
    for path, picture in (("/", "desk.png"), (room, "room.png")):
        host.go(path)
        host.sees_after_a_while("Housing committee")
        host.page.wait_for_load_state("networkidle")
        host.page.screenshot(path=folder / picture, animations="disabled")
    assert [size_of((folder / picture).read_bytes()) for picture in PICTURES] == [SIZE, SIZE]


@pytest.mark.parametrize("picture", PICTURES)
def test_the_readme_shows_them_and_a_clone_stays_small(picture: str):
    content = (DOCS / picture).read_bytes()
    assert size_of(content) == SIZE
    assert len(content) < LARGEST
    assert f"](docs/{picture})" in (DOCS.parent / "README.md").read_text()
