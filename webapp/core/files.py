"""Files that only Frontdesk's own user may read, whatever the umask is or was when they were made.

`var/` of the working directory is Frontdesk's own. Other folders are made and kept by whoever names them in a setting.
"""

import contextlib
import grp
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

FOLDER, FILE = 0o700, 0o600
MEMORY = ":memory:"
BESIDE = ("", "-wal", "-shm", "-journal")  # SQLite makes what lies beside a database with the mode of the database


@dataclass(frozen=True)
class Standing:
    """Who owns a file or a folder, and what its mode lets others do."""

    path: Path
    uid: int
    gid: int
    mode: int

    @property
    def ours(self) -> bool:
        """Frontdesk's user may change the mode."""
        return self.uid == os.geteuid()

    @property
    def owner(self) -> str:
        """The user's name, or the number of one that this machine does not know, as in a container."""
        return user_name(self.uid)

    @property
    def group(self) -> str:
        """The group's name or number."""
        with contextlib.suppress(KeyError):
            return grp.getgrgid(self.gid).gr_name
        return str(self.gid)

    @property
    def words(self) -> str:
        """For an operator: name, owner, group and mode, as `ls` and `chmod` have them."""
        return f"{self.path} belongs to user {self.owner} and group {self.group}, mode {self.mode:04o}"


def user_name(uid: int) -> str:
    """The user's name or number."""
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def standing(path: Path) -> Standing | None:
    """How the file or folder stands; None for one that is not there or cannot be reached."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Standing(path, found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """A file to write text into, which takes the place of `path` once the block ends well, and is gone when it fails.

    It lies beside that one: a name moves within one file system alone. Raises OSError.
    """
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".part-", delete=False) as file:
        beside = Path(file.name)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def own_folder() -> Path:
    """`var/` of the working directory."""
    return Path("var").absolute()


def is_own(path: Path) -> bool:
    """The path is `var/` or lies below it."""
    return ".." not in path.parts and path.absolute().is_relative_to(own_folder())


def make_folder(path: Path, mode: int = FOLDER) -> None:
    """Make the folder with exactly this mode, and what is missing above it for this user alone.

    One that is there keeps its mode. Raises OSError.
    """
    if not path.parent.exists():
        make_folder(path.parent)
    try:
        path.mkdir(mode=mode & FOLDER)
    except FileExistsError:
        if not path.is_dir():
            raise
    else:
        path.chmod(mode)


def narrow(path: Path, allowed: int) -> None:
    """Take from others what the mode lets them do beyond `allowed`; what another user owns stays: see `exposed`."""
    found = standing(path)
    if found is not None and found.ours and found.mode & ~allowed:
        with contextlib.suppress(OSError):  # a share that knows no modes: `exposed` tells of it
            path.chmod(found.mode & allowed)


def exposed(path: Path, allowed: int) -> Standing | None:
    """The file or folder, where others may more than `allowed` in spite of `narrow`."""
    found = standing(path)
    return found if found is not None and found.mode & ~allowed else None


def is_in_memory(url: str | sa.URL) -> bool:
    """The SQLite database has no file, and is gone with its connection."""
    return (sa.make_url(url).database or MEMORY) == MEMORY


def database_file(url: str | sa.URL) -> Path | None:
    """The file of an SQLite database; None for one in memory and for other databases."""
    made = sa.make_url(url)
    if made.get_backend_name() != "sqlite" or is_in_memory(made):
        return None
    name = str(made.database)
    return None if name.startswith("file:") else Path(name).absolute()  # a URI says more itself


def database_files(url: str | sa.URL) -> Iterator[Path]:
    """The database's file and what SQLite writes beside it, there or not."""
    if (file := database_file(url)) is not None:
        yield from (file.with_name(file.name + end) for end in BESIDE)


def narrow_database(url: str | sa.URL) -> None:
    """Take others' rights to the files of an SQLite database."""
    for file in database_files(url):
        narrow(file, FILE)


def keep_private(engine: Engine) -> None:
    """Let an engine of SQLite make its file, and `var/` around it, for this user alone, before SQLite would."""

    def prepare(*_connecting: Any) -> None:
        file = database_file(engine.url)
        if file is None:
            return
        with contextlib.suppress(OSError):  # SQLite says it better
            if is_own(file):
                make_folder(file.parent)
            _make_file(file)
        narrow_database(engine.url)

    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", prepare)


def _make_file(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE)
        try:
            os.fchmod(number, FILE)
        finally:
            os.close(number)
