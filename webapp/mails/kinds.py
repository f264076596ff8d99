"""What kinds of mail there are: features bring theirs, and are asked anew when one is about to go."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from flask_babel import LazyString

from webapp.accounts.models import User
from webapp.core.mail import Letter
from webapp.mails.models import Mail

EXTENSION = "frontdesk.mails"


class Unwanted(Exception):
    """The mail has lost its reason since it was planned; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Topic:
    """What people choose on their account page: they want mails of it, or none."""

    name: str
    title: LazyString
    hint: LazyString


@dataclass(frozen=True)
class Occasion:
    """What a letter is written from: whom it is for, what it is about, and where such mails are turned off.

    A sample that is about nothing has invented data.
    """

    reader: User
    about_id: uuid.UUID | None
    deadline: datetime | None
    off_url: str


@dataclass(frozen=True)
class MailKind:
    """One kind: `write` makes the letter, in the language that is spoken there, or raises Unwanted.

    `sample` makes one that nobody gets, and does not ask whether anybody would. `find` says whom a mail that names no
    account is for, or raises Unwanted.
    """

    name: str
    topic: Topic
    write: Callable[[Occasion], Letter]
    sample: Callable[[Occasion], Letter]
    find: Callable[[Mail], Occasion] | None = None


def all_kinds() -> Mapping[str, MailKind]:
    """The app's kinds, by their names."""
    kinds: dict[str, MailKind] = current_app.extensions[EXTENSION]
    return kinds


def topics() -> dict[str, Topic]:
    """What people choose among, in the order of the kinds."""
    return {kind.topic.name: kind.topic for kind in all_kinds().values()}


def init_app(app: Flask, kinds: Iterable[MailKind]) -> None:
    """Let the app know them."""
    app.extensions[EXTENSION] = {kind.name: kind for kind in kinds}
