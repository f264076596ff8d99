"""What an entry tells of a deed as fields: old and new value where they were kept, in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.audit import sentences
from webapp.audit.models import AuditEntry

LABELS = {
    "person": _l("Person"),
    "role": _l("Role"),
    "staff": _l("Staff role"),
    "retention": _l("Days kept"),
    "owner": _l("Owner"),
    "name": _l("Name"),
    "slug": _l("Link"),
    "access_level": _l("Access level"),
    "phone": _l("Dial-in"),
    "phone_enabled": _l("Dial-in"),
    "hidden": _l("Callers' numbers shortened"),
    "hide_phone_number": _l("Callers' numbers shortened"),
    "watchers": _l("Who can watch recordings"),
    "pin": _l("Has a PIN"),
    "overlap": _l("Previous PIN kept working"),
    "purpose": _l("Purpose"),
    "kept_pin": _l("PIN kept"),
    "trunk_id": _l("Trunk"),
    "to": _l("To trunk"),
    "people": _l("People who lost access"),
    "rooms": _l("Rooms"),
    "count": _l("How many"),
    "removed": _l("Removed"),
    "at_end": _l("At the end"),
    "mode": _l("What is recorded"),
    "problem": _l("Problem"),
    "topic": _l("Mails"),
    "off": _l("Mails turned off"),
    "what": _l("What"),
    "how": _l("How"),
    "deleted": _l("Rules deleted"),
    "changed": _l("Rules changed"),
    "scope": _l("Scope"),
    "participant": _l("Participant"),
    "kind": _l("Joined"),
    "web": _l("Online"),
    "phones": _l("By phone"),
    "assignable": _l("Takes new rooms"),
    "numbers": _l("Called numbers"),
    "allowed_numbers": _l("Callers' numbers allowed"),
    "allowed_addresses": _l("Addresses allowed"),
    "password": _l("Password required"),
    "auth_username": _l("User name"),
    "auth_password": _l("Password"),
    "pending": _l("Hasn't signed in yet"),
    "invitation": _l("Invitation"),
    "sessions": _l("Sessions ended"),
    "language": _l("Language"),
    "timezone": _l("Time zone"),
    "theme": _l("Theme"),
}
VALUES = {
    "public": _l("Public"),
    "trusted": _l("Trusted"),
    "restricted": _l("Restricted"),
    "light": _l("Light"),
    "dark": _l("Dark"),
    "": _l("Default"),
}
BEFORE = {  # the one field of these deeds, and the detail that has its new value
    "access.change": ("role", "role"),
    "user.set_staff": ("staff", "after"),
    "recording.set_retention": ("retention", "after"),
    "review.reassign": ("owner", "person"),
}
SAME = {"phone": "phone_enabled", "hidden": "hide_phone_number"}  # details that say what a changed field says


@dataclass(frozen=True)
class TrailField:
    """One field: without an old value it is a fact, without a new one its values are not kept."""

    label: str
    after: str
    before: str | None = None
    is_kept: bool = True

    @property
    def is_change(self) -> bool:
        """It had another value before."""
        return self.before is not None or not self.is_kept


def of(entry: AuditEntry, people: Mapping[str, str]) -> list[TrailField]:
    """The fields of an entry, changes first; `people` are the names of those in its details, by id."""
    return sorted(_of(entry, people), key=lambda field: not field.is_change)


def _of(entry: AuditEntry, people: Mapping[str, str]) -> Iterator[TrailField]:
    details = dict(entry.details)
    changes, names = details.pop("changes", {}), details.pop("fields", [])
    for name in names:
        change = changes.get(name)
        if change is None:
            yield TrailField(_label(name), "", is_kept=False)
        else:
            yield TrailField(_label(name), _value(change["after"], people), _value(change["before"], people))
    if entry.action in BEFORE and "before" in details:
        name, after = BEFORE[entry.action]
        before = _value(details.pop("before"), people)
        yield TrailField(_label(name), _value(details.pop(after, ""), people), before)
    for name, value in details.items():
        if SAME.get(name, name) not in changes:
            yield TrailField(_label(name), _value(value, people))


def _label(name: str) -> str:
    return str(LABELS.get(name, name))


def _value(value: Any, people: Mapping[str, str]) -> str:
    if value is None:
        return str(_("none"))
    if isinstance(value, str) and value in VALUES:
        return str(VALUES[value])
    return people.get(str(value)) or sentences.worded(value)
