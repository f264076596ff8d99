"""Where recordings lie: one interface, so that a folder and an object store serve alike."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from flask import Flask, current_app

from webapp.core.config import Settings
from webapp.core.db import db
from webapp.livekit.egress import Upload
from webapp.recordings.lifecycle import LifecycleRule
from webapp.recordings.sharing import NAME, FolderState, SharedFolder, shared_folder
from webapp.recordings.stored import CHUNK, Stored

EXTENSION = "frontdesk.storage"


class Storage(Protocol):
    """Keeps objects by key; a key is a relative path of our own making."""

    expires_objects: bool  # by rules of its own, as buckets do; else a job of ours removes what expired

    def egress_path(self, key: str) -> str:
        """Where the egress worker writes the object."""

    def upload(self) -> Upload | None:
        """The bucket that the worker uploads to; None where it writes to a disk."""

    @property
    def bucket(self) -> str:
        """The bucket's name; empty for a folder."""

    def key_of(self, name: str) -> str | None:
        """The key of the bucket's object of that name; None where none of ours lies."""

    def make_ready(self) -> None:
        """Let the worker find where it writes. Raises OSError."""

    def find(self, key: str) -> Stored | None:
        """What is stored under the key, or None; raises OSError while the store is away."""

    def find_all(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys under which something is stored; raises OSError while the store is away."""

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """The bytes from `start` on; raises FileNotFoundError, or OSError when the store fails on the way."""

    def signed(self, method: str, key: str) -> dict[str, str] | None:
        """For a proxy: where the object lies and what opens it for the method, as headers; None: we stream it."""

    def tag(self, key: str, value: str) -> None:
        """Let the object's tag say its class; other tags stay. Raises FileNotFoundError, OSError while it is away."""

    def rules(self) -> list[LifecycleRule] | None:
        """The rules by which the store expires objects by itself; None where it has none. Raises OSError."""

    def set_rules(self, rules: Sequence[LifecycleRule]) -> None:
        """Replace those rules. Raises OSError."""

    @property
    def root(self) -> str:
        """What the names of all recordings' objects begin with."""

    def delete(self, key: str) -> None:
        """Remove the object; one that is gone already is no error. Raises OSError while the store is away."""

    def try_out(self) -> int | None:
        """Write and remove something small; returns the free bytes, None where nobody counts them. Raises OSError."""

    def place(self) -> FolderState | None:
        """Whose the folder is that the worker writes; None where there is none."""


class Folder:
    """Recordings on disk, in a folder that the egress worker also sees (perhaps under another path)."""

    expires_objects = False
    bucket = ""

    def __init__(self, shared: SharedFolder, egress_root: str = "") -> None:
        self._root, self._shared = shared.root, shared
        self._egress_root = egress_root

    def egress_path(self, key: str) -> str:
        """The file as the worker names it."""
        return str(PurePosixPath(self._egress_root or str(self._root)) / key)

    def key_of(self, name: str) -> None:
        """Nobody tells of a folder's files."""

    def upload(self) -> None:
        """The worker writes to the folder."""

    def make_ready(self) -> None:
        """Make the folder: a worker that made it would keep it for its own user."""
        self._shared.make()

    def find(self, key: str) -> Stored | None:
        """Size and time of the file."""
        try:
            stat = self._path(key).stat()
        except FileNotFoundError:
            return None
        return Stored(stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def find_all(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that are files; a folder that is not there is away, not empty."""
        self._root.stat()
        return {key for key in keys if self._path(key).is_file()}

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """The file in pieces, without a copy anywhere: a full disk does not stop a reader."""
        with self._path(key).open("rb") as file:
            file.seek(start)
            while length > 0 and (piece := file.read(min(CHUNK, length))):
                length -= len(piece)
                yield piece

    def signed(self, method: str, key: str) -> None:
        """A file is streamed by us."""

    def tag(self, key: str, value: str) -> None:
        """Files have no tags, and no rules that would read them."""

    def rules(self) -> None:
        """Frontdesk alone removes files."""

    def set_rules(self, rules: Sequence[LifecycleRule]) -> None:
        """There are none."""

    @property
    def root(self) -> str:
        """The folder of the recordings."""
        return f"{NAME}/"

    def delete(self, key: str) -> None:
        """Remove the file."""
        self._path(key).unlink(missing_ok=True)

    def try_out(self) -> int:
        """Write and remove a file where the worker writes."""
        self._shared.make()
        with tempfile.NamedTemporaryFile(dir=self._shared.path, prefix=".frontdesk-"):
            return shutil.disk_usage(self._shared.path).free

    def place(self) -> FolderState:
        """The folder as it stands."""
        return self._shared.place()

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
    app.extensions[EXTENSION] = of(settings)


def of(settings: Settings) -> Storage:
    """The store that the settings name; nothing is asked of it yet."""
    return _bucket(settings) or _folder(settings)


def _bucket(settings: Settings) -> Storage | None:
    address = settings.bucket
    if address is None:
        return None
    from webapp.recordings.bucket import open_bucket  # noqa: PLC0415 - boto3 costs memory where there is no bucket

    return open_bucket(address, settings)


def _folder(settings: Settings) -> Folder:
    shared = shared_folder(settings)
    shared.narrow()
    return Folder(shared, settings.recordings_egress_dir)
