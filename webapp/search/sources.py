"""The groups of hits: every feature is asked once, however much there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app

from webapp.accounts.hits import Hit, SearchSource
from webapp.accounts.models import User

EXTENSION = "frontdesk.search"
SHOWN = 5  # hits of a group


@dataclass(frozen=True)
class HitGroup:
    """The best hits of one source, and the page that lists all of them where there are more."""

    source: SearchSource
    hits: Sequence[Hit]
    listed: str
    more: bool


def ask(words: str, user: User) -> list[HitGroup]:
    """What the user may see of what answers the words; groups without a hit are left out."""
    groups = [_group(source, words, user) for source in current_app.extensions[EXTENSION]]
    return [group for group in groups if group.hits]


def _group(source: SearchSource, words: str, user: User) -> HitGroup:
    # without words, only what is listed for everyone answers: pages and what one can do
    hits = source.find(words, user, SHOWN + 1) if words or source.offers else ()
    return HitGroup(source, hits[:SHOWN], source.listed(user), len(hits) > SHOWN)


def marked(text: str, words: str) -> tuple[str, str, str]:
    """The text before, of and after what answers the words; all of it before where nothing does."""
    at = text.lower().find(words.lower()) if words and len(text.lower()) == len(text) else -1
    return (text, "", "") if at < 0 else (text[:at], text[at : at + len(words)], text[at + len(words) :])


def init_app(app: Flask, sources: Iterable[SearchSource]) -> None:
    """Ask these sources, in this order."""
    app.extensions[EXTENSION] = tuple(sources)
