"""Where recordings lie: one interface, so that a folder and an object store serve alike."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from flask import Flask, current_app

from webapp.core.config import Settings
from webapp.core.db import db

CHUNK = 256 * 1024
EXTENSION = "frontdesk.storage"
FOLDER = "recordings"  # where all keys lie, below the storage's root


@dataclass(frozen=True)
class Stored:
    """An object that is there: its size in bytes and when it was written."""

    size: int
    written_at: datetime


class Storage(Protocol):
    """Keeps objects by key; a key is a relative path of our own making."""

    expires_objects: bool  # by rules of its own, as buckets do; else a job of ours removes what expired

    def egress_path(self, key: str) -> str:
        """Where the egress worker writes the object."""

    def find(self, key: str) -> Stored | None:
        """What is stored under the key, or None; raises OSError while the store is away."""

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """The bytes from `start` on; raises FileNotFoundError, or OSError when the store fails on the way."""

    def delete(self, key: str) -> None:
        """Remove the object; one that is gone already is no error. Raises OSError while the store is away."""

    def try_out(self) -> int:
        """Write and remove something small; returns the free bytes. Raises OSError when it does not work."""


class Folder:
    """Recordings on disk, in a folder that the egress worker also sees (perhaps under another path)."""

    expires_objects = False

    def __init__(self, root: Path, egress_root: str = "") -> None:
        self._root = root.absolute()
        self._egress_root = egress_root

    def egress_path(self, key: str) -> str:
        """The file as the worker names it."""
        return str(PurePosixPath(self._egress_root or str(self._root)) / key)

    def find(self, key: str) -> Stored | None:
        """Size and time of the file."""
        try:
            stat = self._path(key).stat()
        except FileNotFoundError:
            return None
        return Stored(stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """The file in pieces, without a copy anywhere: a full disk does not stop a reader."""
        with self._path(key).open("rb") as file:
            file.seek(start)
            while length > 0 and (piece := file.read(min(CHUNK, length))):
                length -= len(piece)
                yield piece

    def delete(self, key: str) -> None:
        """Remove the file."""
        self._path(key).unlink(missing_ok=True)

    def try_out(self) -> int:
        """Write and remove a file beside the recordings, or above the folder that the worker is still to make."""
        self._root.mkdir(parents=True, exist_ok=True)
        folder = self._root / FOLDER
        folder = folder if folder.exists() else self._root
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".frontdesk-"):
            return shutil.disk_usage(folder).free

    def _path(self, key: str) -> Path:
        path = (self._root / key).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise ValueError("a key left the folder of the recordings")
        return path


def storage() -> Storage:
    """The current app's storage."""
    found: Storage = current_app.extensions[EXTENSION]
    return found


def delete(key: str) -> None:
    """Remove an object from the current app's storage, which may be slow or away: see `Storage.delete`.

    Raises RuntimeError while a writing transaction is open: others wait for that one.
    """
    db.refuse_open_transaction()
    storage().delete(key)


def init_app(app: Flask, settings: Settings) -> None:
    """Open the store that the settings name."""
    app.extensions[EXTENSION] = Folder(settings.recordings_dir, settings.recordings_egress_dir)
