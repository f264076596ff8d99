"""Many recordings at once: what would become of each, and why one stays as it is; a refusal keeps no other back."""

import enum
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.models import User
from webapp.core import paging
from webapp.core.db import utcnow
from webapp.recordings import policy
from webapp.recordings.models import FAILED_STATES, Recording
from webapp.recordings.retention import allowed, expired, expires_at
from webapp.recordings.states import State

MOST = 100  # at once
DaysFrom = Callable[[datetime | None], int | None]


class Fate(enum.Enum):
    """What becomes of one of them."""

    CHANGED = "changed"  # it is done, or would be
    SAME = "same"  # it is so already
    UNKNOWN = "unknown"  # it is gone, or nothing that this person may know of
    DENIED = "denied"
    HELD = "held"  # by a legal hold
    OUTDATED = "outdated"  # somebody changed it since the page was shown
    EXPIRED = "expired"
    NO_FILE = "no_file"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Choice:
    """A recording that was ticked, and the version that the page showed; None for a page that showed none."""

    recording_id: uuid.UUID
    version: str | None = None

    @classmethod
    def of(cls, word: str) -> "Choice | None":
        """Read `id` or `id:version`; None for what is neither."""
        key, _colon, version = word.partition(":")
        recording_id = paging.key(key)
        return cls(recording_id, version or None) if recording_id else None


@dataclass(frozen=True)
class Item:
    """One of them, and what becomes of it; `until` is when it would expire, None for never or not yet known."""

    choice: Choice
    recording: Recording | None
    outcome: Fate
    days: int | None = None
    until: datetime | None = None

    @property
    def changes(self) -> bool:
        """Something is done to it."""
        return self.outcome is Fate.CHANGED

    @property
    def word(self) -> str:
        """The choice as the next page sends it: of the version that this one shows."""
        version = self.recording.version if self.recording else self.choice.version
        return f"{self.choice.recording_id}:{version}"


def choices(words: Sequence[str]) -> list[Choice]:
    """What was ticked, each once."""
    read = [choice for word in words if (choice := Choice.of(word))]
    return list({choice.recording_id: choice for choice in read}.values())


def deletions(user: User, chosen: Sequence[Choice], known: Mapping[uuid.UUID, Recording]) -> list[Item]:
    """What deleting them would do to each."""
    items = []
    for choice in chosen:
        recording = known.get(choice.recording_id)
        refusal = _refusal(user, choice, recording, policy.delete)
        items.append(Item(choice, recording, refusal or Fate.CHANGED))
    return items


def retentions(
    user: User, chosen: Sequence[Choice], known: Mapping[uuid.UUID, Recording], days_from: DaysFrom, longest: int
) -> list[Item]:
    """What keeping them so long would do to each; `days_from` says how many days from when its object was written."""
    items = []
    for choice in chosen:
        recording = known.get(choice.recording_id)
        outcome = _refusal(user, choice, recording, policy.set_retention) or _without_file(recording)
        days = days_from(recording.stored_at) if recording else None
        until = expires_at(recording.stored_at, days) if recording else None
        if outcome is None and not allowed(days, longest):
            outcome = Fate.TOO_LONG
        if outcome is None and recording and recording.retention_days == days:
            outcome = Fate.SAME
        items.append(Item(choice, recording, outcome or Fate.CHANGED, days, until))
    return items


def eligible(user: User, chosen: Sequence[Choice], known: Mapping[uuid.UUID, Recording]) -> list[Item]:
    """Which of them could be kept longer or shorter at all, before anybody said how long."""
    items = []
    for choice in chosen:
        recording = known.get(choice.recording_id)
        outcome = _refusal(user, choice, recording, policy.set_retention) or _without_file(recording)
        until = recording.expires_at if recording else None
        items.append(Item(choice, recording, outcome or Fate.CHANGED, until=until))
    return items


def _refusal(
    user: User, choice: Choice, recording: Recording | None, may: Callable[[User, Recording], bool]
) -> Fate | None:
    if recording is None or not policy.view(user, recording):
        return Fate.UNKNOWN
    if not may(user, recording):
        return Fate.DENIED
    if recording.held_at is not None:
        return Fate.HELD
    return Fate.OUTDATED if recording.changes_since(choice.version) else None


def _without_file(recording: Recording | None) -> Fate | None:
    """Why there is nothing that could be kept longer; what expired is opened by itself to be kept after all."""
    if recording is None or recording.state in (*FAILED_STATES, State.GONE):
        return Fate.NO_FILE
    return Fate.EXPIRED if expired(recording.expires_at, utcnow()) or recording.removed_at else None
