"""A zip file is written while it is sent, and the same contents give the same bytes on any day."""

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import time_machine

from webapp.core import archive
from webapp.core.db import utcnow


def members() -> Iterator[archive.Member]:
    """Two files, one of them larger than what is given on at a time."""
    yield "a.txt", [b"one\n", b"two\n"]
    yield "folder/b.bin", (bytes([number % 251]) * 1000 for number in range(300))


def test_it_is_a_whole_archive_of_what_was_put_in():
    with zipfile.ZipFile(io.BytesIO(b"".join(archive.zipped(members())))) as found:
        assert found.testzip() is None and found.namelist() == ["a.txt", "folder/b.bin"]
        assert found.read("a.txt") == b"one\ntwo\n" and len(found.read("folder/b.bin")) == 300_000


def test_the_same_contents_give_the_same_bytes_on_another_day():
    first = b"".join(archive.zipped(members()))
    with time_machine.travel(utcnow() + timedelta(days=400)):
        assert b"".join(archive.zipped(members())) == first


def test_it_is_given_on_while_it_is_written():
    read = []

    def slowly() -> Iterator[bytes]:
        for number in range(10):
            read.append(number)
            yield bytes(archive.PIECE)

    pieces = archive.zipped([("a", slowly())])
    next(pieces)
    assert len(read) < 4
    assert sum(map(len, pieces)) > 6 * archive.PIECE
