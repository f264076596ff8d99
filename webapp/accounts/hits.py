"""What a search may find: each feature offers a source that knows what the reader may see of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from webapp.accounts.models import User


@dataclass(frozen=True)
class Hit:
    """Something that was found: its page, what it is called, and by what two of a name are told apart."""

    endpoint: str
    title: str
    values: Mapping[str, object] = field(default_factory=dict)
    code: str = ""  # a link or an id
    at: datetime | None = None
    live: bool = False
    icon: str = ""  # empty: its group's


def nowhere(_user: User) -> str:
    """There is no list of all that match."""
    return ""


@dataclass(frozen=True)
class SearchSource:
    """One group of hits: `find` gives the best ones first, as many as asked for at most, of what the user may see.

    `listed` names the page that lists all that match, with the words as its `q`; empty for none.
    """

    name: str
    title: object
    icon: str
    find: Callable[[str, User, int], Sequence[Hit]]
    listed: Callable[[User], str] = nowhere
    all_words: object = ""
    offers: bool = False  # also without words
