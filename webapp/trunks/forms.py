"""What may be typed about trunks, with LiveKit's own demands said in words before it is asked."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, StopValidation, ValidationError

from webapp.core.numbers import international, plain
from webapp.core.settings import settings
from webapp.matching import (
    ConflictError,
    Json,
    MatchingError,
    Trunk,
    both_take,
    check_trunks,
    create_trunk,
    parse_address,
    parse_trunks,
    update_trunk,
)
from webapp.rooms import trunk_names
from webapp.rooms.models import TrunkRow
from webapp.rooms.trunk_names import Named
from webapp.trunks.spread import EVEN, EVERY

NUMBER = re.compile(r"\+?[0-9() -]+")
INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164; extensions and national forms have no plus
LISTS = ("numbers", "allowed_numbers", "allowed_addresses")
WHO_MAY_CALL = ("numbers", "allowed_addresses", "auth_username", "auth_password")
HOST = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}")


def lines(text: str | None) -> list[str]:
    """The lines that say something, each once, without the blanks around them."""
    return list(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))


def dialled(numbers: Sequence[str]) -> str:
    """The first number that people can dial from anywhere; empty for extensions and names."""
    bare = (re.sub(r"[() -]", "", number) for number in numbers)
    return next((number for number in bare if INTERNATIONAL.fullmatch(number)), settings.phone_number)


def number_as_compared(typed: str) -> str:
    """A typed number as it is stored: what people are shown to dial is then what LiveKit compares.

    Digits, with a plus in front where one was typed, and without the 0 that stands in brackets behind a country code.
    What is no number stays as it is, for the checks to refuse.
    """
    text = plain(typed).removeprefix("tel:")
    if not NUMBER.fullmatch(text):
        return text
    return international(text) if text.startswith("+") else re.sub(r"[() -]", "", text)


def _new(form: FlaskForm, field: Field) -> list[str]:
    """The lines that LiveKit does not hold already: nobody is asked to mend an entry that they did not touch."""
    return [line for line in lines(field.data) if line not in form.held(field.name)]


def _touched(form: FlaskForm, field: Field) -> None:
    """What is as it was is not judged."""
    if form.trunk and lines(field.data) == form.held(field.name):
        raise StopValidation


def _named(_form: FlaskForm, field: Field) -> None:
    if not (field.data or "").strip():
        raise ValidationError(_("Enter a name for the trunk."))


def _printable(_form: FlaskForm, field: Field) -> None:
    if any(unicodedata.category(character) in {"Cc", "Cf"} for character in field.data or ""):
        raise ValidationError(_("Control characters and invisible marks can't be used here."))


def _numbers(form: FlaskForm, field: Field) -> None:
    for number in _new(form, field):
        text = number_as_compared(number)
        if re.search(r"\(0\)", plain(number)) and not text.startswith("+"):
            raise ValidationError(
                _("Write “%(line)s” with a plus and the country code, such as +33 1 23 45 67 89.", line=number)
            )
        if not NUMBER.fullmatch(text) or not any(character.isdigit() for character in text):
            raise ValidationError(
                _("Enter a phone number such as +33 1 23 45 67 89 instead of “%(line)s”.", line=number)
            )


def _dialled(form: FlaskForm, field: Field) -> None:
    """Rooms tell people to dial these: what begins with a plus must be a whole number."""
    for number in _new(form, field):
        text = number_as_compared(number)
        if text.startswith("+") and not INTERNATIONAL.fullmatch(text):
            raise ValidationError(
                _(
                    "No one can dial “%(line)s”: after the plus come 7 to 15 digits, the first no 0. Write "
                    "an extension without a plus.",
                    line=number,
                )
            )


def _addresses(form: FlaskForm, field: Field) -> None:
    """LiveKit drops what it cannot read, and a list with nothing left lets everybody in."""
    for address in _new(form, field):
        host, slash, length = address.rpartition("/") if "/" in address else (address, "", "")
        network = parse_address(host)
        readable = network is not None and (not slash or (length.isdecimal() and int(length) <= network.bits))
        if not readable and (slash or not HOST.fullmatch(address)):
            raise ValidationError(
                _(
                    "Enter an address, network or host name instead of “%(line)s”: LiveKit would ignore it.",
                    line=address,
                )
            )


class TrunkForm(FlaskForm):
    """An inbound trunk; `seen` is the version that the page showed."""

    seen = HiddenField()
    name = StringField(_l("Name"), [_touched, _named, Length(max=100), _printable])
    numbers = TextAreaField(
        _l("Called numbers"),
        [_touched, Length(max=5000), _numbers, _dialled],
        description=_l("One per line, in international form. If empty, the trunk takes calls to any number."),
    )
    allowed_numbers = TextAreaField(
        _l("Allowed callers"),
        [_touched, Length(max=5000), _numbers],
        description=_l("One per line. If empty, anyone can call."),
    )
    allowed_addresses = TextAreaField(
        _l("Allowed source addresses"),
        [_touched, Length(max=5000), _addresses],
        description=_l("One address or network per line. A caller can forge this: use a password and a firewall too."),
    )
    auth_username = StringField(
        _l("User name"), [_touched, Length(max=100), _printable], description=_l("For SIP digest.")
    )
    auth_password = PasswordField(_l("Password"), [Length(max=200)])

    def __init__(self, *args: Any, trunk: Json | None = None, trunks: Sequence[Json] = (), **kwargs: Any) -> None:
        self.trunk = dict(trunk or {})
        self.others = trunks
        if trunk is not None:
            kwargs["data"] = _shown(trunk)
        super().__init__(*args, **kwargs)

    def held(self, name: str) -> list[str]:
        """What LiveKit holds of a field, by line, as the form shows it."""
        return lines(_shown(self.trunk)[name]) if self.trunk else []

    def validate(self, extra_validators: Any = None) -> bool:
        """Field by field, then as LiveKit would look at the whole, beside the trunks it has."""
        return bool(super().validate(extra_validators)) and self._complete() and self._accepted()

    def wanted(self) -> dict[str, Any]:
        """LiveKit's object as it should be; what the form does not show stays."""
        user = (self.auth_username.data or "").strip()
        password = self.auth_password.data or self.trunk.get("auth_password", "")
        return {
            **{name: value for name, value in self.trunk.items() if name != "sip_trunk_id"},
            "name": self.name.data.strip(),
            "numbers": self._listed(self.numbers, number_as_compared),
            "allowed_numbers": self._listed(self.allowed_numbers, number_as_compared),
            "allowed_addresses": self._listed(self.allowed_addresses, str),
            "auth_username": user,
            "auth_password": password if user or user == self.trunk.get("auth_username", "") else "",
        }

    def _listed(self, field: Field, written: Callable[[str], str]) -> list[str]:
        """The entries as they are to be stored; one that LiveKit holds stays letter for letter."""
        held = {entry.strip(): entry for entry in reversed(self.trunk.get(field.name) or ())}
        return list(dict.fromkeys(held.get(line) or written(line) for line in lines(field.data)))

    def differing(self) -> list[tuple[str, list[str]]]:
        """The fields where LiveKit has something other than what was typed: their labels and what it has, by line."""
        stored = ((self[name], lines(text)) for name, text in _shown(self.trunk).items())
        return [(str(field.label.text), there) for field, there in stored if lines(field.data) != there]

    def _complete(self) -> bool:
        """LiveKit takes half a credential, and then asks nobody for a password."""
        wanted = self.wanted()
        if self.trunk and all(wanted[name] == (self.trunk.get(name) or type(wanted[name])()) for name in WHO_MAY_CALL):
            return True
        if wanted["auth_username"] and not wanted["auth_password"]:
            return self._refuse(
                self.auth_password, _("Enter a password too: with a user name alone, none is required.")
            )
        if self.auth_password.data and not wanted["auth_username"]:
            return self._refuse(self.auth_username, _("Enter a user name too: a password alone is never required."))
        if not (wanted["numbers"] or wanted["allowed_addresses"] or wanted["auth_username"]):
            words = _("Anyone could call: enter called numbers, source addresses, or a user name and password.")
            return self._refuse(self.numbers, words)
        return True

    def _accepted(self) -> bool:
        identifier, wanted = self.trunk.get("sip_trunk_id"), self.wanted()
        try:
            if identifier:
                update_trunk(parse_trunks(self.others), {"sip_trunk_id": identifier, "replace": wanted})
            else:
                create_trunk(parse_trunks(self.others), {"trunk": wanted})
        except ConflictError as error:
            return self._refuse(self.numbers, self._clash(error, str(identifier or "")))
        except MatchingError as error:
            return self._refuse(self.numbers, _("LiveKit would refuse this: %(text)s", text=error.text))
        if self.trunk and all(wanted[name] == list(self.trunk.get(name) or ()) for name in LISTS):
            return True  # another trunk takes the same calls already: the doctor names it
        return self._unambiguous(Trunk.parse({**wanted, "sip_trunk_id": identifier or ""}))

    def _unambiguous(self, wanted: Trunk) -> bool:
        """What LiveKit takes although calls fail on it: it compares a changed trunk with few others."""
        for other in parse_trunks(self.others):
            if other.id == wanted.id:
                continue
            try:
                check_trunks([other, wanted])
            except ConflictError as error:
                return self._refuse(self.numbers, self._clash(error, wanted.id))
            if both_take(other, wanted):
                name = self._called(other.id)
                words = _(
                    "Trunk “%(name)s” takes one of these numbers too: callers on the list would be refused.", name=name
                )
                return self._refuse(self.allowed_numbers, words)
        return True

    def _clash(self, error: ConflictError, identifier: str) -> str:
        other = next((each for each in error.pair if each and each != identifier), "")
        name = self._called(other)
        if error.reason == "CallingNumber":
            words = _("Trunk “%(name)s” takes one of these numbers from one of these callers already.", name=name)
        else:
            words = _("Trunk “%(name)s” takes one of these numbers already; LiveKit allows one trunk each.", name=name)
        return str(words)

    def _called(self, trunk_id: str) -> str:
        listed = (
            Named(each["sip_trunk_id"], each.get("name", ""), next(iter(each.get("numbers") or ()), ""))
            for each in self.others
        )
        return trunk_names.apart(listed).get(trunk_id, trunk_id)

    @staticmethod
    def _refuse(field: Field, words: str) -> bool:
        field.errors = [*field.errors, words]
        return False


class DeleteTrunkForm(FlaskForm):
    """A trunk is deleted once its consequences were read; `seen` is the version that the page showed."""

    seen = HiddenField()
    sure = BooleanField(_l("I have read what stops working"), [DataRequired(_l("Tick this to delete the trunk."))])


class OpenTrunkForm(FlaskForm):
    """A trunk is opened for new rooms once it was read what that changes; `read` is what was read."""

    read = HiddenField()
    sure = BooleanField(_l("I have read what changes"), [DataRequired(_l("Tick this to open the trunk."))])


def _shown(trunk: Json) -> dict[str, str]:
    """The trunk as the form's fields have it; never the password."""
    texts = {name: "\n".join(trunk.get(name) or ()) for name in LISTS}
    return {**texts, "name": trunk.get("name", ""), "auth_username": trunk.get("auth_username", "")}


class MoveRoomsForm(FlaskForm):
    """Which rooms go where: of one trunk or of every one, to one trunk or to whichever open one has fewest."""

    source = SelectField(_l("Rooms of"))
    target = SelectField(_l("Go to"))

    def __init__(self, *args: Any, trunks: Mapping[str, TrunkRow], rooms: Mapping[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = trunk_names.of_rows(trunks)
        counted = [
            (trunk_id, f"{names.get(trunk_id, trunk_id) or _('no trunk')} ({rooms[trunk_id]})") for trunk_id in rooms
        ]
        self.source.choices = [(EVERY, _("Every trunk (%(count)s)", count=sum(rooms.values()))), *sorted(counted)]
        present = [(trunk_id, names[trunk_id]) for trunk_id, row in trunks.items() if row.gone_at is None]
        self.target.choices = [(EVEN, _("Spread evenly over the open trunks")), *sorted(present)]
