"""The folder that the egress worker writes and Frontdesk reads and empties: whose it is, its mode, and the way to it.

The worker often is another user. By the settings one group of both may write there; without them the folder that
Frontdesk makes is its own user's, unless the folder around it already lets others write: then it is made like that one.
"""

import contextlib
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from webapp.core import files
from webapp.core.config import Settings
from webapp.core.files import FOLDER, Standing

NAME = "recordings"  # where all keys lie, below the storage's root
FOR_A_GROUP = 0o2770  # what is made inside has the folder's group, whoever makes it
GROUP, GROUP_WRITES, OTHERS, SETGID, STICKY = 0o070, 0o020, 0o007, 0o2000, 0o1000


@dataclass(frozen=True)
class FolderState:
    """How the folder stands, what is wrong with that, and what root types to mend it.

    `fault`: "otherwise" than the settings say, "sticky" so that only the worker can delete what it wrote, or "public"
    to everybody on the machine; empty when nothing is wrong.
    """

    standing: Standing | None
    fault: str
    cure: str
    user: str  # who Frontdesk runs as

    @property
    def shared(self) -> bool:
        """Others than its owner may write there."""
        return self.standing is not None and _others_write(self.standing)


@dataclass(frozen=True)
class SharedFolder:
    """The folder below the storage's root, and the mode and the group that the settings ask for."""

    root: Path
    mode: int | None = None
    gid: int | None = None

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.root / NAME

    @property
    def chosen(self) -> bool:
        """The settings say how it stands; else it stays as it is found."""
        return self.mode is not None or self.gid is not None

    def make(self) -> None:
        """Make the folder, let it stand as the settings say where it is ours, and let whom it lets in come to it.

        Raises OSError when it cannot be made.
        """
        missing = {above for above in self.path.parents if not above.exists()}
        mode, gid = self._wanted()
        fresh = not self.path.exists()
        files.make_folder(self.path)
        if fresh or self.chosen:
            if gid is not None:
                _set_group(self.path, gid)
            _set_mode(self.path, mode)
        for above in self.path.parents:
            if above in missing or files.is_own(above):
                self._open_way(above)

    def narrow(self) -> None:
        """Take from others what earlier releases let them do below `var/`, but from no worker its way."""
        found = files.standing(self.path)
        if files.is_own(self.path) and found is not None and not self.chosen and not _others_write(found):
            files.narrow(self.path, FOLDER)
        for above in {*self.path.parents, files.own_folder()}:
            if files.is_own(above):
                self._open_way(above)

    def passage(self, above: Path) -> int:
        """The mode that a folder of ours needs: ours alone, unless the way to the recordings leads others through."""
        if not self.path.is_relative_to(above):
            return FOLDER
        found = files.standing(self.path)
        mode, gid = (found.mode, found.gid) if found is not None else self._wanted()
        foreign = found is not None and not found.ours
        around = files.standing(above)
        same_group = around is not None and around.gid == gid
        anybody = mode & OTHERS or foreign or (mode & GROUP and not same_group)
        return FOLDER | (0o010 if mode & GROUP else 0) | (0o001 if anybody else 0)

    def place(self) -> FolderState:
        """Whose the folder is, and what is wrong with it."""
        found, (mode, gid) = files.standing(self.path), self._wanted()
        fault = "" if found is None else self._fault(found)
        group = "GROUP" if gid is None else str(gid)
        if gid is not None and found is not None and found.gid == gid:
            group = found.group
        user = files.user_name(os.geteuid())
        wanted = mode if self.chosen else FOR_A_GROUP
        cure = f"install -d -o {user} -g {group} -m {wanted:04o} {shlex.quote(str(self.path))}"
        return FolderState(found, fault, cure, user)

    def _fault(self, found: Standing) -> str:
        mode, gid = self._wanted()
        if self.chosen and (found.mode != mode or (gid is not None and found.gid != gid)):
            return "otherwise"
        if found.mode & STICKY and not found.ours:
            return "sticky"
        reached = all(above.stat().st_mode & 0o001 for above in self.path.parents)
        return "public" if found.mode & OTHERS and reached else ""

    def _wanted(self) -> tuple[int, int | None]:
        """The mode and the group of a folder that is to be made; None: whichever group it gets."""
        if self.chosen:
            mode = self.mode if self.mode is not None else FOR_A_GROUP
            return mode, self.gid
        around = files.standing(self.root)
        if around is not None and _others_write(around):
            return FOLDER | around.mode & (SETGID | GROUP | OTHERS), around.gid
        return FOLDER, None

    def _open_way(self, above: Path) -> None:
        found = files.standing(above)
        if found is None or not found.ours:
            return
        if self.gid is not None and self.path.is_relative_to(above):
            _set_group(above, self.gid)  # then its members may pass, and nobody else need
        mode = self.passage(above)
        _set_mode(above, mode if self.chosen else found.mode & mode)


def shared_folder(settings: Settings) -> SharedFolder:
    """The folder as the settings want it."""
    return SharedFolder(settings.recordings_dir.absolute(), settings.recordings_folder_mode, settings.recordings_gid)


def _others_write(found: Standing) -> bool:
    return bool(found.mode & 0o022)


def _set_group(path: Path, gid: int) -> None:
    """Give the group the folder, where it is ours; `place` tells when the system refuses."""
    found = files.standing(path)
    if found is not None and found.ours and found.gid != gid:
        with contextlib.suppress(OSError):
            os.chown(path, -1, gid)


def _set_mode(path: Path, mode: int) -> None:
    """The same of the mode; after the group, because a change of it takes setgid away."""
    found = files.standing(path)
    if found is not None and found.ours and found.mode != mode:
        with contextlib.suppress(OSError):
            path.chmod(mode)
